#!/bin/sh
# Replays the seeds of each fuzz target that is named, tests/fuzz/corpus/NAME/* for fuzz_NAME. The last line is
# "fuzz: N passed, N failed, N skipped"; the exit status is 0 only where something passed and nothing failed.
#
#     tests/fuzz/run.sh [--incomplete] PROGRAM...
#
# --incomplete says that some target could not be built: that is a failure of its own, as is a target without seeds.
set -u

passed=0 failed=0
fail() {
	echo "  FAIL  $1"
	failed=$((failed + 1))
}

if [ "${1:-}" = --incomplete ]; then
	shift
	fail "a fuzz target could not be built"
fi

for program; do
	name=${program##*/}
	seeds=$(dirname "$0")/corpus/${name#fuzz_}
	if [ ! -x "$program" ]; then
		fail "$name: not built"
	elif ! ls "$seeds"/* >/dev/null 2>&1; then
		fail "$name: no seeds in $seeds"
	elif output=$(timeout --kill-after=5 120 "$program" "$seeds"/* 2>&1 </dev/null); then
		echo "  PASS  $name: $output"
		passed=$((passed + 1))
	else
		fail "$name: ended with status $?"
		printf '%s\n' "$output" | sed 's/^/        /'
	fi
done
echo "fuzz: $passed passed, $failed failed, 0 skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
