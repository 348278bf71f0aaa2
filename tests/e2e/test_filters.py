"""on, branches, tags and paths of a hook, changed files and pull requests: signed deliveries through a real nginx."""

import hashlib
import hmac
import json
import subprocess

import pytest

from harness import BASE_ENVIRONMENT, BUILD, USER, Folder, Site, github_headers, wait_until
from repositories import HttpGit, Repository, git
from scenarios import OUTPUT, SIGNED, STREAM, script
from test_forges import BASIC, PAYLOADS, SECRET, Ed25519, read_case, signed

SHOW = 'echo "$POCKETCI_EVENT $POCKETCI_REF $POCKETCI_BRANCH|"; cat "${POCKETCI_CHANGES_FILE-/dev/null}"'
PULL = """
echo "$POCKETCI_COMMIT ${GITHUB_REF-no ref} ${DEPLOY-no secret} ${POCKETCI_BRANCH:-no branch}"
git diff --name-only origin/main...HEAD; cat .git/config "$POCKETCI_CHANGES_FILE"; env
"""


def hooks():
    deploy = "pass-environment-to-command: [{source: secret, name: deploy, envname: DEPLOY}]"
    return "".join([
        script("main", SHOW, OUTPUT, "checkout: true", "branches: [main, 'release/**', '!release/old']", signed=True),
        script("tags", SHOW, OUTPUT, "checkout: true", "tags: 'v*'", signed=True),
        script("source", SHOW, OUTPUT, "checkout: true", "paths: ['src/**', '!**/*.md']", signed=True),
        script("source-streamed", SHOW, STREAM, "checkout: true", "paths: ['src/**']", signed=True),
        script("source-silent", 'touch "$1"', "checkout: true", "paths: ['src/**']", "response-message: started",
               arguments=("{source: url, name: made}",), signed=True),
        script("pulls", PULL, OUTPUT, "checkout: true", "on: pull-request", "branches: main", deploy, signed=True),
        script("plain", "echo plain", OUTPUT, "on: [push, ping]", signed=True),
        script("open", "echo open", OUTPUT, "on: push"),
    ])


class World:
    def __init__(self):
        self.folder = Folder()
        self.repository, self.friendly = Repository(self.folder), Repository(self.folder, "friendly")
        self.http = HttpGit(self.folder.path / "git")
        self.folder.write("hooks.yaml", hooks())
        self.folder.write("deploy", "t0ken-to-deploy\n", 0o600)
        self.folder.write("git-token", "t0ken-to-fetch\n", 0o600)
        self.config = self.folder.write(
            "pocketci.yaml", f"hooks: hooks.yaml\nstate: {self.folder.make('state')}\nverbose: true\n"
            "secrets: {deploy: {file: deploy}}\nrepositories:\n"
            f"- {{match: 'http://{self.http.host}/acme/friendly', fork-pull-requests: allow, token: {{file: git-token}}}}\n"
            f"- {{match: 'http://{self.http.host}/acme/*', fork-pull-requests: never}}\n", 0o600)
        self.first = self.repository.commit({"readme.md": "1\n", "src/a.c": "1\n"})
        self.site = Site("nginx", self.folder, self.config)

    def push(self, hook, event="push", query="", headers=None, **more):
        payload = self.repository.push_payload(self.http.url(), **more)
        return self.deliver(hook, payload, event, query, headers)

    def deliver(self, hook, payload, event, query="", headers=None):
        body = json.dumps(payload).encode()
        return self.site.post(f"/hooks/{hook}{query}", body, {**github_headers(body, "itsasecret"),
                                                              "X-GitHub-Event": event, **(headers or {})})

    def close(self):
        self.site.stop()
        self.http.stop()
        self.folder.remove()


@pytest.fixture(scope="module")
def world():
    world = World()
    yield world
    world.close()


def left(world):
    """What runs left: workspaces, and pins in mirrors."""
    state = world.folder.path / "state"
    return [p for p in (*state.glob("workspaces/*"), *state.glob("mirrors/*/refs/pocketci/*"))]


# --- Which events ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("hook,ref,answer", [
    ("main", "refs/heads/main", "push refs/heads/main main|"),
    ("main", "refs/heads/release/1/2", "push refs/heads/release/1/2 release/1/2|"),
    ("main", "refs/heads/release/old", 'nothing to do: hook "main": branch release/old is not among its branches\n'),
    ("main", "refs/tags/v1", 'nothing to do: hook "main": tag v1 is not among its tags\n'),
    ("tags", "refs/tags/v1", "tag refs/tags/v1 |"),
    ("tags", "refs/heads/main", 'nothing to do: hook "tags": branch main is not among its branches\n'),
])
def test_refs(world, hook, ref, answer):
    git(world.repository.work, "push", "-q", "-f", "origin", f"{world.first}:{ref}")
    fetched = len(world.http.requests)
    reply = world.push(hook, commit=world.first, ref=ref)
    assert reply.status == 200 and reply.text.startswith(answer), reply
    if answer.startswith("nothing"):
        assert reply.text == answer and len(world.http.requests) == fetched


def test_skip_mark(world):
    reply = world.push("main", head_commit={"id": world.first, "message": "docs\n\n[CI skip]"}, commit=world.first)
    assert (reply.status, reply.text) == (
        200, 'nothing to do: hook "main": the message of the head commit has [ci skip]\n')


def test_ping(world):
    ping = {"zen": "Keep it simple.", "hook_id": 1}
    reply = world.deliver("main", ping, "ping")
    assert (reply.status, reply.text) == (200, 'pong: hook "main" listens to push, tag, release on branches main, '
                                               'release/**, !release/old\n')
    assert world.deliver("plain", ping, "ping").text == "plain\n"  # it names ping itself


def test_only_who_may_start_it_learns_what_it_is_for(world):
    body = b'{"zen":""}'
    reply = world.site.post("/hooks/main", body, {**github_headers(body, "wrong"), "X-GitHub-Event": "ping"})
    assert reply.status == 500 and "release" not in reply.text


def test_an_event_that_cannot_be_read(world):
    reply = world.deliver("main", {"ref": "refs/heads/main"}, "push")
    assert (reply.status, reply.text) == (400, "github event push: after is missing\n")


def test_no_event(world):
    reply = world.site.post("/hooks/open", b"{}", {"Content-Type": "application/json"})
    assert (reply.status, reply.text) == (
        200, 'nothing to do: hook "open": the request is no event of a forge that is known here\n')


def test_nobody_waits_for_what_is_not_wanted(world):
    made = world.folder.path / "made-by-tag"
    reply = world.push("source-silent", "issues", f"?made={made}")
    assert reply.text == 'nothing to do: hook "source-silent": it is not for events of type issues\n'
    assert not made.exists()


CASES = sorted(path.relative_to(PAYLOADS).with_suffix("").as_posix() for path in PAYLOADS.glob("*/*.txt"))


@pytest.fixture(scope="module")
def forges():
    folder = Folder()
    key = Ed25519(folder.path)
    secrets = {"secret": SECRET, "public-key": key.public, "basic": BASIC}
    text = "".join(f"- id: {name}\n  run: echo ran\n  {OUTPUT}\n  on: [push, pull-request]\n"
                   f'  trigger-rule: {{match: {{type: forge-signature, secret: "{secret}"}}}}\n'
                   for name, secret in secrets.items())
    site = Site("nginx", folder, None, flags=("-hooks", str(folder.write("hooks.yaml", text))))
    site.key = key
    yield site
    site.stop()
    folder.remove()


@pytest.mark.parametrize("name", CASES)
def test_what_nobody_wants_is_no_failure(forges, name):
    """Forges switch off hooks that fail: whatever they send gets 200, and runs where it is wanted."""
    body, headers, first = read_case(name)
    path, signature = signed(forges, name.split("/")[0], body, headers)
    reply = forges.post(f"/hooks/{path}", body, {**headers, **signature})
    assert reply.status == 200, reply
    kind, action, fork = (first.get(key, "") for key in ("type", "action", "fork"))
    pulled = kind == "pull-request" and action in ("opened", "updated", "reopened")
    refs = [block for block in (PAYLOADS / f"{name}.txt").read_text().partition("\n\n")[2].split("--\n")]
    if kind == "ping":
        assert reply.text.startswith("pong: ")
    elif any("type: push\n" in block for block in refs) or (pulled and fork == "false"):
        assert reply.text == "ran\n"
    elif pulled:
        assert "is from a fork" in reply.text and reply.text.startswith("nothing to do: ")
    else:
        assert reply.text.startswith("nothing to do: ")


# --- Changed files -----------------------------------------------------------------------------------------------------


def test_paths(world):
    before = world.repository.commit({"other.txt": "1\n"})
    after = world.repository.commit({"src/b.c": "1\n", 'src/q"x': "1\n", "docs/a.md": "1\n"})
    docs = world.repository.commit({"docs/b.md": "1\n", "src/notes.md": "1\n"})
    for hook in ("source", "source-streamed"):
        reply = world.push(hook, commit=after, before=before)
        assert reply.text == 'push refs/heads/main main|\ndocs/a.md\nsrc/b.c\n"src/q\\"x"\n', reply
    reply = world.push("source", commit=docs, before=after)
    assert (reply.status, reply.text) == (
        200, 'nothing to do: no changed file is among the paths of hook "source"\n')
    other = world.repository.commit({"other.txt": "2\n"})
    reply = world.push("source-streamed", commit=other, before=docs)
    assert (reply.status, reply.text) == (
        200, 'nothing to do: no changed file is among the paths of hook "source-streamed"\n')
    made = world.folder.path / "made"
    assert world.push("source-silent", query=f"?made={made}", commit=other, before=docs).text == "started"
    wait_until(lambda: 'nothing to do: no changed file is among the paths of hook "source-silent"' in world.site.log(),
               "the log says that it was skipped")
    assert not made.exists()
    wait_until(lambda: left(world) == [], lambda: f"nothing is left of {left(world)}")
    assert not [line for line in world.site.log().split("\n") if "no changed file" in line and " error " in line]


def test_paths_of_a_new_branch(world):
    world.repository.commit({"main.txt": "1\n"})
    git(world.repository.work, "checkout", "-q", "-b", "topic")
    topic = world.repository.commit({"topic.txt": "1\n"}, branch="topic")
    git(world.repository.work, "checkout", "-q", "main")
    reply = world.push("source", commit=topic, ref="refs/heads/topic")
    assert reply.text == 'nothing to do: no changed file is among the paths of hook "source"\n', reply


def test_paths_that_are_not_known_run(world):
    tip = world.repository.commit({"readme.md": "unknown\n"})
    reply = world.push("source", commit=tip, before="1" * 40)
    assert (reply.status, reply.text) == (200, "push refs/heads/main main|\n"), reply
    wait_until(lambda: "so the hook runs whatever its paths are" in world.site.log(), "the log says why it ran")


# --- Pull requests -----------------------------------------------------------------------------------------------------


def pull(world, repository=None, head_id=1, **more):
    """What GitHub sends for a pull request, in the parts that matter here; and its head commit."""
    repository = repository or world.repository
    url = world.http.url(f"acme/{repository.name}.git")
    base = {"id": 1, "full_name": f"acme/{repository.name}", "clone_url": url}
    if "pull" not in git(repository.work, "branch", "--list", "--format=%(refname:short)").split():
        repository.commit({"base.txt": "1\n"})
        git(repository.work, "checkout", "-q", "-b", "pull")
        (repository.work / "pulled.txt").write_text("1\n")
        git(repository.work, "add", "-A")
        git(repository.work, "commit", "-q", "-m", "pull")
        git(repository.work, "push", "-q", "origin", "HEAD:refs/pull/7/head")
        git(repository.work, "checkout", "-q", "main")
    head = git(repository.work, "rev-parse", "pull")
    payload = {"action": "opened", "number": 7, "repository": {**base, "default_branch": "main"}, "sender": {"id": 5},
               "pull_request": {"head": {"ref": "pull", "sha": head, "repo": {**base, "id": head_id}},
                                "base": {"ref": "main", "repo": base}}}
    for path, value in more.items():
        *way, last = path.split("__")
        place = payload
        for part in way:
            place = place[part]
        place[last] = value
    return payload, head


def test_pull_request(world):
    payload, head = pull(world)
    reply = world.deliver("pulls", payload, "pull_request")
    lines = reply.text.split("\n")
    assert lines[:2] == [f"{head} no ref t0ken-to-deploy no branch", "pulled.txt"], reply
    assert "\npulled.txt\n" in reply.text.split("[remote", 1)[1], "the changed files, behind the configuration"
    for action in ("closed", "labeled"):
        payload["action"] = action
        reply = world.deliver("pulls", payload, "pull_request")
        assert reply.text == f'nothing to do: hook "pulls": it is not for events of type pull-request.{action}\n'
    payload["action"] = "synchronize"
    payload["pull_request"]["base"]["ref"] = "other"
    assert "branch other is not among its branches" in world.deliver("pulls", payload, "pull_request").text
    # A hook that does not name them never runs one.
    payload["pull_request"]["base"]["ref"] = "main"
    assert world.deliver("main", payload, "pull_request").text == (
        'nothing to do: hook "main": it is not for events of type pull-request.updated\n')


FORK = "nothing to do: pull request 7 is from a fork, and fork-pull-requests of its repository does not allow that in " \
       "pocketci.yaml\n"


@pytest.mark.parametrize("spoof", [
    {}, {"pull_request__head__repo__full_name": "acme/app"}, {"pull_request__head__repo": None},
    {"pull_request__head__repo__fork": False}, {"pull_request__head__repo__id": None},
    {"pull_request__base__repo__id": None}, {"pull_request__base__repo": None, "repository__id": None},
    {"pull_request__head__repo__id": None, "pull_request__base__repo__id": None, "repository__id": None},
    {"pull_request__head__user": {"login": "acme", "id": 5}}, {"sender": {"login": "acme"}},
    {"pull_request__author_association": "OWNER"},
], ids=str)
def test_a_fork_is_not_run(world, spoof):
    fetched = len(world.http.requests)
    payload, _ = pull(world, head_id=2, **spoof)
    reply = world.deliver("pulls", payload, "pull_request")
    assert (reply.status, reply.text) == (200, FORK)
    assert len(world.http.requests) == fetched


@pytest.mark.parametrize("field,value", [
    ("repository__id", 2), ("pull_request__base__repo__id", 2), ("repository__full_name", "eve/app"),
    ("repository__clone_url", "https://eve.example.org/app.git"),
])
def test_a_payload_that_names_two_repositories_is_refused(world, field, value):
    for head in (1, 2):
        payload, _ = pull(world, head_id=head, **{field: value})
        payload["pull_request"]["base"]["repo"] = dict(payload["pull_request"]["base"]["repo"])
        reply = world.deliver("pulls", payload, "pull_request")
        assert reply.status == 400 and "differ" in reply.text, reply


def test_a_fork_that_is_allowed_gets_no_secret(world):
    payload, head = pull(world, world.friendly, head_id=2)
    reply = world.deliver("pulls", payload, "pull_request", headers={"X-Gitlab-Token": "t0ken-of-the-header"})
    assert reply.text.startswith(f"{head} no ref no secret no branch\npulled.txt\n"), reply
    assert "t0ken" not in reply.text
    wait_until(lambda: "secret deploy is secret, and the run is of a fork" in world.site.log(), "the log says so")
    # The very same, not from a fork.
    payload, head = pull(world, world.friendly)
    assert world.deliver("pulls", payload, "pull_request").text.startswith(f"{head} no ref t0ken-to-deploy ")


def test_bitbucket_gives_a_short_commit(world):
    git(world.repository.work, "checkout", "-q", "-b", "bitbucket")
    world.repository.commit({"bitbucket.txt": "1\n"}, branch="bitbucket")
    head = world.repository.head
    own = {"uuid": "{1}", "full_name": "acme/app", "links": {"html": {"href": world.http.url().removesuffix(".git")}}}
    payload = {"repository": own, "actor": {"uuid": "{5}"}, "pullrequest": {
        "id": 7, "source": {"branch": {"name": "bitbucket"}, "commit": {"hash": head[:12]}, "repository": own},
        "destination": {"branch": {"name": "main"}, "repository": own}}}

    def deliver():
        body = json.dumps(payload).encode()
        mac = hmac.new(b"itsasecret", body, hashlib.sha256).hexdigest()
        return world.site.post("/hooks/pulls", body, {
            "Content-Type": "application/json", "X-Event-Key": "pullrequest:created", "X-Hook-UUID": "u",
            "X-Hub-Signature-256": "sha256=" + mac, "X-Hub-Signature": "sha256=" + mac})

    reply = deliver()
    assert reply.text.startswith(f"{head} no ref t0ken-to-deploy bitbucket\nbitbucket.txt\n"), reply
    world.repository.commit({"bitbucket.txt": "2\n"}, branch="bitbucket")
    reply = deliver()
    git(world.repository.work, "checkout", "-q", "main")
    assert reply.status == 422 and f"the event is about {head[:12]}" in reply.text, reply


# --- pocketci explain --------------------------------------------------------------------------------------------------


def explain(world, payload, event, *arguments):
    path = world.folder.write("delivery.json", json.dumps(payload))
    return subprocess.run([BUILD / "pocketci", "explain", "-config", world.config, "-sign", "-header",
                           f"X-GitHub-Event: {event}", *arguments, path], cwd=world.folder.path, text=True,
                          capture_output=True, env=BASE_ENVIRONMENT, **USER)


@pytest.mark.parametrize("hook,event,more,outcome,wanted,text", [
    ("main", "push", {}, "fires", True, "event: push of github, refs/heads/main: wanted\n"),
    ("main", "push", {"ref": "refs/heads/dev"}, "nothing-to-do", False,
     'hook "main" does not fire: nothing to do: hook "main": branch dev is not among its branches\n'),
    ("main", "issues", {}, "nothing-to-do", False, "event: issues of github: not wanted\n"),
    ("main", "ping", {}, "ping", False, 'hook "main" does not fire: pong: hook "main" listens to push, tag, release on '),
    ("main", "push", {"after": "HEAD"}, "refused", False, "event cannot be read\n"),
])
def test_explain(world, hook, event, more, outcome, wanted, text):
    payload = {**world.repository.push_payload(world.http.url(), world.first), **more}
    result = explain(world, payload, event, "-hook", hook)
    assert result.returncode == (0 if outcome == "fires" else 1), result
    assert text in result.stdout.replace("event:  ", "event: ").replace("event: cannot", "event cannot")
    assert "for: push, tag, release on branches main, release/**, !release/old\n" in result.stdout
    answer = json.loads(explain(world, payload, event, "-hook", hook, "-json").stdout)
    assert (answer["outcome"], answer["event"]["wanted"], answer["fires"]) == (outcome, wanted, outcome == "fires")
    reply = world.deliver(hook, payload, event)
    if outcome != "fires":
        assert (reply.status, reply.text) == (answer["reply"]["status"], answer["reply"]["body"] + "\n")


def test_explain_a_fork(world):
    payload, _ = pull(world, head_id=2)
    result = explain(world, payload, "pull_request", "-hook", "pulls")
    assert result.returncode == 1 and FORK.strip() in result.stdout
    payload, _ = pull(world, world.friendly, head_id=2)
    result = explain(world, payload, "pull_request", "-hook", "pulls")
    assert result.returncode == 0 and "is secret, and the run is of a fork" in result.stdout
    assert "t0ken" not in result.stdout and "DEPLOY" not in result.stdout
