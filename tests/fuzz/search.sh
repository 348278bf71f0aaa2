#!/bin/sh
# Runs libFuzzer targets one after the other, each with its seeds and its dictionary. New inputs go to
# build/fuzz/corpus/NAME and are taken up again by the next search; one that breaks a promise, or takes too long, goes to
# build/fuzz/found. `build/sanitize/tests/fuzz/fuzz_NAME FILE`, made by `make SANITIZE=address,undefined fuzz`, replays it.
#
#     tests/fuzz/search.sh [-t SECONDS] [-r RUNS] PROGRAM...     FUZZ_FLAGS=... for libFuzzer's own
#
# The last line is "fuzz: N searched, N failed". The exit status is 0 only where none failed.
set -u

seconds=0 runs=-1
while getopts t:r: option; do
	case $option in
	t) seconds=$OPTARG ;;
	r) runs=$OPTARG ;;
	*) exit 2 ;;
	esac
done
shift $((OPTIND - 1))

here=$(dirname "$0")
searched=0 failed=0

# Inputs longer than this find little that shorter ones do not, and take longer.
length_of() {
	case $1 in
	address | form | forwarded | value | repository_url | regex) echo 256 ;;
	hooks | template | yaml) echo 1024 ;;
	*) echo 512 ;;
	esac
}

for program; do
	name=${program##*/fuzz_}
	folder=$(dirname "$program")/../..
	mkdir -p "$folder/corpus/$name" "$folder/found" "$folder/logs" || exit 1
	dictionary=$here/dictionaries/$name
	log=$folder/logs/$name
	# Small quarantine, no stacks of allocations: what is freed lives long enough within one input, and a find is
	# run again by the replaying build, which has both.
	ASAN_OPTIONS=quarantine_size_mb=1:malloc_context_size=0:${ASAN_OPTIONS:-} \
		"$program" "-max_total_time=$seconds" "-runs=$runs" "-max_len=$(length_of "$name")" \
		-timeout=20 -rss_limit_mb=1024 "-artifact_prefix=$folder/found/$name-" -print_final_stats=1 \
		$([ ! -f "$dictionary" ] || echo "-dict=$dictionary") ${FUZZ_FLAGS:-} \
		"$folder/corpus/$name" "$here/corpus/$name" >"$log" 2>&1 </dev/null
	status=$?
	searched=$((searched + 1))
	summary=$(sed -n 's/^stat::\([a-z_]*\): *\([0-9]*\)$/\1 \2/p' "$log" | awk '
		$1 == "number_of_executed_units" { runs = $2 }
		$1 == "peak_rss_mb" { peak = $2 }
		END { print runs " inputs, at most " peak " MB" }')
	if [ "$status" -eq 0 ]; then
		echo "  PASS  $name: $summary"
	else
		failed=$((failed + 1))
		echo "  FAIL  $name: $summary; ended with status $status, see $log"
		tail -n 30 "$log" | sed 's/^/        /'
	fi
done
echo "fuzz: $searched searched, $failed failed"
[ "$failed" -eq 0 ] && [ "$searched" -gt 0 ]
