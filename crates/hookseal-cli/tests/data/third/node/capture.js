// Express, Fastify, Koa, NestJS, Hono and plain node:http handlers. Each hands on "what it would verify" as JSON.
const http = require('http'), util = require('util'), qs = require('qs'), querystring = require('querystring');
const express = require('express'), bodyParser = require('body-parser'), he = require('he'), iconv = require('iconv-lite');
const escapeHtml = require('escape-html'), JSONbig = require('json-bigint');
const base = +process.argv[2];
const pairs = raw => { const o = []; for (let i = 0; i < raw.length; i += 2) o.push([raw[i], raw[i + 1]]); return o; };
const objPairs = h => Object.entries(h).map(([k, v]) => [k, Array.isArray(v) ? v.join(', ') : String(v)]);
function out(res, req, body, headers) {
  const b = Buffer.isBuffer(body) ? body : Buffer.from(String(body), 'utf8');
  const text = JSON.stringify({ body_b64: b.toString('base64'), headers: headers || pairs(req.rawHeaders), method: req.method, url: req.url });
  res.statusCode = 200; res.setHeader('content-type', 'application/json'); res.end(text);
}
const app = express();
const R = (path, mw, f) => app.all(path, mw, (req, res) => { try { const r = f(req); if (r && r.__h) out(res, req, r.body, r.__h); else out(res, req, r); } catch (e) { res.statusCode = 500; res.end(String(e.stack)); } });
const J = express.json({ limit: '5mb', strict: false }), U = express.urlencoded({ extended: true, limit: '5mb' }), U0 = express.urlencoded({ extended: false, limit: '5mb' }), RAW = express.raw({ type: '*/*', limit: '5mb' });
R('/json', J, r => JSON.stringify(r.body));
R('/json2', J, r => JSON.stringify(r.body, null, 2));
R('/json4', J, r => JSON.stringify(r.body, null, 4));
R('/jsontab', J, r => JSON.stringify(r.body, null, '\t'));
R('/jsonnl', J, r => JSON.stringify(r.body) + '\n');
R('/jsonsort', J, r => { const s = v => Array.isArray(v) ? v.map(s) : v && typeof v === 'object' ? Object.fromEntries(Object.keys(v).sort().map(k => [k, s(v[k])])) : v; return JSON.stringify(s(r.body)); });
R('/jsonascii', J, r => JSON.stringify(r.body).replace(/[\u007f-\uffff]/g, c => '\\u' + c.charCodeAt(0).toString(16).padStart(4, '0')));
R('/jsonbig', RAW, r => JSONbig.stringify(JSONbig.parse(r.body.toString())));
R('/jsondata', J, r => JSON.stringify(r.body.data));
R('/twice', RAW, r => JSON.stringify(r.body.toString()));
R('/jsontwice', J, r => JSON.stringify(JSON.stringify(r.body)));
R('/wrapped', J, r => JSON.stringify({ body: r.body, query: {}, params: {} }));
R('/wrappedtext', RAW, r => JSON.stringify({ body: r.body.toString(), headers: r.headers }));
R('/object', J, r => String(r.body));
R('/template', J, r => `${r.body}`);
R('/inspect', J, r => util.inspect(r.body, { depth: null }));
R('/format', J, r => util.format('%s', r.body));
R('/undefined', (q, s, n) => n(), r => String(r.body));
R('/emptyobj', (q, s, n) => n(), r => JSON.stringify(r.body || {}));
R('/jsonthenraw', J, r => Buffer.isBuffer(r.body) ? r.body : Buffer.alloc(0));
R('/rawjson', RAW, r => JSON.stringify(r.body));
R('/rawlatin1', RAW, r => r.body.toString('latin1'));
R('/rawascii', RAW, r => r.body.toString('ascii'));
R('/rawbase64', RAW, r => r.body.toString('base64'));
R('/rawutf16', RAW, r => Buffer.from(r.body.toString(), 'utf16le'));
R('/textlatin1', express.text({ type: '*/*', defaultCharset: 'iso-8859-1', limit: '5mb' }), r => r.body);
R('/text', express.text({ type: '*/*', limit: '5mb' }), r => r.body);
R('/trim', express.text({ type: '*/*', limit: '5mb' }), r => r.body.trim());
R('/win1252', RAW, r => iconv.decode(r.body, 'win1252'));
R('/tolatin1', RAW, r => iconv.encode(r.body.toString(), 'latin1'));
R('/he', RAW, r => he.escape(r.body.toString()));
R('/heencode', RAW, r => he.encode(r.body.toString(), { useNamedReferences: true }));
R('/escapehtml', RAW, r => escapeHtml(r.body.toString()));
R('/formjson', U, r => JSON.stringify(r.body));
R('/formqs', U, r => qs.stringify(r.body));
R('/formqs1738', U, r => qs.stringify(r.body, { format: 'RFC1738' }));
R('/formquerystring', U0, r => querystring.stringify(r.body));
R('/formusp', U0, r => new URLSearchParams(r.body).toString());
R('/payload', U, r => r.body.payload);
R('/decodeuri', RAW, r => decodeURIComponent(r.body.toString()));
R('/inflate', express.raw({ type: '*/*', inflate: true, limit: '5mb' }), r => r.body);
R('/noinflate', (q, s, n) => { const c = []; q.on('data', d => c.push(d)); q.on('end', () => { q.body = Buffer.concat(c); n(); }); }, r => r.body);
R('/hdrjson', RAW, r => ({ body: r.body, __h: pairs(r.rawHeaders).map(([k, v]) => /sign|hmac/i.test(k) && !/time/i.test(k) ? [k, JSON.stringify(v)] : [k, v]) }));
R('/hdrsplit', RAW, r => ({ body: r.body, __h: pairs(r.rawHeaders).map(([k, v]) => /sign|hmac/i.test(k) && !/time/i.test(k) ? [k, v.split('=')[1]] : [k, v]) }));
R('/hdrarray', RAW, r => ({ body: r.body, __h: pairs(r.rawHeaders).map(([k, v]) => /sign|hmac/i.test(k) && !/time/i.test(k) ? [k, JSON.stringify([v])] : [k, v]) }));
R('/hdruri', RAW, r => ({ body: r.body, __h: pairs(r.rawHeaders).map(([k, v]) => /sign|hmac/i.test(k) && !/time/i.test(k) ? [k, encodeURIComponent(v)] : [k, v]) }));
R('/hdrunesc', RAW, r => ({ body: r.body, __h: pairs(r.rawHeaders).map(([k, v]) => /sign|hmac/i.test(k) && !/time/i.test(k) ? [k, new URLSearchParams('s=' + v).get('s')] : [k, v]) }));
R('/hdrlower', RAW, r => ({ body: r.body, __h: pairs(r.rawHeaders).map(([k, v]) => /sign|hmac/i.test(k) && !/time/i.test(k) ? [k, v.toLowerCase()] : [k, v]) }));
R('/hdrcut', RAW, r => ({ body: r.body, __h: pairs(r.rawHeaders).map(([k, v]) => /sign|hmac/i.test(k) && !/time/i.test(k) ? [k, v.slice(0, 40)] : [k, v]) }));
R('/hdrjoined', RAW, r => ({ body: r.body, __h: objPairs(r.headers) }));
R('/hdrdistinct', RAW, r => ({ body: r.body, __h: Object.entries(r.headersDistinct).map(([k, v]) => [k, String(v)]) }));
R('/hdrunderscore', RAW, r => ({ body: r.body, __h: objPairs(r.headers).map(([k, v]) => [k.replace(/-/g, '_'), v]) }));
R('/hdrnodash', RAW, r => ({ body: r.body, __h: objPairs(r.headers).map(([k, v]) => [k.replace(/-([a-z0-9])/g, (m, c) => c.toUpperCase()), v]) }));
R('/hdrenv', RAW, r => ({ body: r.body, __h: objPairs(r.headers).map(([k, v]) => ['HTTP_' + k.toUpperCase().replace(/-/g, '_'), v]) }));
R('/hdrdatejs', RAW, r => ({ body: r.body, __h: pairs(r.rawHeaders).map(([k, v]) => /time/i.test(k) ? [k, new Date(v).toISOString()] : [k, v]) }));
R('/hdrdateutc', RAW, r => ({ body: r.body, __h: pairs(r.rawHeaders).map(([k, v]) => /time/i.test(k) ? [k, new Date(v).toUTCString()] : [k, v]) }));
R('/hdrisofromsec', RAW, r => ({ body: r.body, __h: pairs(r.rawHeaders).map(([k, v]) => /time/i.test(k) ? [k, new Date(+v * 1000).toISOString()] : [k, v]) }));
R('/raw', RAW, r => Buffer.isBuffer(r.body) ? r.body : Buffer.alloc(0));
R('/jsonhdrenv', J, r => ({ body: JSON.stringify(r.body), __h: objPairs(r.headers).map(([k, v]) => ['HTTP_' + k.toUpperCase().replace(/-/g, '_'), v]) }));
R('/jsonhdrquote', J, r => ({ body: JSON.stringify(r.body), __h: pairs(r.rawHeaders).map(([k, v]) => /sign|hmac/i.test(k) && !/time/i.test(k) ? [k, JSON.stringify(v)] : [k, v]) }));
app.use((err, req, res, next) => { res.statusCode = 500; res.end(String(err.stack)); });
app.listen(base, '127.0.0.1');

// the address as Express rebuilds it
const ua = express(); ua.all('*', RAW, (req, res) => { out(res, Object.assign(req, { url: req.protocol + '://' + req.get('host') + req.originalUrl }), Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0)); });
ua.listen(base + 1, '127.0.0.1');
const ub = express(); ub.set('trust proxy', true);
const sub = express.Router(); sub.all('*', RAW, (req, res) => { const u = req.protocol + '://' + req.hostname + req.url; out(res, Object.assign(req, { url: u }), Buffer.isBuffer(req.body) ? req.body : Buffer.alloc(0)); });
ub.use('/hooks', sub); ub.use('/', sub); ub.listen(base + 2, '127.0.0.1'); // trusted proxy, but req.url inside a mounted router

// plain node:http: string concatenation of chunks, first chunk only
http.createServer((req, res) => {
  if (req.url.startsWith('/concat')) { let s = ''; req.on('data', c => s += c); req.on('end', () => out(res, req, s)); }
  else if (req.url.startsWith('/first')) { req.once('data', c => { out(res, req, c); req.on('data', () => {}); }); }
  else if (req.url.startsWith('/headersobj')) { const c = []; req.on('data', d => c.push(d)); req.on('end', () => out(res, req, Buffer.concat(c), objPairs(req.headers))); }
  else { const c = []; req.on('data', d => c.push(d)); req.on('end', () => out(res, req, Buffer.concat(c))); }
}).listen(base + 3, '127.0.0.1');

// Fastify
const f = require('fastify')({ bodyLimit: 5e6 }); f.register(require('@fastify/formbody'));
const frep = (req, rep, body) => rep.type('application/json').send(JSON.stringify({ body_b64: Buffer.from(String(body)).toString('base64'), headers: pairs(req.raw.rawHeaders), method: req.method, url: req.url }));
f.post('/json', (req, rep) => frep(req, rep, JSON.stringify(req.body)));
f.post('/json2', (req, rep) => frep(req, rep, JSON.stringify(req.body, null, 2)));
f.post('/object', (req, rep) => frep(req, rep, req.body));
f.post('/formusp', (req, rep) => frep(req, rep, new URLSearchParams(req.body)));
f.post('/payload', (req, rep) => frep(req, rep, req.body.payload));
f.listen({ port: base + 4, host: '127.0.0.1' });

// Koa
const Koa = require('koa'); const k = new Koa(); k.use(require('koa-bodyparser')({ jsonLimit: '5mb', formLimit: '5mb' }));
k.use(ctx => { const b = ctx.request.body; let o;
  if (ctx.path === '/json') o = JSON.stringify(b); else if (ctx.path === '/qs') o = qs.stringify(b); else if (ctx.path === '/object') o = String(b);
  else if (ctx.path === '/formjson') o = JSON.stringify(b); else if (ctx.path === '/raw') o = ctx.request.rawBody; else o = '';
  ctx.body = { body_b64: Buffer.from(String(o)).toString('base64'), headers: pairs(ctx.req.rawHeaders), method: ctx.method, url: ctx.href }; });
k.listen(base + 5, '127.0.0.1');

// NestJS with its default body parser
(async () => {
  require('reflect-metadata'); const { Controller, Post, Body, Req, Module } = require('@nestjs/common'); const { NestFactory } = require('@nestjs/core');
  class C { json(body, req) { return { body_b64: Buffer.from(JSON.stringify(body)).toString('base64'), headers: pairs(req.rawHeaders), method: req.method, url: req.url }; } }
  Body()(C.prototype, 'json', 0); Req()(C.prototype, 'json', 1);
  Reflect.defineMetadata('design:paramtypes', [Object, Object], C.prototype, 'json');
  Post('json')(C.prototype, 'json', Object.getOwnPropertyDescriptor(C.prototype, 'json')); Controller()(C);
  class M {} Module({ controllers: [C] })(M);
  const a = await NestFactory.create(M, { logger: false }); await a.listen(base + 6, '127.0.0.1');
})();

// Hono
const { Hono } = require('hono'); const { serve } = require('@hono/node-server'); const h = new Hono();
const hrep = (c, o) => c.json({ body_b64: Buffer.from(o).toString('base64'), headers: [...c.req.raw.headers.entries()], method: c.req.method, url: c.req.url });
h.post('/json', async c => hrep(c, JSON.stringify(await c.req.json())));
h.post('/text', async c => hrep(c, await c.req.text()));
h.post('/form', async c => hrep(c, JSON.stringify(await c.req.parseBody())));
h.post('/jsonthentext', async c => { await c.req.raw.json(); let t = ''; try { t = await c.req.raw.text(); } catch (e) { t = ''; } return hrep(c, t); });
serve({ fetch: h.fetch, port: base + 7, hostname: '127.0.0.1' });

// serverless-http: an API Gateway event (the body of the request here) goes through Express
const sls = express(); sls.use(express.raw({ type: '*/*' })); sls.all('*', (req, res) => out(res, req, Buffer.isBuffer(req.body) ? req.body : Buffer.from(JSON.stringify(req.body || '')), objPairs(req.headers)));
const handler = require('serverless-http')(sls);
http.createServer((req, res) => { const c = []; req.on('data', d => c.push(d)); req.on('end', async () => { const r = await handler(JSON.parse(Buffer.concat(c).toString()), {}); res.end(r.body); }); }).listen(base + 8, '127.0.0.1');

// writers: JSON in, text of JSON.stringify out (used to make what senders sign)
http.createServer((req, res) => { const c = []; req.on('data', d => c.push(d)); req.on('end', () => { const v = JSON.parse(Buffer.concat(c)); res.end(req.url === '/pretty' ? JSON.stringify(v, null, 2) : JSON.stringify(v)); }); }).listen(base + 9, '127.0.0.1');
