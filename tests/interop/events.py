"""Events between the crate and other libraries, for `run.py --events`. `README.md` says what the figures mean."""

import base64
import collections
import copy
import datetime
import fnmatch
import json
import pathlib
import re
import subprocess
import sys

HERE = pathlib.Path(__file__).resolve().parent
# The samples of the crate, and more of them for libraries that want every field.
DELIVERIES = [HERE.parent.parent / "src/testing/deliveries.jsonl", HERE / "deliveries.jsonl"]

# Each provider's libraries: those that read its events, and those that sign its requests.
STANDARD = ["standardwebhooks.mjs", "svix.mjs", "standardwebhooks.py", "svix.py"]
READERS = {
    "standard-webhooks": ["standardwebhooks.mjs", "standardwebhooks.py"],
    "stripe": ["stripe.mjs", "stripe.py"],
    "github": ["octokit-webhooks.mjs", "githubkit.py"],
    "slack": ["slack-bolt.mjs"],
    "shopify": ["shopify.mjs"],
    "paddle": ["paddle.mjs"],
    "sanity": ["sanity.mjs"],
    "workos": ["workos.mjs"],
    "mux": ["mux.mjs"],
    "elevenlabs": ["elevenlabs.mjs", "elevenlabs.py"],
    "openai": ["openai.mjs", "openai.py"],
    "polar": ["polar.mjs"],
    "line": ["line.mjs", "line_bot_sdk.py"],
    "gocardless": ["gocardless.mjs", "gocardless_pro.py"],
    "coinbase-commerce": ["coinbase-commerce.mjs"],
    "linear": ["linear.mjs"],
    "meta": ["pywa.py"],
    "fathom": ["fathom.mjs"],
    "resend": ["resend.mjs"],
    "clerk": ["clerk.mjs"],
    "anthropic": ["anthropic.mjs", "anthropic.py"],
    "finch": ["finch.mjs"],
    "sinch": ["sinch.mjs"],
    "mollie": ["mollie.mjs"],
    "zoom": ["zoom-rivet.mjs"],
}
SIGNERS = {
    "standard-webhooks": STANDARD,
    "recall-ai": STANDARD,
    "fathom": STANDARD,
    "replicate": STANDARD,
    "anthropic": STANDARD,
    "openai": STANDARD,
    "polar": STANDARD[:2],
    "finch": STANDARD[:2],
    "resend": STANDARD[:2],
    "clerk": STANDARD[:2],
    "stripe": ["stripe.mjs"],
    "github": ["octokit-webhooks.mjs", "octokit-webhooks-methods.mjs", "githubkit.py"],
    "meta": ["octokit-webhooks-methods.mjs"],
    "slack": ["slack_sdk.py"],
    "sanity": ["sanity.mjs"],
    "workos": ["workos.mjs"],
    "retell": ["retell.mjs"],
    "coinbase-commerce": ["coinbase-commerce.mjs"],
}

# Fields of a sample's body that are written along with its event, because a library's type has them.
FIELDS = {
    "stripe": ["livemode", "pending_webhooks", "request"],
    "clerk": ["object", "instance_id", "event_attributes"],
    "paddle": ["notification_id"],
    "openai": ["object"],
    "slack": ["token", "team_id", "api_app_id", "authorizations"],
    "line": ["destination"],
    "mux": ["object", "environment", "attempts", "request_id"],
    "gocardless": ["meta"],
    "sinch": ["app_id", "project_id"],
    "meta": ["entry[].id"],
}

# Where the data is the whole body, or an element of it: the fields that are written anew with the event's time or id.
RENEWED = {
    "gocardless": ["id", "created_at"],
    "line": ["webhookEventId", "timestamp"],
    "linear": ["createdAt"],
    "mollie": ["createdAt"],
}

# What differs, and why. A star stands for any text.
Difference = collections.namedtuple("Difference", "providers libraries what reason")
DIFFERENCES = [
    Difference(
        "stripe", "stripe.py", "*api_version null, written: AttributeError: api_version",
        "An event without a version is written without `api_version`, and the library has no such attribute then.",
    ),
]

# Samples that a library itself refuses, and why. They are not compared.
REFUSED = [
    Difference("github", "octokit-webhooks.mjs githubkit.py", "form mode*", "The library reads no forms."),
    Difference(
        "github", "githubkit.py", "*: ValidationError: *",
        "The library's schemas are those of GitHub's API today, and the sample is older or shortened.",
    ),
    Difference(
        "slack", "slack-bolt.mjs", "app_rate_limited*: status 404*",
        "The library hands on no request with another `type` than those of its listeners.",
    ),
    Difference(
        "sinch", "sinch.mjs", "duplicated_contact_identities_notification: Unknown Conversation event to parse",
        "The library's parser looks for `duplicated_identities`, which its own type has one level below.",
    ),
    Difference(
        "paddle", "paddle.mjs", "subscription.created: Cannot read properties of undefined*",
        "The sample leaves out `items`, without which the library fails.",
    ),
    Difference(
        "meta", "pywa.py", "page changes, *|messenger message, *", "The library reads WhatsApp's events alone.",
    ),
    Difference(
        "meta", "pywa.py", "whatsapp message and status: KeyError: *",
        "The sample leaves out `user_id` and the contacts of a status, without which the library fails.",
    ),
]

# What a library can say of an event, as the table names it.
SAID = {
    "type": "type", "id": "id", "unsigned_id": "id", "time": "time", "version": "version", "test": "test",
    "data": "data", "data_json": "data",
}

NOW = 1_700_000_000


def samples():
    """The sample deliveries by provider, in their order."""
    found = collections.defaultdict(list)
    for file in DELIVERIES:
        # Not `splitlines`: JSON may contain other ends of lines.
        for line in file.read_text(encoding="utf-8").split("\n")[:-1]:
            sample = json.loads(line)
            found[sample["provider"]].append(sample)
    return found


def octokit(work):
    """The example payloads of GitHub's events, as samples."""
    file = work / "node_modules/@octokit/webhooks-examples/api.github.com/index.json"
    for group in json.loads(file.read_text(encoding="utf-8")):
        for number, payload in enumerate(group["examples"]):
            name = group["name"]
            action = payload.get("action") if isinstance(payload, dict) else None
            event_type = f"{name}.{action}" if action else name
            delivery = f"72d3162e-cc78-11e3-81ab-{number:012x}"
            event = {
                "type": event_type, "id": None, "unsigned_id": delivery, "time": None, "data": payload,
                "version": None, "type_signed": False, "test": name == "ping",
            }
            yield {
                "provider": "github", "case": f"@octokit/webhooks-examples {event_type} {number}",
                "headers": {"X-GitHub-Event": name, "X-GitHub-Delivery": delivery},
                "body": json.dumps(payload), "events": [event],
            }


def clock(sample):
    """When a sample is sent. Linear writes the time of sending into the body."""
    try:
        return json.loads(sample["body"])["webhookTimestamp"] // 1000
    except (ValueError, KeyError, TypeError):
        return NOW


def moment(value):
    """The moment in milliseconds that a library gives as a number or a text; None if it is none."""
    if isinstance(value, str) and re.fullmatch(r"\d+(\.\d+)?", value):
        value = float(value)
    if isinstance(value, (int, float)) and not isinstance(value, bool):
        return round(value * 1000) if value < 100_000_000_000 else round(value)
    found = isinstance(value, str) and re.fullmatch(
        r"(\d{4}-\d\d-\d\d)[T ](\d\d:\d\d:\d\d)(\.\d+)?(Z|[+-]\d\d:\d\d)?", value)
    if not found:
        return None
    day, time, fraction, zone = found.groups()
    whole = datetime.datetime.fromisoformat(f"{day}T{time}{(zone or 'Z').replace('Z', '+00:00')}")
    return round(whole.timestamp()) * 1000 + int((fraction or ".0")[1:4].ljust(3, "0"))


def same_time(one, other):
    if one is None or other is None:
        return one is other
    # Milliseconds are what JavaScript keeps of a time.
    return moment(one) is not None and moment(one) == moment(other)


def plain(name):
    """A field's name, whatever the convention it is written in."""
    return re.sub(r"[^a-z0-9]", "", name.lower())


def converted_differences(theirs, ours, path, counts):
    """Where typed data of a library differs from JSON: names and times are converted there, and fields left out."""
    if isinstance(theirs, dict) and isinstance(ours, dict):
        named = {plain(name): value for name, value in ours.items()}
        for name, value in theirs.items():
            if plain(name) in named:
                yield from converted_differences(value, named[plain(name)], f"{path}.{name}", counts)
            elif value not in (None, [], {}, ""):
                yield f"{path}.{name} is {value!r}, and we have no such field"
    elif isinstance(theirs, list) and isinstance(ours, list) and len(theirs) == len(ours):
        for number, (one, other) in enumerate(zip(theirs, ours)):
            yield from converted_differences(one, other, f"{path}[{number}]", counts)
    else:
        counts["fields"] += 1
        if theirs != ours and not (moment(theirs) is not None and same_time(theirs, ours)):
            yield f"{path} is {theirs!r}, and ours {ours!r}"


def without(data, names):
    return {name: value for name, value in data.items() if name not in names} if isinstance(data, dict) else data


def differences(theirs, ours, provider, counts, is_written):
    """Where a library's reading differs from `ours`. What the library does not say is not compared."""
    if len(theirs) != len(ours):
        yield f"{len(theirs)} events, and ours {len(ours)}"
        return
    for number, (their, our) in enumerate(zip(theirs, ours)):
        for field in SAID:
            counts[f"says {field}"] += field in their
        for field in ("type", "id", "unsigned_id", "version", "test"):
            if field in their and their[field] != our.get(field):
                yield f"{field} {their[field]!r}, and ours {our.get(field)!r}"
        if "time" in their and not same_time(their["time"], our.get("time")):
            yield f"time {their['time']!r}, and ours {our.get('time')!r}"
        if "data_json" in their:
            their["data"] = json.loads(their["data_json"])
        if "data" not in their:
            continue
        ignored = RENEWED.get(provider, []) if is_written else []
        one, other = without(their["data"], ignored), without(our["data"], ignored)
        if their.get("converted"):
            before = counts["fields"]
            yield from converted_differences(one, other, f"data[{number}]", counts)
            if counts["fields"] == before:
                yield "no field of the data was compared"
        elif one != other:
            yield f"data {json.dumps(one)[:400]}, and ours {json.dumps(other)[:400]}"


def encoded(text):
    return base64.b64encode(text.encode()).decode()


def request_of(provider, secret, sample, do):
    return {
        "do": do, "provider": provider, "secret": secret, "headers": {}, "method": "POST",
        "url": "https://receiver.example/hooks", "body_b64": encoded(sample["body"]), "now_unix": clock(sample),
        "id": identifier(sample),
    }


def merged(*headers):
    """Headers of which the last of a name counts."""
    return {name.lower(): value for one in headers for name, value in one.items()}


def identifier(sample):
    """The id of a delivery, where one is signed or sent beside the body."""
    event = sample["events"][0] if sample["events"] else {}
    return sample.get("header_id") or event.get("unsigned_id") or "msg_2KWPBgLlAfxdpx2AI54pPJ85f4W"


def found(json, path):
    """What is at a path of names and `[]`, the first element, of a body; nothing if there is no such place."""
    for name, each in re.findall(r"(\w+)(\[\])?", path):
        if not isinstance(json, dict) or name not in json:
            return []
        json = json[name]
        if each:
            json = json[0] if json else None
    return [json]


def written(provider, secret, sample, event):
    """What `conformance write` is asked for, and the event that a library should find."""
    try:
        body = json.loads(sample["body"])
    except ValueError:
        body = None
    fields = {name: value for name in FIELDS.get(provider, []) for value in found(body, name)}
    event_id = event["id"] or event["unsigned_id"] or identifier(sample)
    data = copy.deepcopy(event["data"])
    now = clock(sample)
    asked = {
        "provider": provider, "secret": secret, "id": event_id, "type": event["type"], "data": data,
        "now_unix": now, "version": event["version"], "fields": fields,
    }
    time = datetime.datetime.fromtimestamp(now, datetime.timezone.utc).isoformat()
    expected = {**event, "id": event_id, "unsigned_id": event_id, "data": data, "time": time}
    return asked, expected


def first_shape(provider, sample):
    """Whether a sample is what the provider's first shape writes."""
    body = sample["body"]
    if not body.lstrip().startswith("{"):
        return False
    if provider == "stripe":
        return json.loads(body)["object"] == "event"
    if provider == "slack":
        return json.loads(body)["type"] == "event_callback"
    if provider == "meta":
        return "changes" in json.loads(body)["entry"][0]
    return True


class Run:
    """One comparison of everything, with its figures."""

    def __init__(self, tool, work, ask, secret_of):
        self.tool, self.work, self.ask, self.secret_of = tool, work, ask, secret_of
        self.failures = []
        self.explained = collections.Counter()
        self.rows = []

    def library(self, name, requests):
        stem, kind = name.rsplit(".", 1)
        program = {
            "mjs": ["node", str(self.work / "parse.mjs"), stem],
            "py": [str(self.work / "venv/bin/python"), str(HERE / "verify/parse.py"), stem],
        }[kind]
        answers = self.ask(program, requests)
        if answers is None:
            return [{"error": f"{name} did not answer each request"}] * len(requests)
        return [json.loads(answer) for answer in answers]

    def crate(self, mode, requests):
        answers = self.ask([self.tool, mode], requests)
        return [json.loads(answer) for answer in answers or ['{"error":"no answer"}'] * len(requests)]

    def explain(self, entries, provider, library, text):
        """Whether one of the entries has the reason for a text; otherwise it is a failure."""
        for entry in entries:
            patterns = entry.what.split("|")
            if (provider in entry.providers.split() and library in entry.libraries.split()
                    and any(fnmatch.fnmatchcase(text, pattern) for pattern in patterns)):
                self.explained[entry] += 1
                return True
        self.failures.append(f"{provider} by {library}: {text}")
        return False

    def check(self, provider, library, what, found):
        """Whether nothing was found."""
        found = list(found)
        for difference in found:
            self.explain(DIFFERENCES, provider, library, f"{what}: {difference}")
        return not found

    def provider(self, provider, given):
        counts = collections.defaultdict(collections.Counter)
        secret = self.secret_of(provider)
        refused = self.read_by_both(provider, secret, given, counts)
        self.write(provider, secret, [sample for sample in given if first_shape(provider, sample)], refused, counts)
        self.read_made(provider, secret, given, counts)
        self.rows += [(provider, library, figures) for library, figures in counts.items()]

    def read_by_both(self, provider, secret, given, counts):
        """Each sample, read by each library and by us. Returns those that a library refuses, by library and case."""
        if provider not in READERS:
            return set()
        asked = [request_of(provider, secret, sample, "parse") for sample in given]
        headers = [
            merged(sample["headers"], answer.get("headers", {}))
            for sample, answer in zip(given, self.crate("sign", asked))
        ]
        requests = [{**request, "headers": one} for request, one in zip(asked, headers)]
        ours = self.crate("read", requests)
        refused = set()
        for library in READERS[provider]:
            figures = counts[library]
            for sample, our, answer in zip(given, ours, self.library(library, requests)):
                case = sample["case"]
                if "error" in answer:
                    self.explain(REFUSED, provider, library, f"{case}: {answer['error']}")
                    refused.add((library, case))
                    figures["refused"] += 1
                    continue
                figures["samples"] += 1
                found = [our["error"]] if "error" in our else differences(
                    answer["events"], our["events"], provider, figures, False)
                figures["same"] += self.check(provider, library, f"{case}, read by both", found)
        return refused

    def write(self, provider, secret, given, refused, counts):
        """The events of the samples, written by us and read by each library."""
        if provider not in READERS:
            return
        asked = [(sample, *written(provider, secret, sample, event)) for sample in given for event in sample["events"]]
        known = {name for sample in given for name in json.loads(sample["body"])}
        requests = []
        for (sample, request, event), answer in zip(asked, self.crate("write", [request for _, request, _ in asked])):
            case = sample["case"]
            if "error" in answer:
                self.check(provider, "ours", f"{case}, written", [answer["error"]])
                continue
            more = set(json.loads(base64.b64decode(answer["body_b64"]))) - known
            self.check(provider, "ours", f"{case}, written", [f"`{name}` is a field of no sample" for name in more])
            request = {**request, "do": "parse", "method": "POST", "url": "https://receiver.example/hooks", **answer}
            requests.append((case, request, event))
        for library in READERS[provider]:
            figures = counts[library]
            fit = [(case, request, event) for case, request, event in requests if (library, case) not in refused]
            for (case, _, event), answer in zip(fit, self.library(library, [request for _, request, _ in fit])):
                figures["written"] += 1
                found = [answer["error"]] if "error" in answer else differences(
                    answer["events"], [event], provider, figures, True)
                figures["parsed"] += self.check(provider, library, f"{case}, written", found)

    def read_made(self, provider, secret, given, counts):
        """The samples, signed by each library that signs, and read by us."""
        for library in SIGNERS.get(provider, []):
            asked = [request_of(provider, secret, sample, "make") for sample in given]
            made = self.library(library, asked)
            headers = [merged(sample["headers"], answer.get("headers", {})) for sample, answer in zip(given, made)]
            requests = [{**request, "headers": one} for request, one in zip(asked, headers)]
            figures = counts[library]
            for sample, answer, our in zip(given, made, self.crate("read", requests)):
                figures["made"] += 1
                error = answer.get("error") or our.get("error")
                found = [error] if error else self.misread(sample, our["events"])
                figures["read"] += self.check(provider, library, f"{sample['case']}, made", found)

    @staticmethod
    def misread(sample, ours):
        """Where our reading differs from what was put into a sample."""
        if len(ours) != len(sample["events"]):
            yield f"{len(sample['events'])} events put in, and we read {len(ours)}"
        for our, event in zip(ours, sample["events"]):
            for field, value in our.items():
                wanted = event.get(field)
                if not (same_time(value, wanted) if field == "time" else value == wanted):
                    yield f"{field} {wanted!r} put in, and we read {value!r}"

    def report(self):
        line = "{:18} {:29} {:>16} {:>12} {:>13} {:>8}  {}".format
        print()
        print(line("provider", "library", "written->parsed", "made->read", "read by both", "refused", "says"))
        share = lambda figures, part, whole: f"{figures[part]}/{figures[whole]}" if figures[whole] else "-"
        for provider, library, figures in self.rows:
            pairs = ("parsed", "written"), ("read", "made"), ("same", "samples")
            columns = [share(figures, *names) for names in pairs]
            said = dict.fromkeys(name for field, name in SAID.items() if figures[f"says {field}"])
            if figures["fields"]:
                said[f"({figures['fields']} fields)"] = None
            print(line(provider, library, *columns, figures["refused"] or "-", " ".join(said)))
        total = sum((collections.Counter(figures) for *_, figures in self.rows), collections.Counter())
        print("\nExplained:")
        for entry, times in sorted(self.explained.items()):
            print(f"  {entry.providers} by {entry.libraries}: {entry.what} ({times}). {entry.reason}")
        if self.failures:
            print("\nFailures:")
            for failure in self.failures:
                print(" ", failure)
        print(
            f"\n{len({provider for provider, *_ in self.rows})} providers, "
            f"{len({library for _, library, _ in self.rows})} libraries, "
            f"{total['parsed']} of {total['written']} written events parsed, {total['read']} of {total['made']} made "
            f"deliveries read, {total['same']} of {total['samples']} samples read alike, "
            f"{total['refused']} samples refused by a library, {sum(self.explained.values())} explained, "
            f"{len(self.failures)} failures"
        )


def compare(tool, work, ask, secret_of, only):
    """Everything, or some providers alone. Returns the exit code."""
    run = Run(tool, work, ask, secret_of)
    every = samples()
    every["github"] += octokit(work)
    catalogue = subprocess.run([tool, "providers"], check=True, stdout=subprocess.PIPE, text=True).stdout.split()
    if only and not set(only) <= set(READERS) | set(SIGNERS):
        sys.exit(f"no library: {', '.join(sorted(set(only) - set(READERS) - set(SIGNERS)))}")
    wanted = only or [name for name in catalogue if name in READERS or name in SIGNERS]
    for provider in wanted:
        run.provider(provider, every[provider])
    if not only:
        unused = [entry for entry in DIFFERENCES + REFUSED if not run.explained[entry]]
        run.failures += [f"this difference did not occur: {entry}" for entry in unused]
    run.report()
    if not only:
        rest = [name for name in catalogue if name not in READERS and name not in SIGNERS]
        print("no library that reads or signs:", ", ".join(rest))
    return 1 if run.failures or not run.rows else 0
