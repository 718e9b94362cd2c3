// Second opinion on genuine deliveries: official SDKs where they exist, else own lines per provider. Lines of JSON in, one verdict a line out.
const c = require('crypto'), fs = require('fs');
const Stripe = require('stripe'), { Webhook: Svix } = require('svix'), { Webhook: Std } = require('standardwebhooks'), twilio = require('twilio');
const hm = (alg, k, ...parts) => { const h = c.createHmac(alg, k); parts.forEach(p => h.update(p)); return h.digest(); };
const kv = (s, sep = ',') => Object.fromEntries(s.split(sep).map(x => x.trim()).map(x => [x.slice(0, x.indexOf('=')), x.slice(x.indexOf('=') + 1)]));
const u = s => Buffer.from(s, 'utf8'), hex = s => Buffer.from(s, 'hex'), b64 = s => Buffer.from(s, 'base64');
const V = {
  stripe: (h, s, b, x) => !!Stripe.webhooks.constructEvent(b, h['stripe-signature'], s, 300, undefined, x.now * 1000),
  svix: (h, s, b) => (new Svix(s).verify(b, h), true), 'standard-webhooks': (h, s, b) => (new Std(s).verify(b.toString(), h), true),
  polar: (h, s, b) => (new Std(Buffer.from(s).toString('base64')).verify(b.toString(), h), true),
  finch: (h, s, b) => h['finch-signature'] === 'v1,' + hm('sha256', b64(s), h['finch-event-id'] + '.' + h['finch-timestamp'] + '.', b).toString('base64'),
  github: async (h, s, b) => b.length === 0 ? h['x-hub-signature-256'] === 'sha256=' + hm('sha256', s, b).toString('hex') : (await import('@octokit/webhooks-methods')).verify(s, b.toString('utf8'), h['x-hub-signature-256']),
  meta: (h, s, b) => h['x-hub-signature-256'] === 'sha256=' + hm('sha256', s, b).toString('hex'),
  slack: (h, s, b) => h['x-slack-signature'] === 'v0=' + hm('sha256', s, 'v0:', h['x-slack-request-timestamp'], ':', b).toString('hex'),
  zoom: (h, s, b) => h['x-zm-signature'] === 'v0=' + hm('sha256', s, 'v0:', h['x-zm-request-timestamp'], ':', b).toString('hex'),
  customerio: (h, s, b) => h['x-cio-signature'] === hm('sha256', s, 'v0:', h['x-cio-timestamp'], ':', b).toString('hex'),
  shopify: (h, s, b) => h['x-shopify-hmac-sha256'] === hm('sha256', s, b).toString('base64'), line: (h, s, b) => h['x-line-signature'] === hm('sha256', s, b).toString('base64'),
  woocommerce: (h, s, b) => h['x-wc-webhook-signature'] === hm('sha256', s, b).toString('base64'), hookdeck: (h, s, b) => h['x-hookdeck-signature'] === hm('sha256', s, b).toString('base64'),
  xero: (h, s, b) => h['x-xero-signature'] === hm('sha256', s, b).toString('base64'), typeform: (h, s, b) => h['typeform-signature'] === 'sha256=' + hm('sha256', s, b).toString('base64'), x: (h, s, b) => h['x-twitter-webhooks-signature'] === 'sha256=' + hm('sha256', s, b).toString('base64'),
  paddle: (h, s, b) => { const p = kv(h['paddle-signature'], ';'); return p.h1 === hm('sha256', s, p.ts + ':', b).toString('hex'); },
  mux: (h, s, b) => { const p = kv(h['mux-signature']); return p.v1 === hm('sha256', s, p.t + '.', b).toString('hex'); }, calendly: (h, s, b) => { const p = kv(h['calendly-webhook-signature']); return p.v1 === hm('sha256', s, p.t + '.', b).toString('hex'); },
  klang: (h, s, b) => { const p = kv(h['x-klang-signature']); return p.v1 === hm('sha256', s, p.t + '.', b).toString('hex'); }, kallglot: (h, s, b) => { const p = kv(h['kallglot-signature']); return p.v1 === hm('sha256', s, p.t + '.', b).toString('hex'); },
  workos: (h, s, b) => { const p = kv(h['workos-signature']); return p.t.length === 13 && p.v1 === hm('sha256', s, p.t + '.', b).toString('hex'); }, elevenlabs: (h, s, b) => { const p = kv(h['elevenlabs-signature']); return p.v0 === hm('sha256', s, p.t + '.', b).toString('hex'); },
  readme: (h, s, b) => { const p = kv(h['readme-signature']); return p.v0 === hm('sha256', s, p.t + '.', b).toString('hex'); }, dixa: (h, s, b) => { const p = kv(h['x-dixa-signature']); return p.v1 === hm('sha256', hex(s), p.t + '.', b).toString('hex'); },
  affirm: (h, s, b) => { const p = kv(h['x-affirm-signature']); return p.v0 === hm('sha512', s, p.t + '.', b).toString('hex'); },
  retell: (h, s, b) => { const p = kv(h['x-retell-signature']); return p.d === hm('sha256', s, b, p.v).toString('hex'); }, sanity: (h, s, b) => { const p = kv(h['sanity-webhook-signature']); return p.v1 === hm('sha256', s, p.t + '.', b).toString('base64url'); },
  zendesk: (h, s, b) => h['x-zendesk-webhook-signature'] === hm('sha256', s, h['x-zendesk-webhook-signature-timestamp'], b).toString('base64'),
  twitch: (h, s, b) => h['twitch-eventsub-message-signature'] === 'sha256=' + hm('sha256', s, h['twitch-eventsub-message-id'], h['twitch-eventsub-message-timestamp'], b).toString('hex'),
  box: (h, s, b) => h['box-signature-primary'] === hm('sha256', s, b, h['box-delivery-timestamp']).toString('base64'),
  webflow: (h, s, b) => h['x-webflow-signature'] === hm('sha256', s, h['x-webflow-timestamp'], ':', b).toString('hex'), front: (h, s, b) => h['x-front-signature'] === hm('sha256', s, h['x-front-request-timestamp'], ':', b).toString('base64'),
  crisp: (h, s, b) => h['x-crisp-signature'] === hm('sha256', s, '[', h['x-crisp-request-timestamp'], ';', b, ']').toString('hex'), revolut: (h, s, b) => h['revolut-signature'] === 'v1=' + hm('sha256', s, 'v1.', h['revolut-request-timestamp'], '.', b).toString('hex'),
  pagerduty: (h, s, b) => h['x-pagerduty-signature'] === 'v1=' + hm('sha256', s, b).toString('hex'), linkedin: (h, s, b) => h['x-li-signature'] === hm('sha256', s, 'hmacsha256=', b).toString('hex'),
  onfleet: (h, s, b) => h['x-onfleet-signature'] === hm('sha512', hex(s), b).toString('hex'), 'authorize-net': (h, s, b) => h['x-anet-signature'].toLowerCase() === 'sha512=' + hm('sha512', hex(s), b).toString('hex'), squarespace: (h, s, b) => h['squarespace-signature'] === hm('sha256', hex(s), b).toString('hex'),
  airtable: (h, s, b) => h['x-airtable-content-mac'] === 'hmac-sha256=' + hm('sha256', b64(s), b).toString('hex'), 'ms-teams-outgoing': (h, s, b) => h['authorization'] === 'HMAC ' + hm('sha256', b64(s), b).toString('base64'),
  square: (h, s, b, x) => h['x-square-hmacsha256-signature'] === hm('sha256', s, x.url, b).toString('base64'), trello: (h, s, b, x) => h['x-trello-webhook'] === hm('sha1', s, b, x.url).toString('base64'),
  'hubspot-v3': (h, s, b, x) => h['x-hubspot-signature-v3'] === hm('sha256', s, x.method, x.url, b, h['x-hubspot-request-timestamp']).toString('base64'),
  twilio: (h, s, b, x) => twilio.validateRequest(s, h['x-twilio-signature'], x.url, Object.fromEntries(new URLSearchParams(b.toString()))),
  mandrill: (h, s, b, x) => h['x-mandrill-signature'] === hm('sha1', s, x.url, [...new URLSearchParams(b.toString())].sort((p, q) => p[0] < q[0] ? -1 : 1).map(p => p.join('')).join('')).toString('base64'),
};
V.clerk = V.resend = V.svix; V.openai = V['standard-webhooks'];
const bare = (slug, name, pre = '', alg = 'sha256') => V[slug] = (h, s, b) => h[name] === pre + hm(alg, s, b).toString('hex');
bare('razorpay', 'x-razorpay-signature'); bare('efficlose', 'x-webhook-signature', 'sha256='); bare('callintel', 'x-callintel-signature'); bare('klen-ai', 'x-klen-signature'); bare('gocardless', 'webhook-signature'); bare('cal-com', 'x-cal-signature-256'); bare('doppler', 'x-doppler-signature', 'sha256='); bare('linear', 'linear-signature'); bare('lemonsqueezy', 'x-signature'); bare('asana', 'x-hook-signature'); bare('coinbase-commerce', 'x-cc-webhook-signature'); bare('bitbucket', 'x-hub-signature', 'sha256='); bare('notion', 'x-notion-signature', 'sha256='); bare('sentry', 'sentry-hook-signature'); bare('dropbox', 'x-dropbox-signature'); bare('nylas', 'x-nylas-signature'); bare('chargify', 'x-chargify-webhook-signature-hmac-sha-256'); bare('intercom', 'x-hub-signature', 'sha1=', 'sha1'); bare('vercel', 'x-vercel-signature', '', 'sha1'); bare('segment', 'x-signature', '', 'sha1'); bare('paystack', 'x-paystack-signature', '', 'sha512');
(async () => { const real = Date.now; for (const line of fs.readFileSync(0, 'utf8').split('\n')) { if (!line) continue; const r = JSON.parse(line), h = {}; r.headers.forEach(([k, v]) => h[k.toLowerCase()] = v); const b = Buffer.from(r.body_b64, 'base64');
  Date.now = () => r.now * 1000; const RD = global.Date; let ok = false, e = '';
  global.Date = class extends RD { constructor(...a) { a.length ? super(...a) : super(r.now * 1000); } static now() { return r.now * 1000; } };
  try { ok = await V[r.provider](h, r.secret, b, r); } catch (x) { e = String(x.message || x); }
  global.Date = RD; Date.now = real; console.log(JSON.stringify({ ok: !!ok, e })); } })();
