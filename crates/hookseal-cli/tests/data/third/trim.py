"""Makes third.jsonl and third-altered.jsonl of what generate.py wrote: python3 trim.py FOLDER OUT. Keeps what the test needs,
and of the bodies over 8 KiB only two."""
import base64, json, os, sys
KEEP = ['id', 'provider', 'scheme', 'secrets', 'method', 'url', 'headers', 'body_b64', 'now_unix', 'cause', 'also_true', 'lossy', 'software', 'name']
folder, out = sys.argv[1:3]
for source, target in (('accidents3', 'third'), ('altered3', 'third-altered')):
    large = 2
    with open(f'{out}/{target}.jsonl', 'w') as f:
        for line in open(f'{folder}/{source}.jsonl'):
            row = json.loads(line)
            if len(base64.b64decode(row['body_b64'])) > 8192:
                large -= 1
                if large < 0: continue
            keep = [name for name in KEEP if row.get(name) or name in ('url', 'body_b64')]
            f.write(json.dumps({name: row[name] for name in keep}, ensure_ascii=False, separators=(',', ':')) + '\n')
