"""Hooks with `dagger`, behind nginx, with a stand-in for the program: tests/e2e/dagger."""

import json
import subprocess

import pytest

import harness
from harness import ROOT, Site, github_headers
from repositories import HttpGit, Repository, git

SIGNED = "{match: {type: payload-hmac-sha256, secret: itsasecret, parameter: {source: header, name: X-Hub-Signature-256}}}"

STRING = {"name": "stringArg", "type": "String"}
MODULE = {
    "name": "ci",
    "functions": [
        {"name": "test", "args": [{"name": "source", "type": "Directory"}, {"name": "token", "type": "Secret"}],
         "prints": "tested {source} with a token of {token}"},
        {"name": "containerEcho", "args": [STRING], "prints": "{stringArg}"},
        {"name": "container", "args": [], "returns": "Container"},
        {"name": "fail", "args": [], "prints": "broken", "exits": 7},
        {"name": "hang", "args": [], "hangs": True},
    ],
}

HOOKS = f"""\
- id: test
  checkout: true
  include-command-output-in-response: true
  dagger: {{module: ., call: test, arguments: {{source: .}}, secrets: {{token: deploy-token}}}}
  trigger-rule: {SIGNED}
- id: echo
  checkout: true
  include-command-output-in-response: true
  inherit-environment: true
  dagger:
    call: container-echo
    arguments: {{string-arg: {{source: payload, name: commits.0.message}}}}
  trigger-rule: {SIGNED}
- id: chain
  checkout: true
  include-command-output-in-response: true
  dagger: {{call: [container, {{call: with-exec, arguments: {{args: [make, "a,b"]}}}}, stdout]}}
  trigger-rule: {SIGNED}
- id: fail
  checkout: true
  include-command-output-in-response: true
  include-command-output-in-response-on-error: true
  exit-codes: {{7: 422}}
  dagger: {{call: fail}}
  trigger-rule: {SIGNED}
- id: hang
  checkout: true
  stream-command-output: true
  timeout: 3s
  dagger: {{call: hang}}
  trigger-rule: {SIGNED}
- id: plain
  include-command-output-in-response: true
  command-working-directory: FOLDER/module
  dagger: {{call: container-echo, arguments: {{string-arg: hello}}}}
"""


class World:
    """A repository with a module, nginx, and a dagger on PATH."""

    def __init__(self, folder):
        self.folder = folder
        self.repository = Repository(folder)
        self.git = HttpGit(folder.path / "git")
        self.site = None
        folder.write("module/dagger.json", json.dumps(MODULE))
        folder.write("token", "hunter2hunter2\n", 0o600)

    def commit(self, module, files=None):
        self.repository.commit({"ci/dagger.json" if module.get("sub") else "dagger.json": json.dumps(module),
                                **(files or {})})

    def start(self, hooks=HOOKS, dagger=True):
        folder = self.folder
        if dagger:
            folder.write("bin/dagger", (ROOT / "tests/e2e/dagger").read_text(), 0o755)
        hooks = folder.write("hooks.yaml", hooks.replace("FOLDER", str(folder.path)))
        folder.write("pocketci.yaml", json.dumps({
            "hooks": str(hooks), "state": str(folder.make("state")),
            "repositories": [{"match": f"http://{self.git.host}/**"}],
            "secrets": {"deploy-token": {"file": str(folder.path / "token")}},
        }), 0o600)
        self.site = Site("nginx", folder, None, flags=("-config", str(folder.path / "pocketci.yaml"), "-verbose"))

    def push(self, hook, **more):
        return self.site.push(hook, self.repository.push_payload(self.git.url(), **more))

    def calls(self):
        path = self.folder.path / "bin" / "calls"
        return [json.loads(line) for line in path.read_text().splitlines()] if path.exists() else []

    def stop(self):
        if self.site:
            self.site.stop()
        self.git.stop()


@pytest.fixture
def world(folder, monkeypatch):
    monkeypatch.setitem(harness.BASE_ENVIRONMENT, "PATH", f"{folder.path}/bin:/usr/bin:/bin")
    world = World(folder)
    yield world
    world.stop()


def test_call(world):
    """Arguments in the command line, secrets in the environment alone, progress and value in the reply."""
    world.commit(MODULE)
    world.start()
    reply = world.push("test")
    assert reply.status == 200, world.site.log()
    assert reply.text.endswith("tested . with a token of 14 bytes\n")
    assert "starting engine DONE" in reply.text
    call, = world.calls()
    assert call["argv"] == ["call", "-m=.", "--progress=plain", "test", "--source=.",
                            "--token=env:POCKETCI_SECRET_TOKEN"]
    assert "/workspaces/" in call["cwd"] and call["stdin-is-null"]
    environment = call["environment"]
    assert environment["POCKETCI_SECRET_TOKEN"] == "hunter2hunter2"
    assert [environment[name] for name in ("DAGGER_NO_NAG", "DAGGER_NO_UPDATE_CHECK", "NO_COLOR")] == ["1", "1", "1"]
    assert environment["HOME"] and environment["GITHUB_REF"] == "refs/heads/main"
    assert "hunter2" not in world.site.log()


def test_environment(world, monkeypatch):
    """What a server's own session with dagger left in its environment is not handed on, even where all else is."""
    left = {"DAGGER_SESSION_PORT": "1", "DAGGER_SESSION_TOKEN": "s", "TRACEPARENT": "t", "OTEL_EXPORTER_X": "o",
            "DAGGER_CLOUD_TOKEN": "c", "_EXPERIMENTAL_DAGGER_RUNNER_HOST": "tcp://r", "KEPT": "yes"}
    for name, value in left.items():
        monkeypatch.setitem(harness.BASE_ENVIRONMENT, name, value)
    world.commit(MODULE)
    world.start()
    assert world.push("echo", commits=[{"message": "Hello"}]).text.endswith("Hello\n")
    environment = world.calls()[0]["environment"]
    assert {name for name in left if name in environment} == {"KEPT"}


def test_values_of_a_request(world):
    """One argument whatever it holds; and never the place of a secret or a file."""
    world.commit(MODULE)
    world.start()
    message = "--help; $(id)\nfix: the door"
    reply = world.push("echo", commits=[{"message": message}])
    assert reply.status == 200 and reply.text.endswith(message + "\n"), world.site.log()
    for text in ("cmd:id", "file:/etc/passwd", "env:HOME", "/etc/passwd", "../x"):
        reply = world.push("echo", commits=[{"message": text}])
        assert reply.status == 400, reply
        assert text not in reply.text
    assert len(world.calls()) == 1
    assert "the value for --string-arg (payload commits.0.message)" in world.site.log()


def test_explain(world):
    """The command line that would be; a value whose name says secret is not shown."""
    hooks = world.folder.write("hooks.yaml", """\
- id: test
  command-working-directory: /srv
  dagger: {call: t, arguments: {a: {source: payload, name: m}, b: {source: payload, name: token}}, secrets: {c: s}}
""")
    config = world.folder.write("pocketci.yaml", json.dumps({
        "hooks": str(hooks), "secrets": {"s": {"file": str(world.folder.path / "token")}}}), 0o600)
    payload = world.folder.write("payload.json", '{"m": "it is", "token": "hidden-value"}')
    explained = subprocess.run([harness.BUILD / "pocketci", "explain", "-config", config, payload], capture_output=True,
                               text=True, check=False, env=harness.BASE_ENVIRONMENT, **harness.USER).stdout
    assert ("  dagger call -m=. --progress=plain t '--a=it is' '<redacted, 16 bytes>' --c=env:POCKETCI_SECRET_C\n"
            in explained), explained
    assert "POCKETCI_SECRET_C='<redacted, 14 bytes>'" in explained
    assert "hidden-value" not in explained and "hunter2" not in explained


def test_chain(world):
    world.commit(MODULE)
    world.start()
    reply = world.push("chain")
    assert reply.text.endswith("output of ['make', 'a,b']\n"), world.site.log()
    assert world.calls()[0]["argv"][3:] == ["container", "with-exec", '--args=make,"a,b"', "stdout"]


def test_exit_code(world):
    world.commit(MODULE)
    world.start()
    reply = world.push("fail")
    assert reply.status == 422 and "broken\n" in reply.text


def test_missing_dagger(world):
    world.commit(MODULE)
    world.start(dagger=False)
    assert world.push("fail").status == 500
    assert "https://docs.dagger.io/install says how to get dagger" in world.site.log()


def test_timeout(world):
    """SIGINT comes first, and dagger is given the time to close its session."""
    world.commit(MODULE)
    world.start()
    reply = world.push("hang")
    assert "canceled, the session is closed" in reply.text, world.site.log()
    assert "timeout of 3s" in reply.text
    assert not (world.folder.path / "bin" / "session").exists()


def test_without_checkout(world):
    world.start()
    reply = world.site.post("/hooks/plain")
    assert reply.status == 200 and reply.text.endswith("hello\n"), world.site.log()
    assert world.calls()[0]["cwd"] == f"{world.folder.path}/module"


DISPATCH = f"""\
- id: ci
  checkout: true
  include-command-output-in-response: true
  include-command-output-in-response-on-error: true
  dagger: {{dispatch: true, module: ./ci, constructor: {{level: 2}}, secrets: {{api-token: deploy-token}}}}
  trigger-rule: {SIGNED}
"""

SOURCE = {"name": "src", "type": "Directory"}
LINT = {"name": "lintOnGithubPush", "args": [SOURCE, {"name": "filter", "type": "String", "default": "main,dev"}],
        "prints": "lint of {src} at {filter}"}
TESTS = {"name": "testOnGithubPush", "prints": "test with {apiToken}, event {eventTrigger}",
         "args": [{"name": "apiToken", "type": "Secret"}, {"name": "eventTrigger", "type": "File"}]}


def module(*functions):
    return {"name": "ci", "sub": True, "constructor": [{"name": "level", "type": "Integer"}], "functions": list(functions)}


@pytest.mark.parametrize("version", ["v0.13.0", "v0.15.4", "v0.16.0", "v0.18.10", "v0.18.11", "v1.0.0-beta.2"])
def test_dispatch(world, version):
    """Those that fit, in the order of their names, one after the other; what is for another event stays out."""
    world.commit(module(TESTS, LINT, {"name": "onGithubRelease", "args": []}, {"name": "dispatch", "args": []}))
    world.folder.write("bin/version", version)
    world.start(DISPATCH)
    reply = world.push("ci")
    assert reply.status == 200, reply.text + world.site.log()
    first, second = reply.text.split("== test-on-github-push ==\n")
    assert first.startswith("== lint-on-github-push ==\n") and first.endswith("lint of . at main\n")
    assert "test with 14 bytes, event /" in second
    assert "loading module" not in reply.text
    argv = [call["argv"] for call in world.calls()]
    assert [words[0] for words in argv] == ["version", "query", "call", "call"]
    assert ("-M" in argv[1]) == (version in ("v0.18.11", "v1.0.0-beta.2"))
    assert argv[2] == ["call", "-m=./ci", "--progress=plain", "--level=2", "lint-on-github-push", "--src=.",
                       "--filter=main"]
    assert argv[3][4:6] == ["test-on-github-push", "--api-token=env:POCKETCI_SECRET_API_TOKEN"]
    assert all(call["environment"]["POCKETCI_SECRET_API_TOKEN"] == "hunter2hunter2" for call in world.calls())


def test_dispatch_event_trigger(world):
    """The file that tells of the event, read by the function itself."""
    world.commit(module({"name": "onGithub", "reads": "eventTrigger",
                         "args": [{"name": "eventTrigger", "type": "File"}, {"name": "event", "type": "String"}]}))
    world.start(DISPATCH)
    reply = world.push("ci", ref="refs/tags/v1.0")
    text = reply.text[reply.text.index('{"event_type"'):]
    event = json.loads(text[:text.index("\n")])
    assert (event["event_type"], event["repo"]) == ("push", "acme/app")
    assert event["payload"]["after"] == world.repository.head


def test_dispatch_changes(world):
    """Functions that wait for changed files, which they get."""
    def waits_for(patterns):
        return {"name": "onChanges", "type": "String", "default": patterns}
    world.commit(module({"name": "docsOnGithubPush", "args": [waits_for("docs/**")]},
                        {"name": "srcOnGithubPush", "args": [waits_for("*.md,src/**")], "prints": "{onChanges}"}))
    before = world.repository.head
    world.repository.commit({"src/a,b.c": "x", "src/tab\there": "x", "other": "x"})
    world.start(DISPATCH)
    reply = world.push("ci", before=before)
    assert reply.text.startswith("== src-on-github-push ==\n"), reply.text + world.site.log()
    assert reply.text.endswith('\nother,"src/a,b.c",src/tab\there\n')
    assert len(world.calls()) == 3


def test_dispatch_pull_request(world):
    """By what was done; and never with GITHUB_REF, for which dagger would make the checkout shallow."""
    world.commit(module({"name": "onGithubPullRequestOpened", "args": [], "prints": "opened"},
                        {"name": "onGithubPullRequestClosed", "args": []}))
    git(world.repository.work, "push", "-q", "origin", "HEAD:refs/pull/7/head")
    world.start(DISPATCH.replace("  checkout: true\n", "  checkout: true\n  on: pull-request\n"))
    repository = {"id": 1, "name": "app", "full_name": "acme/app", "clone_url": world.git.url(), "default_branch": "main"}
    head = world.repository.head
    body = json.dumps({
        "action": "opened", "number": 7, "repository": repository, "sender": {"login": "jane", "id": 2},
        "pull_request": {"head": {"ref": "door", "sha": head, "repo": repository},
                         "base": {"ref": "main", "sha": head, "repo": repository}},
    }).encode()
    reply = world.site.post("/hooks/ci", body, github_headers(body, "itsasecret", "pull_request"))
    assert reply.text.startswith("== on-github-pull-request-opened ==\n"), reply.text + world.site.log()
    assert reply.text.endswith("\nopened\n")
    environment = world.calls()[-1]["environment"]
    assert "GITHUB_REF" not in environment and environment["GITHUB_EVENT_NAME"] == "pull_request"


def test_dispatch_failures(world):
    """One that fails, or needs what nobody gives, lets the others run; the run fails, and says with whom."""
    world.commit(module({"name": "aOnGithubPush", "args": [], "prints": "a", "exits": 3},
                        {"name": "bOnGithubPush", "args": [{"name": "image", "type": "String"}]},
                        {"name": "cOnGithubPush", "args": [], "prints": "c"}))
    world.start(DISPATCH)
    reply = world.push("ci")
    assert reply.status == 500
    assert "pocketci: it needs the argument image, which nobody gives\n== c-on-github-push ==\n" in reply.text
    assert reply.text.endswith("\nc\n")
    assert "a-on-github-push: exit status 3" in world.site.log()


def test_dispatch_without_function(world):
    world.commit(module({"name": "onGitlabPush", "args": []}))
    world.start(DISPATCH)
    reply = world.push("ci")
    assert (reply.status, reply.text) == (200, "pocketci: no function of the module ci fits the event: nothing to do\n")


def test_dispatch_without_module(world):
    """What dagger said of the question is in the reply."""
    world.repository.commit({"README.md": "x"})
    world.start(DISPATCH)
    reply = world.push("ci")
    assert reply.status == 500
    assert "failed to find dagger.json" in reply.text
    assert "dagger query: exit status 1" in world.site.log()


def test_dispatch_timeout(world):
    """The time of the run is that of all functions: what hangs is cancelled, and nothing comes after it."""
    world.commit(module({"name": "aOnGithubPush", "args": [], "hangs": True}, {"name": "bOnGithubPush", "args": []}))
    world.start(DISPATCH.replace("  checkout: true\n", "  checkout: true\n  timeout: 3s\n  stream-command-output: true\n"))
    reply = world.push("ci")
    assert "canceled, the session is closed" in reply.text and "timeout of 3s" in reply.text, world.site.log()
    assert "== b-on-github-push ==" not in reply.text
    assert not (world.folder.path / "bin" / "session").exists()
    assert [call["argv"][0] for call in world.calls()] == ["version", "query", "call"]
