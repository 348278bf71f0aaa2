"""Files of hooks that change while they serve: behind nginx, by FastCGI, and as CGI, where each request reads them."""

import os
import shutil
import signal
import threading
import time

import pytest

from fcgi_client import Connection, call
from harness import OWNER, SANITIZED, SLOW, Responder, Site, wait_until

# Every hook of a set says which version it is of.
HOOK = "- id: {id}\n  execute-command: 'true'\n  response-message: {version}\n"


def hooks(version, *more):
    """A set that can be told from half of itself: its first hook, a good deal between, and its last one."""
    return (HOOK.format(id="first", version=version) + "# " + "-" * 20_000 + "\n" + HOOK.format(id="last", version=version)
            + "".join(more))


class Served:
    """A folder with hooks, and the responder in front of it."""

    def __init__(self, folder, *flags, files=("hooks.yaml",), kind=None):
        self.folder = folder
        self.path = folder.path
        self.files = files
        if not (self.path / files[0]).exists():
            folder.write(files[0], hooks("v0"))
        listed = "".join(f"- {name}\n" for name in files)
        self.config = folder.write("pocketci.yaml", f"hooks:\n{listed}state: {folder.make('state')}\nchildren: 2,6\n")
        self.site = Site(kind, folder, self.config, flags=flags) if kind else None
        self.responder = self.site.responder if kind else Responder(folder, *flags, config=self.config)

    def get(self, hook="first"):
        if self.site:
            return self.site.get(f"/hooks/{hook}")
        return call(self.responder.socket, "GET", f"/hooks/{hook}", timeout=30 * SLOW)

    def put(self, name, text):
        """By rename, as a tool that takes care does it."""
        return self.folder.write(name, text)

    def wait(self, version, hook="first"):
        wait_until(lambda: self.get(hook).text == version, lambda: f"{version}; log:\n{self.log()}")

    def log(self):
        return self.site.log() if self.site else self.responder.log()

    def lines(self, text):
        return [line for line in self.log().splitlines() if text in line]

    def stop(self):
        children = self.responder.children() if self.responder else []
        status = self.site.stop() if self.site else self.responder.stop()
        assert not self.lines("Sanitizer") and not self.lines("runtime error"), self.log()
        for child in children:
            assert not os.path.exists(f"/proc/{child}")
        return status


@pytest.fixture
def served(folder):
    made = []

    def serve(*flags, **more):
        made.append(Served(folder, *flags, **more))
        return made[-1]

    yield serve
    for one in made:
        one.stop()


def own(path):
    os.chown(path, *OWNER, follow_symlinks=False)


# --- Each way of changing ----------------------------------------------------------------------------------------------


def replace(path, text):
    new = path.with_name("new")
    new.write_text(text)
    own(new)
    os.rename(new, path)


def in_place(path, text):
    path.write_text(text)


def removed_and_put_back(path, text):
    path.unlink()
    path.write_text(text)


def written_piece_by_piece(path, text):
    with open(path, "w") as file:
        for line in text.splitlines(keepends=True):
            file.write(line)
            file.flush()


def by_link(path, text):
    target = path.with_name(f"target-{abs(hash(text))}")
    target.write_text(text)
    link = path.with_name("link")
    link.symlink_to(target.name)
    os.rename(link, path)


def folder_moved(path, text):
    other = path.parent.with_name("other")
    other.mkdir()
    (other / path.name).write_text(text)
    old = path.parent.with_name(f"old-{abs(hash(text))}")
    os.rename(path.parent, old)
    os.rename(other, path.parent)


WAYS = [replace, in_place, removed_and_put_back, written_piece_by_piece, by_link, folder_moved]


@pytest.mark.parametrize("way", WAYS, ids=[way.__name__ for way in WAYS])
@pytest.mark.parametrize("kind", ["nginx", "apache-cgi"])
def test_each_way(folder, served, way, kind):
    path = folder.write("hooks/hooks.yaml", hooks("v0"))
    one = served(files=("hooks/hooks.yaml",), kind=kind)
    assert one.get().text == "v0"
    for version in ("v1", "v2", "v3"):
        way(path, hooks(version))
        one.wait(version)
        assert one.get("last").text == version
    # Where there was no file for a moment that may have been seen.
    assert way in (removed_and_put_back, folder_moved) or not one.lines(" error ")


@pytest.mark.parametrize("kind", ["nginx", "apache-cgi"])
def test_config_map(folder, served, kind):
    """As Kubernetes mounts it: hooks.yaml → ..data/hooks.yaml, and ..data → another folder at each change."""
    def publish(number):
        name = f"map/..{number}"
        folder.write(f"{name}/hooks.yaml", hooks(f"v{number}"))
        folder.write(f"{name}/more.yaml", HOOK.format(id="more", version=f"v{number}"))
        (folder.path / "map/..new").symlink_to(f"..{number}")
        os.rename(folder.path / "map/..new", folder.path / "map/..data")
        shutil.rmtree(folder.path / f"map/..{number - 1}", ignore_errors=True)

    publish(0)
    for name in ("hooks.yaml", "more.yaml"):
        (folder.path / "map" / name).symlink_to(f"..data/{name}")
    one = served(files=("map/hooks.yaml", "map/more.yaml"), kind=kind)
    for number in range(1, 6):
        publish(number)
        one.wait(f"v{number}")
        assert (one.get("last").text, one.get("more").text) == (f"v{number}", f"v{number}")


def test_release_link_above(folder, served):
    """/srv/app/current/ci/hooks.yaml, and `current` is swapped."""
    for number in range(4):
        folder.write(f"releases/{number}/ci/hooks.yaml", hooks(f"v{number}"))
    (folder.path / "current").symlink_to("releases/0")
    one = served(files=("current/ci/hooks.yaml",))
    for number in (1, 2, 3, 0):
        (folder.path / "link").symlink_to(f"releases/{number}")
        os.rename(folder.path / "link", folder.path / "current")
        one.wait(f"v{number}")


def test_folder_that_is_made_later(folder):
    config = folder.write("pocketci.yaml", f"hooks: {folder.path}/made/later/hooks.yaml\n")
    responder = Responder(folder, "-nopanic", config=config)
    try:
        assert "no hooks are served: cannot open" in responder.log()
        assert call(responder.socket, "GET", "/hooks/first").status == 404
        folder.write("made/later/hooks.yaml", hooks("v1"))
        wait_until(lambda: call(responder.socket, "GET", "/hooks/first").text == "v1", responder.log)
        assert responder.log().count("good again") == 1
    finally:
        assert responder.stop() == 0


def test_what_a_template_pulls_in(folder, served):
    folder.write("version", "v0\n")
    text = hooks(f'{{{{ cat "{folder.path}/version" }}}}', f'# {{{{ cat "{folder.path}/none" }}}}\n')
    folder.write("hooks.yaml", text)
    one = served("-template")
    one.wait("v0")
    for version in ("v1", "v2"):
        one.put("version", version + "\n")
        one.wait(version)
    (folder.path / "version").write_text("v3")
    one.wait("v3")
    one.put("none", "\n- id: new\n  execute-command: 'true'\n  response-message: yes-it-is")
    one.wait("yes-it-is", "new")
    # And one that it names only now.
    folder.write("other", "v4")
    one.put("hooks.yaml", text.replace("/version", "/other"))
    one.wait("v4")
    one.put("other", "v5")
    one.wait("v5")


def test_the_configuration_waits_for_sighup(folder, served):
    one = served()
    one.put("others.yaml", hooks("other"))
    one.put("pocketci.yaml", one.config.read_text().replace("hooks.yaml", "others.yaml") + "urlprefix: other\n")
    one.put("hooks.yaml", hooks("v1"))
    one.wait("v1")
    one.responder.process.send(signal.SIGHUP)
    wait_until(lambda: call(one.responder.socket, "GET", "/other/first").text == "other", one.log)
    one.put("others.yaml", hooks("v2"))
    wait_until(lambda: call(one.responder.socket, "GET", "/other/first").text == "v2", one.log)


def test_the_log_keeps_its_form_until_sighup_succeeds(folder, served):
    one = served("-verbose")
    assert one.get().text == "v0"
    one.put("pocketci.yaml", one.config.read_text() + "log-format: json\n")
    one.put("hooks.yaml", BROKEN["cut"])
    wait_until(lambda: one.lines("not loaded again"), one.log)
    one.responder.process.send(signal.SIGHUP)
    wait_until(lambda: len(one.lines("not loaded again")) == 2, one.log)
    one.put("hooks.yaml", hooks("v1"))
    one.wait("v1")
    assert not one.lines('{"time"')
    one.responder.process.send(signal.SIGHUP)
    wait_until(lambda: one.lines('{"time"'), one.log)


# --- Broken --------------------------------------------------------------------------------------------------------------

BROKEN = {"empty": "", "cut": hooks("v1")[:-30] + "[", "words": "- id: a\n  execute-command: x\n  trigger-rule: 1\n"}


@pytest.mark.parametrize("way", [replace, in_place], ids=["rename", "in-place"])
@pytest.mark.parametrize("kind", ["nginx", "apache-cgi"])
def test_broken_is_said_once(folder, served, way, kind):
    one = served(kind=kind)
    path = folder.path / "hooks.yaml"
    said = "hooks.yaml:"
    assert one.get().text == "v0"
    for number, text in enumerate(BROKEN.values(), 1):
        for _ in range(3):  # another file, broken in the same way
            before = os.stat(path)
            way(path, text)
            assert (os.stat(path).st_ino, os.stat(path).st_ctime_ns) != (before.st_ino, before.st_ctime_ns)
            for _ in range(3):
                assert one.get().text == "v0" and one.get("last").text == "v0"
            wait_until(lambda: len(one.lines(said)) >= number, one.log)
        assert len(one.lines(said)) == number, one.log()
    way(path, hooks("v1"))
    one.wait("v1")
    wait_until(lambda: one.lines("good again"), one.log)
    way(path, "- id: [")
    wait_until(lambda: one.get().text == "v1" and len(one.lines(said)) == len(BROKEN) + 1, one.log)
    way(path, hooks("v2"))
    one.wait("v2")
    wait_until(lambda: len(one.lines("good again")) == 2, one.log)
    assert len(one.lines(said)) == len(BROKEN) + 1


def test_cgi_keeps_the_text_privately(folder, served):
    """And not what a template pulls in."""
    folder.write("secret", "hush-hush-hush", 0o600)
    text = hooks("v0", f'# {{{{ cat "{folder.path}/secret" }}}}\n')
    folder.write("hooks.yaml", text)
    one = served(kind="apache-cgi")
    one.put("pocketci.yaml", one.config.read_text() + "template: true\n")
    assert one.get().text == "v0"
    kept = list((folder.path / "state/hooks").iterdir())
    assert len(kept) == 1 and kept[0].stat().st_mode & 0o7777 == 0o600
    assert text in kept[0].read_text() and "hush" not in kept[0].read_text()
    one.put("hooks.yaml", "- {{")
    assert one.get().text == "v0"
    assert "hush" not in kept[0].read_text() and "hush" not in one.log()


@pytest.mark.parametrize("state", ["missing", "unusable"])
def test_cgi_with_nothing_kept(folder, served, state):
    one = served(kind="apache-cgi")
    if state == "unusable":  # a file stands in its place: not for root either
        (folder.path / "state").rmdir()
        folder.write("state", "")
        assert one.get().text == "v0"
    one.put("hooks.yaml", "- id: [")
    for _ in range(3):
        reply = one.get()
        assert reply.status == 500
        assert str(folder.path) not in reply.text and "hooks" not in reply.text
    wait_until(lambda: one.lines("hooks.yaml:"), one.log)
    if state == "missing":
        assert len(one.lines("hooks.yaml:")) == 1
    one.put("hooks.yaml", hooks("v1"))
    assert one.get().text == "v1"


def test_cgi_kept_by_many_at_once(folder, served):
    """Requests at the same time, good and broken by turns: none sees anything but a whole version."""
    one = served(kind="apache-cgi")
    assert one.get().text == "v0"
    load = Load(lambda: one.get(), 4)
    try:
        for number in range(1, 11):
            one.put("hooks.yaml", "- id: [")
            seen = len(load.replies)
            wait_until(lambda: len(load.replies) > seen + 4, one.log)
            one.put("hooks.yaml", hooks(f"v{number}"))
            one.wait(f"v{number}")
    finally:
        load.stop()
    assert load.errors == []
    assert {text for _, _, text in load.replies} <= {f"v{number}" for number in range(11)}
    assert {status for _, status, _ in load.replies} == {200}
    assert sorted(p.name for p in (folder.path / "state/hooks").iterdir() if p.name.startswith(".")) == []


# --- When ----------------------------------------------------------------------------------------------------------------


class Load:
    """Requests from several threads until stopped: (when it began, status, text)."""

    def __init__(self, get, count):
        self.get = get
        self.replies, self.errors = [], []
        self.running = True
        self.threads = [threading.Thread(target=self.run) for _ in range(count)]
        for thread in self.threads:
            thread.start()

    def run(self):
        while self.running:
            begun = time.monotonic()
            try:
                reply = self.get()
                self.replies.append((begun, reply.status, reply.text))
            except Exception as error:
                self.errors.append(error)

    def stop(self):
        self.running = False
        for thread in self.threads:
            thread.join()


def pass_until(moment):
    wait_until(lambda: time.monotonic() >= moment, "the moment has come")


@pytest.mark.parametrize("kind", ["nginx", "apache-cgi"])
def test_seen_after_100_ms(served, kind):
    """A request that begins 100 ms after the rename has the new version, idle or under load."""
    one = served(kind=kind)
    for loaded in (False, True):
        load = Load(lambda: one.get("last"), 2) if loaded else None
        try:
            for number in range(30):
                version = f"v{number}-{loaded}"
                one.put("hooks.yaml", hooks(version))
                pass_until(time.monotonic() + 0.1 * SLOW)
                assert one.get().text == version, f"after {number} changes\n{one.log()}"
        finally:
            if load:
                load.stop()
                assert load.errors == []


def test_changes_without_pause(served):
    """Faster than they can be read: whole versions all along, and the last one in time."""
    one = served()
    load = Load(lambda: one.get("last"), 1)
    try:
        for number in range(1, 1001):
            one.put("hooks.yaml", hooks(f"v{number}"))
        pass_until(time.monotonic() + 0.1 * SLOW)
        assert one.get().text == "v1000"
    finally:
        load.stop()
    assert load.errors == []
    assert {text for _, _, text in load.replies} <= {f"v{number}" for number in range(1001)}


def test_written_in_place_under_load(folder, served):
    """Slowly, piece by piece; both halves of each version are well-formed."""
    one = served(kind="nginx")
    load = Load(lambda: one.get("last"), 2)
    try:
        for number in range(1, 21):
            text = hooks(f"v{number}")
            with open(folder.path / "hooks.yaml", "w") as file:
                file.write(text[:len(text) // 2])
                file.flush()
                seen = len(load.replies)
                begun = time.monotonic()
                wait_until(lambda: len(load.replies) > seen + 2 and time.monotonic() > begun + 0.1, one.log)
                file.write(text[len(text) // 2:])
            one.wait(f"v{number}")
    finally:
        load.stop()
    assert load.errors == []
    assert {text for _, _, text in load.replies} == {f"v{number}" for number in range(21)}
    assert not one.lines(" error ")


def test_an_old_child_takes_nothing(folder, served):
    """One that gets to run only long after the change: a connection that waits then is left to the new ones."""
    one = served()
    address = one.responder.socket
    old = wait_until(lambda: len(one.responder.children()) == 2 and one.responder.children(), "two children")
    assert one.get().text == "v0"
    stopped = list(old)
    try:
        for child in old:
            os.kill(child, signal.SIGSTOP)
        one.put("hooks.yaml", hooks("v1"))
        new = wait_until(lambda: len(one.responder.children()) == 4 and set(one.responder.children()) - set(old),
                         "two more")
        one.wait("v1")
        for child in new:
            os.kill(child, signal.SIGSTOP)
        stopped += new
        with Connection(address, 30 * SLOW) as connection:
            connection.send_request("GET", "/hooks/first")
            for child in old:
                os.kill(child, signal.SIGCONT)
            wait_until(lambda: not set(old) & set(one.responder.children()), "the old ones leave")
            for child in new:
                os.kill(child, signal.SIGCONT)
            assert connection.read_reply().text == "v1"
    finally:
        for child in stopped:
            if child in one.responder.children():
                os.kill(child, signal.SIGCONT)


def test_busy_children_keep_their_hooks(folder, served):
    """Many changes while a command runs: it ends as it began, and no change waits for it."""
    wait = "- id: wait\n  execute-command: /bin/sh\n  include-command-output-in-response: true\n" \
           "  pass-arguments-to-command:\n  - {{source: string, name: -c}}\n  - {{source: string, name: '" \
           "touch {0}/began; while [ ! -e {0}/go ]; do sleep 0.02; done; echo {1}'}}\n"
    folder.write("hooks.yaml", hooks("v0", wait.format(folder.path, "v0")))
    one = served()
    with Connection(one.responder.socket, 60 * SLOW) as connection:
        connection.send_request("GET", "/hooks/wait")
        try:
            wait_until((folder.path / "began").exists, one.log)
            for number in range(1, 31):
                one.put("hooks.yaml", hooks(f"v{number}", wait.format(folder.path, f"v{number}")))
                one.wait(f"v{number}")
                assert len(one.responder.children()) <= 1 + 6 + 6
            wait_until(lambda: len(one.responder.children()) <= 1 + 6, "the others leave")
        finally:
            (folder.path / "go").write_text("")
        assert connection.read_reply().text == "v0\n"


def processes_below(pid):
    """Its descendants."""
    found, todo = [], [pid]
    while todo:
        parent = todo.pop()
        try:
            with open(f"/proc/{parent}/task/{parent}/children") as listing:
                children = [int(child) for child in listing.read().split()]
        except OSError:
            children = []
        found += children
        todo += children
    return found


def resident(pid):
    with open(f"/proc/{pid}/status") as status:
        return next(int(line.split()[1]) * 1024 for line in status if line.startswith("VmRSS:"))


def open_descriptors(pid):
    return sorted(os.readlink(f"/proc/{pid}/fd/{name}").split(":")[0] for name in os.listdir(f"/proc/{pid}/fd"))


def test_a_thousand_changes(folder, served):
    """
    While it is called: whole versions only, never an old one for long, no failure, and no process too many. (The 100 ms
    are another test's: here the clients, the load and the changes wait for one another.)
    """
    one = served(kind="nginx")
    parent = one.responder.process.pid
    renamed, superseded = {"v0": time.monotonic()}, {}  # when each version came, and when the next one did
    load = Load(lambda: one.get("last"), 3)
    most = 0
    memory = []
    before = open_descriptors(parent)
    try:
        for number in range(1, 1001):
            version = f"v{number}"
            one.put("hooks.yaml", hooks(version))
            renamed[version] = superseded[f"v{number - 1}"] = time.monotonic()
            most = max(most, len(processes_below(parent)))
            if number % 250 == 0:
                one.wait(version)
                memory.append(resident(parent))
            pass_until(renamed[version] + (number % 5) * 0.008)
        one.wait("v1000")
    finally:
        load.stop()
    assert load.errors == []
    assert {status for _, status, _ in load.replies} == {200}
    for begun, _, text in load.replies:
        assert text in renamed, text
        assert begun < superseded.get(text, begun) + 0.3 * SLOW, f"{text} was old"
    assert len(load.replies) > 100
    assert most <= 6 + 6 + 4, most  # the newest ones, the last ones that leave, and one for each request at hand
    if not SANITIZED:
        assert memory[-1] <= memory[0] + 512 * 1024, memory
    wait_until(lambda: len(processes_below(parent)) <= 6, lambda: f"{processes_below(parent)} leave")
    wait_until(lambda: open_descriptors(parent) == before, "the generations before are gone")
    log = one.log()
    assert "[error]" not in log and " error " not in log, log


# --- Where not everything works ------------------------------------------------------------------------------------------


@pytest.mark.skipif(os.geteuid() != 0, reason="needs root")
def test_file_that_is_not_readable_any_more(folder, served):
    """After privileges are given up it is read as that user: what it cannot read leaves the old hooks."""
    path = folder.write("hooks.yaml", hooks("v0"))
    one = served()
    new = folder.path / "new"
    new.write_text(hooks("v1"))
    new.chmod(0o600)  # root's
    os.rename(new, path)
    wait_until(lambda: one.lines("not loaded again"), one.log)
    assert "Permission denied" in one.log() and one.get().text == "v0"
    os.chmod(path, 0o644)
    one.wait("v1")
    assert len(one.lines("not loaded again")) == len(one.lines("good again")) == 1
