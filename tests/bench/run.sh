#!/bin/sh
# `make bench`: builds, installs the peer, the load generator and the servers where they are missing, and prints the
# table of README.md; --readme puts it there.
set -eu
root=$(cd "$(dirname "$0")/../.." && pwd)
"$root/scripts/install-packages.sh" bench
${MAKE:-make} -C "$root" --no-print-directory all
exec /usr/bin/python3 "$root/tests/bench/bench.py" "$@"
