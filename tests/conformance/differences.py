"""The wanted differences: one table. A difference that no row of it explains is a defect of ours.

`applies` looks at the case, at what was asked, not at what came back; `gives`, where there is one, says what ours must
do there. `aspects` are those that a row may explain; none named: all of a reply.
"""

from dataclasses import dataclass
from typing import Callable

import traits
from hooks import sources_of
from traits import ALL, LOAD


@dataclass
class Difference:
    name: str
    reason: str
    applies: Callable  # case
    aspects: tuple = ()
    gives: Callable = None  # case, outcome


DIFFERENCES = [
    # Replies.
    Difference("content type",
               "the reference guesses it from the first bytes, so that output can be HTML; ours is always text/plain",
               lambda case: not traits.sets_content_type(case), ("content-type",),
               lambda case, outcome: outcome.ours is not None
               and outcome.ours.values("content-type") in ([], ["text/plain; charset=utf-8"])),
    Difference("path cleaned",
               "the reference redirects a path with empty or dot segments; a web server resolves it before",
               traits.unclean_path, gives=lambda _, outcome: outcome.reference.status == 301),
    Difference("slashes of -urlprefix", "those at its ends are meant as none",
               lambda case: case.world.prefix.strip("/") != case.world.prefix
               or case.world.oddity in ("-urlprefix h/", "-urlprefix /h")),
    Difference("health", "/health is ours", lambda case: case.request.path == "/health",
               gives=lambda _, outcome: outcome.ours.status in (200, 405)),
    Difference("informational status", "a reply cannot end with 1xx: 200", traits.informational,
               gives=traits.says(200)),
    Difference("large body that nobody reads", "the reference hangs up, and its reply may be lost",
               lambda case: len(case.request.body) > 256 * 1024, ("reply",), lambda _, outcome: outcome.ours is not None),
    # Bodies and signatures.
    Difference("multipart: signature", "mend 5: the reference takes it over nothing",
               lambda case: traits.body_kind(case) == "multipart" and traits.is_signed(case)),
    Difference("multipart: raw-request-body", "mend 5: to the reference it is empty",
               lambda case: traits.body_kind(case) == "multipart"
               and any(s.get("source") == "raw-request-body" for s in sources_of(case.hook))),
    Difference("form: signature over the JSON", "mend 6: Gitea and Gogs sign the JSON and send a form of it",
               traits.lone_payload_field),
    Difference("signature twice",
               "a signature header that comes twice is refused: servers differ in which of both they hand over",
               traits.signature_twice),
    Difference("parse-parameters-as-json: dotted name",
               "the reference panics where it should put a map in the place of a.b (an empty 500)",
               traits.dotted_json_parameter, gives=traits.panics),
    Difference("parse-parameters-as-json: null", "null is no map: the text stays", traits.null_for_map, ("body",)),
    Difference("Date in another zone", "scalr-signature: the reference takes the name of any zone for UTC",
               traits.date_in_another_zone),
    Difference("XML that is not well-formed",
               "Go takes some of it, such as an attribute that comes twice, and a DOCTYPE", traits.odd_xml),
    Difference("white space in an XML attribute", "XML makes spaces of it (XML 1.0, section 3.3.3), Go keeps it",
               traits.space_in_attribute),
    Difference("limits of JSON", "a depth of 128 and 500,000 values",
               traits.at("JSON of depth 1000", "JSON of 600,000 values")),
    Difference("limits of XML", "a depth of 128", traits.at("XML of depth 200")),
    Difference("limits of forms", "10,000 fields", traits.at("form of 10,001 fields")),
    Difference("limits of multipart", "16 KiB of headers a part; a body of 10 MiB above max-multipart-mem",
               traits.at("part header of 20 KiB", "multipart of 12 MiB")),
    Difference("Unicode space in Content-Disposition", "it separates nothing",
               traits.at("Unicode space in Content-Disposition")),
    Difference("large body", "mend 8: 413 above limits.body", traits.at("body of 26 MiB"), gives=traits.says(413)),
    Difference("regex that takes too long", "ours gives a search up after so many steps, which is an error",
               traits.searches_long, gives=lambda _, outcome: outcome.ours.status == 500),
    # Commands.
    Difference("environment", "mend 10: the server's own environment does not reach the command",
               traits.drops_environment, ("body",), traits.only_variables_less),
    Difference("relative command-working-directory",
               "the reference finds FOLDER/COMMAND, or names FOLDER/FILE, and then starts the command "
               "from within FOLDER, where neither is; where FOLDER is '.' it looks on PATH", traits.is_relative),
    Difference("file that cannot be made", "the reference starts the command without it",
               traits.file_in_closed_folder, ("status", "body"), traits.says_of_file),
    Difference("file under an odd name",
               "the reference puts the variable's name into that of the file; where that cannot be there is no file",
               traits.is_named_oddly, ("body",)),
    Difference("upper case beyond ASCII", "HOOK_ and the name in upper case: ours knows A to Z", traits.upper_differs,
               ("body",)),
    Difference("command that cannot start, shown on error",
               "the reference replies with its output, which is empty; ours says that it failed",
               traits.may_not_start, ("body", "content-type"), traits.empty_and_a_sentence),
    # Loading: what ours refuses.
    Difference("secret for value", "mend 1: a match of type value that only has a secret",
               **traits.refuses_odd("secret for value")),
    Difference("match that nobody knows", "mend 3: a type that is unknown or missing never holds",
               **traits.refuses_odd("unknown type", "missing type")),
    Difference("regex that does not compile", "mend 4: a 500 at each request", **traits.refuses_odd("bad regex")),
    Difference("source that nobody knows", "unknown or missing, it never has a value",
               **traits.refuses_odd("unknown source", "missing source", "unknown request", "missing name")),
    Difference("match without its key", "it can never hold, or lets everybody in",
               **traits.refuses_odd("missing parameter", "missing check", "empty secret", "bad range")),
    Difference("hook without id or command", "nobody can call it",
               **traits.refuses_odd("missing key", "empty key", "null hook", "null key")),
    Difference("nothing where there must be something",
               "an id, a command or a value is missing, whatever way that is written",
               traits.text_has(traits.NOTHING), LOAD, lambda _, outcome: outcome.reference),
    Difference("said twice", "of two keys, or hooks, of one name the reference takes one",
               **traits.refuses_odd("key twice", "hook twice")),
    Difference("second document", "the reference does not read it", **traits.refuses_odd("second document")),
    Difference("one bad file of several",
               "the reference serves the others; ours serves nothing before all are right (with -nopanic 404)",
               lambda case: case.world.kind == "several" and case.world.oddity != "all good", ALL),
    Difference("flags that are none", "Go stops at the first word that is no flag and takes any number",
               **traits.refuses_odd("stray", "--", "- x", "-header =x", "-x-request-id-limit -1",
                                    "-max-multipart-mem 1_000")),
    Difference("!!binary", "a text is written as it is", traits.text_has("!!binary"), LOAD,
               lambda _, outcome: not outcome.ours),
    # Loading: what the reference refuses.
    Difference("JSON escapes in quotes", "\\/ and surrogate pairs, which JSON has, are read in YAML as well",
               traits.text_has(r"\\/|\\u[dD][89abAB]"), LOAD, lambda _, outcome: outcome.ours),
    Difference("colon in braces", "{name: 1:30}: the reference's reader of YAML is older than 1.2",
               traits.text_has(r"""[{\[,] *['"]?\w+['"]?: [^\s"',{}\[\]]+:[^\s"',]"""), LOAD,
               lambda _, outcome: outcome.ours),
    Difference("!!float of a whole number", "1 is one", traits.text_has(r"!!float \d"), LOAD,
               lambda _, outcome: outcome.ours),
    Difference("! before a number", "it is a number all the same", traits.text_has(r": ! \d"), LOAD,
               lambda _, outcome: outcome.ours),
    Difference("keys that are no texts", "an unknown key is a warning, whatever it is",
               traits.text_has(r"1\.5: x"), LOAD,
               lambda _, outcome: outcome.ours),
    Difference("range over a number", "as Go has it since 1.24", traits.text_has(r"\{\{ range "), LOAD,
               lambda _, outcome: outcome.ours),
    Difference("verb of printf that does not fit", "Go writes a mark into the text, and nobody reads it",
               traits.text_has(r"printf \"<%"), LOAD, lambda _, outcome: outcome.reference),
    Difference("a text for a list of methods", "http-methods: POST is read as a list of one",
               traits.text_has(r"http-methods['\"]?: [^\s\[]"), LOAD, lambda _, outcome: outcome.ours),
    Difference("js of an apostrophe", "\\' is none of YAML's escapes; ours is \\u0027",
               lambda case: case.world.kind == "template" and traits.text_has("js")(case),
               ("load", "body")),
]


def explain(case, outcome):
    """The rows that explain an outcome between them; None where they do not."""
    rows, left = [], set(outcome.aspects)
    for row in DIFFERENCES:
        told = left if row.aspects == ALL else left & set(row.aspects or left - set(LOAD))
        if told and row.applies(case) and (row.gives is None or row.gives(case, outcome)):
            rows.append(row)
            left -= told
    return None if left else rows
