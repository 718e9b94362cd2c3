"""What real tools make of a secret. Each function: secret -> text as it would be configured."""
import subprocess, os, json, base64, hashlib, html, re
import services
W = services.W; HERE = services.HERE; PYV = f'{W}/venv/bin/python'
def run(cmd, inp=b'', env=None, shell=False):
    e = dict(os.environ, LC_ALL='C.UTF-8', **(env or {}))
    r = subprocess.run(cmd, input=inp, capture_output=True, env=e, cwd=W)
    if r.returncode: raise RuntimeError((cmd, r.stderr[-400:]))
    return r.stdout
def sh(script, s, **env): return run(['bash', '-c', script], env=dict(S=s, **env)).decode('utf-8', 'surrogateescape')
def node(code, s, raw=False): o = run(['node', '-e', code], env=dict(S=s), ); return o.decode()
def py(code, s, **env): return run([PYV, '-c', code], env=dict(S=s, PYTHONIOENCODING='utf-8', **env)).decode()
def php(code, s): return run(['php', '-r', code], env=dict(S=s)).decode()
nodeb = lambda code, s: run(['node', '-e', code], env=dict(S=s), ).decode()
ND = "process.chdir(%r);const fs=require('fs');" % W
S = {
 # name: (cause, software, function)
 'echo_file': ('secret.whitespace', 'bash echo > file; Python read_text', lambda s: sh('echo "$S" > sec.txt', s) or py("import pathlib,sys;sys.stdout.write(pathlib.Path('sec.txt').read_text())", s)),
 'crlf_source': ('secret.whitespace', '.env with CRLF, sourced by bash', lambda s: sh("printf \"SECRET='%s'\\r\\n\" \"$S\" > crlf.env; . ./crlf.env; printf %s \"$SECRET\"", s)),
 'crlf_file': ('secret.whitespace', 'unix2dos; node readFileSync', lambda s: sh('echo "$S" > d.txt; unix2dos -q d.txt', s) or node(ND + "process.stdout.write(fs.readFileSync('d.txt','utf8'))", s)),
 'yaml_block': ('secret.whitespace', 'YAML block scalar, PyYAML', lambda s: py("import os,sys,yaml;sys.stdout.write(yaml.safe_load('secret: |\\n  '+os.environ['S']+'\\n')['secret'])", s)),
 'yaml_folded': ('secret.whitespace', 'YAML folded scalar over two lines, PyYAML', lambda s: py("import os,sys,yaml;s=os.environ['S'];h=len(s)//2;sys.stdout.write(yaml.safe_load('secret: >-\\n  '+s[:h]+'\\n  '+s[h:]+'\\n')['secret'])", s)),
 'toml': ('secret.whitespace', 'TOML multi-line string, tomllib', lambda s: py("import os,sys,tomllib;sys.stdout.write(tomllib.loads('s=\\'\\'\\'\\n'+os.environ['S']+'\\n\\'\\'\\'')['s'])", s)),
 'fold': ('secret.whitespace', 'fold -w 20 (wrapped terminal)', lambda s: sh('printf %s "$S" | fold -w 20', s)),
 'bom': ('secret.whitespace', 'UTF-8 BOM; node readFileSync', lambda s: sh("printf '\\xef\\xbb\\xbf%s' \"$S\" > bom.txt", s) or node(ND + "process.stdout.write(fs.readFileSync('bom.txt','utf8'))", s)),
 'nbsp': ('secret.whitespace', 'copied from HTML with &nbsp;, BeautifulSoup', lambda s: py("import os,sys;from bs4 import BeautifulSoup as B;sys.stdout.write(B('<code>'+os.environ['S']+'&nbsp;</code>','html.parser').text)", s)),
 'zwsp': ('secret.whitespace', 'copied from HTML with &#8203;, BeautifulSoup', lambda s: py("import os,sys;from bs4 import BeautifulSoup as B;s=os.environ['S'];sys.stdout.write(B('<td>'+s[:9]+'&#8203;'+s[9:]+'</td>','html.parser').text)", s)),
 'awk_blank': ('secret.whitespace', 'awk -F= on "SECRET= value"', lambda s: sh("printf 'SECRET= %s' \"$S\" | awk -F'SECRET=' '{printf \"%s\", $2}'", s)),
 'java_props': ('secret.whitespace', 'java.util.Properties, trailing blanks', lambda s: sh("printf 'webhook.secret=%s  \\n' \"$S\" > a.properties", s) or run(['java', '-Xmx64m', f'{HERE}/java/Props.java', 'a.properties', 'webhook.secret']).decode()),
 'echo_escape': ('secret.whitespace', "bash echo 'secret\\n' keeps the backslash", lambda s: sh("printf '%s' \"$(echo \"$S\"'\\n')\"", s)),
 'tsv': ('secret.whitespace', 'pasted from a spreadsheet, tab in front', lambda s: sh("printf 'name\\t%s' \"$S\" | sed 's/^name//'", s)),
 'env_dq': ('secret.quotes', 'env "$(cat .env)" as docker --env-file', lambda s: sh("printf 'SECRET=\"%s\"' \"$S\" > q.env; env \"$(cat q.env)\" printenv SECRET | tr -d '\\n'", s)),
 'env_sq': ('secret.quotes', "env \"$(cat .env)\" as docker --env-file, '", lambda s: sh("printf \"SECRET='%s'\" \"$S\" > q.env; env \"$(cat q.env)\" printenv SECRET | tr -d '\\n'", s)),
 'dotenv_smart': ('secret.quotes', 'dotenv (npm), typographic quotes', lambda s: sh("printf 'SECRET=“%s”\\n' \"$S\" > smart.env", s) or run(['node', '-e', "process.stdout.write(require('dotenv').parse(require('fs').readFileSync(%r)).SECRET)" % f'{W}/smart.env'], env={'NODE_PATH': f'{HERE}/node/node_modules'}).decode()),
 'pydotenv_backtick': ('secret.quotes', 'python-dotenv, backticks', lambda s: sh("printf 'SECRET=`%s`\\n' \"$S\" > bt.env", s) or py("import sys;from dotenv import dotenv_values;sys.stdout.write(dotenv_values('bt.env')['SECRET'])", s)),
 'configparser': ('secret.quotes', 'Python configparser', lambda s: py("import os,sys,configparser as c;p=c.RawConfigParser();p.read_string('[w]\\nsecret = \"'+os.environ['S']+'\"\\n');sys.stdout.write(p['w']['secret'])", s)),
 'json_stringify': ('secret.quotes', 'JSON.stringify of the secret', lambda s: node("process.stdout.write(JSON.stringify(process.env.S))", s)),
 'bytes_repr': ('secret.quotes', "Python str(bytes): b'…'", lambda s: py("import os,sys;sys.stdout.write(str(os.environ['S'].encode()))", s)),
 'grep_line': ('secret.quotes', 'grep SECRET= .env: the whole line', lambda s: sh("printf 'A=1\\nWEBHOOK_SECRET=%s\\n' \"$S\" > g.env; printf %s \"$(grep WEBHOOK_SECRET g.env)\"", s)),
 'export_line': ('secret.quotes', 'grep in a shell profile: export NAME="…"', lambda s: sh("printf 'export WEBHOOK_SECRET=\"%s\"\\n' \"$S\" > p.sh; printf %s \"$(grep SECRET p.sh)\"", s)),
 'stray_end': ('secret.quotes', 'sed takes the front off, the last quote stays', lambda s: sh("printf 'SECRET=\"%s\"' \"$S\" | sed 's/^SECRET=\"//'", s)),
 'trailing_comma': ('secret.quotes', 'cut out of a JSON file by awk: quotes and comma', lambda s: sh("printf '{\\n  \"secret\": \"%s\",\\n  \"a\": 1\\n}' \"$S\" | awk '/secret/{printf \"%s\", $2}'", s)),
 'base64': ('secret.form', 'base64 -w0 (Kubernetes data field)', lambda s: sh('printf %s "$S" | base64 -w0', s)),
 'base64twice': ('secret.form', 'base64 twice (stringData pasted into data, encoded again)', lambda s: sh('printf %s "$S" | base64 -w0 | base64 -w0', s)),
 'hex': ('secret.form', 'xxd -p', lambda s: sh('printf %s "$S" | xxd -p | tr -d "\\n"', s)),
 'hexupper': ('secret.form', 'od, upper case', lambda s: sh("printf %s \"$S\" | od -An -v -tx1 | tr -d ' \\n' | tr a-f A-F", s)),
 'whsec2hex': ('secret.form', 'base64 -d | xxd -p of a whsec_ secret', lambda s: sh('printf %s "${S#whsec_}" | base64 -d | xxd -p | tr -d "\\n"', s)),
 'whsec2url': ('secret.form', "Python urlsafe_b64encode of the whsec_ key", lambda s: py("import os,sys,base64 as b;sys.stdout.write('whsec_'+b.urlsafe_b64encode(b.b64decode(os.environ['S'][6:])).decode())", s)),
 'hex2b64': ('secret.form', 'xxd -r -p | base64', lambda s: sh('printf %s "$S" | xxd -r -p | base64 -w0', s)),
 'uri': ('secret.form', 'encodeURIComponent', lambda s: node("process.stdout.write(encodeURIComponent(process.env.S))", s)),
 'urlplus': ('secret.form', 'PHP urlencode', lambda s: php("echo urlencode(getenv('S'));", s)),
 'html': ('secret.form', 'PHP htmlspecialchars', lambda s: php("echo htmlspecialchars(getenv('S'));", s)),
 'utf16': ('secret.form', 'PowerShell-like UTF-16 file, read as Latin-1 by Node', lambda s: sh('printf %s "$S" | iconv -t UTF-16LE > u16.txt', s) or node(ND + "process.stdout.write(fs.readFileSync('u16.txt','latin1'))", s)),
 'sha256': ('secret.form', 'sha256sum (a stored hash for the secret)', lambda s: sh('printf %s "$S" | sha256sum | cut -c1-64 | tr -d "\\n"', s)),
 'base64url_of': ('secret.form', 'Node Buffer.toString("base64url")', lambda s: node("process.stdout.write(Buffer.from(process.env.S).toString('base64url'))", s)),
 'upper': ('secret.case', 'bash ${S^^}', lambda s: sh('printf %s "${S^^}"', s)),
 'lower': ('secret.case', 'bash ${S,,}', lambda s: sh('printf %s "${S,,}"', s)),
 'phpupper': ('secret.case', 'PHP strtoupper', lambda s: php("echo strtoupper(getenv('S'));", s)),
 'strip_whsec': ('secret.prefix', 'bash ${S#whsec_}', lambda s: sh('printf %s "${S#whsec_}"', s)),
 'cut_polar': ('secret.prefix', 'cut -d_ -f3-', lambda s: sh('printf %s "$S" | cut -d_ -f3- | tr -d "\\n"', s)),
 'cut_first': ('secret.prefix', 'cut -d_ -f2-', lambda s: sh('printf %s "$S" | cut -d_ -f2- | tr -d "\\n"', s)),
 'double_whsec': ('secret.prefix', 'template "whsec_${SECRET}" with a secret that has it', lambda s: sh('printf "whsec_%s" "$S"', s)),
 'v1_whsec': ('secret.prefix', 'v1,whsec_… as a dashboard shows it', lambda s: sh('printf "v1,%s" "$S"', s)),
 '0x': ('secret.prefix', 'Python hex()', lambda s: py("import os,sys;s=os.environ['S'];sys.stdout.write('0x'+f'{int(s,16):0{len(s)}x}')", s)),
 'aws': ('secret.envelope', 'AWS Secrets Manager key/value secret, json.dumps', lambda s: py("import os,sys,json;sys.stdout.write(json.dumps({'STRIPE_WEBHOOK_SECRET':os.environ['S']}))", s)),
 'awsmulti': ('secret.envelope', 'secret with several keys, JSON.stringify', lambda s: node("process.stdout.write(JSON.stringify({username:'hooks',webhookSecret:process.env.S,region:'eu-west-1'}))", s)),
 'awspretty': ('secret.envelope', 'jq . of a secret object', lambda s: sh("jq -n --arg s \"$S\" '{secret:$s}'", s)),
 'cliout': ('secret.envelope', 'whole output of get-secret-value', lambda s: py("import os,sys,json;sys.stdout.write(json.dumps({'Name':'prod/webhook','SecretString':json.dumps({'signing_secret':os.environ['S']}),'VersionStages':['AWSCURRENT']}))", s)),
 'json_array': ('secret.envelope', 'JSON list of secrets', lambda s: node("process.stdout.write(JSON.stringify([process.env.S]))", s)),
}
