"""Random requests to a hook: mostly what its rule asks for, rightly signed, and all that may be wrong with them."""

import hashlib
import hmac
import re
import time
import urllib.parse
from dataclasses import dataclass, field, replace

from bodies import form_text, some_body, some_parameter_text
from hooks import HASHES, sources_of
from limits import some_limit
from words import METHODS, QUERY_NAMES, some_scalar, some_text

SENDABLE = re.compile(r"[A-Za-z0-9-]+\Z")  # the header names that nginx lets through
SAMPLES = ["main", "refs/heads/main", "refs/heads/release-2", "MAIN", "a\nb", "acb", "7", "a main b", "xx", "3.5",
           "ünï", "A", "",
           "x" * 300, "line\nbreak", "true", "[1]", "abab", "日", "a.b"]


@dataclass
class Request:
    method: str
    path: str  # percent-encoded
    query: str = ""
    headers: list = field(default_factory=list)  # (name, bytes)
    body: bytes = b""
    client: str = "127.0.0.1"
    limit: str = ""  # of limits.BODIES

    def values(self, name):
        return [value for known, value in self.headers if known.lower() == name.lower()]

    def content_type(self):
        return (self.values("Content-Type") or [b""])[0].decode("utf-8", "replace")

    def change(self, **fields):
        return replace(self, **fields)


def _wanted(rng, rule, holds=True):
    """(match, whether it should hold) for enough of the rule."""
    for key in ("and", "or"):
        if key in rule:
            children = rule[key]
            if (key == "and") != holds and children:
                children = [rng.choice(children)]
            return [wish for child in children for wish in _wanted(rng, child, holds)]
    if "not" in rule:
        return _wanted(rng, rule["not"], not holds)
    return [(rule["match"], holds)] if "match" in rule else []


def _date():
    return time.strftime("%a %d %b %Y %H:%M:%S UTC", time.gmtime())


class _Plan:
    """What a request must carry for its rule to hold, and then whatever else."""

    def __init__(self, rng, hook):
        self.rng = rng
        self.header, self.query, self.payload, self.signatures = {}, {}, {}, []
        self.client = rng.choice(["127.0.0.1"] * 4 + ["127.0.0.2", "127.0.0.5", "127.1.2.3"])
        for source in hook.get("parse-parameters-as-json", []):
            if rng.random() < 0.85:
                self.put(source, some_parameter_text(rng))
        for source in sources_of(hook):
            if rng.random() < 0.45:
                self.put(source, some_text(rng) if source["source"] != "payload" else some_scalar(rng))
        for match, holds in _wanted(rng, hook.get("trigger-rule") or {}):
            if holds or rng.random() < 0.3:
                self.satisfy(match)

    def put(self, source, value):
        places = {"header": self.header, "url": self.query, "query": self.query, "payload": self.payload}
        if source.get("source") in places and isinstance(source.get("name"), str):
            places[source["source"]][source["name"]] = value

    def satisfy(self, match):
        kind = match.get("type")
        if kind == "value":
            self.put(match["parameter"], match["value"])
        elif kind == "regex":
            self.put(match["parameter"], self.rng.choice(SAMPLES))
        elif kind == "ip-whitelist":
            self.client = (re.findall(r"127\.\d+\.\d+\.\d+", match["ip-range"]) or [self.client])[0]
            if self.client.endswith(".0"):
                self.client = "127.0.0.7"
        elif kind in HASHES or kind == "scalr-signature":
            self.signatures.append(match)


def _digest(kind, secret, body):
    return hmac.new(secret.encode(), body, getattr(hashlib, kind)).hexdigest()


def _signed(rng, body):
    """What is signed: the body, and now and then what somebody else would sign in its place."""
    if body.startswith(b"payload=") and b"&" not in body and rng.random() < 0.5:
        return urllib.parse.unquote_to_bytes(body[len(b"payload="):].replace(b"+", b" "))
    return b"" if rng.random() < 0.03 else body


def _signature(rng, match, body):
    """Mostly right."""
    kind, body = HASHES[match["type"]], _signed(rng, body)
    good = _digest(kind, match["secret"], body)
    prefixed = f"{kind}={good}"
    if rng.random() < 0.72:
        return rng.choice([prefixed, prefixed, good])
    wrong = _digest(kind, match["secret"] + "x", body)
    return rng.choice([
        wrong, f"{kind}={wrong}", good.upper(), prefixed.upper(), prefixed[:-1], prefixed + "0", "", f"{kind}=",
        f"sha0={good}",
        f"{kind}={wrong},{prefixed}", f"{prefixed},{kind}={wrong}", f"{wrong},{good}", f"{kind}={wrong}, {prefixed}",
        f"{prefixed},",
        f",{prefixed}", f"{good},{prefixed}", " " + prefixed, f"{kind}={kind}={good}",
        _digest("md5", match["secret"], body)])


def _sign(rng, plan, body):
    for match in plan.signatures:
        if rng.random() < 0.07:
            continue
        if match["type"] != "scalr-signature":
            plan.put(match["parameter"], _signature(rng, match, body))
            continue
        date = _date() if rng.random() < 0.85 else rng.choice(["Fri 08 Sep 2017 11:24:32 UTC", "", "now",
                                                               "Fri, 08 Sep 2017 11:24:32 GMT",
                                                               _date().replace("UTC", "GMT"),
                                                               _date().replace("UTC", "CET")])
        good = _digest("sha1", match["secret"], body + date.encode())
        plan.header["Date"] = date
        wrong = rng.choice([good.upper(), "sha1=" + good, f"{good},{good}", "x"])
        plan.header["X-Signature"] = good if rng.random() < 0.85 else wrong


def _header_value(value):
    text = value if isinstance(value, str) else str(value)
    data = text.replace("\n", " ").replace("\r", " ").encode("utf-8", "surrogateescape")
    return bytes(b for b in data if b >= 0x20 and b != 0x7F or b == 9).strip(b" \t")


def _headers(rng, plan, content_type, body):
    headers = []
    if content_type:
        headers.append(("Content-Type", content_type.encode()))
    for name, value in plan.header.items():
        if not SENDABLE.match(name) or name.lower() in ("host", "content-length", "content-type"):
            continue
        headers.append((name if rng.random() < 0.8 else rng.choice([name.upper(), name.lower()]), _header_value(value)))
        if rng.random() < 0.04:
            headers.append((name, _header_value(some_text(rng))))
    if rng.random() < 0.3:
        headers.append((rng.choice(["User-Agent", "X-Forwarded-For", "Cookie", "Accept", "X-Request-Id", "Referer"]),
                        rng.choice([b"curl/8", b"10.0.0.1", b"a=b; c=d", b"*/*", b"\xe9\xff latin", "ünï".encode()])))
    if body or rng.random() < 0.7:
        headers.append(("Content-Length", str(len(body)).encode()))
    rng.shuffle(headers)
    return headers


def _path(rng, prefix, identity):
    base = f"/{prefix}/" if prefix else "/"
    path = base + urllib.parse.quote(identity, safe=rng.choice(["/", "", "/:@!$&'()*+,;="]))
    if rng.random() < 0.05:
        path = rng.choice(["/", base, base + "unknown", path + "/", path.upper(), base.rstrip("/") or "/", "/health",
                           "/other/" + identity[:1],
                           path + "%20", base + "/" + "x", base + "../x", base + "./x",
                           "/" + path[1:].replace("/", "%2F"), path + "%2e"])
    return path


def _kind_of_body(rng, hook, payload):
    """What can carry the payload that is wanted, mostly; None: any."""
    if hook.get("incoming-payload-content-type", "").startswith("multipart") and rng.random() < 0.5:
        return "multipart"
    if payload and rng.random() < 0.6:
        return "json" if any("." in name for name in payload) else rng.choice(["json", "form", "multipart"])
    return None


def _method(rng, hook, allowed):
    methods = [m.strip().upper() for m in hook.get("http-methods") or allowed if m.strip()]
    return rng.choice(methods) if methods and rng.random() < 0.9 else rng.choice(["POST"] * 6 + METHODS)


def some_request(rng, hook, prefix, allowed=()):
    """allowed: the methods of the flag -http-methods."""
    plan, limit = _Plan(rng, hook), ""
    if rng.random() < 0.003:
        limit, content_type, body = some_limit(rng)
    else:
        content_type, body = some_body(rng, plan.payload, _kind_of_body(rng, hook, plan.payload))
    _sign(rng, plan, body)
    fields = [(name, value if isinstance(value, str) else "x") for name, value in plan.query.items()]
    if rng.random() < 0.5:
        fields += [(rng.choice(QUERY_NAMES), some_text(rng)) for _ in range(rng.randrange(0, 4))]
    query = form_text(rng, fields)
    query = "".join(c if "!" <= c <= "~" and c not in '"<>\\^`{|}#' else urllib.parse.quote(c) for c in query)
    return Request(_method(rng, hook, allowed), _path(rng, prefix, hook["id"]), query,
                   _headers(rng, plan, content_type, body), body,
                   plan.client, limit)
