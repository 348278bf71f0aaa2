"""Both programs with the same hooks and flags: the reference over HTTP, ours over FastCGI on a Unix socket."""

import posixpath
import re
import socket
import sys
import urllib.parse
from dataclasses import dataclass
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

import fcgi_client  # noqa: E402
from harness import BUILD, SLOW, Process, accepts, free_port, wait_until  # noqa: E402

REFERENCE = "/usr/bin/webhook"
VERSION = "2.8.0"


@dataclass
class Reply:
    status: int
    headers: list  # (name in lower case, text)
    body: bytes

    def values(self, name):
        return [value for known, value in self.headers if known == name]


def parse_reply(output, status_line):
    """status_line: of HTTP; else the status is in a header, as CGI has it."""
    head, separator, body = output.partition(b"\r\n\r\n")
    if not separator:
        return None
    lines = head.decode("latin-1").split("\r\n")
    first = lines.pop(0) if status_line else None
    headers = [(name.lower(), value.strip(" \t")) for name, _, value in (line.partition(":") for line in lines)]
    if status_line:
        return Reply(int(first.split()[1]), headers, body)
    status = [value for name, value in headers if name == "status"]
    return Reply(int((status or ["200"])[0].split()[0]), [h for h in headers if h[0] != "status"], body)


class Reference:
    """webhook. `serves` is false where it did not take the file."""

    name = "webhook"

    def __init__(self, folder, flags, environment, host="127.0.0.1"):
        self.folder = folder
        for _ in range(5):
            self.port = free_port()
            self.address = (host, self.port)
            log = folder.path / "webhook.log"
            argv = [REFERENCE, "-ip", f"[{host}]" if ":" in host else host, "-port", self.port, *flags]
            self.process = Process(argv, log, environment, cwd=folder.path)
            wait_until(lambda: not self.process.running() or self._answers(), "webhook answers")
            # A port that another program took in between is no verdict on the file.
            if self.process.running() or "error listening" not in self.process.log():
                break
        self.serves = self.process.running()

    def _answers(self):
        """It accepts connections before it looks at its files, so that one which is accepted says nothing."""
        try:
            with socket.create_connection(self.address, timeout=30 * SLOW) as connection:
                connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
                return connection.recv(1) != b""
        except OSError:
            return False

    def send(self, request):
        """The reply, and the port that the request came from."""
        target = request.path + ("?" + request.query if request.query else "")
        head = [f"{request.method} {target} HTTP/1.0".encode(), b"Host: localhost"]
        head += [name.encode() + b": " + value for name, value in request.headers]
        with socket.create_connection(self.address, timeout=30 * SLOW,
                                      source_address=(request.client, 0)) as connection:
            port = connection.getsockname()[1]
            output = b""
            try:
                connection.sendall(b"\r\n".join(head) + b"\r\n\r\n" + request.body)
                while data := connection.recv(65536):
                    output += data
            except (ConnectionResetError, BrokenPipeError):
                pass  # it had not read all of the body; its reply may be there all the same
        return parse_reply(output, True), port

    def stop(self):
        self.process.stop()

    def log(self):
        return self.process.log()


def normal_path(path):
    """What nginx makes of a path: decoded, slashes merged, dots resolved."""
    decoded = re.sub(rb"/+", b"/", urllib.parse.unquote_to_bytes(path))
    clean = posixpath.normpath(decoded).lstrip(b"/")
    slash = decoded.endswith((b"/", b"/.", b"/..")) and clean not in (b"", b".")
    return b"/" + (b"" if clean == b"." else clean) + (b"/" if slash else b"")


def cgi_parameters(request, port):
    """The variables of conf/nginx/pocketci.conf, as nginx fills them."""
    headers = {name.lower(): value for name, value in reversed(request.headers)}
    pairs = [
        ("REQUEST_METHOD", request.method), ("QUERY_STRING", request.query),
        ("CONTENT_TYPE", headers.get("content-type", b"")),
        ("CONTENT_LENGTH", headers.get("content-length", b"")), ("SCRIPT_NAME", normal_path(request.path)),
        ("PATH_INFO", ""),
        ("REQUEST_URI", request.path + ("?" + request.query if request.query else "")), ("SERVER_PROTOCOL", "HTTP/1.0"),
        ("REQUEST_SCHEME", "http"), ("GATEWAY_INTERFACE", "CGI/1.1"), ("SERVER_SOFTWARE", "nginx"),
        ("REMOTE_ADDR", request.client),
        ("REMOTE_PORT", str(port)), ("REMOTE_USER", ""), ("SERVER_ADDR", "127.0.0.1"), ("SERVER_PORT", "80"),
        ("SERVER_NAME", "localhost"), ("HTTP_PROXY", ""), ("HTTP_HOST", "localhost"),
    ]
    pairs += [("HTTP_" + name.upper().replace("-", "_"), value) for name, value in request.headers]
    return b"".join(fcgi_client.pair(name, value) for name, value in pairs)


class Ours:
    """pocketci.fcgi. `serves` is false where it did not take the file."""

    name = "pocketci"

    def __init__(self, folder, flags, environment):
        self.folder = folder
        self.socket = str(folder.path / "pocketci.sock")
        state = folder.make("state")
        argv = [BUILD / "pocketci.fcgi", "-config", folder.write("pocketci.yaml", f"state: {state}\n"), "-socket",
                self.socket,
                "-socket-mode", "0666", *flags]
        self.process = Process(argv, folder.path / "pocketci.log", environment, cwd=folder.path)
        wait_until(lambda: not self.process.running() or accepts(self.socket), "pocketci listens")
        self.serves = self.process.running()

    def send(self, request, port):
        with fcgi_client.Connection(self.socket, 30 * SLOW) as connection:
            connection.send(fcgi_client.begin() + fcgi_client.records(fcgi_client.PARAMS,
                                                                      cgi_parameters(request, port)) +
                            fcgi_client.records(fcgi_client.STDIN, request.body))
            return parse_reply(connection.read_output(), False)

    def stop(self):
        self.process.stop()

    def log(self):
        return self.process.log()


class Pair:
    """Both, on one folder. files: (name, text) of the hooks. host: where the reference listens."""

    def __init__(self, folder, files, flags, environment, host="127.0.0.1"):
        named = []
        for log in folder.path.glob("*.log"):
            log.unlink()
        for name, text in files:
            named += ["-hooks", folder.write(name, text)]
        self.reference = Reference(folder, named + flags, environment, host)
        try:
            self.ours = Ours(folder, named + flags, environment)
        except BaseException:
            self.reference.stop()
            raise

    def loads(self):
        return self.reference.serves, self.ours.serves

    def send(self, request):
        """(the reference's reply, ours); None is a connection that ended without one."""
        reply, port = self.reference.send(request)
        return reply, self.ours.send(request, port)

    def stop(self):
        try:
            self.reference.stop()
        finally:
            self.ours.stop()

    def __enter__(self):
        return self

    def __exit__(self, *_):
        self.stop()
