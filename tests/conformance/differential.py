#!/usr/bin/python3
"""The differential test: webhook 2.8.0 and pocketci must answer random requests to random hooks files alike.

    tests/conformance/differential.py -n 4000 --seed 1 2 3      4000 pairs of replies, from three seeds
    tests/conformance/differential.py --seed 1 --world 17       that one world again, with all that differs

Where they differ and the table in differences.py has no row for it, the run fails and prints the smallest hooks file
and request that still show it. POCKETCI_BUILD names the folder of the program, which also holds the hooks' command.
"""

import argparse
import random
import shutil
import subprocess
import sys
import threading
import time
import urllib.parse
from collections import Counter

from servers import BUILD, REFERENCE, VERSION, Pair
from harness import Folder  # found by servers.py
from comparison import Case, compare_loads, compare_replies, kind_of
from differences import DIFFERENCES, explain
from files import some_world
from shrink import shrink

REPORT = BUILD / "tests" / "conformance" / "report"
SHOWN = 3  # unexplained differences that are shrunk and printed


class Place:
    """The folder that both servers work in, with the commands of the hooks."""

    def __init__(self):
        self.folder = Folder()
        for name in ("bin", "sub", "tmp"):
            self.folder.make(name)
        program = REPORT.read_bytes()
        for name in ("bin/report", "bin/report-fails", "bin/report-dies", "sub/report", "report"):
            self.folder.write(name, program, 0o755)
        self.folder.write("bin/not-executable", program, 0o644)
        self.folder.write("bin/no-interpreter", "echo no interpreter\n", 0o755)
        self.folder.make("bin/folder")
        path = self.folder.path
        self.environment = {"PATH": f"{path}/bin:/usr/bin:/bin", "TMPDIR": f"{path}/tmp", "HOME": str(path),
                            "MY_SERVER": "its own"}

    def pair(self, world):
        files = [(name, text.replace("FOLDER", str(self.folder.path)).encode("utf-8", "surrogateescape")) for name,
                 text in world.files]
        return Pair(self.folder, files, world.flags, self.environment)

    def remove(self):
        self.folder.remove()


class Tally:
    def __init__(self):
        self.lock = threading.Lock()
        self.worlds, self.pairs, self.kinds, self.rows, self.failures = 0, 0, Counter(), Counter(), []

    def take(self, case, outcome, seed, number):
        """Counts a pair; true where nothing explains it."""
        rows = explain(case, outcome) if outcome.aspects else []
        with self.lock:
            self.pairs += 1
            self.kinds[kind_of(case, outcome.reference)] += 1
            self.rows.update(row.name for row in rows or [])
            if rows is None:
                self.failures.append((case, outcome, seed, number))
        return rows is None


def hook_of(world, index, request):
    """The hook that a path leads to: oddly written it may be another's."""
    path = urllib.parse.unquote(request.path)
    below = path[len(world.prefix) + 1:].lstrip("/") if path.startswith("/" + world.prefix) else None
    return next((hook for hook in world.hooks if hook.get("id") == below), world.hooks[index])


def run_world(place, world, tally, seed, number):
    with place.pair(world) as pair:
        outcome = compare_loads(*pair.loads())
        tally.take(Case(world, world.hooks[0]), outcome, seed, number)
        if pair.loads() == (True, True):
            for index, request in world.deliveries:
                case = Case(world, hook_of(world, index, request), request)
                tally.take(case, compare_replies(case, *pair.send(request)), seed, number)
    with tally.lock:
        tally.worlds += 1


def world_of(seed, number):
    return some_world(random.Random(f"{seed}/{number}"))


def work(place, numbers, tally, limit):
    """Takes the next number until there are enough pairs, or too much has failed."""
    while tally.pairs < limit and len(tally.failures) < 50:
        with tally.lock:
            seed, number = next(numbers)
        run_world(place, world_of(seed, number), tally, seed, number)


def numbers_of(seeds):
    number = 0
    while True:
        for seed in seeds:
            yield seed, number
        number += 1


def run(places, options, tally):
    numbers = numbers_of(options.seed)
    errors = []

    def guarded(place):
        try:
            work(place, numbers, tally, options.pairs)
        except BaseException as error:  # told by the main thread
            errors.append(error)
            raise

    threads = [threading.Thread(target=guarded, args=(place,)) for place in places]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    if errors:
        raise errors[0]


def show(place, case, outcome, seed, number):
    aspects = ", ".join(outcome.aspects)
    print(f"\n--- seed {seed}, world {number} ({case.world.kind} {case.world.oddity}): {aspects} differ")
    case, outcome, log = shrink(place, case, outcome)
    for name, text in case.world.files:
        print(f"{name}: {text.rstrip()}")
    print("flags:", " ".join(case.world.flags) or "none")
    if case.request:
        request = case.request
        print(f"request: {request.method} {request.path}?{request.query} from {request.client}")
        for name, value in request.headers:
            print(f"  {name}: {value.decode('utf-8', 'backslashreplace')}")
        print(f"  {request.body!r}")
    print(f"webhook:  {str(outcome.reference)[:2000]}\npocketci: {str(outcome.ours)[:2000]}\n{log}")


def report(tally, seconds):
    print(f"\n{tally.pairs} pairs in {tally.worlds} worlds, {seconds:.0f} s: " +
          ", ".join(f"{count} {kind}" for kind, count in tally.kinds.most_common()))
    for row in DIFFERENCES:
        print(f"{tally.rows[row.name]:8} {row.name}: {row.reason}")
    failed = len(tally.failures)
    print(f"differential: {tally.pairs - failed} passed, {failed} failed, 0 skipped")


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("-n", "--pairs", type=int, default=4000)
    parser.add_argument("--seed", nargs="+", default=["1"])
    parser.add_argument("--world", type=int)
    parser.add_argument("--jobs", type=int, default=2)
    options = parser.parse_args()
    if not shutil.which(REFERENCE) or VERSION not in subprocess.run([REFERENCE, "-version"], capture_output=True,
                                                                    text=True).stdout:
        sys.exit(f"{REFERENCE} {VERSION} is not installed: scripts/install-packages.sh test")
    tally, places, begin = Tally(), [], time.monotonic()
    try:
        places = [Place() for _ in range(1 if options.world is not None else options.jobs)]
        if options.world is None:
            run(places, options, tally)
        else:
            run_world(places[0], world_of(options.seed[0], options.world), tally, options.seed[0], options.world)
        for failure in tally.failures[:SHOWN]:
            show(places[0], *failure)
        report(tally, time.monotonic() - begin)
    finally:
        for place in places:
            place.remove()
    return 1 if tally.failures or not tally.pairs else 0


if __name__ == "__main__":
    sys.exit(main())
