#!/usr/bin/env bash
# Tests Pipelines/cluster/*.slurm under a real Slurm on this machine. build.slurm: a job array, one task of which is killed,
# and the job after it. run.slurm: 2 ranks, with each MPI library that is installed. The results are compared with those
# of one process. It needs root and Debian's packages slurm-wlm and munge, and starts daemons of its own, in a folder of
# their own. GLYPHLINE is the program.
set -euo pipefail
cd "$(dirname "$0")/../.."
source Tests/Cluster/slurm.sh
source Tests/Cluster/compare.sh

fail() {
  echo "Tests/Cluster: $*" >&2
  exit 1
}

folder=$(mktemp -d)
trap 'stop_slurm; rm -rf "$folder"' EXIT
start_slurm
export GLYPHLINE

# await JOB: until it has ended.
await() { while [ -n "$(squeue --noheader --jobs="$1" 2>/dev/null)" ]; do sleep 0.3; done; }

# same NAME EXPECTED ACTUAL: fails where two workspaces differ.
same() {
  local line
  line=$(outcome "$2" "$3") || fail "$1: $line"
}

cat >"$folder/spec.yaml" <<'END'
name: cluster
captcha: {charset: digits, length: 3}
datasets: {train: {count: 4000}, test: {count: 100}}
shards: {records: 128}
END
workspace=$folder/workspace
submit() {
  sbatch --parsable --cpus-per-task=1 --output="$folder/job-%j.log" "$@" \
    Pipelines/cluster/build.slurm "$folder/spec.yaml" "$workspace"
}
array=$(submit --array=1-8)
last=$(submit --dependency="afterany:$array")
# A task dies, and another is never started.
until compgen -G "$workspace/shards/*.partial" >/dev/null; do sleep 0.02; done
scancel --signal=KILL "${array}_1" 2>/dev/null || true
scancel "${array}_8"
await "$last"

"$GLYPHLINE" build "$folder/spec.yaml" --workspace "$folder/alone" >"$folder/alone.log" 2>&1
grep -h 'shards of the train split found' "$folder/job-$last.log" || fail "no shards found: $(cat "$folder"/job-*.log)"
same build.slurm "$folder/alone" "$workspace"
echo "Tests/Cluster: a Slurm job array makes the same shards and catalog as one build"

# What each library understands (Debian 12).
declare -A types=([openmpi]=pmix [mpich]=pmi2)
for spec in Pipelines/smoke.yaml Tests/Cluster/varied.yaml; do
  rm -rf "$folder/alone"
  "$GLYPHLINE" run "$spec" --workspace "$folder/alone" >"$folder/alone.log" 2>&1
  for library in openmpi mpich; do
    if ! command -v "mpirun.$library" >/dev/null; then
      echo "Tests/Cluster: skipped: run.slurm with $library, which is not installed"
      continue
    fi
    rm -rf "$workspace"
    SLURM_MPI_TYPE=${types[$library]} sbatch --wait --ntasks-per-node=2 --cpus-per-task=1 --output="$folder/run.log" \
      Pipelines/cluster/run.slurm "$spec" "$workspace" >"$folder/sbatch.log" 2>&1 ||
      fail "run.slurm, $library, $spec: $(cat "$folder/sbatch.log" "$folder/run.log")"
    same "run.slurm, $library, $spec" "$folder/alone" "$workspace"
    [ "$(commands "$workspace")" = 1 ] || fail "run.slurm, $library, $spec: the ranks did not know of each other"
    echo "Tests/Cluster: 2 ranks of $library under Slurm make the same of $spec as one process"
  done
done
