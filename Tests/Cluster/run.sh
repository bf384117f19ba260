#!/usr/bin/env bash
# Tests Pipelines/cluster/build.slurm under a real Slurm on this machine: a job array, one task of which is killed, and the
# job after it. The result is compared with a build without Slurm. It needs root and Debian's packages slurm-wlm and
# munge, and starts daemons of its own, in a folder of their own. GLYPHLINE is the program.
set -euo pipefail
cd "$(dirname "$0")/../.."

fail() {
  echo "Tests/Cluster: $*" >&2
  exit 1
}

[ "$(id -u)" = 0 ] || fail "needs root, to start Slurm's daemons"
for program in munged slurmctld slurmd sbatch; do
  command -v "$program" >/dev/null || fail "needs $program; apt install slurm-wlm munge"
done

folder=$(mktemp -d)
daemons=()
finish() {
  for daemon in "${daemons[@]}"; do kill "$daemon" 2>/dev/null || true; done
  rm -rf "$folder"
}
trap finish EXIT

# A cluster of one node, this machine, whose daemons listen on ports that others do not use.
export SLURM_CONF=$folder/slurm.conf
mkdir -m 711 "$folder/munge"
mkdir "$folder/state" "$folder/spool"
dd if=/dev/urandom of="$folder/munge.key" bs=1024 count=1 status=none
chmod 400 "$folder/munge.key"
chmod 755 "$folder"
cat >"$SLURM_CONF" <<END
ClusterName=test
SlurmctldHost=$(hostname)
SlurmctldPort=16817
SlurmdPort=16818
SlurmUser=root
AuthType=auth/munge
AuthInfo=socket=$folder/munge/socket
CredType=cred/munge
StateSaveLocation=$folder/state
SlurmdSpoolDir=$folder/spool
SlurmctldPidFile=$folder/slurmctld.pid
SlurmdPidFile=$folder/slurmd.pid
ProctrackType=proctrack/pgid
TaskPlugin=task/none
SelectType=select/cons_tres
SelectTypeParameters=CR_CPU
ReturnToService=2
MessageTimeout=60
NodeName=$(hostname) CPUs=$(nproc)
PartitionName=all Nodes=ALL Default=YES MaxTime=INFINITE State=UP
END
start() {
  "$@" >"$folder/$(basename "$1").log" 2>&1 &
  daemons+=($!)
}
start munged --foreground --force --key-file="$folder/munge.key" --socket="$folder/munge/socket" \
  --pid-file="$folder/munge/pid" --log-file="$folder/munge/log" --seed-file="$folder/munge/seed"
until [ -S "$folder/munge/socket" ]; do sleep 0.2; done
start slurmctld -D
start slurmd -D
for _ in {1..100}; do
  if sinfo --noheader --format=%T 2>/dev/null | grep -q idle; then break; fi
  sleep 0.3
done
sinfo --noheader --format=%T | grep -q idle || fail "Slurm did not start: $(cat "$folder"/slurm*.log)"

cat >"$folder/spec.yaml" <<'END'
name: cluster
captcha: {charset: digits, length: 3}
datasets: {train: {count: 4000}, test: {count: 100}}
shards: {records: 128}
END
workspace=$folder/workspace
export GLYPHLINE
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
while [ -n "$(squeue --noheader --jobs="$last" 2>/dev/null)" ]; do sleep 0.3; done

"$GLYPHLINE" build "$folder/spec.yaml" --workspace "$folder/alone" >"$folder/alone.log" 2>&1
grep -h 'shards of the train split found' "$folder/job-$last.log" || fail "no shards found: $(cat "$folder"/job-*.log)"
diff --recursive "$folder/alone/shards" "$workspace/shards"
query='SELECT * FROM shard; SELECT * FROM sample; SELECT * FROM charset; SELECT * FROM stage'
diff <(sqlite3 "$folder/alone/catalog.sqlite" "$query") <(sqlite3 "$workspace/catalog.sqlite" "$query")
echo "Tests/Cluster: a Slurm job array makes the same shards and catalog as one build"
