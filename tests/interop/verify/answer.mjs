// `node answer.mjs LIBRARY`: one question a line in, what a server of that npm library answers a line out (see ../README.md).
import { createRequire } from 'node:module';
import { createServer } from 'node:http';
import { serve } from './request.mjs';

const require = createRequire(import.meta.url);
const quiet = { debug() {}, info() {}, warn() {}, error() {}, log() {}, setLevel() {}, getLevel: () => 'error', setName() {} };

/** Sends the question to a server that has started on the loopback, and stops it. */
async function answer(server, path, { url, method, headers, body }) {
  const { port } = server.address();
  try {
    const target = `http://127.0.0.1:${port}${path}${new URL(url).search}`;
    const response = await fetch(target, { method, headers, body: method === 'GET' || method === 'HEAD' ? undefined : body });
    return {
      status: response.status,
      headers: Object.fromEntries(response.headers),
      body_b64: Buffer.from(await response.arrayBuffer()).toString('base64'),
    };
  } finally {
    server.closeAllConnections?.();
    server.close();
  }
}

const listening = (server) => new Promise((started) => server.listen(0, '127.0.0.1', () => started(server)));

/** Loads a library and gives the function that answers a question with its server. */
const LIBRARIES = {
  'slack-bolt': async () => {
    const { App, HTTPReceiver } = require('@slack/bolt');
    return async (request) => {
      const receiver = new HTTPReceiver({ signingSecret: request.secret, logger: quiet });
      const authorize = async () => ({ botToken: 'xoxb-1', botId: 'B1', botUserId: 'U1' });
      new App({ receiver, authorize, logger: quiet });
      return answer(await receiver.start({ port: 0, host: '127.0.0.1' }), '/slack/events', request);
    };
  },
  twurple: async () => {
    const { EventSubMiddleware } = await import('@twurple/eventsub-http');
    return async (request) => {
      // It needs a client of Twitch's API to subscribe, which is not done here.
      const middleware = new EventSubMiddleware({
        apiClient: {}, hostName: 'hooks.example.com', pathPrefix: '', secret: request.secret, strictHostCheck: false,
        logger: { minLevel: 'critical' },
      });
      let verified = 0;
      middleware._subscriptions.set('7', { id: '7', _verify: () => { verified += 1; } });
      const handle = middleware._createHandleRequest();
      const server = createServer((incoming, outgoing) => {
        handle(Object.assign(incoming, { params: { id: '7' } }), outgoing, () => outgoing.writeHead(500).end());
      });
      const answered = await answer(await listening(server), '/event/7', request);
      return answered.status === 200 && verified !== 1 ? { error: 'it did not take the subscription as verified' } : answered;
    };
  },
  'zoom-rivet': async () => {
    const { HttpReceiver, MeetingsS2SAuthClient } = await import('@zoom/rivet/meetings');
    return async (request) => {
      const receiver = new HttpReceiver({ port: 0, webhooksSecretToken: request.secret, logger: quiet });
      const client = new MeetingsS2SAuthClient({ clientId: 'id', clientSecret: 'key', accountId: 'a', receiver });
      return answer(await client.start(), '/zoom/events', request);
    };
  },
};

await serve(LIBRARIES, async (library, request) => {
  try {
    return JSON.stringify(await library(request));
  } catch (error) {
    return JSON.stringify({ error: `${error?.message ?? error}`.slice(0, 300) });
  }
});
