"""The wanted differences: one table. A difference that no row of it explains is a defect of ours.

`applies` looks at the case, at what was asked, not at what came back; `gives`, where there is one, says what ours must do
there. `aspects` are those that a row may explain; none named: all of a reply.
"""

import posixpath
import re
import urllib.parse
import xml.parsers.expat
from dataclasses import dataclass
from typing import Callable

from hooks import HASHES, matches_of, sources_of
from servers import Reply

LOAD = ("load",)
ALL = ("load", "everything else")


@dataclass
class Difference:
    name: str
    reason: str
    applies: Callable  # case
    aspects: tuple = ()
    gives: Callable = None  # case, outcome


def _says(status=None, begins=None):
    def gives(_case, outcome):
        return isinstance(outcome.ours, Reply) and status in (None, outcome.ours.status) and outcome.ours.body.startswith(begins or b"")
    return gives


# --- What a case is -----------------------------------------------------------------------------------------------------

def _content_type(case):
    return case.hook.get("incoming-payload-content-type") or case.request.content_type()


def _body_kind(case):
    """As the reference chooses a parser."""
    kind = _content_type(case)
    for mark in ("json", "x-www-form-urlencoded", "xml"):
        if mark in kind:
            return mark
    return "multipart" if kind.startswith("multipart/form-data;") else ""


def _is_signed(case):
    return any(match.get("type") in HASHES or match.get("type") == "scalr-signature" for match in matches_of(case.hook))


def _has_hmac(case):
    return any(match.get("type") in HASHES for match in matches_of(case.hook))


def _lone_payload_field(case):
    return _body_kind(case) == "x-www-form-urlencoded" and _has_hmac(case) and case.request.body.startswith(b"payload=")


def _signature_twice(case):
    names = [match["parameter"].get("name", "").lower() for match in matches_of(case.hook)
             if match.get("type") in HASHES and match["parameter"].get("source") == "header"]
    if any(match.get("type") == "scalr-signature" for match in matches_of(case.hook)):
        names += ["x-signature", "date"]
    return any(len(case.request.values(name)) > 1 for name in names)


def _unclean_path(case):
    decoded = urllib.parse.unquote(case.request.path)
    clean = posixpath.normpath(re.sub("/+", "/", decoded))
    return decoded not in (clean, clean + "/")


def _panics(case, outcome):
    body = b"" if case.request.method == "HEAD" else b"Internal Server Error\n"
    return (outcome.reference.status, outcome.reference.body) == (500, body)


def _date_in_another_zone(case):
    dates = case.request.values("Date")
    return any(match.get("type") == "scalr-signature" for match in matches_of(case.hook)) and \
        any(re.search(rb" [A-Z]{3,5}$", date) and not date.endswith((b"UTC", b"GMT")) for date in dates)


def _odd_xml(case):
    """Whether expat refuses the first element, or what stands before it."""
    if _body_kind(case) != "xml":
        return False
    parser, depth, closed = xml.parsers.expat.ParserCreate(), [0], []

    def end(_name):
        depth[0] -= 1
        if depth[0] == 0:
            closed.append(True)

    parser.StartElementHandler = lambda _name, _attributes: depth.__setitem__(0, depth[0] + 1)
    parser.EndElementHandler = end
    try:
        parser.Parse(case.request.body, True)
    except xml.parsers.expat.ExpatError:
        return not closed
    return b"<!DOCTYPE" in case.request.body


def _space_in_attribute(case):
    return _body_kind(case) == "xml" and re.search(rb"""=\s*("[^"]*[\t\r\n]|'[^']*[\t\r\n])""", case.request.body)


def _at(*limits):
    return lambda case: case.request.limit in limits


def _drops_environment(case):
    return not case.hook.get("inherit-environment")


def _only_variables_less(_case, outcome):
    reference, ours = (set(reply.body.split(b"\n")) for reply in (outcome.reference, outcome.ours))
    return outcome.reference.status == outcome.ours.status and not ours - reference and \
        all(re.match(rb"variable (ASAN_OPTIONS|UBSAN_OPTIONS|MY_SERVER)=", line) for line in reference - ours)


def _informational(case):
    codes = [case.hook.get(key) for key in ("success-http-response-code", "trigger-rule-mismatch-http-response-code")]
    return any(isinstance(code, int) and 100 <= code < 200 for code in codes)


def _sets_content_type(case):
    names = [header.get("name", "") for header in case.hook.get("response-headers") or []]
    names += [value.partition("=")[0] for value in case.world.flag("-header")]
    return any(name.lower() == "content-type" for name in names)


def _dotted_json_parameter(case):
    return any("." in source.get("name", "") for source in case.hook.get("parse-parameters-as-json") or []
               if source.get("source") in ("payload", "url", "query", "header"))


def _refuses_odd(*names):
    """For a row on files that ours refuses."""
    return {"applies": lambda case: case.world.oddity in names, "aspects": LOAD, "gives": lambda _, outcome: outcome.reference and not outcome.ours}


def _text_has(pattern):
    return lambda case: any(re.search(pattern, text) for _, text in case.world.files)


def _is_relative(case):
    folder, command = (str(case.hook.get(key, "")) for key in ("command-working-directory", "execute-command"))
    absolute = command.startswith(("/", "FOLDER")) and not case.hook.get("pass-file-to-command")
    return folder != "" and not folder.startswith(("/", "FOLDER")) and not absolute


def _file_in_closed_folder(case):
    return case.hook.get("pass-file-to-command") and case.hook.get("command-working-directory") in ("/", "/nonexistent")


def _says_of_file(case, outcome):
    return outcome.ours.status == 500 and (case.request.method == "HEAD" or outcome.ours.body.startswith(b"cannot create "))


def _file_variables(case):
    """What pass-file-to-command names variables after: an envname, or a name that is still to be upper-cased."""
    for source in case.hook.get("pass-file-to-command") or []:
        if isinstance(source, dict):
            yield str(source.get("envname") or ""), str(source.get("name") or "")


def _is_named_oddly(case):
    names = [envname or "HOOK_" + name for envname, name in _file_variables(case)]
    return any("/" in name or len(name.encode()) > 240 for name in names)


def _upper_differs(case):
    return any(not envname and any(c > "\x7f" and c != c.upper() for c in name) for envname, name in _file_variables(case))


def _null_for_map(case):
    request = case.request
    return case.hook.get("parse-parameters-as-json") and b"null" in request.body + urllib.parse.unquote(request.query).encode() + \
        b"".join(value for _, value in request.headers)


def _may_not_start(case):
    hook, request = case.hook, case.request
    if hook.get("include-command-output-in-response-on-error") and re.search(rb"\0|\\u0000|%00", request.body + request.query.encode()):
        return True  # no argument holds a NUL
    known = hook.get("execute-command") in ("report", "report-fails", "report-dies") and "command-working-directory" not in hook
    return hook.get("include-command-output-in-response-on-error") and not known


def _empty_and_a_sentence(_case, outcome):
    return (outcome.reference.status, outcome.reference.body, outcome.ours.status) == (500, b"", 500) and \
        outcome.ours.body.startswith(b"Error occurred while executing the hook's command.")


DIFFERENCES = [
    # Replies.
    Difference("content type", "the reference guesses it from the body's first bytes, so that output can be HTML; ours is always text/plain",
               lambda case: not _sets_content_type(case), ("content-type",),
               lambda case, outcome: outcome.ours is not None and outcome.ours.values("content-type") in ([], ["text/plain; charset=utf-8"])),
    Difference("path cleaned", "the reference redirects a path with empty or dot segments; a web server resolves it before ours sees it",
               _unclean_path, gives=lambda _, outcome: outcome.reference.status == 301),
    Difference("slashes of -urlprefix", "those at its ends are meant as none", lambda case: case.world.prefix.strip("/") != case.world.prefix
               or case.world.oddity in ("-urlprefix h/", "-urlprefix /h")),
    Difference("health", "/health is ours", lambda case: case.request.path == "/health",
               gives=lambda _, outcome: outcome.ours.status in (200, 405)),
    Difference("informational status", "a reply cannot end with 1xx: 200", _informational, gives=_says(200)),
    # Bodies and signatures.
    Difference("multipart: signature", "mend 5: the reference takes it over nothing",
               lambda case: _body_kind(case) == "multipart" and _is_signed(case)),
    Difference("multipart: raw-request-body", "mend 5: to the reference it is empty",
               lambda case: _body_kind(case) == "multipart" and any(s.get("source") == "raw-request-body" for s in sources_of(case.hook))),
    Difference("form: signature over the JSON", "mend 6: Gitea and Gogs sign the JSON and send a form of it", _lone_payload_field),
    Difference("signature twice", "a signature header that comes twice is refused: servers differ in which of both they hand over",
               _signature_twice),
    Difference("parse-parameters-as-json: dotted name", "the reference panics where it should put a map in the place of a.b (an empty 500)",
               _dotted_json_parameter, gives=_panics),
    Difference("parse-parameters-as-json: null", "null is no map: the text stays", _null_for_map, ("body",)),
    Difference("Date in another zone", "scalr-signature: the reference takes the name of any zone for UTC", _date_in_another_zone),
    Difference("XML that is not well-formed", "Go takes some of it, such as an attribute that comes twice, and a DOCTYPE", _odd_xml),
    Difference("white space in an XML attribute", "XML makes spaces of it (XML 1.0, section 3.3.3), Go keeps it", _space_in_attribute),
    Difference("limits of JSON", "a depth of 128 and 500,000 values", _at("JSON of depth 1000", "JSON of 600,000 values")),
    Difference("limits of XML", "a depth of 128", _at("XML of depth 200")),
    Difference("limits of forms", "10,000 fields", _at("form of 10,001 fields")),
    Difference("limits of multipart", "16 KiB of headers a part; a body of 10 MiB above max-multipart-mem",
               _at("part header of 20 KiB", "multipart of 12 MiB")),
    Difference("Unicode space in Content-Disposition", "it separates nothing", _at("Unicode space in Content-Disposition")),
    Difference("large body", "mend 8: 413 above limits.body", _at("body of 26 MiB"), gives=_says(413)),
    # Commands.
    Difference("environment", "mend 10: the server's own environment does not reach the command", _drops_environment, ("body",),
               _only_variables_less),
    Difference("relative command-working-directory", "the reference finds FOLDER/COMMAND, or names FOLDER/FILE, and then starts the command "
               "from within FOLDER, where neither is; where FOLDER is '.' it looks on PATH", _is_relative),
    Difference("file that cannot be made", "the reference starts the command without it", _file_in_closed_folder, ("status", "body"),
               _says_of_file),
    Difference("file under an odd name", "the reference puts the variable's name into that of the file, and where that cannot be there is no file",
               _is_named_oddly, ("body",)),
    Difference("upper case beyond ASCII", "HOOK_ and the name in upper case: ours knows A to Z", _upper_differs, ("body",)),
    Difference("command that cannot start, shown on error", "the reference replies with its output, which is empty; ours says that it failed",
               _may_not_start, ("body", "content-type"), _empty_and_a_sentence),
    # Loading: what ours refuses.
    Difference("secret for value", "mend 1: a match of type value that only has a secret", **_refuses_odd("secret for value")),
    Difference("match that nobody knows", "mend 3: a type that is unknown or missing never holds", **_refuses_odd("unknown type", "missing type")),
    Difference("regex that does not compile", "mend 4: a 500 at each request", **_refuses_odd("bad regex")),
    Difference("source that nobody knows", "unknown or missing, it never has a value",
               **_refuses_odd("unknown source", "missing source", "unknown request", "missing name")),
    Difference("match without its key", "it can never hold, or lets everybody in",
               **_refuses_odd("missing parameter", "missing check", "empty secret", "bad range")),
    Difference("hook without id or command", "nobody can call it", **_refuses_odd("missing key", "empty key", "null hook", "null key")),
    Difference("null for id or command", "nobody can call it", _text_has(r"""(?m)^[\s"'-]*(id|execute-command)["']?:\s*(~|null|!!null x|!!str|''|"")?\s*$"""),
               LOAD, lambda _, outcome: outcome.reference),
    Difference("said twice", "of two keys, or hooks, of one name the reference takes one", **_refuses_odd("key twice", "hook twice")),
    Difference("second document", "the reference does not read it", **_refuses_odd("second document")),
    Difference("one bad file of several", "the reference serves the others; ours serves nothing before all are right (with -nopanic 404)",
               lambda case: case.world.kind == "several" and case.world.oddity != "all good", ALL),
    Difference("flags that are none", "Go stops at the first word that is no flag and takes any number",
               **_refuses_odd("stray", "--", "- x", "-header =x", "-x-request-id-limit -1", "-max-multipart-mem 1_000")),
    Difference("!!binary", "a text is written as it is", _text_has("!!binary"), LOAD, lambda _, outcome: not outcome.ours),
    # Loading: what the reference refuses.
    Difference("JSON escapes in quotes", "\\/ and surrogate pairs, which JSON has, are read in YAML as well",
               _text_has(r"\\/|\\u[dD][89abAB]"), LOAD, lambda _, outcome: outcome.ours),
    Difference("colon in braces", "{name: 1:30}: the reference's reader of YAML is older than 1.2",
               _text_has(r"""[{\[,] *['"]?\w+['"]?: [^\s"',{}\[\]]+:[^\s"',]"""), LOAD, lambda _, outcome: outcome.ours),
    Difference("!!float of a whole number", "1 is one", _text_has(r"!!float \d"), LOAD, lambda _, outcome: outcome.ours),
    Difference("keys that are no texts", "an unknown key is a warning, whatever it is", _text_has(r"1\.5: x"), LOAD, lambda _, outcome: outcome.ours),
    Difference("range over a number", "as Go has it since 1.24", _text_has(r"\{\{ range "), LOAD, lambda _, outcome: outcome.ours),
    Difference("verb of printf that does not fit", "Go writes a mark into the text, and nobody reads it", _text_has(r"printf \"<%"), LOAD,
               lambda _, outcome: outcome.reference),
    Difference("a text for a list of methods", "http-methods: POST is read as a list of one", _text_has(r"http-methods['\"]?: [^\s\[]"), LOAD,
               lambda _, outcome: outcome.ours),
    Difference("js of an apostrophe", "\\' is none of YAML's escapes; ours is \\u0027", lambda case: case.world.kind == "template" and _text_has("js")(case),
               ("load", "body")),
]


def explain(case, outcome):
    """The rows that explain an outcome between them; None where they do not."""
    rows, left = [], set(outcome.aspects)
    for row in DIFFERENCES:
        told = left if row.aspects == ALL else left & set(row.aspects or left - set(LOAD))
        if told and (case.request or "load" in row.aspects) and row.applies(case) and (row.gives is None or row.gives(case, outcome)):
            rows.append(row)
            left -= told
    return None if left else rows
