"""What every way of running must do alike: nginx, Apache as CGI, mod_fcgid and mod_proxy_fcgi, by the shipped files."""

import base64
import concurrent.futures
import json
import os
import socket
import time
import uuid
import zlib
from pathlib import Path

import pytest

from harness import BUILD, SLOW, Stream, github_headers, processes_with, wait_until

MIB = 1024 * 1024
FAILED = "Error occurred while executing the hook's command. Please check your logs for more details."


# --- the reference's language, over each server ------------------------------------------------------------------------


def test_root_answers_ok(world):
    reply = world.site.get("/")
    assert (reply.status, reply.text) == (200, "OK")


def test_health(world):
    assert world.site.get("/health").status == 200


def test_unknown_hook(world):
    reply = world.site.post("/hooks/nope", b"x" * 100_000)
    assert (reply.status, reply.text) == (404, "Hook not found.")


def test_unknown_path(world):
    assert world.site.get("/elsewhere").status == 404


def test_message_code_and_headers(world):
    reply = world.site.post("/hooks/message")
    assert (reply.status, reply.text, reply.headers["X-Answer"]) == (201, "Started.", "42")


def test_unknown_status_code_becomes_200(world):
    reply = world.site.post("/hooks/unknown-code")
    assert (reply.status, reply.text) == (200, "done")


@pytest.mark.parametrize("path", ["/hooks/a/b%20c", "/hooks/a%2Fb%20c"])
def test_id_with_slash_and_space(world, path):
    reply = world.site.post(path)
    assert (reply.status, reply.text) == (200, "\n")


def test_methods(world):
    assert world.site.get("/hooks/get-only").status == 200
    refused = world.site.post("/hooks/get-only", b"x" * 100_000)
    assert (refused.status, refused.body) == (405, b"")


def test_mismatch_code(world):
    reply = world.site.post("/hooks/mismatch")
    assert (reply.status, reply.text) == (418, "Hook rules were not satisfied.")
    assert world.site.post("/hooks/mismatch?sesame=open").status == 200


def test_signature(world):
    body = json.dumps({"commits": [{"message": "it's $(signed) ; & \"quoted\""}]}).encode()
    good = world.site.post("/hooks/signed", body, github_headers(body, "itsasecret"))
    assert (good.status, good.text) == (200, "it's $(signed) ; & \"quoted\"\n")
    bad = world.site.post("/hooks/signed", body, github_headers(body, "another"))
    assert (bad.status, bad.text) == (500, "Error occurred while evaluating hook rules.")
    absent = world.site.post("/hooks/signed", body, {"Content-Type": "application/json"})
    assert (absent.status, absent.text) == (200, "Hook rules were not satisfied.")


@pytest.mark.parametrize("body, query, status, text", [
    ('{"number": 9007199254740993}', "", 200, "nobody\n"),
    ('{"number": 9007199254740993, "user": {"name": "me"}, "draft": null}', "?limit=1e399", 200, "me\n"),
    ('{"number": "9007199254740993", "user": {"name": ""}}', "?limit=-1e500", 200, "\n"),
    ('{"number": 9007199254740992}', "", 200, "Hook rules were not satisfied."),
    ('{"number": 9007199254740993}', "?limit=1e400", 200, "Hook rules were not satisfied."),
    ('{"number": 9007199254740993, "draft": {"since": null}}', "", 200, "Hook rules were not satisfied."),
    ('{"user": {"name": "me"}}', "", 200, "Hook rules were not satisfied."),
    ('{"number": "many"}', "", 500, "Error occurred while evaluating hook rules."),
    ('{"number": 9007199254740993}', "?limit=", 500, "Error occurred while evaluating hook rules."),
])
def test_existence_numbers_and_defaults(world, body, query, status, text):
    reply = world.site.post("/hooks/rules" + query, body.encode(), {"Content-Type": "application/json"})
    assert (reply.status, reply.text) == (status, text)


def test_several_secrets(world):
    for secret, status in [("itsasecret", 200), ("the new one", 200), ("the new one\n", 500), ("another", 500)]:
        assert world.site.push("rotated", {}, secret).status == status, secret


def test_secrets_that_are_kept_elsewhere(world):
    """They reach the command, by environment and file, and no log."""
    reply = world.site.post("/hooks/secrets", headers={"X-Token": "t0ken-of-the-header"})
    assert (reply.status, reply.text) == (200, "t0ken-to-deploy|t0ken-to-deploy|t0ken-of-the-header")
    reply = world.site.post("/hooks/secrets", headers={"X-Token": "t0ken-of-another"})
    assert (reply.status, reply.text) == (200, "Hook rules were not satisfied.")
    reply = world.site.push("push-secrets", world.payload(world.first))
    assert (reply.status, reply.text) == (200, "t0ken-to-deploy|t0ken-to-deploy")
    assert "t0ken-" not in world.site.log()


def test_values(world):
    body = b'{"a": {"b": [1, 1.50]}, "z": "<&>"}'
    reply = world.site.post("/hooks/values?q=x+y%21&q=second&who=me", body,
                            {"Content-Type": "application/json", "X-Custom-Thing": "h"})
    assert reply.status == 200
    assert reply.text == ('1.50|h|x y!|POST||{"a":{"b":[1,1.50]},"z":"\\u003c\\u0026\\u003e"}|' + body.decode() +
                          '|{"q":"x y!","who":"me"}|me|t')


def test_xml(world):
    body = b"<?xml version='1.0'?>\n<n:push xmlns:n='u' n:id='7'> <ref>main</ref><n:c>1</n:c><c/>text</n:push>\n"
    reply = world.site.post("/hooks/fields", body, {"Content-Type": "application/xml; charset=utf-8"})
    assert (reply.status, json.loads(reply.text)) == (
        200, {"push": {"-n": "u", "-id": "7", "ref": "main", "c": ["1", ""], "#text": "text"}})


def test_multipart(world):
    """Values, files that are JSON, one that is not; signed over the bytes as they came."""
    parts = [("a", "", "", "1"), ("a", "", "", "second"), ("q", "", "Content-Transfer-Encoding: quoted-printable\r\n", "=41="),
             ("typed", "; filename=t.json", "Content-Type: application/json\r\n", '{"n": 1}'),
             ("named", "; filename=n", "", '{"n": 2}'), ("other", "; filename=o", "", '{"n": 3}')]
    body = "".join(f'--x y\r\nContent-Disposition: form-data; name="{name}"{more}\r\n{headers}\r\n{content}\r\n'
                   for name, more, headers, content in parts) + "--x y--\r\n"
    kind = {"Content-Type": 'multipart/form-data; boundary="x y"'}
    reply = world.site.post("/hooks/fields", body.encode(), kind)
    assert (reply.status, json.loads(reply.text)) == (200, {"a": "1", "q": "A", "typed": {"n": 1}, "named": {"n": 2}})
    cut = world.site.post("/hooks/fields", body[:-10].encode(), kind)
    assert (cut.status, cut.text) == (500, "Error occurred while parsing multipart form.")
    signed = world.site.post("/hooks/signed", body.encode(), github_headers(body.encode(), "itsasecret") | kind)
    assert (signed.status, signed.text) == (200, "\n")


def test_file_is_written_and_removed(world):
    body = json.dumps({"a": base64.b64encode(b"line\n").decode()}).encode()
    reply = world.site.post("/hooks/file", body, {"Content-Type": "application/json"})
    content, mode, path = reply.text.rstrip("\n").split("\n")
    assert (content, mode) == ("line", "-rw-------")
    assert not Path(path).exists()


def test_script(world):
    """Its arguments are no part of it, and its first failure ends it."""
    reply = world.site.post("/hooks/script?a=%24(id)%3B%20%22")
    assert (reply.status, reply.text) == (200, '2 $(id); "|\nend\n')
    reply = world.site.post("/hooks/script?a=1&b=2")
    assert (reply.status, reply.text) == (500, "2 1|2\n")


def test_standard_input(world):
    reply = world.site.post("/hooks/stdin", b'{"b": 1.50, "a": "x"}', {"Content-Type": "application/json"})
    assert (reply.status, reply.text) == (200, '{"a":"x","b":1.50}')
    body = b"\0\xff" * (5 * MIB)
    assert world.site.post("/hooks/stdin-size", body).text == f"{len(body)}\n"
    assert world.site.post("/hooks/stdin-unread", body).text == "unread\n"
    assert world.site.post("/hooks/stdin-missing", b"{}", {"Content-Type": "application/json"}).text == "0\n"


def form(*parts):
    body = b"".join(b'--x\r\nContent-Disposition: form-data; name="%s"%s\r\nContent-Type: text/plain\r\n\r\n%s\r\n' % part
                    for part in parts) + b"--x--\r\n"
    return body, {"Content-Type": "multipart/form-data; boundary=x"}


def test_uploads(world):
    """Each is a file, also the second of a name; what the client calls it leads nowhere."""
    reply = world.site.post("/hooks/uploads", *form(
        (b"report", b'; filename="../../etc/a b.txt"', b"one\n"), (b"report", b"; filename=two", b"two\n"), (b"v", b"", b"v")))
    lines = reply.text.split("\n")
    assert (reply.status, lines[:3]) == (200, ["one", "two", "-rw-------"])
    variables = dict(line.split("=", 1) for line in lines[3:-1])
    paths = [Path(variables.pop(name)) for name in ("HOOK_UPLOAD_REPORT", "HOOK_UPLOAD_REPORT_2")]
    assert variables == {
        "HOOK_UPLOAD_REPORT_FILENAME": "a b.txt", "HOOK_UPLOAD_REPORT_TYPE": "text/plain",
        "HOOK_UPLOAD_REPORT_2_FILENAME": "two", "HOOK_UPLOAD_REPORT_2_TYPE": "text/plain"}
    assert not any(path.exists() for path in paths)


def test_one_upload(world):
    reply = world.site.post("/hooks/upload", *form(
        (b"other", b"; filename=o", b"o"), (b"report", b"; filename=r.bin", b"\0\n" * MIB), (b"v", b"", b"1")))
    assert (reply.status, reply.text) == (200, f'{2 * MIB}\nr.bin text/plain\n0\n{{"v":"1"}}\n')


def test_event_of_a_forge(world):
    """Of one whose credentials are in Authorization, which Apache does not hand over by itself."""
    body = json.dumps({"eventType": "git.push", "id": "1", "resource": {
        "refUpdates": [{"name": "refs/heads/main", "oldObjectId": "0" * 40, "newObjectId": "a" * 40}],
        "repository": {"name": "app", "remoteUrl": "https://dev.azure.com/acme/_git/app"}}}).encode()

    def post(credentials):
        basic = "Basic " + base64.b64encode(credentials).decode()
        return world.site.post("/hooks/event", body, {"Content-Type": "application/json", "Authorization": basic})

    assert post(b"azure:s3cret").text == "push|azure-devops|main|||"
    assert post(b"azure:other").text == "Hook rules were not satisfied."


def test_bearer_token_arrives(world):
    reply = world.site.post("/hooks/bearer", headers={"Authorization": "Bearer t0k/en=="})
    assert reply.text == "Bearer t0k/en=="


def test_remote_address_is_the_clients(world):
    address, _, port = world.site.post("/hooks/address").text.rpartition(":")
    assert address == "127.0.0.1" and 0 < int(port) < 65536


def test_body_of_24_mb_passes(world):
    reply = world.site.post("/hooks/size", b"x" * (24 * MIB))
    assert (reply.status, reply.text.strip()) == (200, str(24 * MIB))


def test_body_of_26_mb_is_our_413(world):
    reply = world.site.post("/hooks/size", b"x" * (26 * MIB))
    assert reply.status == 413
    assert "25 MiB" in reply.text and "<html" not in reply.text.lower()


def test_body_of_30_mb_is_refused(world):
    """By whoever sees it first: the web server in front may end it before we do."""
    with world.site.connect() as connection:
        connection.sendall(f"POST {world.site.at}/hooks/size HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                           f"Content-Length: {30 * MIB}\r\n\r\n".encode())
        block = b"x" * MIB
        try:
            for _ in range(30):
                connection.sendall(block)
        except OSError:
            pass
        status = connection.recv(4096).split(b" ")[1]
    assert status == b"413"


@pytest.mark.parametrize("length", [0, 1, 8181, 8182, 8183, 8192, 65535, 65536, 65537])
def test_bodies_at_the_edges_of_buffers(world, length):
    reply = world.site.post("/hooks/size", b"x" * length)
    assert (reply.status, reply.text.strip()) == (200, str(length))


def test_chunked_body(world):
    with world.site.connect() as connection:
        connection.sendall(f"POST {world.site.at}/hooks/size HTTP/1.1\r\nHost: x\r\nConnection: close\r\n"
                           "Transfer-Encoding: chunked\r\n\r\n5\r\nabcde\r\n3\r\nfgh\r\n0\r\n\r\n".encode())
        data = b""
        while chunk := connection.recv(65536):
            data += chunk
    assert data.startswith(b"HTTP/1.1 200") and b"8" in data.partition(b"\r\n\r\n")[2]


def test_body_shorter_than_its_length(world):
    """The web server or we refuse it; no command sees half a body."""
    with world.site.connect() as connection:
        connection.sendall(f"POST {world.site.at}/hooks/size HTTP/1.1\r\nHost: x\r\nContent-Length: 100\r\n\r\nhalf"
                           .encode())
        connection.shutdown(socket.SHUT_WR)
        data = b""
        try:
            while chunk := connection.recv(65536):
                data += chunk
        except ConnectionError:
            pass
    assert b" 200 " not in data.partition(b"\r\n")[0] + b" "


def test_body_that_is_no_json(world):
    reply = world.site.post("/hooks/values", b"{no json", {"Content-Type": "application/json"})
    assert reply.status == 200
    assert reply.text.split("|")[:7] == ["", "", "", "POST", "", "null", "{no json"]


def test_query_is_no_flag(world):
    """RFC 3875 §4.4 makes it the argv of a CGI program."""
    reply = world.site.get("/?-hooks+/tmp/x")
    assert (reply.status, reply.text) == (200, "OK")
    assert world.site.get("/?-version").text == "OK"


# --- commands ----------------------------------------------------------------------------------------------------------


def test_failure_is_500(world):
    reply = world.site.post("/hooks/fails")
    assert (reply.status, reply.text) == (500, FAILED)
    assert world.site.post("/hooks/killed").status == 500


def test_failure_shown_where_the_hook_says_so(world):
    reply = world.site.post("/hooks/fails-shown")
    assert (reply.status, reply.text) == (500, "some output\n")


@pytest.mark.parametrize("hook", ["codes", "codes-streamed"])
def test_exit_codes(world, hook):
    reply = world.site.post(f"/hooks/{hook}?code=3")
    assert (reply.status, reply.text) == (422, "it is 3\n")
    assert world.site.post(f"/hooks/{hook}?code=5").status == 500
    assert world.site.post(f"/hooks/{hook}?code=0").status == 200


@pytest.mark.parametrize("hook,cause", [("missing", "/nonexistent/program"), ("not-executable", "/etc/passwd")])
def test_command_that_cannot_start(world, hook, cause):
    reply = world.site.post(f"/hooks/{hook}")
    assert (reply.status, reply.text) == (500, FAILED)
    wait_until(lambda: any(hook in line and cause in line for line in world.site.log().split("\n")),
               lambda: f"the log names the cause:\n{world.site.log()[-2000:]}")


def test_missing_command_without_output_is_not_told(world):
    reply = world.site.post("/hooks/missing-silent")
    assert (reply.status, reply.text) == (200, "fine")


def test_binary_output(world):
    assert world.site.post("/hooks/binary").body == b"\x00\x01\xff\xfe"


def test_stdout_and_stderr_together(world):
    assert world.site.post("/hooks/both").text == "out\nerr\n"


def test_timeout_ends_the_whole_tree(world):
    mark = uuid.uuid4().hex
    reply = world.site.post(f"/hooks/timeout?mark={mark}")
    assert reply.status == 504
    assert "timeout" in reply.text and "begun" not in reply.text
    assert processes_with(mark) == []


def test_what_a_command_leaves_behind_is_swept(world):
    reply = world.site.post("/hooks/leaves-behind")
    pid = int(reply.text)
    assert not Path(f"/proc/{pid}").exists()


def test_environment_is_an_allow_list(world):
    reply = world.site.request("POST", "/hooks/environment", headers={"Proxy": "http://evil/", "X-Other": "1"})
    names = {line.partition("=")[0] for line in reply.text.split("\n") if "=" in line}
    allowed = {"PATH", "HOME", "LANG", "LANGUAGE", "USER", "LOGNAME", "SHELL", "TMPDIR", "TZ", "PWD", "OLDPWD", "SHLVL",
               "_", "POCKETCI", "POCKETCI_RUN_ID", "POCKETCI_HOOK", "POCKETCI_RUN_URL"}
    assert {n for n in names if not n.startswith("LC_")} <= allowed
    assert {"PATH", "POCKETCI", "POCKETCI_RUN_ID", "POCKETCI_HOOK"} <= names


def test_descriptors_and_session(world):
    count, session, pid, stdin = world.site.post("/hooks/descriptors").text.strip().split("\n")
    assert int(count) == 5  # "total", 0, 1, 2 and the one by which ls reads the folder
    assert session == pid
    assert stdin == "/dev/null"


@pytest.mark.parametrize("hook", ["gigabyte", "gigabyte-streamed"])
def test_a_gigabyte_of_output(world, hook):
    """Memory stays bounded, whatever is printed: no process of the product grows past 64 MiB (of its own: not under ASan)."""
    stream = Stream(world.site.address, "POST", f"{world.site.at}/hooks/{hook}")
    total = 0
    peak = 0
    try:
        assert stream.start() == 200
        while chunk := stream.response.read(4 * MIB):
            total += len(chunk)
            if total % (256 * MIB) < 4 * MIB:
                peak = max(peak, largest_process(world))
    finally:
        stream.close()
    if hook == "gigabyte":
        assert 100 * MIB <= total < 101 * MIB, "what is past limits.output is cut"
    else:
        assert total == 1024 * MIB
    if SLOW == 1:
        assert peak < 64 * MIB


def largest_process(world):
    peak = 0
    for pid in processes_with(str(world.folder.path)):
        try:
            if not os.readlink(f"/proc/{pid}/exe").startswith(str(BUILD)):
                continue
            for line in Path(f"/proc/{pid}/status").read_text().split("\n"):
                if line.startswith("VmHWM"):
                    peak = max(peak, int(line.split()[1]) * 1024)
        except OSError:
            pass
    return peak


# --- streaming ---------------------------------------------------------------------------------------------------------


def test_streamed_lines_arrive_as_they_come(world, folder):
    go = folder.path / "go"
    stream = Stream(world.site.address, "POST", f"{world.site.at}/hooks/stream?go={go}")
    try:
        assert stream.start() == 200
        assert stream.line() == b"one\n"
        begun = time.monotonic()
        folder.write("go", "")
        assert stream.line() == b"two\n"
        assert stream.rest() == b""
        assert time.monotonic() - begun < 5
    finally:
        stream.close()


def test_streamed_lines_arrive_at_a_client_that_takes_gzip(world, folder):
    """Debian's Apache compresses text/plain: it must not hold a line back for that."""
    go = folder.path / "go"
    stream = Stream(world.site.address, "POST", f"{world.site.at}/hooks/stream?go={go}",
                    headers={"Accept-Encoding": "gzip"})
    try:
        assert stream.start() == 200
        unpack = zlib.decompressobj(31).decompress if stream.response.headers["Content-Encoding"] == "gzip" else bytes
        text = b""
        while text != b"one\n":
            text += unpack(stream.response.read1())
        folder.write("go", "")
        assert unpack(stream.rest()) == b"two\n"
    finally:
        stream.close()


def test_streamed_failure_says_so_at_the_end(world, folder):
    go = folder.path / "go"
    stream = Stream(world.site.address, "POST", f"{world.site.at}/hooks/stream?code=3&go={go}")
    try:
        assert stream.start() == 200
        assert stream.line() == b"one\n"
        folder.write("go", "")
        assert stream.line() == b"two\n"
        assert b"exit status 3" in stream.rest()
    finally:
        stream.close()


def test_streamed_failure_before_the_first_byte_is_500(world):
    reply = world.site.post("/hooks/stream-fails-early")
    assert reply.status == 500


# --- a client that leaves ----------------------------------------------------------------------------------------------


def leave(world, hook, go, body=b"", headers=None, streaming=False):
    """Starts a run, waits until its command runs, and hangs up."""
    stream = Stream(world.site.address, "POST", f"{world.site.at}/hooks/{hook}?go={go}", body, headers)
    try:
        pid_file = go.with_name(go.name + ".pid")
        pid = int(wait_until(lambda: pid_file.exists() and pid_file.read_text().strip(), "the command runs"))
        if streaming:
            assert stream.start() == 200
            assert stream.line() == b"tick\n"
        return pid
    finally:
        stream.close()


@pytest.mark.parametrize("hook,streaming", [("outlives", False), ("outlives-streaming", True)])
def test_a_client_that_leaves_does_not_end_the_command(world, folder, hook, streaming):
    go = folder.make("run") / "go"
    leave(world, hook, go, streaming=streaming)
    folder.write("run/go", "")
    wait_until(lambda: (go.with_name("go.done")).exists(), "the command came to its end")


@pytest.mark.parametrize("hook", ["stops", "push-stops"])
def test_a_client_that_leaves_ends_the_command_where_the_hook_says_so(world, folder, hook):
    go = folder.make("run") / "go"
    body, headers = b"", None
    if hook.startswith("push"):
        body = json.dumps(world.payload()).encode()
        headers = github_headers(body, "itsasecret")
    pid = leave(world, hook, go, body, headers, streaming=True)
    wait_until(lambda: not Path(f"/proc/{pid}").exists(), "the command was ended")


def test_a_client_that_leaves_does_not_end_a_run_with_a_checkout(world, folder):
    go = folder.make("run") / "go"
    body = json.dumps(world.payload()).encode()
    leave(world, "push-outlives", go, body, github_headers(body, "itsasecret"))
    folder.write("run/go", "")
    wait_until(lambda: (go.with_name("go.done")).exists(), "the command came to its end")
    wait_until(lambda: not world.workspaces(), lambda: f"the workspace is removed: {world.workspaces()}")


def test_without_output_the_reply_does_not_wait(world, folder):
    go = folder.make("run") / "go"
    assert world.site.post(f"/hooks/background?go={go}").status == 200
    folder.write("run/go", "")
    wait_until(lambda: (go.with_name("go.done")).exists(), "the command came to its end")


def test_a_script_that_nobody_waits_for_gets_its_input(world, folder):
    go = folder.make("run") / "go"
    body = b"\0x\n" * MIB
    assert world.site.post(f"/hooks/script-background?go={go}", body).status == 200
    done = go.with_name("go.done")
    wait_until(done.exists, lambda: f"the script came to its end:\n{world.site.log()[-1500:]}")
    assert done.read_bytes() == body


# --- the main job ------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("transport", ["http", "git", "file"])
def test_a_signed_push_becomes_a_commands_output_in_the_right_tree(world, transport):
    url = {"http": world.http.url(), "git": world.daemon.url(),
           "file": f"file://{world.folder.path}/git/acme/app.git"}[transport]
    commit = world.repository.commit({"hello.txt": f"hello {world.site.kind} {transport}\n"})
    reply = world.site.push("push", world.payload(commit, url))
    assert reply.status == 200, reply
    first, text, path, branch = reply.text.strip().split("\n")
    assert (first, text, branch) == (commit, f"hello {world.site.kind} {transport}", "main")
    assert path.startswith(str(world.state / "workspaces"))
    assert world.workspaces() == []


def test_an_older_commit_is_checked_out_exactly(world):
    world.repository.commit({"hello.txt": "newest\n"})
    reply = world.site.push("push", world.payload(world.first))
    assert reply.status == 200, reply
    assert reply.text.split("\n")[:2] == [world.first, "hello"]


def test_what_the_command_finds(world):
    payload = world.payload(world.first)
    reply = world.site.push("push-environment", payload)
    assert reply.status == 200, reply
    environment = dict(line.split("=", 1) for line in reply.text.split("\n") if "=" in line and not line.startswith("{"))
    expected = {"CI": "true", "POCKETCI": "1", "POCKETCI_HOOK": "push-environment", "POCKETCI_EVENT": "push",
                "POCKETCI_REPOSITORY": "acme/app", "POCKETCI_REF": "refs/heads/main", "POCKETCI_BRANCH": "main",
                "POCKETCI_COMMIT": world.first, "GITHUB_SHA": world.first, "GITHUB_REF": "refs/heads/main",
                "GITHUB_EVENT_NAME": "push", "GITHUB_REPOSITORY": "acme/app"}
    assert {name: environment.get(name) for name in expected} == expected
    assert environment["GITHUB_EVENT_PATH"] == environment["POCKETCI_EVENT_FILE"]
    assert json.dumps(payload) in reply.text


def test_a_program_of_the_repository(world):
    reply = world.site.push("push-script", world.payload(world.first))
    assert (reply.status, reply.text) == (200, f"building {world.first}\n")


@pytest.mark.parametrize("code,status", [(0, 200), (3, 422), (5, 500)])
def test_a_script_in_a_checkout(world, code, status):
    """It runs in the workspace, finds the request on standard input, leaves no file there, and chooses the status."""
    reply = world.site.push(f"push-run?code={code}", world.payload(world.first))
    assert (reply.status, reply.text) == (status, f"{world.first}\nhello\n" if status != 500 else FAILED)


def test_large_input_in_a_checkout(world):
    """10 MiB reach the command's standard input through `pocketci exec`, equal to what the event's file holds."""
    reply = world.site.push("push-run?code=0", {**world.payload(world.first), "padding": "x" * (10 * MIB)})
    assert (reply.status, reply.text) == (200, f"{world.first}\nhello\n")


def test_working_directory_beneath_the_workspace(world):
    reply = world.site.push("push-inner", world.payload(world.first))
    assert (reply.status, reply.text) == (200, "inner\n")


def test_working_directory_outside_is_refused(world):
    reply = world.site.push("push-outside", world.payload(world.first))
    assert reply.status >= 400
    assert str(world.state) not in reply.text


def test_a_streamed_run_with_a_checkout(world, folder):
    go = folder.path / "go"
    body = json.dumps(world.payload(world.first)).encode()
    stream = Stream(world.site.address, "POST", f"{world.site.at}/hooks/push-stream?go={go}", body,
                    github_headers(body, "itsasecret"))
    try:
        assert stream.start() == 200
        assert stream.line() == b"hello\n"
        folder.write("go", "")
        assert stream.rest() == b"two\n"
    finally:
        stream.close()


def test_checkout_without_output(world, folder):
    go = folder.make("run") / "go"
    body = json.dumps(world.payload(world.first)).encode()
    reply = world.site.post(f"/hooks/push-background?go={go}", body, github_headers(body, "itsasecret"))
    assert (reply.status, reply.text) == (200, "Started.")
    wait_until(lambda: go.with_name("go.done").exists() and go.with_name("go.done").read_text() == "hello\n",
               lambda: f"the command ran:\n{world.site.log()[-1500:]}")


def test_script_in_a_checkout_without_output(world, folder):
    go = folder.make("run") / "go"
    body = json.dumps(world.payload(world.first)).encode()
    reply = world.site.post(f"/hooks/push-run-background?go={go}", body, github_headers(body, "itsasecret"))
    assert (reply.status, reply.text) == (200, "Started.")
    done = go.with_name("go.done")
    wait_until(lambda: done.exists() and done.read_text() == "hello\nrefs/heads/main",
               lambda: f"the script ran:\n{world.site.log()[-1500:]}")


def test_two_runs_of_one_repository_at_once(world, folder):
    meet = folder.make("meet")

    def push(name):
        body = json.dumps(world.payload(world.first)).encode()
        return world.site.post(f"/hooks/push-together?name={name}&meet={meet}", body,
                               github_headers(body, "itsasecret"))

    with concurrent.futures.ThreadPoolExecutor(2) as pool:
        replies = list(pool.map(push, ["a", "b"]))
    assert [r.text for r in replies] == ["a\n?? mine\n", "b\n?? mine\n"]


def test_fixed_checkout(world):
    reply = world.site.post(f"/hooks/fixed?from={world.http.url()}")
    assert reply.status == 200 and reply.text.startswith("change\n") or reply.text.startswith("first\n"), reply


# --- bad pushes --------------------------------------------------------------------------------------------------------


def test_a_wrong_signature_fetches_nothing(world):
    before = len(world.http.requests)
    reply = world.site.push("push", world.payload(), secret="wrong")
    assert reply.status == 500
    assert len(world.http.requests) == before


@pytest.mark.parametrize("url", ["http://127.0.0.1:1/acme/app.git", "https://github.com/acme/app",
                                 "ext::sh -c touch% /tmp/x", "file:///etc", "/etc/passwd",
                                 "http://user:pass@127.0.0.1/acme/app"])
def test_a_repository_that_is_not_listed_fetches_nothing(world, url):
    before = len(world.http.requests)
    reply = world.site.push("push", world.payload(url=url))
    assert reply.status in (400, 403), reply
    if url.startswith(("https:", "http://127")):
        assert reply.status == 403 and "repositories" in reply.text
    assert len(world.http.requests) == before


def test_a_path_that_climbs_is_refused(world):
    reply = world.site.push("push", world.payload(url=world.http.url("acme/../other/app.git")))
    assert reply.status in (400, 403)


def test_a_commit_that_does_not_exist(world):
    reply = world.site.push("push", world.payload("0123456789" * 4))
    assert reply.status == 422
    assert "0123456789" * 4 in reply.text


def test_a_commit_that_is_none(world):
    reply = world.site.push("push", world.payload("--upload-pack=touch /tmp/x"))
    assert reply.status == 400


def test_a_deleted_ref_has_nothing_to_run(world):
    reply = world.site.push("push", world.payload("0" * 40, ref="refs/heads/gone"))
    assert reply.status == 200
    assert "nothing to do" in reply.text and "refs/heads/gone" in reply.text


def test_a_repository_that_is_not_there(world):
    reply = world.site.push("push", world.payload(world.first, world.http.url("acme/nowhere.git")))
    assert reply.status == 502
    assert "acme/nowhere" in reply.text


def test_a_server_that_does_not_answer(world):
    reply = world.site.push("push", world.payload(world.first, "http://127.0.0.1:9/acme/app.git"))
    assert reply.status == 502


def test_a_server_that_hangs_ends_with_the_deadline(world):
    world.http.hang = "acme/hangs"
    reply = world.site.push("push-timeout", world.payload(world.first, world.http.url("acme/hangs.git")))
    assert reply.status == 504
    assert world.workspaces() == []
    # It took nothing else with it.
    assert world.site.push("push", world.payload(world.first)).status == 200


def test_a_fetch_that_hangs_does_not_hold_a_commit_that_is_there(world):
    assert world.site.push("push", world.payload(world.first)).status == 200
    before = len(world.http.requests)
    world.http.hang = "acme/app.git"
    with concurrent.futures.ThreadPoolExecutor(1) as pool:
        hanging = pool.submit(world.site.push, "push", world.payload("0123456789" * 4))
        wait_until(lambda: len(world.http.requests) > before, "the fetch hangs")
        reply = world.site.push("push", world.payload(world.first))
        held = hanging.done()
        world.http.let_go()
        assert hanging.result().status == 502
    assert reply.status == 200 and not held


def test_a_command_silent_past_the_servers_stock_limit(worlds):
    """60 s with nginx and Apache, 40 s with mod_fcgid: the shipped files raise them. All four wait at once."""
    with concurrent.futures.ThreadPoolExecutor(len(worlds)) as pool:
        replies = list(pool.map(lambda world: world.site.post("/hooks/silent", timeout=120), worlds))
    assert [(r.status, r.text) for r in replies] == [(200, "late\n")] * len(worlds)
