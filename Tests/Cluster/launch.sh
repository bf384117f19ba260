# Starts a command as ranks. For scripts that source this file.
# shellcheck shell=bash

# launch LAUNCHER COUNT COMMAND ARGUMENT...: runs a command with COUNT ranks on this machine (open-mpi, mpich), or on
# hosts of their own (open-mpi-hosts, mpich-hosts, which need root); `alone` is without MPI, and has 1 rank. There may be
# more ranks than CPUs.
launch() {
  local launcher=$1 count=$2
  shift 2
  case $launcher in
    alone)
      [ "$count" = 1 ] || { echo "launch: no $count ranks without MPI" >&2; return 64; }
      "$@"
      ;;
    open-mpi) mpirun.openmpi --allow-run-as-root --oversubscribe --bind-to none -np "$count" "$@" ;;
    mpich) mpirun.mpich -bind-to none -np "$count" "$@" ;;
    *-hosts) Tests/Cluster/hosts.sh "$count" "${launcher%-hosts}" "$@" ;;
    *) echo "launch: no launcher $launcher" >&2; return 64 ;;
  esac
}
