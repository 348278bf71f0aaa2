"""The rows of starting: the programs themselves, 1,000 hooks, and CGI, where each request is a start."""

import os
import shutil
import statistics
import subprocess
import time

from fcgi_client import call
from harness import BASE_ENVIRONMENT, BUILD, ROOT, accepts, free_port, request
from load import Work, compare
from measure import start_cpu
from payload import push
from servers import Apache
from table import Row

# The size of a hook that people have: 560 bytes, 47 scalars.
HOOK = """\
- id: git-push-{number}
  execute-command: "/bin/dagger"
  include-command-output-in-response: true
  command-working-directory: "/hooks-test"
  pass-arguments-to-command:
  - {{source: string, name: call}}
  - {{source: string, name: container-echo}}
  - {{source: string, name: "--string-arg"}}
  - {{source: payload, name: commits.0.message}}
  trigger-rule:
    and:
    - match: {{type: payload-hmac-sha1, secret: itsasecret, parameter: {{source: header, name: X-Hub-Signature}}}}
    - match: {{type: value, value: refs/heads/main, parameter: {{source: payload, name: ref}}}}
"""


def link_static(place):
    """The responder as `make STATIC=1` links it, out of what was compiled."""
    build = place.folder.path / "static"
    shutil.copytree(BUILD, build, ignore=shutil.ignore_patterns("tests", "reports", "logs"))
    subprocess.run(["make", "-C", ROOT, "--no-print-directory", "-o", build / "compile.flags", f"BUILD={build}", "STATIC=1",
                    build / "pocketci.fcgi"], check=True, stdout=subprocess.DEVNULL, env={**os.environ, "MAKEFLAGS": ""})
    return build / "pocketci.fcgi"


def medians(times, functions):
    """Of alternating calls; each function gives seconds."""
    results = [[] for _ in functions]
    for _ in range(times):
        for function, result in zip(functions, results):
            result.append(function())
    return [statistics.median(result) for result in results]


def rows_of_programs(options, place):
    folder = place.folder.path
    static = link_static(place)
    programs = [[folder / "empty"], ["/usr/bin/webhook", "-version"],
                [BUILD / "pocketci.fcgi", "-version"], [static, "-version"]]
    empty, peer, ours, ours_static = medians(
        options.rounds * 8, [lambda argv=argv: start_cpu(argv, dict(BASE_ENVIRONMENT)) for argv in programs])
    return [Row("start of the program, CPU", "cpu", peer, ours),
            Row("start of the program, STATIC=1", "cpu", peer, ours_static),
            Row("start of an empty C program", "cpu", None, None,
                beside=f"{empty * 1e6:,.0f} µs")]


def cgi_cpu(config):
    """CPU of one request that needs no hook but loads them all."""
    return start_cpu([BUILD / "pocketci.fcgi"], {
        **BASE_ENVIRONMENT, "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_METHOD": "GET",
        "SCRIPT_NAME": "/", "PATH_INFO": "/health", "REMOTE_ADDR": "192.0.2.1", "POCKETCI_CONFIG": str(config)})


def until_it_answers(place, argv, address, ask):
    """Seconds from exec. (To listen is not enough: the peer does before it reads its hooks.)"""
    begun = time.monotonic()
    process = place.collected(argv, "start.log")
    while not accepts(address):
        if not process.running() or time.monotonic() > begun + 60:
            raise SystemExit(f"{argv[0]} does not listen: {process.log()}")
        time.sleep(0.0002)
    reply = ask()
    assert reply.status == 200, reply
    elapsed = time.monotonic() - begun
    process.stop()
    return elapsed


def start_peer(place, hooks):
    port = free_port()
    return until_it_answers(place, ["/usr/bin/webhook", "-hooks", hooks, "-ip", "127.0.0.1", "-port", port],
                            ("127.0.0.1", port), lambda: request(("127.0.0.1", port), "GET", "/"))


def start_ours(place, hooks):
    address = str(place.folder.path / "start.sock")
    return until_it_answers(place, [BUILD / "pocketci.fcgi", "-hooks", hooks, "-socket", address, "-socket-mode", "0666"],
                            address, lambda: call(address, "GET", "/"))


def rows_of_hooks(options, place):
    many = place.folder.write("many.yaml", "".join(HOOK.format(number=number) for number in range(1000)))
    one = place.folder.write("one.yaml", HOOK.format(number=0))
    place.folder.make("state")
    configs = [place.folder.write(f"of-{path.name}", f"hooks: {path}\nstate: {place.folder.path}/state\n", 0o644)
               for path in (many, one)]
    with_many, with_one = medians(options.rounds * 4, [lambda c=config: cgi_cpu(c) for config in configs])
    peer, ours = medians(options.rounds * 2, [lambda: start_peer(place, many), lambda: start_ours(place, many)])
    return [Row("1,000 hooks: from start to the first answer", "ms", peer, ours, at_most=0.35),
            Row("1,000 hooks: CPU to load them", "ms", None, with_many - with_one, at_most=0.025, own=True)]


def rows_of_cgi(options, place):
    rows = []
    for title, program in (("CGI", BUILD / "pocketci.fcgi"), ("CGI, STATIC=1", link_static_beside(place))):
        apache = Apache(place, program)
        try:
            for what, work in (("signature wrong", Work("true", push(), secret="wrong", refused=True)),
                               ("runs a tiny static command", Work("tiny", push(), counted=True))):
                works = {"/empty": Work("", push()), "": work}
                result = compare(options, apache, place, works, connections=4)
                empty, ours = result["/empty"].cpu, result[""].cpu
                rows.append(Row(f"{title}, {what}: CPU beyond an empty C program", "ms", None, ours - empty,
                                at_most=0.004, own=True, beside=f"the empty one {empty * 1e3:.1f} ms"))
        finally:
            apache.stop()
    return rows


def link_static_beside(place):
    """The one that rows_of_programs linked."""
    path = place.folder.path / "static" / "pocketci.fcgi"
    return path if path.exists() else link_static(place)
