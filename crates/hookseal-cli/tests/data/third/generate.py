"""Makes accidents3.jsonl and altered3.jsonl. Run: python3 generate.py [outdir]. Everything listens on loopback."""
import sys, os, json, random, base64, subprocess, gzip, zlib, http.client, urllib.parse, traceback
sys.path.insert(0, os.path.dirname(os.path.abspath(__file__)))
import services, bodies, secrets_tools as ST
from lib import *
OUT = sys.argv[1] if len(sys.argv) > 1 else os.path.dirname(services.HERE)
P = services.P; SEED = int(os.environ.get('SEED', 20260)); W = services.W
SRV = dict(express=P['NODE'], exurl=P['NODE'] + 1, exurl2=P['NODE'] + 2, node=P['NODE'] + 3, fastify=P['NODE'] + 4, koa=P['NODE'] + 5, nest=P['NODE'] + 6, hono=P['NODE'] + 7, sls=P['NODE'] + 8, flask=P['PY'], flurl=P['PY'] + 1, django=P['PY'] + 2, fastapi=P['PY'] + 3, aiohttp=P['PY'] + 4, tornado=P['PY'] + 5, bottle=P['PY'] + 6, falcon=P['PY'] + 7, mangum=P['PY'] + 8, up=P['PY'] + 9, php=P['PHP'], ruby=P['RUBY'], go=P['GO'], java=P['JAVA'], nginx=P['N'], haproxy=P['H'], apache=P['A'])
NAMES = dict(express='Express 4 / body-parser', exurl='Express 4', exurl2='Express 4', node='node:http', fastify='Fastify 4', koa='Koa / koa-bodyparser', nest='NestJS', hono='Hono', sls='serverless-http', flask='Flask / Werkzeug', flurl='Flask / Werkzeug', django='Django', fastapi='FastAPI / Starlette', aiohttp='aiohttp', tornado='Tornado', bottle='Bottle', falcon='Falcon', mangum='Mangum / FastAPI', up='python http.server', php='PHP 8.2', ruby='Ruby 3.1 / Rack', go='Go 1.19 net/http', java='Java 17', nginx='nginx 1.22', haproxy='HAProxy 2.6', apache='Apache 2.4')
rows = {'accidents3': [], 'altered3': []}; genuine = []; errors = []; counter = [0]

def make(kind, cause, provider, name, body='ascii', via=None, sec=None, signsec=None, delta=None, scheme=None, sender=None, also=None, url=None, sign_url=PUBLIC, wire=None, pre=None, post=None, note='', sw='', lossy=False, others=None, signkw=None, method='POST', after=None, chunks=None, tamper=None, urlfrom=None, path=None, kindname=None, ct=None, nowfn=None, prov=None):
    counter[0] += 1; r = random.Random(SEED * 100003 + counter[0] * 7919)
    try:
        sender = sender or provider; pv = prov or PROV[sender]; t = 1767225600 + r.randrange(30 * 10**6)
        raw, ctype = bodies.make(body, r) if isinstance(body, str) else body(r); ctype = ct or ctype
        if b'"webhookTimestamp":0' in raw: raw = raw.replace(b'"webhookTimestamp":0', b'"webhookTimestamp":%d' % (t * 1000))
        secret = mksecret(pv.secret, r); real = secret; extra = []
        if others: extra = [mksecret(PROV[o].secret if o in PROV else o, r) for o in others]
        skw = dict(signkw or {})
        if 'ts' in skw and callable(skw['ts']): skw['ts'] = skw['ts'](t)
        if signsec == 'other': real = extra[-1]
        elif signsec: real = signsec(secret, r)
        body_signed = raw
        wirebody = pre(raw) if pre else raw            # what goes over the wire (gzip, for one)
        signbody = wirebody if skw.pop('over_wire', False) else raw
        sg = sign(sender, real, signbody, t, r, url=sign_url, method=method, prov=prov, ct=ctype, **skw)
        if not skw and not signsec and not prov and kind == 'accidents3' or (signsec == 'other'):
            genuine.append(dict(provider=sender, secret=real, headers=sg, body_b64=base64.b64encode(signbody).decode(), url=sign_url, method=method, now=t + 2, n=counter[0]))
        host = urllib.parse.urlsplit(sign_url).netloc
        hs = [('Host', host), ('User-Agent', r.choice(['Sender/2.1', 'Webhooks/1.0 (+https://example.com)', 'Go-http-client/1.1', 'Hook-Relay'])), ('Content-Type', ctype), ('Accept', '*/*')] + ([('Content-Encoding', 'gzip')] if wirebody[:2] == b'\x1f\x8b' else []) + sg
        if wire: hs = wire(hs)
        sent = tamper(wirebody, hs) if tamper else wirebody
        if isinstance(sent, tuple): sent, hs = sent
        got_url = url
        if via:
            c = send(SRV[via[0]], via[1], hs, sent, method, chunks)
            if 'redirect' in c:   # a client that follows, as python-requests does
                c = post_redirect(c, hs, sent)
            b = base64.b64decode(c['body_b64']); h = [list(x) for x in c['headers'] if x[0].lower() != 'connection' or True]; meth = c['method']
            if urlfrom: got_url = c['url']
        else: b, meth = sent, method; h = [list(x) for x in hs] + [['Content-Length', str(len(sent))]]
        if post: b = post(b)
        if after: h = [list(x) for x in after(h)]
        conf = secret; swl = []
        if sec:
            cs, lbl, fn = ST.S[sec] if isinstance(sec, str) else sec; conf = fn(secret); swl.append(lbl)
        d = delta if delta is not None else r.randrange(1, 4); now = nowfn(t) if nowfn else t + d
        u = got_url or sign_url
        secrets = [conf] + extra
        if scheme: provider = 'custom'
        ok, why = accepts(provider if provider in PROV else None, scheme, conf, meth, u, h, b, now)
        if ok: raise RuntimeError('not refused')
        same = b == signbody
        label = sw or ', '.join(([NAMES[via[0]] + ' ' + via[1]] if via else []) + swl)
        row = {'id': '', 'name': name, 'provider': provider}
        if scheme: row['scheme'] = scheme
        row.update(sender=sender, cause=sorted(cause), note=note, secrets=secrets, method=meth, url=u, headers=h, body_b64=base64.b64encode(b).decode(), now_unix=now, same_body=same, software=label, refused=why, sender_scheme=pv.notation())
        if also: row['also_true'] = [sorted(x) for x in also]
        if lossy: row['lossy'] = True
        if kindname: row['kind'] = kindname
        for cz in cause:
            if cz in ('body.json', 'body.charset', 'body.newline', 'body.form', 'body.html', 'body.base64', 'body.envelope', 'body.object', 'body.empty', 'body.truncated') and same: raise RuntimeError('body unchanged')
        if kind == 'accidents3':
            fam = []
            for cz in cause:
                f = 'body' if cz.startswith('body.') else 'secret' if cz.startswith('secret.') else 'headers' if cz.startswith('header.') else 'url' if cz == 'url' else 'time' if cz in ('time.old', 'time.ahead') and 'ts' not in skw else 'sign'
                if f == 'secret' and 'form' in skw: f = 'sign'
                if f == 'secret' and scheme: f = 'sign'
                if cz == 'time.rewritten': f = 'headers'
                if cz == 'scheme.encoding' and not skw and not scheme: f = 'headers'
                if cz == 'scheme.digest' and wire: f = 'headers'
                if f not in fam: fam.append(f)
            good = [('Content-Type', ctype)] + sign(sender, real, raw, t, random.Random(1), url=sign_url, method=method, prov=prov, ct=ctype)
            def fixed(fs):
                H = h
                if 'headers' in fs: H = [('Content-Type', ctype)] + sg
                if 'sign' in fs: H = good
                own = scheme and 'sign' not in fs
                return accepts(None if own else sender if 'sign' in fs else provider if provider in PROV else None, scheme if own else None, real if 'secret' in fs or (scheme and 'sign' in fs) else conf, meth if 'body' not in fs else method, sign_url if 'url' in fs else u, H, signbody if 'body' in fs else b, t + 2 if 'time' in fs else now)
            # a fault in how it is signed hides what the transport did to the headers: test with the headers as they came only where that is possible
            row['undo'] = fixed(fam)[0]
            row['minimal'] = len(fam) == 1 or not any(fixed([g for g in fam if g != f])[0] for f in fam)
            if not row['undo'] or not row['minimal']: errors.append(f"undo={row['undo']} minimal={row['minimal']} {name} | {provider} | {cause} | {fam} {fixed(fam)[1]}")
        row['_signed'] = signbody
        row['id'] = ('A' if kind == 'accidents3' else 'F') + '%03d' % (len(rows[kind]) + 1); row['_n'] = counter[0]
        rows[kind].append(row)
    except Exception as e:
        errors.append(f'{name} | {provider} | {cause}: {type(e).__name__} {str(e)[:300]}')
def post_redirect(c, hs, body):
    """python-requests' rule for 301/302: POST becomes GET, the body and its headers go; done by requests itself."""
    code = "import sys,json,requests;d=json.load(sys.stdin);r=requests.post(d['u'],headers=dict(d['h']),data=bytes.fromhex(d['b']));sys.stdout.write(r.text)"
    return json.loads(ST.run([ST.PYV, '-c', code], inp=json.dumps({'u': c['from'] if 'from' in c else f'http://127.0.0.1:{P["N"]}/redirect', 'h': [x for x in hs if x[0] != 'Host'], 'b': body.hex()}).encode()))
A = lambda cause, *a, **k: make('accidents3', [cause] if isinstance(cause, str) else cause, *a, **k)
def tool(*cmd): return lambda b: ST.run(list(cmd), inp=b)
def bash(script): return lambda b: ST.run(['bash', '-c', script], inp=b)

def json_rows():
    for p, b, v, name, *x in [
        ('stripe', 'pretty', ('express', '/json'), 'express.json, JSON.stringify; pretty sender'), ('shopify', 'php', ('express', '/json'), 'express.json, JSON.stringify; escaped slashes'), ('meta', 'pycompact', ('express', '/json'), 'JSON.stringify; \\u escapes lost'), ('calendly', 'rails', ('express', '/json'), 'JSON.stringify; Rails sender'), ('mux', 'go', ('express', '/json'), 'JSON.stringify; Go sender'),
        ('github', 'float', ('express', '/json'), 'JSON.stringify; 136.0, 0.50, 1e3'), ('webflow', 'float1', ('express', '/json'), 'JSON.stringify; 1.0 in a list'), ('razorpay', 'upesc', ('express', '/json'), 'JSON.stringify; \\u00FC in capitals'), ('zendesk', 'spaces', ('express', '/json'), 'JSON.stringify; blanks everywhere'), ('svix', 'py', ('express', '/json'), 'JSON.stringify; json.dumps sender'),
        ('typeform', 'bigint', ('express', '/json'), 'JSON.stringify; integers beyond 2^53', 1), ('lemonsqueezy', 'dup', ('express', '/json'), 'JSON.stringify; a duplicate key', 1), ('clerk', 'numkeys', ('express', '/json'), 'JSON.stringify; number-like keys move to the front', 1),
        ('slack', 'uni', ('express', '/json2'), 'JSON.stringify(…, null, 2)'), ('line', 'uni', ('express', '/json4'), 'JSON.stringify(…, null, 4)'), ('pagerduty', 'nested', ('express', '/jsontab'), 'JSON.stringify with tabs; nested'), ('workos', 'uni', ('express', '/jsonascii'), 'non-ASCII escaped by hand'), ('hookdeck', 'uni', ('express', '/jsonsort'), 'keys sorted by hand', 1), ('doppler', 'upesc', ('express', '/jsonascii'), 'escapes written again in small letters'), ('box', 'upesc', ('express', '/jsonbig'), 'json-bigint, escapes lost'), ('linkedin', 'spaces', ('express', '/jsonbig'), 'json-bigint, blanks lost'),
        ('kallglot', 'pretty4', ('fastify', '/json'), 'Fastify body, JSON.stringify'), ('klang', 'pyutf8', ('fastify', '/json'), 'Fastify; json.dumps sender, UTF-8'), ('callintel', 'ls', ('fastify', '/json2'), 'Fastify, two blanks; U+2028'), ('openai', 'pretty', ('koa', '/json'), 'Koa'), ('elevenlabs', 'phppretty', ('koa', '/json'), 'Koa; PHP pretty sender'), ('efficlose', 'py', ('nest', '/json'), 'NestJS @Body()'), ('sanity', 'prettynl', ('nest', '/json'), 'NestJS; pretty with newline'), ('resend', 'php', ('hono', '/json'), 'Hono c.req.json()'), ('polar', 'k10py', ('hono', '/json'), 'Hono; 9 KB'),
        ('github', 'uni', ('flask', '/dumps'), 'Flask get_json, json.dumps'), ('gocardless', 'php', ('flask', '/dumpsutf8'), 'json.dumps ensure_ascii=False; PHP sender'), ('retell', 'node', ('flask', '/compact'), 'compact json.dumps escapes'), ('cal-com', 'rails', ('flask', '/compactutf8'), 'compact UTF-8; Rails sender'), ('klen-ai', 'uni', ('flask', '/sorted'), 'sort_keys=True', 1), ('twitch', 'uni', ('flask', '/indent4'), 'indent=4'), ('typeform', 'pretty', ('flask', '/indent4utf8'), 'indent 2 became 4'), ('stripe', 'pretty', ('flask', '/orjson'), 'orjson'), ('woocommerce', 'php', ('flask', '/orjsonindent'), 'orjson indented'), ('paddle', 'uni', ('flask', '/ujson'), 'ujson: slashes and escapes'), ('zoom', 'php', ('flask', '/ujsonnoslash'), 'ujson without escapes'), ('customerio', 'pycompact', ('flask', '/simplejson'), 'simplejson'), ('asana', 'py', ('flask', '/rapidjson'), 'rapidjson'), ('coinbase-commerce', 'pyutf8', ('flask', '/msgspec'), 'msgspec'), ('dropbox', 'uni', ('flask', '/jsonify'), 'flask.jsonify sorts keys and adds a newline', 1), ('standard-webhooks', 'uni', ('flask', '/htmlsafe'), 'Jinja tojson: < > & \' escaped'), ('finch', 'float', ('flask', '/dumps'), 'json.dumps; 1e3 becomes 1000.0'), ('svix', 'pretty', ('flask', '/ujson'), 'ujson; pretty sender'), ('github', 'dup', ('flask', '/dumps'), 'json.dumps; duplicate key', 1),
        ('shopify', 'k20php', ('django', '/dumps'), 'Django, 20 KB PHP sender'), ('line', 'uni', ('django', '/encoder'), 'DjangoJSONEncoder'), ('stripe', 'pretty', ('django', '/jsonresponse'), 'JsonResponse content'), ('svix', 'k10', ('fastapi', '/dict'), 'FastAPI dict, json.dumps, 10 KB'), ('slack', 'py', ('fastapi', '/encoder'), 'jsonable_encoder and JSONResponse'), ('openai', 'pretty', ('fastapi', '/model'), 'pydantic model_dump_json'), ('clerk', 'uni', ('fastapi', '/modelindent'), 'pydantic indent=2'), ('calendly', 'uni', ('aiohttp', '/json'), 'aiohttp json'), ('kallglot', 'php', ('aiohttp', '/jsonresponse'), 'aiohttp json_response'), ('meta', 'php', ('tornado', '/json'), 'Tornado json_encode: "</" escaped'), ('efficlose', 'ls', ('tornado', '/json'), 'Tornado; U+2028 and </script>'), ('mux', 'uni', ('bottle', '/json'), 'Bottle'), ('doppler', 'phppretty', ('falcon', '/media'), 'Falcon media'), ('razorpay', 'rails', ('falcon', '/handler'), 'Falcon JSON handler'),
        ('line', 'uni', ('php', '/encode'), 'json_encode(json_decode())'), ('github', 'nestedpy', ('php', '/encodearr'), 'PHP arrays: {} becomes []'), ('stripe', 'pretty', ('php', '/encodeunesc'), 'PHP without escapes'), ('webflow', 'py', ('php', '/encodeslashes'), 'PHP unescaped slashes'), ('resend', 'uni', ('php', '/encodeunicode'), 'PHP unescaped unicode'), ('notion', 'uni', ('php', '/pretty'), 'PHP pretty print'), ('woocommerce', 'float1', ('php', '/encode'), 'PHP drops .0'), ('slack', 'float', ('php', '/zero'), 'PHP preserve zero fraction; 0.50, 1e3'), ('mux', 'uni', ('php', '/hex'), 'PHP JSON_HEX_*'), ('twitch', 'bigint', ('php', '/encode'), 'PHP big integers become floats', 1), ('klang', 'bigint', ('php', '/bigstr'), 'PHP JSON_BIGINT_AS_STRING', 1), ('retell', 'uni', ('php', '/ksort'), 'PHP ksort', 1),
        ('zendesk', 'pretty', ('ruby', '/generate'), 'JSON.generate'), ('klang', 'uni', ('ruby', '/pretty'), 'JSON.pretty_generate'), ('shopify', 'uni', ('ruby', '/railstojson'), 'Rails to_json: \\u0026'), ('xero', 'ls', ('ruby', '/asjson'), 'ActiveSupport::JSON; U+2028'), ('linkedin', 'float', ('ruby', '/generate'), 'Ruby floats'), ('bitbucket', 'upesc', ('ruby', '/generate'), 'Ruby; \\u00FC'),
        ('gocardless', 'uni', ('go', '/rawmessage'), 'Go json.Marshal(RawMessage)'), ('github', 'uni', ('go', '/marshal'), 'Go map: keys sorted', 1), ('svix', 'gomap', ('go', '/encodernohtml'), 'Go Encoder, SetEscapeHTML(false); sorted sender'), ('front', 'k10', ('go', '/indent2'), 'Go json.Indent, 10 KB'), ('crisp', 'k50', ('go', '/indent'), 'Go json.Indent tabs, 50 KB'), ('dixa', 'k50pretty', ('go', '/compact'), 'Go json.Compact of 50 KB pretty'), ('airtable', 'uni', ('go', '/htmlescape'), 'Go json.HTMLEscape'), ('squarespace', 'ls', ('go', '/rawmessage'), 'Go: U+2028 escaped'), ('sentry', 'bigint', ('go', '/marshal'), 'Go float64: 1e+18', 1), ('readme', 'spaces', ('go', '/rawindent'), 'Go MarshalIndent of RawMessage'), ('affirm', 'uni', ('go', '/rawmessage'), 'SHA-512 provider'), ('vercel', 'pretty', ('express', '/json'), 'SHA-1 provider'), ('paystack', 'php', ('express', '/json'), 'SHA-512 provider; sample code re-serialises'), ('trello', 'uni', ('express', '/json2'), 'address covered; re-serialised'), ('square', 'py', ('express', '/json'), 'address covered; re-serialised'), ('github', 'array', ('fastify', '/json'), 'top-level array'),
    ]: A('body.json', p, name, b, v, lossy=bool(x))
    for p, b, cmd, name, *x in [('github', 'uni', ['jq', '.'], 'jq .'), ('stripe', 'pretty', ['jq', '-c', '.'], 'jq -c .'), ('line', 'uni', ['jq', '-S', '-c', '.'], 'jq -S', 1), ('svix', 'bigint', ['jq', '-c', '.'], 'jq 1.6 rounds integers', 1), ('callintel', 'float', ['jq', '-c', '.'], 'jq -c, floats'), ('razorpay', 'uni', ['jq', '-a', '-c', '.'], 'jq --ascii-output'), ('polar', 'uni', ['python3', '-m', 'json.tool'], 'python -m json.tool'), ('slack', 'pretty', ['python3', '-m', 'json.tool', '--compact', '--no-ensure-ascii'], 'json.tool --compact'), ('mux', 'spaces', ['jq', '--tab', '.'], 'jq --tab')]:
        A('body.json', p, name, b, post=tool(*cmd), sw=('jq 1.6 ' if cmd[0] == 'jq' else 'Python 3.11 ') + ' '.join(cmd[1:]), lossy=bool(x))
    A('body.json', 'lemonsqueezy', 'jq with a newline on an already compact body', 'ascii', post=tool('jq', '-c', '.'), sw='jq 1.6 -c .', also=[['body.newline']])
    A('body.json', 'workos', 'Go Encoder on sorted compact ASCII: only the newline differs', 'gomap', ('go', '/encoder'), also=[['body.newline']])
    A('body.json', 'elevenlabs', 'JSON.stringify plus newline', 'py', ('express', '/jsonnl'))
    A('body.json', 'github', 'PHP JSON_NUMERIC_CHECK: "10" became 10', lambda r: (json.dumps({'id': 'evt_%d' % r.randrange(10**6), 'zip': '08001', 'n': '10', 'city': 'Zürich'}).encode(), bodies.JS), ('php', '/numeric'), lossy=True, also=[['body.altered'], ['none']])
    A('body.json', 'svix', 'pydantic exclude_none: nulls dropped', 'pretty', ('fastapi', '/modelnonone'), lossy=True, also=[['body.altered'], ['none']])
    A('body.json', 'onfleet', 'PHP re-serialised; hex key, SHA-512', 'uni', ('php', '/encode'))
    # the sender signs one spelling and sends another (AdCP, attendee)
    A('body.json', 'efficlose', 'sender signs json.dumps, sends the compact form (httpx json=)', lambda r: (lambda d: (json.dumps(d).encode(), bodies.JS))(bodies.rich(r)), pre=lambda b: json.dumps(json.loads(b), separators=(',', ':'), ensure_ascii=False).encode(), sw='Python json.dumps against httpx json=')
    A('body.json', 'kallglot', 'sender signs sorted compact JSON, sends requests json=', lambda r: (json.dumps(bodies.rich(r), sort_keys=True, separators=(',', ':')).encode(), bodies.JS), pre=lambda b: json.dumps(json.loads(b)).encode(), sw='Python requests json=')
    for p, b, m in [('retell', 'uni', 'prettier'), ('clerk', 'php', 'vscode2'), ('pagerduty', 'float', 'vscodetab'), ('zoom', 'bigint', 'vscode2'), ('shopify', 'pretty4', 'prettier')]:
        A('body.json', p, f'stored body formatted by an editor: {m}', b, post=tool('node', services.HERE + '/node/format.js', m), sw='prettier 3' if m == 'prettier' else 'jsonc-parser 3 (VS Code formatter)')

def body_rows():
    for p, b, v, name, *x in [
        ('line', 'uni', ('express', '/rawlatin1'), "Buffer.toString('latin1')"), ('github', 'uni', ('express', '/textlatin1'), 'express.text defaultCharset latin1'), ('stripe', 'pretty', ('express', '/win1252'), 'iconv-lite win1252'), ('svix', 'pyutf8', ('php', '/utf8encode'), 'PHP utf8_encode'), ('slack', 'uni', ('php', '/utf8decode'), 'PHP utf8_decode', 1), ('retell', 'uni', ('php', '/mb1252'), 'mb_convert_encoding from Windows-1252', 1), ('shopify', 'uni', ('java', '/latin1'), 'Java new String(ISO_8859_1)'), ('meta', 'uni', ('java', '/getbytesascii'), 'Java getBytes(US_ASCII)', 1), ('calendly', 'uni', ('java', '/ascii'), 'Java new String(US_ASCII)', 1), ('razorpay', 'uni', ('java', '/getbyteslatin1'), 'Java getBytes(ISO_8859_1)', 1), ('zendesk', 'uni', ('ruby', '/latin1'), 'Ruby force_encoding, encode'), ('mux', 'uni', ('ruby', '/ascii'), 'Ruby US-ASCII with ?', 1), ('klang', 'uni', ('flask', '/asciiignore'), "decode('ascii','ignore')", 1), ('webflow', 'uni', ('flask', '/asciireplace'), "decode('ascii','replace')", 1), ('typeform', 'uni', ('flask', '/latin1twice'), 'latin-1 twice'), ('openai', 'uni', ('django', '/latin1'), 'Django decode iso-8859-1'), ('kallglot', 'uni', ('aiohttp', '/textlatin1'), 'aiohttp text latin-1'), ('polar', 'uni', ('go', '/validutf8'), 'Go string(rune(byte))'), ('gocardless', 'text', ('flask', '/cp1252'), 'cp1252 with replacement', 1), ('xero', 'k10', ('java', '/latin1'), 'Java Latin-1, 10 KB'), ('efficlose', 'uni', ('flask', '/utf16'), 'UTF-16 with BOM'), ('zoom', 'uni', ('java', '/utf16'), 'Java UTF_16 big endian')]:
        A('body.charset', p, name, b, v, lossy=bool(x))
    A('body.charset', 'doppler', 'xmlcharrefreplace', 'uni', ('flask', '/xmlchar'), also=[['body.html']])
    A('body.charset', 'paddle', 'NFD normalisation', 'uni', ('flask', '/nfkc'), note='composed characters taken apart')
    big = lambda r: (bodies.js(bodies.big(r, 6000)).encode(), bodies.JS)
    def split_mid(r):
        b, c = big(r); return b, c
    for i, p in enumerate(['line', 'slack', 'standard-webhooks']):
        body = bodies.make('k10', random.Random(900 + i)); cut = [k for k in range(200, len(body[0])) if body[0][k] & 0xC0 == 0x80][5 * i + 1]; cuts = [cut, [k for k in range(cut + 500, len(body[0])) if body[0][k] & 0xC0 == 0x80][3]]
        A('body.charset', p, "s += chunk splits characters at segment borders", lambda r, body=body: body, ('node', '/concat'), chunks=cuts, lossy=True)
    JN = [['body.json']]
    for p, b, v, name, also in [('callintel', 'asciinl', ('express', '/trim'), 'trim()', None), ('stripe', 'prettynl', ('ruby', '/chomp'), 'chomp', JN), ('github', 'xml', ('go', '/trimspace'), 'TrimSpace on XML', None), ('slack', 'ascii', ('ruby', '/puts'), 'puts adds a newline', None), ('svix', 'uni', ('go', '/println'), 'Sprintln adds a newline', None), ('shopify', 'uni', ('php', '/eol'), 'PHP_EOL appended', None), ('stripe', 'pretty', ('java', '/readline'), 'readLine() joins lines', JN), ('elevenlabs', 'pretty', ('java', '/readlinenl'), 'readLine() adds a last newline', JN), ('mux', 'prettynl', ('java', '/readlinecrlf'), 'lines joined by CRLF', JN), ('kallglot', 'prettynl', ('java', '/joining'), 'lines().collect(joining)', JN), ('openai', 'pretty', ('php', '/lines'), 'PHP lines joined by CRLF', JN), ('klen-ai', 'prettynl', ('ruby', '/crlf'), 'Ruby crlf_newline', JN), ('gocardless', 'uni', ('flask', '/sig'), 'utf-8-sig: BOM in front', None), ('razorpay', 'tab', ('go', '/scanner'), 'bufio.Scanner joins lines', JN), ('zendesk', 'phppretty', ('flask', '/splitlines'), 'splitlines joined', JN), ('workos', 'text', ('java', '/readlinenl'), 'CRLF text became LF', None), ('twitch', 'prettyascii', ('tornado', '/squeeze'), 'white space squeezed', JN)]:
        A('body.newline', p, name, b, v, also=also)
    for p, b, cmd, name, also in [('github', 'pretty', 'unix2dos', 'unix2dos', JN), ('line', 'text', 'dos2unix', 'dos2unix', None), ('meta', 'prettynl', 'printf %s "$(cat)"', '$(cat file) cuts the last newline', JN), ('polar', 'uni', "printf '\\xef\\xbb\\xbf'; cat", 'BOM by an editor', None), ('resend', 'pretty', "cat > v.json; ed -s v.json <<<$'w\\nq' >/dev/null 2>&1; cat v.json", 'ed adds the missing last newline', JN), ('customerio', 'prettyascii', "sed 's/$/\\r/'", 'sed writes CR before each line end', JN), ('doppler', 'uni', 'sed -e "s/^/  /"', 'indented by sed', None), ('lemonsqueezy', 'asciinl', "perl -0pe 's/\\n\\z/\\r\\n/'", 'last newline became CRLF', None)]:
        A('body.newline', p, name, b, post=bash(cmd), sw='shell: ' + cmd[:60], also=also)
    # curl -d @file strips CR and LF; a replay tool that people use
    def curl_replay(raw, hs, opt='-d'):
        f = f'{W}/replay.json'; open(f, 'wb').write(raw); cmd = ['curl', '-s', opt, '@' + f, f'http://127.0.0.1:{P["PY"] + 9}/in'] + [x for k, v in hs for x in ('-H', f'{k}: {v}')]
        c = json.loads(ST.run(cmd)); return base64.b64decode(c['body_b64']), [tuple(x) for x in c['headers']]
    for p, b in [('stripe', 'pretty'), ('mux', 'prettynl'), ('pagerduty', 'pretty4')]:
        A('body.newline', p, 'curl -d @file: line ends stripped on replay', b, tamper=lambda x, hs: curl_replay(x, hs), sw='curl 7.88 -d @file', also=JN, after=lambda h: h[:-1])
    for p, b, v, name, *x in [('github', 'formgh', ('express', '/payload'), 'req.body.payload taken for the body'), ('github', 'formghpy', ('flask', '/payload'), 'request.form["payload"]'), ('github', 'formgh', ('php', '/payload'), "$_POST['payload']"), ('slack', 'form', ('express', '/formqs'), 'qs.stringify'), ('slack', 'form', ('express', '/formqs1738'), 'qs RFC1738'), ('slack', 'form', ('express', '/formquerystring'), 'querystring.stringify'), ('slack', 'form', ('express', '/formusp'), 'URLSearchParams'), ('slack', 'form', ('express', '/formjson'), 'form as JSON'), ('chargify', 'formlower', ('fastify', '/formusp'), 'Fastify formbody, escapes in capitals'), ('slack', 'form20', ('flask', '/urlencode'), 'urlencode: %20 became +'), ('lemonsqueezy', 'formlower', ('flask', '/urlencode20'), 'urlencode quote_via=quote'), ('slack', 'form', ('flask', '/formjson'), 'json.dumps(request.form)'), ('slack', 'form20', ('django', '/posturlencode'), 'QueryDict.urlencode'), ('slack', 'form', ('django', '/postdict'), 'str(POST.dict())'), ('slack', 'form', ('fastapi', '/form'), 'Starlette form re-encoded'), ('chargify', 'form20', ('aiohttp', '/post'), 'aiohttp post()'), ('slack', 'form', ('php', '/post'), 'http_build_query'), ('slack', 'form', ('php', '/post3986'), 'http_build_query RFC3986'), ('chargify', 'formdots', ('php', '/post'), 'PHP: dots in names become underscores', 1), ('chargify', 'form20', ('ruby', '/nested'), 'Rack nested query'), ('slack', 'form20', ('ruby', '/wwwform'), 'URI.encode_www_form'), ('slack', 'formmulti', ('go', '/formencode'), 'Go Values.Encode sorts', 1), ('slack', 'form', ('go', '/unescape'), 'QueryUnescape'), ('slack', 'form', ('java', '/urldecode'), 'URLDecoder'), ('slack', 'form20', ('java', '/formencode'), 'URLEncoder'), ('slack', 'form20', ('ruby', '/cgiunescape'), 'CGI.unescape'), ('slack', 'form', ('koa', '/formjson'), 'Koa form as JSON')]:
        A('body.form', p, name, b, v, lossy=bool(x))
    for p, b, v, name in [('slack', 'form', ('java', '/formmap'), 'Java Map.toString()'), ('slack', 'form', ('ruby', '/paramsinspect'), 'Ruby params.inspect'), ('slack', 'form', ('fastapi', '/formstr'), 'str(FormData)'), ('slack', 'form', ('django', '/querydict'), 'str(QueryDict)')]:
        A('body.object', p, name, b, v, also=[['body.form']])
    for p, b, v, name in [('stripe', 'ascii', ('express', '/object'), 'String(req.body)'), ('slack', 'uni', ('fastify', '/object'), 'Fastify body as string'), ('github', 'uni', ('express', '/inspect'), 'util.inspect'), ('svix', 'uni', ('flask', '/repr'), 'str(dict)'), ('line', 'uni', ('django', '/repr'), 'repr(dict)'), ('razorpay', 'uni', ('ruby', '/inspect'), 'Ruby Hash#to_s'), ('mux', 'uni', ('go', '/sprint'), 'Go fmt.Sprint(map)'), ('shopify', 'uni', ('php', '/printr'), 'print_r'), ('meta', 'uni', ('php', '/array'), 'PHP (string)array: Array'), ('openai', 'uni', ('java', '/bytestostring'), 'Java byte[].toString()'), ('clerk', 'uni', ('fastapi', '/modelstr'), 'str(pydantic model)'), ('twitch', 'ascii', ('php', '/serialize'), 'PHP serialize')]:
        A('body.object', p, name, b, v)
    for p, b, v, name in [('standard-webhooks', 'uni', ('flask', '/bytesrepr'), "str(request.data): b'…'"), ('paddle', 'ascii', ('fastapi', '/bodyrepr'), "f'{body}': b'…'")]: A('body.object', p, name, b, v, also=[['body.envelope']])
    for p, b, v, name, also in [('stripe', 'pretty', ('express', '/rawjson'), 'Buffer as JSON', None), ('polar', 'uni', ('express', '/twice'), 'JSON.stringify of the text', None), ('shopify', 'uni', ('ruby', '/twice'), 'Ruby to_json of the text', None), ('github', 'uni', ('flask', '/twice'), 'json.dumps of the text', None), ('line', 'uni', ('go', '/marshalstring'), 'Go json.Marshal(string)', None), ('slack', 'uni', ('express', '/wrappedtext'), '{body: text, headers}', None), ('zendesk', 'node', ('express', '/wrapped'), 'n8n-like {body: {...}}', None), ('mux', 'pyutf8', ('flask', '/wrappeddata'), '{"data": …, "source"}', [['body.json', 'body.envelope']]), ('callintel', 'ascii', ('ruby', '/parammap'), 'Rails params wrapper', None), ('razorpay', 'uni', ('flask', '/event'), 'Lambda-like event, body as text', None), ('svix', 'uni', ('flask', '/eventb64'), 'Lambda-like event, body in base64', [['body.base64'], ['body.base64', 'body.envelope']]), ('gocardless', 'ascii', ('go', '/sprintbytes'), 'Go fmt.Sprint([]byte)', [['body.object']]), ('klang', 'ascii', ('java', '/arraystostring'), 'Java Arrays.toString (signed bytes)', [['body.object']])]:
        A('body.envelope', p, name, b, v, also=also)
    for p, b, v, name, also in [('stripe', 'pretty', ('express', '/rawbase64'), 'toString("base64")', None), ('github', 'uni', ('php', '/base64'), 'base64_encode', None), ('slack', 'form', ('ruby', '/base64'), 'Ruby encode64 with line breaks', None), ('svix', 'uni', ('java', '/mime64'), 'Java MIME encoder', None), ('clerk', 'k10', ('go', '/base64'), 'Go StdEncoding, 10 KB', None), ('mux', 'uni', ('flask', '/b64url'), 'urlsafe_b64encode', None), ('workos', 'uni', ('go', '/base64url'), 'Go RawURLEncoding', None), ('zoom', 'uni', ('go', '/marshalbytes'), 'Go json.Marshal([]byte)', [['body.envelope'], ['body.base64', 'body.envelope']])]:
        A('body.base64', p, name, b, v, also=also)
    # API Gateway events through real adapters, with the flag wrong
    def apigw(raw, hs, v2, b64, flag):
        h = {k: v for k, v in hs}; text = base64.b64encode(raw).decode() if b64 else raw.decode()
        ev = {'version': '2.0', 'routeKey': '$default', 'rawPath': '/event', 'rawQueryString': '', 'headers': {k.lower(): v for k, v in h.items()}, 'requestContext': {'http': {'method': 'POST', 'path': '/event', 'protocol': 'HTTP/1.1', 'sourceIp': '127.0.0.1', 'userAgent': 'x'}, 'stage': '$default', 'domainName': 'hooks.example.com'}, 'body': text, 'isBase64Encoded': flag} if v2 else \
             {'resource': '/{proxy+}', 'path': '/event', 'httpMethod': 'POST', 'headers': h, 'multiValueHeaders': {k: [v] for k, v in h.items()}, 'queryStringParameters': None, 'multiValueQueryStringParameters': None, 'pathParameters': None, 'stageVariables': None, 'requestContext': {'httpMethod': 'POST', 'path': '/event', 'stage': 'prod', 'identity': {'sourceIp': '127.0.0.1'}}, 'body': text, 'isBase64Encoded': flag}
        return ev
    def via_event(srv, v2):
        def f(raw, hs):
            ev = json.dumps(apigw(raw, hs, v2, True, False)).encode(); c = send(SRV[srv], '/event', [('Host', 'x'), ('Content-Type', 'application/json')], ev)
            return base64.b64decode(c['body_b64']), [tuple(x) for x in c['headers']]
        return f
    for p, b, srv, v2 in [('stripe', 'pretty', 'sls', False), ('github', 'uni', 'sls', True), ('slack', 'form', 'mangum', True), ('openai', 'uni', 'mangum', False)]:
        A('body.base64', p, f'API Gateway event v{2 if v2 else 1} without the flag through {NAMES[srv]}', b, tamper=via_event(srv, v2), sw=NAMES[srv] + ', event made here', after=lambda h: h[:-1])
    for p, v2, b64 in [('shopify', True, True), ('twitch', False, False), ('calendly', True, False)]:
        A('body.envelope', p, f'whole Lambda event verified (v{2 if v2 else 1}{", base64" if b64 else ""})', 'uni', tamper=lambda raw, hs, v2=v2, b64=b64: (json.dumps(apigw(raw, hs, v2, b64, b64)).encode(), hs), sw='event made here, json.dumps(event)', also=[['body.base64', 'body.envelope']] if b64 else None)
    for p, b, v, name, ct in [('svix', 'uni', ('hono', '/jsonthentext'), 'json() consumed the body', None), ('standard-webhooks', 'uni', ('express', '/emptyobj'), 'no parser ran: {}', None), ('slack', 'form', ('flask', '/formfirst'), 'request.form before get_data', None), ('stripe', 'pretty', ('go', '/decodethenread'), 'json.NewDecoder read it first', None), ('slack', 'form', ('go', '/parseform'), 'ParseForm read it first', None), ('line', 'uni', ('ruby', '/read2'), 'rack.input not rewound', None), ('github', 'uni', ('express', '/undefined'), 'req.body undefined', None), ('shopify', 'uni', ('express', '/json'), 'express.json passed over text/plain: {}', 'text/plain'), ('mux', 'uni', ('flask', '/read2'), 'stream read twice', None), ('razorpay', 'uni', ('php', '/nothing'), '$HTTP_RAW_POST_DATA is gone', None), ('typeform', 'uni', ('bottle', '/consumed'), 'Bottle body not rewound', None), ('zendesk', 'uni', ('nginx', '/nobody'), 'proxy_pass_request_body off', None), ('meta', 'uni', ('express', '/jsonthenraw'), 'express.json, then raw finds nothing', None)]:
        A('body.empty', p, name, b, v, ct=ct)
    A('body.empty', 'doppler', 'redirect: POST became GET without body', 'uni', ('nginx', '/redirect'), sw='nginx 301, python-requests')
    A('body.empty', 'hookdeck', 'redirect: POST became GET without body (2)', 'ascii', ('nginx', '/redirect302'), sw='nginx 302, python-requests')
    for p, b, v, name, kw in [('github', 'k50', ('php', '/fread'), 'fread 8192', {}), ('stripe', 'k10', ('go', '/readonce'), 'one Read of 1024', {}), ('svix', 'k10py', ('java', '/readonce'), 'one read of 2048', {}), ('line', 'k1', ('go', '/limit'), 'LimitReader 512', {}), ('slack', 'k10', ('node', '/first'), 'only the first data event', dict(chunks=[4096])), ('woocommerce', 'uni', ('php', '/substr'), 'VARCHAR(255)', {}), ('retell', 'k1', ('ruby', '/read1k'), 'read(1024)', {}), ('polar', 'prettyascii', ('aiohttp', '/readline'), 'only the first line', {}), ('clerk', 'k1', ('flask', '/read1k'), 'stream.read(1000)', {})]:
        A('body.truncated', p, name, b, v, **kw)
    A('body.truncated', 'workos', 'head -c 500', 'k1', post=tool('head', '-c', '500'), sw='head -c')
    for p, b, v, name in [('github', 'ascii', ('php', '/special'), 'htmlspecialchars'), ('slack', 'uni', ('php', '/specialnoq'), 'ENT_NOQUOTES'), ('line', 'uni', ('php', '/entities'), 'htmlentities: é too'), ('stripe', 'pretty', ('express', '/he'), 'he.escape'), ('svix', 'ascii', ('express', '/escapehtml'), 'escape-html'), ('mux', 'uni', ('go', '/html'), 'Go html.EscapeString'), ('razorpay', 'uni', ('go', '/template'), 'Go template escape'), ('meta', 'uni', ('django', '/escape'), 'Django escape'), ('polar', 'uni', ('flask', '/escape'), 'html.escape'), ('shopify', 'uni', ('flask', '/escapenoquote'), 'html.escape quote=False'), ('klang', 'uni', ('ruby', '/escapehtml'), 'CGI.escapeHTML'), ('gocardless', 'uni', ('tornado', '/xhtml'), 'xhtml_escape'), ('zoom', 'uni', ('express', '/heencode'), 'he.encode named references'), ('linear', 'ascii', ('php', '/sanitize'), 'FILTER_SANITIZE_FULL_SPECIAL_CHARS')]:
        A('body.html', p, name, b, v)
    gz = lambda b: gzip.compress(b, mtime=0)
    for p, b, v, name in [('stripe', 'pretty', ('express', '/noinflate'), 'gzip not decoded by a plain stream reader'), ('github', 'k10', ('go', '/raw'), 'gzip not decoded by net/http'), ('svix', 'uni', ('fastapi', '/event'), 'gzip not decoded by Starlette'), ('lemonsqueezy', 'uni', ('ruby', '/raw'), 'gzip not decoded by Rack')]:
        A('body.compressed', p, name, b, v, pre=gz)
    for p, b, v, name in [('nylas', 'uni', ('express', '/inflate'), 'MAC over the compressed bytes, express.raw inflates'), ('nylas', 'k10', ('apache', '/inflate'), 'MAC over the compressed bytes, Apache inflates'), ('typeform', 'uni', ('flask', '/gunzip'), 'MAC over the compressed bytes, decompressed by hand')]:
        A('body.compressed', p, name, b, v, pre=gz, signkw=dict(over_wire=True), lossy=True, note='the compressed bytes are lost; header Content-Encoding may be gone', also=[['none']] if v[0] == 'apache' else None)
    for p, b, v, name in [('slack', 'uni', ('express', '/jsondata'), 'JSON.stringify(req.body.data)'), ('razorpay', 'uni', ('flask', '/part'), "get_json()['data']")]:
        A('body.part', p, name, b, v, lossy=True, also=[['none'], ['body.truncated'], ['body.altered']], note='section 2 names body.part, section 4 does not')

def secret_rows():
    for p, s, b in [('stripe', 'echo_file', 'pretty'), ('github', 'crlf_source', 'uni'), ('slack', 'crlf_file', 'form'), ('svix', 'yaml_block', 'ascii'), ('shopify', 'toml', 'php'), ('calendly', 'yaml_folded', 'ascii'), ('paddle', 'fold', 'ascii'), ('razorpay', 'bom', 'uni'), ('line', 'nbsp', 'uni'), ('mux', 'zwsp', 'ascii'), ('zoom', 'awk_blank', 'ascii'), ('callintel', 'java_props', 'py'), ('klang', 'echo_escape', 'ascii'), ('openai', 'tsv', 'ascii'), ('clerk', 'echo_file', 'k50'), ('hubspot-v3', 'echo_file', 'uni'), ('onfleet', 'echo_file', 'ascii'),
        ('github', 'env_dq', 'pretty'), ('stripe', 'env_sq', 'ascii'), ('svix', 'dotenv_smart', 'uni'), ('slack', 'pydotenv_backtick', 'form20'), ('meta', 'configparser', 'php'), ('workos', 'json_stringify', 'ascii'), ('zendesk', 'bytes_repr', 'uni'), ('kallglot', 'grep_line', 'ascii'), ('polar', 'export_line', 'ascii'), ('retell', 'stray_end', 'ascii'), ('webflow', 'trailing_comma', 'ascii'), ('woocommerce', 'json_stringify', 'uni'),
        ('github', 'base64', 'empty'), ('twitch', 'base64twice', 'ascii'), ('doppler', 'hex', 'ascii'), ('gocardless', 'hexupper', 'uni'), ('svix', 'whsec2hex', 'ascii'), ('clerk', 'whsec2url', 'ascii'), ('slack', 'hex2b64', 'form'), ('woocommerce', 'uri', 'uni'), ('woocommerce', 'urlplus', 'ascii'), ('woocommerce', 'html', 'php'), ('stripe', 'utf16', 'pretty'), ('elevenlabs', 'sha256', 'ascii'), ('efficlose', 'base64url_of', 'ascii'), ('standard-webhooks', 'base64', 'k10'), ('sentry', 'base64', 'ascii'),
        ('slack', 'upper', 'form'), ('asana', 'phpupper', 'uni'), ('linear', 'lower', 'ascii'), ('mux', 'upper', 'ascii'),
        ('stripe', 'strip_whsec', 'ascii'), ('klang', 'cut_first', 'uni'), ('polar', 'cut_polar', 'ascii'), ('svix', 'double_whsec', 'ascii'), ('openai', 'v1_whsec', 'uni'), ('kallglot', 'strip_whsec', 'ascii'), ('github', '0x', 'ascii'), ('squarespace', '0x', 'uni'), ('elevenlabs', 'cut_first', 'ascii'), ('notion', 'cut_first', 'ascii'),
        ('stripe', 'aws', 'pretty'), ('github', 'awsmulti', 'uni'), ('svix', 'awspretty', 'ascii'), ('slack', 'cliout', 'form'), ('razorpay', 'json_array', 'ascii')]:
        also = {'sha256': [['none'], ['secret.other'], ['secret.kind']], 'json_array': [['secret.quotes']]}.get(s)
        if p == 'linear': b = 'linear'
        if s in ('lower', 'upper') and p in ('mux', 'linear'): A('secret.case', p, f'secret: {s}, mixed case lost', b, sec=s, lossy=True, also=[['none'], ['secret.other']], note='the mixed case cannot be guessed back'); continue
        A(ST.S[s][0], p, 'secret: ' + ST.S[s][1], b, sec=s, also=also, lossy=s == 'sha256')
    # at the sender
    A('secret.whitespace', 'cal-com', "the sender's secret has the newline", 'uni', signsec=lambda s, r: s + '\n', sw='sender: echo "$S" > file')
    A('secret.whitespace', 'stripe', "the sender's secret ends in CRLF", 'pretty', signsec=lambda s, r: s + '\r\n', sw='sender: unix2dos')
    import hashlib
    A('secret.form', 'gocardless', 'the sender signs with the hex SHA-256 of the secret', 'uni', signsec=lambda s, r: hashlib.sha256(s.encode()).hexdigest(), sw='sender: Python hashlib')
    A('secret.form', 'github', 'the sender signs with the UTF-16 bytes of the secret', 'uni', signsec=lambda s, r: s.encode('utf-16le').decode('latin-1'), sw='sender: as C# Encoding.Unicode.GetBytes, made in Python')
    A('secret.form', 'callintel', 'the sender signs with the base64 text of the secret', 'uni', signsec=lambda s, r: base64.b64encode(s.encode()).decode(), sw='sender: Python base64')
    A('secret.form', 'asana', 'the sender signs with the base64url text, unpadded', 'php', signsec=lambda s, r: base64.urlsafe_b64encode(s.encode()).decode().rstrip('='), sw='sender: Python base64')
    A('secret.form', 'standard-webhooks', 'the sender signs with the text of the whsec_ secret', 'ascii', signkw=dict(form='text'), sw='sender: Python hmac with the text')
    A('secret.form', 'squarespace', 'the sender signs with the hex text', 'ascii', signkw=dict(form='text'), sw='sender: node createHmac(secret)')
    A('secret.form', 'slack', 'the receiver has text, the sender uses the bytes of the hex', 'uni', signkw=dict(form='hex'), sw='sender: PHP hex2bin')
    A('secret.form', 'finch', 'the sender does not decode the base64 key', 'ascii', signkw=dict(form='text'), sw='sender: Python hmac with the text')
    A('secret.form', 'xero', 'the sender decodes a base64-looking text key', 'ascii', signkw=dict(form='base64'), sw='sender: Python b64decode')
    A('secret.quotes', 'doppler', "the sender's secret has the quotes", 'ascii', signsec=lambda s, r: f'"{s}"', sw='sender: docker --env-file')
    for p, o, b in [('stripe', ['stripe', 'stripe'], 'pretty'), ('github', ['slack', 'stripe'], 'uni'), ('slack', ['slack'], 'form'), ('svix', ['svix'], 'uni'), ('shopify', ['shopify', 'line', 'shopify'], 'php'), ('paystack', ['paystack'], 'ascii'), ('square', ['square'], 'ascii')]:
        A('secret.other', p, f'the {len(o)}. other secret signed this', b, others=o, signsec='other', sw='secrets swapped in the configuration')
    rk = random.Random(5); a = lambda n: ''.join(rk.choice(AL) for _ in range(n))
    N = [['none'], ['secret.other']]
    for p, v, name in [('stripe', 'sk_test_' + a(24), 'API key for the signing secret'), ('stripe', 'we_1' + a(22), 'id of the endpoint'), ('stripe', 'pk_live_' + a(24), 'publishable key'), ('slack', 'xoxb-000000000000-' + a(24), 'bot token'), ('github', 'ghp_' + a(36), 'access token'), ('shopify', 'shpat_' + ''.join(rk.choice('0123456789abcdef') for _ in range(32)), 'Admin API token'), ('clerk', 'sk_test_' + a(40), 'API key for whsec_'), ('openai', 'sk-proj-' + a(48), 'API key for whsec_'), ('resend', 're_' + a(24), 'API key for whsec_'), ('svix', 'ep_' + a(27), 'endpoint id'), ('github', 'your_webhook_secret', 'placeholder'), ('stripe', 'whsec_...', 'placeholder with dots'), ('mux', '${MUX_WEBHOOK_SECRET}', 'variable not expanded'), ('line', '<channel-secret>', 'placeholder in angle brackets')]:
        A('secret.kind', p, 'secret: ' + name, 'uni', sec=('', 'typed in', lambda s, v=v: v), also=N)
    A('secret.kind', 'razorpay', 'String(process.env.MISSING)', 'ascii', sec=('', 'node String(undefined)', lambda s: ST.node("process.stdout.write(String(process.env.MISSING_ONE))", s)), also=N)
    A('secret.kind', 'woocommerce', 'dotenv (npm) cuts at #', 'ascii', sec=('', 'dotenv (npm): # starts a comment', lambda s: (ST.sh("printf 'SECRET=%s\\n' \"$S\" > hash.env", s), ST.run(['node', '-e', "process.stdout.write(require('dotenv').parse(require('fs').readFileSync(%r)).SECRET)" % f'{W}/hash.env'], env={'NODE_PATH': f'{services.HERE}/node/node_modules'}).decode())[1]), also=N, lossy=True)
    A('secret.kind', 'svix', 'last characters cut when copied', 'ascii', sec=('', 'cut -c1-30', lambda s: ST.sh('printf %s "$S" | cut -c1-30 | tr -d "\\n"', s)), also=N, lossy=True)
    A('secret.kind', 'paddle', 'VARCHAR(40) in the settings table', 'ascii', sec=('', 'sqlite substr', lambda s: ST.py("import sqlite3,os,sys;sys.stdout.write(sqlite3.connect(':memory:').execute('select substr(?,1,40)',(os.environ['S'],)).fetchone()[0])", s)), also=N, lossy=True)

def header_rows():
    us = lambda names: (lambda hs: [(k.replace('-', '_') if k.lower() in names else k, v) for k, v in hs])
    for p, n in [('stripe', ['stripe-signature']), ('svix', ['svix-id', 'svix-timestamp', 'svix-signature']), ('razorpay', ['x-razorpay-signature'])]:
        A('header.missing', p, 'underscores in the name: nginx drops it', 'uni', ('nginx', '/plain'), wire=us(n))
    for p, v, name in [('github', ('nginx', '/nohdr'), 'proxy_pass_request_headers off'), ('shopify', ('nginx', '/clearsig'), 'proxy_set_header to nothing'), ('openai', ('nginx', '/clearsig'), 'only the timestamp is cleared'), ('clerk', ('haproxy', '/del'), 'del-header svix-id'), ('slack', ('haproxy', '/del'), 'del-header of the timestamp'), ('retell', ('haproxy', '/del'), 'del-header of the signature'), ('ms-teams-outgoing', ('apache', '/cgi/plain'), 'CGI does not get Authorization')]:
        A('header.missing', p, name, 'uni', v)
    A('header.missing', 'line', 'CGI: names with underscores dropped by Apache', 'uni', ('apache', '/cgi/plain'), wire=us(['x-line-signature']))
    for p, v, name in [('slack', ('apache', '/cgi'), 'Apache CGI environment'), ('github', ('php', '/server'), 'PHP $_SERVER'), ('stripe', ('php', '/serverstrip'), 'PHP $_SERVER with HTTP_ cut'), ('shopify', ('ruby', '/env'), 'Rack env'), ('svix', ('flask', '/environ'), 'WSGI environ'), ('line', ('django', '/meta'), 'Django META'), ('zendesk', ('bottle', '/environ'), 'Bottle environ'), ('twitch', ('express', '/hdrenv'), 'CGI-like names by hand'), ('mux', ('express', '/hdrunderscore'), 'dashes became underscores'), ('webflow', ('express', '/hdrnodash'), 'camelCase names'), ('meta', ('nginx', '/rename'), 'X-Original-Signature'), ('stripe', ('nginx', '/rename'), 'X-Orig-Stripe-Signature'), ('razorpay', ('nginx', '/rename'), 'X-Forwarded-X-…'), ('line', ('nginx', '/rename'), 'X-Sig'), ('standard-webhooks', ('haproxy', '/ren'), 'X-Origin-Webhook-*'), ('paddle', ('haproxy', '/ren'), 'X-Partner-Sig')]:
        A('header.renamed', p, name, 'uni', v)
    for p, v in [('stripe', ('haproxy', '/add')), ('github', ('haproxy', '/add')), ('svix', ('haproxy', '/add')), ('slack', ('haproxy', '/add')), ('shopify', ('haproxy', '/add')), ('cal-com', ('apache', '/add'))]: A('header.repeated', p, 'header added by a proxy: twice', 'uni', v)
    for p, v in [('github', ('haproxy', '/addnode')), ('line', ('haproxy', '/addnode')), ('lemonsqueezy', ('haproxy', '/addnode')), ('razorpay', ('apache', '/append')), ('gocardless', ('apache', '/append'))]: A('header.repeated', p, 'two header lines joined', 'uni', v)
    for p, v, name, also in [('shopify', ('express', '/hdrjson'), 'JSON.stringify of the value', None), ('github', ('express', '/hdrarray'), 'JSON list of one value', None), ('svix', ('flask', '/hdrbytes'), "str(bytes): b'…'", None), ('stripe', ('fastapi', '/scope'), "f-string of ASGI bytes: b'…'", None), ('slack', ('go', '/sprintheader'), 'Go fmt.Sprint([]string): […]', None), ('line', ('java', '/listheader'), 'Java List.toString(): […]', None), ('meta', ('flask', '/hdrrepr'), "Python list repr: ['…']", None), ('x', ('express', '/hdrsplit'), "split('=')[1] loses prefix and padding", None), ('efficlose', ('express', '/hdrsplit'), "split('=')[1] loses the prefix", None), ('github', ('apache', '/nosha'), 'RequestHeader edit strips sha256=', None), ('pagerduty', ('apache', '/nosha'), 'RequestHeader edit strips v1=', None), ('shopify', ('apache', '/quote'), 'RequestHeader edit puts quotes', None), ('lemonsqueezy', ('apache', '/quote'), 'RequestHeader edit puts single quotes', None), ('line', ('haproxy', '/urlenc'), 'url_enc', None), ('github', ('haproxy', '/urlenc'), 'url_enc: sha256%3D', None), ('hookdeck', ('flask', '/hdrquote'), 'urllib quote', None), ('typeform', ('express', '/hdruri'), 'encodeURIComponent', None), ('typeform', ('haproxy', '/lower'), 'base64 lower-cased', None), ('shopify', ('express', '/hdrlower'), 'toLowerCase on base64', None), ('callintel', ('express', '/hdrcut'), 'cut at 40 characters', None), ('kallglot', ('express', '/hdrcut'), 'cut at 40 characters', None), ('stripe', ('haproxy', '/last'), 'req.hdr() gives the part behind the comma', [['header.missing'], ['time.rewritten'], ['none']]), ('mux', ('haproxy', '/last'), 'req.hdr() gives the part behind the comma', [['header.missing'], ['none']]), ('svix', ('haproxy', '/last'), 'req.hdr() loses "v1,"', None)]:
        A('header.value', p, name, 'uni', v, also=also)
    for p, v in [('hookdeck', ('haproxy', '/urldec')), ('woocommerce', ('haproxy', '/urldec')), ('shopify', ('express', '/hdrunesc')), ('zendesk', ('flask', '/hdrunquote'))]:
        # needs a plus in the MAC: try bodies until there is one
        for k in range(60):
            n = len(rows['accidents3']); A('header.value', p, 'url-decoded: + became a blank', 'uni', v)
            if len(rows['accidents3']) > n:
                break
            errors.pop()

def scheme_rows():
    for p, kw, name in [('line', dict(encoding='hex'), 'hex sent for base64'), ('klen-ai', dict(encoding='base64'), 'base64 sent for hex'), ('sanity', dict(encoding='base64'), 'base64 sent for base64url'), ('callintel', dict(encoding='base64url'), 'base64url sent for hex')]: A('scheme.encoding', p, name, 'uni', signkw=kw, sw='sender: Python hmac')
    b64hex = lambda names: (lambda hs: [(k, base64.b64encode(v.encode()).decode() if k.lower() in names else v) for k, v in hs])
    A('scheme.encoding', 'gocardless', 'base64 of the hex text', 'uni', wire=b64hex(['webhook-signature']), sw='sender: echo -n hex | base64')
    A('scheme.encoding', 'line', 'HAProxy b64dec,hex', 'uni', ('haproxy', '/hexcv'), also=[['header.value']])
    A('scheme.encoding', 'shopify', 'HAProxy b64dec,hex,lower', 'php', ('haproxy', '/hexcv'), also=[['header.value']])
    A('scheme.encoding', 'woocommerce', 'HAProxy base64 of base64', 'php', ('haproxy', '/hexcv'), also=[['header.value']])
    A('scheme.encoding', 'typeform', 'own scheme reads hex, base64 is sent', 'uni', scheme={'headers': 'Typeform-Signature: sha256={hex}', 'covers': '{body}'}, sw='scheme written by hand')
    A('scheme.encoding', 'gocardless', 'own scheme reads base64, hex is sent', 'uni', scheme={'headers': 'Webhook-Signature: {base64}', 'covers': '{body}'}, sw='scheme written by hand')
    for p, d in [('callintel', 'sha512'), ('shopify', 'sha1'), ('slack', 'sha512'), ('svix', 'sha512'), ('vercel', 'sha256'), ('paystack', 'sha256')]: A('scheme.digest', p, f'signed with {d}', 'uni', signkw=dict(digest=d), sw=f'sender: openssl dgst -{d} -hmac (Python hmac)')
    A('scheme.digest', 'paystack', 'own scheme without digest, SHA-512 is sent', 'ascii', scheme={'headers': 'x-paystack-signature: {hex}', 'covers': '{body}'}, sw='scheme written by hand')
    A('scheme.digest', 'intercom', 'own scheme SHA-256, SHA-1 is sent', 'ascii', scheme={'headers': 'X-Hub-Signature: sha1={hex}', 'covers': '{body}'}, sw='scheme written by hand')
    A('scheme.digest', 'github', 'only X-Hub-Signature (SHA-1) left', 'uni', wire=lambda hs: [x for x in hs if x[0] != 'X-Hub-Signature-256'], sw='proxy rule on names ending in 256', also=[['header.missing']])
    for p, sc, name in [('zoom', ('x-zm-request-timestamp: {timestamp}\nx-zm-signature: v0={hex}', '{timestamp}:{body}'), 'v0: forgotten'), ('stripe', ('Stripe-Signature: t={timestamp},v1={hex},...', '{timestamp}:{body}'), 'colon for dot'), ('paddle', ('Paddle-Signature: ts={timestamp};h1={hex};...', '{timestamp}{body}'), 'separator forgotten'), ('retell', ('x-retell-signature: v={timestamp:ms},d={hex}', '{timestamp}{body}'), 'order of body and time'), ('slack', ('X-Slack-Request-Timestamp: {timestamp}\nX-Slack-Signature: v0={hex}', '{timestamp}.{body}'), 'Stripe-like content for Slack'), ('twitch', ('Twitch-Eventsub-Message-Id: {id}\nTwitch-Eventsub-Message-Timestamp: {timestamp:rfc3339}\nTwitch-Eventsub-Message-Signature: sha256={hex}', '{id}.{timestamp}.{body}'), 'dots that Twitch has not'), ('linkedin', ('X-LI-Signature: {hex}', '{body}'), 'hmacsha256= forgotten'), ('crisp', ('X-Crisp-Request-Timestamp: {timestamp:ms}\nX-Crisp-Signature: {hex}', '{timestamp};{body}'), 'brackets forgotten'), ('webflow', ('x-webflow-timestamp: {timestamp:ms}\nx-webflow-signature: {hex}', '{timestamp}.{body}'), 'dot for colon'), ('box', ('BOX-DELIVERY-TIMESTAMP: {timestamp:rfc3339}\nBOX-SIGNATURE-PRIMARY: {base64}', '{timestamp}{body}'), 'order'), ('calendly', ('Calendly-Webhook-Signature: v1={hex},...', '{body}'), 'time forgotten'), ('revolut', ('Revolut-Request-Timestamp: {timestamp:ms}\nRevolut-Signature: v1={hex},...', '{timestamp}.{body}'), 'v1. forgotten')]:
        A('scheme.content', p, 'own scheme: ' + name, 'uni', scheme={'headers': sc[0], 'covers': sc[1]}, sw='scheme written by hand')
    A('scheme.content', 'svix', 'own scheme: id left out, base64 key', 'uni', scheme={'headers': 'svix-timestamp: {timestamp}\nsvix-signature: v1,{base64} ...', 'covers': '{timestamp}.{body}', 'secret_form': 'whsec'}, sw='scheme written by hand')
    A('scheme.content', 'square', 'own scheme: the address is forgotten', 'uni', scheme={'headers': 'x-square-hmacsha256-signature: {base64}', 'covers': '{body}'}, sw='scheme written by hand')
    A('scheme.content', 'hubspot-v3', 'own scheme: method and address are forgotten', 'uni', scheme={'headers': 'X-HubSpot-Request-Timestamp: {timestamp:ms}\nX-HubSpot-Signature-v3: {base64}', 'covers': '{body}{timestamp}'}, sw='scheme written by hand')
    A('scheme.content', 'kallglot', 'the sender signs the body alone', 'uni', signkw=dict(covers='{body}'), sw='sender: Python hmac')
    A('scheme.content', 'zendesk', 'the sender puts a dot between', 'uni', signkw=dict(covers='{timestamp}.{body}'), sw='sender: Python hmac')
    A('secret.form', 'dixa', 'own scheme: secret as text, it is hex', 'uni', scheme={'headers': 'X-DIXA-SIGNATURE: t={timestamp:ms},v1={hex}', 'covers': '{timestamp}.{body}'}, sw='scheme written by hand')
    for p, snd in [('stripe', 'clerk'), ('stripe', 'mux'), ('lemonsqueezy', 'github'), ('standard-webhooks', 'svix'), ('openai', 'slack'), ('slack', 'zoom'), ('github', 'bitbucket'), ('shopify', 'woocommerce'), ('paddle', 'stripe'), ('github', 'doppler'), ('klang', 'kallglot'), ('line', 'meta')]:
        A('provider.other', p, f'{snd} delivery to an endpoint for {p}', 'uni', sender=snd, sw='wrong path in the router (' + snd + ' signs)', also=[['header.renamed']] if (p, snd) in [('standard-webhooks', 'svix'), ('openai', 'slack'), ('klang', 'kallglot'), ('shopify', 'woocommerce'), ('stripe', 'mux')] else None)

def url_rows():
    U = 'https://hooks.example.com'
    def u(p, via, path, name, body=None, signed=None, **k):
        A('url', p, name, body or {'twilio': 'formtw', 'mandrill': 'formmandrill'}.get(p, 'uni'), via, sign_url=signed or U + path, urlfrom=True, **k)
    u('square', ('nginx', '/fl/square'), '/square', 'Flask request.url behind nginx: http')
    u('twilio', ('nginx', '/fl/sms'), '/sms', 'Flask request.url behind nginx: http')
    u('twilio', ('nginx', '/flnohost/sms'), '/sms', 'Host not passed on: 127.0.0.1', lossy=True, also=[['none']])
    u('hubspot-v3', ('nginx', '/dj/u/hs?x=1'), '/u/hs?x=1', 'Django build_absolute_uri behind nginx')
    u('trello', ('nginx', '/ex/trello'), '/trello', 'Express req.protocol behind nginx')
    u('square', ('nginx', '/extrust/hooks/square'), '/hooks/square', 'Express req.url inside a mounted router', lossy=True, also=[['none']])
    u('mandrill', ('nginx', '/ph/url'), '/url', 'PHP $_SERVER behind nginx: http')
    u('hubspot-v3', ('nginx', '/fa/u/hubspot'), '/u/hubspot', 'Starlette request.url without proxy headers')
    u('square', ('nginx', '/strip/api/square'), '/strip/api/square', 'nginx cuts the prefix', lossy=True, also=[['none']])
    u('twilio', ('nginx', '/noq/sms?tenant=7'), '/sms?tenant=7', 'nginx rewrite drops the query', lossy=True, also=[['none']])
    u('trello', ('nginx', '/fl/trello/'), '/trello', 'slash at the end', note='http as well')
    for p, got, signed, name in [('square', U + '/square/', U + '/square', 'slash at the end'), ('trello', U + '/trello', U + '/trello/', 'slash missing'), ('twilio', U + ':443/sms', U + '/sms', 'port written out'), ('hubspot-v3', 'http://hooks.example.com/hs', U + '/hs', 'http for https'), ('square', 'https://www.example.com/square', 'https://hooks.example.com/square', 'other host, Host header right'), ('mandrill', U + '/mandrill', U + '/mandrill?key=1', 'query not configured')]:
        A('url', p, 'configured address: ' + name, {'twilio': 'formtw', 'mandrill': 'formmandrill'}.get(p, 'uni'), sign_url=signed, url=got, sw='address in the configuration', also=[['none']] if name == 'query not configured' else None, lossy=name == 'query not configured')

def time_rows():
    for p, d, name in [('stripe', 8 * 3600 + 41, 'retry after eight hours'), ('svix', 7 * 86400 + 17, 'replayed a week later'), ('slack', 1263, 'queue ran 21 minutes behind'), ('openai', 301 + 40, 'just outside the window'), ('paddle', 47, 'five seconds are short'), ('klang', 30000, 'past eight hours'), ('kallglot', 86400 + 5, 'replayed a day later'), ('mux', 3 * 3600 + 2, 'three hours: zone or retry'), ('webflow', 904, 'clock a quarter of an hour fast'), ('retell', 400, 'slow worker')]: A('time.old', p, name, 'uni', delta=d, sw='delivery replayed by curl')
    tz = lambda zone: (lambda t: int(float(ST.py("import os,time;time.tzset();from datetime import datetime as d;print(d.utcfromtimestamp(int(os.environ['T'])).timestamp())", '', T=str(t + 2), TZ=zone))))
    A('time.ahead', 'slack', 'utcnow().timestamp() in Asia/Kolkata', 'form', nowfn=tz('Asia/Kolkata'), sw='Python datetime.utcfromtimestamp().timestamp(), TZ')
    A('time.ahead', 'svix', 'utcnow().timestamp() in Europe/Helsinki', 'uni', nowfn=tz('Europe/Helsinki'), sw='Python datetime, TZ')
    A('time.old', 'standard-webhooks', 'utcnow().timestamp() in America/New_York', 'uni', nowfn=tz('America/New_York'), sw='Python datetime, TZ')
    A('time.old', 'zendesk', 'utcnow().timestamp() in America/Sao_Paulo', 'uni', nowfn=tz('America/Sao_Paulo'), sw='Python datetime, TZ')
    fk = lambda off: (lambda t: int(ST.run(['faketime', '-f', __import__('datetime').datetime.fromtimestamp(t + off, __import__('datetime').timezone.utc).strftime('@%Y-%m-%d %H:%M:%S'), 'date', '-u', '+%s'], env={'TZ': 'UTC'}).decode()))
    for p, off in [('slack', -910), ('standard-webhooks', -3600 * 24 * 61), ('openai', -344), ('polar', -2000)]: A('time.ahead', p, f'server clock {-off} s behind', 'uni', nowfn=fk(off), sw='faketime, date +%s')
    # the sender's stamp is local time called UTC
    loc = lambda zone: (lambda t: ST.py("import os,time;time.tzset();from datetime import datetime as d;import sys;sys.stdout.write(d.fromtimestamp(int(os.environ['T'])).strftime('%Y-%m-%dT%H:%M:%SZ'))", '', T=str(t), TZ=zone))
    A('time.ahead', 'twitch', 'sender writes local time with a Z (Asia/Tokyo)', 'uni', signkw=dict(ts=loc('Asia/Tokyo')), sw='sender: Python strftime, TZ')
    A('time.old', 'box', 'sender writes local time with a Z (America/Los_Angeles)', 'uni', signkw=dict(ts=loc('America/Los_Angeles')), sw='sender: Python strftime, TZ')
    for p, u, name in [('stripe', 'ms', 'Date.now() where seconds are due'), ('slack', 'ms', 'Date.now() where seconds are due'), ('workos', 's', 'seconds where milliseconds are due'), ('webflow', 's', 'seconds where milliseconds are due'), ('retell', 's', 'seconds where milliseconds are due'), ('svix', 'ms', 'milliseconds in svix-timestamp')]: A('time.unit', p, name, 'uni', signkw=dict(unit=u), sw='sender: node Date.now()' if u == 'ms' else 'sender: PHP time()')
    A('time.unit', 'front', 'own scheme says seconds, milliseconds come', 'uni', scheme={'headers': 'X-Front-Request-Timestamp: {timestamp}\nX-Front-Signature: {base64}', 'covers': '{timestamp}:{body}'}, sw='scheme written by hand')
    A('time.unit', 'mux', 'own scheme says milliseconds, seconds come', 'uni', scheme={'headers': 'mux-signature: t={timestamp:ms},v1={hex},...', 'covers': '{timestamp}.{body}'}, sw='scheme written by hand')
    for p, v, name in [('twitch', ('express', '/hdrdatejs'), 'new Date().toISOString(): .000Z'), ('zendesk', ('flask', '/hdrdt'), 'isoformat(): +00:00'), ('box', ('flask', '/hdrdtstr'), 'str(datetime): blank for T'), ('twitch', ('express', '/hdrdateutc'), 'toUTCString()'), ('slack', ('flask', '/hdrfloat'), 'str(float()): .0'), ('svix', ('go', '/timefloat'), 'Go float64: 1.77e+09'), ('zoom', ('express', '/hdrisofromsec'), 'seconds became an ISO text'), ('zendesk', ('flask', '/hdrsecfromiso'), 'ISO text became seconds'), ('customerio', ('flask', '/hdrfloat'), 'str(float()): .0')]: A('time.rewritten', p, name, 'uni', v, also=[['time.unit']] if 'became' in name else None)

def combos():
    sc = lambda s: ST.S[s][0]
    for p, b, v, cause, s in [('stripe', 'pretty', ('express', '/json'), 'body.json', 'echo_file'), ('github', 'uni', ('flask', '/dumps'), 'body.json', 'env_dq'), ('shopify', 'php', ('express', '/json'), 'body.json', 'crlf_file'), ('line', 'uni', ('php', '/encode'), 'body.json', 'base64'), ('svix', 'py', ('fastify', '/json'), 'body.json', 'dotenv_smart'), ('mux', 'uni', ('go', '/rawmessage'), 'body.json', 'grep_line'), ('razorpay', 'php', ('nest', '/json'), 'body.json', 'nbsp'), ('klang', 'rails', ('koa', '/json'), 'body.json', 'strip_whsec'), ('meta', 'pycompact', ('express', '/json'), 'body.json', 'aws'), ('clerk', 'pretty', ('hono', '/json'), 'body.json', 'v1_whsec'), ('polar', 'uni', ('ruby', '/railstojson'), 'body.json', 'cut_polar'), ('slack', 'uni', ('express', '/rawlatin1'), 'body.charset', 'bom'), ('zendesk', 'uni', ('java', '/latin1'), 'body.charset', 'bytes_repr'), ('calendly', 'asciinl', ('express', '/trim'), 'body.newline', 'echo_file'), ('doppler', 'uni', ('php', '/eol'), 'body.newline', 'hex'), ('github', 'formgh', ('express', '/payload'), 'body.form', 'env_sq'), ('slack', 'form', ('express', '/formqs'), 'body.form', 'toml'), ('slack', 'form20', ('django', '/posturlencode'), 'body.form', 'upper'), ('stripe', 'pretty', ('express', '/rawbase64'), 'body.base64', 'json_stringify'), ('openai', 'uni', ('php', '/base64'), 'body.base64', 'yaml_block'), ('shopify', 'uni', ('express', '/rawjson'), 'body.envelope', 'env_dq'), ('kallglot', 'uni', ('flask', '/event'), 'body.envelope', 'crlf_source'), ('callintel', 'uni', ('php', '/special'), 'body.html', 'java_props'), ('twitch', 'uni', ('go', '/html'), 'body.html', 'base64'), ('woocommerce', 'php', ('express', '/json'), 'body.json', 'html'), ('elevenlabs', 'k10', ('php', '/encode'), 'body.json', 'echo_file')]:
        A([cause, sc(s)], p, f'{ST.S[s][1]}; {v[1][1:]}', b, v, sec=s, sw=NAMES[v[0]] + ' ' + v[1] + ' and ' + ST.S[s][1])
    for p, b, v, cause, d, tcause in [('stripe', 'pretty', ('express', '/json'), 'body.json', 4000, 'time.old'), ('svix', 'uni', ('php', '/encode'), 'body.json', 86400 * 2, 'time.old'), ('slack', 'form', ('express', '/formusp'), 'body.form', -700, 'time.ahead'), ('openai', 'pretty', ('flask', '/orjson'), 'body.json', -3605, 'time.ahead'), ('zendesk', 'uni', ('php', '/base64'), 'body.base64', 7203, 'time.old'), ('mux', 'prettynl', ('ruby', '/chomp'), 'body.newline', 5000, 'time.old')]:
        A([cause, tcause], p, f'{v[1][1:]}, and the clock is {d} s off', b, v, delta=d, also=[['body.json', 'time.old']] if cause == 'body.newline' else None)
    for p, s, d, tcause in [('stripe', 'echo_file', 9000, 'time.old'), ('svix', 'env_dq', 3600, 'time.old'), ('slack', 'base64', -1000, 'time.ahead'), ('kallglot', 'strip_whsec', 400, 'time.old')]:
        A([sc(s), tcause], p, ST.S[s][1] + f'; {d} s off', 'uni', sec=s, delta=d)
    for p, b, v, causes in [('github', 'uni', ('php', '/servercontent'), ['body.json', 'header.renamed']), ('stripe', 'pretty', ('flask', '/environdumps'), ['body.json', 'header.renamed']), ('mux', 'pretty', ('ruby', '/envgenerate'), ['body.json', 'header.renamed']), ('svix', 'py', ('express', '/jsonhdrenv'), ['body.json', 'header.renamed']), ('line', 'php', ('express', '/jsonhdrquote'), ['body.json', 'header.value'])]:
        if causes: A(causes, p, v[1][1:], b, v)
    for p, v, hc, s in [('github', ('apache', '/nosha'), 'header.value', 'echo_file'), ('slack', ('apache', '/cgi'), 'header.renamed', 'env_dq'), ('stripe', ('haproxy', '/add'), 'header.repeated', 'crlf_file'), ('line', ('nginx', '/rename'), 'header.renamed', 'base64'), ('shopify', ('apache', '/quote'), 'header.value', 'json_stringify'), ('standard-webhooks', ('haproxy', '/ren'), 'header.renamed', 'yaml_block'), ('razorpay', ('apache', '/append'), 'header.repeated', 'nbsp')]:
        A([hc, sc(s)], p, f'{NAMES[v[0]]}; {ST.S[s][1]}', 'uni', v, sec=s, sw=NAMES[v[0]] + ' ' + v[1] + ' and ' + ST.S[s][1])
    A(['secret.form', 'secret.whitespace'], 'github', 'echo secret | base64, not decoded', 'uni', sec=('', 'echo | base64 -w0', lambda s: ST.sh('echo "$S" | base64 -w0', s)))
    A(['secret.form', 'secret.whitespace'], 'mux', 'base64 of the secret, newline behind', 'ascii', sec=('', 'printf | base64', lambda s: ST.sh('printf %s "$S" | base64', s)))
    A(['secret.quotes', 'secret.whitespace'], 'stripe', 'quotes and CR from a Windows .env', 'pretty', sec=('', '.env with CRLF, cut -d= -f2', lambda s: ST.sh("printf 'SECRET=\"%s\"\\r\\n' \"$S\" > w.env; printf %s \"$(cut -d= -f2- w.env)\"", s)))
    A(['secret.quotes', 'secret.prefix'], 'kallglot', 'quotes, and whsec_ stripped', 'uni', sec=('', 'bash', lambda s: ST.sh('printf \'"%s"\' "${S#whsec_}"', s)))
    A(['body.json', 'secret.other'], 'stripe', 'another secret, and JSON.stringify', 'pretty', ('express', '/json'), others=['stripe', 'stripe'], signsec='other')
    A(['body.form', 'secret.other'], 'slack', 'another secret, and qs', 'form', ('express', '/formqs'), others=['slack'], signsec='other')
    A(['secret.other', 'time.old'], 'svix', 'another secret, and old', 'uni', others=['svix'], signsec='other', delta=4321, sw='secrets swapped, replayed later')
    A(['header.renamed', 'secret.other'], 'shopify', 'CGI names and the wrong secret of two', 'uni', ('php', '/server'), others=['shopify'], signsec='other')
    A(['scheme.encoding', 'body.json'], 'line', 'hex for base64, and re-serialised', 'php', ('express', '/json'), signkw=dict(encoding='hex'))
    A(['scheme.digest', 'secret.whitespace'], 'callintel', 'SHA-512 and a newline', 'uni', signkw=dict(digest='sha512'), sec='echo_file')
    A(['scheme.digest', 'body.json'], 'gocardless', 'SHA-512 and re-serialised', 'pretty', ('express', '/json'), signkw=dict(digest='sha512'))
    A(['provider.other', 'body.json'], 'stripe', 'a svix delivery, re-serialised', 'pretty', ('express', '/json'), sender='svix')
    A(['provider.other', 'secret.whitespace'], 'paddle', 'a mux delivery; newline', 'uni', sender='mux', sec='echo_file')
    A(['scheme.content', 'body.json'], 'zoom', 'own scheme without v0:, and JSON.stringify', 'py', ('express', '/json'), scheme={'headers': 'x-zm-request-timestamp: {timestamp}\nx-zm-signature: v0={hex}', 'covers': '{timestamp}:{body}'})
    A(['scheme.content', 'secret.whitespace'], 'crisp', 'own scheme without brackets, newline', 'uni', scheme={'headers': 'X-Crisp-Request-Timestamp: {timestamp:ms}\nX-Crisp-Signature: {hex}', 'covers': '{timestamp};{body}'}, sec='echo_file')
    A(['time.unit', 'body.json'], 'workos', 'seconds for milliseconds, and re-serialised', 'pretty', ('express', '/json'), signkw=dict(unit='s'))
    A(['time.unit', 'secret.quotes'], 'webflow', 'seconds for milliseconds, and quotes', 'uni', signkw=dict(unit='s'), sec='env_dq')
    A(['time.rewritten', 'secret.whitespace'], 'zendesk', 'isoformat and newline', 'uni', ('flask', '/hdrdt'), sec='echo_file', sw='Flask, datetime.isoformat; echo > file')
    A(['url', 'secret.whitespace'], 'square', 'http behind nginx, and newline', 'uni', ('nginx', '/fl/square'), sign_url='https://hooks.example.com/square', urlfrom=True, sec='echo_file')
    A(['url', 'body.json'], 'square', 'http configured, and JSON.stringify', 'py', ('express', '/json'), sign_url='https://hooks.example.com/square', url='http://hooks.example.com/square')
    A(['body.charset', 'body.json'], 'github', 'Latin-1 text parsed and written', 'uni', ('flask', '/latin1'), post=lambda b: ST.py("import os,sys,json;sys.stdout.write(json.dumps(json.loads(os.environ['S']),ensure_ascii=False))", b.decode()).encode(), sw='Flask decode(latin-1), json.dumps')
    A(['body.form', 'body.charset'], 'github', 'Bottle forms keep Latin-1 text', 'formgh', ('bottle', '/formraw'))
    A(['body.form', 'body.json'], 'github', 'payload field parsed and written', 'formghpy', ('express', '/payload'), post=tool('jq', '-c', '.'), sw='Express payload, jq -c')
    A(['body.base64', 'body.json'], 'stripe', 'base64 of JSON.stringify', 'pretty', ('express', '/json'), post=lambda b: base64.b64encode(b), sw='Express JSON.stringify, base64')
    A(['body.envelope', 'body.json'], 'shopify', 'stringified twice after parsing', 'php', ('express', '/jsontwice'))
    A(['body.envelope', 'body.json'], 'razorpay', 'json.dumps twice', 'uni', ('flask', '/dumpstwice'))
    A(['body.html', 'body.json'], 'klang', 'json.dumps, then escaped', 'php', ('flask', '/dumpsutf8'), post=lambda b: __import__('html').escape(b.decode()).encode(), sw='Flask json.dumps, html.escape')
    A(['body.compressed', 'secret.whitespace'], 'github', 'gzip not decoded, and newline', 'uni', ('go', '/raw'), pre=lambda b: gzip.compress(b, mtime=0), sec='echo_file')
    A(['body.json', 'secret.whitespace', 'time.old'], 'stripe', 'three at once', 'pretty', ('express', '/json'), sec='echo_file', delta=5000)
    A(['header.renamed', 'secret.quotes', 'time.old'], 'slack', 'three at once', 'form', ('apache', '/cgi'), sec='env_dq', delta=2000)

def altered():
    F = lambda p, name, kindname, body='ascii', **k: make('altered3', ['none'], p, name, body, kindname=kindname, **k)
    T = lambda f: dict(tamper=lambda b, hs: f(b)); AL_ = [['body.altered']]
    sed = lambda x: (lambda b: ST.run(['sed', '-E', x], inp=b)); jqf = lambda x: (lambda b: ST.run(['jq', '-c', x], inp=b).rstrip(b'\n')); pj = lambda code: (lambda b: ST.run(['python3', '-c', 'import sys,json\nd=json.load(sys.stdin)\n' + code + '\nsys.stdout.write(json.dumps(d,separators=(",",":"),ensure_ascii=False))'], inp=b))
    for p, b, f, name in [('stripe', 'pretty', sed('s/"amount": [0-9]+/"amount": 1/'), 'amount changed (sed)'), ('github', 'ascii', sed('s/true/false/'), 'true to false'), ('shopify', 'php', sed('s/"currency":"[a-z]+"/"currency":"xxx"/'), 'currency changed'), ('svix', 'uni', jqf('.data.object.amount=99'), 'jq changes the amount'), ('slack', 'form', sed('s/text=[^&]*/text=rollback/'), 'form field changed'), ('line', 'uni', jqf('del(.livemode)'), 'jq removes a field'), ('razorpay', 'ascii', jqf('.data.object.note="x"'), 'jq adds a field inside'), ('mux', 'ascii', jqf('.+{admin:true}'), 'key added at the end'), ('paddle', 'ascii', jqf('{admin:true}+.'), 'key added in front'), ('calendly', 'uni', pj("d['data']['object']['city']='Basel'"), 'city changed'), ('zendesk', 'pretty', sed('s/"qty": 2/"qty": 20/'), 'digit added'), ('polar', 'ascii', sed('s/"paid":true,//'), 'flag dropped'), ('clerk', 'uni', sed('s/ord_/Ord_/'), 'case of an id'), ('openai', 'uni', pj("d['data']['object']['tags'].append('y')"), 'list longer'), ('meta', 'pycompact', jqf('.data.object.amount+=1'), 'amount plus one, and written by jq'), ('kallglot', 'ascii', sed('s/"id":"evt_/"id":"evt_0/'), 'event id changed'), ('klang', 'uni', sed('s/shop\\.example/shop.evil.example/'), 'host in a URL changed'), ('twitch', 'ascii', lambda b: b.replace(b'}', b',"x":1}', 1), 'key inserted'), ('workos', 'ascii', lambda b: b[:-1] + b',"amount":0}', 'duplicate key behind'), ('webflow', 'uni', lambda b: b.replace('ü'.encode(), b'u') if 'ü'.encode() in b else b.replace('ß'.encode(), b'ss'), 'umlaut folded'), ('typeform', 'uni', lambda b: b + b'{"admin":true}', 'second document appended'), ('gocardless', 'ascii', lambda b: bytes([b[40] ^ 1]).join([b[:40], b[41:]]), 'one bit flipped'), ('retell', 'nested', sed('s/\\[2,/[3,/'), 'number deep inside'), ('elevenlabs', 'float', sed('s/136\\.0/136.1/'), 'decimal changed'), ('doppler', 'bigint', sed('s/9007199254740993/9007199254740995/'), 'big integer changed'), ('cal-com', 'text', sed('s/sum=[0-9]+/sum=1/'), 'text body changed'), ('lemonsqueezy', 'xml', sed('s/<note>.*<\\/note>/<note><\\/note>/'), 'XML element emptied'), ('github', 'formgh', sed('s/livemode/testmode/'), 'form payload changed'), ('square', 'uni', jqf('.data.object.amount=1'), 'amount changed, address covered'), ('paystack', 'ascii', sed('s/"amount":/"amount":9/'), 'digit in front, SHA-512')]:
        F(p, name, 'body.altered', b, also=AL_, sw='tampered: ' + ('sed/jq/python'), **T(f))
    # tampered and then mangled by real software
    for p, b, v in [('stripe', 'pretty', ('express', '/json')), ('github', 'uni', ('flask', '/dumps')), ('line', 'uni', ('php', '/encode')), ('svix', 'py', ('fastify', '/json')), ('slack', 'uni', ('ruby', '/railstojson')), ('mux', 'uni', ('go', '/rawmessage')), ('shopify', 'uni', ('express', '/rawbase64')), ('razorpay', 'uni', ('express', '/rawlatin1'))]:
        F(p, f'tampered, then {v[1][1:]}', 'body.altered', b, via=v, also=AL_, **T(lambda x: x.replace(b'"amount"', b'"amouns"', 1)))
    # wrong secrets
    other = lambda s, r: mksecret({6: 'alnum32'}.get(0, 'alnum32'), r)
    for p, b in [('stripe', 'pretty'), ('github', 'uni'), ('slack', 'form'), ('shopify', 'php'), ('paddle', 'ascii'), ('twilio', 'formtw'), ('zoom', 'ascii'), ('line', 'k10'), ('box', 'uni'), ('intercom', 'ascii'), ('hubspot-v3', 'uni')]:
        F(p, 'another secret, not known here', 'wrong-secret', b, signsec=lambda s, r, p=p: mksecret(PROV[p].secret, r), sw='Python hmac')
    for p in ['svix', 'clerk', 'standard-webhooks', 'finch', 'squarespace', 'airtable']: F(p, 'another secret, not known here', 'wrong-secret', 'uni', signsec=lambda s, r, p=p: mksecret(PROV[p].secret, r), sw='Python hmac')
    for p, b, v in [('github', 'uni', ('flask', '/dumps')), ('stripe', 'pretty', ('express', '/json')), ('svix', 'py', ('nest', '/json')), ('slack', 'form', ('express', '/formqs'))]: F(p, f'another secret, and {v[1][1:]}', 'wrong-secret', b, via=v, signsec=lambda s, r, p=p: mksecret(PROV[p].secret, r))
    F('mux', 'another secret, three more configured', 'wrong-secret', 'uni', others=['mux', 'alnum32', 'hex32'], signsec=lambda s, r: mksecret('alnum32', r), sw='Python hmac')
    F('kallglot', 'another secret, and a day old', 'wrong-secret', 'uni', signsec=lambda s, r: mksecret('whsec_text', r), delta=86400, sw='Python hmac')
    F('callintel', 'one character of the secret mistyped', 'wrong-secret', 'ascii', signsec=lambda s, r: s[:10] + ('a' if s[10] != 'a' else 'b') + s[11:], sw='typed by hand')
    F('gocardless', 'two characters of the secret swapped', 'wrong-secret', 'ascii', signsec=lambda s, r: s[:7] + s[8] + s[7] + s[9:], sw='typed by hand')
    # forgeries
    for p, k, name in [('stripe', b'', 'an empty key'), ('github', b'secret', 'the key "secret"'), ('slack', b'changeme', 'the key "changeme"'), ('shopify', b'password', 'the key "password"'), ('svix', b'', 'an empty key'), ('line', b'test', 'the key "test"'), ('openai', b'whsec_test', 'the key "whsec_test"'), ('zendesk', b'dGhpc19zZWNyZXRfaXNfZm9yX3Rlc3Rpbmdfb25seQ==', 'the published test key'), ('razorpay', b'null', 'the key "null"'), ('paddle', b'undefined', 'the key "undefined"'), ('mux', b'\x00' * 32, 'a key of zeros')]:
        F(p, 'forged with ' + name, 'forged', 'uni', signkw=dict(rawkey=k), sw='Python hmac')
    F('github', 'forged with the key "webhook"', 'forged', 'uni', signkw=dict(rawkey=b'webhook', covers='{body}'), sw='Python hmac')
    flip = lambda names, f: (lambda hs: [(k, f(v) if k.lower() in names else v) for k, v in hs])
    import hashlib
    F('callintel', 'plain SHA-256 of the body for a MAC', 'forged', 'uni', tamper=lambda b, hs: (b, [(k, hashlib.sha256(b).hexdigest() if k == 'X-Callintel-Signature' else v) for k, v in hs]), sw='sha256sum')
    F('lemonsqueezy', 'a signature of zeros', 'forged', 'uni', wire=flip(['x-signature'], lambda v: '0' * 64), sw='typed')
    F('shopify', 'random bytes for a MAC', 'forged', 'php', wire=flip(['x-shopify-hmac-sha256'], lambda v: base64.b64encode(hashlib.sha256(v.encode()).digest()).decode()), sw='openssl rand')
    F('doppler', 'one hex digit of the MAC changed', 'forged', 'uni', wire=flip(['x-doppler-signature'], lambda v: v[:-1] + ('0' if v[-1] != '0' else '1')), sw='typed')
    F('pagerduty', 'MAC turned round', 'forged', 'uni', wire=flip(['x-pagerduty-signature'], lambda v: 'v1=' + v[3:][::-1]), sw='rev')
    # signed parts moved
    F('stripe', 'time moved to now', 'signed-part-moved', 'pretty', wire=flip(['stripe-signature'], lambda v: re.sub(r't=(\d+)', lambda m: 't=%d' % (int(m[1]) + 86400), v)), delta=86402, sw='sed')
    F('slack', 'time moved to now', 'signed-part-moved', 'form', wire=flip(['x-slack-request-timestamp'], lambda v: str(int(v) + 7000)), delta=7001, sw='sed')
    F('svix', 'id moved', 'signed-part-moved', 'uni', wire=flip(['svix-id'], lambda v: v[:-2] + 'zz'), sw='sed')
    F('twitch', 'time moved by a second', 'signed-part-moved', 'uni', wire=flip(['twitch-eventsub-message-timestamp'], lambda v: v.replace('Z', '1Z') if 0 else v[:-2] + ('1Z' if v[-2] != '1' else '2Z')), sw='sed')
    # the signature of one delivery beside the body of another
    for p, b in [('github', 'uni'), ('stripe', 'pretty'), ('clerk', 'ascii'), ('polar', 'uni'), ('hookdeck', 'k1')]: F(p, 'signature of another delivery', 'body.altered', b, also=AL_, tamper=lambda x, hs, b=b: bodies.make(b, random.Random(77))[0], sw='two deliveries crossed')
    F('twilio', 'form parameter added', 'body.altered', 'formtw', also=AL_, tamper=lambda b, hs: b + b'&Admin=1', sw='curl')
    # built to look like an accident: a sloppy undoing gives the signed bytes back, the meaning is another
    ADV = dict(note='adversarial: a sloppy undo step reproduces the signed bytes', also=AL_, sw='written by hand')
    lit = lambda t: (lambda r: (t.encode(), bodies.FORM if t.startswith('token=') else bodies.JS))
    for p, signed, sent, name in [('stripe', '{"id":"evt_7","amount":100,"to":"acct_1"}', '{"id":"evt_7","amount":1,"amount":100,"to":"acct_1"}', 'duplicate key in front: last one wins gives the signed text'),
        ('github', '{"ref":"main","admin":false}', '{"ref":"main","admin":false,"admin":true}', 'duplicate key behind: first one wins gives the signed text'),
        ('svix', '{"user":{"id":5},"ok":true}', '{"user":{"id":6},"user":{"id":5},"ok":true}', 'duplicate object: last one wins'),
        ('typeform', '{"account":9007199254740992,"x":1}', '{"account":9007199254740993,"x":1}', 'integer equal as a double'),
        ('paddle', '{"price":0.1,"x":1}', '{"price":0.10000000000000000001,"x":1}', 'decimal equal as a double'),
        ('mux', '{"n":1e400,"x":1}', '{"n":1e401,"x":1}', 'both infinite as a double'),
        ('razorpay', '{"to":"a b","n":1}', '{"to":"a  b","n":1}', 'two blanks inside a string'),
        ('line', '{"to":"ab","n":1}', '{"to":"a\\u0000b","n":1}', 'NUL inside a string'),
        ('callintel', '{"to":"ab","n":1}', '{"to":"a\u200bb","n":1}', 'zero-width space inside a string'),
        ('klang', '{"to":"é","n":1}', '{"to":"\\ud83d","n":1}', 'lone surrogate for a letter'),
        ('gocardless', '{"a":1,"b":2}', '{"b":2,"a":1,"c":3}', 'keys in another order, and one more'),
        ('doppler', '{"role":"user"}', '{"role":"User"}', 'case of a value'),
        ('efficlose', '{"list":[1,2,3]}', '{"list":[3,2,1]}', 'list turned round'),
        ('klen-ai', '{"on":1}', '{"on":true}', '1 and true'), ('asana', '{"v":null,"w":1}', '{"w":1}', 'null dropped'), ('cal-com', '{"v":"5"}', '{"v":5}', 'text and number'), ('webflow', '{"m":{}}', '{"m":{"0":1}}', 'object filled'),
        ('slack', 'token=x1&text=a%2Bb&n=1', 'token=x1&text=a+b&n=1', 'plus sign and blank in a form'), ('slack', 'token=x1&user=5', 'token=x1&user=6&user=5', 'form field twice'), ('slack', 'token=x1&cmd=a%26b%3D1', 'token=x1&cmd=a&b=1', 'form value split in two fields'),
        ('zoom', '{"a":1}', '{"body":{"a":1},"admin":true}', 'signed JSON in a wrapper with one field more'), ('openai', '{"a":1}', '{"data":{"a":1},"source":"trusted"}', 'signed JSON in a wrapper with one field more'), ('pagerduty', '{"a":1}', '{"body":"{\\"a\\":1}","approved":true}', 'signed text in a wrapper with one field more')]:
        F(p, 'adversarial: ' + name, 'adversarial', lit(signed), tamper=lambda b, hs, sent=sent: sent.encode(), **dict(ADV, also=AL_ + ([['body.envelope']] if 'wrapper' in name else [['body.form']] if name in ('plus sign and blank in a form', 'form value split in two fields') else [['body.json']] if name in ('null dropped', 'text and number', 'decimal equal as a double') else [])))
    F('twitch', 'adversarial: last character of the id moved to the time', 'adversarial', 'uni', wire=lambda hs: (lambda i: [(k, v[:-1] if k.endswith('Message-Id') else i[-1] + v if k.endswith('Timestamp') else v) for k, v in hs])(next(v for k, v in hs if k.endswith('Message-Id'))), note='adversarial: the signed bytes are the same, the border moved; no innocent cause', also=[['header.value'], ['time.rewritten']], sw='written by hand')
    F('zendesk', 'adversarial: first character of the body moved to the time', 'adversarial', 'ascii', tamper=lambda b, hs: (b[1:], [(k, v + b[:1].decode() if k.endswith('Timestamp') else v) for k, v in hs]), note='adversarial: the signed bytes are the same, the border moved; no innocent cause', also=[['body.altered'], ['header.value'], ['time.rewritten']], sw='written by hand')
    F('retell', 'adversarial: last character of the body moved to the time', 'adversarial', 'ascii', tamper=lambda b, hs: (b[:-1], [(k, v.replace('v=', 'v=' + b[-1:].decode()) if k == 'x-retell-signature' else v) for k, v in hs]), note='adversarial: the signed bytes are the same, the border moved; no innocent cause', also=[['body.altered'], ['header.value'], ['time.rewritten']], sw='written by hand')
    F('trello', 'signed for another address', 'url-altered', 'uni', sign_url='https://elsewhere.example.net/x', url=PUBLIC, sw='relayed delivery', also=[['url']])

def main():
    services.start()
    try:
        for f in (json_rows, body_rows, secret_rows, header_rows, scheme_rows, url_rows, time_rows, combos, altered):
            f(); write(); print(f.__name__, {k: len(v) for k, v in rows.items()}, 'errors', len(errors), flush=True)
    finally: services.stop()
    # second opinion
    o = subprocess.run(['node', 'verify.js'], cwd=services.HERE + '/node', input='\n'.join(json.dumps(g) for g in genuine), capture_output=True, text=True)
    res = [json.loads(l) for l in o.stdout.splitlines()]; bad = [(g['n'], g['provider'], x['e']) for g, x in zip(genuine, res) if not x['ok']]
    print('genuine deliveries checked', len(res), 'refused by the second verifier', bad, o.stderr[:300])
    badn = {b[0] for b in bad}; okn = {g['n'] for g, x in zip(genuine, res) if x['ok']}
    for k in rows:
        for r in rows[k]: r['genuine_checked'] = r['_n'] in okn
    import pickle; pickle.dump(rows, open(f'{W}/rows.pickle', 'wb'))
    write(); print('\n'.join(errors))
def write():
    for k, v in rows.items():
        with open(f'{OUT}/{k}.jsonl', 'w') as f:
            for r in v: f.write(json.dumps({a: b for a, b in r.items() if a[0] != '_'}, ensure_ascii=True) + '\n')
if __name__ == '__main__': main()
