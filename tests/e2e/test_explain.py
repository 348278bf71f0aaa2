"""`pocketci explain`: what a request that was saved would do, that serving does the same, and what is never shown.

payloads/github-push.json is the example of GitHub's push event in @octokit/webhooks-examples 7.6.1 (MIT), as GitHub would
send it.
"""

import base64
import hashlib
import hmac
import json
import os
import pty
import shlex
import subprocess
from pathlib import Path

import pytest

import fcgi_client
from harness import BASE_ENVIRONMENT, BUILD, USER, Folder, Responder, github_headers, sign, wait_until

PAYLOAD = Path(__file__).parent / "payloads" / "github-push.json"
PUSH = PAYLOAD.read_bytes()
SECRET = "It's a Secret to Everybody"

DEPLOY = """\
- id: deploy
  execute-command: /usr/local/bin/deploy
  command-working-directory: /srv/app
  http-methods: [POST]
  pass-arguments-to-command:
  - {source: payload, name: ref}
  - {source: payload, name: head_commit.message}
  - {source: payload, name: nothing.here}
  pass-environment-to-command:
  - {source: payload, name: pusher.name, envname: PUSHER}
  - {source: header, name: X-Hub-Signature-256}
  pass-file-to-command:
  - {source: entire-payload, envname: PAYLOAD}
  trigger-rule:
    and:
    - match:
        type: payload-hmac-sha256
        secret: It's a Secret to Everybody
        parameter: {source: header, name: X-Hub-Signature-256}
    - match: {type: value, value: refs/heads/BRANCH, parameter: {source: payload, name: ref}}
"""

FIRES = """\
hook "deploy" fires
request: POST from 127.0.0.1:0 (assumed; -remote-addr says another), 7678 bytes of body
methods: POST, so it is allowed
payload: JSON, a map with 14 names
trigger rule:
  yes     and  (hooks.yaml:16:5)
  yes       match payload-hmac-sha256, header X-Hub-Signature-256: the signature is right (HMAC-SHA256 over 7678 bytes)  \
(hooks.yaml:17:9)
  yes       match value, payload ref: "refs/heads/master" is "refs/heads/master"  (hooks.yaml:20:14)
command:
  /usr/local/bin/deploy refs/heads/master 'Initial commit' ''
directory: /srv/app
timeout: 1h
environment, beside PATH, HOME, LANG …:
  POCKETCI=1
  POCKETCI_RUN_ID='<run>'
  POCKETCI_HOOK=deploy
  PUSHER=Codertocat
  HOOK_X-Hub-Signature-256='<redacted, BYTES bytes>'
  PAYLOAD='<files>/PAYLOAD'
files:
  PAYLOAD, 7678 bytes
reply: 200
warnings:
  an argument is left empty: there is no payload nothing.here
"""

DOES_NOT_FIRE = """\
hook "deploy" does not fire
request: POST from 127.0.0.1:0 (assumed; -remote-addr says another), 7678 bytes of body
methods: POST, so it is allowed
payload: JSON, a map with 14 names
trigger rule:
  no      and  (hooks.yaml:16:5)
  yes       match payload-hmac-sha256, header X-Hub-Signature-256: the signature is right (HMAC-SHA256 over 7678 bytes)  \
(hooks.yaml:17:9)
  no        match value, payload ref: "refs/heads/master" is not "refs/heads/main"  (hooks.yaml:20:14)
reply: 200 "Hook rules were not satisfied."
"""


@pytest.fixture
def explain(folder):
    """Runs the program with standard output and error apart; a file for what `body` is given, named in the place of @."""
    def run(*arguments, body=None):
        if body is not None:
            folder.write("request", body)
        return subprocess.run([BUILD / "pocketci", "explain", *arguments], cwd=folder.path, env=BASE_ENVIRONMENT,
                              capture_output=True, text=True, timeout=60, check=False, stdin=subprocess.DEVNULL, **USER)
    return run


def deploy(branch="master"):
    return DEPLOY.replace("BRANCH", branch)


def raw(headers, body, path="/hooks/deploy", method="POST", line_end="\r\n"):
    lines = [f"{method} {path} HTTP/1.1", "Host: ci.example.org"] + [f"{name}: {value}" for name, value in headers.items()]
    return (line_end.join(lines) + 2 * line_end).encode() + body


def test_a_payload_alone(folder, explain):
    folder.write("hooks.yaml", deploy())
    signature = sign(SECRET, PUSH)
    result = explain("-hooks", "hooks.yaml", "-event", "push", "-header", f"X-Hub-Signature-256: {signature}", PAYLOAD)
    assert result.stdout == FIRES.replace("BYTES", "71")
    assert (result.stderr, result.returncode) == ("", 0)
    assert signature[7:] not in result.stdout and SECRET not in result.stdout
    # -sign makes the header that the forge would.
    result = explain("-hooks", "hooks.yaml", "-event=push", "--sign", PAYLOAD)
    assert (result.stdout, result.returncode) == (FIRES.replace("BYTES", "64"), 0)


def test_another_branch(folder, explain):
    folder.write("hooks.yaml", deploy("main"))
    result = explain("-hooks", "hooks.yaml", "-sign", PAYLOAD)
    assert (result.stdout, result.stderr, result.returncode) == (DOES_NOT_FIRE, "", 1)


def test_a_raw_request(folder, explain):
    folder.write("hooks.yaml", deploy())
    for line_end in ("\r\n", "\n"):
        result = explain("-hooks", "hooks.yaml", "request", body=raw(github_headers(PUSH, SECRET), PUSH, line_end=line_end))
        assert result.returncode == 0, result.stdout
        assert result.stdout.startswith('hook "deploy" fires\nrequest: POST /hooks/deploy from 127.0.0.1:0 (assumed')
    chunked = raw({**github_headers(PUSH, SECRET), "Transfer-Encoding": "chunked"},
                  b"%x\r\n%s\r\n%x\r\n%s\r\n0\r\n\r\n" % (1000, PUSH[:1000], len(PUSH) - 1000, PUSH[1000:]))
    assert explain("-hooks", "hooks.yaml", "request", body=chunked).returncode == 0


def test_from_standard_input(folder):
    folder.write("hooks.yaml", deploy())
    result = subprocess.run([BUILD / "pocketci", "explain", "-hooks", "hooks.yaml", "-"], cwd=folder.path,
                            input=raw(github_headers(PUSH, SECRET), PUSH), env=BASE_ENVIRONMENT, capture_output=True,
                            timeout=60, check=False, **USER)
    assert (result.returncode, result.stderr) == (0, b"")
    result = subprocess.run([BUILD / "pocketci", "explain", "-hooks", "hooks.yaml", "-"], cwd=folder.path,
                            input=b"POST /hooks/deploy\n", env=BASE_ENVIRONMENT, capture_output=True, timeout=60,
                            check=False, **USER)
    assert result.returncode == 2 and result.stderr.startswith(b"pocketci: standard input:1:19: expected HTTP/1.1")


def hmac_of(secret, body, algorithm=hashlib.sha256):
    return hmac.new(secret.encode(), body, algorithm)


@pytest.mark.parametrize("signature,hint", [
    ("sha256=" + hmac_of(SECRET, PUSH, hashlib.sha1).hexdigest(), "it would be right for HMAC-SHA1: the match says HMAC-SHA256"),
    (base64.b64encode(hmac_of(SECRET, PUSH).digest()).decode(), "it comes in base64: hexadecimal is wanted"),
    ("sha256=" + hmac_of(SECRET + "\n", PUSH).hexdigest(), "the sender's secret ends in a newline"),
    ("sha256=" + hmac_of(SECRET, b"").hexdigest(), "it would be right over an empty body"),
    (sign(SECRET, json.dumps(json.loads(PUSH), indent=2).encode()), "as JSON that is indented by 2 spaces"),
    (sign(SECRET, json.dumps(json.loads(PUSH), indent=4).encode()), "as JSON that is indented by 4 spaces"),
    (sign(SECRET, json.dumps(json.loads(PUSH)).encode()), "a space behind each comma and colon"),
    (sign(SECRET, json.dumps(json.loads(PUSH), sort_keys=True, separators=(",", ":")).encode()), "with sorted keys"),
    (sign("another", PUSH), "none of the usual mistakes fits"),
])
def test_wrong_signatures(folder, explain, signature, hint):
    folder.write("hooks.yaml", deploy())
    result = explain("-hooks", "hooks.yaml", "-header", f"X-Hub-Signature-256: {signature}", PAYLOAD)
    assert result.returncode == 1 and hint in result.stdout
    assert 'reply: 500 "Error occurred while evaluating hook rules."\n' in result.stdout
    assert signature.removeprefix("sha256=") not in result.stdout and SECRET not in result.stdout


def test_a_body_that_was_written_anew(folder, explain):
    """What GitHub shows of a delivery is indented; its signature is over the compact form."""
    folder.write("hooks.yaml", deploy())
    pretty = json.dumps(json.loads(PUSH), indent=2).encode()
    result = explain("-hooks", "hooks.yaml", "request", body=raw(github_headers(PUSH, SECRET), pretty + b"\n"))
    assert "it would be right over the payload as compact JSON" in result.stdout and result.returncode == 1


# --- The same as serving --------------------------------------------------------------------------------------------

SAME = """\
- id: signed
  execute-command: /bin/true
  success-http-response-code: 201
  response-message: on its way
  trigger-rule:
    match: {type: payload-hmac-sha256, secret: "%s", parameter: {source: header, name: X-Hub-Signature-256}}
- {id: get, execute-command: /bin/true, http-methods: [get]}
- id: never
  execute-command: /bin/true
  trigger-rule-mismatch-http-response-code: 418
  trigger-rule: {match: {type: value, value: a, parameter: {source: url, name: a}}}
- id: typed
  execute-command: /bin/true
  incoming-payload-content-type: application/json
  trigger-rule: {match: {type: value, value: b, parameter: {source: payload, name: a}}}
- id: inner
  execute-command: /bin/true
  parse-parameters-as-json: [{source: payload, name: payload}]
  trigger-rule: {match: {type: value, value: "1", parameter: {source: payload, name: payload.a}}}
- id: local
  execute-command: /bin/true
  trigger-rule: {match: {type: ip-whitelist, ip-range: 192.0.2.0/24}}
- {id: checked, execute-command: /bin/true, checkout: true}
- {id: a/b c, execute-command: /bin/true}
""" % SECRET

JSON_TYPE = {"Content-Type": "application/json"}
FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded"}

REQUESTS = [
    ("POST", "/hooks/signed", github_headers(b"{}", SECRET), b"{}"),
    ("POST", "/hooks/signed", github_headers(b"{}", "wrong"), b"{}"),
    ("POST", "/hooks/signed", JSON_TYPE, b"{}"),
    ("POST", "/hooks/get", {}, b""),
    ("GET", "/hooks/get", {}, b""),
    ("POST", "/hooks/never?a=b", {}, b""),
    ("POST", "/hooks/never?a=a", {}, b""),
    ("POST", "/hooks/never", {"Content-Type": "multipart/form-data; boundary=x"}, b"--y"),
    ("POST", "/hooks/never?a=%zz", {"Content-Type": "multipart/form-data; boundary=x"}, b"--x--"),
    ("POST", "/hooks/typed", {"Content-Type": "text/plain"}, b'{"a":"b"}'),
    ("POST", "/hooks/typed", {}, b'{"a":null}'),
    ("POST", "/hooks/inner", FORM_TYPE, b"payload=%7B%22a%22%3A1%7D"),
    ("POST", "/hooks/inner", FORM_TYPE, b"payload=%7B%22a%22%3A2%7D"),
    ("POST", "/hooks/local", {}, b""),
    ("POST", "/hooks/checked", github_headers(PUSH, SECRET), PUSH),
    ("POST", "/hooks/checked", github_headers(b"{}", SECRET, "ping"), b"{}"),
    ("POST", "/hooks/checked", JSON_TYPE, b"{}"),
    ("POST", "/hooks/a/b%20c", {}, b""),
    ("POST", "/hooks/a/b%20c", {}, b"x" * 10001),
    ("POST", "/hooks/none", {}, b""),
]


@pytest.fixture(scope="module")
def responder():
    folder = Folder()
    hooks = folder.write("hooks.yaml", SAME)
    responder = Responder(folder, "-hooks", str(hooks), "-limit-body", "10000", "-verbose")
    yield responder
    responder.stop()
    folder.remove()


@pytest.mark.parametrize("method,path,headers,body", REQUESTS, ids=[f"{i}{r[1]}" for i, r in enumerate(REQUESTS)])
def test_serving_does_the_same(folder, explain, responder, method, path, headers, body):
    folder.write("hooks.yaml", SAME)
    config = folder.write("pocketci.yaml", "hooks: hooks.yaml\nlimits: {body: 10000}\n")
    served = fcgi_client.call(responder.socket, method, path.replace("%20", " "), body, headers)
    result = explain("-config", config, "-json", "-remote-addr", "192.0.2.1:4711", "request",
                     body=raw(headers, body, path, method))
    told = json.loads(result.stdout)
    assert told["reply"]["status"] == served.status
    if told["outcome"] not in ("too-large", "refused", "nothing-to-do", "ping"):  # a page or text of the server's own
        assert told["reply"]["body"] == served.text
    assert result.returncode == (0 if told["fires"] else 1)


def test_log_says_why(responder):
    fcgi_client.call(responder.socket, "POST", "/hooks/never?a=5ecret", b"", {})
    line = 'hook "never": its trigger rule was not satisfied: match value, query a: is not the value wanted ('
    wait_until(lambda: line in responder.log(), responder.log)
    assert "5ecret" not in responder.log()


# --- The rest -------------------------------------------------------------------------------------------------------

CHECKOUT = """\
- id: test
  execute-command: make
  checkout: true
  stream-command-output: true
  timeout: 90s
  pass-arguments-to-command: [{source: string, name: "it's $HOME"}, {source: url, name: q}]
  pass-environment-to-command:
  - {source: string, name: xyzzy12345, envname: API_TOKEN}
  - {source: entire-headers, envname: HEADERS}
  - {source: header, name: X-Plain, envname: PLAIN}
  trigger-rule:
    and:
    - match: {type: value, value: t0ken99, parameter: {source: header, name: X-Gitlab-Token}}
    - match: {type: regex, regex: ".", parameter: {source: header, name: Authorization}}
"""


def test_checkout(folder, explain):
    folder.write("hooks.yaml", CHECKOUT)
    folder.write("pocketci.yaml", f"hooks: hooks.yaml\nstate: {folder.path}/state\nbase-url: https://ci.example.org\n"
                                  "repositories: [{match: github.com/Codertocat/*}]\n")
    arguments = ("-config", "pocketci.yaml", "-event", "push", "-header", "X-Gitlab-Token: t0ken99", "-header",
                 "Authorization: Bearer 5ecret", "-header", "X-Plain: t0ken99", "-query", "q=%1b%5b31m", PAYLOAD)
    result = explain(*arguments)
    assert result.returncode == 0, result.stdout
    for part in ("checkout:\n  url: https://github.com/Codertocat/Hello-World.git\n  ref: refs/heads/master\n"
                 "  commit: 6113728f27ae82c7b1a177c8d03f9e96e0adf246\n",
                 "  make 'it'\\''s $HOME' $'\\x1b[31m'\n", "directory: the checkout\ntimeout: 90s\n",
                 "  POCKETCI_RUN_URL='https://ci.example.org/runs/<run>'\n", "  POCKETCI_BRANCH=master\n",
                 "  GITHUB_EVENT_NAME=push\n", "  API_TOKEN='<redacted, 10 bytes>'\n", "  PLAIN='<redacted, 7 bytes>'\n",
                 '"X-Gitlab-Token":"redacted"', "reply: 200 and the command's output, where it succeeds\n"):
        assert part in result.stdout, part
    for text in (result.stdout, explain("-json", *arguments).stdout):
        for secret in ("t0ken99", "5ecret", "xyzzy12345", "\033"):
            assert secret not in text
    assert not (folder.path / "state").exists()
    # Without the list of repositories nothing is fetched.
    result = explain("-hooks", "hooks.yaml", *arguments[2:])
    assert result.returncode == 1
    assert result.stdout.startswith('hook "test" does not fire, although its rule holds: repository '
                                    'github.com/Codertocat/Hello-World is not listed under repositories in pocketci.yaml\n')


def test_the_command_can_be_pasted(folder, explain):
    words = ["a b", "it's", "$(x)", "`y`", "", "*", "tab\tnew\nline", "é", "\\", "-n", "~"]
    sources = ", ".join("{source: url, name: w%d}" % i for i in range(len(words)))
    folder.write("hooks.yaml", f"- {{id: a, execute-command: printf, pass-arguments-to-command: [{{source: string, name: '%s|'}}, {sources}]}}\n")
    query = "&".join(f"w{i}=" + "".join(f"%{byte:02x}" for byte in word.encode()) for i, word in enumerate(words))
    result = explain("-hooks", "hooks.yaml", "-query", query, "request", body="{}")
    command = result.stdout.split("command:\n  ")[1].split("\n")[0]
    printed = subprocess.run(["bash", "-c", command], capture_output=True, check=True, timeout=60).stdout
    assert printed.decode() == "".join(word + "|" for word in words)


def test_templates_and_strictness(folder, explain):
    folder.write("hooks.yaml", '- id: a\n  execute-command: {{ "/bin/true" | js }}\n  unknown: 1\n')
    result = explain("-hooks", "hooks.yaml", "-template", "request", body="{}")
    assert result.returncode == 0 and 'unknown key "unknown"' in result.stdout
    result = explain("-hooks", "hooks.yaml", "-template", "-strict", "request")
    assert result.returncode == 2 and 'unknown key "unknown"' in result.stderr


def test_which_hook(folder, explain):
    folder.write("hooks.yaml", "- {id: a, execute-command: /bin/true}\n- {id: b, execute-command: /bin/false}\n")
    folder.write("one.yaml", "- {id: a, execute-command: /bin/true}\n")
    result = explain("-hooks", "hooks.yaml", "request", body="{}")
    assert result.returncode == 2 and result.stderr == (
        'pocketci: which hook is asked for is not known, -hook ID says it; the hooks are "a", "b"\n')
    assert '/bin/false' in explain("-hooks", "hooks.yaml", "-hook", "b", "request").stdout
    result = explain("-hooks", "hooks.yaml", "-hook", "c", "request")
    assert (result.returncode, result.stderr) == (2, 'pocketci: no hook is called "c"; the hooks are "a", "b"\n')
    result = explain("-hooks", "hooks.yaml", "request", body=raw({}, b"", "/hooks/c"))
    assert result.returncode == 1 and result.stdout.startswith('no hook fires: no hook is called "c"')
    assert result.stdout.endswith('reply: 404 "Hook not found."\n')
    # A web server takes its part off the path; with one hook alone there is nothing to ask.
    outside = raw({}, b"", "/ci/deploy")
    result = explain("-hooks", "one.yaml", "request", body=outside)
    assert result.returncode == 0 and "is not below /hooks/; the one hook that there is was taken\n" in result.stdout
    result = explain("-hooks", "hooks.yaml", "request", body=outside)
    assert result.returncode == 1 and "-hook ID must say which hook is meant" in result.stdout


@pytest.mark.parametrize("arguments,expected", [
    ([], "explain needs a request"),
    (["-hooks", "hooks.yaml"], "explain needs a request"),
    (["-hoks", "hooks.yaml", "request"], 'explain does not know "-hoks"'),
    (["request", "-hooks"], "-hooks needs a value"),
    (["-json=1", "request"], "-json stands alone"),
    (["-hooks", "hooks.yaml", "request", "more"], 'explain takes one request, and both "request" and "more" were given'),
    (["-hooks", "hooks.yaml", "none"], "cannot open none: No such file or directory"),
    (["-hooks", "none.yaml", "request"], "cannot open none.yaml: No such file or directory"),
    (["-config", "none.yaml", "request"], "there is no configuration file "),
    (["-hooks", "broken.yaml", "request"], "broken.yaml:2:1: "),
    (["-hooks", "hooks.yaml", "-header", "X-A", "request"], '-header "X-A": expected "Name: value"'),
    (["-hooks", "hooks.yaml", "-remote-addr", "here", "request"], "-remote-addr: "),
    (["-hooks", "hooks.yaml", "-method", "P ST", "request"], '-method "P ST" is no method'),
    (["-hooks", "hooks.yaml", "raw"], "raw:2:1: expected a header"),
    (["-hooks", "hooks.yaml", "--", "-json"], "cannot open -json: "),
])
def test_usage(folder, explain, arguments, expected):
    folder.write("hooks.yaml", "- {id: a, execute-command: /bin/true}\n")
    folder.write("broken.yaml", "- id: [\n")
    folder.write("raw", "POST / HTTP/1.1\nthere is no colon\n\n")
    result = explain(*arguments, body="{}")
    assert (result.stdout, result.returncode) == ("", 2)
    assert result.stderr.startswith(f"pocketci: {expected}") and result.stderr.count("\n") == 1


def test_nothing_is_started(folder, explain):
    folder.write("hooks.yaml", f"- {{id: a, execute-command: /usr/bin/touch, command-working-directory: {folder.path}, "
                               "pass-arguments-to-command: [{source: string, name: made}]}\n")
    before = sorted(os.listdir(folder.path)) + ["request"]
    assert explain("-hooks", "hooks.yaml", "request", body="{}").returncode == 0
    assert sorted(os.listdir(folder.path)) == sorted(before)


def test_terminal(folder):
    folder.write("hooks.yaml", deploy("main"))

    def on_terminal(**environment):
        leader, follower = pty.openpty()
        process = subprocess.Popen([BUILD / "pocketci", "explain", "-hooks", "hooks.yaml", "-sign", PAYLOAD],
                                   cwd=folder.path, stdin=subprocess.DEVNULL, stdout=follower, stderr=follower,
                                   env={**BASE_ENVIRONMENT, **environment}, **USER)
        os.close(follower)
        text = b""
        try:
            while chunk := os.read(leader, 65536):
                text += chunk
        except OSError:  # its other end is closed
            pass
        os.close(leader)
        assert process.wait(60) == 1
        return text.decode().replace("\r\n", "\n")

    assert '\033[1;31mhook "deploy" does not fire\033[0m\n' in on_terminal(TERM="xterm")
    for environment in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}, {}):
        assert on_terminal(**environment) == DOES_NOT_FIRE


def test_manual_shows_what_it_prints(folder, explain):
    """The example in the manual is the program's own output."""
    page = (Path(__file__).parents[2] / "man" / "pocketci.1").read_text()
    hooks, command, output = [block.split(".Ed")[0].lstrip("\n") for block in page.split(".Bd -literal -offset 2n")[1:4]]
    folder.write("hooks.yaml", hooks)
    folder.write("push.json", '{"ref":"refs/heads/dev"}')
    arguments = shlex.split(command.strip().removeprefix("$ pocketci explain"))
    assert explain(*arguments).stdout == output.replace("\\e", "\\")
