"""`pocketci check`: all that is wrong in a file, in its order, each with its place; exit status, JSON, colour."""

import json
import os
import pty
import subprocess

import pytest

from harness import BASE_ENVIRONMENT, BUILD, ROOT, USER

GOOD = "- id: {id}\n  execute-command: /bin/true\n  trigger-rule: {{match: {{type: scalr-signature, secret: s}}}}\n"
OPEN = "- {id: open, execute-command: /bin/true}\n"
OPEN_SAYS = ('hook "open": there is no trigger-rule, so whoever reaches its URL runs the command: add a rule that '
             'checks a signature or a token')

TEN = """\
- id: deploy
  execute-comand: /usr/local/bin/deploy
  response-message: [a, b]
  timeout: 10 minutes
  trigger-rule:
    and:
    - match: {type: regex, regex: "(", parameter: {source: header, name: X-A}}
    - match: {type: payload-hmac-sha256, secret: "", parameter: {sorce: header, name: X-B}}
    - match: {type: valeu, value: a, parameter: {source: url, name: c}}
- id: deploy
  execute-command: /bin/true
  stop-signal: TREM
  trigger-rule: {match: {type: ip-whitelist, ip-range: 10.0.0.0/40}}
"""

TEN_SAYS = """\
hooks.yaml:2:3: error: hook "deploy": unknown key "execute-comand": did you mean "execute-command"?
hooks.yaml:3:21: error: hook "deploy": response-message: expected a text, found a list
hooks.yaml:4:12: error: hook "deploy": timeout: expected a duration such as 30s, 10m or 1h30m, or none, at least 1 ms, \
found "10 minutes"
hooks.yaml:7:35: error: hook "deploy": regex: at character 1: there is no ) for this (
hooks.yaml:8:50: error: hook "deploy": secret is empty: anybody could make the signature
hooks.yaml:8:66: error: hook "deploy": unknown key "sorce": did you mean "source"?
hooks.yaml:9:21: error: hook "deploy": type: there is no "valeu": did you mean "value"?
hooks.yaml:10:7: error: hook "deploy": this id is taken by the hook at hooks.yaml:1:3
hooks.yaml:12:16: error: hook "deploy": stop-signal: there is no "TREM": did you mean "TERM"?
hooks.yaml:13:56: error: hook "deploy": ip-range: "10.0.0.0/40": what follows the / is a number from 0 to 32
"""


@pytest.fixture
def check(folder):
    def run(*arguments):
        return subprocess.run([BUILD / "pocketci", "check", *arguments], cwd=folder.path, env=BASE_ENVIRONMENT,
                              capture_output=True, text=True, timeout=60, check=False, **USER)
    return run


def test_ten_mistakes(folder, check):
    folder.write("hooks.yaml", TEN)
    result = check("hooks.yaml")
    assert (result.stdout, result.stderr, result.returncode) == (TEN_SAYS, "", 1)


def test_good_file_says_nothing(folder, check):
    folder.write("hooks.yaml", GOOD.format(id="a"))
    for arguments in (["hooks.yaml"], ["-strict", "hooks.yaml"], ["--", "hooks.yaml"]):
        result = check(*arguments)
        assert (result.stdout, result.stderr, result.returncode) == ("", "", 0)


def test_open_hook_fails_only_when_strict(folder, check):
    folder.write("hooks.yaml", OPEN)
    for arguments, status in (([], 0), (["-strict"], 1), (["--strict"], 1)):
        result = check(*arguments, "hooks.yaml")
        assert (result.stdout, result.returncode) == (f"hooks.yaml:1:3: warning: {OPEN_SAYS}\n", status)


def test_json(folder, check):
    folder.write("hooks.yaml", TEN + OPEN)
    folder.write("good.yaml", GOOD.format(id="good"))
    result = check("-json", "hooks.yaml", "good.yaml")
    problems = json.loads(result.stdout)
    lines = "".join("{file}:{line}:{column}: {severity}: {message}\n".format(**problem) for problem in problems)
    assert lines == TEN_SAYS + f"hooks.yaml:14:3: warning: {OPEN_SAYS}\n"
    assert [problem["hook"] for problem in problems] == ["deploy"] * 10 + ["open"]
    assert result.returncode == 1
    result = check("-json", "good.yaml")
    assert (json.loads(result.stdout), result.returncode) == ([], 0)


def test_what_is_wrong_with_a_whole_file(folder, check):
    folder.write("empty.yaml", "")
    folder.write("map.yaml", "id: a\nexecute-command: /bin/true\n")
    result = check("none.yaml", "empty.yaml", "map.yaml")
    assert result.stdout == (
        "none.yaml:1:1: error: cannot open none.yaml: No such file or directory\n"
        "empty.yaml:1:1: error: the file is empty: expected a list of hooks\n"
        "map.yaml:1:1: error: expected a list of hooks such as \"- id: …\", found a map\n")
    assert result.returncode == 1
    problem = json.loads(check("-json", "none.yaml").stdout)[0]
    assert (problem["line"], problem["column"], "hook" in problem) == (1, 1, False)


def test_files_of_one_command_line_are_one_set(folder, check):
    folder.write("a.yaml", GOOD.format(id="same"))
    folder.write("b.json", json.dumps([{"id": "same", "execute-command": "x", "trigger-rule": {"and": []}}]))
    result = check("a.yaml", "b.json")
    assert result.stdout == 'b.json:1:9: error: hook "same": this id is taken by the hook at a.yaml:1:3\n'
    assert result.returncode == 1


def test_pocketci_yaml_and_the_files_that_it_names(folder, check):
    folder.write("a.yaml", GOOD.format(id="same"))
    folder.write("b.yaml", GOOD.format(id="same"))
    folder.write("c.yaml", GOOD.format(id="same"))
    folder.write("pocketci.yaml", "hooks: [a.yaml, b.yaml, none.yaml]\ntiemout: 5s\nport: 99999\n")
    said = ('pocketci.yaml:2:1: error: unknown key "tiemout": did you mean "timeout"?\n'
            'pocketci.yaml:3:7: error: port: expected a whole number from 0 to 65535, found 99999\n'
            '{b}:1:7: error: hook "same": this id is taken by the hook at {a}:1:3\n'
            '{f}/none.yaml:1:1: error: cannot open {f}/none.yaml: No such file or directory\n')
    path = folder.path
    result = check("pocketci.yaml")
    assert result.stdout == said.format(a=path / "a.yaml", b=path / "b.yaml", f=path)
    assert result.returncode == 1
    # One on the command line that it names is checked with it, one that it does not name on its own.
    result = check("b.yaml", "c.yaml", "pocketci.yaml")
    assert result.stdout == said.format(a=path / "a.yaml", b="b.yaml", f=path)
    folder.write("pocketci.yaml", "hooks: a.yaml\n")
    assert check("-strict", "pocketci.yaml", "a.yaml").returncode == 0


def test_secret_that_others_can_read(folder, check):
    folder.write("pocketci.yaml", "repositories:\n- {match: github.com/a/b, token: t0p}\n", 0o644)
    result = check("pocketci.yaml")
    assert result.returncode == 1 and "pocketci.yaml:2:34: error: " in result.stdout and "t0p" not in result.stdout
    os.chmod(folder.path / "pocketci.yaml", 0o600)
    assert check("pocketci.yaml").returncode == 0


KEPT = """\
- id: a
  execute-command: /bin/true
  pass-environment-to-command: [{source: secret, name: deploy}]
  trigger-rule: {match: {type: scalr-signature, secret: [{file: keys/a}, {env: POCKETCI_TEST_NONE}]}}
"""


def test_secrets_that_cannot_be_read_here(folder, check):
    """Whoever checks need not be able to read what the server must."""
    folder.write("hooks.yaml", KEPT)
    said = ('{at}:4:74: warning: hook "a": secret: cannot be read here, and the server must be able to: the secret should '
            'be in the environment variable POCKETCI_TEST_NONE, which is not set\n')
    missing = ('{at}:4:58: warning: hook "a": secret: cannot be read here, and the server must be able to: the secret '
               f'should be in a file: cannot open {folder.path}/keys/a: No such file or directory\n')
    result = check("hooks.yaml")
    assert (result.stdout, result.returncode) == ((missing + said).format(at="hooks.yaml"), 0)
    folder.write("keys/a", "s3cret", 0o600)
    result = check("-strict", "hooks.yaml")
    assert (result.stdout, result.returncode) == (said.format(at="hooks.yaml"), 1)
    # The names of secrets are known with their pocketci.yaml.
    folder.write("pocketci.yaml", "hooks: hooks.yaml\nsecrets: {deplyo: {env: POCKETCI_TEST_NONE}}\n")
    result = check("pocketci.yaml", "hooks.yaml")
    unknown = ('hooks.yaml:3:56: error: hook "a": there is no secret "deploy" under secrets in pocketci.yaml: did you mean '
               '"deplyo"?\n')
    assert (result.stdout, result.returncode) == (unknown + said.format(at="hooks.yaml"), 1)


def test_from_a_pipe(folder):
    folder.write("hooks.yaml", OPEN)
    result = subprocess.run(["sh", "-c", 'cat hooks.yaml | "$0" check /dev/stdin', BUILD / "pocketci"], cwd=folder.path,
                            env=BASE_ENVIRONMENT, capture_output=True, text=True, timeout=60, check=False, **USER)
    assert (result.stdout, result.returncode) == (f"/dev/stdin:1:3: warning: {OPEN_SAYS}\n", 0)


@pytest.mark.parametrize("arguments,expected", [
    ([], "check needs the path of a file"),
    (["-json"], "check needs the path of a file"),
    (["-jsn", "hooks.yaml"], 'check does not know "-jsn"'),
    (["-schema", "hooks.yaml"], "check -schema takes no files"),
    (["-schema", "-json"], "check -schema takes no files"),
])
def test_usage(check, arguments, expected):
    result = check(*arguments)
    assert (result.stdout, result.returncode) == ("", 2)
    assert result.stderr.startswith(f"pocketci: {expected}") and result.stderr.count("\n") == 1


def on_terminal(folder, *arguments, **environment):
    """What `check` writes to a terminal, and its exit status."""
    leader, follower = pty.openpty()
    process = subprocess.Popen([BUILD / "pocketci", "check", *arguments], cwd=folder.path, stdin=subprocess.DEVNULL,
                               stdout=follower, stderr=follower, env={**BASE_ENVIRONMENT, **environment}, **USER)
    os.close(follower)
    text = b""
    try:
        while chunk := os.read(leader, 65536):
            text += chunk
    except OSError:  # its other end is closed
        pass
    os.close(leader)
    return text.decode().replace("\r\n", "\n"), process.wait(60)


def test_terminal(folder):
    folder.write("hooks.yaml", OPEN + "- {id: b, execute-command: x, timeout: 1}\n")
    text, status = on_terminal(folder, "hooks.yaml", TERM="xterm")
    assert "\033[1mhooks.yaml:1:3:\033[0m \033[1;35mwarning:\033[0m hook" in text
    assert "\033[1mhooks.yaml:2:40:\033[0m \033[1;31merror:\033[0m hook" in text
    assert text.endswith("\n1 file, 2 hooks: 1 error, 2 warnings\n") and status == 1
    for environment in ({"TERM": "xterm", "NO_COLOR": "1"}, {"TERM": "dumb"}, {}):
        text, status = on_terminal(folder, "hooks.yaml", **environment)
        assert "\033" not in text and text.startswith("hooks.yaml:1:3: warning: ") and status == 1
        assert text.endswith("\n1 file, 2 hooks: 1 error, 2 warnings\n")
    text, status = on_terminal(folder, "-json", "hooks.yaml", TERM="xterm")
    assert len(json.loads(text)) == 3 and status == 1
    folder.write("hooks.yaml", GOOD.format(id="a"))
    assert on_terminal(folder, "hooks.yaml", TERM="xterm") == ("1 file, 1 hook: 0 errors, 0 warnings\n", 0)


def test_examples(folder, check):
    """What we give people to start from is right in every way."""
    names = sorted(path.name for path in (ROOT / "examples").glob("*.yaml"))
    for name in names:
        folder.write(name, (ROOT / "examples" / name).read_bytes(), 0o600)
    result = check("-strict", *names)
    assert (result.stdout, result.returncode) == ("", 0) and len(names) >= 4


def test_output_that_cannot_be_written(folder):
    folder.write("hooks.yaml", OPEN)
    with open("/dev/full", "w", encoding="ascii") as full:
        result = subprocess.run([BUILD / "pocketci", "check", "hooks.yaml"], cwd=folder.path, env=BASE_ENVIRONMENT,
                                stdout=full, stderr=subprocess.PIPE, text=True, timeout=60, check=False, **USER)
    assert result.returncode == 1 and "standard output" in result.stderr


def test_published_schema_is_what_the_program_prints(check):
    result = check("-schema")
    assert result.returncode == 0
    published = (ROOT / "share" / "hooks.schema.json").read_text(encoding="utf-8")
    assert result.stdout == published, "run: pocketci check -schema > share/hooks.schema.json"
