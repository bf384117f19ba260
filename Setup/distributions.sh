#!/usr/bin/env bash
# Setup/distributions.sh FOLDER RELEASES PATHS PIPELINE: for each release of Debian, makes a fresh system in FOLDER and
# follows README there: `make run` with this pipeline, and `make test`, both of this checkout's last commit. The
# toolchain and PATHS come from this machine. Prints a line for each release, and fails where one failed.
set -euo pipefail
cd "$(dirname "$0")/.."
source Setup/fresh-systems.sh

paths=$3 pipeline=$4

swift=$(Setup/swift.sh)
toolchain=$("$swift" -print-target-info | sed -n 's/.*"runtimeResourcePath": "\(.*\)\/usr\/lib\/swift".*/\1/p')
[ -n "$toolchain" ] || fail "$swift is not in a folder of its own, which the fresh systems could share; see swift.org"
[ -z "$(git status --porcelain)" ] || echo "distributions: testing the last commit, without the changes since"

# prepare RELEASE ROOT: a minimal system with what a user of Swift has: the libraries of the toolchain, a C++ library to
# link with, Git and make; and curl, for the test of the set-up.
prepare() {
  fresh "$1" "$2" ca-certificates,git,make "$toolchain $paths"
  inside "$2" "apt-get update --quiet && apt-get install --yes --no-install-recommends \
    g++ curl libcurl4 libedit2 libncurses6 libsqlite3-0 libxml2 tzdata"
  git clone --quiet . "$2/srv/glyphline"
}

steps() {
  attempt "$1" "make run" inside "$2" "cd glyphline && make run PIPELINE='$pipeline'"
  attempt "$1" "make test" inside "$2" "cd glyphline && make test"
}

for_each_release "$2" prepare steps
