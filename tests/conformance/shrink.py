"""A case that differs, made smaller while it still differs in the same aspects and nothing explains it."""

import copy
import json
import random
from dataclasses import replace

from comparison import Case, compare_loads, compare_replies
from differences import explain
from notation import write
from words import Number, write_json

TRIES = 150


def _run(place, case):
    """(outcome, what both wrote to their logs)"""
    with place.pair(case.world) as pair:
        if case.request is None:
            outcome = compare_loads(*pair.loads())
        elif pair.loads() != (True, True):
            return None, ""
        else:
            outcome = compare_replies(case, *pair.send(case.request))
        return outcome, f"log of webhook:\n{pair.reference.log()[-500:]}\nlog of pocketci:\n{pair.ours.log()[-1000:]}"


def _without(node):
    """Every copy of a tree in which one thing is left out."""
    keys = list(node) if isinstance(node, dict) else range(len(node)) if isinstance(node, list) else []
    for key in keys:
        smaller = copy.deepcopy(node)
        del smaller[key]
        yield smaller
    for key in keys:
        for part in _without(node[key]):
            smaller = copy.copy(node)
            smaller[key] = part
            yield smaller


def _with_body(request, body):
    headers = [(name, str(len(body)).encode() if name == "Content-Length" else value) for name,
               value in request.headers]
    return request.change(headers=headers, body=body)


def _smaller_bodies(body):
    if body:
        yield b""
    try:
        tree = json.loads(body, parse_int=Number, parse_float=Number)
    except ValueError:
        return
    for smaller in _without(tree):
        yield write_json(random.Random(0), smaller).encode("utf-8", "surrogatepass")


def _smaller_requests(request):
    for body in _smaller_bodies(request.body):
        yield _with_body(request, body)
    for number, (name, _) in enumerate(request.headers):
        if name == "Content-Length":
            continue  # it says where the body ends
        yield request.change(headers=request.headers[:number] + request.headers[number + 1:])
    parts = request.query.split("&")
    for number in range(len(parts) if request.query else 0):
        yield request.change(query="&".join(parts[:number] + parts[number + 1:]))


def _with_hook(case, hook):
    name = case.world.files[0][0]
    text = write(random.Random(0), [hook], "json" if name.endswith("json") else "block")
    return Case(replace(case.world, hooks=[hook], files=[(name, text)]), hook, case.request)


def _candidates(case):
    if case.world.kind == "regular":
        flags = case.world.flags
        if flags and "-urlprefix" not in flags:
            yield Case(replace(case.world, flags=[]), case.hook, case.request)
        for hook in _without(case.hook):
            if "id" in hook and "execute-command" in hook:
                yield _with_hook(case, hook)
    if case.request:
        for request in _smaller_requests(case.request):
            yield Case(case.world, case.hook, request)


def shrink(place, case, outcome):
    """(the smallest case found, its outcome, both logs)"""
    best = _with_hook(case, case.hook) if case.world.kind == "regular" else case
    found, log = _run(place, best)
    if found is None or found.aspects != outcome.aspects:
        return case, outcome, "(alone, this hook does not show it)"
    tries, smaller = TRIES, True
    while smaller and tries:
        smaller = False
        for candidate in _candidates(best):
            tries -= 1
            tried, text = _run(place, candidate)
            if tried and tried.aspects == outcome.aspects and explain(candidate, tried) is None:
                best, found, log, smaller = candidate, tried, text, True
                break
            if not tries:
                break
    return best, found, log
