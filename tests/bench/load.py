"""Rounds of wrk, alternating between those that are compared; a single error ends the measurement."""

import json
import statistics
import subprocess
import sys
from collections import namedtuple

from harness import wait_until
from measure import Disturbance, cpu, processes_made
from payload import SECRET, signature

Result = namedtuple("Result", "requests cpu p99 answered errors")

SCRIPT = """
wrk.method = "POST"
wrk.body = {body}
wrk.headers["Content-Type"] = "application/json"
wrk.headers["X-Hub-Signature-256"] = "{signature}"
wrk.headers["X-GitHub-Event"] = "push"
wrk.headers["X-GitHub-Delivery"] = "72d3162e-cc78-11e3-81ab-4c9367dc0958"
done = function(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d %d %f\\n", summary.requests, summary.duration, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(99)))
end
"""


class Work:
    """What is asked for: a hook, a body, the secret it is signed with, whether all are to be refused."""

    def __init__(self, hook, body, secret=SECRET, refused=False, counted=False, tolerant=False):
        self.hook, self.body, self.secret, self.refused = hook, body, secret, refused
        self.counted = counted    # the command counts its runs
        self.tolerant = tolerant  # of errors, which are told
        self.path = f"/hooks/{hook}" if hook else "/"


def settled(place, at_least):
    """How often the commands of a round ran, once that is as often as it was answered or does not become more."""
    seen = []

    def still():
        seen.append(place.count_runs())
        return seen[-1] >= at_least and len(seen) > 20 and seen[-20] == seen[-1] or len(seen) > 200 and seen[-200] == seen[-1]

    wait_until(still, "the commands end", 120)
    return seen[-1]


def check_runs(place, work, prefix, ran, answered, connections, made):
    """All that was answered ran, and no more than that and what was under way at the end."""
    if work.counted:
        if not answered <= ran <= answered + connections:
            raise SystemExit(f"{prefix}{work.path}: {answered} answered, {ran} ran")
    elif work.hook and not work.refused and work.hook not in ("other-branch", "forge") and made < answered:
        raise SystemExit(f"{prefix}{work.path}: {answered} answered, {made} processes made")


def run_wrk(servers, place, prefix, work, seconds, connections):
    script = place.folder.write("wrk.lua", SCRIPT.format(body=json.dumps(work.body),
                                                         signature=signature(work.body, work.secret)))
    output = subprocess.run(["wrk", "-t1", f"-c{connections}", f"-d{seconds}s", "-s", script,
                             f"http://127.0.0.1:{servers.port}{prefix}{work.path}"], capture_output=True, text=True)
    line = [l for l in output.stdout.split("\n") if l.startswith("RESULT ")]
    if not line:
        raise SystemExit(f"wrk failed: {output.stdout}{output.stderr}")
    requests, duration, refused, errors, p99 = (float(f) for f in line[0].split()[1:])
    return int(requests), duration / 1e6, int(refused), int(errors), p99 / 1e6


def one_round(servers, place, prefix, work, seconds, connections=16, foreign=0.05):
    """A Result, or None where others used more than `foreign` of the machine meanwhile."""
    backend = servers.backends[prefix]
    others = [servers.nginx.pid] if servers.nginx and servers.nginx.pid != backend else []
    before, runs, made = cpu(backend), place.count_runs(), processes_made()
    disturbance = Disturbance(backend, *others)
    requests, duration, refused, errors, p99 = run_wrk(servers, place, prefix, work, seconds, connections)
    ran = settled(place, runs + requests) - runs if work.counted else 0
    if not work.tolerant:
        if errors or refused != (requests if work.refused else 0):
            raise SystemExit(f"{prefix}{work.path}: {errors} errors, {refused} of {requests} were refused")
        check_runs(place, work, prefix, ran, requests, connections, processes_made() - made)
    share = disturbance.share()
    if share > foreign:
        print(f"  a disturbed round was dropped ({share:.0%} foreign CPU)", file=sys.stderr)
        return None
    return Result(requests / duration, (cpu(backend) - before) / max(requests, 1), p99, requests, errors + refused)


def compare(options, servers, place, works, connections=16):
    """Medians of alternating rounds: {prefix: Result}. works: {prefix: Work}."""
    rounds = {prefix: [] for prefix in works}
    for _ in range(options.rounds * 4):
        for prefix, work in works.items():
            result = one_round(servers, place, prefix, work, options.seconds, connections, options.foreign)
            if result:
                rounds[prefix].append(result)
        if min(len(results) for results in rounds.values()) >= options.rounds:
            break
    else:
        raise SystemExit("the machine is too busy to measure on")
    return {prefix: Result(*(statistics.median(column) for column in zip(*results)))
            for prefix, results in rounds.items()}
