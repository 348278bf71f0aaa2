"""The rows of a checkout: from a push to the command's first line. The peer's is a script that keeps a mirror, too."""

import json
import statistics
import time

from harness import request
from repositories import GitDaemon, Repository, git
from servers import Servers
from table import Row


def first_line(place, files, pushes):
    """Milliseconds from the request to the command's first line, by a clock that the command reads: (peer, ours)."""
    folder = place.folder
    name = f"app{files}"
    repository = Repository(folder, name)
    daemon = GitDaemon(folder)
    url = daemon.url(f"acme/{name}.git")
    clone = folder.make(f"peer-{name}")
    git(clone, "clone", "-q", "--mirror", str(repository.bare), str(clone / "mirror.git"))
    git(clone / "mirror.git", "remote", "set-url", "origin", url)
    trees = folder.make(f"trees-{name}")
    stamp = folder.path / "stamp"
    script = folder.write("fetch.sh", f"""\
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
    hooks = folder.write("peer-hooks.yaml", f"""\
- id: push
  execute-command: {script}
  include-command-output-in-response: true
  pass-arguments-to-command: [{{source: payload, name: after}}]
""")
    folder.write("own-hooks.yaml", f"""\
- id: push
  execute-command: /bin/bash
  include-command-output-in-response: true
  checkout: true
  pass-arguments-to-command:
  - {{source: string, name: -c}}
  - {{source: string, name: 'echo $EPOCHREALTIME > {stamp}; cat file0.txt'}}
""")
    folder.make("state")
    config = folder.write("pocketci.yaml", "hooks: own-hooks.yaml\nstate: state\nrepositories:\n"
                               f"- match: git://{daemon.host}/acme/*\n", 0o600)
    servers = Servers(place, hooks=hooks, config=config, environment={"HOME": "/nonexistent"})
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
                reply = request(("127.0.0.1", servers.port), "POST", prefix + "/hooks/push", body,
                                {"Content-Type": "application/json", "X-GitHub-Event": "push"})
                if reply.status != 200 or reply.text != f"change {number}\n":
                    raise SystemExit(f"{prefix}: {reply}\n{servers.ours.log()}")
                if number:  # the first one warms the mirror
                    results.append((float(stamp.read_text()) - begun) * 1000)
    finally:
        servers.stop()
        daemon.stop()
    return statistics.median(times["/peer"]), statistics.median(times[""])


def rows_of_checkout(options, place):
    rows = []
    for files in (70, 1600):
        peer, ours = first_line(place, files, options.pushes)
        rows.append(Row(f"push to the command's first line, {files:,} files, warm mirror", "ms", peer / 1e3, ours / 1e3))
    return rows
