"""`python judge.py LIBRARY`: one request a line in, one verdict of that PyPI library a line out (see ../README.md)."""

import base64
import datetime
import json
import sys
import time

NOW = 0
time.time = lambda: float(NOW)


class Datetime(datetime.datetime):
    """For libraries that ask the class, not `time.time`."""

    @classmethod
    def now(cls, tz=None):
        return cls.fromtimestamp(NOW, tz)


class Request:
    """A request of the protocol in the shapes that libraries ask for."""

    def __init__(self, line):
        fields = json.loads(line)
        self.secret = fields["secret"]
        self.headers = {name.lower(): value for name, value in fields["headers"].items()}
        self.body = base64.b64decode(fields["body_b64"])
        self.text = self.body.decode("utf-8", "replace")
        self.now = fields["now_unix"]


def accepted_before_json(check):
    """Runs `check`; JSON is read after the signature was accepted, so an error in it is no refusal."""
    try:
        check()
    except json.JSONDecodeError:
        pass
    return True


def returns_nothing(check):
    """For functions that answer with an exception alone."""
    check()
    return True


# Each function loads a library and gives what judges a request with it: True, or anything else for a refusal.


def anthropic():
    import standardwebhooks.webhooks
    from anthropic import Anthropic

    standardwebhooks.webhooks.datetime = Datetime
    webhooks = Anthropic(api_key="key").beta.webhooks
    return lambda r: accepted_before_json(lambda: webhooks.unwrap(r.text, headers=r.headers, key=r.secret))


def authweave_webhooks():
    import asyncio

    from authweave_webhooks import Ed25519PublicKey, PublicKeyDocument, StandardWebhooksVerifier, StaticPublicKeyResolver

    identity = {"environment": "test", "owner": "owner", "endpoint": "endpoint"}

    def judge(r):
        keys = (Ed25519PublicKey(base64.b64decode(r.secret.removeprefix("whpk_"))),)
        document = PublicKeyDocument(version="1", not_before=0, retire_after=None, keys=keys, **identity)
        # Each request is judged alone, so nothing is a replay.
        verifier = StandardWebhooksVerifier(
            StaticPublicKeyResolver(document), replay_store=None, time_source=lambda: r.now,
            **{f"expected_{name}": value for name, value in identity.items()},
        )
        return returns_nothing(lambda: asyncio.run(verifier._verify(headers=r.headers, body=r.body)))

    return judge


def elevenlabs():
    from elevenlabs.client import ElevenLabs

    webhooks = ElevenLabs(api_key="key").webhooks
    return lambda r: accepted_before_json(
        lambda: webhooks.construct_event(r.text, r.headers.get("elevenlabs-signature"), r.secret)
    )


def gocardless_pro():
    from gocardless_pro import webhooks
    from gocardless_pro.errors import InvalidSignatureError

    def judge(r):
        try:
            webhooks.parse(r.body, r.secret, r.headers.get("webhook-signature"))
        except InvalidSignatureError:
            raise
        except (ValueError, TypeError, KeyError):
            # It reads `events` from the JSON after the signature; a missing signature is a TypeError of its own.
            return "webhook-signature" in r.headers
        return True

    return judge


def line_bot_sdk():
    from linebot.v3.webhook import SignatureValidator

    return lambda r: SignatureValidator(r.secret).validate(r.text, r.headers.get("x-line-signature"))


def openai():
    from openai import OpenAI

    webhooks = OpenAI(api_key="key").webhooks
    return lambda r: returns_nothing(lambda: webhooks.verify_signature(r.body, r.headers, secret=r.secret))


def pywa():
    from pywa.utils import webhook_updates_validator

    return lambda r: webhook_updates_validator(r.secret, r.body, r.headers["x-hub-signature-256"])


def razorpay():
    from razorpay.utility import Utility

    return lambda r: Utility().verify_webhook_signature(r.text, r.headers.get("x-razorpay-signature"), r.secret)


def slack_sdk():
    from slack_sdk.signature import SignatureVerifier

    return lambda r: SignatureVerifier(r.secret).is_valid_request(r.body, r.headers)


def standardwebhooks():
    import standardwebhooks.webhooks as library

    library.datetime = Datetime
    return lambda r: accepted_before_json(lambda: library.Webhook(r.secret).verify(r.body, r.headers))


def stripe():
    from stripe import WebhookSignature

    return lambda r: WebhookSignature.verify_header(r.body, r.headers.get("stripe-signature"), r.secret, 300)


def svix():
    import standardwebhooks.webhooks as below
    from svix.webhooks import Webhook

    below.datetime = Datetime
    return lambda r: accepted_before_json(lambda: Webhook(r.secret).verify(r.body, r.headers))


LIBRARIES = {
    load.__name__: load
    for load in (
        anthropic, authweave_webhooks, elevenlabs, gocardless_pro, line_bot_sdk, openai, pywa, razorpay, slack_sdk, standardwebhooks,
        stripe, svix,
    )
}


def main():
    global NOW
    if len(sys.argv) != 2 or sys.argv[1] not in LIBRARIES:
        sys.exit(f"usage: python judge.py {'|'.join(LIBRARIES)} < requests.jsonl")
    judge = LIBRARIES[sys.argv[1]]()
    for line in sys.stdin:
        request = Request(line)
        NOW = request.now
        try:
            answer = judge(request)
            verdict = "valid" if answer is True else f"invalid: {answer}"
        except Exception as error:
            verdict = f"invalid: {type(error).__name__}: {error}"
        print(" ".join(verdict.split())[:200], flush=True)


if __name__ == "__main__":
    main()
