"""`python parse.py LIBRARY`: a request a line in, what that PyPI library reads or signs out (see ../README.md)."""

import json
import sys

import judge

# Each function loads a library and gives `parse`, which verifies a request and returns its events, and `make`, which
# returns headers. Either may be None.


def anthropic():
    import standardwebhooks.webhooks
    from anthropic import Anthropic

    standardwebhooks.webhooks.datetime = judge.Datetime
    webhooks = Anthropic(api_key="key").beta.webhooks

    def parse(r):
        event = webhooks.unwrap(r.text, headers=r.headers, key=r.secret)
        data = event.data.to_dict(mode="json")
        return [{"type": event.data.type, "time": event.created_at.isoformat(), "data": data}]

    return parse, None


def elevenlabs():
    from elevenlabs.client import ElevenLabs

    webhooks = ElevenLabs(api_key="key").webhooks

    def parse(r):
        event = webhooks.construct_event(r.text, r.headers.get("elevenlabs-signature"), r.secret)
        return [{"type": event["type"], "time": event["event_timestamp"], "data": event["data"]}]

    return parse, None


def githubkit():
    from githubkit import webhooks

    def parse(r):
        if not webhooks.verify(r.secret, r.body, r.headers["x-hub-signature-256"]):
            raise ValueError("refused")
        name = r.headers["x-github-event"]
        event = webhooks.parse(name, r.body)
        action = getattr(event, "action", None)
        event_type = f"{name}.{action}" if action else name
        data = event.model_dump(mode="json", by_alias=True, exclude_unset=True)
        return [{"type": event_type, "data": data, "converted": True}]

    return parse, lambda r: {"x-hub-signature-256": webhooks.sign(r.secret, r.body)}


def gocardless_pro():
    from gocardless_pro import webhooks

    def parse(r):
        events = webhooks.parse(r.body, r.secret, r.headers["webhook-signature"])
        return [
            {"type": f"{event.resource_type}.{event.action}", "id": event.id, "time": event.created_at,
             "data": event.attributes}
            for event in events
        ]

    return parse, None


def line_bot_sdk():
    from linebot.v3 import WebhookParser

    def parse(r):
        events = WebhookParser(r.secret).parse(r.text, r.headers["x-line-signature"])
        return [
            {"type": event.type, "id": event.webhook_event_id, "time": event.timestamp,
             "data": json.loads(event.to_json()), "converted": True}
            for event in events
        ]

    return parse, None


def openai():
    from openai import OpenAI

    webhooks = OpenAI(api_key="key").webhooks

    def parse(r):
        event = webhooks.unwrap(r.body, r.headers, secret=r.secret)
        data = event.data.to_dict(mode="json")
        return [{"type": event.type, "id": event.id, "time": event.created_at, "data": data}]

    return parse, None


def pywa():
    from pywa import WhatsApp
    from pywa.types import Message, MessageStatus

    def parse(r):
        client = WhatsApp(
            phone_id="123456123", token="token", server=None, verify_token="token", app_secret=r.secret,
            filter_updates=False, skip_duplicate_updates=False,
        )
        seen = []
        client.on_raw_update(lambda _, update: seen.append(update))
        refusal = client.webhook_update_validator(r.body, r.headers["x-hub-signature-256"])
        if refusal:
            raise ValueError(refusal)
        client.webhook_update_handler(r.body)
        changes = [(update["object"], change) for update in seen for entry in update["entry"]
                   for change in entry["changes"]]
        for _, change in changes:
            # Its typed parsers take an update with one change.
            kind = MessageStatus if "statuses" in change["value"] else Message
            assert kind.from_update(client=client, update=seen[0]).id
        return [{"type": f"{name}.{change['field']}", "data": change["value"]} for name, change in changes]

    return parse, None


def slack_sdk():
    from slack_sdk.signature import SignatureVerifier

    def make(r):
        signature = SignatureVerifier(r.secret).generate_signature(timestamp=str(r.now), body=r.body)
        return {"x-slack-request-timestamp": str(r.now), "x-slack-signature": signature}

    return None, make


def standard_headers(r, sign):
    time = judge.Datetime.fromtimestamp(r.now, judge.datetime.timezone.utc)
    return {"webhook-id": r.id, "webhook-timestamp": str(r.now), "webhook-signature": sign(r.id, time, r.text)}


def standardwebhooks():
    import standardwebhooks.webhooks as library

    library.datetime = judge.Datetime

    def parse(r):
        event = library.Webhook(r.secret).verify(r.body, r.headers)
        return [{"type": event["type"], "time": event.get("timestamp"), "data": event["data"]}]

    return parse, lambda r: standard_headers(r, library.Webhook(r.secret).sign)


def stripe():
    from stripe import StripeClient

    client = StripeClient("key")

    def parse(r):
        signature = r.headers["stripe-signature"]
        if json.loads(r.text)["object"] == "v2.core.event":
            event = client.parse_event_notification(r.body, signature, r.secret)
            return [{"type": event.type, "id": event.id, "time": event.created}]
        event = client.construct_event(r.body, signature, r.secret)
        return [
            {"type": event.type, "id": event.id, "time": event.created, "version": event.api_version,
             "data": event.data.to_dict(), "test": not event.livemode}
        ]

    return parse, None


def svix():
    from svix.webhooks import Webhook

    return None, lambda r: standard_headers(r, Webhook(r.secret).sign)


LIBRARIES = {
    load.__name__: load
    for load in (
        anthropic, elevenlabs, githubkit, gocardless_pro, line_bot_sdk, openai, pywa, slack_sdk, standardwebhooks,
        stripe, svix,
    )
}


def main():
    if len(sys.argv) != 2 or sys.argv[1] not in LIBRARIES:
        sys.exit(f"usage: python parse.py {'|'.join(LIBRARIES)} < requests.jsonl")
    parse, make = LIBRARIES[sys.argv[1]]()
    for line in sys.stdin:
        request, fields = judge.Request(line), json.loads(line)
        request.id, judge.NOW = fields["id"], request.now
        try:
            answer = {"headers": make(request)} if fields["do"] == "make" else {"events": parse(request)}
        except Exception as error:
            answer = {"error": " ".join(f"{type(error).__name__}: {error}".split())[:300]}
        print(json.dumps(answer, default=str), flush=True)


if __name__ == "__main__":
    main()
