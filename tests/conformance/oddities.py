"""What may be odd in a file of hooks. Each has a name, by which the table of wanted differences knows it."""

import re

from hooks import some_match, some_source
from notation import Raw

SCALARS = ["yes", "no", "on", "off", "y", "n", "True", "FALSE", "~", "null", "", "0", "-0", "007", "0123", "08",
           "0o17", "0x1F", "0b11",
           "1.10", "1e3", "1.5e+3", ".5", "-.5", ".inf", "-.inf", ".nan", "1_000", "1:30", "2001-01-01",
           "2001-12-14t21:59:43.10-05:00",
           "=", "!!str 1", "!!str yes", "!!int '1'", "!!int x", "!!float 1", "!!bool yes", "!!bool 'yes'", "!!null x",
           "!!binary aGk=",
           "!!str", "!x y", "! 1", "'it''s'", r'"a\x41\u00e9\n\e\_\N\L"', r'"\U0001F600"', r'"\/"', r'"\ud83d\ude00"',
           r'"\q"',
           "|\n      block\n      two\n", ">-\n      folded\n      two\n\n      three\n", "|+\n      keep\n\n",
           "|2\n      two\n",
           '"multi\n     line"', "plain\n     more", "@a", "`a`", "%a", "a: b", "a #c", "a#c", '""', "''", "? a",
           "- a", "*none", "&x y",
           "&x", "[a]", "{a: b}", "[]", "{}", "18446744073709551615", "123456789012345678901234567890", "1e400", "-1",
           "200", "200.0",
           "2e2", "2.5", "0.1", "99999999999", "'1'", '"200"', "! x", "!!timestamp 2001-01-01", "12e03", "+12", "0.",
           "'a\n     b'",
           "http://x:80/y", "a:b", "-", "--- x", "...", ":", "a ", "\ta", "é", "\u00a0", "😀", "\u0085", '"\u2028"',
           "\x7f", "'\ufeff'"]
TEXT_KEYS = ["id", "execute-command", "response-message", "command-working-directory", "incoming-payload-content-type"]
NUMBER_KEYS = ["success-http-response-code", "trigger-rule-mismatch-http-response-code"]
BOOL_KEYS = ["include-command-output-in-response", "include-command-output-in-response-on-error",
             "trigger-signature-soft-failures"]
LIST_KEYS = ["pass-arguments-to-command", "pass-environment-to-command", "pass-file-to-command",
             "parse-parameters-as-json",
             "http-methods", "response-headers"]


def scalar(rng, hook):
    """An odd scalar as the value of some key."""
    raw = Raw(rng.choice(SCALARS))
    where = rng.random()
    if where < 0.35:
        hook[rng.choice(TEXT_KEYS)] = raw
    elif where < 0.5:
        hook[rng.choice(NUMBER_KEYS)] = raw
    elif where < 0.65:
        hook[rng.choice(BOOL_KEYS)] = raw
    elif where < 0.8:
        hook["pass-arguments-to-command"] = [{"source": "string", "name": raw}]
    elif where < 0.9:
        hook["trigger-rule"] = {"match": {"type": "value", "value": raw,
                                          "parameter": {"source": "string", "name": "1"}}}
    else:
        hook[rng.choice(LIST_KEYS + ["trigger-rule"])] = raw


def unknown_key(rng, hook):
    hook[rng.choice(["excute-command", "x", "Passargs", "timeout-x", "",
                     "0"])] = rng.choice(["x", 1, [], {"a": 1}, None])


def other_case(rng, hook):
    key = rng.choice([key for key in hook if key != "inherit-environment"])
    value = hook.pop(key)
    hook[rng.choice([key.upper(), key.title(), key.capitalize()])] = value


def missing_key(rng, hook):
    del hook[rng.choice(["id", "execute-command"])]


def empty_key(rng, hook):
    hook[rng.choice(["id", "execute-command"])] = ""


def null_key(rng, hook):
    hook[rng.choice(list(hook) + TEXT_KEYS + NUMBER_KEYS + BOOL_KEYS + LIST_KEYS + ["trigger-rule"])] = None


def unknown_source(rng, hook):
    hook["pass-arguments-to-command"] = [{"source": rng.choice(["payloads", "Header", "", "body"]), "name": "a"}]


def missing_source(rng, hook):
    hook["pass-arguments-to-command"] = [{"name": "a"}, rng.choice([{}, {"source": None, "name": "x"}])]


def unknown_request(rng, hook):
    hook["pass-arguments-to-command"] = [{"source": "request", "name": rng.choice(["path", "", "host"])}]


def missing_name(rng, hook):
    hook["pass-arguments-to-command"] = [{"source": rng.choice(["header", "url", "query", "payload"])}]


def unknown_type(rng, hook):
    match = some_match(rng)
    match["type"] = rng.choice(["valeu", "Value", "", "payload-hmac-md5"])
    hook["trigger-rule"] = {"match": match}


def missing_type(rng, hook):
    hook["trigger-rule"] = {"match": {"value": "a", "parameter": some_source(rng)}}


def missing_parameter(rng, hook):
    hook["trigger-rule"] = {"match": {"type": rng.choice(["value", "regex", "payload-hmac-sha1"]), "value": "a",
                                      "regex": "a", "secret": "s"}}


def secret_for_value(rng, hook):
    hook["trigger-rule"] = {"match": {"type": "value", "secret": "s",
                                      "parameter": {"source": "header", "name": "X-Token"}}}


def empty_secret(rng, hook):
    hook["trigger-rule"] = {"match": {"type": rng.choice(["payload-hmac-sha1", "scalr-signature"]), "secret": "",
                                      "parameter": {"source": "header", "name": "X-Token"}}}


def missing_check(rng, hook):
    kind, _ = rng.choice([("value", ""), ("regex", ""), ("payload-hmac-sha256", ""), ("ip-whitelist", ""),
                          ("scalr-signature", "")])
    hook["trigger-rule"] = {"match": {"type": kind, "parameter": {"source": "header", "name": "X-Token"}}}


def bad_regex(rng, hook):
    hook["trigger-rule"] = {"match": {"type": "regex", "parameter": {"source": "string", "name": "a"},
                                      "regex": rng.choice(
        ["(", "a**", "[z-a]", "(?=a)", "\\1", "a{1001}", "(?P<n>a)(?P<n>b)", "\\pq", "x{2,1}", "(?i)\\p{Lu}",
         "(?:[a\\PL][b\\PN][c\\PL][d\\PN]){1000}",
         "[[:foo:]]", "\\8", "(?i"])}}


def bad_range(rng, hook):
    hook["trigger-rule"] = {"match": {"type": "ip-whitelist", "ip-range": rng.choice(
        ["", " ", "localhost", "127.0.0.1/33", "300.0.0.1", "127.0.0.1,127.0.0.2", "127.0.0.1 x", "127.0.1",
         "0127.0.0.1", "::1%lo"])}}


def list_for_map(rng, hook):
    hook[rng.choice(["trigger-rule", "pass-arguments-to-command", "response-headers", "http-methods"])] = rng.choice(
        [{"a": "b"}, ["a"], "a", 1, [[]], [None], {}, [1]])


HOOK_ODDITIES = [unknown_key, other_case, missing_key, empty_key, null_key, unknown_source, missing_source,
                 unknown_request, missing_name,
                 unknown_type, missing_type, missing_parameter, secret_for_value, empty_secret, missing_check,
                 bad_regex, bad_range,
                 list_for_map]

TEXT_ODDITIES = {
    "bom": lambda text: "\ufeff" + text,
    "crlf": lambda text: text.replace("\n", "\r\n"),
    "comment": lambda text: "# c\n" + text + "  # c\n",
    "document start": lambda text: "---\n" + text,
    "document end": lambda text: text + "...\n",
    "directive": lambda text: "%YAML 1.1\n---\n" + text,
    "second document": lambda text: text + "---\n- {id: second, execute-command: report}\n",
    "tab before": lambda text: "\t" + text,
    "unfinished": lambda text: text + "- {id: \"unfinished\n",
    "nothing": lambda text: "",
    "only null": lambda text: "~\n",
    "empty list": lambda text: "[]\n",
    "one map": lambda text: "{" + '"id": "a", "execute-command": "report"' + "}\n",
    "key twice": lambda text: re.sub(r"^- ", "- response-message: one\n  response-message: two\n  ", text, count=1),
    "hook twice": lambda text: text +
    "- {id: twice, execute-command: report}\n- {id: twice, execute-command: report-fails}\n",
    "anchor": lambda text: text +
    "- {id: &n other, execute-command: &c report, response-message: *n}\n- {id: third, execute-command: *c}\n",
    "merge key": lambda text: text + "- &m {id: m1, execute-command: report}\n- {<<: *m, id: m2}\n",
    "invalid UTF-8": lambda text: text + "- {id: bad, execute-command: \udcff}\n",
    "NUL": lambda text: text + "- {id: bad, execute-command: \"a\0b\"}\n",
    "trailing comma": lambda text: text + "- {id: comma, execute-command: report,}\n",
    "map of numbers": lambda text: text + "- {id: n, execute-command: report, 1: 2, true: 3, ~: 4, 1.5: x}\n",
    "complex key": lambda text: text + "- {id: n, execute-command: report, [a]: b}\n",
    "null hook": lambda text: text + "-\n",
    "text for hook": lambda text: text + "- x\n",
}


def apply(rng, hook):
    """(name, function for the text): changes the hook, or later the text of its file."""
    kind = rng.random()
    if kind < 0.5:
        scalar(rng, hook)
        return "scalar", lambda text: text
    if kind < 0.75:
        oddity = rng.choice(HOOK_ODDITIES)
        oddity(rng, hook)
        return oddity.__name__.replace("_", " "), lambda text: text
    name = rng.choice(list(TEXT_ODDITIES))
    return name, TEXT_ODDITIES[name]
