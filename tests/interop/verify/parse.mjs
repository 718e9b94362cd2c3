// `node parse.mjs LIBRARY`: one request a line in, what that npm library reads or signs a line out (see ../README.md).
import { createServer } from 'node:http';
import { createRequire } from 'node:module';
import { serve } from './request.mjs';

const require = createRequire(import.meta.url);

/** Sends the request to a server of the library, or to one around its middleware. */
async function post(listening, path, request) {
  const server = await listening;
  try {
    const { port } = server.address();
    const headers = { 'content-type': 'application/json', ...request.headers };
    const answer = await fetch(`http://127.0.0.1:${port}${path}`, { method: 'POST', headers, body: request.body });
    if (!answer.ok) throw new Error(`status ${answer.status}: ${await answer.text()}`);
  } finally {
    server.close();
    server.closeAllConnections();
  }
}
function listen(listener) {
  const server = createServer(listener);
  return new Promise((resolve) => server.listen(0, '127.0.0.1', () => resolve(server)));
}
const quiet = { debug() {}, info() {}, warn() {}, error() {}, setLevel() {}, getLevel() {}, setName() {} };

/** Signs as the specification says, with the header names of a provider. */
async function standardHeaders({ provider, secret, id, text, now_unix }, Webhook) {
  // The key of Polar is the text, and Finch writes no prefix.
  const key = provider === 'polar' ? Buffer.from(secret).toString('base64') : secret;
  const names = {
    finch: ['finch-event-id', 'finch-timestamp', 'finch-signature'],
    ...Object.fromEntries(['clerk', 'resend'].map((name) => [name, ['svix-id', 'svix-timestamp', 'svix-signature']])),
  }[provider] ?? ['webhook-id', 'webhook-timestamp', 'webhook-signature'];
  const signature = new Webhook(key).sign(id, new Date(now_unix * 1000), text);
  return { [names[0]]: id, [names[1]]: `${now_unix}`, [names[2]]: signature };
}

// What the fields of a Sinch event are called, by what the library calls the event.
const SINCH = {
  MESSAGE_INBOUND: 'message', MESSAGE_DELIVERY: 'message_delivery_report', EVENT_INBOUND: 'event',
  CONTACT_IDENTITIES_DUPLICATION: 'duplicated_identities',
};

const byEnvelope = (event) => [
  { type: event.type, id: event.id, time: event.created_at, data: event.data },
];

/**
 * Loads a library and gives `parse`, which verifies a request and returns its events, or `make`, which returns headers
 * for one, or both. An event has only what the library says of it.
 */
const LIBRARIES = {
  anthropic: async () => {
    const { default: Anthropic } = await import('@anthropic-ai/sdk');
    const client = new Anthropic({ apiKey: 'key' });
    return {
      parse: ({ text, headers, secret }) => {
        const event = client.beta.webhooks.unwrap(text, { headers, key: secret });
        return [{ type: event.data.type, time: event.created_at, data: event.data }];
      },
    };
  },
  clerk: async () => {
    const { verifyWebhook } = await import('@clerk/backend/webhooks');
    return {
      parse: async (request) => {
        const event = await verifyWebhook(request.asFetch(), { signingSecret: request.secret });
        return [{ type: event.type, time: event.timestamp, data: event.data }];
      },
    };
  },
  'coinbase-commerce': async () => {
    const { Webhook } = require('coinbase-commerce-node');
    return {
      parse: ({ text, header, secret }) => {
        const event = Webhook.verifyEventBody(text, header('x-cc-webhook-signature'), secret);
        const { type, id, created_at: time, api_version: version, data } = event;
        return [{ type, id, time, version, data }];
      },
      make: ({ text, secret }) => ({ 'x-cc-webhook-signature': Webhook.computeSignature(text, secret) }),
    };
  },
  elevenlabs: async () => {
    const { ElevenLabsClient } = await import('@elevenlabs/elevenlabs-js');
    const { webhooks } = new ElevenLabsClient({ apiKey: 'key' });
    return {
      parse: async ({ text, header, secret }) => {
        const event = await webhooks.constructEvent(text, header('elevenlabs-signature'), secret);
        return [{ type: event.type, time: event.event_timestamp, data: event.data }];
      },
    };
  },
  fathom: async () => {
    const { Fathom } = await import('fathom-typescript');
    const { meetingFromJSON } = await import('fathom-typescript/sdk/models/shared');
    return {
      parse: ({ body, headers, secret }) => {
        const verified = Fathom.verifyWebhook(secret, headers, body);
        const meeting = meetingFromJSON(JSON.stringify(verified));
        if (!meeting.ok) throw meeting.error;
        return [{ data: meeting.value, converted: true }];
      },
    };
  },
  finch: async () => {
    const { default: Finch } = await import('@tryfinch/finch-api');
    const { webhooks } = new Finch({ accessToken: 'token' });
    return {
      parse: ({ text, headers, secret }) => {
        const event = webhooks.unwrap(text, headers, secret);
        return [{ type: event.event_type, data: event }];
      },
    };
  },
  gocardless: async () => {
    const { parse } = await import('gocardless-nodejs/webhooks');
    return {
      parse: ({ body, header, secret }) => parse(body, secret, header('webhook-signature')).map((event) => (
        { type: `${event.resource_type}.${event.action}`, id: event.id, time: event.created_at, data: event })),
    };
  },
  line: async () => {
    const { middleware } = await import('@line/bot-sdk');
    return {
      parse: async (request) => {
        let events;
        const check = middleware({ channelSecret: request.secret });
        await post(listen((incoming, answer) => check(incoming, answer, (error) => {
          events = incoming.body?.events;
          answer.writeHead(error ? 401 : 200).end(error?.message);
        })), '/', request);
        return events.map((event) => (
          { type: event.type, id: event.webhookEventId, time: event.timestamp, data: event }));
      },
    };
  },
  linear: async () => {
    const { LinearWebhookClient } = await import('@linear/sdk/webhooks');
    return {
      parse: async (request) => {
        const seen = [];
        const handler = new LinearWebhookClient(request.secret).createHandler();
        handler.on('*', (event) => seen.push(event));
        await post(listen(handler), '/', request);
        return seen.map((event) => ({ type: `${event.type}.${event.action}`, time: event.createdAt, data: event }));
      },
    };
  },
  mollie: async () => {
    const { entityWebhookEventFromJSON } = await import('mollie-api-typescript/models');
    return {
      // It verifies nothing.
      parse: ({ text }) => {
        const read = entityWebhookEventFromJSON(text);
        if (!read.ok) throw read.error;
        // It calls `type` so.
        const { webhookEventTypes: type, id, createdAt: time, ...data } = read.value;
        return [{ type, id, time, data: { type, id, ...data }, converted: true }];
      },
    };
  },
  mux: async () => {
    const { default: Mux } = await import('@mux/mux-node');
    const { webhooks } = new Mux({ tokenId: 'id', tokenSecret: 'token' });
    return { parse: async ({ text, headers, secret }) => byEnvelope(await webhooks.unwrap(text, headers, secret)) };
  },
  'octokit-webhooks': async () => {
    const { Webhooks } = await import('@octokit/webhooks');
    return {
      parse: async ({ text, header, secret }) => {
        const seen = [];
        const webhooks = new Webhooks({ secret, log: quiet });
        webhooks.onAny((event) => seen.push(event));
        const [id, name] = [header('x-github-delivery'), header('x-github-event')];
        await webhooks.verifyAndReceive({ id, name, payload: text, signature: header('x-hub-signature-256') });
        return seen.map(({ id, name, payload }) => (
          { type: payload.action ? `${name}.${payload.action}` : name, unsigned_id: id, data: payload }));
      },
      make: async ({ text, secret }) => (
        { 'x-hub-signature-256': await new Webhooks({ secret, log: quiet }).sign(text) }),
    };
  },
  'octokit-webhooks-methods': async () => {
    const { sign } = await import('@octokit/webhooks-methods');
    return { make: async ({ text, secret }) => ({ 'x-hub-signature-256': await sign(secret, text) }) };
  },
  openai: async () => {
    const { default: OpenAI } = await import('openai');
    const { webhooks } = new OpenAI({ apiKey: 'key' });
    return { parse: async ({ text, headers, secret }) => byEnvelope(await webhooks.unwrap(text, headers, secret)) };
  },
  paddle: async () => {
    const { Paddle } = await import('@paddle/paddle-node-sdk');
    const { webhooks } = new Paddle('key');
    return {
      parse: async ({ text, header, secret }) => {
        const event = await webhooks.unmarshal(text, secret, header('paddle-signature'));
        const { eventType: type, eventId: id, occurredAt: time, data } = event;
        return [{ type, id, time, data, converted: true }];
      },
    };
  },
  polar: async () => {
    const { validateEvent } = await import('@polar-sh/sdk/webhooks');
    return {
      parse: ({ text, headers, secret }) => {
        const { type, timestamp: time, data } = validateEvent(text, headers, secret);
        return [{ type, time, data, converted: true }];
      },
    };
  },
  resend: async () => {
    const { Resend } = await import('resend');
    const { webhooks } = new Resend('key');
    return {
      parse: ({ text, header, secret }) => {
        const headers = {
          id: header('svix-id'), timestamp: header('svix-timestamp'), signature: header('svix-signature'),
        };
        const { type, created_at: time, data } = webhooks.verify({ payload: text, webhookSecret: secret, headers });
        return [{ type, time, data }];
      },
    };
  },
  retell: async () => {
    const { default: Retell } = await import('retell-sdk');
    return { make: async ({ text, secret }) => ({ 'x-retell-signature': await Retell.sign(text, secret) }) };
  },
  sanity: async () => {
    const { encodeSignatureHeader, requireSignedRequest } = await import('@sanity/webhook');
    return {
      parse: async ({ text, headers, header, secret }) => {
        const request = { headers, body: text };
        const check = requireSignedRequest({ secret, parseBody: true, respondOnError: false });
        await new Promise((resolve, reject) => check(request, {}, (error) => (error ? reject(error) : resolve())));
        // The library knows no headers but that of the signature.
        return [{ data: request.body }];
      },
      make: async ({ text, secret, now_unix }) => (
        { 'sanity-webhook-signature': await encodeSignatureHeader(text, now_unix * 1000, secret) }),
    };
  },
  shopify: async () => {
    await import('@shopify/shopify-api/adapters/node');
    const { ApiVersion, DeliveryMethod, shopifyApi } = await import('@shopify/shopify-api');
    return {
      parse: async (request) => {
        const settings = { apiKey: 'key', hostName: 'receiver.example', isEmbeddedApp: false, logger: { log() {} } };
        const app = shopifyApi({ ...settings, apiSecretKey: request.secret, apiVersion: Object.values(ApiVersion)[0] });
        const seen = [];
        const callback = async (topic, shop, body) => { seen.push(body); };
        const topic = request.header('x-shopify-topic');
        app.webhooks.addHandlers({ [topic]: [{ deliveryMethod: DeliveryMethod.Http, callbackUrl: '/', callback }] });
        let fields;
        const headers = {
          'x-shopify-shop-domain': 'shop.myshopify.com', 'x-shopify-api-version': '2026-01', ...request.headers,
        };
        await post(listen(async (rawRequest, rawResponse) => {
          const given = { rawBody: request.text, rawRequest, rawResponse };
          fields = await app.webhooks.validate(given);
          await app.webhooks.process(given).catch(() => {});
        }), '/', { ...request, headers });
        // The library writes `orders/create` as ORDERS_CREATE.
        const type = fields.topic === topic.toUpperCase().replace('/', '_') ? topic : fields.topic;
        const { eventId: unsigned_id, triggeredAt: time } = fields;
        const version = request.header('x-shopify-api-version') && fields.apiVersion;
        // It hands the body on as text.
        return seen.map((data_json) => ({ type, unsigned_id, time, version, data_json }));
      },
    };
  },
  sinch: async () => {
    const { ConversationCallbackWebhooks } = require('@sinch/sdk-core');
    return {
      parse: ({ text, headers, secret }) => {
        const webhooks = new ConversationCallbackWebhooks(secret);
        if (!webhooks.validateAuthenticationHeader(headers, text)) throw new Error('refused');
        const event = webhooks.parseEvent(JSON.parse(text));
        const type = SINCH[event.trigger];
        return [{ type, time: event.accepted_time, data: event[type] }];
      },
    };
  },
  'slack-bolt': async () => {
    const { App, HTTPReceiver } = require('@slack/bolt');
    return {
      parse: async (request) => {
        const seen = [];
        const receiver = new HTTPReceiver({ signingSecret: request.secret, logger: quiet });
        const authorize = async () => ({ botToken: 'xoxb-1', botId: 'B1', botUserId: 'U1' });
        const app = new App({ receiver, authorize, logger: quiet });
        app.use(async ({ body, payload, ack }) => {
          const event = body.event && { type: payload.type, id: body.event_id, time: body.event_time, data: payload };
          const command = body.command && { type: body.command, id: body.trigger_id, data: body };
          seen.push(event || command || { type: body.type, data: body });
          await ack?.();
        });
        await post(receiver.start({ port: 0, host: '127.0.0.1' }), '/slack/events', request);
        return seen;
      },
    };
  },
  standardwebhooks: async () => {
    const { Webhook } = await import('standardwebhooks');
    return {
      parse: ({ body, headers, secret }) => {
        const { type, timestamp: time, data } = new Webhook(secret).verify(body, headers);
        return [{ type, time, data }];
      },
      make: (request) => standardHeaders(request, Webhook),
    };
  },
  stripe: async () => {
    const { default: Stripe } = await import('stripe');
    const stripe = new Stripe('key');
    return {
      parse: ({ body, text, header, secret }) => {
        const signature = header('stripe-signature');
        if (JSON.parse(text).object === 'v2.core.event') {
          const { type, id, created: time } = stripe.parseEventNotification(body, signature, secret);
          return [{ type, id, time }];
        }
        const event = stripe.webhooks.constructEvent(body, signature, secret);
        const { type, id, created: time, api_version: version, data, livemode } = event;
        return [{ type, id, time, version, data, test: !livemode }];
      },
      make: ({ text, secret, now_unix }) => ({
        'stripe-signature': stripe.webhooks.generateTestHeaderString({ payload: text, secret, timestamp: now_unix }),
      }),
    };
  },
  svix: async () => {
    const { Webhook } = await import('svix');
    return { make: (request) => standardHeaders(request, Webhook) };
  },
  workos: async () => {
    const { WorkOS } = await import('@workos-inc/node');
    const { webhooks } = new WorkOS('key');
    return {
      parse: async ({ text, header, secret }) => {
        const sigHeader = header('workos-signature');
        const event = await webhooks.constructEvent({ payload: JSON.parse(text), sigHeader, secret });
        // It calls `connection_type` so.
        const { type: connectionType, ...data } = event.data;
        const given = data.object === 'connection' ? { connectionType, ...data } : event.data;
        return [{ type: event.event, id: event.id, time: event.createdAt, data: given, converted: true }];
      },
      make: async ({ text, secret, now_unix }) => {
        const signature = await webhooks.computeSignature(now_unix * 1000, JSON.parse(text), secret);
        return { 'workos-signature': `t=${now_unix * 1000}, v1=${signature}` };
      },
    };
  },
  'zoom-rivet': async () => {
    const { HttpReceiver, MeetingsS2SAuthClient } = await import('@zoom/rivet/meetings');
    return {
      parse: async (request) => {
        const seen = [];
        const receiver = new HttpReceiver({ port: 0, webhooksSecretToken: request.secret, logger: quiet });
        const client = new MeetingsS2SAuthClient({ clientId: 'id', clientSecret: 'key', accountId: 'a', receiver });
        client.webEventConsumer.event(JSON.parse(request.text).event, (event) => seen.push(event));
        await post(client.start(), '/zoom/events', request);
        return seen.map((event) => ({ type: event.event, time: event.event_ts, data: event.payload }));
      },
    };
  },
};

await serve(LIBRARIES, async (library, request) => {
  try {
    const answer = request.do === 'make'
      ? { headers: await library.make(request) }
      : { events: await library.parse(request) };
    return JSON.stringify(answer);
  } catch (error) {
    return JSON.stringify({ error: `${error?.message ?? error}`.slice(0, 300) });
  }
});
