// `node judge.mjs LIBRARY`: one request a line in, one verdict of that npm library a line out (see ../README.md).
import { createRequire } from 'node:module';
import { serve } from './request.mjs';

const require = createRequire(import.meta.url);

/** Runs `check`; what fails in reading the body after the signature was accepted is not the signature's fault. */
async function acceptedBefore(isLaterError, check) {
  try {
    await check();
  } catch (error) {
    if (!isLaterError(error)) throw error;
  }
  return true;
}
const isSyntaxError = (error) => error instanceof SyntaxError;

/** The helpers of n8n, which expect a workflow around them. */
const N8N = {
  acuity: 'AcuityScheduling', asana: 'Asana', box: 'Box', 'cal-com': 'Cal', calendly: 'Calendly',
  customerio: 'CustomerIo', formstack: 'Formstack', github: 'Github', gitlab: 'Gitlab', linear: 'Linear', mailerlite: 'MailerLite',
  mautic: 'Mautic', onfleet: 'Onfleet', stripe: 'Stripe', taiga: 'Taiga', trello: 'Trello', typeform: 'Typeform', webflow: 'Webflow',
  zendesk: 'Zendesk',
};
const N8N_FOLDERS = { mailerlite: 'MailerLite/v2' };
function n8n(request) {
  const node = N8N[request.provider];
  const folder = N8N_FOLDERS[request.provider] ?? node;
  const { verifySignature } = require(`./n8n/nodes/${folder}/${node}TriggerHelpers.js`);
  const stored = {
    webhookSecret: request.secret, hookSecret: request.secret, signingSecret: request.secret, key: request.secret,
  };
  const credentials = {
    ...stored, apiKey: request.secret, clientSecret: request.secret, webhookSigningKey: request.secret,
    signingKeyPrimary: request.secret, signingKeySecondary: request.secret, oauthSecret: request.secret,
  };
  let parsed = {};
  try {
    parsed = JSON.parse(request.text);
  } catch { /* the helper then sees no fields */ }
  const workflow = {
    getRequestObject: () => ({ header: request.header, headers: request.headers, rawBody: request.body }),
    getWorkflowStaticData: () => stored,
    getHeaderData: () => request.headers,
    getNodeWebhookUrl: () => request.url,
    getBodyData: () => parsed,
    getCredentials: async () => credentials,
    getNodeParameter: (name, otherwise) => otherwise,
  };
  return verifySignature.call(workflow);
}

const shopifyApps = new Map();
async function shopifyApp(secret) {
  if (!shopifyApps.has(secret)) {
    await import('@shopify/shopify-api/adapters/node');
    const { ApiVersion, shopifyApi } = await import('@shopify/shopify-api');
    const settings = { apiKey: 'key', apiSecretKey: secret, hostName: 'receiver.example', isEmbeddedApp: false };
    const quiet = { logger: { level: 0, log: () => {} } };
    shopifyApps.set(secret, shopifyApi({ ...settings, ...quiet, apiVersion: Object.values(ApiVersion)[0] }));
  }
  return shopifyApps.get(secret);
}

/** Loads a library and gives the function that judges a request with it: true, or anything else for a refusal. */
const LIBRARIES = {
  adyen: async () => {
    const { hmacValidator } = require('@adyen/api-library');
    return ({ text, header, secret }) =>
      new hmacValidator().validateHMACSignature(secret, header('hmacsignature'), text);
  },
  anthropic: async () => {
    const { default: Anthropic } = await import('@anthropic-ai/sdk');
    const client = new Anthropic({ apiKey: 'key' });
    return ({ text, headers, secret }) =>
      acceptedBefore(isSyntaxError, () => client.beta.webhooks.unwrap(text, { headers, key: secret }));
  },
  box: async () => {
    const { WebhooksManager } = require('box-node-sdk/lib/managers/webhooks');
    // The one key can stand in either slot.
    return ({ text, headers, secret }) =>
      WebhooksManager.validateMessage(text, headers, secret, { secondaryKey: secret });
  },
  cashfree: async () => {
    const { Cashfree, CFEnvironment } = require('cashfree-pg');
    return ({ text, header, secret }) => {
      const client = new Cashfree(CFEnvironment.SANDBOX, 'id', secret);
      return acceptedBefore(isSyntaxError, () =>
        client.PGVerifyWebhookSignature(header('x-webhook-signature'), text, header('x-webhook-timestamp')));
    };
  },
  clerk: async () => {
    const { verifyWebhook } = await import('@clerk/backend/webhooks');
    // It wraps the errors of JSON.parse, and an empty body has no `type`; both come after the signature.
    const isLater = (error) => /JSON|Unexpected token|reading 'type'/.test(error.message);
    return (request) =>
      acceptedBefore(isLater, () => verifyWebhook(request.asFetch(), { signingSecret: request.secret }));
  },
  'coinbase-commerce': async () => {
    const { Webhook } = require('coinbase-commerce-node');
    return ({ text, header, secret }) => Webhook.verifySigHeader(text, header('x-cc-webhook-signature'), secret);
  },
  cronofy: async () => {
    const Cronofy = require('cronofy');
    return ({ text, header, secret }) =>
      new Cronofy({}).hmacValid({ hmac: header('cronofy-hmac-sha256'), body: text, client_secret: secret });
  },
  contentful: async () => {
    const { verifyRequest } = require('@contentful/node-apps-toolkit');
    return ({ text, headers, secret, method, url }) => {
      const { pathname, search } = new URL(url);
      return verifyRequest(secret, { method, path: pathname + search, headers, body: text });
    };
  },
  'discord-interactions': async () => {
    const { verifyKey } = require('discord-interactions');
    return ({ body, header, secret }) =>
      verifyKey(body, header('x-signature-ed25519') ?? '', header('x-signature-timestamp') ?? '', secret);
  },
  'dodo-payments': async () => {
    const { default: DodoPayments } = await import('dodopayments');
    const client = new DodoPayments({ bearerToken: 'token' });
    return ({ text, headers, secret }) =>
      acceptedBefore(isSyntaxError, () => client.webhooks.unwrap(text, { headers, key: secret }));
  },
  easypost: async () => {
    const EasyPost = require('@easypost/api');
    const { Utils } = new EasyPost('key');
    return ({ body, headers, secret }) => Utils.validateWebhook(body, headers, secret) !== undefined;
  },
  elevenlabs: async () => {
    const { ElevenLabsClient } = await import('@elevenlabs/elevenlabs-js');
    const { webhooks } = new ElevenLabsClient({ apiKey: 'key' });
    return ({ text, header, secret }) =>
      acceptedBefore(isSyntaxError, () => webhooks.constructEvent(text, header('elevenlabs-signature'), secret));
  },
  fathom: async () => {
    const { Fathom } = await import('fathom-typescript');
    return ({ body, headers, secret }) =>
      acceptedBefore(isSyntaxError, () => Fathom.verifyWebhook(secret, headers, body));
  },
  finch: async () => {
    const { default: Finch } = await import('@tryfinch/finch-api');
    const { webhooks } = new Finch({ accessToken: 'token' });
    return ({ text, headers, secret }) => webhooks.verifySignature(text, headers, secret) === undefined;
  },
  getstream: async () => {
    const { StreamChat } = require('stream-chat');
    return ({ body, header, secret }) => new StreamChat('key', secret).verifyWebhook(body, header('x-signature'));
  },
  gocardless: async () => {
    const { verifySignature } = await import('gocardless-nodejs/webhooks');
    return ({ body, header, secret }) => verifySignature(body, secret, header('webhook-signature')) === undefined;
  },
  hook0: async () => {
    const { verifyWebhookSignature } = require('hook0-client');
    return ({ body, headers, header, secret }) =>
      verifyWebhookSignature(header('x-hook0-signature'), body, new Headers(headers), secret, 300);
  },
  hookdeck: async () => {
    const { verifyWebhookSignature } = require('@hookdeck/sdk/webhooks/helpers');
    return async ({ text, headers, secret }) =>
      (await verifyWebhookSignature({ headers, rawBody: text, signingSecret: secret })).isValidSignature;
  },
  hubspot: async () => {
    const { Signature } = require('@hubspot/api-client');
    return ({ text, header, secret, method, url }) => {
      const signature = header('x-hubspot-signature-v3');
      if (signature === undefined) return 'no signature';
      const timestamp = Number(header('x-hubspot-request-timestamp'));
      return Signature.isValid({
        signature, clientSecret: secret, requestBody: text, url, method, signatureVersion: 'v3', timestamp,
      });
    };
  },
  imagekit: async () => {
    const { default: ImageKit } = await import('@imagekit/nodejs');
    const client = new ImageKit({ privateKey: 'key' });
    return ({ text, headers, secret }) =>
      acceptedBefore(isSyntaxError, () => client.webhooks.unwrap(text, { headers, key: secret }));
  },
  'kontent-ai': async () => {
    const { signatureHelper } = require('@kontent-ai/webhook-helper');
    return ({ text, header, secret }) =>
      signatureHelper.isValidSignatureFromString(text, secret, header('x-kontent-ai-signature'));
  },
  line: async () => {
    const { validateSignature } = await import('@line/bot-sdk');
    // Its middleware answers a missing header before it calls this.
    return ({ body, header, secret }) =>
      header('x-line-signature') ? validateSignature(body, secret, header('x-line-signature')) : 'no signature';
  },
  linear: async () => {
    const { LinearWebhookClient } = await import('@linear/sdk/webhooks');
    return ({ body, header, secret }) => new LinearWebhookClient(secret).verify(body, header('linear-signature') ?? '');
  },
  lithic: async () => {
    const { default: Lithic } = await import('lithic');
    const { webhooks } = new Lithic({ apiKey: 'key' });
    return ({ text, headers, secret }) =>
      acceptedBefore(isSyntaxError, () => webhooks.verifySignature(text, headers, secret));
  },
  mailtrap: async () => {
    const { verifyWebhookSignature } = require('mailtrap');
    return ({ body, header, secret }) => verifyWebhookSignature(body, header('mailtrap-signature') ?? '', secret);
  },
  messagebird: async () => {
    const { validate } = require('messagebird/lib/signature');
    const { parse } = require('node:querystring');
    return ({ body, headers, secret, url }) => {
      const query = { ...parse(new URL(url).search.slice(1)) };
      return validate({ headers, query, body: body.length > 0 ? body : undefined }, secret);
    };
  },
  'modern-treasury': async () => {
    const { default: ModernTreasury } = await import('modern-treasury');
    const { webhooks } = new ModernTreasury({ apiKey: 'key', organizationID: 'id' });
    return ({ text, headers, secret }) => webhooks.validateSignature(text, headers, { key: secret });
  },
  mux: async () => {
    const { default: Mux } = await import('@mux/mux-node');
    const { webhooks } = new Mux({ tokenId: 'id', tokenSecret: 'token' });
    return async ({ text, headers, secret }) =>
      (await webhooks.verifySignature(text, headers, secret)) === undefined;
  },
  n8n: async () => n8n,
  nango: async () => {
    const { Nango } = require('@nangohq/node');
    return ({ text, headers, secret }) =>
      new Nango({ apiKey: 'key', webhookSigningKey: secret }).verifyIncomingWebhookRequest(text, headers);
  },
  'octokit-webhooks': async () => {
    const { Webhooks } = await import('@octokit/webhooks');
    const log = { debug() {}, info() {}, warn() {}, error() {} };
    const isLater = (error) => /Invalid JSON|Event name not passed/.test(error.message);
    return ({ text, header, secret }) =>
      acceptedBefore(isLater, () =>
        new Webhooks({ secret, log }).verifyAndReceive({
          id: '1', name: 'push', payload: text, signature: header('x-hub-signature-256'),
        }));
  },
  'octokit-webhooks-methods': async () => {
    const { verify } = await import('@octokit/webhooks-methods');
    return ({ text, header, secret }) => verify(secret, text, header('x-hub-signature-256'));
  },
  onfido: async () => {
    const { WebhookEventVerifier } = require('@onfido/api');
    return ({ body, header, secret }) =>
      acceptedBefore(isSyntaxError, () =>
        new WebhookEventVerifier(secret).readPayload(body, header('x-sha2-signature')));
  },
  openai: async () => {
    const { default: OpenAI } = await import('openai');
    const { webhooks } = new OpenAI({ apiKey: 'key' });
    return async ({ text, headers, secret }) =>
      (await webhooks.verifySignature(text, headers, secret)) === undefined;
  },
  paddle: async () => {
    const { Paddle } = await import('@paddle/paddle-node-sdk');
    const { webhooks } = new Paddle('key');
    return ({ text, header, secret }) => webhooks.isSignatureValid(text, secret, header('paddle-signature'));
  },
  plivo: async () => {
    const { validateSignature, validateV3Signature } = require('plivo');
    const { parse } = require('node:querystring');
    return ({ text, header, secret, method, url, provider }) => {
      const [signature, nonce] = ['', '-nonce'].map((end) => header(`x-plivo-signature-v${provider.slice(-1)}${end}`));
      if (signature === undefined || nonce === undefined) return 'a header is missing';
      return provider === 'plivo-v2'
        ? validateSignature(url, nonce, signature, secret)
        : validateV3Signature(method, url, nonce, secret, signature, { ...parse(text) });
    };
  },
  polar: async () => {
    const { validateEvent } = await import('@polar-sh/sdk/webhooks');
    // It reads the body as one of its events after the signature.
    const isLater = (error) => isSyntaxError(error) || /SDKValidationError|Failed to parse event/.test(String(error));
    return ({ text, headers, secret }) => acceptedBefore(isLater, () => validateEvent(text, headers, secret));
  },
  pusher: async () => {
    const Pusher = require('pusher');
    return ({ text, headers, header, secret }) => {
      const key = header('x-pusher-key');
      if (key === undefined) return 'no key';
      const client = new Pusher({ appId: '1', key, secret, cluster: 'eu' });
      return client.webhook({ rawBody: text, headers: { ...headers, 'content-type': 'application/json' } }).isValid();
    };
  },
  razorpay: async () => {
    const Razorpay = require('razorpay');
    return ({ text, header, secret }) =>
      Razorpay.validateWebhookSignature(text, header('x-razorpay-signature'), secret);
  },
  replicate: async () => {
    const { validateWebhook } = require('replicate');
    return ({ text, headers, secret }) => validateWebhook({ headers, body: text }, secret);
  },
  resend: async () => {
    const { Resend } = await import('resend');
    const { webhooks } = new Resend('key');
    return ({ text, header, secret }) =>
      acceptedBefore(isSyntaxError, () =>
        webhooks.verify({
          payload: text,
          webhookSecret: secret,
          headers: {
            id: header('svix-id'), timestamp: header('svix-timestamp'), signature: header('svix-signature'),
          },
        }));
  },
  retell: async () => {
    const { default: Retell } = await import('retell-sdk');
    return ({ text, header, secret }) => Retell.verify(text, secret, header('x-retell-signature'));
  },
  sanity: async () => {
    const { assertValidRequest } = await import('@sanity/webhook');
    return async ({ body, headers, secret }) => (await assertValidRequest({ headers, body }, secret)) === undefined;
  },
  shopify: async () => async (request) => {
    const app = await shopifyApp(request.secret);
    const answer = await app.webhooks.validate({
      rawBody: request.text,
      rawRequest: { method: request.method, url: '/', headers: request.headers },
      rawResponse: {},
    });
    return answer.valid || `${answer.reason}`;
  },
  shopware: async () => {
    // Only its own code is meant to import the signer.
    const { WebCryptoHmacSigner } = require(require.resolve('@shopware-ag/app-server-sdk').replace('mod.js', 'signer.js'));
    return ({ text, header, secret }) =>
      new WebCryptoHmacSigner().verify(header('shopware-shop-signature'), text, secret);
  },
  sinch: async () => {
    const { ConversationCallbackWebhooks } = require('@sinch/sdk-core');
    return ({ text, headers, secret }) =>
      new ConversationCallbackWebhooks(secret).validateAuthenticationHeader(headers, text);
  },
  'slack-bolt': async () => {
    const { verifySlackRequest } = require('@slack/bolt/dist/receivers/verify-request.js');
    return ({ text, header, secret }) => {
      const [time, signature] = [header('x-slack-request-timestamp'), header('x-slack-signature')];
      if (time === undefined || signature === undefined) return 'a header is missing'; // its receiver looks first
      // Its receiver hands the time over as a number.
      const headers = { 'x-slack-request-timestamp': Number(time), 'x-slack-signature': signature };
      return verifySlackRequest({ signingSecret: secret, body: text, headers }) === undefined;
    };
  },
  square: async () => {
    const { WebhooksHelper } = require('square');
    return ({ text, header, secret, url }) =>
      WebhooksHelper.verifySignature({
        requestBody: text, signatureHeader: header('x-square-hmacsha256-signature'), signatureKey: secret,
        notificationUrl: url,
      });
  },
  standardwebhooks: async () => {
    const { Webhook } = await import('standardwebhooks');
    return ({ body, headers, secret }) =>
      acceptedBefore(isSyntaxError, () => new Webhook(secret).verify(body, headers));
  },
  stripe: async () => {
    const { default: Stripe } = await import('stripe');
    const { signature } = new Stripe('key').webhooks;
    return ({ body, header, secret }) => signature.verifyHeader(body, header('stripe-signature'), secret, 300);
  },
  svix: async () => {
    const { Webhook } = await import('svix');
    return ({ body, headers, secret }) =>
      acceptedBefore(isSyntaxError, () => new Webhook(secret).verify(body, headers));
  },
  tern: async () => {
    const { WebhookVerificationService } = require('@hookflo/tern');
    return async (request) => {
      const answer = await WebhookVerificationService.verifyWithPlatformConfig(
        request.asFetch(), request.scheme, request.secret);
      return answer.isValid || `${answer.errorCode}`;
    };
  },
  telnyx: async () => {
    const { default: Telnyx } = await import('telnyx');
    const { webhooks } = new Telnyx({ apiKey: 'key' });
    return ({ text, headers, secret }) =>
      acceptedBefore(isSyntaxError, () => webhooks.unwrap(text, { headers, key: secret }));
  },
  terra: async () => {
    const { verifyTerraWebhookSignature } = require('terra-api');
    return ({ text, header, secret }) => verifyTerraWebhookSignature(text, header('terra-signature'), secret);
  },
  twilio: async () => {
    const { validateRequest, validateRequestWithBody } = require('twilio');
    const { parse } = require('node:querystring');
    // The branches of its `validateIncomingRequest`.
    return ({ text, header, secret, url }) =>
      url.includes('bodySHA256')
        ? validateRequestWithBody(secret, header('x-twilio-signature') ?? '', url, text || '{}')
        : validateRequest(secret, header('x-twilio-signature') ?? '', url, { ...parse(text) });
  },
  webflow: async () => {
    const { WebflowClient } = require('webflow-api');
    const { webhooks } = new WebflowClient({ accessToken: 'token' });
    return ({ text, headers, secret }) => webhooks.verifySignature({ headers, body: text, secret });
  },
  whop: async () => {
    const { default: Whop } = await import('@whop/sdk');
    const client = new Whop({ apiKey: 'key' });
    return ({ text, headers, secret }) =>
      acceptedBefore(isSyntaxError, () => client.webhooks.unwrap(text, { headers, key: secret }));
  },
  workos: async () => {
    const { WorkOS } = await import('@workos-inc/node');
    const { webhooks } = new WorkOS('key');
    // It takes the parsed body.
    return ({ text, header, secret }) =>
      webhooks.verifyHeader({ payload: JSON.parse(text), sigHeader: header('workos-signature'), secret });
  },
};

await serve(LIBRARIES, async (judge, request) => {
  let verdict;
  try {
    const answer = await judge(request);
    verdict = answer === true ? 'valid' : `invalid: ${answer}`;
  } catch (error) {
    verdict = `invalid: ${error?.message ?? error}`;
  }
  return verdict.replaceAll(/\s+/g, ' ').slice(0, 200);
});
