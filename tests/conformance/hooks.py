"""Random hooks: every key, source, shape of rule and type of match of the reference."""

from regexes import some_regex
from words import HEADER_NAMES, METHODS, PAYLOAD_NAMES, QUERY_NAMES, some_text

SECRETS = ["s", "itsasecret", "with space", "ünï", "x" * 100, "a,b", "0", "true"]
HASHES = {"payload-hmac-sha1": "sha1", "payload-hmac-sha256": "sha256", "payload-hmac-sha512": "sha512",
          "payload-hash-sha1": "sha1", "payload-hash-sha256": "sha256", "payload-hash-sha512": "sha512"}
REGEXES = ["^refs/heads/(main|release-.*)$", "main", "", "^$", "(?i)MAIN", "^a.b$", "[0-9]+", "\\bmain\\b", "x{2,3}",
           "^[^<]*$",
           "\\d+\\.\\d", "ünï|日", "\\p{L}+", "^(?:a|b)*$", "(?s)^.*$", "(?m)^break$", "a|", "[[:alpha:]]+", "\\x41",
           "^\\S+$",
           "(?U)a+?", "(?P<n>x)", "\\Qa.b\\E", "\\pN", "[^\\x00-\\x7F]", ".{300}", "^.$", "^true$", "^\\[", "null|nil"]
RANGES = ["127.0.0.1", "127.0.0.0/8", "10.0.0.0/8", "127.0.0.1/32 10.0.0.0/8", "192.0.2.0/24", "::1", "::/0",
          "0.0.0.0/0",
          "127.0.0.2 127.0.0.3", "  127.0.0.5\t127.0.0.6 ", "127.1.0.0/16", "::1/128", "127.0.0.9/24",
          "::ffff:127.0.0.1/128",
          "::ffff:127.0.0.0/104", "2001:db8::/32", "127.0.0.4/31"]
CODES = [200, 201, 202, 204, 299, 304, 400, 404, 418, 451, 500, 503, 599, 999, 0, -1, 99, 100, 103, 1000, 301, 308]
IDS = ["deploy", "a/b", "a b", "ünï", "x.y", "a/", "UPPER", "a%b", "a+b", "a?b", "a#b", "0", "a;b", "a&b", "~x", "(x)",
       "日本", "a=b",
       "a//b", "index.html", "a:b", "*", "@x", "health", "a'b", "a\"b", "a\\b", "[x]"]
WORDS = ["ok", "Started.", "", "<html>", "ünï 😀", "line\n", "{}", "a\tb", "x" * 3000, "Hook rules were not satisfied."]
RESPONSE_HEADERS = [("X-Answer", "42"), ("Access-Control-Allow-Origin", "*"), ("x-lower", "ü"), ("X-Empty", ""),
                    ("Location", "/x"),
                    ("X-Answer", "43"), ("Cache-Control", "no-store"), ("Content-Type", "application/json"),
                    ("X-Space", " a b "),
                    ("Set-Cookie", "a=b"), ("X-Comma", "a, b"), ("content-type", "text/html")]
COMMANDS = ["report"] * 14 + ["report-fails"] * 4 + ["report-dies", "missing", "not-executable", "no-interpreter",
                                                     "folder", "report "]


def some_source(rng, kinds=None):
    kind = rng.choice(kinds or ["header", "url", "query", "payload", "payload", "payload", "request", "string",
                                "raw-request-body",
                                "entire-payload", "entire-headers", "entire-query"])
    source = {"source": kind}
    if kind == "header":
        source["name"] = rng.choice(HEADER_NAMES)
    elif kind in ("url", "query"):
        source["name"] = rng.choice(QUERY_NAMES)
    elif kind == "payload":
        source["name"] = rng.choice(PAYLOAD_NAMES)
    elif kind == "request":
        source["name"] = rng.choice(["method", "remote-addr", "METHOD", "Remote-Addr"])
    elif kind == "string":
        source["name"] = some_text(rng).replace("\x7f", "").replace("\x01", "")
    elif rng.random() < 0.3:
        source["name"] = rng.choice(["x", "ignored", "a.b"])
    return source


def _named(rng, source, of_file):
    """A value for the environment or a file, mostly with an envname."""
    if rng.random() < 0.6:
        source["envname"] = rng.choice(["MY_A", "MY_B", "HOOK_X", "my-c", "MY D", "ünï", "HOOK_ref", "PATH_INFO", "TZ",
                                        "MY_A"])
    if of_file and rng.random() < 0.35:
        source["base64decode"] = rng.choice([True, True, False])
    return source


def some_match(rng):
    kind = rng.choices(["value", "regex", "hmac", "ip-whitelist", "scalr-signature"], [34, 18, 36, 7, 5])[0]
    if kind == "ip-whitelist":
        return {"type": kind, "ip-range": rng.choice(RANGES)}
    if kind == "scalr-signature":
        return {"type": kind, "secret": rng.choice(SECRETS)}
    sources = ["payload"] * 4 + ["header"] * 2 + ["url", "query", "request", "string", "raw-request-body",
                                                  "entire-payload"]
    if kind == "value":
        return {"type": kind, "value": some_text(rng), "parameter": some_source(rng, sources)}
    if kind == "regex":
        regex = rng.choice([rng.choice(REGEXES), some_regex(rng)])
        return {"type": kind, "regex": regex, "parameter": some_source(rng, sources)}
    source = {"source": "header", "name": rng.choice(HEADER_NAMES[:4])}
    if rng.random() < 0.15:
        source = some_source(rng, ["url", "payload", "header"])
    return {"type": rng.choice(list(HASHES)), "secret": rng.choice(SECRETS), "parameter": source}


def some_rule(rng, depth=3):
    kind = rng.random()
    if depth == 0 or kind < 0.5:
        return {"match": some_match(rng)}
    if kind < 0.7:
        return {"and": [some_rule(rng, depth - 1) for _ in range(rng.randrange(0, 4))]}
    if kind < 0.88:
        return {"or": [some_rule(rng, depth - 1) for _ in range(rng.randrange(0, 4))]}
    if kind < 0.98:
        return {"not": some_rule(rng, depth - 1)}
    return rng.choice([{}, {"and": [], "match": some_match(rng)}, {"or": [{"match": some_match(rng)}], "not": {}}])


def some_values(rng, most, named=False, of_file=False):
    values = [some_source(rng) for _ in range(rng.randrange(0, most))]
    return [_named(rng, value, of_file) for value in values] if named else values


def some_hook(rng, identity):
    # The reference hands its whole environment on: this key, which it does not know, makes ours do so.
    hook = {"id": identity, "execute-command": rng.choice(COMMANDS), "inherit-environment": True}
    if rng.random() < 0.25:
        hook["command-working-directory"] = rng.choice(["FOLDER", "FOLDER", "FOLDER/sub", "/nonexistent", "/", "sub",
                                                        "."])
        if rng.random() < 0.4:
            hook["execute-command"] = rng.choice(["./report", "sub/report", "../report", "FOLDER/bin/report", "report"])
    elif rng.random() < 0.15:
        hook["execute-command"] = rng.choice(["FOLDER/bin/report", "./bin/report", "bin/report", "bin/../bin/report"])
    if rng.random() < 0.8:
        hook["include-command-output-in-response"] = True
    if rng.random() < 0.3:
        hook["include-command-output-in-response-on-error"] = rng.random() < 0.9
    if rng.random() < 0.4:
        hook["response-message"] = rng.choice(WORDS)
    if rng.random() < 0.3:
        headers = [rng.choice(RESPONSE_HEADERS) for _ in range(rng.randrange(1, 4))]
        hook["response-headers"] = [{"name": name, "value": value} for name, value in headers]
    if rng.random() < 0.25:
        hook["success-http-response-code"] = rng.choice(CODES)
    if rng.random() < 0.25:
        hook["trigger-rule-mismatch-http-response-code"] = rng.choice(CODES)
    if rng.random() < 0.12:
        hook["http-methods"] = rng.choices(METHODS + ["post", " get ", "Put", ""], k=rng.randrange(0, 4))
    if rng.random() < 0.12:
        hook["incoming-payload-content-type"] = rng.choice(["application/json", "application/xml",
                                                            "application/x-www-form-urlencoded",
                                                            "text/plain", "multipart/form-data;",
                                                            "multipart/form-data"])
    if rng.random() < 0.15:
        hook["trigger-signature-soft-failures"] = rng.random() < 0.8
    if rng.random() < 0.2:
        hook["parse-parameters-as-json"] = [some_source(rng, ["payload", "payload", "payload", "url", "header",
                                                              "query", "string"])
                                            for _ in range(rng.randrange(1, 3))]
    hook["pass-arguments-to-command"] = some_values(rng, 6)
    if rng.random() < 0.5:
        hook["pass-environment-to-command"] = some_values(rng, 4, named=True)
    if rng.random() < 0.35:
        hook["pass-file-to-command"] = some_values(rng, 3, named=True, of_file=True)
    if rng.random() < 0.75:
        hook["trigger-rule"] = some_rule(rng)
    return hook


def some_identities(rng, count):
    names = rng.sample(IDS, min(count, len(IDS)))
    return [name if rng.random() < 0.4 else f"hook-{number}" for number, name in enumerate(names)]


def rules_of(hook):
    """Every rule of a hook, the outermost first."""
    waiting, found = [hook.get("trigger-rule")], []
    while waiting:
        rule = waiting.pop()
        if isinstance(rule, dict):
            found.append(rule)
            for key in ("and", "or"):
                waiting += rule[key] if isinstance(rule.get(key), list) else []
            waiting.append(rule.get("not"))
    return found


def matches_of(hook):
    return [rule["match"] for rule in rules_of(hook) if isinstance(rule.get("match"), dict)]


def sources_of(hook):
    """Every value that a hook asks a request for."""
    found = [match["parameter"] for match in matches_of(hook) if isinstance(match.get("parameter"), dict)]
    for key in ("pass-arguments-to-command", "pass-environment-to-command", "pass-file-to-command",
                "parse-parameters-as-json"):
        values = hook.get(key)
        found += [value for value in values if isinstance(value, dict)] if isinstance(values, list) else []
    return found
