"""What is sent: push.json is GitHub's example of a push to a branch, as @octokit/webhooks-examples 7.6.1 has it (MIT)."""

import hashlib
import hmac
import json
from pathlib import Path

SECRET = "itsasecret"
_push = json.loads((Path(__file__).parent / "push.json").read_text())


def push(size=0):
    """The push, with its one commit repeated until it has this size, as a push of many has."""
    payload = dict(_push, commits=list(_push["commits"]))
    commit = len(json.dumps(_push["commits"][0], separators=(",", ":"))) + 1
    text = json.dumps(payload, separators=(",", ":"))
    payload["commits"] += _push["commits"] * max(0, -(-(size - len(text)) // commit))
    return json.dumps(payload, separators=(",", ":"))


def signature(body, secret=SECRET):
    return "sha256=" + hmac.new(secret.encode(), body.encode(), hashlib.sha256).hexdigest()
