"""The deliveries of tests/payloads, signed as each forge does by other programs than ours, through a real nginx."""

import base64
import hashlib
import hmac
import subprocess
import time

import pytest

from harness import ROOT, Folder, Site
from scenarios import OUTPUT, shell

PAYLOADS = ROOT / "tests" / "payloads"
SECRET = "It's a Secret to Everybody"
SIGNING_KEY = "whsec_" + base64.b64encode(b"0123456789abcdef0123456789abcdef").decode()
BASIC = "azure:s3cret"
CASES = sorted(path.relative_to(PAYLOADS).with_suffix("").as_posix() for path in PAYLOADS.glob("*/*.txt"))
NAMES = ["type", "forge", "delivery", "repository", "clone-url", "ssh-url", "url", "ref", "branch", "tag", "commit",
         "before", "number", "action", "source-branch", "fork", "author", "message"]


def hook(identity, secret):
    return shell(identity, r'printf "%s\036" "$@"', OUTPUT,
                 arguments=tuple(f"{{source: event, name: {name}}}" for name in NAMES)) \
        + f'  trigger-rule: {{match: {{type: forge-signature, secret: "{secret}"}}}}\n'


class Ed25519:
    """A key pair of openssl's making."""

    def __init__(self, folder):
        self.key, self.message = folder / "key.pem", folder / "message"
        subprocess.run(["openssl", "genpkey", "-algorithm", "ed25519", "-out", self.key], check=True)
        der = subprocess.run(["openssl", "pkey", "-in", self.key, "-pubout", "-outform", "DER"], check=True,
                             capture_output=True).stdout
        self.public = "ed25519:" + base64.b64encode(der[-32:]).decode()

    def sign(self, data):
        self.message.write_bytes(data)
        done = subprocess.run(["openssl", "pkeyutl", "-sign", "-rawin", "-inkey", self.key, "-in", self.message],
                              check=True, capture_output=True)
        return base64.b64encode(done.stdout).decode()


@pytest.fixture(scope="module")
def world():
    folder = Folder()
    key = Ed25519(folder.path)
    hooks = hook("secret", SECRET) + hook("signing-key", SIGNING_KEY) + hook("public-key", key.public) \
        + hook("basic", BASIC)
    site = Site("nginx", folder, None, flags=("-hooks", str(folder.write("hooks.yaml", hooks))))
    site.key = key
    yield site
    site.stop()
    folder.remove()


def mac(body):
    return hmac.new(SECRET.encode(), body, hashlib.sha256).hexdigest()


def signed(world, forge, body, headers):
    """The hook to call, and the headers that the forge signs with."""
    if forge == "gitlab":
        return "secret", {"X-Gitlab-Token": SECRET}
    if forge in ("gitea", "forgejo", "gogs"):
        return "secret", {f"X-{forge}-Signature": mac(body)}
    if forge == "sourcehut":
        return "public-key", {"X-Payload-Signature": world.key.sign(body + headers["X-Payload-Nonce"].encode())}
    if forge == "azure-devops":
        return "basic", {"Authorization": "Basic " + base64.b64encode(BASIC.encode()).decode()}
    return "secret", {"X-Hub-Signature-256" if forge == "github" else "X-Hub-Signature": "sha256=" + mac(body)}


def read_case(name):
    head, _, events = (PAYLOADS / f"{name}.txt").read_text(encoding="utf-8").partition("\n\n")
    headers = dict(line.split(": ", 1) for line in head.split("\n"))
    first = dict(line.split(": ", 1) for line in events.split("--\n")[0].rstrip("\n").split("\n"))
    first = {key: value.replace("\\n", "\n") for key, value in first.items()}
    return (PAYLOADS / f"{name}.json").read_bytes(), {"Content-Type": "application/json", **headers}, first


@pytest.mark.parametrize("name", CASES)
def test_event_arrives(world, name):
    body, headers, expected = read_case(name)
    path, signature = signed(world, name.split("/")[0], body, headers)
    reply = world.post(f"/hooks/{path}", body, {**headers, **signature})
    assert reply.status == 200, reply
    values = reply.body.decode().split("\036")
    assert dict(zip(NAMES, values)) == {key: expected.get(key, "") for key in NAMES}


@pytest.mark.parametrize("forge", sorted({name.split("/")[0] for name in CASES}))
def test_no_changed_body_fires(world, forge):
    body, headers, _ = read_case(next(name for name in CASES if name.startswith(forge + "/")))
    path, signature = signed(world, forge, body, headers)
    if forge in ("gitlab", "azure-devops"):  # both sign no body: their credentials are what can be wrong
        signature = {key: value[:-1] for key, value in signature.items()}
    else:
        body += b" "
    reply = world.post(f"/hooks/{path}", body, {**headers, **signature})
    if forge == "azure-devops":
        assert (reply.status, reply.text) == (200, "Hook rules were not satisfied.")
    else:
        assert (reply.status, reply.text) == (500, "Error occurred while evaluating hook rules.")


def test_gitlab_signing_key(world):
    body, headers, _ = read_case("gitlab/push")

    def post(seconds):
        key = base64.b64decode(SIGNING_KEY.removeprefix("whsec_"))
        text = f"msg_1.{seconds}.".encode() + body
        signature = base64.b64encode(hmac.new(key, text, hashlib.sha256).digest()).decode()
        return world.post("/hooks/signing-key", body, {
            **headers, "webhook-id": "msg_1", "webhook-timestamp": str(seconds),
            "webhook-signature": f"v1,{signature}"})

    assert post(int(time.time())).text.startswith("push\036gitlab\036")
    assert post(int(time.time()) - 3600).status == 500


def test_form_of_gitea(world):
    body = b"payload=%7B%22ref%22%3A%22x%22%7D"
    headers = {"Content-Type": "application/x-www-form-urlencoded", "X-Gitea-Event": "create",
               "X-Gitea-Signature": mac(b'{"ref":"x"}')}
    assert world.post("/hooks/secret", body, headers).text.startswith("create\036gitea\036")


def test_contradictory_headers(world):
    body, headers, _ = read_case("github/push")
    _, signature = signed(world, "github", body, headers)
    reply = world.post("/hooks/secret", body, {**headers, **signature, "X-Gitlab-Event": "Push Hook"})
    assert reply.status == 500


def test_public_key_is_no_secret(world):
    """Whoever knows the public key cannot sign as another forge with it."""
    body, headers, _ = read_case("github/push")
    signature = hmac.new(world.key.public.encode(), body, hashlib.sha256).hexdigest()
    reply = world.post("/hooks/public-key", body, {**headers, "X-Hub-Signature-256": "sha256=" + signature})
    assert (reply.status, reply.text) == (200, "Hook rules were not satisfied.")


def test_event_that_cannot_be_read(world):
    body = b'{"ref":"refs/heads/main","after":"HEAD"}'
    headers = {"Content-Type": "application/json", "X-GitHub-Event": "push",
               "X-Hub-Signature-256": "sha256=" + mac(body)}
    reply = world.post("/hooks/secret", body, headers)
    assert reply.status == 200
    assert set(reply.text) == {"\036"}, "a source that fails is an argument that is left empty"
