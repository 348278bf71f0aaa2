"""Speed and memory as ratios against the peer, measured in one run: adnanh/webhook behind the same nginx.

Rounds of peer and ours alternate; medians are quoted. CPU is the backend's, its children and detached processes included,
from /proc/PID/stat: on a shared machine requests a second drift, CPU per request does not. A round in which programs that
are no part of it took more than 5 % of the machine is dropped, and so is nothing else: a single error ends the run. Commands
that ran are counted, not only replies. The exit status is 1 where a goal is missed.
"""

import argparse
import sys
from pathlib import Path

sys.path.insert(0, str(Path(__file__).resolve().parents[1] / "e2e"))

from harness import ROOT, memory_of  # noqa: E402
import checkout  # noqa: E402
import measure  # noqa: E402
import starting  # noqa: E402
import table  # noqa: E402
import through_nginx  # noqa: E402
from servers import Place  # noqa: E402

PARTS = {
    "requests": through_nginx.rows_of_requests,
    "burst": through_nginx.rows_of_burst,
    "fcgiwrap": through_nginx.rows_of_fcgiwrap,
    "checkout": checkout.rows_of_checkout,
    "memory": lambda options, place: through_nginx.rows_of_memory(options, place, memory_of),
    "hooks": starting.rows_of_hooks,
    "programs": starting.rows_of_programs,
    "cgi": starting.rows_of_cgi,
}


def read_options():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--seconds", type=int, default=3)
    parser.add_argument("--pushes", type=int, default=9)
    parser.add_argument("--foreign", type=float, default=0.05, help="CPU of others above which a round is dropped")
    parser.add_argument("--readme", action="store_true", help="put the table into README.md as well")
    parser.add_argument("parts", nargs="*", metavar="part", help=f"only these: {', '.join(PARTS)}")
    options = parser.parse_args()
    for part in options.parts:
        if part not in PARTS:
            parser.error(f"there is no part {part}")
    if options.readme and options.parts:
        parser.error("README.md has the whole table")
    return options


def main():
    options = read_options()
    rows = []
    for part in options.parts or PARTS:
        print(f"-- {part}", file=sys.stderr)
        place = Place()
        try:
            rows += PARTS[part](options, place)
        finally:
            place.folder.remove()
    text = table.markdown(rows)
    print(f"\n{measure.versions()}\n\n{text}", end="")
    if options.readme:
        table.put_into(ROOT / "README.md", text)
    sys.exit(any(row.holds() is False for row in rows))


if __name__ == "__main__":
    main()
