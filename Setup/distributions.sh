#!/usr/bin/env bash
# Setup/distributions.sh FOLDER RELEASES PATHS PIPELINE: for each release of Debian, makes a fresh system in FOLDER and
# follows README there: `make run` with this pipeline, and `make test`, both of this checkout's last commit. The
# toolchain and PATHS come from this machine. Prints a line for each release, and fails where one failed.
set -euo pipefail
cd "$(dirname "$0")/.."

fail() {
  echo "distributions: $*" >&2
  exit 1
}

# A private mount namespace: the mounts end with this process, however it ends.
if [ -z "${DISTRIBUTIONS_UNSHARED:-}" ]; then
  [ "$(id -u)" = 0 ] || fail "needs root, to mount and to change the root folder; run it with sudo"
  if ! command -v debootstrap >/dev/null; then
    command -v apt-get >/dev/null || fail "needs debootstrap, which is not installed"
    apt-get update --quiet
    DEBIAN_FRONTEND=noninteractive apt-get install --yes --no-install-recommends debootstrap
  fi
  DISTRIBUTIONS_UNSHARED=1 exec unshare --mount --propagation private "$0" "$@"
fi

mkdir -p "$1"
folder=$(realpath "$1")
read -ra releases <<<"$2"
read -ra paths <<<"$3"
pipeline=$4

swift=$(Setup/swift.sh)
toolchain=$("$swift" -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)\/usr\/lib\/swift".*/\1/p')
[ -n "$toolchain" ] || fail "$swift is not in a folder of its own, which the fresh systems could share; see swift.org"
[ -z "$(git status --porcelain)" ] || echo "distributions: testing the last commit, without the changes since"

# share PATH ROOT: makes a file or folder visible in a system, read-only.
share() {
  if [ -d "$1" ]; then mkdir -p "$2$1"; else mkdir -p "$(dirname "$2$1")" && touch "$2$1"; fi
  mount --bind "$1" "$2$1"
  mount -o remount,bind,ro "$2$1"
}

# inside ROOT COMMAND: runs a command in the checkout there, with a clean environment.
inside() {
  chroot "$1" /usr/bin/env -i HOME=/root LANG=C.UTF-8 DEBIAN_FRONTEND=noninteractive \
    PATH="$toolchain/usr/bin:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin" \
    bash -euo pipefail -c "cd /srv && if [ -d glyphline ]; then cd glyphline; fi && $2"
}

# prepare RELEASE ROOT: a minimal system with what a user of Swift has: the libraries of the toolchain, a C++ library to
# link with, Git and make; and curl, for the test of the set-up.
prepare() {
  debootstrap --variant=minbase --include=ca-certificates,git,make "$1" "$2"
  mount -t proc proc "$2/proc"
  mount --rbind /dev "$2/dev"
  cp /etc/resolv.conf "$2/etc/resolv.conf"
  share "$toolchain" "$2"
  local path
  for path in "${paths[@]}"; do share "$path" "$2"; done
  inside "$2" "apt-get update --quiet && apt-get install --yes --no-install-recommends \
    g++ curl libcurl4 libedit2 libncurses6 libsqlite3-0 libxml2 tzdata"
  git clone --quiet . "$2/srv/glyphline"
}

# attempt RELEASE STEP COMMAND...: runs the command with its output in a file of its own, adds the outcome to `line`,
# and counts a failure in `failures`.
attempt() {
  local release=$1 step=$2 log="$folder/$1.${2// /-}.log" start=$SECONDS status=0
  shift 2
  echo "distributions: $release: $step, output in $log"
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

job=
trap 'if [ -n "$job" ]; then kill -- "-$job"; fi; exit 130' INT TERM HUP

lines=()
failures=0
for release in "${releases[@]}"; do
  root=$folder/$release
  # rm would also remove the content of anything still mounted here.
  if grep --quiet --fixed-strings " $root/" /proc/self/mounts; then fail "something is mounted in $root; unmount it"; fi
  rm -rf --one-file-system "$root"
  line=$release
  before=$failures
  attempt "$release" "set-up" prepare "$release" "$root"
  if [ "$failures" = "$before" ]; then
    attempt "$release" "make run" inside "$root" "make run PIPELINE='$pipeline'"
    attempt "$release" "make test" inside "$root" "make test"
  fi
  lines+=("$line")
done
printf '%s\n' "${lines[@]}"
[ "$failures" = 0 ]
