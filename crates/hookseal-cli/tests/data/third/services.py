"""Starts and stops the real software on loopback ports; used by generate.py."""
import os, re, socket, subprocess, time, sys
HERE = os.path.dirname(os.path.abspath(__file__)); W = os.environ.get('THIRD_WORK') or HERE + '/target'
P = dict(NODE=27100, PY=27200, PHP=27300, RUBY=27320, GO=27340, JAVA=27360, N=27400, H=27420, A=27440)
P.update(UP=P['PY'] + 9, FLU=P['PY'] + 1, DJ=P['PY'] + 2, EX=P['NODE'] + 1, EXT=P['NODE'] + 2, FA=P['PY'] + 3, PH=P['PHP'], RB=P['RUBY'])
procs = []
def fill(name):
    t = open(f'{HERE}/conf/{name}').read(); v = dict(P, W=W, M=HERE)
    t = re.sub(r'@([A-Z]+)@', lambda m: str(v[m[1]]), t); p = f'{W}/{name}'; open(p, 'w').write(t); return p
def start():
    os.makedirs(W, exist_ok=True)
    if not os.path.exists(f'{W}/gocapture'): subprocess.check_call(['go', 'build', '-o', f'{W}/gocapture', '.'], cwd=f'{HERE}/go')
    if not os.path.exists(f'{W}/Capture.class'): subprocess.check_call(['javac', '-d', W, 'Capture.java'], cwd=f'{HERE}/java')
    log = open(f'{W}/services.log', 'w')
    def run(cmd, **k): procs.append(subprocess.Popen(['nice', '-n', '5'] + cmd, stdout=log, stderr=log, **k))
    run(['node', f'{HERE}/node/capture.js', str(P['NODE'])], cwd=f'{HERE}/node')
    run([f'{W}/venv/bin/python', f'{HERE}/python/capture.py', str(P['PY'])])
    run(['php', '-d', 'post_max_size=20M', '-d', 'display_errors=stderr', '-S', f'127.0.0.1:{P["PHP"]}', f'{HERE}/php/router.php'])
    run(['puma', '-b', f'tcp://127.0.0.1:{P["RUBY"]}', '-t', '1:2', '-q', f'{HERE}/ruby/config.ru'])
    run([f'{W}/gocapture', str(P['GO'])])
    run(['java', '-Xmx128m', '-cp', W, 'Capture', str(P['JAVA'])])
    run(['nginx', '-c', fill('nginx.conf')]); run(['haproxy', '-f', fill('haproxy.cfg')]); run(['apache2', '-DFOREGROUND', '-f', fill('apache.conf')])
    need = [P['NODE'] + i for i in range(10)] + [P['PY'] + i for i in range(10)] + [P[k] for k in ('PHP', 'RUBY', 'GO', 'JAVA', 'N', 'H', 'A')]
    for port in need:
        for _ in range(200):
            try: socket.create_connection(('127.0.0.1', port), 1).close(); break
            except OSError: time.sleep(.1)
        else: stop(); sys.exit(f'port {port} did not open; see {W}/services.log')
def stop():
    for p in procs:
        p.terminate()
    for p in procs:
        try: p.wait(5)
        except subprocess.TimeoutExpired: p.kill()
if __name__ == '__main__':
    start(); print('all up', flush=True)
    try: time.sleep(float(sys.argv[1]) if len(sys.argv) > 1 else 5)
    finally: stop()
