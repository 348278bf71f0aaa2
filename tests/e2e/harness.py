"""Real servers for the end-to-end tests: nginx, Apache in three ways, the responder, git over http.

Everything lives under one temporary folder, runs as an unprivileged user where the tests run as root, listens on loopback
or a Unix socket, and is ended by the handle it was started with. Nothing sleeps: wait_until() waits on conditions.
"""

import hashlib
import hmac
import http.client
import json
import os
import pwd
import select
import shutil
import signal
import socket
import subprocess
import tempfile
import time
from array import array
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]
BUILD = Path(os.environ.get("POCKETCI_BUILD", ROOT / "build" / "release")).resolve()
SANITIZED = bool(os.environ.get("POCKETCI_SANITIZED"))
SLOW = 4 if SANITIZED else 1  # factor on what a step may take; never on what is asserted about the product

if os.geteuid() == 0:
    _nobody = pwd.getpwnam("nobody")
    USER = {"user": _nobody.pw_uid, "group": _nobody.pw_gid, "extra_groups": []}
    OWNER = (_nobody.pw_uid, _nobody.pw_gid)
else:
    USER = {}
    OWNER = (os.geteuid(), os.getegid())

BASE_ENVIRONMENT = {
    "PATH": "/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin",
    "LANG": "C.UTF-8",
    "ASAN_OPTIONS": "detect_leaks=0:abort_on_error=0:exitcode=99",
    "UBSAN_OPTIONS": "print_stacktrace=1:halt_on_error=1",
}


def wait_until(condition, what, timeout=20):
    """Polls until condition() is true and returns its value; fails with `what` after timeout seconds."""
    end = time.monotonic() + timeout * SLOW
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            raise AssertionError(f"not within {timeout} s: {what() if callable(what) else what}")
        select.select([], [], [], 0.01)


def free_port():
    """A TCP port of the kernel's choice. Who starts a server on it tries again where another was faster."""
    with socket.socket() as s:
        s.bind(("127.0.0.1", 0))
        return s.getsockname()[1]


def accepts(address):
    family = socket.AF_UNIX if isinstance(address, str) else socket.AF_INET
    with socket.socket(family) as s:
        try:
            s.connect(address)
            return True
        except OSError:
            return False


class Folder:
    """A temporary folder that the servers' user owns."""

    def __init__(self):
        self.path = Path(tempfile.mkdtemp(prefix="pocketci-e2e-"))
        os.chmod(self.path, 0o755)
        os.chown(self.path, *OWNER)

    def make(self, name):
        path = self.path
        for part in Path(name).parts:
            path = path / part
            if not path.exists():
                path.mkdir()
                os.chown(path, *OWNER)
        return path

    def write(self, name, text, mode=0o644):
        path = self.path / name
        if not path.parent.exists():
            self.make(str(path.parent.relative_to(self.path)))
        data = text if isinstance(text, bytes) else text.encode()
        temporary = path.with_name(path.name + ".new")
        temporary.write_bytes(data)
        os.chmod(temporary, mode)
        os.chown(temporary, *OWNER)
        os.rename(temporary, path)
        return path

    def remove(self):
        shutil.rmtree(self.path, ignore_errors=True)


class Process:
    """A program under test, ended by its own handle."""

    def __init__(self, argv, log, environment=None, cwd="/", **more):
        self.argv = [str(a) for a in argv]
        self.log_path = Path(log)
        with open(log, "ab") as output:
            self.popen = subprocess.Popen(
                self.argv, stdin=more.pop("stdin", subprocess.DEVNULL), stdout=output, stderr=output, cwd=cwd,
                env={**BASE_ENVIRONMENT, **(environment or {})}, start_new_session=True, **USER, **more)

    @property
    def pid(self):
        return self.popen.pid

    def log(self):
        return self.log_path.read_text(errors="replace") if self.log_path.exists() else ""

    def running(self):
        return self.popen.poll() is None

    def send(self, number):
        self.popen.send_signal(number)

    def stop(self, number=signal.SIGTERM, timeout=20):
        if self.running():
            self.send(number)
            try:
                self.popen.wait(timeout * SLOW)
            except subprocess.TimeoutExpired:
                self.popen.kill()
                self.popen.wait()
                raise AssertionError(f"{self.argv[0]} did not end on signal {number}:\n{self.log()[-2000:]}")
        return self.popen.returncode


class Reply:
    def __init__(self, status, headers, body):
        self.status = status
        self.headers = headers
        self.body = body

    @property
    def text(self):
        return self.body.decode(errors="replace")

    def __repr__(self):
        return f"<{self.status} {self.text[:300]!r}>"


def request(address, method, path, body=b"", headers=None, timeout=60):
    """One HTTP request over TCP; the reply whole."""
    connection = http.client.HTTPConnection(*address, timeout=timeout * SLOW)
    try:
        connection.request(method, path, body=body, headers=headers or {})
        response = connection.getresponse()
        return Reply(response.status, response.headers, response.read())
    finally:
        connection.close()


def sign(secret, body, algorithm="sha256"):
    return f"{algorithm}=" + hmac.new(secret.encode(), body, getattr(hashlib, algorithm)).hexdigest()


def github_headers(body, secret, event="push", delivery="72d3162e-cc78-11e3-81ab-4c9367dc0958"):
    return {
        "Content-Type": "application/json",
        "User-Agent": "GitHub-Hookshot/044aadd",
        "X-GitHub-Event": event,
        "X-GitHub-Delivery": delivery,
        "X-Hub-Signature": sign(secret, body, "sha1"),
        "X-Hub-Signature-256": sign(secret, body),
    }


class Responder:
    """pocketci.fcgi as a FastCGI server on a Unix socket."""

    def __init__(self, folder, *flags, environment=None, config=None, name="responder"):
        self.folder = folder
        self.socket = str(folder.path / f"{name}.sock")
        argv = [BUILD / "pocketci.fcgi", "-socket", self.socket, "-socket-mode", "0666"]
        if config:
            argv += ["-config", config]
        self.process = Process(argv + list(flags), folder.path / f"{name}.log", environment)
        wait_until(lambda: accepts(self.socket) or not self.process.running(), "responder listens")
        if not self.process.running():
            raise AssertionError("the responder ended at its start:\n" + self.process.log())

    def log(self):
        return self.process.log()

    def children(self):
        listing = Path(f"/proc/{self.process.pid}/task/{self.process.pid}/children").read_text()
        return [int(pid) for pid in listing.split()]

    def stop(self):
        return self.process.stop()


NGINX = """\
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.error.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    {outer}
    upstream pocketci {{ server unix:{socket}; }}
    server {{
        listen 127.0.0.1:{port};
        location {at}/ {{
            {split}
            include {conf}/pocketci.conf;
        }}
    }}
}}
"""

APACHE = """\
ServerRoot {folder}
ServerName localhost
Listen 127.0.0.1:{port}
PidFile {folder}/apache.pid
ErrorLog {folder}/apache.error.log
LogLevel warn
DefaultRuntimeDir {folder}
Mutex file:{folder} default
ScoreBoardFile {folder}/apache.scoreboard
LoadModule mpm_event_module {modules}/mod_mpm_event.so
LoadModule authz_core_module {modules}/mod_authz_core.so
LoadModule alias_module {modules}/mod_alias.so
LoadModule env_module {modules}/mod_env.so
LoadModule setenvif_module {modules}/mod_setenvif.so
LoadModule filter_module {modules}/mod_filter.so
LoadModule deflate_module {modules}/mod_deflate.so
LoadModule reqtimeout_module {modules}/mod_reqtimeout.so
AddOutputFilterByType DEFLATE text/plain
{load}
StartServers 1
ServerLimit 4
ThreadsPerChild 32
MaxRequestWorkers 64
{outer}
Define POCKETCI_AT {at}/
Define POCKETCI_PROGRAM {program}
Define POCKETCI_SOCKET {socket}
{environment}
Include {conf}/{snippet}
"""

MODULES = "/usr/lib/apache2/modules"


def modules(*names):
    return "\n".join(f"LoadModule {n}_module {MODULES}/mod_{n}.so" for n in names)


class Site:
    """A web server with pocketci behind it, by the very configuration that is shipped.

    kind: nginx, apache-cgi, apache-fcgid or apache-fcgi. at: the prefix it answers under. outer: lines of the
    server's own configuration outside the snippet.
    """

    def __init__(self, kind, folder, config_path, at="", outer="", flags=()):
        self.kind = kind
        self.folder = folder
        self.config_path = config_path
        self.at = at
        self.responder = None
        if kind in ("nginx", "apache-fcgi"):
            self.responder = Responder(folder, *flags, config=config_path)
        for _ in range(5):
            self.address = ("127.0.0.1", free_port())
            self.process = self._start(at, outer)
            wait_until(lambda: accepts(self.address) or not self.process.running(), self._why)
            if self.process.running():
                return
            if "Address already in use" not in self.server_log():
                break
        raise AssertionError(f"{kind} did not start:\n{self.server_log()}")

    def _start(self, at, outer):
        values = {
            "folder": self.folder.path, "port": self.address[1], "at": at, "outer": outer,
            "socket": self.responder.socket if self.responder else "unused",
        }
        if self.kind == "nginx":
            split = f"fastcgi_split_path_info ^({at})(/.*)$;" if at else ""
            text = NGINX.format(conf=ROOT / "conf/nginx", split=split, **values)
            path = self.folder.write("nginx.conf", text)
            argv = ["/usr/sbin/nginx", "-c", path, "-p", self.folder.path, "-e", self.folder.path / "nginx.error.log"]
        else:
            load, snippet, environment = {
                "apache-cgi": (modules("cgid"), "pocketci-cgi.conf", f"SetEnv POCKETCI_CONFIG {self.config_path}"
                               "\nSetEnv ASAN_OPTIONS detect_leaks=0\nScriptSock %s/cgid.sock" % self.folder.path),
                "apache-fcgid": (modules("fcgid"), "pocketci-fcgid.conf",
                                 f"FcgidInitialEnv POCKETCI_CONFIG {self.config_path}"
                                 "\nFcgidInitialEnv ASAN_OPTIONS detect_leaks=0"
                                 "\nFcgidIPCDir %s/fcgid\nFcgidProcessTableFile %s/fcgid_shm"
                                 % (self.folder.path, self.folder.path)),
                "apache-fcgi": (modules("proxy", "proxy_fcgi"), "pocketci-fcgi.conf", ""),
            }[self.kind]
            self.folder.make("fcgid")
            text = APACHE.format(conf=ROOT / "conf/apache", modules=MODULES, load=load, snippet=snippet,
                                 program=BUILD / "pocketci.fcgi", environment=environment, **values)
            path = self.folder.write("apache.conf", text)
            argv = ["/usr/sbin/apache2", "-f", path, "-D", "FOREGROUND"]
        return Process(argv, self.folder.path / "server.log")

    def _why(self):
        return f"{self.kind} listens:\n{self.server_log()}"

    def server_log(self):
        logs = [self.folder.path / n for n in ("server.log", "nginx.error.log", "apache.error.log")]
        return "".join(p.read_text(errors="replace") for p in logs if p.exists())

    def log(self):
        """What pocketci wrote, wherever that way of running puts it."""
        own = self.responder.log() if self.responder else ""
        detached = self.folder.path / "state" / "pocketci.log"
        return own + self.server_log() + (detached.read_text(errors="replace") if detached.exists() else "")

    def request(self, method, path, body=b"", headers=None, timeout=60):
        return request(self.address, method, self.at + path, body, headers, timeout)

    def get(self, path, headers=None):
        return self.request("GET", path, headers=headers)

    def post(self, path, body=b"", headers=None, timeout=60):
        return self.request("POST", path, body, headers, timeout)

    def push(self, hook, payload, secret="itsasecret", headers=None, timeout=120):
        """A signed GitHub push."""
        body = payload if isinstance(payload, bytes) else json.dumps(payload).encode()
        return self.post(f"/hooks/{hook}", body, {**github_headers(body, secret), **(headers or {})}, timeout)

    def connect(self):
        return socket.create_connection(self.address, timeout=60 * SLOW)

    def stop(self):
        self.process.stop()
        return self.responder.stop() if self.responder else None


KINDS = ("nginx", "apache-cgi", "apache-fcgid", "apache-fcgi")


class Stream:
    """A reply read as it comes, over a connection of its own."""

    def __init__(self, address, method, path, body=b"", headers=None):
        self.connection = http.client.HTTPConnection(*address, timeout=60 * SLOW)
        self.connection.request(method, path, body=body, headers=headers or {})
        self.response = None

    def start(self):
        self.response = self.connection.getresponse()
        return self.response.status

    def line(self):
        return self.response.readline()

    def rest(self):
        return self.response.read()

    def close(self):
        self.connection.close()
        if self.response:
            self.response.close()


PAGE = os.sysconf("SC_PAGE_SIZE")
PRESENT, OF_FILE = 1 << 63, 1 << 61  # proc_pid_pagemap(5)


def file_pages(pid):
    """The pages of files that a process has mapped and in memory: {(device, inode, number)}. Memory shared by fork is one."""
    pages = set()
    with open(f"/proc/{pid}/pagemap", "rb", 0) as pagemap:
        for line in Path(f"/proc/{pid}/maps").read_text().splitlines():
            addresses, _, offset, device, inode = line.split()[:5]
            if inode == "0":
                continue
            begin, end = (int(address, 16) // PAGE for address in addresses.split("-"))
            first = int(offset, 16) // PAGE
            entries = array("Q", os.pread(pagemap.fileno(), (end - begin) * 8, begin * 8))
            pages |= {(device, inode, first + number) for number, entry in enumerate(entries)
                      if entry & PRESENT and entry & OF_FILE}
    return pages


def memory_of(pids):
    """Bytes that processes hold together, whoever else runs: what is no file's, and every page of a file that one of them has
    mapped, once. PSS, which gives each user of a page a share of it, is less where others map the same C library, and is
    another number on another machine. Needs root where the processes are not dumpable."""
    own, pages = 0, set()
    for pid in pids:
        rollup = Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines()
        own += sum(int(line.split()[1]) * 1024 for line in rollup if line.startswith("Pss_Anon:"))
        pages |= file_pages(pid)
    return own + len(pages) * PAGE


def processes_with(text):
    """The pids whose command line or environment names `text`."""
    found = []
    for entry in os.listdir("/proc"):
        if not entry.isdigit() or int(entry) == os.getpid():
            continue
        try:
            data = Path(f"/proc/{entry}/cmdline").read_bytes() + Path(f"/proc/{entry}/environ").read_bytes()
            state = Path(f"/proc/{entry}/stat").read_text().rpartition(")")[2].split()[0]
        except OSError:
            continue
        if text.encode() in data and state != "Z":
            found.append(int(entry))
    return found
