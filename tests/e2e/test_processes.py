"""The responder's processes: each promise about them, kept by real ones. Requests are spoken to its socket directly."""

import fcntl
import json
import os
import pwd
import re
import resource
import shutil
import signal
import socket
import stat
import subprocess
import sys
import threading
import time
from pathlib import Path

import pytest

from fcgi_client import GET_VALUES, PARAMS, Connection, begin, call, pair, record
from harness import BUILD, SANITIZED, SLOW, memory_of, wait_until

RESPONDER = BUILD / "pocketci.fcgi"
PATH = "/usr/local/bin:/usr/bin:/bin"
ROOT_ONLY = pytest.mark.skipif(os.geteuid() != 0, reason="needs root")

# `hold` says that it began, waits for a file, and says that it ended: so tests decide how long a request takes.
HOLD = """#!/bin/sh
echo $$ > "$1/began.$2"
while [ ! -e "$1/go" ]; do sleep 0.02; done
echo "held $2"
"""

HOOKS = """
- id: version
  execute-command: {folder}/print
  pass-arguments-to-command: [{{source: string, name: "{version}"}}]
  include-command-output-in-response: true
- id: child
  execute-command: {folder}/parent
  include-command-output-in-response: true
- id: environment
  execute-command: /usr/bin/env
  include-command-output-in-response: true
- id: hold
  execute-command: {folder}/hold
  pass-arguments-to-command: [{{source: string, name: "{folder}"}}, {{source: url, name: name}}]
  include-command-output-in-response: true
- id: silent
  execute-command: {folder}/hold
  pass-arguments-to-command: [{{source: string, name: "{folder}"}}, {{source: url, name: name}}]
- id: signed
  execute-command: /bin/true
  trigger-rule:
    match: {{type: payload-hmac-sha256, secret: itsasecret, parameter: {{source: header, name: X-Hub-Signature-256}}}}
- id: {version}
  execute-command: /bin/true
"""


def alive(pid):
    """Whether the process runs; a zombie does not."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()[0] not in "ZX"
    except (FileNotFoundError, ProcessLookupError):
        return False


def children_of(pid):
    try:
        listing = Path(f"/proc/{pid}/task/{pid}/children").read_text()
    except (FileNotFoundError, ProcessLookupError):
        return []
    return sorted(int(child) for child in listing.split())


class Place:
    """A folder with hooks, and the responders started in it."""

    def __init__(self, folder):
        self.folder = folder
        folder.chmod(0o755)
        self.socket = str(folder / "socket")
        self.log_file = folder / "log"
        self.started = []
        self.script("hold", HOLD)
        self.script("print", '#!/bin/sh\necho "$1"\n')
        self.script("parent", "#!/bin/sh\necho $PPID\n")
        self.write_hooks("ONE")

    def script(self, name, text):
        path = self.folder / name
        path.write_text(text)
        path.chmod(0o755)

    def write_hooks(self, version):
        new = self.folder / "hooks.new"
        new.write_text(HOOKS.format(folder=self.folder, version=version))
        new.rename(self.folder / "hooks.yaml")

    def environment(self, **more):
        # A process that is not dumpable is searched for leaks by root alone.
        return {"PATH": PATH, "HOME": str(self.folder), "UBSAN_OPTIONS": "print_stacktrace=1",
                "ASAN_OPTIONS": f"exitcode=99:detect_leaks={int(os.geteuid() == 0)}", **more}

    def command(self, *flags):
        return [str(RESPONDER), "-hooks", str(self.folder / "hooks.yaml"), "-verbose", *map(str, flags)]

    def popen(self, argv, **more):
        environment = self.environment(**more.pop("environment", {}))
        with open(self.log_file, "ab") as log:
            process = subprocess.Popen(argv, stdin=more.pop("stdin", subprocess.DEVNULL), stdout=log, stderr=log,
                                       cwd=self.folder, env=environment, start_new_session=True, **more)
        self.started.append(process)
        return process

    def start(self, *flags, **more):
        """A responder on the place's socket, once it listens."""
        process = self.popen(self.command("-socket", self.socket, *flags), **more)
        wait_until(lambda: "listening on" in self.log() or process.poll() is not None, self.log)
        assert process.poll() is None, self.log()
        return process

    def log(self):
        return self.log_file.read_text(errors="replace") if self.log_file.exists() else ""

    def wait_for_log(self, text):
        wait_until(lambda: text in self.log(), lambda: f"{text!r} in the log:\n{self.log()}")

    def call(self, path, method="POST", body=b"", **more):
        return call(self.socket, method, path, body, timeout=30 * SLOW, **more)

    def hold(self, name, hook="hold"):
        """A request that waits until go(); its command has begun."""
        connection = Connection(self.socket, 30 * SLOW).send_request("POST", f"/hooks/{hook}?name={name}")
        wait_until((self.folder / f"began.{name}").exists, f"{name} begins; log:\n{self.log()}")
        return connection

    def command_of(self, name):
        """The process of a held command."""
        return int(wait_until((self.folder / f"began.{name}").read_text, "its pid is written"))

    def go(self):
        (self.folder / "go").write_text("")

    def clean(self):
        self.go()
        for process in self.started:
            pids = [process.pid, *children_of(process.pid)]
            for pid in pids:
                try:
                    os.kill(pid, signal.SIGKILL)
                except ProcessLookupError:
                    pass
            process.wait()
        for file in self.folder.glob("began.*"):
            pid = file.read_text().strip()
            wait_until(lambda: not pid or not alive(int(pid)), f"command {pid} ends")


@pytest.fixture
def place(tmp_path):
    place = Place(tmp_path)
    yield place
    place.clean()
    assert not [word for word in ("Sanitizer", "runtime error", "status 99") if word in place.log()], place.log()


def wait_for_children(process, count):
    return wait_until(lambda: len(children_of(process.pid)) == count and children_of(process.pid),
                      lambda: f"{count} children; there are {children_of(process.pid)}")


def end(process, number=signal.SIGTERM):
    process.send_signal(number)
    return process.wait(20 * SLOW)


def refused(address):
    try:
        Connection(address).close()
    except (ConnectionRefusedError, FileNotFoundError):
        return True
    except ConnectionResetError:
        return False  # it came into the queue of a port that was closed then
    return False


# --- How many --------------------------------------------------------------------------------------------------------


def test_children_are_there_before_requests(place):
    process = place.start("-children", "3,5")
    children = wait_for_children(process, 3)
    assert int(place.call("/hooks/child").text) in children
    assert "hooks: 7, children: 3 to 5" in place.log()
    assert children_of(process.pid) == children


def test_more_children_while_all_are_busy_and_fewer_later(place):
    process = place.start("-children", "1,3")
    held = [place.hold(name) for name in ("a", "b")]
    children = wait_until(lambda: len(children_of(process.pid)) == 3 and children_of(process.pid), "three children")
    place.go()
    assert [connection.read_reply().text for connection in held] == ["held a\n", "held b\n"]
    assert children_of(process.pid) == children
    wait_until(lambda: len(children_of(process.pid)) == 1, "one child, after 10 s", 30)
    assert children_of(process.pid)[0] in children
    assert place.call("/hooks/version").text == "ONE\n"
    assert "ended by signal" not in place.log() and "status" not in place.log().replace(" status 200", "")


def test_the_last_idle_child_stays(place):
    """One child waits for an hour's command; the other must not leave after its 10 idle seconds."""
    process = place.start("-children", "1,3")
    held = place.hold("a")
    wait_until(lambda: len(children_of(process.pid)) >= 2, "a second child")
    begun = time.monotonic()
    wait_until(lambda: time.monotonic() > begun + 12, "longer than an idle child stays", 30)
    begun = time.monotonic()
    assert place.call("/health", "GET").status == 200
    assert time.monotonic() - begun < 1
    place.go()
    assert held.read_reply().text == "held a\n"


def test_all_children_busy(place):
    process = place.start("-children", "1,2")
    # The right to wait ends before the children do; held connections do not need it.
    silent = [Connection(place.socket).send(b"\1") for _ in range(2)]
    wait_for_children(process, 2)
    late = Connection(place.socket, 30 * SLOW).send_request("GET", "/health")
    place.wait_for_log("all 2 children are busy and requests wait")
    for connection in silent:
        connection.close()
    assert late.read_reply().status == 200
    assert len(children_of(process.pid)) == 2


def test_nobody_waits_for_the_only_child(place):
    """One child is enough for one request at a time; nothing is worth a warning then, however long it takes."""
    process = place.start("-children", "1,1")
    wait_for_children(process, 1)
    connection = Connection(place.socket).send(b"\1")
    begun = time.monotonic()
    wait_until(lambda: time.monotonic() > begun + 1.5, "longer than what is called busy")
    connection.close()
    assert place.call("/health", "GET").status == 200
    assert "busy" not in place.log()


# --- What dies is replaced -------------------------------------------------------------------------------------------


def test_killed_child_is_replaced(place):
    process = place.start("-children", "2,2")
    victim = wait_for_children(process, 2)[0]
    os.kill(victim, signal.SIGKILL)
    wait_until(lambda: victim not in children_of(process.pid) and len(children_of(process.pid)) == 2, place.log)
    assert f"child {victim} was ended between requests by signal 9 (Killed)" in place.log()
    for _ in range(10):
        assert place.call("/hooks/version").text == "ONE\n"


def test_child_killed_during_a_request(place):
    process = place.start("-children", "1,1")
    child = wait_for_children(process, 1)[0]
    connection = place.hold("a")
    os.kill(child, signal.SIGKILL)
    reply = connection.read_reply()
    assert not reply.ended
    assert place.call("/hooks/version").text == "ONE\n"
    assert f"child {child} was ended during a request by signal 9" in place.log()
    assert "waiting" not in place.log()  # what a request did makes nobody else wait


def test_one_that_died_waiting_gives_its_place_back(place):
    """Three of four wait; one of them is killed; then one more may wait."""
    process = place.start("-children", "4,4")
    held = {name: place.hold(name) for name in ("a", "b", "c")}
    assert place.call("/hooks/hold?name=d").status == 503
    os.kill(place.command_of("a"), signal.SIGKILL)
    held["a"].read_reply()
    child = [pid for pid in children_of(process.pid) if place.command_of("b") in children_of(pid)][0]
    os.kill(child, signal.SIGKILL)
    held["b"].read_reply()
    held["d"] = place.hold("d")
    held["e"] = wait_until(lambda: place.hold("e"), "e")
    place.go()
    assert [held[name].read_reply().text for name in "cde"] == ["held c\n", "held d\n", "held e\n"]


def test_children_that_die_at_once_make_the_next_wait(place):
    process = place.start("-children", "1,1")
    delays = []
    for _ in range(2):
        child = wait_for_children(process, 1)[0]
        count = place.log().count("waiting")
        os.kill(child, signal.SIGKILL)
        wait_until(lambda: place.log().count("waiting") > count, place.log)
        delays.append(place.log().split("waiting ")[-1].split(" before")[0])
    assert delays == ["1 second", "2 seconds"]
    # Meanwhile the parent does not sleep: it ends at once.
    begun = time.monotonic()
    assert end(process) == 0
    assert time.monotonic() - begun < 1.5 * SLOW


def limit_processes(process, limit):
    """By its own user, who may where a root without CAP_SYS_RESOURCE may not. Root itself has no such limit."""
    user = {"user": "nobody", "group": pwd.getpwnam("nobody").pw_gid, "extra_groups": []} if os.geteuid() == 0 else {}
    subprocess.run(["prlimit", f"--pid={process.pid}", f"--nproc={limit}:"], check=True, **user)


def test_no_process_to_be_had(place):
    """fork(2) fails: said, tried again later, and what is there serves on."""
    process = place.start("-children", "2,2", *(as_nobody(place) if os.geteuid() == 0 else []))
    victim = wait_for_children(process, 2)[0]
    before, _ = resource.getrlimit(resource.RLIMIT_NPROC)
    limit_processes(process, 1)
    os.kill(victim, signal.SIGKILL)
    place.wait_for_log("cannot start a child: Resource temporarily unavailable; waiting")
    assert place.call("/health", "GET").status == 200
    limit_processes(process, before if before != resource.RLIM_INFINITY else "unlimited")
    wait_for_children(process, 2)


def descriptors_of(pid):
    folder = Path(f"/proc/{pid}/fd")
    return [os.readlink(folder / name) for name in os.listdir(folder)]


def test_no_descriptor_to_be_had(place):
    """A child that cannot accept leaves its place to a new one, rather than to spin."""
    process = place.start("-children", "1,1")
    child = wait_for_children(process, 1)[0]
    wait_until(lambda: "anon_inode:[eventpoll]" in descriptors_of(child), "it waits for connections")
    free = next(number for number in range(100) if not os.path.lexists(f"/proc/{child}/fd/{number}"))
    resource.prlimit(child, resource.RLIMIT_NOFILE, (free, free))
    assert place.call("/hooks/version").text == "ONE\n"
    assert "cannot accept a connection: Too many open files" in place.log()
    assert not alive(child)


def test_crash_in_libfcgi_ends_one_child(place):
    """libfcgi 2.4.2 overruns its stack on FCGI_GET_VALUES with four known names, and is stopped by its canary."""
    process = place.start("-children", "2,2")
    children = wait_for_children(process, 2)
    with Connection(place.socket) as connection:
        connection.send(record(GET_VALUES, pair("FCGI_MAX_CONNS", "") * 8, 0) + begin())
        place.wait_for_log("during a request by signal 6")
    assert len(set(wait_for_children(process, 2)) & set(children)) == 1
    assert place.call("/hooks/version").text == "ONE\n"


# --- The end ---------------------------------------------------------------------------------------------------------


def test_drain(place):
    process = place.start("-children", "2,2", "-pidfile", place.folder / "pid")
    assert (place.folder / "pid").read_text() == f"{process.pid}\n"
    connection = place.hold("a")
    process.send_signal(signal.SIGTERM)
    wait_until(lambda: refused(place.socket), "the socket is gone")
    wait_until(lambda: len(children_of(process.pid)) == 1, "the idle child leaves")
    assert process.poll() is None
    place.go()
    reply = connection.read_reply()
    assert (reply.status, reply.text, reply.ended) == (200, "held a\n", True)
    assert process.wait(10 * SLOW) == 0
    assert not os.path.exists(place.socket)
    assert not (place.folder / "pid").exists()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGINT])
def test_idle_responder_ends_at_once(place, number):
    process = place.start("-children", "4,4")
    children = wait_for_children(process, 4)
    begun = time.monotonic()
    assert end(process, number) == 0
    assert time.monotonic() - begun < SLOW
    assert not any(alive(pid) for pid in children)


def test_interrupt_from_a_terminal_drains_too(place):
    """Ctrl-C reaches the children themselves."""
    process = place.start("-children", "2,2")
    connection = place.hold("a")
    os.killpg(process.pid, signal.SIGINT)
    wait_until(lambda: refused(place.socket), "the socket is gone")
    place.go()
    assert connection.read_reply().text == "held a\n"
    assert process.wait(10 * SLOW) == 0


def test_second_signal_cancels_what_runs(place):
    process = place.start("-children", "2,2")
    connection = place.hold("a")
    command = place.command_of("a")
    process.send_signal(signal.SIGTERM)
    wait_until(lambda: refused(place.socket), "the socket is gone")
    assert alive(command)
    process.send_signal(signal.SIGTERM)
    reply = connection.read_reply()
    assert reply.ended and reply.status >= 500
    assert process.wait(10 * SLOW) == 0
    wait_until(lambda: not alive(command), "the command ends")


def test_third_signal_kills(place):
    process = place.start("-children", "1,1")
    place.script("hold", "#!/bin/sh\ntrap '' TERM\n" + HOLD.partition("\n")[2])
    connection = place.hold("a")
    command = place.command_of("a")
    for expected in ("ending: no new requests", "ending: what still runs is cancelled", "ending: children are killed"):
        process.send_signal(signal.SIGTERM)
        place.wait_for_log(expected)
    assert process.wait(10 * SLOW) == 0
    assert not alive(command)  # whatever state it was in: the second signal may just have stopped it for a moment
    assert not connection.read_reply().ended


def test_children_end_with_a_killed_parent(place):
    process = place.start("-children", "3,3")
    connection = place.hold("a")
    command = place.command_of("a")
    children = wait_for_children(process, 3)
    process.kill()
    wait_until(lambda: not any(alive(child) for child in children), "children end", 20)
    assert connection.read_reply().status >= 500  # it was told
    wait_until(lambda: not alive(command), "and so does the command")
    # Nothing is left that would keep the next one from starting.
    place.log_file.write_text("")
    place.go()
    second = place.start("-children", "1,1")
    assert place.call("/hooks/version").text == "ONE\n"
    assert end(second) == 0


def test_keepers_live_on(place):
    """A plain hook without output is nobody's descendant: neither a drain nor a killed parent ends it."""
    process = place.start("-children", "1,1")
    assert place.call("/hooks/silent?name=a").status == 200
    wait_until((place.folder / "began.a").exists, "it begins")
    command = place.command_of("a")
    assert end(process) == 0
    assert alive(command)
    place.go()
    wait_until(lambda: not alive(command), "it ends by itself")


# Each run writes its name and the keeper that ran it.
MARKING = """
- id: mark
  execute-command: {folder}/mark
  pass-arguments-to-command: [{{source: string, name: "{folder}/marks"}}, {{source: url, name: name}}]
- id: fails
  execute-command: {folder}/fail
"""


class Marks:
    """Calls of a hook without output, and what ran of them."""

    def __init__(self, place):
        self.place, self.file, self.answered = place, place.folder / "marks", []
        place.script("mark", '#!/bin/sh\necho "$2 $PPID" >> "$1"\n')
        place.script("fail", "#!/bin/sh\nexit 3\n")
        (place.folder / "hooks.yaml").write_text(MARKING.format(folder=place.folder))
        self.file.write_text("")

    def call(self, name):
        assert self.place.call(f"/hooks/mark?name={name}").status == 200
        self.answered.append(name)

    def call_many(self, count, threads=4):
        def some(number):
            for i in range(count // threads):
                self.call(f"{begun}-{number}-{i}")
        begun = len(self.answered)
        started = [threading.Thread(target=some, args=[number]) for number in range(threads)]
        for thread in started:
            thread.start()
        for thread in started:
            thread.join()
        assert len(self.answered) == begun + count

    def lines(self):
        return [line.split() for line in self.file.read_text().splitlines()]

    def keepers(self):
        """Their pids, once all that was answered ran, each once."""
        wait_until(lambda: len(self.lines()) >= len(self.answered),
                   lambda: f"{len(self.answered)} runs; there are {self.lines()}; log:\n{self.place.log()}")
        assert sorted(name for name, _ in self.lines()) == sorted(self.answered)
        return {int(keeper) for _, keeper in self.lines()}


def test_a_few_keepers_run_many_commands(place):
    marks = Marks(place)
    place.start("-children", "4,4")
    marks.call_many(200)
    assert len(marks.keepers()) < 100


def test_killed_keepers_that_wait_lose_nothing(place):
    marks = Marks(place)
    place.start("-children", "2,2")
    for _ in range(5):
        marks.call_many(8)
        for keeper in marks.keepers():
            if alive(keeper):
                os.kill(keeper, signal.SIGKILL)
    marks.call_many(8)
    marks.keepers()


@pytest.mark.parametrize("number", [signal.SIGTERM, signal.SIGKILL])
def test_keepers_that_wait_end_with_the_responder(place, number):
    marks = Marks(place)
    process = place.start("-children", "2,2")
    marks.call_many(20)
    end(process, number)
    keepers = marks.keepers()
    wait_until(lambda: not any(alive(keeper) for keeper in keepers), "they end")


def test_keepers_over_reloads(place):
    """What is answered while configurations come and go runs, once, and so does what was under way at the end."""
    marks = Marks(place)
    process = place.start("-children", "2,8")
    calls = threading.Thread(target=marks.call_many, args=[200])
    calls.start()
    try:
        for count in range(1, 6):
            process.send_signal(signal.SIGHUP)
            wait_until(lambda: place.log().count("loaded again; hooks: 2") >= count, place.log)
    finally:
        calls.join()
    assert end(process) == 0
    marks.keepers()


def test_keepers_write_to_the_log_that_was_opened_again(place):
    marks = Marks(place)
    log, old = place.folder / "own.log", place.folder / "old.log"
    process = place.popen(place.command("-socket", place.socket, "-children", "1,1", "-logfile", log))
    wait_until(lambda: log.exists() and "listening" in log.read_text(), "it listens")
    marks.call("a")
    marks.keepers()
    assert place.call("/hooks/fails").status == 200
    wait_until(lambda: "exit status 3" in log.read_text(), "the keeper tells")
    log.rename(old)
    process.send_signal(signal.SIGUSR1)
    wait_until(log.exists, "the new log")
    wait_until(lambda: place.call("/hooks/mark?name=b") and "/hooks/mark" in log.read_text(), "a new child serves")
    for count in range(1, 4):
        assert place.call("/hooks/fails").status == 200
        wait_until(lambda: log.read_text().count("exit status 3") == count, "the keeper tells")
    assert old.read_text().count("exit status 3") == 1


# --- Reload ----------------------------------------------------------------------------------------------------------


class Load:
    """Requests without pause, from several threads, until stopped."""

    def __init__(self, place, count):
        self.place = place
        self.replies = []
        self.errors = []
        self.running = True
        self.threads = [threading.Thread(target=self.run) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while self.running:
            try:
                reply = self.place.call("/hooks/version")
                self.replies.append((reply.status, reply.text, reply.ended))
            except Exception as error:
                self.errors.append(error)

    def stop(self):
        self.running = False
        for thread in self.threads:
            thread.join()


def test_reload_under_load(place):
    process = place.start("-children", "3,8")
    wait_for_children(process, 3)
    load = Load(place, 4)
    try:
        wait_until(lambda: len(load.replies) > 20, "load")
        for round in range(5):
            version = f"V{round}"
            place.write_hooks(version)
            process.send_signal(signal.SIGHUP)
            wait_until(lambda: load.replies[-1][1] == f"{version}\n", version)
        before = children_of(process.pid)
        place.write_hooks("LAST")
        process.send_signal(signal.SIGHUP)
        wait_until(lambda: place.log().count("loaded again; hooks: 7") >= 6, place.log)
        wait_until(lambda: not set(before) & set(children_of(process.pid)), "the old children leave")
    finally:
        load.stop()
    assert load.errors == []
    texts = {text for _, text, _ in load.replies}
    assert {(status, ended) for status, _, ended in load.replies} == {(200, True)}
    assert texts <= {"ONE\n", "LAST\n"} | {f"V{round}\n" for round in range(5)}
    assert all(place.call("/hooks/version").text == "LAST\n" for _ in range(20))


@pytest.mark.parametrize("broken", ["", "- id: [", "- id: a\n  execute-command: 7\n  trigger-rule: 1\n", None])
def test_broken_file_leaves_the_old_hooks(place, broken):
    process = place.start("-children", "2,2")
    children = wait_for_children(process, 2)
    if broken is None:
        (place.folder / "hooks.yaml").unlink()
    else:
        (place.folder / "hooks.yaml").write_text(broken)
    process.send_signal(signal.SIGHUP)
    place.wait_for_log("not loaded again, what was loaded before goes on: ")
    assert "hooks.yaml" in place.log().split("goes on: ")[1]
    assert place.call("/hooks/version").text == "ONE\n"
    assert children_of(process.pid) == children
    # And a good one afterwards is taken.
    place.write_hooks("TWO")
    process.send_signal(signal.SIGHUP)
    place.wait_for_log("loaded again; hooks: 7")
    wait_until(lambda: place.call("/hooks/version").text == "TWO\n", "the new hooks")


def test_request_at_hand_keeps_its_hooks(place):
    process = place.start("-children", "1,1")
    connection = place.hold("a")
    place.write_hooks("TWO")
    process.send_signal(signal.SIGHUP)
    place.wait_for_log("loaded again")
    assert place.call("/hooks/version").text == "TWO\n"
    assert place.call("/hooks/ONE").status == 404
    place.go()
    assert connection.read_reply().text == "held a\n"
    wait_for_children(process, 1)


def test_flags_of_the_file_are_read_again(place):
    config = place.folder / "pocketci.yaml"
    config.write_text("children: 1,1\n")
    process = place.start("-config", config)
    wait_for_children(process, 1)
    config.write_text("children: 3,3\n")
    process.send_signal(signal.SIGHUP)
    wait_for_children(process, 3)


def test_log_is_opened_again(place):
    log = place.folder / "own.log"
    process = place.popen(place.command("-socket", place.socket, "-children", "2,2", "-logfile", log))
    wait_until(lambda: log.exists() and "listening" in log.read_text(), "it listens")
    assert stat.S_IMODE(log.stat().st_mode) == 0o640
    connection = place.hold("a")
    log.rename(place.folder / "old.log")
    process.send_signal(signal.SIGUSR1)
    wait_until(log.exists, "the new log")
    wait_until(lambda: place.call("/hooks/version") and "hooks/version" in log.read_text(), "a child writes to it")
    place.go()
    assert connection.read_reply().text == "held a\n"
    assert "/hooks/hold" in (place.folder / "old.log").read_text()


# --- Where it listens ------------------------------------------------------------------------------------------------


def test_stale_socket_is_replaced_and_a_live_one_is_not(place):
    first = place.start("-children", "1,1")
    second = place.popen(place.command("-socket", place.socket))
    assert second.wait(10 * SLOW) != 0
    assert f"the socket {place.socket} is already served by another process" in place.log()
    assert place.call("/hooks/version").text == "ONE\n"
    children = children_of(first.pid)
    first.kill()
    first.wait()
    wait_until(lambda: not any(alive(child) for child in children), "its children end")
    assert os.path.exists(place.socket)
    place.log_file.write_text("")
    place.start("-children", "1,1")
    assert place.call("/hooks/version").text == "ONE\n"


def test_file_that_is_no_socket_is_left(place):
    Path(place.socket).write_text("precious")
    process = place.popen(place.command("-socket", place.socket))
    assert process.wait(10 * SLOW) != 0
    assert "exists and is no socket" in place.log()
    assert Path(place.socket).read_text() == "precious"


def test_no_socket_at_all(place):
    process = place.popen(place.command())
    assert process.wait(10 * SLOW) == 2
    assert "no socket to listen on: give -socket PATH" in place.log()


def test_socket_mode(place):
    place.start("-socket-mode", "0600", "-children", "1,1")
    assert stat.S_IMODE(os.stat(place.socket).st_mode) == 0o600


def test_port(place):
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        address = probe.getsockname()
    process = place.popen(place.command("-port", address[1], "-children", "2,2"))
    place.wait_for_log(f"listening on 127.0.0.1:{address[1]}")
    assert call(address, "POST", "/hooks/version").text == "ONE\n"
    # A child that is busy for long does not keep the port from the next server.
    held = Connection(address, 30 * SLOW).send_request("POST", "/hooks/hold?name=a")
    wait_until((place.folder / "began.a").exists, "it begins")
    process.send_signal(signal.SIGTERM)
    wait_until(lambda: refused(address), "the port is closed")
    place.log_file.write_text("")
    second = place.popen(place.command("-port", address[1], "-children", "1,1"))
    place.wait_for_log("listening on")
    place.go()
    assert held.read_reply().text == "held a\n"
    assert process.wait(10 * SLOW) == 0
    assert end(second) == 0


@pytest.fixture
def listener(place):
    with socket.socket(socket.AF_UNIX) as listener:
        listener.bind(place.socket)
        listener.listen(64)
        yield listener


def start_at_descriptor(place, listener, number, *flags):
    """As systemd does: LISTEN_PID is the pid of the process itself, so a shell sets it and becomes the responder."""
    script = 'LISTEN_PID=$$; export LISTEN_PID; exec "$@"' if number == 3 else 'exec "$@"'
    redirection = {"pass_fds": [3], "preexec_fn": lambda: os.dup2(listener.fileno(), 3)} if number == 3 else {
        "stdin": listener}
    environment = {"LISTEN_FDS": "1", "LISTEN_FDNAMES": "pocketci.socket"} if number == 3 else {}
    process = place.popen(["/bin/sh", "-c", script, "sh", *place.command("-children", "2,2", *flags)],
                          environment=environment, **redirection)
    place.wait_for_log(f"listening on descriptor {number}")
    return process


@pytest.mark.parametrize("number", [3, 0])
def test_descriptor_handed_over(place, listener, number):
    process = start_at_descriptor(place, listener, number)
    assert int(place.call("/hooks/child").text) in wait_for_children(process, 2)
    environment = place.call("/hooks/environment").text
    assert "LISTEN_" not in environment
    held = place.hold("a")
    process.send_signal(signal.SIGTERM)
    wait_until(lambda: len(children_of(process.pid)) == 1, "idle children leave")
    # The socket is not ours: what connects now waits for whoever serves it next.
    waiting = Connection(place.socket, 30 * SLOW).send_request("POST", "/hooks/version")
    place.log_file.write_text("")
    start_at_descriptor(place, listener, number)
    assert waiting.read_reply().text == "ONE\n"
    place.go()
    assert held.read_reply().text == "held a\n"
    assert process.wait(10 * SLOW) == 0


@pytest.mark.skipif(not shutil.which("spawn-fcgi"), reason="needs spawn-fcgi")
def test_spawn_fcgi(place):
    spawner = place.popen(["spawn-fcgi", "-n", "-s", place.socket, "--", *place.command("-children", "2,2")])
    place.wait_for_log("listening on descriptor 0")
    assert int(place.call("/hooks/child").text) in wait_for_children(spawner, 2)  # -n: it became the responder
    assert end(spawner) == 0


# --- Connections that misbehave --------------------------------------------------------------------------------------


def test_half_a_record_holds_nobody_for_long(place):
    process = place.start("-children", "2,2", "-request-timeout", "500ms")
    wait_for_children(process, 2)
    whole = begin() + record(PARAMS, pair("REQUEST_METHOD", "GET"))
    broken = [Connection(place.socket, 10 * SLOW).send(whole[:size]) for size in (1, 7, 12, 20, len(whole))]
    begun = time.monotonic()
    late = place.call("/hooks/version")
    assert late.text == "ONE\n"
    assert time.monotonic() - begun < 5 * SLOW
    assert all(connection.at_end() for connection in broken)
    wait_until(lambda: place.log().count("a connection sent no whole request within 500 ms") == len(broken), place.log)
    assert "signal" not in place.log()


def test_one_byte_at_a_time(place):
    """The deadline is one for the request, however busily its bytes trickle in."""
    process = place.start("-children", "1,1", "-request-timeout", "700ms")
    wait_for_children(process, 1)
    data = begin() + record(PARAMS, pair("A", "b" * 100) * 100)
    begun = time.monotonic()
    with Connection(place.socket) as connection:
        with pytest.raises((BrokenPipeError, ConnectionResetError)):
            for i in range(len(data)):
                connection.send(data[i:i + 1])
                assert time.monotonic() - begun < 5 * SLOW
                wait_until(lambda until=time.monotonic() + 0.05: time.monotonic() >= until, "a pause")
    assert time.monotonic() - begun >= 0.65
    assert place.call("/health", "GET").status == 200


def test_connection_that_asks_to_be_kept_is_closed(place):
    place.start("-children", "1,1")
    with Connection(place.socket) as first:
        assert first.send_request("GET", "/health", flags=1).read_reply().ended
        assert first.at_end()
        assert place.call("/health", "GET").status == 200  # by the one child that there is


def test_client_that_does_not_close(place):
    """libfcgi would wait 2 s for it; here the child is free at once."""
    place.start("-children", "1,1")
    open_ones = []
    begun = time.monotonic()
    for _ in range(20):
        connection = Connection(place.socket, 10 * SLOW).send_request("POST", "/hooks/signed", b"{}")
        while (got := connection.read_record()) is not None and got[0] != 3:
            pass
        open_ones.append(connection)
    assert time.monotonic() - begun < 2 * SLOW
    for connection in open_ones:
        connection.close()


def test_clients_that_leave_in_the_middle(place):
    process = place.start("-children", "4,4")
    children = wait_for_children(process, 4)
    for i in range(50):
        Connection(place.socket).send_request("POST", "/hooks/version").close()
    # Their commands run to their end, and count as replies that wait.
    wait_until(lambda: place.call("/hooks/version").text == "ONE\n", "room to wait")
    assert children_of(process.pid) == children
    assert "signal" not in place.log()


def test_no_descriptor_stays_behind(place):
    process = place.start("-children", "1,1")
    child = wait_for_children(process, 1)[0]
    place.call("/hooks/version")
    before = sorted(os.listdir(f"/proc/{child}/fd"))
    for i in range(300):
        if i % 3 == 0:
            place.call("/hooks/signed", body=b"{}")
        elif i % 3 == 1:
            Connection(place.socket).send(b"\1\1\0").close()
        else:
            place.call("/hooks/version")
    assert sorted(os.listdir(f"/proc/{child}/fd")) == before
    assert children_of(process.pid) == [child]
    assert children_of(child) == []


# --- Replies that wait -----------------------------------------------------------------------------------------------


def test_the_last_quarter_stays_free(place):
    process = place.start("-children", "4,4")
    wait_for_children(process, 4)
    held = [place.hold(name) for name in ("a", "b", "c")]
    reply = place.call("/hooks/hold?name=d")
    assert reply.status == 503
    assert int(reply.headers["retry-after"]) > 0
    assert not (place.folder / "began.d").exists()

    body = json.dumps({"ref": "refs/heads/main"}).encode()
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": "sha256=" + "0" * 64}
    for path, method, sent, status in (("/health", "GET", {}, 200), ("/hooks/signed", "POST", headers, 500)):
        for _ in range(5):
            begun = time.monotonic()
            assert place.call(path, method, body, headers=sent).status == status
            assert time.monotonic() - begun < 0.1 * SLOW
    place.go()
    assert [connection.read_reply().text for connection in held] == ["held a\n", "held b\n", "held c\n"]
    assert place.call("/hooks/hold?name=d").text == "held d\n"


def test_silent_clients_leave_nothing_to_wait_for(place):
    """A plain hook without output takes no place among those that wait."""
    place.start("-children", "1,1")
    for name in "abcd":
        assert place.call(f"/hooks/silent?name={name}").status == 200
        wait_until((place.folder / f"began.{name}").exists, f"{name} begins")


def hold_all_places(place):
    """As many commands as may run with nobody waiting; they end when the file that is returned is closed."""
    gate = open(place.folder / "gate", "w")
    fcntl.flock(gate, fcntl.LOCK_EX)
    (place.folder / "hooks.yaml").write_text(f"""
- id: lasts
  execute-command: /usr/bin/flock
  pass-arguments-to-command:
  - {{source: string, name: -s}}
  - {{source: string, name: {place.folder}/gate}}
  - {{source: string, name: /bin/true}}
- id: leaves-a-mark
  execute-command: /bin/mkdir
  pass-arguments-to-command: [{{source: string, name: -p}}, {{source: string, name: {place.folder}/mark}}]
""")
    place.start("-children", "1,2")
    for number in range(128):
        assert place.call("/hooks/lasts").status == 200, number
    return gate


def test_no_more_than_128_run_with_nobody_waiting(place):
    gate = hold_all_places(place)
    try:
        reply = place.call("/hooks/leaves-a-mark")
        assert (reply.status, int(reply.headers["retry-after"]) > 0) == (503, True)
        begun = time.monotonic()
        assert place.call("/hooks/leaves-a-mark").status == 503
        assert time.monotonic() - begun < 0.5 * SLOW  # nothing moved for a second by now
        assert place.call("/health", "GET").status == 200
        assert not (place.folder / "mark").exists()
    finally:
        gate.close()
    wait_until(lambda: place.call("/hooks/leaves-a-mark").status == 200, "places are free")
    wait_until((place.folder / "mark").exists, "the mark")


def test_one_more_waits_in_a_burst(place):
    """It was asked for before the last second of quiet was over, so it waits, and runs."""
    gate = hold_all_places(place)
    try:
        connection = Connection(place.socket, 30 * SLOW).send_request("POST", "/hooks/leaves-a-mark")
        begun = time.monotonic()
        wait_until(lambda: time.monotonic() > begun + 0.1, "long enough for a refusal")
    finally:
        gate.close()
    assert connection.read_reply().status == 200
    wait_until((place.folder / "mark").exists, "the mark")


# --- What a command finds --------------------------------------------------------------------------------------------


def test_command_environment(place):
    place.start("-children", "1,1", environment={"SECRET": "itsasecret", "HTTP_PROXY": "http://ours.example"})
    reply = place.call("/hooks/environment", headers={"Proxy": "http://evil.example", "X-Test": "yes"},
                       more={"LD_PRELOAD": "/tmp/x.so", "POCKETCI_CONFIG": "/tmp/x", "PATH": "/evil"})
    lines = reply.text.splitlines()
    assert f"PATH={PATH}" in lines
    assert not [line for line in lines if "evil" in line or "HTTP_" in line or "LD_" in line or "SECRET" in line]
    assert "POCKETCI_CONFIG=/tmp/x" not in lines


def test_command_inherits_nothing(place):
    """No descriptor of the responder's, no blocked or ignored signal (but the C library's own two), nobody's session."""
    place.script("parent", "#!/bin/sh\nls /proc/self/fd\ngrep -E 'Sig(Blk|Ign)' /proc/self/status\n"
                           "cut -d' ' -f6 /proc/self/stat\n")
    process = place.start("-children", "1,1")
    lines = place.call("/hooks/child").text.split("\n")
    assert [line for line in lines if line.isdigit()][:4] == ["0", "1", "2", "3"]  # 3 is ls's own
    assert "4" not in lines
    masks = [int(line.split()[1], 16) & 0xFFFFFFFE7FFFFFFF for line in lines if "Sig" in line]
    assert masks == [0, 0]
    assert int(lines[-2]) not in (process.pid, *children_of(process.pid))


OTHER_KEYS = """
- id: inherits
  run: env
  inherit-environment: true
  include-command-output-in-response: true
- id: keeps
  run: |
    sleep 1000 >/dev/null 2>&1 &
    echo $!
  keep-processes: true
  include-command-output-in-response: true
- id: signalled
  run: |
    trap 'echo farewell; exit 0' USR1
    while :; do sleep 0.02; done
  stop-signal: USR1
  timeout: 300ms
  include-command-output-in-response: true
  include-command-output-in-response-on-error: true
- id: slow
  run: |
    head -c 100 >/dev/null
    head -c 1000000 /dev/zero
    echo $$ > "$1/began.slow"
    while ! test -e "$1/go"; do sleep 0.02; done
    cat | wc -c
  pass-arguments-to-command: [{{source: string, name: "{folder}"}}]
  pass-stdin-to-command: {{source: raw-request-body}}
  include-command-output-in-response: true
- id: fails
  run: exit 3
- id: checked/out
  run: exit 3
  checkout: {{repository: "file://{folder}/none.git", ref: refs/heads/main}}
"""


def use_other_hooks(place):
    (place.folder / "hooks.yaml").write_text(OTHER_KEYS.format(folder=place.folder))


def test_environment_is_inherited_where_the_hook_says_so(place):
    use_other_hooks(place)
    place.start("-children", "1,1", environment={"SECRET": "itsasecret"})
    lines = place.call("/hooks/inherits", headers={"Proxy": "http://evil.example"}).text.splitlines()
    assert "SECRET=itsasecret" in lines
    assert not [line for line in lines if "evil" in line]


def test_what_a_command_leaves_behind_is_kept_where_the_hook_says_so(place):
    use_other_hooks(place)
    place.start("-children", "1,1")
    kept = int(place.call("/hooks/keeps").text)
    try:
        place.call("/hooks/inherits")  # the next run of the same child does not sweep it either
        assert alive(kept)
    finally:
        os.kill(kept, signal.SIGKILL)


def test_stop_signal(place):
    use_other_hooks(place)
    place.start("-children", "1,1")
    reply = place.call("/hooks/signalled")
    assert reply.status == 504 and reply.text.endswith("farewell\n")  # before it the shell's word on its sleep


def test_large_input_and_a_command_that_is_not_reading(place):
    """It prints more than a pipe holds, with 10 MiB of input unread, and reads on when it likes."""
    use_other_hooks(place)
    place.start("-children", "1,1")
    body = b"x" * (10 * 1024 * 1024)
    with Connection(place.socket, 30 * SLOW) as connection:
        connection.send_request("POST", "/hooks/slow", body)
        wait_until((place.folder / "began.slow").exists, lambda: f"its output was taken:\n{place.log()}")
        place.go()
        reply = connection.read_reply()
    assert (reply.status, len(reply.text)) == (200, 1000000 + len("10485660\n"))
    assert reply.text.endswith("\0" + "10485660\n")


def log_objects(text):
    """Every line of a log as an object; the names of its members and their order are fixed."""
    objects = [json.loads(line) for line in text.splitlines()]
    for line in objects:
        assert [name for name in ("time", "level", "request", "hook", "run", "message") if name in line] == list(line)
        assert re.fullmatch(r"\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d\.\d{3}Z", line["time"])
        assert line["level"] in ("error", "warning", "info", "debug")
    return objects


def test_log_as_json(place):
    """Of the parent, a child, a keeper and `pocketci exec`."""
    use_other_hooks(place)
    (place.folder / "pocketci.yaml").write_text(
        f"log-format: json\nstate: {place.folder}/state\nrepositories:\n- match: file://{place.folder}/*\n")
    place.start("-children", "1,1", "-config", place.folder / "pocketci.yaml")
    assert place.call("/hooks/inherits\n\"x").status == 404
    assert place.call("/hooks/signalled").status == 504
    assert place.call("/hooks/fails").status == 200
    assert place.call("/hooks/checked/out").status == 200
    wait_until(lambda: place.log().count("failed") >= 2, lambda: f"both runs failed:\n{place.log()}")
    wait_until(lambda: place.log().endswith("\n"), "the last line is whole")
    objects = log_objects(place.log())
    assert not any({"request", "hook", "run"} & set(line) for line in objects if "listening" in line["message"])
    missing = next(line for line in objects if "404" in line["message"])
    assert missing["request"] and "hook" not in missing and "run" not in missing
    assert r"/hooks/inherits" in missing["message"] and "\n" in missing["message"]
    for hook, cause in (("signalled", "timeout"), ("fails", "exit status 3"), ("checked/out", "none.git")):
        lines = [line for line in objects if line.get("hook") == hook and line["level"] == "error"]
        assert len(lines) == 1 and cause in lines[0]["message"], (hook, objects)
        assert len(lines[0]["run"]) == 26
    access = [line for line in objects if line.get("hook") == "fails" and line["level"] == "info"]
    assert access[0]["run"] in access[0]["message"] and access[0]["request"]


# --- CGI -------------------------------------------------------------------------------------------------------------


def run_cgi(place, path="/hooks/version", argv=(), environment=None, body=b"", method="POST", config="hooks.yaml"):
    """As a web server does: a clean environment, the request in it, the query in argv. config: what POCKETCI_CONFIG's
    file names as hooks."""
    file = place.folder / "pocketci.yaml"
    file.write_text(f"hooks: {place.folder}/{config}\nstate: {place.folder}/state\n")
    given = {
        "GATEWAY_INTERFACE": "CGI/1.1", "SERVER_PROTOCOL": "HTTP/1.1", "REQUEST_METHOD": method,
        "SCRIPT_NAME": "/cgi-bin/pocketci.fcgi", "PATH_INFO": path, "QUERY_STRING": "+".join(argv),
        "CONTENT_LENGTH": str(len(body)), "REMOTE_ADDR": "192.0.2.1", "POCKETCI_CONFIG": str(file),
    }
    done = subprocess.run([str(RESPONDER), *argv], input=body, env=place.environment(**{**given, **(environment or {})}),
                          cwd=place.folder, stdout=subprocess.PIPE, stderr=subprocess.PIPE, timeout=30 * SLOW)
    head, _, body = done.stdout.decode().partition("\r\n\r\n")
    status = [line.split()[1] for line in head.split("\r\n") if line.lower().startswith("status:")]
    done.status, done.text = int(status[0]) if status else 200, body
    return done


def test_cgi(place):
    done = run_cgi(place)
    assert (done.returncode, done.status, done.text) == (0, 200, "ONE\n")
    assert run_cgi(place, "/hooks/none").status == 404


@pytest.mark.parametrize("argv", [["-hooks", "/tmp/x"], ["-version"], ["-help"], ["--config", "/tmp/x"],
                                  ["-socket", "SOCKET"]])
def test_cgi_never_reads_its_arguments(place, argv):
    argv = [argument.replace("SOCKET", place.socket) for argument in argv]
    done = run_cgi(place, argv=argv)
    assert (done.status, done.text) == (200, "ONE\n")
    assert not os.path.exists(place.socket)


def test_cgi_request_chooses_no_configuration(place):
    other = place.folder / "other.yaml"
    other.write_text("hooks: /nonexistent\n")
    done = run_cgi(place, environment={"HTTP_POCKETCI_CONFIG": str(other), "REDIRECT_POCKETCI_CONFIG": str(other),
                                       "QUERY_STRING": f"POCKETCI_CONFIG={other}"})
    assert (done.status, done.text) == (200, "ONE\n")


def test_cgi_proxy_header_reaches_nobody(place):
    done = run_cgi(place, "/hooks/environment", environment={"HTTP_PROXY": "http://evil.example"})
    assert done.status == 200
    assert "evil" not in done.text


@pytest.mark.parametrize("text", [None, "- id: ["])
def test_cgi_with_broken_configuration(place, text):
    if text is not None:
        (place.folder / "broken.yaml").write_text(text)
    done = run_cgi(place, config="broken.yaml", body=b"x" * 100000)
    assert done.status == 500
    assert str(place.folder) not in done.text  # the client learns no path
    assert "broken.yaml" in done.stderr.decode()
    assert done.returncode == 0


def test_cgi_body_of_unknown_length(place):
    """mod_cgid hands over a chunked body without CONTENT_LENGTH."""
    place.script("print", "#!/bin/sh\necho \"$1\" | wc -c\n")
    (place.folder / "hooks.yaml").write_text(
        f"- id: version\n  execute-command: {place.folder}/print\n  include-command-output-in-response: true\n"
        "  pass-arguments-to-command: [{source: raw-request-body}]\n")
    done = run_cgi(place, environment={"CONTENT_LENGTH": ""}, body=b"y" * 12345)
    assert (done.status, done.text.strip()) == (200, "12346")


def test_cgi_silent_hook_outlives_it_and_logs_to_the_state_folder(place):
    done = run_cgi(place, "/hooks/silent", environment={"QUERY_STRING": "name=a"})
    assert done.status == 200  # and run() has seen the end of both its pipes
    command = int(wait_until(lambda: (place.folder / "began.a").exists() and (place.folder / "began.a").read_text(),
                             "it begins"))
    assert alive(command)
    assert (place.folder / "state" / "pocketci.log").exists()
    place.go()
    wait_until(lambda: not alive(command), "it ends")


def test_cgi_log_as_json(place):
    use_other_hooks(place)
    file = place.folder / "log-format.yaml"
    file.write_text(f"hooks: {place.folder}/hooks.yaml\nstate: {place.folder}/state\nlog-format: json\nverbose: true\n")
    done = run_cgi(place, "/hooks/signalled", environment={"POCKETCI_CONFIG": str(file)})
    assert done.status == 504
    assert [line["hook"] for line in log_objects(done.stderr.decode())] == ["signalled", "signalled"]
    done = run_cgi(place, "/hooks/fails", environment={"POCKETCI_CONFIG": str(file)})
    kept = place.folder / "state" / "pocketci.log"
    wait_until(lambda: "exit status 3" in kept.read_text(), "the keeper tells")
    assert [line["hook"] for line in log_objects(kept.read_text())] == ["fails"]


# --- Privileges and secrets ------------------------------------------------------------------------------------------


def as_nobody(place):
    nobody = pwd.getpwnam("nobody")
    os.chown(place.folder, nobody.pw_uid, nobody.pw_gid)
    for path in [place.folder, *place.folder.parents]:
        if path.stat().st_uid == os.geteuid() and path != Path("/") and not path.stat().st_mode & 0o001:
            path.chmod(path.stat().st_mode | 0o011)
    return ["-setuid", nobody.pw_uid, "-setgid", nobody.pw_gid]


@ROOT_ONLY
def test_privileges_are_given_up(place):
    place.script("parent", "#!/bin/sh\nid -u; id -g; id -G; echo $HOME; echo $USER; ls -A /root > /dev/null || echo no\n")
    nobody = pwd.getpwnam("nobody")
    process = place.start("-children", "1,1", "-socket-mode", "0600", *as_nobody(place),
                          preexec_fn=lambda: os.setgroups([0, 4, 27]))
    child = wait_for_children(process, 1)[0]
    assert place.call("/hooks/child").text.split("\n")[:5] == [
        str(nobody.pw_uid), str(nobody.pw_gid), str(nobody.pw_gid), nobody.pw_dir, "nobody"]
    assert "no\n" in place.call("/hooks/child").text
    for pid in (process.pid, child):
        status = dict(line.split(":\t", 1) for line in Path(f"/proc/{pid}/status").read_text().splitlines()
                      if ":\t" in line)
        assert set(status["Uid"].split()) == {str(nobody.pw_uid)}
        assert set(status["Gid"].split()) == {str(nobody.pw_gid)}
        assert int(status["CapEff"], 16) == 0
        # Not dumpable: a command of the same user reads neither its environment nor its memory.
        assert os.stat(f"/proc/{pid}/environ").st_uid == 0
    assert os.stat(place.socket).st_uid == 0  # it was made before


@ROOT_ONLY
def test_command_cannot_read_the_responder(place):
    """Both are the same user's; what -setuid does by the way is not at work here."""
    place.script("parent", "#!/bin/sh\nid -u\ncat /proc/$PPID/environ && echo read\ntrue\n")
    as_nobody(place)
    nobody = pwd.getpwnam("nobody")
    place.start("-children", "1,1", environment={"SECRET": "itsasecret"}, user=nobody.pw_uid, group=nobody.pw_gid,
                extra_groups=[])
    text = place.call("/hooks/child").text
    assert text.startswith(f"{nobody.pw_uid}\n")
    assert "Permission denied" in text
    assert "itsasecret" not in text and "read" not in text


def test_setuid_without_setgid(place):
    process = place.popen(place.command("-socket", place.socket, "-setuid", "65534"))
    assert process.wait(10 * SLOW) == 2
    assert "must be given together" in place.log()
    assert not os.path.exists(place.socket)


# --- Starting --------------------------------------------------------------------------------------------------------


def run_responder(place, *flags):
    return subprocess.run([str(RESPONDER), *flags], env=place.environment(), cwd=place.folder, stdin=subprocess.DEVNULL,
                          stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, timeout=30 * SLOW)


def test_version_and_help(place):
    done = run_responder(place, "-version")
    assert done.returncode == 0 and done.stdout.startswith("pocketci ") and done.stderr == ""
    done = run_responder(place, "--help")
    assert done.returncode == 0 and "-children MIN,MAX" in done.stdout


def test_no_hooks_says_what_to_write(place):
    done = run_responder(place, "-socket", place.socket)
    assert done.returncode == 2
    assert "no hooks: name a file of hooks with -hooks FILE" in done.stderr
    assert not os.path.exists(place.socket)


def test_nopanic(place):
    """As with the reference: it starts without hooks. A reload takes good ones, and never gives them up for broken ones."""
    (place.folder / "hooks.yaml").write_text("- id: [")
    process = place.start("-nopanic", "-children", "1,1")
    assert "no hooks are served: " in place.log()
    assert place.call("/hooks/version").status == 404
    place.write_hooks("ONE")
    process.send_signal(signal.SIGHUP)
    wait_until(lambda: place.call("/hooks/version").text == "ONE\n", place.log)
    (place.folder / "hooks.yaml").write_text("- id: [")
    process.send_signal(signal.SIGHUP)
    place.wait_for_log("not loaded again")
    assert place.call("/hooks/version").text == "ONE\n"


def test_standard_descriptors_that_are_closed(place):
    """A descriptor 0 to 2 that is closed at the start is nobody's: no socket or log gets its number."""
    process = place.popen(["/bin/sh", "-c", 'exec "$@" <&- >&- 2>&-', "sh",
                           *place.command("-socket", place.socket, "-children", "1,1")])
    wait_until(lambda: os.path.exists(place.socket) and not refused(place.socket), "it listens")
    assert place.call("/hooks/version").text == "ONE\n"
    child = wait_for_children(process, 1)[0]
    for number in range(3):
        assert os.readlink(f"/proc/{child}/fd/{number}") == "/dev/null"


# --- Memory ----------------------------------------------------------------------------------------------------------


def proportional_size(pid):
    """Its share of memory in bytes (PSS)."""
    for line in Path(f"/proc/{pid}/smaps_rollup").read_text().splitlines():
        if line.startswith("Pss:"):
            return int(line.split()[1]) * 1024
    raise AssertionError("no Pss")


@pytest.mark.skipif(SANITIZED, reason="sanitizers have memory of their own")
def test_idle_memory(place):
    """All of it, libc and the dynamic linker included, as if no other program of the machine had them mapped."""
    process = place.start("-children", "4,4")
    children = set(wait_for_children(process, 4))
    body = json.dumps({"ref": "refs/heads/main", "text": "x" * 7000}).encode()
    headers = {"Content-Type": "application/json", "X-Hub-Signature-256": "sha256=" + "0" * 64}
    load = Load(place, 4)  # so that every child gets some
    try:
        for _ in range(400):
            place.call("/hooks/signed", body=body, headers=headers)
        wait_until(lambda: len(load.replies) >= 400, "requests", 60)
    finally:
        load.stop()
    assert set(children_of(process.pid)) == children
    total = memory_of((process.pid, *children))
    print(f"parent and 4 children: {total / 1024:.0f} KiB", file=sys.stderr)
    assert total <= 4 * 1024 * 1024


@pytest.mark.skipif(SANITIZED, reason="sanitizers have memory of their own")
def test_large_request_is_given_back(place):
    process = place.start("-children", "1,1")
    child = wait_for_children(process, 1)[0]
    place.call("/hooks/signed", body=b"{}")
    before = proportional_size(child)
    body = json.dumps({"list": [{"key": "x" * 50}] * 200000}).encode()
    for _ in range(3):
        place.call("/hooks/signed", body=body, headers={"Content-Type": "application/json"})
        place.call("/hooks/version", body=body, headers={"Content-Type": "application/json"})
    wait_until(lambda: proportional_size(child) < before + 2 * 1024 * 1024,
               lambda: f"{proportional_size(child)} bytes after, {before} before")
