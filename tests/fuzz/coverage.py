#!/usr/bin/python3
"""
`make fuzz-coverage`: replays the seeds of each target that is named (programs built by clang with
-fprofile-instr-generate -fcoverage-mapping) and prints how many lines of each parser's file they reach, with the lines
that they do not. Exit status 1 where a file stays below its goal.

    tests/fuzz/coverage.py PROGRAM...
"""

import fnmatch
import glob
import json
import os
import subprocess
import sys

GOAL = 90

# The files that read what comes from outside, and the targets that are for them. A file is judged only where all of
# its targets are run.
PARSERS = [
    ("src/base/address.c", "address"),
    ("src/config/mend.c", "yaml hooks"),
    ("src/config/names.c", "yaml hooks"),
    ("src/config/key_value.c", "yaml hooks"),
    ("src/config/keys.c", "yaml hooks"),
    ("src/config/repository*.c", "repository_url yaml"),
    ("src/config/yaml*.c", "yaml hooks"),
    ("src/forge/*.c", "event"),
    ("src/gateway/cgi.c", "cgi"),
    ("src/gateway/exchange.c", "receive"),
    ("src/gateway/fastcgi.c", "fastcgi"),
    ("src/gateway/forwarded.c", "forwarded"),
    ("src/gateway/receive.c", "receive"),
    ("src/hook/checkout_read.c", "hooks"),
    ("src/hook/file.c", "hooks"),
    ("src/hook/form.c", "signature"),
    ("src/hook/hook.c", "hooks"),
    ("src/hook/match_read.c", "hooks"),
    ("src/hook/regex*.c", "regex"),
    ("src/hook/response_header.c", "hooks"),
    ("src/hook/rule_read.c", "hooks"),
    ("src/hook/signature*.c", "signature"),
    ("src/hook/source_read.c", "hooks"),
    ("src/hook/template*.c", "template"),
    ("src/hook/word.c", "hooks"),
    ("src/lib/json.c", "json"),
    ("src/lib/json_scan.c", "json"),
    ("src/lib/json_write.c", "json"),
    ("src/payload/*.c", "form json multipart receive value xml signature event"),
]

# Lines that no input reaches, whatever it holds: why, and by what text they are known.
UNREACHABLE = [
    ("out of memory", ["memory_exhausted(", "out of memory"]),
    ("a system call that fails", ["cannot accept a connection", "libfcgi cannot be initialized"]),
    ("a text of 2 GiB", ["ERROR_TOO_LARGE, \"a JSON text of", "ERROR_TOO_LARGE, \"a text of"]),
    ("for the compiler", ["default:"]),
]


# Functions that no target is for, and why.
ELSEWHERE = {
    "condition": "what the schema asks of the tables",
    "hooks_read_file": "opens the file, then reads as the target does",
    "keys_read_text": "flags of the command line",
    "flag_node": "flags of the command line",
    "joined": "flags of the command line",
    "read_refused": "flags of the command line",
    "hooks_add_file": "notes which files were read",
    "handle_alarm": "a deadline that passes",
}


def name_of(program):
    return os.path.basename(program).removeprefix("fuzz_")


def replay(program, here):
    """Runs the target over its seeds; the path of the profile that it wrote."""
    profile = f"{program}.profraw"
    seeds = sorted(glob.glob(os.path.join(here, "corpus", name_of(program), "*")))
    environment = dict(os.environ, LLVM_PROFILE_FILE=profile)
    subprocess.run([program, *seeds], env=environment, stdout=subprocess.DEVNULL, check=True)
    return profile


def export(programs, profiles):
    """llvm-cov's segments of each file, and the lines of each function that is tried elsewhere."""
    merged = f"{os.path.dirname(programs[0])}/merged.profdata"
    subprocess.run(["llvm-profdata", "merge", "-o", merged, *profiles], check=True)
    command = ["llvm-cov", "export", "-instr-profile", merged, programs[0]]
    for program in programs[1:]:
        command += ["-object", program]
    result = subprocess.run(command, stdout=subprocess.PIPE, check=True)
    data = json.loads(result.stdout)["data"][0]
    excused = {}
    for function in data["functions"]:
        if function["name"].split(":")[-1] in ELSEWHERE:
            first = min(region[0] for region in function["regions"])
            last = max(region[2] for region in function["regions"])
            excused.setdefault(function["filenames"][0], set()).update(range(first, last + 1))
    return data["files"], excused


def lines_of(file):
    """{line: executions} of the lines that hold code: as llvm-cov shows them, the most of what begins or runs on there."""
    lines, count, counted = {}, 0, False
    segments = file["segments"]
    for index, (line, _, executions, has_count, _, is_gap) in enumerate(segments):
        count, counted = executions, has_count
        last = segments[index + 1][0] if index + 1 < len(segments) else line
        if not counted or is_gap:
            continue
        for covered in range(line, last + 1):
            if covered == last and covered != line and index + 1 < len(segments) and segments[index + 1][1] == 1:
                continue
            lines[covered] = max(lines.get(covered, 0), count)
    return lines


def is_excused(text):
    return any(mark in text for _, marks in UNREACHABLE for mark in marks)


def spans(numbers):
    """1, 2, 3, 7 as "1-3 7"."""
    pieces = []
    for number in numbers:
        if pieces and pieces[-1][1] == number - 1:
            pieces[-1][1] = number
        else:
            pieces.append([number, number])
    return " ".join(str(a) if a == b else f"{a}-{b}" for a, b in pieces)


def targets_for(path):
    for pattern, targets in PARSERS:
        if fnmatch.fnmatch(path, pattern):
            return targets.split()
    return None


def report(root, files, excused, ran):
    """Prints a line a file; the number of those below the goal."""
    below = 0
    for file in sorted(files, key=lambda file: file["filename"]):
        path = os.path.relpath(file["filename"], root)
        targets = targets_for(path)
        if not targets or not set(targets) <= ran:
            continue
        with open(file["filename"], encoding="utf-8") as source:
            texts = [""] + source.read().split("\n")
        lines = lines_of(file)
        missed = [line for line, count in sorted(lines.items()) if count == 0]
        left_out = excused.get(file["filename"], set())
        open_lines = [line for line in missed if line not in left_out and not is_excused(texts[line])]
        share = 100 * (len(lines) - len(missed)) / len(lines)
        reached = 100 * (len(lines) - len(open_lines)) / len(lines)
        verdict = "PASS" if reached >= GOAL else "FAIL"
        below += verdict == "FAIL"
        print(f"  {verdict}  {share:5.1f} %  {path}  {('not: ' + spans(missed)) if missed else ''}".rstrip())
    return below


def main():
    here = os.path.dirname(os.path.abspath(__file__))
    root = os.path.dirname(os.path.dirname(here))
    programs = sys.argv[1:]
    files, excused = export(programs, [replay(program, here) for program in programs])
    below = report(root, files, excused, {name_of(program) for program in programs})
    print(f"Not counted as missing: {', '.join(why for why, _ in UNREACHABLE)};")
    print("    " + ",\n    ".join(f"{name}(): {why}" for name, why in ELSEWHERE.items()) + ".")
    print(f"fuzz-coverage: {below} below {GOAL} %")
    return 1 if below else 0


if __name__ == "__main__":
    sys.exit(main())
