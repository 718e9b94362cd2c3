"""The questions that we ask are put to other people's libraries, and their answers are judged by us; and our answers are held
against theirs. `README.md` says what the figures mean."""

import base64
import json
import secrets
import subprocess
import sys
import time
import urllib.parse
import uuid

# Who answers the questions of a provider. `python_hmac` is Python's own HMAC, after the documentation.
ANSWERERS = {
    "slack": ["slack-bolt.mjs"],
    "twitch": ["twurple.mjs"],
    "zoom": ["zoom-rivet.mjs", "python_hmac.py"],
    "meta": ["pywa.py"],
    "x": ["python_hmac.py"],
    "linkedin": ["python_hmac.py"],
}

# No library on npm or PyPI was found that answers these by itself, so that it could be run here.
NOBODY = {
    "microsoft-graph": "neither @microsoft/microsoft-graph-client nor msgraph-core reads a validation token",
    "xero": "xero-python and xero-node leave the check to their users",
}

def has_challenge(question, said):
    decoded = lambda message: json.loads(base64.b64decode(message["body_b64"]))
    return decoded(said) == {"challenge": decoded(question)["challenge"]}


# Right answers that are not those of our handshake.
OTHERWISE = {
    ("slack", "slack-bolt.mjs"): (has_challenge, "in JSON, which Slack takes too; our handshake has the text"),
}

SECRET, OTHER, TOKEN = "a secret of twenty-some bytes", "another secret of twenty bytes", "a-verify-token-of-my-own"
URL = "https://hooks.example.com/hook"
ROUNDS = 25


class Asker:
    """`conformance ask`: a question, then the verdict on its answer."""

    def __init__(self, tool):
        self.process = subprocess.Popen([tool, "ask"], stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True)

    def say(self, value):
        self.process.stdin.write(json.dumps(value) + "\n")
        self.process.stdin.flush()
        return self.process.stdout.readline().strip()

    def close(self):
        self.process.stdin.close()
        self.process.wait()


def random_question(provider):
    """A question that nobody signs, made here."""
    if provider == "x":
        token = base64.b64encode(secrets.token_bytes(24)).decode()
        return f"{URL}?{urllib.parse.urlencode({'crc_token': token, 'nonce': '7'})}"
    return f"{URL}?{urllib.parse.urlencode({'challengeCode': str(uuid.uuid4()), 'applicationId': '7'})}"


def compare(tool, work, here, ask):
    asker, failures, rows = Asker(tool), [], []
    for provider, libraries in ANSWERERS.items():
        for library in libraries:
            name, kind = library.rsplit(".", 1)
            start = {
                "mjs": ["node", work / "answer.mjs", name],
                "py": [work / "venv/bin/python", here / "verify/answer.py", name],
            }[kind]
            answer = lambda question, secret=SECRET: json.loads(
                ask([str(part) for part in start], [{**question, "provider": provider, "secret": secret,
                                                     "verify_token": TOKEN, "now_unix": int(time.time())}])[0])
            passed = refused = same = 0
            explained = None
            for _ in range(ROUNDS):
                question = json.loads(
                    asker.say({"provider": provider, "secret": SECRET, "url": URL, "verify_token": TOKEN}))
                said = answer(question)
                verdict = asker.say(said) if "status" in said else said
                if verdict == "failed" and (provider, library) in OTHERWISE:
                    other, reason = OTHERWISE[provider, library]
                    verdict, explained = ("passed", reason) if other(question, said) else (verdict, explained)
                passed += verdict == "passed"
                if verdict != "passed":
                    failures.append(f"{provider} by {library}: {verdict}: {said}: {question}")
                    break
                # The library has another secret, or was given another token.
                if provider == "meta":
                    question["url"] = question["url"].replace(TOKEN, "another-token-of-20b")
                said = answer(question, OTHER)
                verdict = asker.say(said) if "status" in said else "refused"
                if verdict == "passed":
                    failures.append(f"{provider} by {library}: with another secret: {said}")
                refused += verdict != "passed"
                if provider in ("x", "linkedin"):
                    asked = {"method": "GET", "url": random_question(provider), "headers": {}, "body_b64": ""}
                    ours = {**asked, "provider": provider, "secret": SECRET, "now_unix": int(time.time())}
                    ours, theirs = json.loads(ask([str(tool), "answer"], [ours])[0]), answer(asked)
                    bodies = [json.loads(base64.b64decode(said["body_b64"])) for said in (ours, theirs)]
                    same += bodies[0] == bodies[1]
                    if bodies[0] != bodies[1]:
                        failures.append(f"{provider} by {library}: we answer {bodies[0]}, it {bodies[1]}: {asked}")
            if (provider, library) in OTHERWISE and explained is None:
                failures.append(f"{provider} by {library}: this difference did not occur")
            rows.append((provider, library, passed, refused, same, explained))
    asker.close()
    print(f"\n{'provider':12} {'answered by':18} {'passed':>8} {'refused':>8} {'same':>6}")
    for provider, library, passed, refused, same, explained in rows:
        print(f"{provider:12} {library:18} {passed:8} {refused:8} {same:6}  {explained or ''}".rstrip())
    for provider, reason in NOBODY.items():
        print(f"  not judged: {provider}: {reason}")
    for failure in failures:
        print(f"  FAILURE: {failure[:1500]}", file=sys.stderr)
    return 1 if failures or not rows else 0
