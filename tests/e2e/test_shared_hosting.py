"""A folder in which a host runs CGI programs, by the .htaccess that is shipped: INSTALL's chapter on shared hosting."""

import os
import shutil
import subprocess

import pytest

from harness import BUILD, MODULES, OWNER, ROOT, SANITIZED, Process, accepts, free_port, modules, request, wait_until
from repositories import HttpGit, Repository, dump
from scenarios import OUTPUT, shell

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
ScriptSock {folder}/cgid.sock
SetEnv ASAN_OPTIONS detect_leaks=0
DocumentRoot {folder}/site
<Directory {folder}/site>
    AllowOverride All
    Options +ExecCGI
    Require all granted
</Directory>
"""


class Host:
    def __init__(self, folder, programs):
        self.folder = folder
        self.repository = Repository(folder)
        self.repository.commit({"hello.txt": "hello\n"})
        self.git = HttpGit(folder.path / "git")
        self.state = folder.make("state")
        home = folder.make("site/ci")
        for name in ("pocketci.fcgi", "pocketci"):
            shutil.copy(programs / name, home / name)
            (home / name).chmod(0o700)
            shutil.chown(home / name, *OWNER)
        folder.write("site/ci/.htaccess", (ROOT / "conf/apache/htaccess").read_text())
        folder.write("site/ci/hooks.yaml", shell("plain", "echo plain", OUTPUT)
                     + shell("push", "cat hello.txt", OUTPUT, "checkout: true"), 0o600)
        folder.write("site/ci/pocketci.yaml", f"hooks: hooks.yaml\nstate: {self.state}\nverbose: true\nrepositories:\n"
                     f"- match: http://{self.git.host}/acme/*\n  token: t0p\n", 0o600)
        self.address = ("127.0.0.1", free_port())
        load = modules("authz_core", "alias", "env", "setenvif", "filter", "cgid")
        text = APACHE.format(folder=folder.path, port=self.address[1], modules=MODULES, load=load)
        self.process = Process(["/usr/sbin/apache2", "-f", folder.write("apache.conf", text), "-D", "FOREGROUND"],
                               folder.path / "server.log")
        wait_until(lambda: accepts(self.address), "Apache listens")

    def get(self, path):
        return request(self.address, "GET", path)

    def close(self):
        self.process.stop()
        self.git.stop()


@pytest.fixture(scope="session")
def with_libraries(tmp_path_factory):
    """The responder as STATIC=1 links it, out of objects that were compiled already."""
    build = tmp_path_factory.mktemp("build") / "static"
    shutil.copytree(BUILD, build, ignore=shutil.ignore_patterns("tests", "reports", "logs"))
    subprocess.run(["make", "-C", ROOT, "--no-print-directory", "-o", build / "compile.flags", f"BUILD={build}", "STATIC=1",
                    f"SANITIZE={'address,undefined' if SANITIZED else ''}", build / "pocketci.fcgi"],
                   check=True, stdout=subprocess.DEVNULL, env={**os.environ, "MAKEFLAGS": ""})
    return build


@pytest.fixture(params=["shared", "static"])
def host(folder, request):
    programs = BUILD if request.param == "shared" else request.getfixturevalue("with_libraries")
    host = Host(folder, programs)
    yield host
    host.close()


def test_it_answers_and_shows_no_file(host):
    assert host.get("/ci/pocketci.fcgi/health").status == 200
    assert request(host.address, "POST", "/ci/pocketci.fcgi/hooks/plain").text == "plain\n"
    for name in ("pocketci.yaml", "hooks.yaml", "pocketci", ".htaccess", "pocketci.yaml~"):
        host.folder.write("site/ci/pocketci.yaml~", "token: t0p\n")
        assert host.get(f"/ci/{name}").status == 403, name
    assert "t0p" not in host.get("/ci/pocketci.fcgi/pocketci.yaml").text


def test_static(with_libraries):
    """Nothing but the C library is the host's (and its loader, and what a sanitizer brings)."""
    dynamic = subprocess.run(["readelf", "-d", with_libraries / "pocketci.fcgi"], check=True, capture_output=True,
                             text=True).stdout
    needed = [line.partition("[")[2].partition(".")[0] for line in dynamic.splitlines() if "(NEEDED)" in line]
    assert "libc" in needed
    assert not set(needed) & {"libfcgi", "libyaml-0", "libjson-c", "libcrypto", "libexpat", "libpcre2-8"}


def test_checkout(host):
    payload = dump(host.repository.push_payload(host.git.url()))
    reply = request(host.address, "POST", "/ci/pocketci.fcgi/hooks/push", payload,
                    {"Content-Type": "application/json", "X-GitHub-Event": "push"})
    assert (reply.status, reply.text) == (200, "hello\n"), (host.folder.path / "apache.error.log").read_text()
    wait_until(lambda: not list((host.state / "workspaces").iterdir()), "the workspace is removed")
