#!/bin/sh
# Runs unit test programs one after the other and counts what they report (TAP). The last line is always
# "unit: N passed, N failed, N skipped"; the exit status is 0 only where something passed and nothing failed.
#
#     tests/unit/run.sh [--incomplete] PROGRAM...
#
# --incomplete says that some program could not be built: that is a failure of its own. A program that ends without
# reporting each test of its plan (a crash, a deadline, a sanitizer) adds one failure.
set -u

incomplete=0
if [ "${1:-}" = --incomplete ]; then
	incomplete=1
	shift
fi

CMOCKA_MESSAGE_OUTPUT=TAP
export CMOCKA_MESSAGE_OUTPUT
seconds=${UNIT_TIMEOUT:-120}
output=$(mktemp) || exit 1
trap 'rm -f "$output"' EXIT
# timeout(1) stands in a process group of its own: no key reaches it, so that a signal must be handed on.
running=
trap '[ -z "$running" ] || kill "$running" 2>/dev/null; exit 130' INT TERM HUP

# Prints "passed failed skipped missing" for the TAP in $output.
count() {
	awk '
		/^1\.\.[0-9]+/ { sub(/^1\.\./, ""); planned += $1 + 0; next }
		/^(not )?ok [0-9]+ # SKIP/ { skipped++; next } # cmocka 1.1.5 writes "not ok" before it
		/^not ok [0-9]+ / { failed++; next }
		/^ok [0-9]+ / { passed++; next }
		END { print passed + 0, failed + 0, skipped + 0, planned - passed - failed - skipped }
	' "$output"
}

passed=0 failed=0 skipped=0
for program; do
	name=${program##*/}
	if [ ! -x "$program" ]; then
		echo "  FAIL  $name: not built"
		failed=$((failed + 1))
		incomplete=0
		continue
	fi
	timeout --kill-after=5 "$seconds" "$program" >"$output" 2>&1 </dev/null &
	running=$!
	wait "$running"
	status=$?
	running=
	read -r ok not_ok skip missing <<-END
		$(count)
	END
	why=
	if [ "$missing" -ne 0 ] || [ $((ok + not_ok + skip)) -eq 0 ] || { [ "$status" -ne 0 ] && [ "$not_ok" -eq 0 ]; }; then
		why=", ended early with status $status"
		not_ok=$((not_ok + 1))
	fi
	passed=$((passed + ok)) failed=$((failed + not_ok)) skipped=$((skipped + skip))
	if [ "$not_ok" -eq 0 ]; then
		echo "  PASS  $name: $ok passed$([ "$skip" -eq 0 ] || echo ", $skip skipped")"
	else
		sed 's/^/        /' "$output"
		echo "  FAIL  $name: $ok passed, $not_ok failed$why"
	fi
done

if [ "$incomplete" -eq 1 ]; then
	echo "  FAIL  a test program could not be built"
	failed=$((failed + 1))
fi
echo "unit: $passed passed, $failed failed, $skipped skipped"
[ "$failed" -eq 0 ] && [ "$passed" -gt 0 ]
