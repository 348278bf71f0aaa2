"""The portable runner: no hooks on the server, those of the repository that was pushed. Real repositories, nginx and CGI."""

import hashlib
import hmac
import json
import os
import urllib.parse

import pytest

from harness import ROOT, Folder, Responder, Site, Stream, github_headers, wait_until
from repositories import HttpGit, Repository

SECRET = "app's webhook secret"
OTHER_SECRET = "another repository's secret"

HOOKS = """\
- id: build
  run: |
    cat greeting
    echo "$POCKETCI_COMMIT $POCKETCI_BRANCH $PWD" | sed "s,$(pwd),HERE,"
- id: test
  on: push
  branches: [main]
  execute-command: ./test.sh
  pass-arguments-to-command: [{source: payload, name: ref}]
  exit-codes: {7: 422}
- id: release
  on: tag
  run: echo released $POCKETCI_TAG
"""
TEST = "#!/bin/sh\necho testing $1\nexit ${EXIT:-0}\n"

CONFIG = """\
state: {state}
repositories:
- match: {base}/acme/app
  secret: {{file: secret}}
  secrets: [allowed]
- match: {base}/acme/other
  secret: "{other}"
- match: {base}/acme/hooks-test
  secret: itsasecret
secrets:
  allowed: {{file: allowed}}
  forbidden: {{file: allowed}}
timeout: 1m
base-url: {base_url}
"""


class Portable:
    """A site without hooks, and repositories with them."""

    def __init__(self, kind, base_url="", more="", hooks=None):
        self.folder = Folder()
        self.repository = Repository(self.folder)
        self.other = Repository(self.folder, "other")
        self.http = HttpGit(self.folder.path / "git")
        self.state = self.folder.make("state")
        self.folder.write("secret", SECRET + "\n", 0o600)
        self.folder.write("allowed", "the allowed secret\n", 0o600)
        text = CONFIG.format(state=self.state, base=f"http://{self.http.host}", other=OTHER_SECRET, base_url=base_url)
        if not base_url:
            text = text.replace("base-url: \n", "")
        self.config = self.folder.write("pocketci.yaml", text + more, 0o600)
        self.site = Site(kind, self.folder, self.config)

    def url(self, name="app"):
        return self.http.url(f"acme/{name}.git")

    def payload(self, repository=None, **more):
        repository = repository or self.repository
        return repository.push_payload(more.pop("url", self.url(repository.name)), **more)

    def push(self, path="/hooks", payload=None, secret=SECRET, event="push", headers=None):
        body = payload if isinstance(payload, bytes) else json.dumps(payload or self.payload()).encode()
        return self.site.post(path, body, {**github_headers(body, secret, event), **(headers or {})}, 120)

    def mirrors(self):
        folder = self.state / "mirrors"
        return sorted(folder.glob("*.git")) if folder.exists() else []

    def leftovers(self):
        """Workspaces, and pins in mirrors."""
        found = []
        if (self.state / "workspaces").exists():
            found += list((self.state / "workspaces").iterdir())
        for mirror in self.mirrors():
            pins = mirror / "refs" / "pocketci"
            found += [p for p in pins.rglob("*") if p.is_file()] if pins.exists() else []
        return found

    def close(self):
        try:
            self.site.stop()
        finally:
            self.http.stop()
            self.folder.remove()


@pytest.fixture(scope="module", params=["nginx", "apache-cgi"])
def world(request):
    world = Portable(request.param)
    world.kind = request.param
    yield world
    world.close()


@pytest.fixture(scope="module")
def nginx():
    world = Portable("nginx")
    yield world
    world.close()


@pytest.fixture
def portable():
    """Makes a site of its own."""
    made = []

    def make(*arguments, **more):
        made.append(Portable(*arguments, **more))
        return made[-1]

    yield make
    for world in made:
        world.close()


def commit(world, hooks=HOOKS, test=TEST, name="hooks.yaml", **files):
    for old in ("hooks.yaml", "hooks.yml", "hooks.json"):
        path = world.repository.work / old
        if path.is_symlink() or path.is_file():
            path.unlink()
    return world.repository.commit({name: hooks, "test.sh": test, "greeting": "hello\n", **files})


# --- All that fire ---------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("path", ["/hooks", "/"])
def test_all_hooks_of_a_push(world, path):
    head = commit(world)
    reply = world.push(path)
    assert reply.status == 200, (reply, world.site.log())
    assert reply.text == (f"== build: succeeded ==\nhello\n{head} main HERE\n"
                          "== test: succeeded ==\ntesting refs/heads/main\n")
    assert reply.headers["Content-Type"] == "text/plain; charset=utf-8"
    assert world.leftovers() == []


def test_one_of_several_fails(world):
    commit(world, test=TEST.replace("${EXIT:-0}", "7"))
    reply = world.push()
    assert reply.status == 500, reply
    assert reply.text.endswith("== test: failed ==\ntesting refs/heads/main\npocketci: exit status 7\n")
    assert "== build: succeeded ==\nhello\n" in reply.text
    assert world.leftovers() == []


def test_nothing_to_do(world):
    commit(world, HOOKS.split("- id: test")[1].join(["- id: test", ""]))
    world.repository.commit({}, branch="topic")
    reply = world.push(payload=world.payload(ref="refs/heads/topic"))
    assert reply.status == 200
    assert reply.text == ('nothing to do: hook "test": branch topic is not among its branches\n'
                          'nothing to do: hook "release": it is not for events of type push\n')


# --- One hook --------------------------------------------------------------------------------------------------------

def test_one_hook(world):
    head = commit(world)
    reply = world.push("/hooks/build")
    assert (reply.status, reply.text) == (200, f"hello\n{head} main HERE\n"), world.site.log()


@pytest.mark.parametrize("code, status", [(3, 500), (7, 422)])
def test_one_hook_fails(world, code, status):
    commit(world, test=TEST.replace("${EXIT:-0}", str(code)))
    reply = world.push("/hooks/test")
    assert (reply.status, reply.text) == (status, "testing refs/heads/main\n")
    assert world.leftovers() == []


def test_a_hook_that_is_not_there(world):
    commit(world)
    reply = world.push("/hooks/nope")
    assert (reply.status, reply.text) == (404, "Hook not found.")


def test_one_hook_that_does_not_fire(world):
    commit(world)
    reply = world.push("/hooks/release")
    assert (reply.status, reply.text) == (
        200, 'nothing to do: hook "release": it is not for events of type push\n')
    commit(world, "- id: ruled\n  run: exit 1\n  trigger-rule-mismatch-http-response-code: 418\n"
                  "  trigger-rule: {match: {type: value, value: x, parameter: {source: payload, name: ref}}}\n")
    reply = world.push("/hooks/ruled")
    assert (reply.status, reply.text) == (418, "Hook rules were not satisfied.")


# --- Who may ---------------------------------------------------------------------------------------------------------

def test_what_is_not_allowed(portable):
    world = portable("nginx")
    commit(world)
    world.other.commit({"hooks.yaml": HOOKS})
    body = json.dumps(world.payload()).encode()
    unlisted = json.dumps(world.payload(url=world.http.url("acme/unlisted.git"))).encode()
    elsewhere = json.dumps(world.payload(url="https://example.org/acme/app.git")).encode()
    unsigned = {k: v for k, v in github_headers(body, SECRET).items() if "Signature" not in k}
    cases = [
        (body, github_headers(body, "guess")),
        (body, github_headers(body, OTHER_SECRET)),  # right for another repository
        (body, unsigned),
        (body, {**github_headers(body, SECRET), "X-GitHub-Event": ""}),
        (body + b" ", github_headers(body, SECRET)),
        (body, {"Content-Type": "application/json"}),  # of no forge
        (b"", github_headers(b"", SECRET)),
        (b"{", github_headers(b"{", SECRET)),
        (b'{"ref": 1}', github_headers(b'{"ref": 1}', SECRET)),
        (unlisted, github_headers(unlisted, SECRET)),
        (elsewhere, github_headers(elsewhere, SECRET)),
    ]
    answers = set()
    for path in ("/hooks", "/", "/hooks/build", "/hooks/nope"):
        for content, headers in cases:
            reply = world.site.post(path, content, {k: v for k, v in headers.items() if v})
            answers.add((reply.status, reply.text, tuple(sorted(set(reply.headers) - {"Date"}))))
    assert len(answers) == 1, answers
    assert answers.pop()[:2] == (403, "Not allowed.\n")
    assert world.site.get("/hooks/build").status == 403
    assert world.mirrors() == [] and world.http.requests == []
    assert SECRET not in world.site.log() and OTHER_SECRET not in world.site.log()
    assert "acme/unlisted is not listed under repositories" in world.site.log()


def test_other_paths(nginx):
    reply = nginx.site.get("/")
    assert (reply.status, reply.text) == (200, "OK")
    assert nginx.site.get("/health").status == 200
    assert nginx.site.get("/hooks").status == 404
    assert nginx.push("/elsewhere").status == 404


def test_ping(nginx):
    commit(nginx)
    reply = nginx.push(payload={"zen": "…", "repository": nginx.payload()["repository"]}, event="ping")
    assert (reply.status, reply.text) == (200, "pong\n")


def test_secrets(nginx):
    """A hook gets a secret that its repository's entry lists, and no other."""
    hook = "- id: secret\n  run: printf %s \"$HOOK_{0}\"\n  pass-environment-to-command: [{{source: secret, name: {0}}}]\n"
    commit(nginx, hook.format("allowed"))
    assert nginx.push("/hooks/secret").text == "the allowed secret"
    for name in ("forbidden", "none"):
        commit(nginx, hook.format(name))
        reply = nginx.push("/hooks/secret")
        assert reply.status == 422
        assert reply.text.startswith(f'hooks.yaml:3:56: error: hook "secret": there is no secret "{name}" that this '
                                     "repository may use"), reply
        assert "the allowed secret" not in reply.text


# --- The file ---------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("name", ["hooks.yaml", "hooks.yml", "hooks.json"])
def test_names_of_the_file(nginx, name):
    commit(nginx, '[{"id": "j", "run": "echo of ' + name + '"}]', name=name)
    assert nginx.push("/hooks/j").text == f"of {name}\n"


def test_a_file_that_is_missing(nginx):
    head = commit(nginx, name="unused.yaml")
    for path in ("/hooks", "/hooks/build"):
        reply = nginx.push(path)
        assert (reply.status, reply.text) == (
            422, f"hooks.yaml:1:1: error: there is no hooks.yaml, hooks.yml or hooks.json at the root of "
                 f"http://{nginx.http.host}/acme/app at commit {head}\n")


WRONG = {
    "- id: a\n  run: [1\n": "hooks.yaml:3:1: error: ",
    "- id: a\n  rnu: x\n": 'hooks.yaml:2:3: error: hook "a": unknown key "rnu": did you mean "run"?\n',
    "- id: a\n  run: x\n  inherit-environment: true\n  keep-processes: true\n":
        'hooks.yaml:3:3: error: hook "a": inherit-environment may not be used in a repository\'s file\n'
        'hooks.yaml:4:3: error: hook "a": keep-processes may not be used in a repository\'s file\n',
    "- id: a\n  run: x\n  checkout: {repository: https://example.org/x}\n":
        'hooks.yaml:3:14: error: hook "a": repository may not be used in a repository\'s file\n',
    "- id: a\n  run: x\n  command-working-directory: /etc\n":
        'hooks.yaml:3:30: error: hook "a": command-working-directory: a repository\'s hook is started in its '
        "checkout: write a folder of the repository, such as src, or /app for its root\n",
    "- id: a\n  run: x\n  timeout: 2m\n":
        'hooks.yaml:3:12: error: hook "a": timeout: at most what timeout in pocketci.yaml says, here 60 s\n',
    "- id: a\n  run: x\n  trigger-rule: {match: {type: value, value: {env: HOME}, parameter: {source: header, name: x}}}\n":
        "hooks.yaml:3:46: error: ",
    "{{ getenv \"HOME\" }}\n": "hooks.yaml:1:2: error: ",
    "": "hooks.yaml:1:1: error: the file is empty",
    "[" * 3000: "hooks.yaml:1:",
    "# " + "x" * (256 * 1024): "hooks.yaml:1:1: error: ",
    "- &a [x]\n" + "- [" + "*a, " * 20000 + "*a]\n": "hooks.yaml:2:",
}


@pytest.mark.parametrize("text", WRONG, ids=lambda text: text[:40])
def test_a_file_that_is_wrong(nginx, text):
    commit(nginx, text)
    for path in ("/hooks", "/hooks/a"):
        reply = nginx.push(path)
        assert reply.status == 422, reply
        assert reply.text.startswith(WRONG[text]), reply
    assert nginx.leftovers() == []


def test_a_file_that_is_a_link(nginx):
    commit(nginx, name="real.yaml")
    os.symlink("/etc/passwd", nginx.repository.work / "hooks.yaml")
    nginx.repository.commit({})
    reply = nginx.push()
    (nginx.repository.work / "hooks.yaml").unlink()
    assert reply.status == 422 and "root" not in reply.text.replace("at the root", ""), reply
    assert reply.text.startswith("hooks.yaml:1:1: error: hooks.yaml"), reply


def test_at_the_pushed_commit(nginx):
    """Not at the branch's tip: somebody may have pushed again."""
    first = commit(nginx, "- id: a\n  run: echo first\n")
    commit(nginx, "- id: a\n  run: echo second\n")
    assert nginx.push("/hooks/a", nginx.payload(commit=first)).text == "first\n"


def test_a_commit_that_is_gone(nginx):
    commit(nginx)
    reply = nginx.push("/hooks/build", nginx.payload(commit="1" * 40))
    assert reply.status == 422 and "1" * 40 in reply.text, reply
    assert nginx.leftovers() == []


def test_a_branch_that_was_deleted(nginx):
    commit(nginx)
    reply = nginx.push(payload=nginx.payload(commit="0" * 40, ref="refs/heads/gone"))
    assert (reply.status, reply.text) == (200, "nothing to do: refs/heads/gone was deleted\n")


# --- As it is run -----------------------------------------------------------------------------------------------------

def test_streamed(nginx):
    """The output of one hook comes while it is made."""
    gate = nginx.folder.path / "gate"
    commit(nginx, "- id: s\n  stream-command-output: true\n  run: |\n    echo first\n"
                  f"    cat {gate}\n")
    os.mkfifo(gate, 0o666)
    os.chmod(gate, 0o666)
    body = json.dumps(nginx.payload()).encode()
    stream = Stream(nginx.site.address, "POST", "/hooks/s", body, github_headers(body, SECRET))
    try:
        assert stream.start() == 200
        assert stream.line() == b"first\n"
        gate.write_text("last\n")
        assert stream.rest() == b"last\n"
    finally:
        stream.close()


@pytest.mark.parametrize("leaving", ["stop", "continue"])
def test_when_the_client_leaves(nginx, leaving):
    gate = nginx.folder.path / f"gate-{leaving}"
    done = nginx.folder.path / f"done-{leaving}"
    nginx.folder.path.chmod(0o777)
    commit(nginx, f"- id: l\n  stream-command-output: true\n  when-client-leaves: {leaving}\n"
                  f"  run: |\n    echo $$\n    cat {gate}\n    echo done > {done}\n")
    os.mkfifo(gate, 0o666)
    os.chmod(gate, 0o666)
    body = json.dumps(nginx.payload()).encode()
    stream = Stream(nginx.site.address, "POST", "/hooks/l", body, github_headers(body, SECRET))
    stream.start()
    pid = int(stream.line())
    stream.close()
    if leaving == "stop":
        wait_until(lambda: not os.path.exists(f"/proc/{pid}"), "the command is stopped")
        assert not done.exists()
    else:
        gate.write_text("")
        wait_until(done.exists, "the command goes on")
    wait_until(lambda: nginx.leftovers() == [], "nothing is left")


def test_a_reply_that_does_not_wait(nginx):
    done = nginx.folder.path / "done"
    commit(nginx, "- id: quiet\n  include-command-output-in-response: false\n  response-message: on its way\n"
                  f"  success-http-response-code: 202\n  run: cp greeting {done}\n")
    nginx.folder.path.chmod(0o777)
    reply = nginx.push("/hooks/quiet")
    assert (reply.status, reply.text) == (202, "on its way")
    wait_until(lambda: done.exists() and done.read_text() == "hello\n", "the hook has run")
    wait_until(lambda: nginx.leftovers() == [], "nothing is left")


def test_a_subfolder(nginx):
    commit(nginx, "- {id: a, command-working-directory: sub, run: basename $PWD}\n"
                  "- {id: b, command-working-directory: /app/sub, run: basename $PWD}\n"
                  "- {id: c, command-working-directory: ../.., run: basename $PWD}\n", **{"sub/x": ""})
    reply = nginx.push()
    assert reply.text.startswith("== a: succeeded ==\nsub\n== b: succeeded ==\nsub\n== c: failed ==\npocketci: "), reply
    assert "leads out of the workspace" in reply.text and reply.status == 500


def test_each_hook_reads_the_request_anew(nginx):
    echo = "  execute-command: /bin/echo\n  pass-arguments-to-command: [{source: payload, name: inner.a}]\n"
    commit(nginx, "- id: first\n  parse-parameters-as-json: [{source: payload, name: inner}]\n" + echo
           + "- id: second\n" + echo)
    reply = nginx.push(payload=nginx.payload(inner='{"a": "seen"}'))
    assert reply.text == "== first: succeeded ==\nseen\n== second: succeeded ==\n\n", reply


def test_output_is_bounded(portable):
    world = portable("nginx", more="limits: {output: 64KiB}\n")
    commit(world, "- {id: loud, run: head -c 1000000 /dev/zero | tr '\\\\0' x}\n- {id: quiet, run: echo quiet}\n")
    reply = world.push()
    assert reply.status == 200 and len(reply.body) < 70000, (reply.status, len(reply.body))
    assert "the rest was dropped" in reply.text


def test_seed(portable):
    """The hooks file of tests/e2e/test_seed.py as it stands, in the repository that it was written for."""
    from test_seed import CONTAINER_ECHO, DAGGER
    world = portable("nginx")
    repository = Repository(world.folder, "hooks-test")
    dagger = world.folder.write("dagger", DAGGER, 0o755)
    repository.commit({"hooks.yaml": CONTAINER_ECHO.replace("/bin/dagger", str(dagger))})
    payload = world.payload(repository, commits=[{"message": "Hello from a push"}])
    reply = world.push("/hooks/git-push", payload, "itsasecret")
    lines = reply.text.split("\n")
    assert reply.status == 200, (reply, world.site.log())
    assert lines[0].startswith("in ") and lines[0].endswith("/hooks-test")
    assert lines[1:] == ["<call>", "<container-echo>", "<--string-arg>", "<Hello from a push>", ""]


def test_nothing_lives_on(nginx):
    commit(nginx, "- {id: d, run: 'setsid sleep 600 > /dev/null 2>&1 & echo $!'}\n")
    pid = int(nginx.push("/hooks/d").text)
    assert not os.path.exists(f"/proc/{pid}")
    assert nginx.leftovers() == []


def test_examples(portable):
    examples = ROOT / "examples" / "portable"
    world = portable("nginx")
    world.folder.write("deploy-token", "token", 0o600)
    text = world.config.read_text().replace("[allowed]", "[deploy-token]") \
        .replace("secrets:\n  allowed", "secrets:\n  deploy-token: {file: deploy-token}\n  allowed")
    world.folder.write("pocketci.yaml", text, 0o600)
    commit(world, (examples / "hooks.yaml").read_text(), **{"Makefile": "test:\n\t@echo tested\n"})
    reply = world.push("/hooks/test")
    assert (reply.status, reply.text) == (200, "tested\n"), reply
    world.folder.write("example.yaml", (examples / "pocketci.yaml").read_text(), 0o600)
    for name in ("webhook-secret", "github-token"):
        world.folder.write(name, "x\n", 0o600)
    responder = Responder(world.folder, config=world.folder.path / "example.yaml", name="example")
    assert responder.stop() == 0
    assert " warning " not in responder.log() and " error " not in responder.log()


@pytest.mark.parametrize("entry, message", [
    ("- match: example.org/a\n  secret: x\n- match: example.org/b\n",
     'pocketci.yaml:4:3: repository "example.org/b": secret is missing'),
    ("- {match: example.org/a, secret: {file: none}}\n", 'pocketci.yaml:2:3: repository "example.org/a": secret: '),
    ("- {match: example.org/a, secret: 'ed25519:sr.ht'}\n", "a public key says that the forge sent a delivery"),
    ("- {match: example.org/a}\n", "no hooks: "),
])
def test_no_start(folder, entry, message):
    config = folder.write("pocketci.yaml", "repositories:\n" + entry, 0o600)
    with pytest.raises(AssertionError, match="ended at its start") as failed:
        Responder(folder, config=config)
    assert message in str(failed.value)


# --- Other forges ------------------------------------------------------------------------------------------------------

def test_gitea_form(nginx):
    """Signed over the JSON, sent as a form."""
    commit(nginx, "- {id: g, run: 'echo $POCKETCI_EVENT of $POCKETCI_REPOSITORY'}\n")
    text = json.dumps(nginx.payload()).encode()
    signature = hmac.new(SECRET.encode(), text, hashlib.sha256).hexdigest()
    body = b"payload=" + urllib.parse.quote(text).encode()
    reply = nginx.site.post("/hooks/g", body, {
        "Content-Type": "application/x-www-form-urlencoded", "X-Gitea-Event": "push", "X-Gitea-Delivery": "1",
        "X-Gitea-Signature": signature})
    assert (reply.status, reply.text) == (200, "push of acme/app\n"), nginx.site.log()
    reply = nginx.site.post("/hooks/g", body, {
        "Content-Type": "application/x-www-form-urlencoded", "X-Gitea-Event": "push", "X-Gitea-Delivery": "1",
        "X-Gitea-Signature": signature[::-1]})
    assert (reply.status, reply.text) == (403, "Not allowed.\n")


def test_gitlab(nginx):
    """Its token opened the door; no hook gets it, since it may open others."""
    commit(nginx, "- {id: g, execute-command: /usr/bin/env, pass-environment-to-command: "
                  "[{source: header, name: X-Gitlab-Token, envname: GIVEN}, {source: entire-headers, envname: ALL}]}\n")
    repository = nginx.repository
    payload = {
        "object_kind": "push", "event_name": "push", "ref": "refs/heads/main", "before": "0" * 40,
        "after": repository.head, "checkout_sha": repository.head, "user_username": "ada", "user_id": 1,
        "project_id": 1, "commits": [{"id": repository.head, "message": "x", "author": {"name": "Ada"}}],
        "project": {"id": 1, "git_http_url": nginx.url(), "git_ssh_url": "git@example.org:acme/app.git",
                    "path_with_namespace": "acme/app", "default_branch": "main", "web_url": "https://example.org/a"},
    }
    headers = {"Content-Type": "application/json", "X-Gitlab-Event": "Push Hook"}
    body = json.dumps(payload).encode()
    reply = nginx.site.post("/hooks/g", body, {**headers, "X-Gitlab-Token": SECRET})
    assert reply.status == 200 and "POCKETCI_EVENT=push" in reply.text, (reply, nginx.site.log())
    assert SECRET not in reply.text and "GIVEN" not in reply.text
    assert nginx.site.post("/hooks/g", body, {**headers, "X-Gitlab-Token": SECRET[:-1]}).status == 403


def test_several_refs_of_bitbucket(nginx):
    """One delivery tells of all refs of a push."""
    def change(name, commit, before=None, kind="branch"):
        target = {"type": "commit", "hash": commit, "message": "x", "author": {"raw": "Ada"}, "links": {}}
        return {"new": {"type": kind, "name": name, "target": target} if commit else None,
                "old": {"type": kind, "name": name, "target": {"hash": before}} if before else None,
                "created": before is None, "closed": commit is None, "forced": False}

    first = commit(nginx, "- {id: who, run: 'echo one $POCKETCI_BRANCH'}\n")
    commit(nginx, "- {id: who, rnu: x}\n")
    nginx.repository.commit({}, branch="wrong")
    wrong = nginx.repository.head
    commit(nginx, "- {id: who, run: 'echo two $POCKETCI_BRANCH'}\n- {id: more, on: tag, run: 'exit 1'}\n")
    nginx.repository.commit({}, branch="topic")
    second = nginx.repository.head

    def push(*changes, path="/hooks"):
        body = json.dumps({
            "push": {"changes": list(changes)}, "actor": {"display_name": "Ada", "uuid": "{1}"},
            "repository": {"full_name": "acme/app", "uuid": "{2}", "links": {"html": {"href": nginx.url()[:-4]}}},
        }).encode()
        signature = "sha256=" + hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()
        return nginx.site.post(path, body, {
            "Content-Type": "application/json", "X-Event-Key": "repo:push", "X-Hook-UUID": "1", "X-Request-UUID": "2",
            "X-Hub-Signature": signature})

    reply = push(change("main", first), change("gone", None, first), change("topic", second))
    assert (reply.status, reply.text) == (
        200, "== who refs/heads/main: succeeded ==\none main\n"
             "== who refs/heads/topic: succeeded ==\ntwo topic\n"), nginx.site.log()
    assert push(change("main", first), change("topic", second), path="/hooks/who").text == reply.text
    reply = push(change("wrong", wrong), change("main", first), change("lost", "1" * 40))
    assert reply.status == 500
    assert reply.text.startswith('== refs/heads/wrong: failed ==\nhooks.yaml:1:13: error: hook "who": unknown key "rnu"')
    assert "== who refs/heads/main: succeeded ==\none main\n== refs/heads/lost: failed ==\npocketci: " in reply.text
    reply = push(change("gone", None, first), change("other", None, first))
    assert (reply.status, reply.text) == (
        200, "nothing to do: refs/heads/gone was deleted\nnothing to do: refs/heads/other was deleted\n")
    assert nginx.leftovers() == []


# --- What changed, pull requests ---------------------------------------------------------------------------------------

def test_paths(nginx):
    before = commit(nginx, "- {id: p, paths: ['src/**'], run: cat src/x}\n")
    after = nginx.repository.commit({"readme": "new"})
    payload = nginx.payload(before=before)
    skipped = 'nothing to do: no changed file is among the paths of hook "p"\n'
    for path in ("/hooks", "/hooks/p"):
        reply = nginx.push(path, payload)
        assert (reply.status, reply.text) == (200, skipped)
    nginx.repository.commit({"src/x": "changed\n"})
    reply = nginx.push("/hooks/p", nginx.payload(before=after))
    assert (reply.status, reply.text) == (200, "changed\n")
    assert nginx.leftovers() == []


def pull_request(world, head, fork):
    repository = world.payload()["repository"]
    repository = {**repository, "id": 1, "owner": {"id": 5, "login": "acme"}}
    source = {**repository, "id": 2, "full_name": "eve/app"} if fork else repository
    return {"action": "opened", "number": 1, "repository": repository, "sender": {"login": "eve", "id": 7},
            "pull_request": {"number": 1, "title": "x", "html_url": "https://example.org/1", "merged": False,
                             "user": {"login": "eve", "id": 7},
                             "head": {"sha": head, "ref": "topic", "repo": source},
                             "base": {"sha": world.repository.head, "ref": "main", "repo": repository}}}


def test_pull_requests(portable):
    hooks = "- {{id: pr, on: pull-request, run: 'echo {0}; cat greeting; printf %s \"${{T-}}\"', " \
            "pass-environment-to-command: [{{source: secret, name: allowed, envname: T}}]}}\n"
    from repositories import git
    for fork, allowed in ((False, False), (True, False), (True, True)):
        world = portable("nginx")
        base = commit(world, hooks.format("of the base"))
        head = world.repository.commit({"hooks.yaml": hooks.format("of the head"), "greeting": "changed\n"}, branch="topic")
        git(world.repository.work, "push", "-q", "origin", f"{head}:refs/pull/1/head")
        git(world.repository.work, "reset", "-q", "--hard", base)
        world.repository.head = base
        if allowed:
            text = world.config.read_text().replace("  secrets: [allowed]\n",
                                                    "  secrets: [allowed]\n  fork-pull-requests: allow\n")
            world.folder.write("pocketci.yaml", text, 0o600)
        reply = world.push("/hooks", pull_request(world, head, fork), event="pull_request")
        if not fork:
            assert reply.text == "== pr: succeeded ==\nof the head\nchanged\nthe allowed secret\n", reply
        elif not allowed:
            assert reply.text == ("nothing to do: pull request 1 is from a fork, and fork-pull-requests of its repository "
                                  "does not allow that in pocketci.yaml\n"), reply
            assert world.mirrors() == []
        else:
            assert reply.text == "== pr: succeeded ==\nof the base\nchanged\n", (reply, world.site.log())
        assert reply.status == 200 and world.leftovers() == []


# --- -async ------------------------------------------------------------------------------------------------------------

@pytest.mark.parametrize("kind, key, path", [("nginx", "async", "/hooks"), ("apache-cgi", "proxy-async", "/hooks/a"),
                                             ("nginx", "async", "/hooks/a")])
def test_async(portable, kind, key, path):
    world = portable(kind, base_url="https://ci.example.org/at/", more=f"{key}: true\n")
    done = world.folder.path / "done"
    world.folder.path.chmod(0o777)
    commit(world, f"- id: a\n  when-client-leaves: stop\n  run: cp greeting {done}\n")
    reply = world.push(path)
    assert reply.status == 202, (reply, world.site.log())
    identity = json.loads(reply.text)["id"]
    assert reply.headers["Content-Type"] == "application/json"
    assert reply.headers["Location"] == f"https://ci.example.org/at/deliveries/{identity}"
    wait_until(lambda: done.exists() and done.read_text() == "hello\n", "the hook has run")
    wait_until(lambda: world.leftovers() == [], "nothing is left")
    assert world.push(secret="guess").status == 403


# --- Beside hooks files -------------------------------------------------------------------------------------------------

def test_beside_hooks_files(portable):
    world = portable("nginx")
    hooks = world.folder.write("server.yaml", "- {id: build, execute-command: /bin/echo, "
                                              "include-command-output-in-response: true}\n")
    commit(world)
    world.site.stop()
    world.site = Site("nginx", world.folder, world.config, flags=("-hooks", str(hooks)))
    assert world.push("/hooks/build").text == "\n"  # the server's own
    assert world.push("/hooks/test").text == "testing refs/heads/main\n"
    assert world.push("/hooks").status == 200
    assert world.push("/hooks/test", secret="guess").status == 403
    assert world.site.get("/").text == "OK"
