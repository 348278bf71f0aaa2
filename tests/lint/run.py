#!/usr/bin/python3
"""
`make lint`: first shows that each check can fail, then runs it over the project. One line a check; findings as
file:line before it; the last line is "lint: N passed, N failed, N skipped". Exit status 0 only where none failed.
"""

import os
import shutil
import sys

sys.dont_write_bytecode = True
os.environ["LC_ALL"] = "C.UTF-8"  # the messages of compiler and shells are read

import checks  # noqa: E402
import selftest  # noqa: E402


def available(entry):
    return entry[2] is None or shutil.which(entry[2]) is not None


def report(name, findings):
    for finding in findings:
        print(f"        {finding}")
    print(f"  FAIL  {name}: {len(findings)} found" if findings else f"  PASS  {name}", flush=True)
    return not findings


def main():
    root = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
    tree = checks.tree_from_environment(root)
    results = [report("each check can fail", selftest.run(tree, available))]
    skipped = 0
    for entry in checks.CHECKS:
        name, check, program = entry
        if available(entry):
            results.append(report(name, list(check(tree))))
        else:
            print(f"  SKIP  {name}: {program} is not installed")
            skipped += 1
    print(f"lint: {results.count(True)} passed, {results.count(False)} failed, {skipped} skipped")
    return 0 if all(results) else 1


if __name__ == "__main__":
    sys.exit(main())
