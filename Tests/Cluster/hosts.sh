#!/usr/bin/env bash
# Tests/Cluster/hosts.sh COUNT open-mpi|mpich COMMAND ARGUMENT...: runs a command as one rank on each of COUNT hosts of
# their own, host1 (10.77.0.1), host2 and so on, whose only connection is a network of a real one's speed. mpirun is on one
# more, head.
#
# A host is a set of namespaces (network, host name, shared memory, process ids, mounts): files are the same on all hosts,
# and nothing but TCP connects their processes. switch.c is the network. DELAY: microseconds on the way through it, by
# default 75: with what the kernel takes, a message of MPI is back after about 200. RATE: Mbit/s in each direction, by
# default 1000. MPIRUN: a program in place of mpirun.openmpi or mpirun.mpich. It needs root, and a C compiler. All that it
# starts ends with it, however it ends.
#
# Debian 12's MPICH (4.0.2 with UCX 1.13.1) may hang in MPI_Finalize where ranks have TCP alone, also without this script:
# a rank that has disconnected no longer answers those that have not.
set -euo pipefail

fail() {
  echo "Tests/Cluster/hosts.sh: $*" >&2
  exit 1
}

[ $# -ge 3 ] || fail "usage: hosts.sh COUNT open-mpi|mpich COMMAND ARGUMENT..."
count=$1 implementation=$2
shift 2
[ "$(id -u)" = 0 ] || fail "needs root, to make network namespaces"
for program in unshare nsenter setpriv ip; do
  command -v "$program" >/dev/null || fail "needs $program; apt install util-linux iproute2"
done

# Continues in a private mount namespace, where the hosts' names are known.
if [ -z "${HOSTS_UNSHARED:-}" ]; then
  HOSTS_UNSHARED=1 exec unshare --mount --propagation private "$0" "$count" "$implementation" "$@"
fi
unset HOSTS_UNSHARED

names=(head)
for ((i = 1; i <= count; i++)); do names+=("host$i"); done
folder=$(mktemp -d)
processes=()
# shellcheck disable=SC2317 # It is called.
finish() {
  kill -KILL "${processes[@]}" || true
  wait "${processes[@]}" || true
  rm -rf "$folder"
}
trap 'finish 2>/dev/null' EXIT
trap 'exit 130' INT
trap 'exit 143' TERM HUP

"${CC:-cc}" -O2 -o "$folder/switch" "$(dirname "$0")/switch.c"
{
  echo "127.0.0.1 localhost"
  for i in "${!names[@]}"; do echo "10.77.0.$((i > 0 ? i : 254)) ${names[i]}"; done
} >"$folder/hosts"
mount --bind "$folder/hosts" /etc/hosts

# The first process of a host. When it ends, all others of the host do.
cat >"$folder/host" <<'END'
hostname "$1"
mount -t tmpfs tmpfs /dev/shm
echo >"$2/$1"
exec sleep infinity
END
namespaces=()
for name in "${names[@]}"; do
  setpriv --pdeathsig KILL unshare --net --uts --ipc --mount --pid --mount-proc --fork --kill-child=KILL \
    sh -e "$folder/host" "$name" "$folder" &
  processes+=($!)
  until [ -e "$folder/$name" ]; do
    kill -0 $! 2>/dev/null || fail "$name did not start"
    sleep 0.02
  done
  read -r process < <(cat "/proc/$!/task/$!/children"; echo)
  echo "$process" >"$folder/$name"
  namespaces+=("/proc/$process/ns/net")
done

mkfifo "$folder/ready"
setpriv --pdeathsig KILL "$folder/switch" "${DELAY:-75}" "${RATE:-1000}" "${namespaces[@]}" >"$folder/ready" &
processes+=($!)
read -r _ <"$folder/ready" || fail "the switch did not start"
for name in "${names[@]}"; do
  nsenter --target "$(<"$folder/$name")" --net sh -ec "
    echo 1 >/proc/sys/net/ipv6/conf/eth0/disable_ipv6
    ip link set lo up
    ip address add $(awk -v name="$name" '$2 == name {print $1}' "$folder/hosts")/24 dev eth0
    ip link set eth0 up"
done

# In place of ssh: `agent HOST COMMAND ARGUMENT...`, which a shell of the host reads.
cat >"$folder/agent" <<END
#!/usr/bin/env bash
process=\$(<"$folder/\$1")
shift
exec nsenter --target "\$process" --net --uts --ipc --mount --pid env --chdir="\$PWD" sh -c "\$*"
END
chmod +x "$folder/agent"

# Between ranks, TCP alone, on this network. The hosts share this machine's CPUs, so ranks that wait let others run.
hosts=$(IFS=, && echo "${names[*]:1}")
case $implementation in
  open-mpi)
    run=("${MPIRUN:-mpirun.openmpi}" --allow-run-as-root --host "$hosts" -np "$count" --map-by node --bind-to none
      --mca plm rsh --mca plm_rsh_agent "$folder/agent" --mca pml ob1 --mca btl "tcp,self"
      --mca btl_tcp_if_include eth0 --mca oob_tcp_if_include eth0
      --mca mpi_yield_when_idle 1 --mca orte_tmpdir_base "$folder")
    ;;
  mpich)
    export MPIR_CVAR_NOLOCAL=1 UCX_TLS=tcp,self UCX_NET_DEVICES=eth0 FI_PROVIDER=tcp FI_TCP_IFACE=eth0
    run=("${MPIRUN:-mpirun.mpich}" -hosts "$hosts" -np "$count" -ppn 1 -iface eth0 -launcher rsh
      -launcher-exec "$folder/agent")
    ;;
  *) fail "$implementation is neither open-mpi nor mpich" ;;
esac
# The agent finds the hosts' processes, so mpirun has the process ids and mounts of this machine.
setpriv --pdeathsig KILL nsenter --target "$(<"$folder/head")" --net --uts --ipc "${run[@]}" "$@" <&0 &
processes+=($!)
code=0
wait $! || code=$?
exit "$code"
