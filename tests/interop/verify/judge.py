"""`python judge.py LIBRARY`: one request a line in, one verdict of that PyPI library a line out (see ../README.md)."""

import base64
import datetime
import json
import sys
import time
import urllib.parse

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
        self.method, self.url = fields["method"], fields["url"]
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


def anymail():
    from django.conf import settings

    settings.configure()
    from anymail.webhooks.mandrill import MandrillCombinedWebhookView
    from django.http import QueryDict

    class Received:
        def __init__(self, request):
            self.META = {f"HTTP_{name.upper().replace('-', '_')}": value for name, value in request.headers.items()}
            self.POST = QueryDict(request.text, encoding="utf-8")

    def judge(r):
        view = MandrillCombinedWebhookView(webhook_key=r.secret, webhook_url=r.url)
        return returns_nothing(lambda: view.validate_request(Received(r)))

    return judge


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


def hubspot():
    import hubspot.utils.signature as library

    library.datetime = Datetime
    return lambda r: library.Signature.is_valid(
        r.headers["x-hubspot-signature-v3"], r.secret, r.text, r.url, r.method, "v3",
        r.headers.get("x-hubspot-request-timestamp"),
    )


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


def squareup():
    from square.utils.webhooks_helper import verify_signature

    return lambda r: verify_signature(
        request_body=r.text, signature_header=r.headers.get("x-square-hmacsha256-signature"), signature_key=r.secret,
        notification_url=r.url,
    )


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


def twilio():
    from twilio.request_validator import RequestValidator

    class Fields(dict):
        def getlist(self, name):
            return self[name]

    def judge(r):
        fields = Fields(urllib.parse.parse_qs(r.text, keep_blank_values=True))
        content = r.text if "bodySHA256" in r.url else fields
        return RequestValidator(r.secret).validate(r.url, content, r.headers.get("x-twilio-signature") or "")

    return judge


LIBRARIES = {
    load.__name__: load
    for load in (
        anthropic, anymail, elevenlabs, gocardless_pro, hubspot, line_bot_sdk, openai, pywa, razorpay, slack_sdk,
        squareup, standardwebhooks, stripe, svix, twilio,
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
