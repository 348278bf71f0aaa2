"""One case, both outcomes, and in which aspects they differ."""

from dataclasses import dataclass

from hooks import HASHES, matches_of
from servers import Reply


@dataclass
class Case:
    """A request to a hook of a world. Where request is None it is about whether the files load."""

    world: object
    hook: dict
    request: object = None


@dataclass
class Outcome:
    """What both did: replies, or whether they took the files."""

    reference: object
    ours: object
    aspects: list  # in which they differ: load, reply, status, body, content-type, or the name of a header


def header_names(case):
    """The headers that the hooks file and the flags set, in lower case."""
    names = {header["name"].lower() for header in case.hook.get("response-headers") or [] if isinstance(header, dict)
             and "name" in header}
    return names | {value.partition("=")[0].lower() for value in case.world.flag("-header")}


def compare_loads(reference, ours):
    return Outcome(reference, ours, [] if reference == ours else ["load"])


def compare_replies(case, reference, ours):
    if reference is None or ours is None:
        return Outcome(reference, ours, ["reply"] if reference is not ours else [])
    aspects = []
    if reference.status != ours.status:
        aspects.append("status")
    if reference.body != ours.body:
        aspects.append("body")
    for name in sorted(header_names(case) | {"content-type", "location"}):
        if reference.values(name) != ours.values(name):
            aspects.append(name)
    return Outcome(reference, ours, aspects)


def kind_of(case, reply):
    """For the count of what the cases were."""
    if case.request is None:
        return "files taken" if reply else "files refused"
    if not isinstance(reply, Reply):
        return "no reply"
    if b"\nargument 0 " in reply.body:
        return "fired, signed" if any(match.get("type") in HASHES for match in matches_of(case.hook)) else "fired"
    texts = {b"Hook rules were not satisfied.": "not satisfied", b"Error occurred while evaluating": "rule error",
             b"Error occurred while executing": "command failed", b"Error occurred while parsing": "form refused",
             b"Hook not found.": "not found", b"404 page": "not found"}
    for text, kind in texts.items():
        if reply.body.startswith(text):
            return kind
    return {405: "method not allowed", 500: "other 500"}.get(reply.status,
                                                             "fired without output" if reply.status < 400
                                                             else "other status")
