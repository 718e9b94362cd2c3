"""`python answer.py LIBRARY`: a question a line in, what that PyPI library answers out (see ../README.md)."""

import base64
import hashlib
import hmac
import json
import sys
import urllib.parse

import judge

# Each function loads a library and gives what answers a question: a status, and a body as text or as JSON.


def pywa():
    from pywa import WhatsApp

    def answer(r):
        app = WhatsApp(phone_id="1", token="t", server=None, verify_token=r.verify_token)
        return app.webhook_challenge_handler(r.query.get("hub.verify_token"), r.query.get("hub.challenge"))[::-1]

    return answer


def python_hmac():
    """Python's own HMAC, after the providers' documentation."""

    def answer(r):
        mac = lambda text: hmac.new(r.secret.encode(), text.encode(), hashlib.sha256).digest()
        if r.provider == "x":
            return 200, {"response_token": "sha256=" + base64.b64encode(mac(r.query["crc_token"])).decode()}
        if r.provider == "linkedin":
            code = r.query["challengeCode"]
            return 200, {"challengeCode": code, "challengeResponse": mac(code).hex()}
        token = json.loads(r.body)["payload"]["plainToken"]
        content = f"v0:{r.headers['x-zm-request-timestamp']}:{r.body.decode()}"
        if not hmac.compare_digest(r.headers["x-zm-signature"], f"v0={mac(content).hex()}"):
            return 401, "refused"
        return 200, {"plainToken": token, "encryptedToken": mac(token).hex()}

    return answer


LIBRARIES = {load.__name__: load for load in (pywa, python_hmac)}


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in LIBRARIES:
        sys.exit(f"usage: python answer.py {'|'.join(LIBRARIES)} < requests.jsonl")
    answer = LIBRARIES[sys.argv[1]]()
    for line in sys.stdin:
        request = judge.Request(line)
        fields = json.loads(line)
        request.provider, request.verify_token = fields["provider"], fields.get("verify_token")
        request.query = dict(urllib.parse.parse_qsl(urllib.parse.urlsplit(fields["url"]).query))
        try:
            status, body = answer(request)
            text = body if isinstance(body, str) else json.dumps(body)
            said = {"status": int(status), "headers": {}, "body_b64": base64.b64encode(text.encode()).decode()}
        except Exception as error:
            said = {"error": f"{type(error).__name__}: {error}"[:300]}
        print(json.dumps(said), flush=True)


if __name__ == "__main__":
    main()
