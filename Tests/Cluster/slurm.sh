# A private Slurm of one node, this machine, for scripts that source this file. They define `fail` and set folder, an
# empty folder of their own. `start_slurm` starts the daemons, on ports that others do not use; `stop_slurm` ends them.
# It needs root and Debian's packages slurm-wlm and munge.
# shellcheck shell=bash disable=SC2154

daemons=()
stop_slurm() {
  # Jobs would outlive the daemons.
  if [ -n "$(squeue --noheader 2>/dev/null)" ]; then
    scancel --user="$(id -un)" || true
    for _ in {1..50}; do
      [ -n "$(squeue --noheader 2>/dev/null)" ] || break
      sleep 0.2
    done
  fi
  kill "${daemons[@]}" 2>/dev/null || true
  wait "${daemons[@]}" || true
}

start() {
  "$@" >"$folder/$(basename "$1").log" 2>&1 &
  daemons+=($!)
}

start_slurm() {
  [ "$(id -u)" = 0 ] || fail "needs root, to start Slurm's daemons"
  for program in munged slurmctld slurmd sbatch; do
    command -v "$program" >/dev/null || fail "needs $program; apt install slurm-wlm munge"
  done
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
}
