"""What the table of wanted differences asks of a case, and what it expects of the replies to one."""

import posixpath
import re
import urllib.parse
import xml.parsers.expat

from hooks import HASHES, matches_of, sources_of
from servers import Reply

# Aspects that a row may explain, where they are not those of a reply.
LOAD = ("load",)
ALL = ("load", "everything else")


def says(status=None, begins=None):
    def gives(_case, outcome):
        ours = outcome.ours
        return isinstance(ours, Reply) and status in (None, ours.status) and ours.body.startswith(begins or b"")
    return gives


def content_type(case):
    return case.hook.get("incoming-payload-content-type") or case.request.content_type()


def body_kind(case):
    """As the reference chooses a parser."""
    kind = content_type(case)
    for mark in ("json", "x-www-form-urlencoded", "xml"):
        if mark in kind:
            return mark
    return "multipart" if kind.startswith("multipart/form-data;") else ""


def is_signed(case):
    return any(match.get("type") in HASHES or match.get("type") == "scalr-signature" for match in matches_of(case.hook))


def has_hmac(case):
    return any(match.get("type") in HASHES for match in matches_of(case.hook))


def lone_payload_field(case):
    return body_kind(case) == "x-www-form-urlencoded" and has_hmac(case) and case.request.body.startswith(b"payload=")


def signature_twice(case):
    names = [match["parameter"].get("name", "").lower() for match in matches_of(case.hook)
             if match.get("type") in HASHES and match["parameter"].get("source") == "header"]
    if any(match.get("type") == "scalr-signature" for match in matches_of(case.hook)):
        names += ["x-signature", "date"]
    return any(len(case.request.values(name)) > 1 for name in names)


def unclean_path(case):
    decoded = urllib.parse.unquote(case.request.path)
    clean = posixpath.normpath(re.sub("/+", "/", decoded))
    return decoded not in (clean, clean + "/")


def panics(case, outcome):
    body = b"" if case.request.method == "HEAD" else b"Internal Server Error\n"
    return (outcome.reference.status, outcome.reference.body) == (500, body)


def date_in_another_zone(case):
    dates = case.request.values("Date")
    return any(match.get("type") == "scalr-signature" for match in matches_of(case.hook)) and \
        any(re.search(rb" [A-Z]{3,5}$", date) and not date.endswith((b"UTC", b"GMT")) for date in dates)


def odd_xml(case):
    """Whether expat refuses the first element, or what stands before it."""
    if body_kind(case) != "xml":
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


def space_in_attribute(case):
    return body_kind(case) == "xml" and re.search(rb"""=\s*("[^"]*[\t\r\n]|'[^']*[\t\r\n])""", case.request.body)


def searches_long(case):
    """A repeated group, or many repetitions over a long text."""
    request = case.request
    size = len(request.query) + len(request.body) + sum(len(value) for _, value in request.headers)
    regexes = [str(match.get("regex")) for match in matches_of(case.hook) if match.get("type") == "regex"]
    return any(len(re.findall(r"[*+?}]", regex)) > 2 and (size > 100 or re.search(r"\)[*+?{]", regex))
               for regex in regexes)


def at(*limits):
    return lambda case: case.request.limit in limits


def drops_environment(case):
    return not case.hook.get("inherit-environment")


def only_variables_less(_case, outcome):
    reference, ours = (set(reply.body.split(b"\n")) for reply in (outcome.reference, outcome.ours))
    return outcome.reference.status == outcome.ours.status and not ours - reference and \
        all(re.match(rb"variable (ASAN_OPTIONS|UBSAN_OPTIONS|MY_SERVER)=", line) for line in reference - ours)


def informational(case):
    codes = [case.hook.get(key) for key in ("success-http-response-code", "trigger-rule-mismatch-http-response-code")]
    return any(isinstance(code, int) and 100 <= code < 200 for code in codes)


def sets_content_type(case):
    names = [header.get("name", "") for header in case.hook.get("response-headers") or []]
    names += [value.partition("=")[0] for value in case.world.flag("-header")]
    return any(name.lower() == "content-type" for name in names)


def dotted_json_parameter(case):
    return any("." in source.get("name", "") for source in case.hook.get("parse-parameters-as-json") or []
               if source.get("source") in ("payload", "url", "query", "header"))


def refuses_odd(*names):
    """For a row on files that ours refuses."""
    return {"applies": lambda case: case.world.oddity in names, "aspects": LOAD,
            "gives": lambda _, outcome: outcome.reference and not outcome.ours}


# A key or an item of a list that is needed and has no value.
_NONE = r"""(~|null|!!null x|!!str|&x|''|"")?"""
NOTHING = r"""(?m)(^[\s"'-]*(id|execute-command|value|regex|secret|ip-range)["']?:\s*""" + _NONE + r"""\s*$""" \
    r"""|(- |[\[,] ?)null[\],]?|value["']?:\s+""" + _NONE + r"\s*[,}])"


def text_has(pattern):
    return lambda case: any(re.search(pattern, text) for _, text in case.world.files)


def is_relative(case):
    folder, command = (str(case.hook.get(key, "")) for key in ("command-working-directory", "execute-command"))
    absolute = command.startswith(("/", "FOLDER")) and not case.hook.get("pass-file-to-command")
    return folder != "" and not folder.startswith(("/", "FOLDER")) and not absolute


def file_in_closed_folder(case):
    return case.hook.get("pass-file-to-command") and case.hook.get("command-working-directory") in ("/", "/nonexistent")


def says_of_file(case, outcome):
    return outcome.ours.status == 500 and (case.request.method == "HEAD"
                                           or outcome.ours.body.startswith(b"cannot create "))


def file_variables(case):
    """What pass-file-to-command names variables after: an envname, or a name that is still to be upper-cased."""
    for source in case.hook.get("pass-file-to-command") or []:
        if isinstance(source, dict):
            yield str(source.get("envname") or ""), str(source.get("name") or "")


def is_named_oddly(case):
    names = [envname or "HOOK_" + name for envname, name in file_variables(case)]
    return any("/" in name or len(name.encode()) > 240 for name in names)


def upper_differs(case):
    return any(not envname and any(c > "\x7f" and c != c.upper() for c in name)
               for envname, name in file_variables(case))


def null_for_map(case):
    places = [case.request.body, urllib.parse.unquote(case.request.query).encode()]
    places += [value for _, value in case.request.headers]
    return case.hook.get("parse-parameters-as-json") and any(b"null" in place for place in places)


def may_not_start(case):
    hook, request = case.hook, case.request
    if not hook.get("include-command-output-in-response-on-error"):
        return False
    no_argument = re.search(rb"\0|\\u0000|%00", request.body + request.query.encode())
    found = hook.get("execute-command") in ("report", "report-fails", "report-dies")
    return no_argument or not found or "command-working-directory" in hook


def empty_and_a_sentence(_case, outcome):
    return (outcome.reference.status, outcome.reference.body, outcome.ours.status) == (500, b"", 500) and \
        outcome.ours.body.startswith(b"Error occurred while executing the hook's command.")
