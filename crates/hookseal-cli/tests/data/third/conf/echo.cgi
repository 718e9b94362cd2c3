#!/usr/bin/python3
import os, sys, json, base64
b = sys.stdin.buffer.read(int(os.environ.get('CONTENT_LENGTH') or 0))
h = [[k, v] for k, v in os.environ.items() if k.startswith('HTTP_') or k in ('CONTENT_TYPE', 'CONTENT_LENGTH')]
if os.environ.get('PATH_INFO', '').startswith('/plain'):  # names as most CGI libraries show them
    h = [[k.replace('HTTP_', '').replace('_', '-').title(), v] for k, v in h]
sys.stdout.write('Content-Type: application/json\r\n\r\n' + json.dumps({'body_b64': base64.b64encode(b).decode(), 'headers': h, 'method': os.environ['REQUEST_METHOD'], 'url': os.environ['REQUEST_URI']}))
