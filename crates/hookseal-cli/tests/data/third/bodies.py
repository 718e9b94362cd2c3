"""Bodies as senders write them. The writers are the real ones where a service is up."""
import json, random, urllib.request
from urllib.parse import urlencode
import services
P = services.P
PLACES = ['Zürich', 'Łódź', 'São Paulo', '東京', 'Αθήνα', 'København', 'القاهرة', 'Кострома']; EMO = ['🎉', '🚀', '👩‍🚀', '❤️', '☕', '🧾']
def post(port, path, text):
    q = urllib.request.Request(f'http://127.0.0.1:{port}{path}', data=text if isinstance(text, bytes) else text.encode(), headers={'content-type': 'application/json'}); d = urllib.request.urlopen(q, timeout=20).read()
    return d
def cap(port, path, text): import base64; return base64.b64decode(json.loads(post(port, path, text))['body_b64'])
def plain(r):
    n = r.randrange(10**6, 10**7)
    return {'id': f'evt_{n}', 'object': 'event', 'type': r.choice(['invoice.paid', 'order.created', 'ticket.closed', 'call.ended']), 'created': 1772000000 + r.randrange(10**6), 'livemode': bool(n % 2), 'data': {'object': {'id': f'ord_{n + 1}', 'amount': r.randrange(100, 99999), 'currency': r.choice(['eur', 'usd', 'jpy']), 'lines': [{'sku': 'A-%d' % r.randrange(999), 'qty': 2}, {'sku': 'B-%d' % r.randrange(999), 'qty': 1}], 'paid': True, 'tax': None}}}
def rich(r):
    d = plain(r); o = d['data']['object']
    for k in range(r.randrange(0, 5)): o['lines'].append({'sku': f'{r.choice("CDEF")}-{r.randrange(9999)}', 'qty': r.randrange(1, 9), 'label': f'{r.choice(PLACES)} {r.choice(EMO)}'})
    o.update(city=r.choice(PLACES), note=f'Größe M – „zwei Stück“ {r.choice(EMO)}', url=f'https://shop.example/o/{r.randrange(9999)}?a=1&b=2', html='<b>A & B</b> it\'s "quoted"', path='C:\\data\\new', rate=r.choice([0.075, 1.25, 19.99, 0.3]), tags=['x', 'é'], meta={}, empty=[], tab='a\tb')
    ks = list(o); r.shuffle(ks); d['data']['object'] = {k: o[k] for k in ks}
    if r.random() < .5: d = {k: d[k] for k in sorted(d, key=lambda _: r.random())}
    if r.random() < .3: d['delivered_at'] = '2026-03-0%dT1%d:00:00.000Z' % (r.randrange(1, 9), r.randrange(9))
    if r.random() < .3: d['actor'] = {'id': r.randrange(10**9), 'type': 'service', 'site_admin': False, 'score': r.randrange(100) / 8}
    return d
def big(r, size):
    d = rich(r); d['data']['items'] = []
    while len(json.dumps(d, ensure_ascii=False)) < size: d['data']['items'].append({'n': len(d['data']['items']), 'title': f'Artikel {r.randrange(10**6)} {r.choice(PLACES)} {r.choice(EMO)}', 'price': r.randrange(1, 9999) / 100, 'link': f'https://shop.example/p/{r.randrange(10**5)}', 'ok': bool(r.getrandbits(1)), 'none': None})
    return d
def nested(r):
    d = {'leaf': [1, [2, [3, {}]]], 'k': 'v'}
    for i in range(14): d = {f'level{i}': d, 'list': [[], {}, [i]]}
    return {'id': f'evt_{r.randrange(10**7)}', 'data': d}
js = lambda d: json.dumps(d, separators=(',', ':'), ensure_ascii=False)
JS = 'application/json'; FORM = 'application/x-www-form-urlencoded'
def make(kind, r):
    if kind == 'ascii': return js(plain(r)).encode(), JS
    if kind == 'asciinl': return js(plain(r)).encode() + b'\n', JS
    if kind == 'uni': return js(rich(r)).encode(), JS
    if kind == 'node': return post(P['NODE'] + 9, '/', js(rich(r))), JS
    if kind == 'pretty': return post(P['NODE'] + 9, '/pretty', js(rich(r))), JS
    if kind == 'prettyascii': return post(P['NODE'] + 9, '/pretty', js(plain(r))), JS
    if kind == 'prettynl': return post(P['NODE'] + 9, '/pretty', js(rich(r))) + b'\n', JS
    if kind == 'pretty4': return json.dumps(rich(r), indent=4).encode(), JS
    if kind == 'tab': return json.dumps(plain(r), indent='\t').encode(), JS
    if kind == 'py': return json.dumps(rich(r)).encode(), JS
    if kind == 'pyutf8': return json.dumps(rich(r), ensure_ascii=False).encode(), JS
    if kind == 'pycompact': return json.dumps(rich(r), separators=(',', ':')).encode(), JS
    if kind == 'pysorted': return json.dumps(rich(r), sort_keys=True, separators=(',', ':')).encode(), JS
    if kind == 'php': return post(P['PHP'], '/write', js(rich(r))), JS
    if kind == 'phppretty': return post(P['PHP'], '/writepretty', js(rich(r))), JS
    if kind == 'rails': return cap(P['RUBY'], '/railstojson', js(rich(r))), JS
    if kind == 'rubypretty': return cap(P['RUBY'], '/pretty', js(rich(r))), JS
    if kind == 'go': return cap(P['GO'], '/rawmessage', js(rich(r))), JS
    if kind == 'gomap': return cap(P['GO'], '/marshal', js(rich(r))), JS
    if kind == 'goenc': return cap(P['GO'], '/encoder', js(rich(r))), JS
    if kind == 'float': n = r.randrange(999); return ('{"id":"evt_%d","total":136.0,"tax":%d.50,"zero":0.0,"rate":1.10,"exp":1e3,"list":[1.0,2.5,-0.0],"city":"Zürich"}' % (n, n)).encode(), JS
    if kind == 'float1': n = r.randrange(999); return ('{"id":"evt_%d","weight":%d.0,"unit":"kg","values":[1.0,2.0,3.5]}' % (n, n)).encode(), JS
    if kind == 'bigint': return ('{"id":%d,"account":9007199254740993,"snowflake":"%d","n":12345678901234567890,"x":1}' % (r.randrange(10**17, 10**18) * 10 + 7, r.randrange(10**17))).encode(), JS
    if kind == 'dup': return ('{"id":"evt_%d","a":1,"b":{"x":1,"x":2},"a":2,"c":"Ω"}' % r.randrange(10**6)).encode(), JS
    if kind == 'upesc': return ('{"id":"evt_%d","name":"Z\\u00FCrich \\u2013 \\uD83C\\uDF89","t":"a\\u002Fb","sl":"x\\/y"}' % r.randrange(10**6)).encode(), JS
    if kind == 'ls': return ('{"id":"evt_%d","text":"line\u2028sep\u2029par","amp":"a&b<c>","sl":"</script>"}' % r.randrange(10**6)).encode(), JS
    if kind == 'numkeys': return ('{"id":"evt_%d","10":"ten","2":"two","b":1,"1":"one"}' % r.randrange(10**6)).encode(), JS
    if kind == 'spaces': return ('{ "id" : "evt_%d", "list" : [ 1, 2 ], "o" : { } , "city":"Łódź" }' % r.randrange(10**6)).encode(), JS
    if kind == 'nested': return js(nested(r)).encode(), JS
    if kind == 'nestedpy': return json.dumps(nested(r)).encode(), JS
    if kind == 'array': return json.dumps([rich(r), plain(r)]).encode(), JS
    if kind == 'k1': return js(big(r, 1100)).encode(), JS
    if kind == 'k10': return js(big(r, 10000)).encode(), JS
    if kind == 'k10py': return json.dumps(big(r, 9000)).encode(), JS
    if kind == 'k20php': return post(P['PHP'], '/write', js(big(r, 20000))), JS
    if kind == 'k50': return js(big(r, 50000)).encode(), JS
    if kind == 'k50pretty': return post(P['NODE'] + 9, '/pretty', js(big(r, 32000))), JS
    if kind == 'linear': d = rich(r); return js({'action': 'update', 'type': 'Issue', 'data': d['data'], 'webhookTimestamp': 0}).encode(), JS
    if kind == 'text': return f'city={r.choice(PLACES)}; sum={r.randrange(9999)}; ok {r.choice(EMO)}\r\nsecond line'.encode(), 'text/plain; charset=utf-8'
    if kind == 'xml': return f'<?xml version="1.0" encoding="UTF-8"?>\n<order id="{r.randrange(9999)}"><city>{r.choice(PLACES)}</city><note>A &amp; B "x"</note></order>\n'.encode(), 'application/xml'
    if kind == 'form': return ('token=%s&team_id=T0%d&command=%%2Fdeploy&text=caf%%C3%%A9+a*b~c+%%26+d&response_url=https%%3A%%2F%%2Fexample.com%%2Fcommands%%2F%d&empty=' % ('x%d' % r.randrange(10**9), r.randrange(10**6), r.randrange(10**6))).encode(), FORM
    if kind == 'form20': return ('id=%d&text=a%%20b%%20(c)%%21&city=Z%%C3%%BCrich&sum=10.00' % r.randrange(10**6)).encode(), FORM
    if kind == 'formlower': return ('id=%d&q=%%c3%%a9t%%c3%%a9&u=https%%3a%%2f%%2fexample.com&v=1' % r.randrange(10**6)).encode(), FORM
    if kind == 'formdots': return ('event.id=%d&payload[customer][id]=7&payload[items][]=a&payload[items][]=b&note=x+y' % r.randrange(10**6)).encode(), FORM
    if kind == 'formgh': return urlencode({'payload': js(rich(r))}).encode(), FORM
    if kind == 'formghpy': return urlencode({'payload': json.dumps(rich(r))}).encode(), FORM
    if kind == 'formmulti': return ('b=2&a=1&b=1&c=%%3D&id=%d' % r.randrange(10**6)).encode(), FORM
    if kind == 'formtw': return urlencode({'MessageSid': 'SM%032x' % r.getrandbits(128), 'From': '+15005550006', 'To': '+15005550010', 'Body': f'Hallo {r.choice(PLACES)} {r.choice(EMO)}', 'NumMedia': '0'}).encode(), FORM
    if kind == 'formmandrill': return urlencode({'mandrill_events': js([{'event': 'open', 'ts': 1772000000, 'msg': {'subject': 'Grüße & mehr', '_id': '%032x' % r.getrandbits(128)}}])}).encode(), FORM
    if kind == 'empty': return b'', JS
    raise KeyError(kind)
