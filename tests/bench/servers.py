"""The programs that are compared, behind one nginx: the peer with kept connections, ours by the conf that is shipped."""

import shutil
import subprocess
from pathlib import Path

from harness import BUILD, MODULES, ROOT, Folder, Process, accepts, free_port, modules, wait_until
from measure import tree
from payload import SECRET

RULE = """\
  trigger-rule:
    and:
    - match: {{type: payload-hmac-sha256, secret: {secret}, parameter: {{source: header, name: X-Hub-Signature-256}}}}
    - match: {{type: value, value: {ref}, parameter: {{source: payload, name: ref}}}}
"""

HOOKS = """\
- id: "true"
  execute-command: /bin/true
  include-command-output-in-response: true
{rule}- id: other-branch
  execute-command: /bin/true
  include-command-output-in-response: true
{other}- id: forge
  execute-command: /bin/true
  include-command-output-in-response: true
  on: push
  branches: another
  trigger-rule: {{match: {{type: forge-signature, secret: {secret}}}}}
- id: tiny
  execute-command: {folder}/tiny
  command-working-directory: {folder}
  include-command-output-in-response: true
{rule}- id: silent
  execute-command: {folder}/tiny
  command-working-directory: {folder}
{rule}"""

NGINX = """\
worker_processes 1;
daemon off;
pid {folder}/nginx.pid;
error_log {folder}/nginx.error.log warn;
events {{ worker_connections 1024; }}
http {{
    access_log off;
    keepalive_requests 1000000;
    client_body_temp_path {folder}/nginx-body;
    proxy_temp_path {folder}/nginx-proxy;
    fastcgi_temp_path {folder}/nginx-fastcgi;
    uwsgi_temp_path {folder}/nginx-uwsgi;
    scgi_temp_path {folder}/nginx-scgi;
    upstream pocketci {{ server unix:{socket}; }}
    upstream peer {{ server 127.0.0.1:{peer}; keepalive 32; }}
    server {{
        listen 127.0.0.1:{port};
        location / {{ include {conf}/nginx/pocketci.conf; }}
        location /nginx/ {{ return 200; }}
        location /fcgiwrap/ {{
            include /etc/nginx/fastcgi_params;
            fastcgi_param SCRIPT_FILENAME {folder}/tiny;
            fastcgi_pass unix:{folder}/fcgiwrap.sock;
        }}
        location /peer/ {{
            client_max_body_size 26m;
            client_body_buffer_size 64k;
            proxy_pass http://peer/;
            proxy_http_version 1.1;
            proxy_set_header Connection "";
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
DefaultRuntimeDir {folder}
Mutex file:{folder} default
ScoreBoardFile {folder}/apache.scoreboard
LoadModule mpm_event_module {modules}/mod_mpm_event.so
{load}
SetEnv POCKETCI_CONFIG {config}
ScriptAlias /empty {folder}/empty
<Location /empty>
    Require all granted
</Location>
Define POCKETCI_AT /
Define POCKETCI_PROGRAM {program}
Include {conf}/apache/pocketci-cgi.conf
"""


def hooks_text(folder):
    return HOOKS.format(folder=folder, secret=SECRET, rule=RULE.format(secret=SECRET, ref="refs/heads/master"),
                        other=RULE.format(secret=SECRET, ref="refs/heads/another"))


class Place:
    """A folder with hooks, and the small programs of this one compiled into it."""

    def __init__(self):
        self.folder = Folder()
        self.hooks = self.folder.write("hooks.yaml", hooks_text(self.folder.path))
        self.runs = self.folder.write("runs", "")
        self.compile("collect.c")
        self.compile("tiny.c", "-static", "-nostartfiles", "-fno-stack-protector")
        self.compile("empty.c")

    def compile(self, source, *flags):
        path = Path(__file__).parent / source
        subprocess.run(["cc", "-O2", *flags, "-o", self.folder.path / path.stem, path], check=True)

    def count_runs(self):
        return self.runs.stat().st_size

    def collected(self, argv, log, environment=None):
        """A program whose detached processes count as its own."""
        return Process([self.folder.path / "collect", *argv], self.folder.path / log, environment)


class Servers:
    """Peer, ours and nginx, all fresh. `descriptors` is how many files each backend may have open."""

    def __init__(self, place, hooks=None, config=None, environment=None, descriptors=None):
        self.place, folder = place, place.folder.path
        hooks = hooks or place.hooks
        limit = [shutil.which("prlimit"), f"--nofile={descriptors}"] if descriptors else []
        self.peer_port, self.port, self.socket = free_port(), free_port(), str(folder / "ours.sock")
        self.started = []
        self.peer = self.start([*limit, "/usr/bin/webhook", "-hooks", hooks, "-ip", "127.0.0.1", "-port", self.peer_port],
                               "peer.log", environment)
        self.ours = self.start([*limit, BUILD / "pocketci.fcgi", "-socket", self.socket, "-socket-mode", "0666",
                                *(["-config", config] if config else ["-hooks", hooks])], "ours.log", environment)
        text = NGINX.format(folder=folder, socket=self.socket, peer=self.peer_port, port=self.port, conf=ROOT / "conf")
        self.nginx = Process(["/usr/sbin/nginx", "-c", place.folder.write("nginx.conf", text), "-p", folder,
                              "-e", folder / "nginx.error.log"], folder / "nginx.log")
        self.started.append(self.nginx)
        self.backends = {"/peer": self.peer.pid, "": self.ours.pid, "/nginx": self.nginx.pid}
        for name, address in (("nginx", ("127.0.0.1", self.port)), ("the peer", ("127.0.0.1", self.peer_port)),
                              ("ours", self.socket)):
            wait_until(lambda: accepts(address), f"{name} listens")

    def start(self, argv, log, environment=None):
        process = self.place.collected(argv, log, environment)
        self.started.append(process)
        return process

    def start_fcgiwrap(self):
        path = shutil.which("fcgiwrap", path="/usr/sbin:/usr/bin:/sbin:/bin") or shutil.which("fcgiwrap")
        address = str(self.place.folder.path / "fcgiwrap.sock")
        process = self.start([path, "-c", "4", "-s", f"unix:{address}"], "fcgiwrap.log")
        wait_until(lambda: accepts(address), "fcgiwrap listens")
        self.backends["/fcgiwrap"] = process.pid

    def members(self, process):
        """The pids of a backend, without the one that collects."""
        return tree(process.pid)[1:]

    def stop(self):
        for process in reversed(self.started):
            process.stop()


class Apache:
    """The shipped conf: ours at /, an empty C program at /empty. By mod_cgi, since mod_cgid ignores SIGCHLD, and the kernel
    then forgets what its programs used."""

    def __init__(self, place, program):
        folder = place.folder.path
        place.folder.make("state")
        config = place.folder.write("cgi.yaml", f"hooks: {place.hooks}\nstate: {folder}/state\n", 0o600)
        self.port = free_port()
        text = APACHE.format(folder=folder, port=self.port, modules=MODULES, config=config, program=program,
                             conf=ROOT / "conf",
                             load=modules("authz_core", "alias", "env", "setenvif", "filter", "cgi"))
        self.process = place.collected(["/usr/sbin/apache2", "-f", place.folder.write("apache.conf", text), "-D",
                                        "FOREGROUND"], "apache.log")
        self.backends = {"": self.process.pid, "/empty": self.process.pid}
        self.nginx = None
        wait_until(lambda: accepts(("127.0.0.1", self.port)), "Apache listens")

    def stop(self):
        self.process.stop()
