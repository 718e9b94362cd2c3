"""Providers, signing, a strict reference verifier, transport. Independent of any webhook library."""
import base64, hashlib, hmac, json, random, re, socket, http.client, string
from datetime import datetime, timezone
PUBLIC = 'https://hooks.example.com/in'

class Prov:
    def __init__(s, lines, covers, digest='sha256', form='text', past=300, future=300, secret='hex32', extra=(), also=(), upper=False):
        s.lines, s.covers, s.digest, s.form, s.past, s.future, s.secret, s.extra, s.also, s.upper = lines, covers, digest, form, past, future, secret, extra, also, upper
    def notation(s):
        d = {'headers': '\n'.join(s.lines), 'covers': s.covers}
        if s.digest != 'sha256': d['digest'] = s.digest
        if s.form != 'text': d['secret_form'] = s.form
        if s.past != 300: d['past'] = s.past
        if s.future != 300: d['future'] = s.future
        return d
SW = lambda p='webhook', **k: Prov([p + '-id: {id}', p + '-timestamp: {timestamp}', p + '-signature: v1,{base64} ...'], '{id}.{timestamp}.{body}', **dict(dict(form='whsec', secret='whsec24'), **k))
B = lambda name, val='{hex}', **k: Prov([f'{name}: {val}'], '{body}', **k)
PROV = {
 'stripe': Prov(['Stripe-Signature: t={timestamp},v1={hex},...'], '{timestamp}.{body}', secret='whsec_text'),
 'github': B('X-Hub-Signature-256', 'sha256={hex}', extra=[('X-GitHub-Event', 'push'), ('X-GitHub-Delivery', '@uuid')], also=['sha1']),
 'meta': B('X-Hub-Signature-256', 'sha256={hex}', also=['sha1']),
 'slack': Prov(['X-Slack-Request-Timestamp: {timestamp}', 'X-Slack-Signature: v0={hex}'], 'v0:{timestamp}:{body}'),
 'shopify': B('X-Shopify-Hmac-Sha256', '{base64}', secret='hex64', extra=[('X-Shopify-Topic', 'orders/create'), ('X-Shopify-Webhook-Id', '@uuid')]),
 'razorpay': B('X-Razorpay-Signature', secret='alnum24', extra=[('x-razorpay-event-id', '@id')]),
 'line': B('x-line-signature', '{base64}'),
 'paddle': Prov(['Paddle-Signature: ts={timestamp};h1={hex};...'], '{timestamp}:{body}', past=5, secret='pdl'),
 'svix': SW('svix'), 'clerk': SW('svix'), 'resend': SW('svix'), 'standard-webhooks': SW(), 'openai': SW(), 'polar': SW(form='text', secret='polar'),
 'mux': Prov(['mux-signature: t={timestamp},v1={hex},...'], '{timestamp}.{body}', secret='alnum32'),
 'zendesk': Prov(['X-Zendesk-Webhook-Signature-Timestamp: {timestamp:rfc3339}', 'X-Zendesk-Webhook-Signature: {base64}'], '{timestamp}{body}', secret='b64text'),
 'woocommerce': B('X-WC-Webhook-Signature', '{base64}', secret='special', extra=[('X-WC-Webhook-Delivery-ID', '@id')]),
 'calendly': Prov(['Calendly-Webhook-Signature: t={timestamp},v1={hex},...'], '{timestamp}.{body}', secret='urlsafe43'),
 'klang': Prov(['X-Klang-Signature: t={timestamp},v1={hex},...'], '{timestamp}.{body}', past=28800, secret='whsec_text'),
 'kallglot': Prov(['Kallglot-Signature: t={timestamp},v1={hex},...'], '{timestamp}.{body}', secret='whsec_text'),
 'retell': Prov(['x-retell-signature: v={timestamp:ms},d={hex}'], '{body}{timestamp}', secret='key_'),
 'twitch': Prov(['Twitch-Eventsub-Message-Id: {id}', 'Twitch-Eventsub-Message-Timestamp: {timestamp:rfc3339}', 'Twitch-Eventsub-Message-Signature: sha256={hex}'], '{id}{timestamp}{body}', past=600, future=600, secret='alnum32', extra=[('Twitch-Eventsub-Message-Type', 'notification')]),
 'efficlose': B('X-Webhook-Signature', 'sha256={hex}', secret='uuid'), 'callintel': B('X-Callintel-Signature', secret='alnum32'), 'klen-ai': B('X-Klen-Signature', secret='urlsafe43', extra=[('X-Klen-Delivery-ID', '@id')]),
 'workos': Prov(['WorkOS-Signature: t={timestamp:ms}, v1={hex}'], '{timestamp}.{body}', past=180, secret='alnum32'),
 'hookdeck': B('x-hookdeck-signature', '{base64}', secret='alnum32'), 'gocardless': B('Webhook-Signature', secret='urlsafe43'),
 'webflow': Prov(['x-webflow-timestamp: {timestamp:ms}', 'x-webflow-signature: {hex}'], '{timestamp}:{body}', secret='hex64'),
 'cal-com': B('X-Cal-Signature-256', secret='alnum24'), 'elevenlabs': Prov(['ElevenLabs-Signature: t={timestamp},v0={hex}'], '{timestamp}.{body}', past=1800, secret='wsec'),
 'pagerduty': B('X-PagerDuty-Signature', 'v1={hex},...', secret='b64text'),
 'sanity': Prov(['sanity-webhook-signature: t={timestamp:ms},v1={base64url}'], '{timestamp}.{body}', past=None, future=None, secret='alnum24'),
 'doppler': B('x-doppler-signature', 'sha256={hex}', secret='alnum32'), 'zoom': Prov(['x-zm-request-timestamp: {timestamp}', 'x-zm-signature: v0={hex}'], 'v0:{timestamp}:{body}', secret='urlsafe22'),
 'linear': B('Linear-Signature', secret='lin', extra=[('Linear-Delivery', '@uuid'), ('Linear-Event', 'Issue')]),
 'lemonsqueezy': B('X-Signature', secret='alnum24', extra=[('X-Event-Name', 'order_created')]), 'typeform': B('Typeform-Signature', 'sha256={base64}', secret='urlsafe43'),
 'customerio': Prov(['X-CIO-Timestamp: {timestamp}', 'X-CIO-Signature: {hex}'], 'v0:{timestamp}:{body}', secret='hex64'),
 'finch': Prov(['Finch-Event-ID: {id}', 'Finch-Timestamp: {timestamp}', 'Finch-Signature: v1,{base64} ...'], '{id}.{timestamp}.{body}', form='base64', secret='b64key'),
 'asana': B('X-Hook-Signature', secret='hex32'), 'coinbase-commerce': B('X-CC-Webhook-Signature', secret='uuid'),
 'box': Prov(['BOX-DELIVERY-TIMESTAMP: {timestamp:rfc3339}', 'BOX-SIGNATURE-PRIMARY: {base64}'], '{body}{timestamp}', past=600, future=0, secret='alnum32', extra=[('BOX-DELIVERY-ID', '@uuid'), ('BOX-SIGNATURE-ALGORITHM', 'HmacSHA256'), ('BOX-SIGNATURE-VERSION', '1')]),
 # core tier
 'bitbucket': B('X-Hub-Signature', 'sha256={hex}', secret='alnum24', extra=[('X-Request-UUID', '@uuid'), ('X-Event-Key', 'repo:push')]),
 'notion': B('X-Notion-Signature', 'sha256={hex}', secret='notion'), 'sentry': B('Sentry-Hook-Signature', secret='hex64', extra=[('Request-ID', '@id'), ('Sentry-Hook-Resource', 'issue')]),
 'xero': B('x-xero-signature', '{base64}', secret='b64text'), 'x': B('X-Twitter-Webhooks-Signature', 'sha256={base64}', secret='alnum48'),
 'dropbox': B('X-Dropbox-Signature', secret='alnum15'), 'nylas': B('X-Nylas-Signature', secret='alnum32'),
 'intercom': B('X-Hub-Signature', 'sha1={hex}', digest='sha1', secret='uuid'), 'vercel': B('x-vercel-signature', digest='sha1', secret='alnum24'), 'segment': B('X-Signature', digest='sha1', secret='alnum24'),
 'paystack': B('x-paystack-signature', digest='sha512', secret='sk_test'), 'onfleet': B('X-Onfleet-Signature', digest='sha512', form='hex', secret='hex128'),
 'authorize-net': B('X-ANET-Signature', 'sha512={hex}', digest='sha512', form='hex', secret='HEX128', upper=True), 'squarespace': B('Squarespace-Signature', form='hex', secret='hex64'),
 'airtable': B('X-Airtable-Content-MAC', 'hmac-sha256={hex}', form='base64', secret='b64key'), 'ms-teams-outgoing': B('Authorization', 'HMAC {base64}', form='base64', secret='b64key'),
 'linkedin': Prov(['X-LI-Signature: {hex}'], 'hmacsha256={body}', secret='alnum15'), 'chargify': B('X-Chargify-Webhook-Signature-Hmac-Sha-256', secret='alnum24'),
 'dixa': Prov(['X-DIXA-SIGNATURE: t={timestamp:ms},v1={hex}'], '{timestamp}.{body}', form='hex', secret='hex64'), 'front': Prov(['X-Front-Request-Timestamp: {timestamp:ms}', 'X-Front-Signature: {base64}'], '{timestamp}:{body}'),
 'crisp': Prov(['X-Crisp-Request-Timestamp: {timestamp:ms}', 'X-Crisp-Signature: {hex}'], '[{timestamp};{body}]'), 'readme': Prov(['readme-signature: t={timestamp:ms},v0={hex}'], '{timestamp}.{body}', past=1800, secret='alnum24'),
 'revolut': Prov(['Revolut-Request-Timestamp: {timestamp:ms}', 'Revolut-Signature: v1={hex},...'], 'v1.{timestamp}.{body}', secret='wsk'), 'affirm': Prov(['X-Affirm-Signature: t={timestamp},v0={hex},...'], '{timestamp}.{body}', digest='sha512', secret='alnum32'),
 # the address is covered
 'square': B('x-square-hmacsha256-signature', '{base64}', secret='urlsafe22'), 'twilio': B('X-Twilio-Signature', '{base64}', digest='sha1'), 'trello': B('X-Trello-Webhook', '{base64}', digest='sha1'),
 'mandrill': B('X-Mandrill-Signature', '{base64}', digest='sha1', secret='urlsafe22'), 'hubspot-v3': Prov(['X-HubSpot-Request-Timestamp: {timestamp:ms}', 'X-HubSpot-Signature-v3: {base64}'], '{method}{url}{body}{timestamp}', secret='uuid'),
}
PROV['square'].covers = '{url}{body}'; PROV['trello'].covers = '{body}{url}'; PROV['twilio'].covers = PROV['mandrill'].covers = '{url}{form:sorted}'

AL = string.ascii_letters + string.digits
def mksecret(kind, r):
    a = lambda n, al=AL: ''.join(r.choice(al) for _ in range(n)); hx = lambda n: ''.join(r.choice('0123456789abcdef') for _ in range(n)); raw = lambda n: bytes(r.randrange(256) for _ in range(n))
    return {'hex32': lambda: hx(32), 'hex64': lambda: hx(64), 'hex128': lambda: hx(128), 'HEX128': lambda: hx(128).upper(), 'alnum24': lambda: a(24), 'alnum32': lambda: a(32), 'alnum48': lambda: a(48), 'alnum15': lambda: a(15),
     'whsec_text': lambda: 'whsec_' + a(32), 'whsec24': lambda: 'whsec_' + base64.b64encode(raw(24)).decode(), 'polar': lambda: 'polar_whs_' + a(40), 'pdl': lambda: 'pdl_ntfset_01' + a(24, string.digits + 'abcdefghjkmnpqrstvwxyz') + '_' + a(32),
     'key_': lambda: 'key_' + hx(28), 'wsec': lambda: 'wsec_' + hx(64), 'b64text': lambda: base64.b64encode(raw(32)).decode(), 'b64key': lambda: base64.b64encode(raw(32)).decode(), 'special': lambda: 'ck&' + a(6) + '<' + a(8) + '#%' + a(9) + '+/"' + a(7),
     'urlsafe43': lambda: base64.urlsafe_b64encode(raw(32)).decode().rstrip('='), 'urlsafe22': lambda: base64.urlsafe_b64encode(raw(16)).decode().rstrip('='), 'uuid': lambda: f'{hx(8)}-{hx(4)}-4{hx(3)}-a{hx(3)}-{hx(12)}', 'lin': lambda: 'lin_wh_' + a(40), 'notion': lambda: 'secret_' + a(43), 'sk_test': lambda: 'sk_test_' + hx(40), 'wsk': lambda: 'wsk_' + a(32)}[kind]()
def key(secret, form):
    if form == 'text': return secret.encode('utf-8', 'surrogatepass')
    if form == 'hex':
        if not re.fullmatch(r'(?:[0-9a-fA-F]{2})+', secret): raise ValueError('not hex')
        return bytes.fromhex(secret)
    if form == 'whsec': secret = secret[6:] if secret.startswith('whsec_') else secret
    return base64.b64decode(secret, validate=True)
def enc(mac, how, upper=False):
    if how == 'hex': return mac.hex().upper() if upper else mac.hex()
    if how == 'base64': return base64.b64encode(mac).decode()
    return base64.urlsafe_b64encode(mac).decode().rstrip('=')
def when(t, unit): return str(t) if unit in (None, 's') else str(t * 1000 + 137) if unit == 'ms' else datetime.fromtimestamp(t, timezone.utc).strftime('%Y-%m-%dT%H:%M:%SZ')
def formsorted(body):
    from urllib.parse import parse_qsl
    d = {}
    for k, v in parse_qsl(body.decode(), keep_blank_values=True): d.setdefault(k, set()).add(v)
    return ''.join(k + v for k in sorted(d) for v in sorted(d[k])).encode()
def content(covers, ts, mid, body, method, url, isform):
    o = b''
    for part in re.split(r'(\{[^}]*\})', covers):
        o += {'{timestamp}': (ts or '').encode(), '{id}': (mid or '').encode(), '{body}': body, '{method}': method.encode(), '{url}': url.encode()}.get(part) if part in ('{timestamp}', '{id}', '{body}', '{method}', '{url}') else (formsorted(body) if isform else b'') if part == '{form:sorted}' else part.encode()
    return o
def sign(slug, secret, body, t, r, url=PUBLIC, method='POST', prov=None, unit=None, ts=None, digest=None, encoding=None, form=None, covers=None, mid=None, ct='', rawkey=None):
    """Header pairs of a delivery as the provider sends it."""
    p = prov or PROV[slug]; mid = mid or 'msg_' + ''.join(r.choice(AL) for _ in range(20))
    uu = lambda: '%08x-%04x-11f1-94a6-%012x' % (r.getrandbits(32), r.getrandbits(16), r.getrandbits(48))
    m = re.search(r'\{timestamp(?::([a-z0-9-]+))?\}', '\n'.join(p.lines)); stamp = ts or (when(t, unit or m[1]) if m else None)
    k = rawkey if rawkey is not None else key(secret, form or p.form); c = content(covers or p.covers, stamp, mid, body, method, url, 'form' in ct); mac = hmac.new(k, c, digest or p.digest).digest()
    out = []
    for x, v in p.extra: out.append((x, uu() if v == '@uuid' else mid if v == '@id' else v))
    for d in p.also: out.append(('X-Hub-Signature', d + '=' + hmac.new(k, body, d).hexdigest()))
    for line in p.lines:
        n, v = line.split(': ', 1); v = re.sub(r'[,; ]\.\.\.$', '', v)
        v = re.sub(r'\{timestamp[^}]*\}', lambda _: stamp, v).replace('{id}', mid); v = re.sub(r'\{(hex|base64|base64url)\}', lambda q: enc(mac, encoding or q[1], p.upper), v); out.append((n, v))
    return out

def accepts(slug, scheme, secret, method, url, headers, body, now):
    """A strict verifier: every needed header once, exact form, window. Returns (bool, reason)."""
    if scheme:
        p = Prov(scheme['headers'].split('\n'), scheme['covers'], scheme.get('digest', 'sha256'), scheme.get('secret_form', 'text'), scheme.get('past', 300), scheme.get('future', 300))
    else: p = PROV[slug]
    try: k = key(secret, p.form)
    except Exception as e: return False, f'secret unusable: {e}'
    ts = mid = None; macs = []; unit = None
    for line in p.lines:
        n, tmpl = line.split(': ', 1); vs = [v for h, v in headers if h.lower() == n.lower()]
        if len(vs) != 1: return False, f'header {n}: {len(vs)}'
        v = vs[0]; lst = re.search(r'([,; ])\.\.\.$', tmpl); tm = re.sub(r'[,; ]\.\.\.$', '', tmpl)
        items = [(tm, v)]
        if lst and lst[1] == ' ':
            for it in v.split(' '):
                if it.startswith('v1,'): macs.append(('base64', it[3:]))
            continue
        if lst or re.search(r'[,;]', tm):
            sep = ';' if ';' in tm else ','; got = [x.strip() for x in v.split(sep)]
            for part in tm.split(sep):
                part = part.strip(); pk, pv = part.split('=', 1)
                vals = [g[len(pk) + 1:] for g in got if g.startswith(pk + '=')]
                if not vals: return False, f'no {pk}='
                if 'timestamp' in pv: ts = vals[0]; unit = (re.search(r':([a-z0-9-]+)\}', pv) or [None, 's'])[1]
                else: macs += [(pv.strip('{}'), x) for x in vals]
            continue
        rx = re.escape(tm); ph = re.search(r'\\\{(.*?)\\\}', rx); m = re.fullmatch(rx[:ph.start()] + '(.*)' + rx[ph.end():], v, re.S)
        if not m: return False, f'form of {n}'
        what = re.search(r'\{(.*?)\}', tm)[1]
        if what.startswith('timestamp'): ts = m[1]; unit = what[10:] or 's'
        elif what == 'id': mid = m[1]
        else: macs.append((what, m[1]))
    ct = ''.join(v for h, v in headers if h.lower() in ('content-type',))
    try: want = hmac.new(k, content(p.covers, ts, mid, body, method, url, 'form' in ct), p.digest).digest()
    except Exception as e: return False, f'content: {e}'
    ok = False
    for how, x in macs:
        try: d = bytes.fromhex(x) if how == 'hex' and re.fullmatch('[0-9a-fA-F]+', x) else base64.b64decode(x, validate=True) if how == 'base64' else base64.urlsafe_b64decode(x + '=' * (-len(x) % 4)) if how == 'base64url' and re.fullmatch('[A-Za-z0-9_-]+', x) else b''
        except Exception: continue
        ok |= hmac.compare_digest(d, want)
    if not ok: return False, 'no signature matches'
    if ts is not None:
        try: s = float(ts) if unit == 's' and re.fullmatch(r'\d+', ts) else int(ts) / 1000 if unit == 'ms' and re.fullmatch(r'\d+', ts) else datetime.fromisoformat(ts).timestamp() if unit == 'rfc3339' else None
        except Exception: s = None
        if s is None: return False, 'timestamp form'
        if p.past is not None and now - s > p.past: return False, f'too old {now - s:.0f}'
        if p.future is not None and s - now > p.future + (1 if p.future == 0 else 0): return False, f'ahead {s - now:.0f}'
    return True, 'accepted'

def send(port, path, headers, body, method='POST', chunks=None):
    s = socket.create_connection(('127.0.0.1', port), 20); hs = list(headers)
    if not any(h.lower() in ('content-length', 'transfer-encoding') for h, _ in hs) and method != 'GET': hs.append(('Content-Length', str(len(body))))
    hs.append(('Connection', 'close'))
    head = f'{method} {path} HTTP/1.1\r\n' + ''.join(f'{k}: {v}\r\n' for k, v in hs) + '\r\n'
    s.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1); s.sendall(head.encode('latin-1'))
    if chunks:
        import time; last = 0
        for c in chunks + [len(body)]: s.sendall(body[last:c]); last = c; time.sleep(.06)
    else: s.sendall(body)
    r = http.client.HTTPResponse(s, method=method); r.begin(); d = r.read(); s.close()
    if r.status in (301, 302, 307, 308): return {'redirect': r.getheader('location'), 'status': r.status}
    if r.status not in (200, 201): raise RuntimeError(f'{port}{path}: {r.status} {d[:600]!r}')
    return json.loads(d)
