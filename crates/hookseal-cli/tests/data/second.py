"""Makes second.jsonl: accidents by real programs (Flask, Node, PHP, Ruby, jq, orjson, ujson, simplejson). Written by the author
of the code before any answer was seen; 217 of 225 were named at the first run."""
import json, hmac, hashlib, base64, random, subprocess, html, urllib.parse, gzip, zlib, time
import orjson, ujson, simplejson
from flask import Flask, request
R=random.Random(20261121)
def node(js,inp):
    return subprocess.run(['node','-e','const s=require("fs").readFileSync(0);process.stdout.write('+js+')'],input=inp,capture_output=True,check=True).stdout
def php(code,inp):
    return subprocess.run(['php','-r','$s=stream_get_contents(STDIN);echo '+code+';'],input=inp,capture_output=True,check=True).stdout
def ruby(code,inp):
    return subprocess.run(['ruby','-rjson','-e','s=STDIN.read.force_encoding("UTF-8");STDOUT.write('+code+')'],input=inp,capture_output=True,check=True).stdout
def jq(args,inp):
    return subprocess.run(['jq']+args,input=inp,capture_output=True,check=True).stdout
OBJ=[
 {"ref":"refs/heads/main","before":"6113728f27ae82c7b1a177c8d03f9e96e0adf246","commits":[{"id":"a1","message":"Fix naïve café parsing — closes #42 & #43","author":{"name":"Renée Ångström","email":"r@example.com"},"added":[],"removed":[],"modified":["src/lib.rs"]}],"repository":{"id":186853002,"full_name":"Codertocat/Hello-World","html_url":"https://github.com/Codertocat/Hello-World","private":False,"size":0,"score":1.5},"pusher":{},"created":None},
 {"id":"evt_1PqR","object":"event","api_version":"2024-06-20","created":1721400000,"data":{"object":{"id":"in_1","amount_due":2000,"tax_percent":19.5,"hosted_invoice_url":"https://invoice.stripe.com/i/acct_1/test?s=ap","lines":{"data":[],"has_more":False},"metadata":{}}},"livemode":True,"pending_webhooks":1,"type":"invoice.finalized"},
 {"event":"payment.captured","payload":{"payment":{"entity":{"id":"pay_29QQoUBi66xm2f","amount":5000,"currency":"INR","notes":[],"fee":118.0,"description":"Tee <b>shirt</b> & mug","vpa":None,"contact":"+919876543210"}}},"contains":["payment"],"created_at":1567674606},
 {"type":"message","text":"Grüße 😀 / привет 日本語","ts":"1721400000.000100","blocks":[{"type":"rich_text","elements":[{"type":"emoji","name":"wave"}]}],"n":0.1,"big":9007199254740991,"neg":-12.75,"t":True,"f":False},
 {"action":"opened","number":7,"title":"say \"hi\"\tto\nall\\friends","labels":[{"name":"bug","color":"f29513"}],"ratio":0.25,"items":[1,2,3,[4,[5]]],"deep":{"a":{"b":{"c":[{}]}}}},
]
def enc(o,how):
    j=json.dumps(o,ensure_ascii=False).encode()
    return {
     'node':lambda:node('JSON.stringify(JSON.parse(s))',j),'node2':lambda:node('JSON.stringify(JSON.parse(s),null,2)',j),
     'php':lambda:php('json_encode(json_decode($s))',j),'phpu':lambda:php('json_encode(json_decode($s),JSON_UNESCAPED_SLASHES|JSON_UNESCAPED_UNICODE)',j),
     'phpp':lambda:php('json_encode(json_decode($s),JSON_PRETTY_PRINT)',j),'phps':lambda:php('json_encode(json_decode($s),JSON_UNESCAPED_SLASHES)',j),
     'phpa':lambda:php('json_encode(json_decode($s,true))',j),
     'ruby':lambda:ruby('JSON.generate(JSON.parse(s))',j),'rubyp':lambda:ruby('JSON.pretty_generate(JSON.parse(s))',j),
     'py':lambda:json.dumps(o).encode(),'pyu':lambda:json.dumps(o,ensure_ascii=False).encode(),'pyc':lambda:json.dumps(o,separators=(',',':')).encode(),
     'py4':lambda:json.dumps(o,indent=4).encode(),'pysort':lambda:json.dumps(o,sort_keys=True).encode(),
     'orjson':lambda:orjson.dumps(o),'orjson2':lambda:orjson.dumps(o,option=orjson.OPT_INDENT_2),'ujson':lambda:ujson.dumps(o).encode(),
     'simplejson':lambda:simplejson.dumps(o,separators=(',',':'),for_json=True).encode(),'jq':lambda:jq(['.'],j),'jqc':lambda:jq(['-c','.'],j),'jqtab':lambda:jq(['--tab','.'],j),'jqS':lambda:jq(['-cS','.'],j),'jqa':lambda:jq(['-ca','.'],j),
    }[how]()
def flask_reread(body,how):
    app=Flask(__name__); out={}
    @app.post('/in')
    def h():
        if how=='get_json': out['b']=json.dumps(request.get_json(force=True)).encode()
        if how=='jsonify': out['b']=app.json.dumps(request.get_json(force=True)).encode()
        if how=='text': out['b']=request.get_data(as_text=True).encode()
        if how=='strip': out['b']=request.get_data().strip()
        return 'ok'
    app.test_client().post('/in',data=body,content_type='application/json'); return out['b']
rows=[]
def hexd(k,m,d='sha256'): return hmac.new(k,m,d).hexdigest()
def b64d(k,m,d='sha256'): return base64.b64encode(hmac.new(k,m,d).digest()).decode()
def rnd(n): return ''.join(R.choice('abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789') for _ in range(n))
def rhex(n): return ''.join(R.choice('0123456789abcdef') for _ in range(n))
def w(n): return base64.b64encode(bytes(R.randrange(256) for _ in range(n))).decode()
T0=1780000000
def secret_for(p):
    if p in('svix','standard-webhooks','clerk','resend'): return 'whsec_'+w(24)
    if p=='stripe': return 'whsec_'+rnd(32)
    if p in('github','slack','shopify','line','razorpay','linear'): return rhex(32)
    return rnd(40)
def sign(p,sec,body,t,url='https://hooks.shop.example/webhooks/in',method='POST'):
    k=sec.encode()
    if p=='github': return [('X-GitHub-Event','push'),('X-GitHub-Delivery','72d3162e-cc78-11e3-81ab-4c9367dc0958'),('X-Hub-Signature-256','sha256='+hexd(k,body))]
    if p=='stripe': return [('Stripe-Signature',f't={t},v1={hexd(k,f"{t}.".encode()+body)},v0={rhex(64)}')]
    if p=='slack': return [('X-Slack-Request-Timestamp',str(t)),('X-Slack-Signature','v0='+hexd(k,f'v0:{t}:'.encode()+body))]
    if p=='shopify': return [('X-Shopify-Topic','orders/create'),('X-Shopify-Hmac-Sha256',b64d(k,body)),('X-Shopify-Shop-Domain','a.myshopify.com')]
    if p=='line': return [('x-line-signature',b64d(k,body))]
    if p=='razorpay': return [('X-Razorpay-Signature',hexd(k,body)),('x-razorpay-event-id','K1')]
    if p=='paddle': return [('Paddle-Signature',f'ts={t};h1={hexd(k,f"{t}:".encode()+body)}')]
    if p in('svix','clerk','resend'):
        kk=base64.b64decode(sec[6:]); i='msg_'+rnd(27); return [('svix-id',i),('svix-timestamp',str(t)),('svix-signature','v1,'+b64d(kk,f'{i}.{t}.'.encode()+body))]
    if p=='standard-webhooks':
        kk=base64.b64decode(sec[6:]); i='msg_'+rnd(27); return [('webhook-id',i),('webhook-timestamp',str(t)),('webhook-signature','v1,'+b64d(kk,f'{i}.{t}.'.encode()+body))]
    if p=='linear': return [('Linear-Signature',hexd(k,body))]
    if p=='square': return [('x-square-hmacsha256-signature',b64d(k,url.encode()+body))]
    if p=='twilio':
        f=urllib.parse.parse_qsl(body.decode(),keep_blank_values=True); return [('X-Twilio-Signature',b64d(k,(url+''.join(a+b for a,b in sorted(f))).encode(),'sha1'))]
    if p=='hubspot-v3': return [('X-HubSpot-Request-Timestamp',str(t*1000)),('X-HubSpot-Signature-v3',b64d(k,method.encode()+url.encode()+body+str(t*1000).encode()))]
    raise KeyError(p)
def add(name,provider,cause,secrets,headers,body,now=T0+3,url='https://hooks.shop.example/webhooks/in',cl=None,ct='application/json',scheme=None,host='hooks.shop.example',extra=(),sender=None):
    hs=[['Host',host],['User-Agent','Agent/2'],['Content-Type',ct],['Accept-Encoding','gzip']]+[list(h) for h in headers]+[list(h) for h in extra]
    if cl is not None: hs.append(['Content-Length',str(cl)])
    r=dict(id=f'{len(rows)+1:03}',name=name,provider=provider,cause=cause if isinstance(cause,list) else [cause],secrets=secrets if isinstance(secrets,list) else [secrets],method='POST',url=url,headers=hs,body_b64=base64.b64encode(body).decode(),now_unix=now)
    if scheme: r['scheme']=scheme
    rows.append(r)
P=['github','stripe','slack','shopify','line','razorpay','paddle','svix','standard-webhooks','linear']
# --- bodies parsed and written again
pairs=[('php','node'),('php','py'),('ruby','py'),('rubyp','node'),('node','py'),('node','pyu'),('node','php'),('node','phpp'),('node2','node'),('py','node'),('py','ruby'),('pyc','node'),('pyc','pyu'),('node','jq'),('node','jqc'),('phps','node'),('phpp','jqc'),('orjson','py'),('py4','orjson'),('node','ujson'),('php','ruby'),('jqa','node'),('pysort','orjson'),('phpu','php'),('rubyp','jq'),('node','jqtab'),('ruby','php'),('phpa','node'),('node','phpa'),('node','simplejson'),('orjson2','py4'),('py','jqc'),('pyu','pyc')]
for i,(a,b) in enumerate(pairs):
    p=P[i%len(P)]; o=OBJ[i%len(OBJ)]; sent=enc(o,a)
    prog={'node':lambda s:node('JSON.stringify(JSON.parse(s))',s),'py':lambda s:flask_reread(s,'get_json'),'pyu':lambda s:json.dumps(json.loads(s),ensure_ascii=False).encode(),'php':lambda s:php('json_encode(json_decode($s))',s),'phpp':lambda s:php('json_encode(json_decode($s),JSON_PRETTY_PRINT)',s),'ruby':lambda s:ruby('JSON.parse(s).to_json',s),'jq':lambda s:jq(['.'],s),'jqc':lambda s:jq(['-c','.'],s),'jqtab':lambda s:jq(['--tab','.'],s),'orjson':lambda s:orjson.dumps(orjson.loads(s)),'ujson':lambda s:ujson.dumps(ujson.loads(s)).encode(),'phpa':lambda s:php('json_encode(json_decode($s,true))',s),'simplejson':lambda s:simplejson.dumps(simplejson.loads(s)).encode(),'py4':lambda s:json.dumps(json.loads(s),indent=4).encode(),'pyc':lambda s:json.dumps(json.loads(s),separators=(',',':')).encode()}[b]
    got=prog(sent)
    if got==sent: continue
    s=secret_for(p); add(f'{a} sent, {b} verified',p,'body.json',s,sign(p,s,sent,T0),got,cl=len(sent) if i%3 else None)
o=OBJ[1]; s=secret_for('stripe'); sent=enc(o,'node2'); add('flask jsonify sorts',"stripe",'body.json',s,sign('stripe',s,sent,T0),flask_reread(sent,'jsonify'))
# --- around
for i,(nm,f,c) in enumerate([('strip',lambda b:b.strip(),'body.newline'),('crlf',lambda b:b.replace(b'\n',b'\r\n'),'body.newline'),('bom',lambda b:b'\xef\xbb\xbf'+b,'body.newline'),('trailing newline',lambda b:b+b'\n','body.newline'),('latin1',lambda b:b.decode('latin1').encode(),'body.charset'),('cp1252',lambda b:b.decode('cp1252','replace').encode(),'body.charset'),('to latin1',lambda b:b.decode().encode('latin1','replace'),'body.charset'),('html',lambda b:html.escape(b.decode()).encode(),'body.html'),('php htmlspecialchars',lambda b:php('htmlspecialchars($s,ENT_QUOTES)',b),'body.html'),('b64',lambda b:base64.b64encode(b),'body.base64'),('b64 mime',lambda b:base64.encodebytes(b),'body.base64'),('gzip',lambda b:gzip.compress(b),'body.compressed'),('deflate',lambda b:zlib.compress(b),'body.compressed'),('json string',lambda b:json.dumps(b.decode()).encode(),'body.envelope'),('node buffer',lambda b:node('JSON.stringify(s)',b),'body.envelope'),('uint8array',lambda b:node('JSON.stringify(new Uint8Array(s))',b),'body.envelope'),('object',lambda b:node('String(JSON.parse(s))',b),'body.object'),('inspect',lambda b:node('require("util").inspect(JSON.parse(s))',b),'body.object'),('py repr',lambda b:repr(json.loads(b)).encode(),'body.object'),('py bytes repr',lambda b:repr(b).encode(),'body.object'),('ruby inspect',lambda b:ruby('JSON.parse(s).inspect',b),'body.object'),('php print_r',lambda b:php('print_r(json_decode($s,true),true)',b),'body.object'),('empty',lambda b:b'','body.empty'),('undefined',lambda b:b'undefined','body.empty'),('null',lambda b:b'null','body.empty'),('cut',lambda b:b[:200],'body.truncated'),('ascii replace',lambda b:b.decode('ascii','replace').encode(),'body.charset'),('wrapped event',lambda b:b'{"event":'+b+b'}','body.envelope'),('sns',lambda b:json.dumps({"Type":"Notification","MessageId":"x","TopicArn":"arn","Message":b.decode(),"Timestamp":"2026"}).encode(),'body.envelope'),('n8n',lambda b:json.dumps([{"headers":{},"params":{},"query":{},"body":json.loads(b)}]).encode(),None)]):
    if c is None: continue
    p=P[i%len(P)]; ob=OBJ[3] if c=='body.charset' else OBJ[(i+1)%len(OBJ)]
    if nm in('latin1','cp1252','to latin1'): ob=OBJ[0]
    sent=enc(ob,'pyu' if 'charset' in c or i%2 else 'node2')
    if nm=='strip': sent+=b'\n'
    got=f(sent)
    if got==sent: continue
    s=secret_for(p); add(nm,p,c,s,sign(p,s,sent,T0),got,cl=len(sent) if i%2 else None,extra=[('Content-Encoding','gzip')] if nm=='gzip' else [])
# Lambda
for i,p in enumerate(['github','stripe','svix']):
    sent=enc(OBJ[i],'node'); s=secret_for(p); hs=sign(p,s,sent,T0)
    ev={"version":"2.0","routeKey":"POST /x","rawPath":"/x","rawQueryString":"","headers":{a.lower():b for a,b in hs},"requestContext":{"http":{"method":"POST","path":"/x"}},"body":base64.b64encode(sent).decode() if i else sent.decode(),"isBase64Encoded":bool(i)}
    add('lambda event',p,'body.envelope',s,hs,json.dumps(ev).encode())
# forms
form=[('token','abc DEF+ghi'),('team_domain','example'),('text','50% off! *bold* ~x~ (y) Grüße'),('response_url','https://hooks.slack.com/commands/T1/1/x'),('empty','')]
raw=urllib.parse.urlencode(form).encode(); s=secret_for('slack'); ct='application/x-www-form-urlencoded'
for nm,b in [('qs stringify',node('new URLSearchParams(s.toString()).toString().replace(/\\+/g,"%20")',raw)),('node querystring',node('require("querystring").stringify(require("querystring").parse(s.toString()))',raw)),('php http_build_query rfc3986',php('(function($s){parse_str($s,$a);return http_build_query($a,"","&",PHP_QUERY_RFC3986);})($s)',raw)),('as JSON',node('JSON.stringify(require("querystring").parse(s.toString()))',raw)),('python dict json',json.dumps(dict(form)).encode()),('unquote_plus',urllib.parse.unquote_plus(raw.decode()).encode())]:
    if b!=raw: add('form '+nm,'slack','body.form',s,sign('slack',s,raw,T0),b,ct=ct,cl=len(raw) if nm!='as JSON' else None)
pl=enc(OBJ[0],'node'); raw=b'payload='+urllib.parse.quote_plus(pl.decode()).encode(); s=secret_for('github')
add('github form payload','github','body.form',s,sign('github',s,raw,T0),pl,ct=ct,cl=len(raw))
add('github form payload parsed and stringified','github','body.form',s,sign('github',s,raw,T0),node('JSON.stringify({payload:new URLSearchParams(s.toString()).get("payload")})',raw),ct=ct)
# secrets
B=enc(OBJ[1],'node')
def sec(nm,p,f,c,extra=()):
    s=secret_for(p); add('secret '+nm,p,c,[f(s),*extra],sign(p,s,B,T0),B,cl=len(B))
for i,(nm,f,c) in enumerate([('newline',lambda s:s+'\n','secret.whitespace'),('tab',lambda s:'\t'+s,'secret.whitespace'),('two newlines',lambda s:s+'\n\n','secret.whitespace'),('zwsp',lambda s:s+'\u200b','secret.whitespace'),('bom',lambda s:'\ufeff'+s,'secret.whitespace'),('literal \\n',lambda s:s+'\\n','secret.whitespace'),('soft hyphen inside',lambda s:s[:12]+'\u00ad'+s[12:],'secret.whitespace'),('crlf inside',lambda s:s[:20]+'\r\n'+s[20:],'secret.whitespace'),('dq',lambda s:f'"{s}"','secret.quotes'),('sq',lambda s:f"'{s}'",'secret.quotes'),('smart',lambda s:f'“{s}”','secret.quotes'),('half',lambda s:s+'"','secret.quotes'),('export',lambda s:'export HOOK_SECRET='+s,'secret.quotes'),('yaml',lambda s:'secret: '+s,'secret.quotes'),('semicolon',lambda s:s+';','secret.quotes'),('backtick',lambda s:f'`{s}`','secret.quotes'),('escaped quotes',lambda s:f'\\"{s}\\"','secret.quotes'),('name="v"',lambda s:f'WEBHOOK_SECRET="{s}"','secret.quotes'),('b64',lambda s:base64.b64encode(s.encode()).decode(),'secret.form'),('b64 nl',lambda s:base64.b64encode((s+'\n').encode()).decode(),'secret.form'),('b64 twice',lambda s:base64.b64encode(base64.b64encode(s.encode())).decode(),'secret.form'),('hex of text',lambda s:s.encode().hex(),'secret.form'),('urlenc',lambda s:urllib.parse.quote('x',safe='') and ''.join('%%%02X'%c for c in s.encode()),'secret.form'),('json',lambda s:json.dumps({"username":"hook","secret":s}),'secret.envelope'),('json nested',lambda s:json.dumps({"data":{"WEBHOOK_SECRET":s}}),'secret.envelope'),('upper',lambda s:s.upper(),'secret.case')]):
    if c=='secret.case': p=['github','linear','shopify'][i%3]
    else: p=P[i%len(P)]
    sec(nm,p,f,c)
sec('0x','github',lambda s:'0x'+s,'secret.prefix'); sec('whsec missing','stripe',lambda s:s[6:],'secret.prefix'); sec('whsec twice','svix',lambda s:'whsec_'+s,'secret.prefix'); sec('whsec added','github',lambda s:'whsec_'+s,'secret.prefix'); sec('bearer','linear',lambda s:'Bearer '+s,'secret.prefix')
sec('hex of key','svix',lambda s:base64.b64decode(s[6:]).hex(),'secret.form'); sec('urlsafe','standard-webhooks',lambda s:s.replace('+','-').replace('/','_'),'secret.form' )
for p,v in [('stripe','sk_live_'+rnd(24)),('stripe','we_1'+rnd(22)),('github','ghp_'+rnd(36)),('slack','xoxb-1234-'+rnd(24)),('paddle','your_webhook_secret_here'),('shopify','shpat_'+rhex(32)),('stripe','whsec_••••••••'),('svix','${SVIX_SECRET}')]:
    s=secret_for(p); add('kind '+v[:8],p,'secret.kind',v,sign(p,s,B,T0),B,cl=len(B))
for p in('stripe','shopify','svix'):
    s=secret_for(p); add('other secret',p,'secret.other',[secret_for(p),secret_for('github'),s],sign(p,s,B,T0),B,cl=len(B))
for p in('github','stripe'):
    s=secret_for(p); add('other secret with newline',p,['secret.other','secret.whitespace'],[secret_for(p),s+'\n'],sign(p,s,B,T0),B)
# sender-side hash/utf16
s=rhex(32); add('sender keys with utf-16','linear','secret.form',s,[('Linear-Signature',hexd(s.encode('utf-16le'),B))],B)
s=rhex(64); add('sender decodes hex','linear','secret.form',s,[('Linear-Signature',hexd(bytes.fromhex(s),B))],B)
s=rhex(32); add('sender keys with sha256 of it','linear','secret.form',s,[('Linear-Signature',hexd(hashlib.sha256(s.encode()).digest(),B))],B)
# time
for p,d in [('stripe',301),('slack',3600),('svix',-1000),('paddle',86400*3),('stripe',-7200),('standard-webhooks',5400),('slack',-301)]:
    s=secret_for(p); add(f'time {d}',p,'time.old' if d>0 else 'time.ahead',s,sign(p,s,B,T0),B,now=T0+d,cl=len(B))
s=rnd(40); t=T0*1000; add('ms for s','custom','time.unit',s,[('X-Acme-Signature',f't={t},v1={hexd(s.encode(),f"{t}.".encode()+B)}')],B,scheme={'headers':'X-Acme-Signature: t={timestamp},v1={hex}','covers':'{timestamp}.{body}'})
s=rnd(40); t=T0; add('s for ms','custom','time.unit',s,[('X-Acme-Time',str(t)),('X-Acme-Signature',hexd(s.encode(),f"{t}.".encode()+B))],B,scheme={'headers':['X-Acme-Time: {timestamp:ms}','X-Acme-Signature: {hex}'],'covers':'{timestamp}.{body}'})
s=rnd(40); add('rfc3339 rewritten as unix','custom','time.rewritten',s,[('X-Acme-Time',str(T0)),('X-Acme-Signature',hexd(s.encode(),(time.strftime('%Y-%m-%dT%H:%M:%SZ',time.gmtime(T0))+'.').encode()+B))],B,scheme={'headers':['X-Acme-Time: {timestamp}','X-Acme-Signature: {hex}'],'covers':'{timestamp}.{body}'})
# headers
def hd(nm,p,c,f,cl=True):
    s=secret_for(p); add('header '+nm,p,c,s,f(sign(p,s,B,T0)),B,cl=len(B) if cl else None)
def cgi(hs): return [('HTTP_'+a.upper().replace('-','_'),b) for a,b in hs]
hd('cgi','stripe','header.renamed',cgi); hd('cgi','svix','header.renamed',cgi); hd('underscore','slack','header.renamed',lambda hs:[(a.replace('-','_'),b) for a,b in hs])
hd('remapped','github','header.renamed',lambda hs:[('x-amzn-remapped-'+a.lower(),b) for a,b in hs]); hd('own name','linear','header.renamed',lambda hs:[('X-Original-Sig',hs[0][1])])
hd('dropped','shopify','header.missing',lambda hs:hs[:1]); hd('ts dropped','slack','header.missing',lambda hs:hs[1:]); hd('all dropped','paddle','header.missing',lambda hs:[])
hd('twice','github','header.repeated',lambda hs:hs+[hs[2]]); hd('joined','linear','header.repeated',lambda hs:[(hs[0][0],hs[0][1]+', '+hs[0][1])]); hd('ts twice','svix','header.repeated',lambda hs:hs+[hs[1]])
hd('quoted','line','header.value',lambda hs:[(a,f'"{b}"') for a,b in hs]); hd('percent','shopify','header.value',lambda hs:[(a,urllib.parse.quote(b,safe='')) if 'Hmac' in a else (a,b) for a,b in hs])
hd('percent stripe','stripe','header.value',lambda hs:[(a,urllib.parse.quote(b,safe='')) for a,b in hs]); hd('lower','line','header.value',lambda hs:[(a,b.lower()) for a,b in hs]); hd('cut','razorpay','header.value',lambda hs:[(a,b[:48] if 'Sig' in a else b) for a,b in hs])
hd('prefix lost','github','header.value',lambda hs:hs[:2]+[(hs[2][0],hs[2][1][7:])]); hd('prefix lost','slack','header.value',lambda hs:[hs[0],(hs[1][0],hs[1][1][3:])]); hd('prefix upper','github','header.value',lambda hs:hs[:2]+[(hs[2][0],hs[2][1].replace('sha256','SHA256'))])
hd('padding lost','line','header.value',lambda hs:[(a,b.rstrip('=')) for a,b in hs])
# schemes
def cs(nm,c,hdr,cov,make,**k):
    s=rnd(40); add('scheme '+nm,'custom',c,s,make(s.encode()),B,scheme=dict(headers=hdr,covers=cov,**k))
cs('v0 missing','scheme.content',['X-A-Time: {timestamp}','X-A-Sig: {hex}'],'{timestamp}.{body}',lambda k:[('X-A-Time',str(T0)),('X-A-Sig',hexd(k,f'v0:{T0}:'.encode()+B))])
cs('order','scheme.content',['X-A-Time: {timestamp}','X-A-Sig: {hex}'],'{timestamp}.{body}',lambda k:[('X-A-Time',str(T0)),('X-A-Sig',hexd(k,B+f'.{T0}'.encode()))])
cs('id forgotten','scheme.content',['X-A-Time: {timestamp}','X-A-Sig: {base64}'],'{timestamp}.{body}',lambda k:[('X-A-Id','evt_9'),('X-A-Time',str(T0)),('X-A-Sig',b64d(k,f'evt_9.{T0}.'.encode()+B))])
cs('newline sep','scheme.content','X-A-Sig: t={timestamp},v1={hex}','{timestamp}.{body}',lambda k:[('X-A-Sig',f't={T0},v1='+hexd(k,f'{T0}\n'.encode()+B))])
cs('body only','scheme.content',['X-A-Time: {timestamp}','X-A-Sig: {hex}'],'{timestamp}.{body}',lambda k:[('X-A-Time',str(T0)),('X-A-Sig',hexd(k,B))])
cs('method and path','scheme.content',['X-A-Time: {timestamp}','X-A-Sig: {hex}'],'{timestamp}.{body}',lambda k:[('X-A-Time',str(T0)),('X-A-Sig',hexd(k,f'{T0}POST/webhooks/in'.encode()+B))])
cs('sha512','scheme.digest','X-A-Sig: {hex}','{body}',lambda k:[('X-A-Sig',hexd(k,B,'sha512'))]); cs('sha1','scheme.digest','X-A-Sig: {hex}','{body}',lambda k:[('X-A-Sig',hexd(k,B,'sha1'))]); cs('sha256 for 512','scheme.digest','X-A-Sig: {base64}','{body}',lambda k:[('X-A-Sig',b64d(k,B))],digest='sha512')
cs('base64','scheme.encoding','X-A-Sig: {hex}','{body}',lambda k:[('X-A-Sig',b64d(k,B))]); cs('hex','scheme.encoding','X-A-Sig: sha256={base64}','{body}',lambda k:[('X-A-Sig','sha256='+hexd(k,B))]); cs('base64url','scheme.encoding','X-A-Sig: {base64}','{body}',lambda k:[('X-A-Sig',base64.urlsafe_b64encode(hmac.new(k,B,'sha256').digest()).decode().rstrip('='))])
# providers
for p,q in [('stripe','github'),('github','stripe'),('svix','standard-webhooks'),('shopify','razorpay'),('slack','svix'),('linear','paddle')]:
    s=secret_for(q); add(f'{q} sent to {p}',p,'provider.other',s,sign(q,s,B,T0),B,cl=len(B))
# urls
U='https://hooks.shop.example/webhooks/in'
for nm,signed,conf,host,ex in [('http','https://hooks.shop.example/webhooks/in','http://hooks.shop.example/webhooks/in','hooks.shop.example',[]),('internal host','https://hooks.shop.example/webhooks/in','http://10.0.0.7:8080/webhooks/in','10.0.0.7:8080',[('X-Forwarded-Host','hooks.shop.example'),('X-Forwarded-Proto','https')]),('slash','https://hooks.shop.example/webhooks/in/',U,'hooks.shop.example',[]),('port','https://hooks.shop.example/webhooks/in','https://hooks.shop.example:443/webhooks/in','hooks.shop.example',[]),('prefix','https://hooks.shop.example/api/webhooks/in',U,'hooks.shop.example',[('X-Forwarded-Prefix','/api')])]:
    for p in('square','hubspot-v3'):
        s=secret_for(p); add('url '+nm,p,'url',s,sign(p,s,B,T0,signed),B,url=conf,host=host,extra=ex)
    s=secret_for('twilio'); fb=urllib.parse.urlencode([('CallSid','CA1'),('From','+14155551212'),('Digits','1')]).encode()
    add('url '+nm,'twilio','url',s,sign('twilio',s,fb,T0,signed),fb,url=conf,host=host,extra=ex,ct=ct)
# pairs
for i,(f,c) in enumerate([(lambda s:s+'\n','secret.whitespace'),(lambda s:f'"{s}"','secret.quotes'),(lambda s:base64.b64encode(s.encode()).decode(),'secret.form')]):
    p=P[i]; sent=enc(OBJ[i],'php'); s=secret_for(p); add('pair',p,['body.json',c],f(s),sign(p,s,sent,T0),node('JSON.stringify(JSON.parse(s))',sent),cl=len(sent) if i else None)
    p=P[i+1]; s=secret_for(p); add('pair time',p,[c,'time.old'] if p in('stripe','slack') else [c],f(s),sign(p,s,B,T0),B,now=T0+4000)
    p=P[i+3]; s=secret_for(p); add('pair header',p,['header.renamed',c],f(s),cgi(sign(p,s,B,T0)),B)
    p=P[i+5]; s=secret_for(p); add('pair b64',p,['body.base64',c],f(s),sign(p,s,B,T0),base64.b64encode(B))
# none
for i in range(30):
    p=P[i%len(P)]; s=secret_for(p); hs=sign(p,s,B,T0); b=B
    k=i%6
    if k==0: s=secret_for(p)
    if k==1: b=B.replace(b'2000',b'9000')
    if k==2: b=B[:-1]+b',"admin":true}'
    if k==3: hs=sign(p,secret_for(p),B,T0)
    if k==4: b=B.replace(b'"livemode":true,',b'')
    if k==5: b=b'{"x":1,'+B[1:]
    add(f'none {k}',p,'none',s,hs,b,cl=len(b))
open('second.jsonl','w').write(''.join(json.dumps(r,ensure_ascii=False)+'\n' for r in rows))
print(len(rows))
