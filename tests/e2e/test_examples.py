"""What examples/ shows loads without a word of complaint, and what is installed is in its place."""

import subprocess

import pytest

from harness import BUILD, ROOT, Responder


def start_on(folder, *flags, config=None):
    responder = Responder(folder, *flags, config=config)
    status = responder.stop()
    complaints = [line for line in responder.log().split("\n") if " warning " in line or " error " in line]
    assert (status, complaints) == (0, [])


@pytest.mark.parametrize("name", sorted(p.name for p in (ROOT / "examples").glob("*.yaml") if p.name != "pocketci.yaml"))
def test_hooks_file(folder, name):
    hooks = folder.write(name, (ROOT / "examples" / name).read_text())
    start_on(folder, "-hooks", str(hooks))


def test_configuration(folder):
    for path in (ROOT / "examples").glob("*.yaml"):
        folder.write(path.name, path.read_text(), 0o600)
    start_on(folder, config=folder.path / "pocketci.yaml")


def test_install_and_uninstall(folder):
    """Into a folder of its own, by make, from what was built already."""
    def make(goal):
        build = BUILD.relative_to(ROOT) if BUILD.is_relative_to(ROOT) else BUILD
        # The programs as they stand: nothing is built again with other flags.
        subprocess.run(["make", "-C", ROOT, "--no-print-directory", "-o", "all", f"BUILD={build}", "prefix=/opt/ci",
                        f"DESTDIR={folder.path}", goal], check=True, capture_output=True, text=True)

    before = (BUILD / "compile.flags").read_bytes(), (BUILD / "link.flags").read_bytes()
    try:
        make("install")
        top = folder.path / "opt" / "ci"
        for name in ("bin/pocketci", "libexec/pocketci/pocketci.fcgi", "share/pocketci/nginx/pocketci.conf",
                     "share/pocketci/apache/pocketci-cgi.conf", "share/pocketci/systemd/pocketci.service",
                     "share/man/man5/hooks.yaml.5", "share/man/man8/pocketci.fcgi.8"):
            assert (top / name).exists(), name
        assert "ExecStart=/opt/ci/libexec/pocketci/pocketci.fcgi" in (
            top / "share/pocketci/systemd/pocketci.service").read_text()
        make("uninstall")
        assert [p for p in folder.path.rglob("*") if p.is_file()] == []
    finally:
        (BUILD / "compile.flags").write_bytes(before[0])
        (BUILD / "link.flags").write_bytes(before[1])
