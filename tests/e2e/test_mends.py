"""What pocketci mends: each of the thirteen defects in webhook 2.8.0, and what ours does with the same file.

hooks.yaml(5) lists them in this order under DIFFERENCES FROM THE REFERENCE.
"""

import http.client
import os
import signal
import socket
import subprocess
import sys
import threading
from pathlib import Path

import pytest

from harness import BASE_ENVIRONMENT, BUILD, ROOT, SLOW, Process, accepts, free_port, sign, wait_until
from scenarios import OUTPUT, shell

sys.path.insert(0, str(ROOT / "tests" / "conformance"))

from deliveries import Request  # noqa: E402
from servers import Ours, Pair  # noqa: E402

TOKEN = "{source: header, name: X-Token}"
SIGNATURE = "{source: header, name: X-Hub-Signature-256}"
FORM = "application/x-www-form-urlencoded"
NOT_SATISFIED = b"Hook rules were not satisfied."
RULE_ERROR = b"Error occurred while evaluating hook rules."


def hook(rule, command="echo"):
    return (f"- id: a\n  execute-command: {command}\n  include-command-output-in-response: true\n"
            f"  pass-arguments-to-command: [{{source: string, name: fired}}]\n  trigger-rule:\n    match: {rule}\n")


@pytest.fixture
def both(folder):
    """Starts both programs on one text, in the place of those before; ends them after the test."""
    pairs = []

    def start(text, *flags, environment=None, host="127.0.0.1"):
        for pair in pairs:
            pair.stop()
        pairs.append(Pair(folder, [("hooks.yaml", text)], list(flags), environment or {}, host))
        return pairs[-1]

    yield start
    for pair in pairs:
        pair.stop()


def post(body=b"", content_type="", client="127.0.0.1", path="/hooks/a", **headers):
    listed = [(name.replace("_", "-"), value.encode()) for name, value in headers.items()]
    listed += [("Content-Type", content_type.encode())] if content_type else []
    return Request("POST", path, "", listed + [("Content-Length", str(len(body)).encode())], body, client)


def bodies(replies):
    return [reply.body for reply in replies]


def is_refused(pair, place):
    """Whether the reference takes the file and ours refuses it and says where."""
    assert pair.loads() == (True, False), pair.ours.log()
    assert f"hooks.yaml:{place}: " in pair.ours.log(), pair.ours.log()


def alive(pid):
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def read_pids(path):
    """The processes that a command wrote down, once it has."""
    wait_until(lambda: path.exists() and path.read_text().endswith("\n"), f"{path.name} is written")
    return [int(pid) for pid in path.read_text().split()]


def end(pid):
    if alive(pid):
        os.kill(pid, signal.SIGKILL)
    wait_until(lambda: not alive(pid), f"process {pid} is gone")


class InBackground:
    """A request to the reference that may take its time."""

    def __init__(self, reference, request):
        self.reply = None
        self.thread = threading.Thread(target=self._send, args=(reference, request))
        self.thread.start()

    def _send(self, reference, request):
        self.reply, _ = reference.send(request)

    def waits(self):
        return self.thread.is_alive()

    def finish(self):
        self.thread.join(30 * SLOW)
        assert not self.thread.is_alive()
        return self.reply


def test_1_secret_without_value(both):
    pair = both(hook(f"{{type: value, secret: t0ken, parameter: {TOKEN}}}"))
    assert pair.reference.send(post(X_Token="t0ken"))[0].body == NOT_SATISFIED
    assert pair.reference.send(post(X_Token=""))[0].body == b"fired\n"
    is_refused(pair, "6:34")
    assert "write value" in pair.ours.log() and "t0ken" not in pair.ours.log()


def test_2_single_ipv6_address(both):
    if not socket.has_ipv6 or not Path("/proc/net/if_inet6").exists() or "00000000000000000000000000000001 " not in \
            Path("/proc/net/if_inet6").read_text():
        pytest.skip("this machine has no ::1")
    pair = both(hook("{type: ip-whitelist, ip-range: '::2'}"), host="::1")
    assert bodies(pair.send(post(client="::1"))) == [b"fired\n", NOT_SATISFIED]
    pair = both(hook("{type: ip-whitelist, ip-range: '::1'}"), host="::1")
    assert bodies(pair.send(post(client="::1"))) == [b"fired\n", b"fired\n"]


def test_3_unknown_keys_and_types(both, folder):
    pair = both("- id: a\n  excute-command: x\n  execute-command: echo\n", "-verbose")
    assert pair.loads() == (True, True)
    assert "excute" not in pair.reference.log()
    assert 'hooks.yaml:2:3: hook "a": unknown key "excute-command"' in pair.ours.log()
    assert 'did you mean "execute-command"?' in pair.ours.log()
    checked = subprocess.run([BUILD / "pocketci", "check", folder.path / "hooks.yaml"], capture_output=True, text=True,
                             env=BASE_ENVIRONMENT, timeout=60)
    assert checked.returncode == 1 and ":2:3: " in checked.stdout + checked.stderr
    pair = both(hook(f"{{type: vlaue, value: x, parameter: {TOKEN}}}"))
    assert pair.reference.send(post(X_Token="x"))[0].body == NOT_SATISFIED
    is_refused(pair, "6:19")


def test_4_bad_regex(both):
    pair = both(hook(f"{{type: regex, regex: 'a(', parameter: {TOKEN}}}"))
    reply, _ = pair.reference.send(post(X_Token="x"))
    assert (reply.status, reply.body) == (500, RULE_ERROR)
    is_refused(pair, "6:33")


def test_5_signature_of_a_multipart_body(both):
    pair = both(hook(f"{{type: payload-hmac-sha256, secret: s, parameter: {SIGNATURE}}}"))
    body = b'--b\r\nContent-Disposition: form-data; name="a"\r\n\r\n1\r\n--b--\r\n'
    of_body, of_nothing = sign("s", body), sign("s", b"")
    multipart = "multipart/form-data; boundary=b"
    assert bodies(pair.send(post(body, multipart, X_Hub_Signature_256=of_body))) == [RULE_ERROR, b"fired\n"]
    assert bodies(pair.send(post(body, multipart, X_Hub_Signature_256=of_nothing))) == [b"fired\n", RULE_ERROR]


def test_6_signature_of_json_in_a_form(both):
    pair = both(hook(f"{{type: payload-hmac-sha256, secret: s, parameter: {SIGNATURE}}}"))
    body = b"payload=%7B%22ref%22%3A+%22main%22%7D"
    assert bodies(pair.send(post(body, FORM,
                                 X_Hub_Signature_256=sign("s", b'{"ref": "main"}')))) == [RULE_ERROR, b"fired\n"]
    assert bodies(pair.send(post(body, FORM, X_Hub_Signature_256=sign("s", body)))) == [b"fired\n", b"fired\n"]
    assert bodies(pair.send(post(body, FORM, X_Hub_Signature_256=sign("t", body)))) == [RULE_ERROR, RULE_ERROR]


def test_7_values_in_the_log(both):
    pair = both("- id: a\n  execute-command: echo\n  include-command-output-in-response: true\n"
                f"  pass-arguments-to-command: [{TOKEN}, {{source: header, name: X-None}}]\n"
                f"  pass-environment-to-command: [{TOKEN}, {{source: string, name: hush2, envname: A}}]\n", "-verbose")
    assert bodies(pair.send(post(X_Token="hush1"))) == [b"hush1 \n", b"hush1 \n"]
    wait_until(lambda: "finished handling" in pair.reference.log(), pair.reference.log)
    assert "hush1" in pair.reference.log() and "hush2" in pair.reference.log()
    assert "hush" not in pair.ours.log() and "header X-None" in pair.ours.log()


def test_8_large_body(both):
    pair = both(hook(f"{{type: value, value: x, parameter: {TOKEN}}}"))
    limit = 25 * 1024 * 1024
    assert bodies(pair.send(post(b"x" * limit, X_Token="x"))) == [b"fired\n", b"fired\n"]
    reference, ours = pair.send(post(b"x" * (limit + 1), X_Token="x"))
    assert (reference.body, ours.status) == (b"fired\n", 413)


def test_9_no_end(both, folder):
    pair = both(shell("a", 'sleep 1000 & echo $$ $! > "$1"; wait', OUTPUT, "timeout: 300ms", arguments=(TOKEN,)))
    theirs, own = folder.path / "theirs", folder.path / "own"
    background = InBackground(pair.reference, post(X_Token=str(theirs)))
    pids = read_pids(theirs)
    try:
        reply = pair.ours.send(post(X_Token=str(own)), 1)
        assert reply.status == 504, reply
        assert not any(alive(pid) for pid in read_pids(own))
        assert background.waits() and all(alive(pid) for pid in pids)  # whose 300 ms were over before
    finally:
        for pid in pids:
            end(pid)
    assert background.finish().status == 500


def test_10_environment_of_the_server(both):
    text = shell("a", 'echo "$PATH:$DATABASE_PASSWORD:$HOOK_x"', OUTPUT,
                 "pass-environment-to-command: [{source: string, name: x}]")
    environment = {"PATH": "/usr/bin:/bin", "DATABASE_PASSWORD": "hush"}
    pair = both(text, environment=environment)
    assert bodies(pair.send(post())) == [b"/usr/bin:/bin:hush:x\n", b"/usr/bin:/bin::x\n"]
    pair = both(text + "  inherit-environment: true\n", environment=environment)
    assert bodies(pair.send(post())) == [b"/usr/bin:/bin:hush:x\n"] * 2


NGINX = """\
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.error.log warn;
events {{ worker_connections 64; }}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    upstream pocketci {{ server unix:{socket}; }}
    server {{
        listen 127.0.0.1:{port};
        location /hooks/ {{ include {root}/conf/nginx/pocketci.conf; }}
        location /webhook/ {{
            proxy_pass http://127.0.0.1:{reference}/hooks/;
            proxy_set_header X-Forwarded-For $remote_addr;
        }}
    }}
}}
"""


def start_nginx(folder, pair):
    for _ in range(5):
        port = free_port()
        path = folder.write("nginx.conf", NGINX.format(folder=folder.path, socket=pair.ours.socket, port=port,
                                                       root=ROOT,
                                                       reference=pair.reference.port))
        nginx = Process(["/usr/sbin/nginx", "-c", path, "-e", folder.path / "nginx.error.log"],
                        folder.path / "nginx.log")
        wait_until(lambda: accepts(("127.0.0.1", port)) or not nginx.running(), nginx.log)
        if nginx.running():
            return nginx, port
    raise AssertionError(nginx.log())


def test_11_address_behind_a_proxy(both, folder):
    pair = both(hook("{type: ip-whitelist, ip-range: 127.0.0.1}"))
    nginx, port = start_nginx(folder, pair)

    def ask(path):
        connection = http.client.HTTPConnection("127.0.0.1", port, timeout=30 * SLOW, source_address=("127.0.0.5", 0))
        try:
            connection.request("POST", path)
            return connection.getresponse().read()
        finally:
            connection.close()

    try:
        assert ask("/webhook/a") == b"fired\n"  # to the reference everybody is the proxy
        assert ask("/hooks/a") == NOT_SATISFIED
    finally:
        nginx.stop()
    forwarded = post(client="127.0.0.9", X_Forwarded_For="127.0.0.1")
    assert pair.ours.send(forwarded, 1).body == NOT_SATISFIED
    pair.ours.stop()
    trusting = Ours(folder, ["-hooks", folder.path / "hooks.yaml", "-trusted-proxies", "127.0.0.9"], {})
    try:
        assert trusting.send(forwarded, 1).body == b"fired\n"
    finally:
        trusting.stop()


def test_12_grandchild_that_holds_the_output(both, folder):
    """keep-processes, so that it is not the sweep that ends the wait."""
    pair = both(shell("a", 'sleep 1000 & echo $! > "$1"; echo done', OUTPUT, "keep-processes: true",
                      arguments=(TOKEN,)))
    theirs, own = folder.path / "theirs", folder.path / "own"
    background = InBackground(pair.reference, post(X_Token=str(theirs)))
    [pid] = read_pids(theirs)
    try:
        reply, [kept] = pair.ours.send(post(X_Token=str(own)), 1), read_pids(own)
        lives = alive(kept)
        end(kept)
        assert lives and reply.body == b"done\n"
        assert background.waits() and alive(pid)  # its command ended before ours began
    finally:
        end(pid)
    assert background.finish().body == b"done\n"


def test_13_what_a_command_leaves_behind(both):
    text = shell("a", "setsid sleep 1000 >/dev/null 2>&1 & echo $!", OUTPUT)
    pair = both(text)
    theirs, own = (int(body) for body in bodies(pair.send(post())))
    try:
        assert alive(theirs) and not alive(own)
        wait_until(lambda: "left behind" in pair.ours.log(), pair.ours.log)
    finally:
        end(theirs)
    pair = both(text + "  keep-processes: true\n")
    theirs, own = (int(body) for body in bodies(pair.send(post())))
    try:
        assert alive(theirs) and alive(own)
    finally:
        end(theirs)
        end(own)
