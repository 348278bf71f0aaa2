"""Two hooks files as people have them, unedited: they call a `dagger` that is bound at /bin/dagger, in a folder /hooks-test."""

import json
import os
import shutil

import pytest

from harness import BUILD, Process, Site, accepts, github_headers, wait_until
import harness

CONTAINER_ECHO = """\
- id: git-push
  execute-command: "/bin/dagger"
  include-command-output-in-response: true
  command-working-directory: "/hooks-test"
  pass-arguments-to-command:
  - {source: string, name: call}
  - {source: string, name: container-echo}
  - {source: string, name: "--string-arg"}
  - {source: payload, name: commits.0.message}
  trigger-rule:
    and:
    - match: {type: payload-hmac-sha1, secret: itsasecret, parameter: {source: header, name: X-Hub-Signature}}
    - match: {type: value, value: refs/heads/main, parameter: {source: payload, name: ref}}
"""

HELLO = """\
- id: webhook
  execute-command: dagger
  include-command-output-in-response: true
  response-headers:
    - {name: "Access-Control-Allow-Origin", value: "*"}
  pass-arguments-to-command:
    - {source: "string", value: "--debug"}
    - {source: "string", value: "--progress=plain"}
    - {source: "string", value: "call"}
    - {source: "string", value: "-m"}
    - {source: "string", value: "github.com/shykes/daggerverse/hello"}
    - {source: "string", value: "Hello World!"}
"""

# The same hook with `dagger`.
FIVE_LINES = """\
- id: git-push
  branches: main
  include-command-output-in-response: true
  dagger: {module: /hooks-test, call: container-echo, arguments: {string-arg: {source: payload, name: commits.0.message}}}
  trigger-rule: {match: {type: forge-signature, secret: itsasecret}}
"""

DAGGER = '#!/bin/sh\necho "in $PWD"\nfor argument; do echo "<$argument>"; done\n'


class Boxed(harness.Responder):
    """The responder in a bubblewrap box where /bin/dagger and /hooks-test exist. The web server stays outside."""

    def __init__(self, folder, *flags, environment=None, config=None, name="responder"):
        self.folder = folder
        self.socket = str(folder.path / f"{name}.sock")
        dagger = folder.write("dagger", DAGGER, 0o755)
        # A /bin of our own: the host's programs and dagger. (/bin may be a link to usr/bin, which must not be written to.)
        argv = ["bwrap", "--unshare-pid", "--die-with-parent", "--dev", "/dev", "--proc", "/proc"]
        for entry in sorted(os.listdir("/")):
            path = f"/{entry}"
            if entry in ("dev", "proc", "bin") or not os.path.isdir(path):
                continue
            if os.path.islink(path):
                argv += ["--symlink", os.readlink(path), path]
            else:
                argv += ["--bind", path, path]
        argv += ["--dir", "/bin", "--symlink", "/usr/bin/sh", "/bin/sh", "--ro-bind", dagger, "/bin/dagger",
                 "--dir", "/hooks-test"]
        argv += [BUILD / "pocketci.fcgi", "-socket", self.socket, "-socket-mode", "0666", *flags]
        self.process = Process(argv, folder.path / f"{name}.log",
                               {"PATH": "/usr/local/bin:/usr/bin:/bin", **(environment or {})})
        wait_until(lambda: accepts(self.socket) or not self.process.running(), "responder listens")
        assert self.process.running(), self.process.log()


@pytest.fixture
def boxed(folder, monkeypatch):
    if not shutil.which("bwrap"):
        pytest.fail("bubblewrap is missing: scripts/install-packages.sh test")
    monkeypatch.setattr(harness, "Responder", Boxed)
    sites = []

    def start(text):
        hooks = folder.write("hooks.yaml", text)
        site = Site("nginx", folder, None, flags=("-hooks", str(hooks), "-verbose"))
        sites.append(site)
        return site

    yield start
    for site in sites:
        site.stop()


def test_container_echo(boxed):
    site = boxed(CONTAINER_ECHO)
    body = json.dumps({"ref": "refs/heads/main", "commits": [{"message": "Hello from a push"}]}).encode()
    reply = site.post("/hooks/git-push", body, github_headers(body, "itsasecret"))
    assert reply.status == 200, site.log()
    assert reply.text == "in /hooks-test\n<call>\n<container-echo>\n<--string-arg>\n<Hello from a push>\n"

    other = json.dumps({"ref": "refs/heads/topic", "commits": [{"message": "x"}]}).encode()
    reply = site.post("/hooks/git-push", other, github_headers(other, "itsasecret"))
    assert (reply.status, reply.text) == (200, "Hook rules were not satisfied.")

    assert site.post("/hooks/git-push", body, github_headers(body, "guess")).status == 500


def test_hello(boxed):
    site = boxed(HELLO)
    reply = site.get("/hooks/webhook")
    assert reply.status == 200, site.log()
    assert reply.headers["Access-Control-Allow-Origin"] == "*"
    assert reply.text.split("\n")[1:] == ["<--debug>", "<--progress=plain>", "<call>", "<-m>",
                                          "<github.com/shykes/daggerverse/hello>", "<Hello World!>", ""]


def test_five_lines(boxed):
    site = boxed(FIVE_LINES)
    repository = {"id": 1, "full_name": "acme/app", "clone_url": "https://github.com/acme/app.git"}
    body = json.dumps({"ref": "refs/heads/main", "before": "0" * 40, "after": "1" * 40, "repository": repository,
                       "commits": [{"message": "Hello from a push"}]}).encode()
    reply = site.post("/hooks/git-push", body, github_headers(body, "itsasecret"))
    assert reply.status == 200, site.log()
    assert reply.text.split("\n")[1:] == ["<call>", "<-m=/hooks-test>", "<--progress=plain>", "<container-echo>",
                                          "<--string-arg=Hello from a push>", ""]
    other = body.replace(b"refs/heads/main", b"refs/heads/topic")
    reply = site.post("/hooks/git-push", other, github_headers(other, "itsasecret"))
    assert reply.status == 200 and "<call>" not in reply.text
    assert site.post("/hooks/git-push", body, github_headers(body, "guess")).status == 500


def test_readme_has_both():
    text = (harness.ROOT / "README.md").read_text(encoding="utf-8")
    assert f"```yaml\n{CONTAINER_ECHO}```" in text
    assert f"```yaml\n{FIVE_LINES}```" in text
