"""The rows of requests through nginx: what a refusal costs, what a run costs, how much memory a burst takes."""

from harness import request, wait_until
from load import Work, compare, one_round
from measure import Peak
from payload import SECRET, push, signature
from servers import Servers
from table import Row

MB = 1e6

# Title, work, goals: CPU at most, requests a second at least, p99 at most.
WORKS = [
    ("signature wrong, 7 KB push", Work("true", push(), secret="wrong", refused=True), 0.25, 2.5, None),
    ("signature right, another branch", Work("other-branch", push()), 0.52, 1.6, None),
    ("runs a tiny static command", Work("tiny", push(), counted=True), 0.65, 1.6, None),
    ("the same, without output in the response", Work("silent", push(), counted=True), 0.65, 1.6, None),
    ("runs `/bin/true`", Work("true", push()), 0.82, 1.25, 0.6),
    ("40 KB push, signature wrong", Work("true", push(40000), secret="wrong", refused=True), None, 8, None),
    ("40 KB push, runs `/bin/true`", Work("true", push(40000)), 0.65, None, None),
]


def rows_of_requests(options, place):
    servers = Servers(place)
    rows = []
    try:
        for title, work, cpu, requests, p99 in WORKS:
            result = compare(options, servers, place, {"/peer": work, "": work})
            peer, ours = result["/peer"], result[""]
            rows += [Row(title, "requests", peer.requests, ours.requests, at_least=requests),
                     Row(f"{title}: CPU a request", "cpu", peer.cpu, ours.cpu, at_most=cpu)]
            if p99:
                rows.append(Row(f"{title}: p99", "ms", peer.p99, ours.p99, at_most=p99))
        # What the peer's rules turn down, and what ours do without: no rule on the payload, but forge-signature and branches.
        result = compare(options, servers, place, {"/peer": Work("other-branch", push()), "": Work("forge", push())})
        peer, ours = result["/peer"], result[""]
        rows.append(Row("a forge's event that its branches turn down: CPU a request", "cpu", peer.cpu, ours.cpu, at_most=0.25))
        nothing = Work("", "", tolerant=True)
        result = compare(options, servers, place, {"/nginx": nothing})
        rows.append(Row("nginx alone, `return 200`", "requests", None, None,
                        beside=f"{result['/nginx'].requests:,.0f} req/s"))
    finally:
        servers.stop()
    return rows


def rows_of_fcgiwrap(options, place):
    servers = Servers(place)
    try:
        servers.start_fcgiwrap()
        works = {"/fcgiwrap": Work("", push(), counted=True, tolerant=True), "": Work("tiny", push(), counted=True)}
        result = compare(options, servers, place, works)
    finally:
        servers.stop()
    wrapped, ours = result["/fcgiwrap"], result[""]
    return [Row("a tiny static program: fcgiwrap's CGI, and our hook", "requests", wrapped.requests, ours.requests,
                at_least=1, beside=f"fcgiwrap, {wrapped.errors / max(wrapped.answered, 1):.0%} errors")]


def burst(servers, place, prefix, seconds):
    """(answered, ran, most memory) of a burst."""
    before = place.count_runs()
    with Peak(servers.backends[prefix]) as peak:
        result = one_round(servers, place, prefix, Work("silent", push(), tolerant=True), seconds, 64, foreign=2)
        answered = result.answered - result.errors
        seen = []

        def still():
            seen.append(place.count_runs())
            return len(seen) > 200 and seen[-200] == seen[-1]
        wait_until(still, "the burst is over", 120)
    return answered, seen[-1] - before, peak.bytes


def rows_of_burst(options, place):
    servers = Servers(place, descriptors=1024)
    try:
        results = {prefix: burst(servers, place, prefix, options.seconds) for prefix in ("/peer", "")}
    finally:
        servers.stop()
    peer, ours = results["/peer"], results[""]
    title = f"burst of {options.seconds} s at 64 connections, 1,024 descriptors"
    return [Row(f"{title}: answered", "count", peer[0], ours[0]),
            # What was under way when the load ended runs, too.
            Row(f"{title}: ran, of those", "share", min(1, peer[1] / peer[0]), min(1, ours[1] / ours[0]), at_least=1,
                own=True),
            Row(f"{title}: most memory", "bytes", peer[2], ours[2], at_most=32 * MB, own=True)]


def rows_of_memory(options, place, memory_of):
    """After 100 requests to each of four children: 16 connections at once spread them well enough."""
    servers = Servers(place)
    try:
        for prefix in ("/peer", ""):
            one_round(servers, place, prefix, Work("tiny", push(), counted=True), options.seconds, foreign=2)
            reply = request(("127.0.0.1", servers.port), "POST", f"{prefix}/hooks/tiny", push().encode(),
                            {"Content-Type": "application/json", "X-Hub-Signature-256": signature(push(), SECRET)})
            assert reply.status == 200, reply
        wait_until(lambda: len(servers.members(servers.ours)) <= 5, "the extra children are gone", 120)
        peer, ours = (memory_of(servers.members(process)) for process in (servers.peer, servers.ours))
    finally:
        servers.stop()
    return [Row("idle memory, libraries counted in full", "bytes", peer, ours, at_most=4 * 1024 * 1024, own=True)]
