#!/bin/sh
# `make test`: everything that must hold. Lint, unit and end-to-end tests, the latter two again under sanitizers, the
# differential test, and fuzz seeds. The last line is "N passed, N failed" (", N skipped" where any were); the exit status
# is 0 only where something passed and nothing failed. A step that does not run to its end counts as one failure, whatever
# it printed before.
set -u

cd "$(dirname "$0")/.." || exit 1
root=$(pwd)
plain=${BUILD:-build/test}
sanitized=$plain-sanitize
sanitizers=address,undefined
case " ${MAKEFLAGS:-} " in
*" -j"*) jobs='' ;; # those of the make that called
*) jobs=-j$(nproc) ;;
esac

passed=0 failed=0 skipped=0
logs=$root/$plain/logs
mkdir -p "$logs" || exit 1
trap 'exit 130' INT
trap 'exit 143' TERM HUP

build() {
	make ${jobs:+"$jobs"} --no-print-directory --keep-going WERROR=1 "$@"
}

fail() {
	echo "  FAIL  $1"
	failed=$((failed + 1))
}

# Runs a command, shows what it prints and keeps it in $logs/NAME; its exit status goes to $status.
run() {
	name=$1
	shift
	echo "== $name"
	rm -f "$logs/$name.status"
	{
		"$@" 2>&1
		echo $? >"$logs/$name.status"
	} | tee "$logs/$name"
	status=$(cat "$logs/$name.status" 2>/dev/null) || status=1
}

# Adds "passed failed skipped" of a step to the sums. Nothing to add, or a status that does not fit, is a failure.
add() {
	if [ $# -ne 4 ]; then
		fail "$1: it did not report its results (status $status)"
		return
	fi
	passed=$((passed + $2)) failed=$((failed + $3)) skipped=$((skipped + $4))
	if [ "$status" -ne 0 ] && [ "$3" -eq 0 ]; then
		fail "$1: ended with status $status"
	elif [ "$(($2 + $3))" -eq 0 ]; then
		fail "$1: nothing was tested"
	fi
}

# A step that is one thing: it works or not.
step() {
	run "$@"
	if [ "$status" -eq 0 ]; then
		return 0
	fi
	fail "$1: ended with status $status"
	return 1
}

# What lint and unit print last: "NAME: 1 passed, 2 failed, 3 skipped".
counts_of() {
	sed -n "s/^$1: \([0-9]*\) passed, \([0-9]*\) failed, \([0-9]*\) skipped\$/\1 \2 \3/p" "$2" | tail -n 1
}

# The same of pytest's report.
counts_of_report() {
	/usr/bin/python3 - "$1" <<-'END'
		import sys, xml.etree.ElementTree as tree
		suites = list(tree.parse(sys.argv[1]).getroot().iter("testsuite"))
		tests, errors, failures, skipped = (
		    sum(int(suite.get(name)) for suite in suites) for name in ("tests", "errors", "failures", "skipped"))
		print(max(tests - errors - failures - skipped, 0), errors + failures, skipped)
	END
}

lint() {
	run lint build lint
	# shellcheck disable=SC2046
	add lint $(counts_of lint "$logs/lint")
}

# unit NAME FOLDER VARIABLES...
unit() {
	unit_name=$1 folder=$2
	shift 2
	run "$unit_name" build BUILD="$folder" "$@" unit TEST=
	# shellcheck disable=SC2046
	add "$unit_name" $(counts_of unit "$logs/$unit_name")
}

# The seeds of the fuzz targets.
fuzz() {
	run fuzz build BUILD="$sanitized" SANITIZE=$sanitizers fuzz
	# shellcheck disable=SC2046
	add fuzz $(counts_of fuzz "$logs/fuzz")
}

# Requests that webhook 2.8.0 must answer as we do, from seeds that cover flags and bodies of all sorts.
differential() {
	run differential build BUILD="$plain" SANITIZE= N=4000 SEED="1 2 3 4" differential
	# shellcheck disable=SC2046
	add differential $(counts_of differential "$logs/differential")
}

# end_to_end NAME FOLDER [VARIABLE=VALUE]
end_to_end() {
	e2e_name=$1 folder=$2
	shift 2
	report=$logs/$e2e_name.xml
	rm -f "$report"
	run "$e2e_name" env PYTHONDONTWRITEBYTECODE=1 POCKETCI_BUILD="$root/$folder" "$@" \
		/usr/bin/python3 -m pytest -p no:cacheprovider --tb=short --junitxml="$report" tests/e2e
	# shellcheck disable=SC2046
	add "$e2e_name" $(counts_of_report "$report" 2>/dev/null)
}

# What a newcomer types first.
demo() {
	port=$(/usr/bin/python3 -c 'import socket; s = socket.socket(); s.bind(("127.0.0.1", 0)); print(s.getsockname()[1])')
	step demo env BUILD="$plain" WERROR=1 SANITIZE= ONCE=1 PORT="$port" scripts/run.sh && passed=$((passed + 1))
}

# What the sanitizers of the programs reported, in whichever process (tests/sanitizer.c).
no_reports() {
	for report in "$sanitized"/reports/sanitizer.*; do
		[ -e "$report" ] || continue
		cat "$report"
		fail "sanitizers: $report"
	done
}

finish() {
	line="$passed passed, $failed failed"
	[ "$skipped" -eq 0 ] || line="$line, $skipped skipped"
	echo "$line"
	[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
	exit
}

case $plain in
/*) echo "BUILD must be a folder beneath $root." >&2 && exit 2 ;;
esac

step packages scripts/install-packages.sh test || finish
lint
step build build BUILD="$plain" SANITIZE= all
unit unit "$plain" SANITIZE=
end_to_end e2e "$plain"
differential
demo

rm -rf "$sanitized/reports"
mkdir -p "$sanitized/reports" && chmod 1777 "$sanitized/reports" # the servers run as other users
step build-sanitize build BUILD="$sanitized" SANITIZE=$sanitizers all
unit unit-sanitize "$sanitized" SANITIZE=$sanitizers
fuzz
end_to_end e2e-sanitize "$sanitized" POCKETCI_SANITIZED=1
no_reports
finish
