"""What is wrong in files and folders: refused early, with one sentence that says where and what to do."""

import os
import subprocess

import pytest

from harness import BASE_ENVIRONMENT, BUILD, USER, Responder, Site, wait_until
from repositories import HttpGit, Repository
from scenarios import OUTPUT, shell


def start(folder, *arguments):
    """pocketci.fcgi with these arguments: its exit status and what it wrote."""
    result = subprocess.run([BUILD / "pocketci.fcgi", "-socket", folder.path / "s", *arguments], cwd=folder.path,
                            env=BASE_ENVIRONMENT, capture_output=True, text=True, stdin=subprocess.DEVNULL, timeout=60,
                            **USER)
    return result.returncode, result.stdout + result.stderr


@pytest.mark.parametrize("text,expected", [
    (None, "hooks.yaml"),
    ("", "hooks.yaml:1:1"),
    ("- id: [\n", "hooks.yaml:"),
    ("- id: a\n  execute-command: x\n  http-methods: {a: b}\n", "hooks.yaml:3:17"),
    ("- id: a\n", "hooks.yaml:1:"),
    ("- id: a\n  execute-command: x\n- id: a\n  execute-command: y\n", "hooks.yaml:3:"),
    ("- id: a\n  execute-command: x\n  trigger-rule:\n    match: {type: regex, regex: '(', "
     "parameter: {source: url, name: a}}\n", "hooks.yaml:4:"),
    ("- id: a\n  execute-command: x\n  trigger-rule:\n    match: {type: value, secret: s, "
     "parameter: {source: url, name: a}}\n", "hooks.yaml:4:"),
    ("- id: a\n  execute-command: x\n  trigger-rule:\n    match: {type: valeu, value: s, "
     "parameter: {source: url, name: a}}\n", "value"),
    ("- id: a\n  execute-command: x\n\tresponse-message: y\n", "hooks.yaml:3:1"),
], ids=["missing", "empty", "broken", "wrong-type", "no-command", "twice", "regex", "secret-only", "match-type", "tab"])
def test_hooks_file(folder, text, expected):
    if text is not None:
        folder.write("hooks.yaml", text)
    status, output = start(folder, "-hooks", folder.path / "hooks.yaml")
    assert status != 0
    assert expected in output, output
    assert len(output.strip().split("\n")) <= 3, output
    assert not (folder.path / "s").exists()


def test_neither_hooks_nor_repositories(folder):
    status, output = start(folder)
    assert status != 0 and "hooks" in output


def test_misspelt_key_is_named_with_the_nearest(folder):
    hooks = folder.write("hooks.yaml", "- id: a\n  execute-comand: x\n  execute-command: /bin/true\n")
    responder = Responder(folder, "-hooks", str(hooks))
    try:
        assert "hooks.yaml:2:3" in responder.log() and "execute-command" in responder.log()
    finally:
        responder.stop()


@pytest.mark.parametrize("flags,expected", [
    (["-hoks", "x"], "-hooks"),
    (["-secure"], "web server"),
    (["-port", "99999"], "port"),
    (["-children", "9,2"], "children"),
    (["stray"], "stray"),
    (["-config", "/nonexistent.yaml"], "/nonexistent.yaml"),
])
def test_flags(folder, flags, expected):
    status, output = start(folder, *flags)
    assert status != 0 and expected in output, output


def test_secret_that_others_can_read(folder):
    config = folder.write("pocketci.yaml", "hooks: hooks.yaml\nrepositories:\n- {match: github.com/a/b, token: t0p}\n")
    folder.write("hooks.yaml", "- id: a\n  execute-command: /bin/true\n")
    status, output = start(folder, "-config", config)
    assert status != 0 and "chmod" in output and "t0p" not in output
    os.chmod(config, 0o600)
    responder = Responder(folder, config=config)
    assert responder.stop() == 0


def test_cgi_with_a_broken_file_names_no_path(folder):
    folder.write("hooks.yaml", "- id: [\n")
    site = Site("apache-cgi", folder, folder.write("pocketci.yaml", "hooks: hooks.yaml\n"))
    try:
        reply = site.post("/hooks/a", b"x" * 100_000)
        assert reply.status == 500
        assert str(folder.path) not in reply.text and "hooks.yaml" not in reply.text
        wait_until(lambda: "hooks.yaml:" in site.log(), "the log names the place")
    finally:
        site.stop()


class Pushed:
    """nginx, a repository over http, and one hook with a checkout."""

    def __init__(self, folder, state):
        self.folder = folder
        self.repository = Repository(folder)
        self.http = HttpGit(folder.path / "git")
        folder.write("hooks.yaml", shell("push", "cat hello.txt", OUTPUT, "checkout: true"))
        config = folder.write("pocketci.yaml", f"hooks: hooks.yaml\nstate: {state}\nverbose: true\n"
                              f"repositories:\n- match: http://{self.http.host}/acme/*\n", 0o600)
        self.repository.commit({"hello.txt": "hello\n"})
        self.site = Site("nginx", folder, config)

    def push(self):
        return self.site.push("push", self.repository.push_payload(self.http.url()))

    def close(self):
        self.site.stop()
        self.http.stop()


def test_state_that_cannot_be_written(folder):
    """A file stands where the folder should be: root cannot write there either."""
    folder.write("state", "")
    pushed = Pushed(folder, folder.path / "state" / "below")
    try:
        reply = pushed.push()
        assert reply.status == 507
        assert reply.text.count("\n") <= 1
        wait_until(lambda: str(folder.path / "state") in pushed.site.log(), "the log names the folder")
    finally:
        pushed.close()


def test_full_disk(folder):
    """A tmpfs of one page: the mirror does not fit."""
    state = folder.make("state")
    mounted = subprocess.run(["mount", "-t", "tmpfs", "-o", "size=64k,mode=0777", "tmpfs", state], capture_output=True,
                             text=True)
    if mounted.returncode:
        pytest.skip(f"no right to mount a small tmpfs: {mounted.stderr.strip()}")
    try:
        pushed = Pushed(folder, state)
        try:
            pushed.repository.commit({"large.bin": os.urandom(300_000).hex()})
            reply = pushed.push()
            assert reply.status == 507, reply
            assert not list((state / "workspaces").glob("*")) if (state / "workspaces").exists() else True
        finally:
            pushed.close()
    finally:
        subprocess.run(["umount", "-l", state], check=True)
