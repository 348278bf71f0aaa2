"""Speed and memory as ratios against the peer, measured in one run: adnanh/webhook behind the same nginx.

Rounds of peer and ours alternate; medians are quoted. CPU is the backend's, its children included, from /proc/PID/stat: on a
shared machine requests a second drift, CPU per request does not. A round in which programs that are no part of it took more than 5 % of
the machine is dropped, and so is nothing else: a single error ends the run.
"""

import argparse
import hashlib
import hmac
import json
import os
import statistics
import subprocess
import sys
import time
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from harness import ROOT, Folder, Process, Responder, accepts, free_port, request, wait_until  # noqa: E402
from repositories import GitDaemon, Repository, git  # noqa: E402

TICK = os.sysconf("SC_CLK_TCK")
SECRET = "itsasecret"
CONNECTIONS = 16

HOOKS = """\
- id: noop
  execute-command: /bin/true
  include-command-output-in-response: true
  trigger-rule:
    and:
    - match: {type: payload-hmac-sha256, secret: itsasecret, parameter: {source: header, name: X-Hub-Signature-256}}
    - match: {type: value, value: refs/heads/main, parameter: {source: payload, name: ref}}
"""

NGINX = """\
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.error.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    upstream pocketci {{ server unix:{socket}; }}
    upstream peer {{ server 127.0.0.1:{peer}; keepalive 32; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{ include {conf}/pocketci.conf; }}
        location /peer/ {{
            client_max_body_size 26m;
            client_body_buffer_size 64k;
            proxy_pass http://peer/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
        }}
    }}
}}
"""


def github_push(size):
    """A push in the form and about the size that GitHub sends."""
    commit = {"id": "0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c", "message": "Update README.md\n\nWith more \"words\".",
              "timestamp": "2015-05-05T19:40:15-04:00", "url": "https://github.com/acme/app/commit/0d1a26e6",
              "author": {"name": "ada", "email": "ada@example.org", "username": "ada"},
              "added": ["src/new.c"], "removed": [], "modified": ["README.md", "src/old.c"]}
    payload = {"ref": "refs/heads/main", "before": "9049f1265b7d61be4a8904a9a27120d2064dab3b",
               "after": "0d1a26e67d8f5eaf1f6ba5c57fc3c7d91ac0fd1c", "created": False, "deleted": False,
               "repository": {"id": 35129377, "name": "app", "full_name": "acme/app",
                              "clone_url": "https://github.com/acme/app.git", "size": 0, "private": False},
               "head_commit": commit, "commits": []}
    while len(json.dumps(payload)) < size:
        payload["commits"].append(commit)
    return json.dumps(payload)


def tree(pid):
    """The process and its descendants."""
    found = [pid]
    for one in found:
        try:
            for task in os.listdir(f"/proc/{one}/task"):
                found += [int(c) for c in Path(f"/proc/{one}/task/{task}/children").read_text().split()]
        except OSError:
            pass
    return found


def cpu(pid):
    """Seconds of CPU that the tree has used, ended children included."""
    total = 0
    for one in tree(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(f) for f in fields[11:15])
    return total / TICK


def machine_busy():
    fields = [int(f) for f in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICK


def pss(pids):
    total = 0
    for pid in pids:
        for line in Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n"):
            if line.startswith("Pss:"):
                total += int(line.split()[1])
    return total / 1024


class Bench:
    def __init__(self, arguments):
        self.arguments = arguments
        self.folder = Folder()
        self.hooks = self.folder.write("hooks.yaml", HOOKS)
        self.processes = []

    def start(self, hooks=None, config=None, environment=None):
        """Peer, ours and nginx, all fresh."""
        hooks = hooks or self.hooks
        self.peer_port = free_port()
        self.peer = Process(["/usr/bin/webhook", "-hooks", hooks, "-ip", "127.0.0.1", "-port", str(self.peer_port)],
                            self.folder.path / "peer.log", environment)
        self.ours = Responder(self.folder, *([] if config else ["-hooks", str(hooks)]), config=config,
                              environment=environment)
        self.port = free_port()
        text = NGINX.format(folder=self.folder.path, socket=self.ours.socket, peer=self.peer_port, port=self.port,
                            conf=ROOT / "conf" / "nginx")
        self.nginx = Process(["/usr/sbin/nginx", "-c", self.folder.write("nginx.conf", text), "-p", self.folder.path,
                              "-e", self.folder.path / "nginx.error.log"], self.folder.path / "nginx.log")
        wait_until(lambda: accepts(("127.0.0.1", self.port)), "nginx listens")
        wait_until(lambda: accepts(("127.0.0.1", self.peer_port)), "the peer listens")

    def stop(self):
        self.nginx.stop()
        self.ours.stop()
        self.peer.stop()

    def load(self, prefix, hook, body, secret, expect_refusals):
        """One round of wrk: (requests a second, CPU seconds of the backend a request), or None where it was disturbed."""
        signature = hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()
        script = self.folder.write("wrk.lua", f"""
wrk.method = "POST"
wrk.body = {json.dumps(body)}
wrk.headers["Content-Type"] = "application/json"
wrk.headers["X-Hub-Signature-256"] = "sha256={signature}"
done = function(summary, latency, requests)
  io.write(string.format("RESULT %d %d %d %d %f %f\\n", summary.requests, summary.duration, summary.errors.status,
    summary.errors.connect + summary.errors.read + summary.errors.write + summary.errors.timeout,
    latency:percentile(50), latency:percentile(99)))
end
""")
        backend = self.ours.process.pid if prefix == "" else self.peer.pid
        before = cpu(backend), cpu(self.nginx.pid), machine_busy(), sum(os.times()[:4])
        begun = time.monotonic()
        output = subprocess.run(["wrk", "-t1", f"-c{CONNECTIONS}", f"-d{self.arguments.seconds}s", "-s", script,
                                 f"http://127.0.0.1:{self.port}{prefix}/hooks/{hook}"], capture_output=True, text=True)
        elapsed = time.monotonic() - begun
        after = cpu(backend), cpu(self.nginx.pid), machine_busy(), sum(os.times()[:4])
        line = [l for l in output.stdout.split("\n") if l.startswith("RESULT ")]
        if not line:
            raise SystemExit(f"wrk failed: {output.stdout}{output.stderr}")
        requests, duration, refused, errors, _, p99 = (float(f) for f in line[0].split()[1:])
        if errors or refused != (requests if expect_refusals else 0):
            raise SystemExit(f"{prefix}/{hook}: {errors:.0f} errors, {refused:.0f} of {requests:.0f} were refused")
        used, nginx, busy, own = (b - a for a, b in zip(before, after))
        foreign = (busy - used - nginx - own) / elapsed / os.cpu_count()
        if foreign > self.arguments.foreign:
            print(f"  a disturbed round was dropped ({foreign:.0%} foreign CPU)", file=sys.stderr)
            return None
        return requests / (duration / 1e6), used / requests, p99 / 1000

    def compare(self, hook, body, secret, expect_refusals):
        """Medians of alternating rounds: {prefix: (requests a second, CPU a request, p99)}."""
        rounds = {"/peer": [], "": []}
        attempts = 0
        while min(len(r) for r in rounds.values()) < self.arguments.rounds:
            attempts += 1
            if attempts > self.arguments.rounds * 4:
                raise SystemExit("the machine is too busy to measure on")
            for prefix, results in rounds.items():
                result = self.load(prefix, hook, body, secret, expect_refusals)
                if result:
                    results.append(result)
        return {prefix: [statistics.median(column) for column in zip(*results)] for prefix, results in rounds.items()}

    def idle_memory(self):
        self.start()
        body = github_push(7000)
        signature = "sha256=" + hmac.new(SECRET.encode(), body.encode(), hashlib.sha256).hexdigest()
        headers = {"Content-Type": "application/json", "X-Hub-Signature-256": signature}
        # Each of the four children is to have served 100 requests: 16 connections at once spread them well enough.
        for prefix in ("/peer", ""):
            self.load(prefix, "noop", body, SECRET, False)
            assert request(("127.0.0.1", self.port), "POST", prefix + "/hooks/noop", body.encode(), headers).status == 200
        wait_until(lambda: len(self.ours.children()) <= 4, "the extra children are gone", 120)
        result = pss(tree(self.peer.pid)), pss(tree(self.ours.process.pid))
        self.stop()
        return result

    def first_line(self, files, pushes):
        """Milliseconds from the request to the command's first line, by a clock that the command reads: (peer, ours)."""
        name = f"app{files}"
        repository = Repository(self.folder, name)
        daemon = GitDaemon(self.folder)
        url = daemon.url(f"acme/{name}.git")
        clone = self.folder.make(f"peer-{name}")
        git(clone, "clone", "-q", "--mirror", str(repository.bare), str(clone / "mirror.git"))
        git(clone / "mirror.git", "remote", "set-url", "origin", url)
        trees = self.folder.make(f"trees-{name}")
        stamp = self.folder.path / "stamp"
        script = self.folder.write("fetch.sh", f"""\
#!/bin/bash
set -e
cd {clone}/mirror.git
git fetch -q origin '+refs/heads/*:refs/heads/*'
git worktree add -q --detach {trees}/$1 $1
cd {trees}/$1
echo $EPOCHREALTIME > {stamp}
cat file0.txt
cd /
git -C {clone}/mirror.git worktree remove --force {trees}/$1
""", 0o755)
        hooks = self.folder.write("peer-hooks.yaml", f"""\
- id: push
  execute-command: {script}
  include-command-output-in-response: true
  pass-arguments-to-command: [{{source: payload, name: after}}]
""")
        self.folder.write("own-hooks.yaml", f"""\
- id: push
  execute-command: /bin/bash
  include-command-output-in-response: true
  checkout: true
  pass-arguments-to-command:
  - {{source: string, name: -c}}
  - {{source: string, name: 'echo $EPOCHREALTIME > {stamp}; cat file0.txt'}}
""")
        self.folder.make("state")
        config = self.folder.write("pocketci.yaml", "hooks: own-hooks.yaml\nstate: state\nrepositories:\n"
                                   f"- match: git://{daemon.host}/acme/*\n", 0o600)
        self.start(hooks=hooks, config=config, environment={"HOME": "/nonexistent"})
        times = {"/peer": [], "": []}
        content = {f"dir{i % 40}/file{i}.txt" if i else "file0.txt": f"{i}\n" * 40 for i in range(files)}
        repository.commit(content)
        try:
            for number in range(pushes + 1):
                before = repository.head
                commit = repository.commit({"file0.txt": f"change {number}\n"})
                body = json.dumps(repository.push_payload(url, commit, before)).encode()
                for prefix, results in times.items():
                    stamp.unlink(missing_ok=True)
                    begun = time.time()
                    reply = request(("127.0.0.1", self.port), "POST", prefix + "/hooks/push", body,
                                    {"Content-Type": "application/json", "X-GitHub-Event": "push"})
                    if reply.status != 200 or reply.text != f"change {number}\n":
                        raise SystemExit(f"{prefix}: {reply}\n{self.ours.log()}")
                    if number:  # the first one warms the mirror
                        results.append((float(stamp.read_text()) - begun) * 1000)
        finally:
            self.stop()
            daemon.stop()
        return statistics.median(times["/peer"]), statistics.median(times[""])


def versions():
    def first(*command):
        return subprocess.run(command, capture_output=True, text=True).stdout.strip().split("\n")[0]
    return (f"{os.cpu_count()} cores shared with the load generator; {first('webhook', '-version')}; "
            + first("git", "--version"))


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--pushes", type=int, default=9)
    parser.add_argument("--foreign", type=float, default=0.05, help="CPU of others above which a round is dropped")
    arguments = parser.parse_args()
    bench = Bench(arguments)
    rows = []
    try:
        bench.start()
        body = github_push(7000)
        for title, secret, refused in (("signature wrong, 7 KB push", "wrong", True),
                                       ("signature right, runs `/bin/true`", SECRET, False)):
            result = bench.compare("noop", body, secret, refused)
            peer, ours = result["/peer"], result[""]
            rows.append((f"{title}: requests a second", f"{peer[0]:,.0f}", f"{ours[0]:,.0f}", ours[0] / peer[0]))
            rows.append((f"{title}: CPU a request", f"{peer[1] * 1e6:.0f} µs", f"{ours[1] * 1e6:.0f} µs",
                         ours[1] / peer[1]))
            rows.append((f"{title}: p99", f"{peer[2]:.1f} ms", f"{ours[2]:.1f} ms", ours[2] / peer[2]))
        bench.stop()
        for files in (70, 1600):
            peer, ours = bench.first_line(files, arguments.pushes)
            rows.append((f"push to the command's first line, {files:,} files, warm mirror", f"{peer:.0f} ms",
                         f"{ours:.0f} ms", ours / peer))
        peer, ours = bench.idle_memory()
        rows.append(("idle memory (PSS)", f"{peer:.1f} MB", f"{ours:.1f} MB", ours / peer))
    finally:
        for process in ("nginx", "peer"):
            if hasattr(bench, process):
                getattr(bench, process).stop()
        if hasattr(bench, "ours"):
            bench.ours.stop()
        bench.folder.remove()
    print(f"\n{versions()}\n")
    print("| | `webhook` | pocketci | ratio |\n|---|---|---|---|")
    for title, peer, ours, ratio in rows:
        print(f"| {title} | {peer} | {ours} | {ratio:.2f} |")


if __name__ == "__main__":
    main()
