"""Every real GitHub payload of @octokit/webhooks-examples, signed by @octokit/webhooks-methods, through a real nginx."""

import json
import shutil
import subprocess

import pytest

from harness import ROOT, Folder, Site
from scenarios import OUTPUT, shell

SECRET = "It's a Secret to Everybody"
RULE = "  trigger-rule:\n    match: {type: payload-hmac-%s, secret: \"%s\", parameter: {source: header, name: %s}}\n"

HOOKS = (
    shell("whole", 'cat "$HOOK_BODY"', OUTPUT, "pass-file-to-command: [{source: entire-payload, envname: HOOK_BODY}]")
    + RULE % ("sha256", SECRET, "X-Hub-Signature-256")
    + shell("push", 'printf "%s\\n" "$@"', OUTPUT,
            arguments=("{source: payload, name: ref}", "{source: payload, name: after}",
                       "{source: payload, name: repository.full_name}", "{source: payload, name: repository.id}",
                       "{source: payload, name: commits.0.message}", "{source: payload, name: head_commit.added.0}"))
    + RULE % ("sha1", SECRET, "X-Hub-Signature")
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
            "X-Hub-Signature": delivery["sha1"], "X-Hub-Signature-256": delivery["sha256"]}


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
