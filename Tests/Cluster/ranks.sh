#!/usr/bin/env bash
# Tests/Cluster/ranks.sh SPEC...: runs each pipeline in one process, then as several ranks, and compares the results. Prints
# a line for each. GLYPHLINE: the program. LAUNCHERS: see launch.sh; by default "open-mpi mpich". RANKS: numbers of ranks.
# LIMIT: seconds after which a run has failed.
set -euo pipefail
cd "$(dirname "$0")/../.."
source Tests/Cluster/compare.sh
source Tests/Cluster/launch.sh

fail() {
  echo "Tests/Cluster/ranks.sh: $*" >&2
  exit 1
}

[ $# -ge 1 ] || fail "usage: ranks.sh SPEC..."
[ -n "${GLYPHLINE:-}" ] || fail "GLYPHLINE is not set"
export -f launch
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

failures=0
for spec in "$@"; do
  expected=$folder/expected
  rm -rf "$expected"
  "$GLYPHLINE" run "$spec" --workspace "$expected" >"$folder/log" 2>&1 || fail "$spec: $(<"$folder/log")"
  for launcher in ${LAUNCHERS:-open-mpi mpich}; do
    for count in ${RANKS:-1 2 3 4 7 8}; do
      actual=$folder/actual code=0
      rm -rf "$actual"
      mkdir "$actual"
      timeout --kill-after=10 "${LIMIT:-600}" bash -c 'launch "$@"' launch "$launcher" "$count" \
        "$GLYPHLINE" run "$spec" --workspace "$actual" </dev/null >"$folder/log" 2>&1 || code=$?
      if [ "$code" = 0 ]; then
        line=$(outcome "$expected" "$actual") || failures=$((failures + 1))
        if [ "$(commands "$actual")" != 1 ]; then
          line+=", but the ranks did not know of each other"
          failures=$((failures + 1))
        fi
      else
        line="exit code $code: $(tail -5 "$folder/log")"
        failures=$((failures + 1))
      fi
      echo "$(basename "$spec" .yaml), $launcher, $count ranks: $line"
    done
  done
done
[ "$failures" = 0 ] || fail "$failures of the checks failed"
