"""Every real GitHub payload of @octokit/webhooks-examples, signed by @octokit/webhooks-methods, through a real nginx."""

import json
import re
import shutil
import subprocess

import pytest

from harness import ROOT, Folder, Site
from scenarios import OUTPUT, shell

SECRET = "It's a Secret to Everybody"
RULE = "  trigger-rule:\n    match: {type: payload-hmac-%s, secret: \"%s\", parameter: {source: header, name: %s}}\n"

NAMES = ["type", "forge", "delivery", "repository", "clone-url", "ssh-url", "url", "ref", "branch", "tag", "commit",
         "before", "number", "action", "source-branch", "fork", "author", "message"]

HOOKS = (
    shell("whole", 'cat "$HOOK_BODY"', OUTPUT, "pass-file-to-command: [{source: entire-payload, envname: HOOK_BODY}]")
    + RULE % ("sha256", SECRET, "X-Hub-Signature-256")
    + shell("push", 'printf "%s\\n" "$@"', OUTPUT,
            arguments=("{source: payload, name: ref}", "{source: payload, name: after}",
                       "{source: payload, name: repository.full_name}", "{source: payload, name: repository.id}",
                       "{source: payload, name: commits.0.message}", "{source: payload, name: head_commit.added.0}"))
    + RULE % ("sha1", SECRET, "X-Hub-Signature")
    + shell("event", r'printf "%s\036" "$@"', OUTPUT,
            arguments=tuple(f"{{source: event, name: {name}}}" for name in NAMES))
    + f'  trigger-rule: {{match: {{type: forge-signature, secret: "{SECRET}"}}}}\n'
)


@pytest.fixture(scope="module")
def deliveries():
    npm = shutil.which("npm")
    assert npm, "npm is missing: scripts/install-packages.sh test"
    folder = Folder()
    try:
        shutil.copytree(ROOT / "tests" / "octokit", folder.path / "octokit",
                        ignore=shutil.ignore_patterns("node_modules"))
        subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=folder.path / "octokit",
                       check=True, capture_output=True, text=True)
        lines = subprocess.run(["node", "sign.mjs", SECRET], cwd=folder.path / "octokit", check=True,
                               capture_output=True, text=True).stdout
    finally:
        folder.remove()
    return [json.loads(line) for line in lines.split("\n") if line]


@pytest.fixture(scope="module")
def site():
    folder = Folder()
    hooks = folder.write("hooks.yaml", HOOKS)
    site = Site("nginx", folder, None, flags=("-hooks", str(hooks)))
    yield site
    site.stop()
    folder.remove()


def headers(delivery):
    return {"Content-Type": "application/json", "X-GitHub-Event": delivery["event"],
            "X-GitHub-Delivery": delivery["sha256"][-12:], "X-Hub-Signature": delivery["sha1"],
            "X-Hub-Signature-256": delivery["sha256"]}


def test_every_payload_verifies_and_arrives_whole(site, deliveries):
    assert len(deliveries) >= 329
    for delivery in deliveries:
        body = delivery["body"].encode()
        reply = site.post("/hooks/whole", body, headers(delivery))
        assert reply.status == 200, (delivery["event"], reply)
        assert json.loads(reply.body) == json.loads(body), delivery["event"]


def test_no_payload_verifies_with_one_byte_changed(site, deliveries):
    for delivery in deliveries:
        body = delivery["body"].encode()
        changed = body[:-1] + b" }"
        reply = site.post("/hooks/whole", changed, headers(delivery))
        assert reply.status == 500, (delivery["event"], reply)


def test_values_of_every_push(site, deliveries):
    pushes = [d for d in deliveries if d["event"] == "push"]
    assert pushes
    for delivery in pushes:
        payload = json.loads(delivery["body"])
        commits = payload["commits"]
        added = (payload["head_commit"] or {}).get("added")
        expected = [payload["ref"], payload["after"], payload["repository"]["full_name"],
                    str(payload["repository"]["id"]), commits[0]["message"] if commits else "",
                    added[0] if added else ""]
        reply = site.post("/hooks/push", delivery["body"].encode(), headers(delivery))
        assert reply.status == 200
        assert reply.text == "".join(e + "\n" for e in expected)


def zeros_to_none(commit):
    return None if commit is None or set(commit) == {"0"} else commit


def pushed(payload):
    deleted = payload["deleted"] or not zeros_to_none(payload["after"])
    kind, _, name = payload["ref"].removeprefix("refs/").partition("/")
    head = None if deleted else payload["head_commit"]
    commit = head["id"] if head and kind == "tags" else payload["after"]
    return {"type": "delete" if deleted else {"heads": "push", "tags": "tag"}[kind], "ref": payload["ref"],
            "branch": name if kind == "heads" else None, "tag": name if kind == "tags" else None,
            "commit": None if deleted else commit, "before": zeros_to_none(payload.get("before")),
            "url": head and head["url"], "message": head and head["message"],
            "author": head["author"]["name"] if head else payload["sender"]["login"]}


def deleted(payload):
    prefix = {"branch": "refs/heads/", "tag": "refs/tags/"}[payload["ref_type"]]
    return {"type": "delete", "ref": prefix + payload["ref"], payload["ref_type"]: payload["ref"]}


def released(payload):
    release = payload["release"]
    return {"type": "release", "action": payload["action"], "tag": release["tag_name"], "url": release["html_url"],
            "ref": "refs/tags/" + release["tag_name"]}


def requested(payload):
    request = payload["pull_request"]
    head, base = request["head"], request["base"]
    action = {"synchronize": "updated"}.get(payload["action"], payload["action"])
    if action == "closed" and request.get("merged"):
        action = "merged"
    return {"type": "pull-request", "number": str(payload["number"]), "action": action, "url": request["html_url"],
            "ref": f"refs/pull/{payload['number']}/head", "branch": base["ref"], "source-branch": head["ref"],
            "commit": head["sha"], "before": payload.get("before"),
            "fork": "false" if head["repo"] and head["repo"]["id"] == base["repo"]["id"] else "true"}


EVENTS = {"push": pushed, "delete": deleted, "release": released, "pull_request": requested,
          "create": lambda payload: {"type": "create"}, "ping": lambda payload: {"type": "ping"}}


def event_of(site, delivery):
    reply = site.post("/hooks/event", delivery["body"].encode(), headers(delivery))
    assert reply.status == 200, (delivery["event"], reply)
    return dict(zip(NAMES, reply.body.decode().split("\036")))


def test_events_in_common_terms(site, deliveries):
    seen = set()
    for delivery in [d for d in deliveries if d["event"] in EVENTS]:
        payload = json.loads(delivery["body"])
        repository, sender = payload.get("repository") or {}, payload.get("sender") or {}
        expected = {"forge": "github", "delivery": delivery["sha256"][-12:],
                    "repository": repository.get("full_name"), "clone-url": repository.get("clone_url"),
                    "ssh-url": repository.get("ssh_url"), "author": sender.get("login"),
                    **EVENTS[delivery["event"]](payload)}
        assert event_of(site, delivery) == {name: expected.get(name) or "" for name in NAMES}, delivery["event"]
        seen.add(delivery["event"])
    assert seen == set(EVENTS)


def test_every_other_event_has_a_type(site, deliveries):
    others = [d for d in deliveries if d["event"] not in EVENTS]
    assert len(others) > 200
    for delivery in others:
        event = event_of(site, delivery)
        assert event["type"] == delivery["event"]
        assert re.fullmatch(r"|[\w.-]+/[\w.-]+", event["repository"]), event
