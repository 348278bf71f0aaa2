"""Fixtures: a folder a test, and for each way of running one site a session that serves scenarios.yaml."""

import pytest

from harness import BUILD, KINDS, Folder, Site
from repositories import GitDaemon, HttpGit, Repository
import scenarios


def pytest_configure(config):
    missing = [name for name in ("pocketci.fcgi", "pocketci") if not (BUILD / name).exists()]
    if missing:
        raise pytest.UsageError(f"no {' and no '.join(missing)} in {BUILD}: build first, or set POCKETCI_BUILD")


@pytest.fixture
def folder():
    folder = Folder()
    yield folder
    folder.remove()


class World:
    """A site of one kind, with repositories that it may check out and the hooks of scenarios.py."""

    def __init__(self, kind):
        self.folder = Folder()
        self.repository = Repository(self.folder)
        self.http = HttpGit(self.folder.path / "git")
        self.daemon = GitDaemon(self.folder)
        self.state = self.folder.make("state")
        self.folder.write("hooks.yaml", scenarios.HOOKS)
        for name, text in scenarios.SECRETS.items():
            self.folder.write(name, text, 0o600)
        self.config = self.folder.write("pocketci.yaml", scenarios.configuration(self), 0o600)
        self.first = self.repository.commit(scenarios.FILES, "first")
        self.site = Site(kind, self.folder, self.config)

    def payload(self, commit=None, url=None, **more):
        return self.repository.push_payload(url or self.http.url(), commit, **more)

    def workspaces(self):
        folder = self.state / "workspaces"
        return sorted(p.name for p in folder.iterdir()) if folder.exists() else []

    def close(self):
        try:
            self.site.stop()
        finally:
            self.daemon.stop()
            self.http.stop()
            self.folder.remove()


_worlds = {}


def world_of(kind):
    if kind not in _worlds:
        _worlds[kind] = World(kind)
    return _worlds[kind]


@pytest.fixture(params=KINDS)
def world(request):
    """Every scenario runs on all four ways; a site of each is started once."""
    return world_of(request.param)


@pytest.fixture
def worlds():
    """All four."""
    return [world_of(kind) for kind in KINDS]


def pytest_sessionfinish(session, exitstatus):
    for world in _worlds.values():
        world.close()
    _worlds.clear()
