"""Standard Webhooks through a real nginx: what the scheme's own library signs is taken, what it refuses is refused."""

import base64
import json
import shutil
import subprocess
import time

import pytest

from harness import ROOT, Folder, Site

SECRET = "whsec_" + base64.b64encode(b"a key that is long enough, 32 ..").decode()
OLD = base64.b64encode(b"the key of the year before this").decode()
HOOKS = f"""\
- id: signed
  execute-command: /bin/echo
  include-command-output-in-response: true
  pass-arguments-to-command: [{{source: payload, name: data.name, default: none}}]
  trigger-rule: {{match: {{type: standard-webhooks, secret: [{OLD}, {SECRET}]}}}}
"""
BODIES = ['{"type":"user.created","data":{"name":"Zoë"}}', '{"data": {"name": 5}}', "{}", "", '{"data":{"name":"x"}}' + " " * 100_000]


@pytest.fixture(scope="module")
def library():
    """Asks the library: a function from questions to answers, and the secret that it has."""
    npm = shutil.which("npm")
    assert npm, "npm is missing: scripts/install-packages.sh test"
    folder = Folder()
    path = folder.path / "standardwebhooks"

    def ask(questions, secret=SECRET):
        lines = "".join(json.dumps(question) + "\n" for question in questions)
        answers = subprocess.run(["node", "answer.mjs", secret], cwd=path, input=lines, check=True, capture_output=True,
                                 text=True, timeout=60).stdout
        return [json.loads(line) for line in answers.split("\n") if line]

    try:
        shutil.copytree(ROOT / "tests" / "standardwebhooks", path, ignore=shutil.ignore_patterns("node_modules"))
        subprocess.run([npm, "ci", "--ignore-scripts", "--no-audit", "--no-fund"], cwd=path, check=True,
                       capture_output=True, text=True)
        yield ask
    finally:
        folder.remove()


@pytest.fixture(scope="module")
def site():
    folder = Folder()
    hooks = folder.write("hooks.yaml", HOOKS, 0o600)
    site = Site("nginx", folder, None, flags=("-hooks", str(hooks)))
    yield site
    site.stop()
    folder.remove()


def post(site, body, headers):
    return site.post("/hooks/signed", body.encode(), {"Content-Type": "application/json", **headers})


def signed(library, body, identity="msg_1", later=0, secret=SECRET):
    seconds = int(time.time()) + later
    signature, = library([{"id": identity, "seconds": seconds, "body": body}], secret)
    return {"webhook-id": identity, "webhook-timestamp": str(seconds), "webhook-signature": signature}


@pytest.mark.parametrize("body", BODIES, ids=range(len(BODIES)))
@pytest.mark.parametrize("secret", [SECRET, OLD])
def test_what_the_library_signs_is_taken(site, library, body, secret):
    reply = post(site, body, signed(library, body, secret=secret))
    name = json.loads(body or "{}").get("data", {"name": "none"})["name"]
    assert (reply.status, reply.text) == (200, f"{name}\n")


BODY = BODIES[0]
CHANGES = {
    "nothing": lambda h: h,
    "id": lambda h: {**h, "webhook-id": "msg_2"},
    "later": lambda h: {**h, "webhook-timestamp": str(int(h["webhook-timestamp"]) + 1)},
    "time-is-text": lambda h: {**h, "webhook-timestamp": "now"},
    "time-is-empty": lambda h: {**h, "webhook-timestamp": ""},
    "signature": lambda h: {**h, "webhook-signature": "v1,K5oZfzN95Z9UVu1EsfQmfVNQhnkZ2pj9o9NDN/H/pI4="},
    "version": lambda h: {**h, "webhook-signature": h["webhook-signature"].replace("v1,", "v2,")},
    "asymmetric": lambda h: {**h, "webhook-signature": h["webhook-signature"].replace("v1,", "v1a,")},
    "no-version": lambda h: {**h, "webhook-signature": h["webhook-signature"].replace("v1,", "")},
    "second-of-three": lambda h: {**h, "webhook-signature": f"v1a,AAAA {h['webhook-signature']} v1,AAAA"},
    "commas": lambda h: {**h, "webhook-signature": f"v1,AAAA,{h['webhook-signature']}"},
    "empty": lambda h: {**h, "webhook-signature": ""},
    "no-id": lambda h: {n: v for n, v in h.items() if n != "webhook-id"},
    "no-time": lambda h: {n: v for n, v in h.items() if n != "webhook-timestamp"},
    "no-signature": lambda h: {n: v for n, v in h.items() if n != "webhook-signature"},
}


@pytest.mark.parametrize("change", CHANGES.values(), ids=CHANGES.keys())
def test_the_library_says_the_same(site, library, change):
    headers = change(signed(library, BODY))
    verified, = library([{"headers": headers, "body": BODY}])
    reply = post(site, BODY, headers)
    absent = len(headers) < 3 or "" in headers.values()
    taken = reply.status == 200 and reply.text == "Zoë\n"
    assert taken == verified, reply
    assert taken or absent or (reply.status, reply.text) == (500, "Error occurred while evaluating hook rules.")
    assert taken or len(headers) == 3 or (reply.status, reply.text) == (200, "Hook rules were not satisfied.")


@pytest.mark.parametrize("later", [-290, 290, -400, 400])
def test_so_it_does_of_the_time(site, library, later):
    headers = signed(library, BODY, later=later)
    verified, = library([{"headers": headers, "body": BODY}])
    assert verified == (abs(later) < 300)
    assert post(site, BODY, headers).status == (200 if verified else 500)


def test_another_body(site, library):
    headers = signed(library, BODY)
    assert post(site, BODY + " ", headers).status == 500
    assert library([{"headers": headers, "body": BODY + " "}]) == [False]


def test_an_id_with_a_full_stop(site, library):
    """The scheme says that there may be none, since the parts could be taken apart at another place; its library takes it."""
    headers = signed(library, BODY, identity="msg.1")
    assert library([{"headers": headers, "body": BODY}]) == [True]
    assert post(site, BODY, headers).status == 500


def test_doubled_headers(site, library):
    headers = signed(library, BODY)
    for name, value in headers.items():
        lines = "".join(f"{n}: {v}\r\n" for n, v in [*headers.items(), (name, value)])
        with site.connect() as connection:
            connection.sendall(f"POST {site.at}/hooks/signed HTTP/1.1\r\nHost: x\r\nConnection: close\r\n{lines}"
                               f"Content-Length: {len(BODY.encode())}\r\n\r\n{BODY}".encode())
            assert connection.recv(4096).split(b" ")[1] == b"500", name
