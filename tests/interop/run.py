#!/usr/bin/env python3
"""Other people's webhook libraries judge what the crate signs, and their verdicts are held against ours.

    python3 tests/interop/run.py                      install, build, compare verdicts and events
    python3 tests/interop/run.py --only stripe,svix   verdicts on some providers alone
    python3 tests/interop/run.py --programs DIR       with other judge programs than `verify/`
    python3 tests/interop/run.py --events             events alone: those that one side writes are read by the other
    python3 tests/interop/run.py --handshakes         questions alone: those that one side asks are answered by the other
    python3 tests/interop/run.py --vectors FILE...    the crate's verdicts on recorded requests, no libraries

`README.md` says what the figures mean.
"""

import argparse
import base64
import collections
import datetime
import fnmatch
import hashlib
import json
import pathlib
import re
import shutil
import subprocess
import sys
import tarfile
import urllib.parse

import events
import handshakes

HERE = pathlib.Path(__file__).resolve().parent
PROJECT = HERE.parent.parent
WORK = HERE / "work"

# The judges of each provider. `.mjs` is an npm library, `.py` one of PyPI, `.rs` one of crates.io; `tern` is npm's
# @hookflo/tern and `n8n` its n8n-nodes-base. There are programs for crates under `--programs` alone.
SVIX = ["svix.mjs", "svix.py", "svix.rs"]
STANDARD = ["standardwebhooks.mjs", "standardwebhooks.py", "standardwebhooks.rs"]
JUDGES = {
    "standard-webhooks": [*STANDARD, *SVIX, "tern.mjs"],
    "svix": [*SVIX, "clerk.mjs", "resend.mjs", "tern.mjs"],
    "stripe": ["stripe.mjs", "stripe.py", "tern.mjs", "n8n.mjs"],
    "github": ["octokit-webhooks-methods.mjs", "octokit-webhooks.mjs", "tern.mjs", "n8n.mjs"],
    "slack": ["slack-bolt.mjs", "slack_sdk.py"],
    "shopify": ["shopify.mjs", "tern.mjs"],
    "paddle": ["paddle.mjs", "tern.mjs"],
    "sanity": ["sanity.mjs"],
    "workos": ["workos.mjs", "tern.mjs"],
    "retell": ["retell.mjs"],
    "mux": ["mux.mjs"],
    "elevenlabs": ["elevenlabs.mjs", "elevenlabs.py"],
    "openai": ["openai.mjs", "openai.py"],
    "polar": ["polar.mjs", "tern.mjs"],
    "line": ["line.mjs", "line_bot_sdk.py"],
    "razorpay": ["razorpay.mjs", "razorpay.py", "tern.mjs"],
    "gocardless": ["gocardless.mjs", "gocardless_pro.py"],
    "coinbase-commerce": ["coinbase-commerce.mjs"],
    "lemonsqueezy": ["tern.mjs"],
    "woocommerce": ["tern.mjs"],
    "doppler": ["tern.mjs"],
    "grafana": ["tern.mjs"],
    "calendly": ["n8n.mjs"],
    "typeform": ["n8n.mjs"],
    "asana": ["n8n.mjs"],
    "zendesk": ["n8n.mjs"],
    "webflow": ["webflow.mjs", "n8n.mjs"],
    "customerio": ["n8n.mjs"],
    "cal-com": ["n8n.mjs"],
    "linear": ["linear.mjs", "n8n.mjs"],
    "meta": ["octokit-webhooks-methods.mjs", "pywa.py"],
    "recall-ai": SVIX,
    "fathom": ["fathom.mjs", *SVIX],
    "resend": ["resend.mjs", *SVIX, "tern.mjs"],
    "clerk": ["clerk.mjs", *SVIX, "tern.mjs"],
    "anthropic": ["anthropic.mjs", "anthropic.py", *STANDARD],
    "replicate": ["replicate.mjs", *STANDARD, "tern.mjs"],
    "finch": ["finch.mjs"],
    "hookdeck": ["hookdeck.mjs"],
    "box": ["box.mjs", "n8n.mjs"],
    "hook0": ["hook0.mjs"],
    "sinch": ["sinch.mjs"],
    "adyen-platforms": ["adyen.mjs"],
    "cashfree": ["cashfree.mjs"],
    "dodo-payments": ["dodo-payments.mjs", *STANDARD],
    "whop": ["whop.mjs", *STANDARD],
    "lithic": ["lithic.mjs", *STANDARD],
    "modern-treasury": ["modern-treasury.mjs"],
    "easypost": ["easypost.mjs"],
    "shopware": ["shopware.mjs"],
    "onfleet": ["n8n.mjs"],
    "nango": ["nango.mjs"],
    "taiga": ["n8n.mjs"],
    "pusher": ["pusher.mjs"],
    "getstream": ["getstream.mjs"],
    "mautic": ["n8n.mjs"],
    "mailerlite": ["n8n.mjs"],
    "mailtrap": ["mailtrap.mjs"],
    "acuity": ["n8n.mjs"],
    "cronofy": ["cronofy.mjs"],
    "onfido": ["onfido.mjs"],
    "formstack": ["n8n.mjs"],
    "kontent-ai": ["kontent-ai.mjs"],
    "imagekit": ["imagekit.mjs"],
    "terra": ["terra.mjs"],
    "square": ["square.mjs", "squareup.py"],
    "twilio": ["twilio.mjs", "twilio.py"],
    "hubspot-v3": ["hubspot.mjs", "hubspot.py"],
    "trello": ["n8n.mjs"],
    "contentful": ["contentful.mjs"],
    "mandrill": ["anymail.py"],
    "plivo-v2": ["plivo.mjs"],
    "plivo-v3": ["plivo.mjs"],
    "messagebird-legacy": ["messagebird.mjs"],
    "hook0-v1": ["hook0.mjs"],
    "coinbase-cdp": ["hook0.mjs"],
    "gitlab": ["n8n.mjs"],
    "standard-webhooks-v1a": ["authweave_webhooks.py"],
    "discord": ["discord-interactions.mjs"],
    "telnyx": ["telnyx.mjs"],
}

# What a library cannot be handed, by what is special about the body. Nothing else is left out.
TEXT = {"not UTF-8": "reads the body as text"}
LIMITS = {
    **dict.fromkeys(
        ["adyen.mjs", "anthropic.mjs", "anthropic.py", "box.mjs", "cashfree.mjs", "clerk.mjs",
         "coinbase-commerce.mjs", "dodo-payments.mjs", "elevenlabs.mjs", "imagekit.mjs",
         "kontent-ai.mjs", "lithic.mjs", "modern-treasury.mjs", "nango.mjs", "shopware.mjs", "whop.mjs",
         "elevenlabs.py", "fathom.mjs", "finch.mjs", "hookdeck.mjs", "line_bot_sdk.py", "mux.mjs", "openai.mjs",
         "openai.py", "paddle.mjs", "polar.mjs", "razorpay.mjs", "razorpay.py", "resend.mjs", "retell.mjs",
         "sinch.mjs", "slack-bolt.mjs", "slack_sdk.py", "standardwebhooks.mjs", "standardwebhooks.py",
         "standardwebhooks.rs", "stripe.mjs", "stripe.py", "svix.mjs", "svix.py", "svix.rs", "tern.mjs",
         "webflow.mjs", "square.mjs", "squareup.py", "twilio.mjs", "twilio.py", "hubspot.mjs", "hubspot.py",
         "contentful.mjs"],
        TEXT,
    ),
    "anymail.py": {"a name twice": "takes the last value"},
    "cronofy.mjs": {**TEXT, "empty": "throws"},
    "mailtrap.mjs": {"empty": "refuses it as missing"},
    "squareup.py": {**TEXT, "empty": "refuses it as missing"},
    "terra.mjs": {**TEXT, "empty": "refuses it as missing"},
    "easypost.mjs": {"not compact JSON": "reads the body before it answers"},
    "plivo.mjs": {"a pair twice": "signs it twice, where we follow Twilio, which signs it once"},
    "pusher.mjs": {"not compact JSON": "reads the body before it answers"},
    "linear.mjs": {"without a time": "wants a fresh `webhookTimestamp` in it"},
    "octokit-webhooks-methods.mjs": {**TEXT, "empty": "throws"},
    "octokit-webhooks.mjs": {**TEXT, "empty": "throws", "a number": "looks for a field in it after verifying"},
    "replicate.mjs": {**TEXT, "empty": "throws"},
    "sanity.mjs": {**TEXT, "empty": "throws"},
    "shopify.mjs": {**TEXT, "empty": "refuses it as missing"},
    "workos.mjs": {"not compact JSON": "signs JSON.stringify of the parsed body"},
    "telnyx.mjs": TEXT,
}
# tern puts such a body in with `String.replace`, where `$&` and the like have a meaning.
DOLLARS = {**TEXT, "with dollar signs": "replaces them"}
PAIR_LIMITS = {
    ("stripe", "n8n.mjs"): TEXT,
    ("zendesk", "n8n.mjs"): TEXT,
    ("trello", "n8n.mjs"): {**TEXT, "empty": "refuses it as missing"},
    **{(name, "tern.mjs"): DOLLARS
       for name in ("clerk", "paddle", "polar", "replicate", "resend", "standard-webhooks", "svix", "workos")},
}

# Verdicts that differ, and why; of requests as we signed them, none may. A star stands for any text.
Difference = collections.namedtuple("Difference", "providers judges kinds ours reason")
DIFFERENCES = [
    Difference(
        "*", "contentful.mjs elevenlabs.* hubspot.* messagebird.mjs mux.mjs paddle.mjs sanity.mjs slack-bolt.mjs stripe.* workos.mjs", "an hour early",
        "invalid", "The library accepts any time ahead; we never leave the future open.",
    ),
    Difference(
        "cashfree replicate sinch webflow zendesk", "cashfree.mjs replicate.mjs sinch.mjs webflow.mjs n8n.mjs",
        "an hour later|a day later|an hour early", "invalid", "The library does not look at the time.",
    ),
    Difference(
        "discord", "discord-interactions.mjs", "an hour later|a day later|an hour early",
        "invalid", "The library does not look at the time.",
    ),
    Difference(
        "linear", "linear.mjs n8n.mjs", "two minutes later|an hour later|a day later|an hour early",
        "valid", "The time stands in the body, which is the application's to read.",
    ),
    Difference(
        "paddle", "tern.mjs", "two minutes later",
        "invalid", "The vendor's library, which we follow, accepts 5 seconds; this one accepts 300.",
    ),
    Difference(
        "stripe calendly", "tern.mjs n8n.mjs", "two keys, judged with the current one",
        "valid", "The library looks at the last signature alone; the vendor's looks at each.",
    ),
    Difference(
        "paddle", "paddle.mjs tern.mjs", "two keys, judged with the previous one",
        "valid", "The library looks at the last signature alone, and so we write the current key's last.",
    ),
    Difference(
        "elevenlabs", "elevenlabs.mjs", "two keys, judged with the previous one",
        "valid", "The library looks at the first signature alone.",
    ),
    Difference(
        "elevenlabs", "elevenlabs.py", "two keys, judged with the current one",
        "valid", "The library looks at the last signature alone.",
    ),
    Difference(
        "box", "box.mjs", "without box-signature-algorithm|without box-signature-version",
        "valid", "The library wants headers that no signature covers; we refuse another value in them, not none.",
    ),
    Difference(
        "pusher shopify", "pusher.mjs shopify.mjs", "without x-pusher-key|without x-shopify-webhook-id",
        "valid", "The library wants the header, which no signature covers.",
    ),
    Difference(
        "square trello twilio mandrill plivo-*",
        "square.mjs squareup.py n8n.mjs twilio.mjs twilio.py anymail.py plivo.mjs", "another method",
        "invalid", "The library does not look at the method, which is not signed; we take those that the provider uses.",
    ),
]

# tern's names of platforms, where they are not ours.
TERN_NAMES = {
    "replicate": "replicateai", "resend": "clerk", "standard-webhooks": "dodopayments", "svix": "clerk",
}

# Headers that a library wants and no signature covers.
CONTEXT = {
    "shopify": {
        "X-Shopify-Topic": "orders/create",
        "X-Shopify-API-Version": "2026-01",
        "X-Shopify-Shop-Domain": "shop.myshopify.com",
    },
    "github": {"X-GitHub-Event": "push"},
    # These the signature covers.
    "hook0-v1": {"X-Event-Id": "8ea9e1f6-0a1c-4b8e", "X-Event-Type": "shop.order.paid"},
    "coinbase-cdp": {"X-Hook0-Id": "8ea9e1f6-0a1c-4b8e"},
    "contentful": {"X-Contentful-Topic": "ContentManagement.Entry.publish"},
}

# As it is registered.
URL = "https://receiver.example/hooks/in?x=1"
# Those that sign the method, or a part of the URL.
TARGETED = ["square", "twilio", "hubspot-v3", "trello", "contentful", "mandrill", "plivo-v2", "plivo-v3",
            "messagebird-legacy"]
SEND_FORMS = ["twilio", "mandrill", "plivo-v3"]
JOIN_HEADERS = ["hook0-v1", "coinbase-cdp"]
SEND_GETS = ["twilio", "plivo-v2", "plivo-v3", "messagebird-legacy"]

KEYS = [hashlib.sha512(bytes([n])).digest()[:size] for n, size in enumerate([24, 32, 64])]
BASE64_KEYS = [base64.b64encode(key).decode() for key in KEYS]
SECRETS = {
    "text": [
        "whsec_9vKqPz2mXw4RtY7sLb1N",
        KEYS[1].hex(),
        "pdl_ntfset+/=!$&'%20 inner blank",
        "Schlüssel-ключ-鍵-🔑-lang",
    ],
    "whsec": ["whsec_" + BASE64_KEYS[0], "whsec_" + BASE64_KEYS[2], BASE64_KEYS[1]],
    "whsec or text": ["whsec_" + BASE64_KEYS[0], "whsec_" + BASE64_KEYS[2], "a text that is no base64 at all"],
    "base64": BASE64_KEYS,
    "hex": [KEYS[1].hex(), KEYS[2].hex().upper()],
}
SECRETS["64 characters"] = [hashlib.sha256(key).hexdigest() for key in KEYS]
# Private keys, and the public ones that verify what they sign.
PUBLIC_KEYS = {
    "whsk_" + base64.b64encode(key[:32]).decode(): base64.b64decode(public)
    for key, public in zip(
        [hashlib.sha512(bytes([n])).digest() for n in range(3)],
        ["ZuUxgvA52yW8hDRltaJhQ3r0lCahq/ueSuILDy7Hmig=", "gxVAFX1AP2imHK07SvHkmu9JmibVjdWRnObhF5bHExI=",
         "nP0/5qnEyrj3kMbuS/yW72IDQcDxvFIDtv0w2DDRajw="],
    )
}
SECRETS["Ed25519"] = list(PUBLIC_KEYS)
# How a receiver is shown the public key.
PUBLIC_FORMS = {
    "standard-webhooks-v1a": lambda key: "whpk_" + base64.b64encode(key).decode(),
    "discord": bytes.hex,
    "telnyx": lambda key: base64.b64encode(key).decode(),
}
SECRETS["ASCII"] = [secret for secret in SECRETS["text"] if secret.isascii()]
WHSEC = ["standard-webhooks", "svix", "recall-ai", "fathom", "resend", "clerk", "anthropic", "replicate",
         "dodo-payments", "whop", "lithic"]
FORMS = {
    **dict.fromkeys(WHSEC, "whsec"), "openai": "whsec or text", "finch": "base64", "daily": "base64",
    **dict.fromkeys(PUBLIC_FORMS, "Ed25519"), "adyen-platforms": "hex", "onfleet": "hex", "easypost": "ASCII",
    "mandrill": "ASCII", "gitlab": "ASCII", "plivo-v2": "ASCII", "plivo-v3": "ASCII", "contentful": "64 characters",
}

# When, and with which id.
MOMENTS = [
    (1_700_000_000, "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"),
    (1_767_225_599, "evt-01HXYZ/7?x=1"),
    (2_000_000_000, "7"),
]

# Ids with other characters than these are refused by `authweave_webhooks.py`.
PLAIN_IDS = {"evt-01HXYZ/7?x=1": "evt-01HXYZ_7"}

# When a request is judged, besides at once.
CLOCKS = {"two minutes later": 120, "an hour later": 3600, "a day later": 86_400, "an hour early": -3600}


def bodies(now):
    """Name, bytes, and what is special about them."""
    big = {"id": "evt_big", "items": [{"n": n, "text": "Größe → " + "x" * 40} for n in range(300)]}
    dumped = json.dumps(big, separators=(",", ":"), ensure_ascii=False).encode()
    assert len(dumped) > 20_000
    plain = [
        ("empty", b"", {"empty"}),
        ("one byte", b"7", {"a number"}),
        ("ASCII JSON", b'{"id":"evt_1","type":"invoice.paid","amount":1999}', set()),
        ("UTF-8 JSON", '{"id":"evt_2","text":"Grüße, 東京, 👩‍💻 ✓"}'.encode(), set()),
        ("pretty JSON with CRLF", b'{\r\n  "id": "evt_3",\r\n  "rate": 45.20\r\n}\r\n', {"not compact JSON"}),
        ("escapes", b'{"a":"\\u00e9\\/","b":1.0}', {"not compact JSON"}),
        ("dollar signs", b'{"a":"$& $1 $$ $`"}', {"with dollar signs"}),
        ("control bytes", b'{"a":"\x00\x01\x1b\x7f"}\x00', {"not compact JSON"}),
        ("not UTF-8", b'{"a":"\xff\xfe\xc3\x28\x80"}', {"not UTF-8", "not compact JSON"}),
        ("20 KB", dumped, set()),
        ("like a header", b"t=1,v1=00\r\nWebhook-Signature: v1,AAAA\r\n\r\nid.1.x", {"not compact JSON"}),
        ("blanks around", b' \t{"id":"evt_4"}  \n ', {"not compact JSON"}),
        ("form", b"a=1&b=%20+x&payload=%7B%7D", {"not compact JSON"}),
    ]
    timed = f'{{"type":"Issue","webhookTimestamp":{now * 1000}}}'.encode()
    yield "JSON with the time", timed, set()
    for name, body, special in plain:
        yield name, body, special | {"without a time"} | ({"not compact JSON"} if not body else set())


def forms():
    """The same for forms."""
    quote = urllib.parse.quote
    yield "a message", b"MessageSid=SM1&MessageStatus=delivered&To=%2B15550100", set()
    yield "unsorted", b"b=2&a=1&Z=3&_x=4&aa=5&A=6", set()
    yield "UTF-8", f"Body={quote('Grüße, 東京, 👩‍💻 ✓')}&From=%2B1".encode(), set()
    yield "marks", b"a=%26%3D%25+%20%2B%3F&empty=&b=1%0D%0A2&c=%7B%22d%22%3A1%7D", set()
    yield "a name twice", b"a=2&a=1&b=3", {"a name twice"}
    yield "a pair twice", b"a=1&a=1&b=3", {"a name twice", "a pair twice"}
    yield "20 KB", b"mandrill_events=" + quote(json.dumps([{"n": n, "text": "ü" * 20} for n in range(150)])).encode(), set()


def deliveries(provider, now):
    """Method, URL, headers and body of what a provider sends, and what is special about the body."""
    context = CONTEXT.get(provider, {})
    form = {**context, "Content-Type": "application/x-www-form-urlencoded"}
    if provider in SEND_FORMS:
        for _, body, special in forms():
            yield "POST", URL, form, body, special
            yield "POST", URL.split("?")[0], form, body, special
    else:
        for _, body, special in bodies(now):
            # After values of headers that are joined, we sign only what begins like JSON.
            if provider not in JOIN_HEADERS or body.startswith((b"{", b"[")):
                yield "POST", URL, context, body, special
    if provider == "twilio":
        for _, body, special in bodies(now):
            if body:
                url = f"{URL}&bodySHA256={hashlib.sha256(body).hexdigest()}"
                yield "POST", url, {**context, "Content-Type": "application/json"}, body, special
    if provider in SEND_GETS:
        yield "GET", URL, context, b"", {"a GET"}
        yield "GET", f"{URL}&b=two%20words&a=%C3%A9", context, b"", {"a GET", "escapes in the query"}
    if provider == "mandrill":
        yield "POST", URL, form, b"", {"empty"}


def elsewhere(request):
    """What the request becomes with another method or URL."""
    method, url = request["method"], request["url"]
    yield "another method", {"method": "GET" if method == "POST" else "POST"}
    yield "another host", {"url": url.replace("receiver.example", "receiver.test")}
    yield "another path", {"url": url.replace("/hooks/in", "/hooks/out")}
    if "?" in url:
        yield "without the query", {"url": url.split("?")[0]}
        yield "a parameter changed", {"url": url.replace("x=1", "x=2")}
    yield "a parameter added", {"url": f"{url}&y=1" if "?" in url else f"{url}?y=1"}


def encoded(body):
    return base64.b64encode(body).decode()


def ask(command, requests, cwd=None):
    """One line of answer for each request; None where the program answered with another number of lines."""
    if not requests:
        return []
    text = "".join(json.dumps(request, separators=(",", ":"), ensure_ascii=False) + "\n" for request in requests)
    done = subprocess.run(command, input=text.encode(), stdout=subprocess.PIPE, stderr=subprocess.PIPE, cwd=cwd)
    answers = done.stdout.decode("utf-8", "replace").split("\n")[:-1]
    if len(answers) != len(requests):
        print(done.stderr.decode("utf-8", "replace")[-2000:], file=sys.stderr)
        return None
    return answers


def run(*command, cwd=PROJECT):
    print("$", *command, flush=True)
    subprocess.run(command, cwd=cwd, check=True)


def build(options):
    """The conformance example, built unless one is given."""
    if options.tool:
        return options.tool
    command = ["cargo", "build", "--release", "--features", "sha1,ed25519", "--example", "conformance",
               "--message-format=json-render-diagnostics"]
    print("$", *command[:-1], flush=True)
    output = subprocess.run(command, cwd=PROJECT, check=True, stdout=subprocess.PIPE, text=True).stdout
    built = [json.loads(line) for line in output.splitlines() if line.startswith("{")]
    return next(item["executable"] for item in reversed(built) if item.get("executable"))


def install():
    """Fills `work/` unless it holds these versions already."""
    wanted = (HERE / "package.json").read_text() + (HERE / "requirements.txt").read_text()
    stamp = WORK / "installed"
    if not stamp.exists() or stamp.read_text() != wanted:
        shutil.rmtree(WORK, ignore_errors=True)
        WORK.mkdir()
        shutil.copy(HERE / "package.json", WORK)
        run("npm", "install", "--no-audit", "--no-fund", "--ignore-scripts", "--no-package-lock", cwd=WORK)
        # Of these only a few files are needed, and their dependencies are many.
        for name, version in json.loads((HERE / "package.json").read_text())["unpacked"].items():
            run("npm", "pack", "--silent", f"{name}@{version}", cwd=WORK)
            with tarfile.open(WORK / f"{name}-{version}.tgz") as archive:
                for member in archive:
                    path = member.name.removeprefix("package/dist/")
                    helpers = r"nodes/\w+(/v\d)?/\w+TriggerHelpers\.js|utils/webhook-signature-verification\.js"
                    if re.fullmatch(helpers, path):
                        to = WORK / "n8n" / path
                        to.parent.mkdir(parents=True, exist_ok=True)
                        to.write_bytes(archive.extractfile(member).read())
            (WORK / f"{name}-{version}.tgz").unlink()
        run(sys.executable, "-m", "venv", str(WORK / "venv"))
        run(str(WORK / "venv/bin/python"), "-m", "pip", "install", "-q", "-r", str(HERE / "requirements.txt"))
        stamp.write_text(wanted)
    # Node looks for libraries from where the program is.
    for program in (HERE / "verify").glob("*.mjs"):
        shutil.copy(program, WORK)


def command_of(judge, programs):
    """How to start a judge, or None if there is no such program."""
    name, kind = judge.rsplit(".", 1)
    if programs is None:
        starts = {
            "mjs": ["node", WORK / "judge.mjs", name],
            "py": [WORK / "venv/bin/python", HERE / "verify/judge.py", name],
        }
        return starts.get(kind)
    file = programs / ("rust/target/release/interop-rs" if kind == "rs" else f"verify/{judge}")
    starts = {"mjs": ["node", file], "py": [programs / "venv/bin/python", file], "rs": [file, "verify", name]}
    return starts[kind] if file.exists() else None


Case = collections.namedtuple("Case", "kind special request")


def changed_time(headers, now):
    """The headers with a time one second later, wherever they write it; None where they write none."""
    at = lambda seconds: datetime.datetime.fromtimestamp(seconds, datetime.timezone.utc).strftime("%Y-%m-%dT%H:%M:%SZ")
    moved = {
        name: value.replace(str(now), str(now + 1)).replace(at(now), at(now + 1)) for name, value in headers.items()
    }
    return moved if moved != headers else None


def flipped_signature(headers):
    """The headers with another first character in every signature."""
    other = lambda found: ("b" if found[0][0] == "a" else "a") + found[0][1:]
    return {name: re.sub(r"[0-9A-Za-z+/_-]{27,}=?", other, value) for name, value in headers.items()}


def cases(provider, sign):
    """Every request of a provider: as signed, and tampered with."""
    secrets = SECRETS[FORMS.get(provider, "text")]
    shown = lambda secret: PUBLIC_FORMS[provider](PUBLIC_KEYS[secret]) if provider in PUBLIC_FORMS else secret
    plain = []
    for now, event_id in MOMENTS:
        if provider in PUBLIC_FORMS:
            event_id = PLAIN_IDS.get(event_id, event_id)
        for method, url, context, body, special in deliveries(provider, now):
            for index, secret in enumerate(secrets):
                other = secrets[(index + 1) % len(secrets)]
                asked = {"provider": provider, "secret": secret, "id": event_id, "now_unix": now}
                asked |= {"method": method, "url": url, "headers": context, "body_b64": encoded(body)}
                rotation = {**asked, "x_extra": {"primary": secret, "secondary": other}}
                plain.append((asked, rotation, body, special, shown(other)))
    signed = sign([asked for asked, *_ in plain])
    rotated = sign([rotation for _, rotation, *_ in plain])
    for (asked, _, body, special, other), answer, rotation in zip(plain, signed, rotated):
        if "headers" not in answer:
            sys.exit(f"{provider}: not signed: {answer}: {asked}")
        now, event_id, context = asked["now_unix"], asked["id"], asked["headers"]
        headers, both = answer["headers"], rotation["headers"]
        request = {
            "provider": provider, "scheme": TERN_NAMES.get(provider, provider), "secret": shown(asked["secret"]),
            "headers": {**context, **headers}, "method": asked["method"],
            "url": asked["url"], "body_b64": asked["body_b64"], "now_unix": now,
        }
        case = lambda kind, **changes: Case(kind, special, {**request, **changes})
        with_headers = lambda kind, fields, **changes: case(kind, headers={**context, **fields}, **changes)
        yield case("as signed")
        if provider in TARGETED:
            for kind, changes in elsewhere(request):
                yield case(kind, **changes)
        middle = len(body) // 2
        if body:
            flipped = body[:middle] + bytes([body[middle] ^ 1]) + body[middle + 1 :]
            yield case("a byte of the body changed", body_b64=encoded(flipped))
            yield case("the last byte of the body cut", body_b64=encoded(body[:-1]))
        yield case("a byte added to the body", body_b64=encoded(body + b"x"))
        yield case("another secret", secret=other)
        yield with_headers("another signature", flipped_signature(headers))
        for name in headers:
            yield with_headers(f"without {name}", {key: value for key, value in headers.items() if key != name})
            if headers[name] == event_id:
                yield with_headers(f"another {name}", {**headers, name: event_id + "x"})
        moved = changed_time(headers, now)
        if moved is not None:
            yield with_headers("the time changed", moved)
        yield with_headers("two keys, judged with the current one", both)
        yield with_headers("two keys, judged with the previous one", both, secret=other)
        for name, seconds in CLOCKS.items():
            yield case(name, now_unix=now + seconds)


def explanation(provider, judge, kind, ours):
    """The entry of `DIFFERENCES` for a verdict, if there is one."""
    one_of = lambda text, patterns: any(fnmatch.fnmatchcase(text, pattern) for pattern in patterns)
    for entry in DIFFERENCES:
        if (
            one_of(provider, entry.providers.split())
            and one_of(judge, entry.judges.split())
            and kind in entry.kinds.split("|")
            and ours.split(":")[0] == entry.ours
        ):
            return entry
    return None


def compare(options):
    programs = options.programs
    if programs is None:
        install()
    tool = options.tool
    sign = lambda requests: [json.loads(line) for line in ask([tool, "sign"], requests)]
    catalogue = subprocess.run([tool, "providers"], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    unknown = set(JUDGES) - set(catalogue)
    wanted = options.only.split(",") if options.only else [name for name in catalogue if name in JUDGES]
    if not set(wanted) <= set(JUDGES):
        sys.exit(f"no judge: {', '.join(sorted(set(wanted) - set(JUDGES)))}")

    figures = collections.Counter()
    libraries = set()
    skipped = collections.Counter()
    explained = collections.Counter()
    failures = [f"{name} is not in the catalogue" for name in sorted(unknown)]
    for provider in wanted:
        requests = list(cases(provider, sign))
        ours = ask([tool, "verify"], [case.request for case in requests])
        for case, verdict in zip(requests, ours):
            if case.kind == "as signed" and verdict != "valid":
                failures.append(f"{provider}: we refuse what we signed: {verdict}: {json.dumps(case.request)}")
        judged = 0
        for judge in JUDGES[provider]:
            start = command_of(judge, programs)
            if start is None:
                skipped[f"{judge}: no program"] += 1
                continue
            limits = {**LIMITS.get(judge, {}), **PAIR_LIMITS.get((provider, judge), {})}
            given = []
            for case, verdict in zip(requests, ours):
                limit = next((trait for trait in limits if trait in case.special), None)
                if limit is None:
                    given.append((case, verdict))
                else:
                    skipped[f"{judge}: a body that is {limit}: {limits[limit]}"] += 1
            answers = ask([str(part) for part in start], [case.request for case, _ in given], cwd=programs)
            if answers is None or not given:
                failures.append(f"{provider} by {judge}: no verdicts")
                continue
            judged += 1
            libraries.add(judge)
            refused = differing = 0
            by_kind = collections.defaultdict(list)
            for (case, our), their in zip(given, answers):
                figures["comparisons"] += 1
                if case.kind == "as signed":
                    figures["judgements"] += 1
                    if their != "valid":
                        refused += 1
                if (our == "valid") == (their == "valid"):
                    continue
                entry = explanation(provider, judge, case.kind, our)
                if entry is not None and case.kind != "as signed":
                    explained[entry] += 1
                    continue
                differing += 1
                by_kind[case.kind].append((case, our, their))
            figures["refusals"] += refused
            figures["disagreements"] += differing
            print(f"{provider:18} {judge:29} {len(given):5} requests, {refused} refusals, {differing} disagreements")
            for kind, found in by_kind.items():
                case, our, their = found[0]
                failures.append(
                    f"{provider} by {judge}: {kind}: {len(found)} times: we say {our!r}, it says {their!r}, "
                    f"first: {json.dumps(case.request)[:1500]}"
                )
        figures["providers"] += judged > 0

    print("\nSkipped:")
    for what, times in sorted(skipped.items()):
        print(f"  {what} ({times})")
    if not options.only:
        print("  no judge:", ", ".join(name for name in catalogue if name not in JUDGES))
    print("\nDifferences that are meant:")
    for entry, times in sorted(explained.items()):
        print(f"  {entry.providers} by {entry.judges}: {entry.kinds}: we say {entry.ours} ({times}). {entry.reason}")
    unused = [entry for entry in DIFFERENCES if entry not in explained]
    if unused and not options.only and programs is None:
        failures += [f"this difference did not occur: {entry}" for entry in unused]
    if failures:
        print("\nFailures:")
        for failure in failures:
            print(" ", failure)
    print(
        f"\n{figures['providers']} providers, {len(libraries)} libraries, {figures['judgements']} judgements, "
        f"{figures['refusals']} refusals, {figures['comparisons']} comparisons, "
        f"{figures['disagreements']} disagreements, {sum(explained.values())} meant differences, "
        f"{sum(skipped.values())} skipped"
    )
    return 1 if failures or figures["judgements"] == 0 else 0


def compare_events(options):
    install()
    secret_of = lambda provider: SECRETS[FORMS.get(provider, "text")][0]
    only = options.only.split(",") if options.only else None
    return events.compare(options.tool, WORK, ask, secret_of, only)


def compare_handshakes(options):
    if not options.work:
        install()
    work = pathlib.Path(options.work).resolve() if options.work else WORK
    for program in (HERE / "verify").glob("*.mjs"):
        shutil.copy(program, work)
    return handshakes.compare(options.tool, work, HERE, ask)


def vectors(options):
    """Recorded verdicts against ours. Known differences are those of `tests/vectors/differences.json`."""
    tool = build(options)
    rows = [json.loads(line) for file in options.vectors for line in open(file, encoding="utf-8") if line.strip()]
    known = json.loads((PROJECT / "tests/vectors/differences.json").read_text())
    verdicts = ask([tool, "verify"], rows)
    if verdicts is None:
        sys.exit("the conformance example gave no verdicts")
    counts = collections.defaultdict(collections.Counter)
    notes = collections.defaultdict(collections.Counter)
    failures = []
    for row, verdict in zip(rows, verdicts):
        provider, strictness, note = row["provider"], row["strictness"], row["note"]
        ours, theirs = verdict.split(":")[0], "valid" if row["valid"] else "invalid"
        if ours == "unsupported":
            counts[provider]["unsupported"] += 1
            continue
        if ours == theirs:
            counts[provider][f"{strictness} agree"] += 1
            continue
        listed = any(
            entry.get("provider", provider) == provider
            and (note in entry["notes"] or "*" in entry["notes"])
            and (entry["ours"], entry["theirs"]) == (ours, theirs)
            for entry in known
        )
        counts[provider][f"{strictness} differ"] += 1
        notes[provider][f"{strictness}: {note}: ours {ours}, theirs {theirs}{'' if listed else ' (NOT LISTED)'}"] += 1
        if strictness == "core" and not listed:
            failures.append(f"{row.get('lib')}: {note}: we say {verdict!r}: {json.dumps(row)[:1500]}")
    columns = ["core agree", "core differ", "arguable agree", "arguable differ", "unsupported"]
    print(f"\n{'provider':24}", *(f"{column:>16}" for column in columns))
    for provider in sorted(counts):
        print(f"{provider:24}", *(f"{counts[provider][column]:16}" for column in columns))
        for note, times in sorted(notes[provider].items()):
            print(f"    {note} ({times})")
    total = sum(counts.values(), collections.Counter())
    print(f"\n{'together':24}", *(f"{total[column]:16}" for column in columns))
    if failures:
        print("\nCore verdicts that are not ours and not listed:")
        for failure in failures:
            print(" ", failure)
    return 1 if failures or total["core agree"] == 0 else 0


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--only", metavar="PROVIDER,...",
                        help="these providers alone, without events unless `--events` is given too")
    parser.add_argument("--programs", metavar="DIR", type=lambda path: pathlib.Path(path).resolve(),
                        help="judge programs DIR/verify/NAME.mjs, DIR/verify/NAME.py (started with "
                        "DIR/venv/bin/python), DIR/rust/target/release/interop-rs verify NAME")
    parser.add_argument("--tool", metavar="FILE", help="a conformance example that is built already")
    parser.add_argument("--vectors", metavar="FILE", nargs="+", help="JSON lines of requests with recorded verdicts")
    parser.add_argument("--events", action="store_true",
                        help="events alone: those that one side writes are read by the other")
    parser.add_argument("--handshakes", action="store_true",
                        help="questions alone: those that one side asks are answered by the other")
    parser.add_argument("--work", metavar="DIR",
                        help="with --handshakes: a folder with node_modules/ and venv/, instead of installing everything")
    options = parser.parse_args()
    if options.vectors:
        sys.exit(vectors(options))
    options.tool = build(options)
    alone = options.events or options.handshakes
    codes = [] if alone else [compare(options)]
    if options.events or not (alone or options.only or options.programs):
        codes.append(compare_events(options))
    if options.handshakes or not (alone or options.only or options.programs):
        codes.append(compare_handshakes(options))
    sys.exit(max(codes))


if __name__ == "__main__":
    main()
