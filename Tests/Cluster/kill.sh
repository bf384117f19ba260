#!/usr/bin/env bash
# Tests/Cluster/kill.sh SPEC [SEED]: runs a pipeline as ranks, kills one of them at a random time, and goes on with another
# number of ranks, 20 times. The results are those of one undisturbed process. GLYPHLINE: the program. LAUNCHERS: see
# launch.sh; by default "open-mpi mpich", each run with one of them. RANKS: numbers of ranks to choose from. KILLS: how
# many. LIMIT: seconds after which a run has failed.
set -euo pipefail
cd "$(dirname "$0")/../.."
source Tests/Cluster/compare.sh
source Tests/Cluster/launch.sh

fail() {
  echo "Tests/Cluster/kill.sh: seed $seed: $*" >&2
  exit 1
}

seed=${2:-$SRANDOM}
RANDOM=$((seed % 32768))
echo "Tests/Cluster/kill.sh: seed $seed"
[ $# -ge 1 ] || fail "usage: kill.sh SPEC [SEED]"
[ -n "${GLYPHLINE:-}" ] || fail "GLYPHLINE is not set"
spec=$1 kills=${KILLS:-20}
read -ra launchers <<<"${LAUNCHERS:-open-mpi mpich}"
read -ra counts <<<"${RANKS:-1 2 3 4 5 7}"

folder=$(mktemp -d)
run=
# shellcheck disable=SC2317 # It is called.
finish() {
  if [ -n "$run" ]; then kill -TERM "$run" 2>/dev/null || true; fi
  rm -rf "$folder"
}
trap finish EXIT
expected=$folder/expected actual=$folder/actual

# descendants PROCESS: the processes that it started, and those that they started.
descendants() {
  local child
  for child in $(ps -o pid= --ppid "$1"); do
    echo "$child"
    descendants "$child"
  done
}

# ranks: the ranks of the run, as process ids. mpirun is their ancestor, but does not have the program's name.
ranks() {
  local process
  for process in $(descendants "$run"); do
    if [ "$(readlink "/proc/$process/exe" 2>/dev/null)" = "$program" ]; then echo "$process"; fi
  done
}

# begin: starts a run, with another launcher and number of ranks than the last one, where there are others.
count=0
begin() {
  launcher=${launchers[RANDOM % ${#launchers[@]}]}
  local last=$count
  for _ in {1..10}; do
    count=${counts[RANDOM % ${#counts[@]}]}
    if [ "$count" != "$last" ]; then break; fi
  done
  mkdir -p "$actual"
  launch "$launcher" "$count" "$GLYPHLINE" run "$spec" --workspace "$actual" </dev/null >"$folder/log" 2>&1 &
  run=$!
}

# await PROCESS...: until they have ended.
await() {
  local process deadline=$((SECONDS + ${LIMIT:-600}))
  for process in "$@"; do
    # A process that has ended, but whose parent does not know yet, has no exe.
    while readlink "/proc/$process/exe" >/dev/null 2>&1; do
      [ "$SECONDS" -lt "$deadline" ] || fail "$launcher, $count ranks: process $process has not ended: $(<"$folder/log")"
      sleep 0.05
    done
  done
}

program=$(realpath "$GLYPHLINE")
start=${EPOCHREALTIME/./}
"$GLYPHLINE" run "$spec" --workspace "$expected" >"$folder/log" 2>&1 || fail "$(<"$folder/log")"
duration=$((${EPOCHREALTIME/./} - start))

# compare: fails where the finished run made something else.
finished=0
compare() {
  line=$(outcome "$expected" "$actual") || fail "after $killed kills, $launcher, $count ranks: $line"
  finished=$((finished + 1))
}

killed=0
while [ "$killed" -lt "$kills" ]; do
  begin
  # From the start of the ranks on, at a time that is in training more often than not. Ranks that share CPUs take longer.
  until [ -n "$(ranks)" ] || ! kill -0 "$run" 2>/dev/null; do sleep 0.01; done
  microseconds=$(((RANDOM * 32768 + RANDOM) % (duration * 3 / 2)))
  sleep "$((microseconds / 1000000)).$(printf %06d "$((microseconds % 1000000))")"
  mapfile -t alive < <(ranks)
  code=0
  if [ "${#alive[@]}" -gt 0 ] && kill -KILL "${alive[RANDOM % ${#alive[@]}]}" 2>/dev/null; then
    killed=$((killed + 1))
    await "$run" "${alive[@]}"
    wait "$run" || code=$?
    run=
    checkpoint=$(compgen -G "$actual/checkpoints/*.safetensors" | sort | tail -1) || checkpoint=none
    echo "kill $killed: $launcher, $count ranks, after $((microseconds / 1000)) ms: exit code $code," \
      "last checkpoint: $(basename "$checkpoint" .safetensors)"
    if [ "$code" != 0 ]; then continue; fi
  else
    await "$run"
    wait "$run" || code=$?
    run=
  fi
  # It ended by itself, or was done when it was killed: the next one starts over.
  [ "$code" = 0 ] || fail "$launcher, $count ranks: exit code $code without a kill: $(<"$folder/log")"
  compare
  rm -rf "$actual"
done
begin
await "$run"
code=0
wait "$run" || code=$?
run=
[ "$code" = 0 ] || fail "$launcher, $count ranks: exit code $code: $(<"$folder/log")"
compare
echo "Tests/Cluster/kill.sh: $killed kills; $finished finished runs, all with the results of one process"
