"""Real git repositories and real ways to serve them: git http-backend over http, git daemon, a folder."""

import json
import os
import subprocess
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

from harness import USER, Process, accepts, free_port, wait_until

GIT_ENVIRONMENT = {
    "PATH": os.environ["PATH"], "HOME": "/nonexistent", "GIT_CONFIG_NOSYSTEM": "1", "GIT_CONFIG_GLOBAL": "/dev/null",
    "GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org",
    "GIT_COMMITTER_NAME": "Ada", "GIT_COMMITTER_EMAIL": "ada@example.org", "LANG": "C.UTF-8",
}


def git(folder, *arguments, **more):
    """Runs git as the servers' user, to whom everything belongs; its output without the last newline."""
    result = subprocess.run(["git", *arguments], cwd=folder, env=GIT_ENVIRONMENT, capture_output=True, text=True,
                            **USER, **more)
    if result.returncode:
        raise AssertionError(f"git {' '.join(arguments)}: {result.stderr}")
    return result.stdout.rstrip("\n")


class Repository:
    """A work tree with commits, pushed to a bare repository that is served."""

    def __init__(self, folder, name="app"):
        self.name = name
        folder.make("git/acme")
        self.work = folder.make(f"work/{name}")
        self.bare = folder.make(f"git/acme/{name}.git")
        git(self.bare, "init", "-q", "--bare", "-b", "main")
        git(self.bare, "config", "http.receivepack", "true")
        git(self.work, "init", "-q", "-b", "main")
        git(self.work, "remote", "add", "origin", str(self.bare))
        (self.bare / "git-daemon-export-ok").touch()
        self.head = "0" * 40

    def commit(self, files, message="change", branch="main"):
        """Commits files (name → text) on the branch and pushes it; its id."""
        for name, text in files.items():
            path = self.work / name
            path.parent.mkdir(parents=True, exist_ok=True)
            path.write_text(text)
            if name.endswith(".sh"):
                path.chmod(0o755)
        git(self.work, "add", "-A")
        git(self.work, "commit", "-q", "--allow-empty", "-m", message)
        git(self.work, "push", "-q", "-f", "origin", f"HEAD:refs/heads/{branch}")
        self.head = git(self.work, "rev-parse", "HEAD")
        return self.head

    def push_payload(self, url, commit=None, before="0" * 40, ref="refs/heads/main", **more):
        """What GitHub sends for a push, in the parts that matter here."""
        commit = commit or self.head
        deleted = commit == "0" * 40
        return {
            "ref": ref, "before": before, "after": commit, "created": before == "0" * 40, "deleted": deleted,
            "forced": False,
            "repository": {"name": self.name, "full_name": f"acme/{self.name}", "clone_url": url,
                           "default_branch": "main"},
            "head_commit": None if deleted else {"id": commit, "message": "change"},
            "commits": [{"id": commit, "message": "change"}], "pusher": {"name": "ada"}, **more,
        }


class HttpGit:
    """git http-backend behind a small threaded HTTP server, which can be told to misbehave.

    hang: paths that contain this text get no answer until the server ends. token: what Basic authentication must carry.
    """

    def __init__(self, root):
        self.root = str(root)
        self.hang = None
        self.token = None
        self.requests = []
        self.release = threading.Event()
        outer = self

        class Handler(BaseHTTPRequestHandler):
            protocol_version = "HTTP/1.1"

            def log_message(self, *_):
                pass

            def do_GET(self):
                outer.answer(self)

            do_POST = do_GET

        class Server(ThreadingHTTPServer):
            daemon_threads = True
            request_queue_size = 64

        self.server = Server(("127.0.0.1", 0), Handler)
        self.host = "127.0.0.1:%d" % self.server.server_address[1]
        self.thread = threading.Thread(target=self.server.serve_forever, kwargs={"poll_interval": 0.05}, daemon=True)
        self.thread.start()

    def url(self, path="acme/app.git"):
        return f"http://{self.host}/{path}"

    def answer(self, handler):
        self.requests.append((handler.command, handler.path, dict(handler.headers)))
        path, _, query = handler.path.partition("?")
        if self.hang and self.hang in handler.path:
            self.release.wait(600)
            handler.close_connection = True
            return
        import base64
        if self.token:
            expected = "Basic " + base64.b64encode(self.token.encode()).decode()
            if handler.headers.get("Authorization") != expected:
                handler.send_response(401)
                handler.send_header("WWW-Authenticate", 'Basic realm="git"')
                handler.send_header("Content-Length", "0")
                handler.end_headers()
                return
        length = int(handler.headers.get("Content-Length") or 0)
        body = handler.rfile.read(length) if length else b""
        if handler.headers.get("Transfer-Encoding") == "chunked":
            while size := int(handler.rfile.readline().strip(), 16):
                body += handler.rfile.read(size)
                handler.rfile.readline()
            handler.rfile.readline()
        environment = {
            **GIT_ENVIRONMENT, "GIT_PROJECT_ROOT": self.root, "GIT_HTTP_EXPORT_ALL": "1", "PATH_INFO": path,
            "QUERY_STRING": query, "REQUEST_METHOD": handler.command, "REMOTE_ADDR": "127.0.0.1",
            "CONTENT_TYPE": handler.headers.get("Content-Type", ""), "CONTENT_LENGTH": str(len(body)),
            "GIT_PROTOCOL": handler.headers.get("Git-Protocol", ""),
            "HTTP_CONTENT_ENCODING": handler.headers.get("Content-Encoding", ""),
            "GIT_CONFIG_COUNT": "1",
            "GIT_CONFIG_KEY_0": "uploadpack.allowAnySHA1InWant", "GIT_CONFIG_VALUE_0": "true",
        }
        result = subprocess.run(["git", "http-backend"], input=body, env=environment, capture_output=True,
                                **USER)
        head, _, content = result.stdout.partition(b"\r\n\r\n")
        status = 200
        headers = []
        for line in head.decode().split("\r\n"):
            name, _, value = line.partition(": ")
            if name == "Status":
                status = int(value.split()[0])
            elif name:
                headers.append((name, value))
        handler.send_response(status)
        for name, value in headers:
            handler.send_header(name, value)
        handler.send_header("Content-Length", str(len(content)))
        handler.end_headers()
        handler.wfile.write(content)

    def let_go(self):
        """Ends what hangs, without an answer; nothing hangs from now on."""
        self.hang = None
        self.release.set()
        self.release = threading.Event()

    def stop(self):
        self.let_go()
        self.server.shutdown()
        self.server.server_close()


class GitDaemon:
    """git daemon on a port of the kernel's choice."""

    def __init__(self, folder):
        for _ in range(5):
            port = free_port()
            self.process = Process(
                ["git", "daemon", "--listen=127.0.0.1", f"--port={port}", "--reuseaddr",
                 f"--base-path={folder.path}/git", f"{folder.path}/git"],
                folder.path / "git-daemon.log", {"HOME": "/nonexistent"})
            wait_until(lambda: accepts(("127.0.0.1", port)) or not self.process.running(), "git daemon listens")
            if self.process.running():
                self.host = f"127.0.0.1:{port}"
                return
        raise AssertionError("git daemon did not start: " + self.process.log())

    def url(self, path="acme/app.git"):
        return f"git://{self.host}/{path}"

    def stop(self):
        self.process.stop()


def dump(payload):
    return json.dumps(payload).encode()
