# Fresh Debian systems in a folder, for Setup/distributions.sh and Setup/packages.sh. A script sources this file where its
# relative paths begin, with its own arguments, of which the first is the folder, and calls `for_each_release`.

fail() {
  echo "$script: $*" >&2
  exit 1
}

# Continues in a private mount namespace: the mounts end with this process, however it ends.
script=$(basename "$0" .sh)
if [ -z "${FRESH_SYSTEMS_UNSHARED:-}" ]; then
  [ "$(id -u)" = 0 ] || fail "needs root, to mount and to change the root folder; run it with sudo"
  if ! command -v debootstrap >/dev/null; then
    command -v apt-get >/dev/null || fail "needs debootstrap, which is not installed"
    apt-get update --quiet
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends debootstrap
  fi
  FRESH_SYSTEMS_UNSHARED=1 exec unshare --mount --propagation private "Setup/$script.sh" "$@"
fi

mkdir -p "$1"
folder=$(realpath "$1")
failures=0 line= job=
trap 'if [ -n "$job" ]; then kill -- "-$job"; fi; exit 130' INT TERM HUP

# share PATH ROOT: makes a file or folder visible in a system, read-only.
share() {
  if [ -d "$1" ]; then mkdir -p "$2$1"; else mkdir -p "$(dirname "$2$1")" && touch "$2$1"; fi
  mount --bind "$1" "$2$1"
  mount -o remount,bind,ro "$2$1"
}

# inside ROOT COMMAND: runs a command in the folder /srv there, with a clean environment.
inside() {
  chroot "$1" /usr/bin/env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    PATH="${toolchain:+$toolchain/usr/bin:}/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
    bash -euo pipefail -c "cd /srv && $2"
}

# fresh RELEASE ROOT PACKAGES PATHS: a minimal system with these packages, separated by commas; PATHS are visible there.
fresh() {
  local path
  debootstrap --variant=minbase --include="$3" "$1" "$2"
  mount -t proc proc "$2/proc"
  mount --rbind /dev "$2/dev"
  cp /etc/resolv.conf "$2/etc/resolv.conf"
  for path in $4; do share "$path" "$2"; done
}

# attempt RELEASE STEP COMMAND...: runs the command with its output in a file of its own, adds the outcome to `line`,
# and counts a failure in `failures`.
attempt() {
  local release=$1 step=$2 log="$folder/$1.${2// /-}.log" start=$SECONDS status=0
  shift 2
  echo "$script: $release: $step, output in $log"
  # A job of its own, with all that it starts, so that an interrupt can end it.
  set -m
  ("$@") >"$log" 2>&1 </dev/null &
  job=$!
  set +m
  wait "$job" || status=$?
  job=
  if [ "$status" = 0 ]; then
    line+="  $step: ok, $((SECONDS - start)) s"
  else
    line+="  $step: failed after $((SECONDS - start)) s, see $log"
    failures=$((failures + 1))
    tail -n 15 "$log" | sed "s/^/  /"
  fi
}

# for_each_release RELEASES PREPARE STEPS: makes a system of each release with the function PREPARE, and calls the
# function STEPS, which calls `attempt`; both with the release and the system's folder. Prints what was attempted, a line
# for each release, and fails where something failed.
for_each_release() {
  local release root before lines=(${line:+"$line"})
  for release in $1; do
    root=$folder/$release
    # rm would also remove the content of anything still mounted here.
    if grep --quiet --fixed-strings " $root/" /proc/self/mounts; then fail "something is mounted in $root; unmount it"; fi
    rm -rf --one-file-system "$root"
    line=$release
    before=$failures
    attempt "$release" "set-up" "$2" "$release" "$root"
    if [ "$failures" = "$before" ]; then "$3" "$release" "$root"; fi
    lines+=("$line")
  done
  printf '%s\n' "${lines[@]}"
  [ "$failures" = 0 ]
}
