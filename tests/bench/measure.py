"""CPU, memory and who else used the machine, from /proc."""

import os
import subprocess
import threading
from pathlib import Path

TICK = os.sysconf("SC_CLK_TCK")


def tree(pid):
    """The process and its descendants."""
    found = [pid]
    for one in found:
        try:
            for task in os.listdir(f"/proc/{one}/task"):
                found += [int(c) for c in Path(f"/proc/{one}/task/{task}/children").read_text().split()]
        except OSError:
            pass
    return found


def cpu(pid):
    """Seconds of CPU that the tree has used, ended children included."""
    total = 0
    for one in tree(pid):
        try:
            fields = Path(f"/proc/{one}/stat").read_text().rpartition(")")[2].split()
        except OSError:
            continue
        total += sum(int(f) for f in fields[11:15])
    return total / TICK


def machine_busy():
    """Seconds of CPU that anybody has used since the machine started."""
    fields = [int(f) for f in Path("/proc/stat").read_text().split("\n")[0].split()[1:9]]
    return (sum(fields) - fields[3] - fields[4]) / TICK


def processes_made():
    """How many processes and threads there were since the machine started."""
    line = next(l for l in Path("/proc/stat").read_text().split("\n") if l.startswith("processes "))
    return int(line.split()[1])


def pss(pids):
    """Bytes, each shared page divided by those who share it."""
    total = 0
    for pid in pids:
        try:
            lines = Path(f"/proc/{pid}/smaps_rollup").read_text().split("\n")
        except OSError:
            continue  # it has ended
        total += sum(int(line.split()[1]) * 1024 for line in lines if line.startswith("Pss:"))
    return total


class Peak:
    """The most memory that a tree had, looked at now and again: with Peak(pid) as peak: …; peak.bytes."""

    def __init__(self, pid):
        self.pid, self.bytes = pid, 0
        self.over = threading.Event()
        self.thread = threading.Thread(target=self.watch)

    def watch(self):
        while not self.over.wait(0.1):
            self.bytes = max(self.bytes, pss(tree(self.pid)))

    def __enter__(self):
        self.thread.start()
        return self

    def __exit__(self, *_):
        self.over.set()
        self.thread.join()


class Disturbance:
    """What others used of the machine between two looks, as a share of it."""

    def __init__(self, *ours):
        self.ours = ours
        self.begun = self.look()

    def look(self):
        return os.times().elapsed, machine_busy(), sum(cpu(pid) for pid in self.ours) + sum(os.times()[:4])

    def share(self):
        elapsed, busy, own = (now - before for before, now in zip(self.begun, self.look()))
        return (busy - own) / elapsed / os.cpu_count()


def start_cpu(argv, environment=None, body=b""):
    """Seconds of CPU from exec to the end of one program."""
    with open(os.devnull, "w") as nowhere:
        process = subprocess.Popen([str(a) for a in argv], stdin=subprocess.PIPE, stdout=nowhere, stderr=nowhere,
                                   env=environment)
        process.stdin.write(body)
        process.stdin.close()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = status
    if status:
        raise SystemExit(f"{argv}: wait status {status}")
    return usage.ru_utime + usage.ru_stime


def versions():
    def first(*command):
        return subprocess.run(command, capture_output=True, text=True).stdout.strip().split("\n")[0]
    return (f"{os.cpu_count()} cores shared with the load generator; {first('webhook', '-version')}; "
            + first("git", "--version"))
