#!/usr/bin/env bash
# Setup/packages.sh FOLDER RELEASES PATHS: tests the packages in dist/. For each release of Debian, it makes a fresh system
# without Swift in FOLDER, and installs each package there with one command; PATHS come from this machine. Prints a line
# for each release, and fails where one failed.
set -euo pipefail
cd "$(dirname "$0")/.."
source Setup/fresh-systems.sh

paths=$3

archive=$(ls dist/glyphline-*-linux-x86_64.tar.zst)
debian=$(ls dist/glyphline_*_amd64.deb)
wheel=$(ls dist/glyphline-*.whl)
name=$(basename "$archive" -linux-x86_64.tar.zst)-linux-x86_64
spec=/srv/checkout/Pipelines/smoke.yaml check=/srv/checkout/Setup/package/check.sh

# prepare RELEASE ROOT: a minimal system with an emulator of other CPUs, and what unpacks each package.
prepare() {
  fresh "$1" "$2" ca-certificates "$paths"
  inside "$2" "apt-get update --quiet && apt-get install --yes --no-install-recommends qemu-user zstd python3-venv"
  mkdir -p "$2/srv/checkout"
  mount --bind . "$2/srv/checkout"
  mount -o remount,bind,ro "$2/srv/checkout"
}

# The system gets the font that the program needs with the Debian package, so that one comes last.
steps() {
  attempt "$1" "archive" inside "$2" "tar -xf checkout/$archive -C /opt &&
    $check /opt/$name/bin/glyphline /opt/$name/lib/glyphline $spec yes"
  attempt "$1" "wheel" inside "$2" "python3 -m venv python && python/bin/pip install checkout/$wheel &&
    python/bin/glyphline --version && cd python/lib/python3*/site-packages/glyphline/_install &&
    PYTHON=/srv/python/bin/python $check \$PWD/bin/glyphline lib/glyphline $spec yes"
  attempt "$1" "deb" inside "$2" "apt-get install --yes --no-install-recommends ./checkout/$debian &&
    $check /usr/bin/glyphline /usr/lib/glyphline $spec no && apt-get purge --yes glyphline && ! ls /usr/*/glyphline"
}

# What this machine can check: the tools of the packages' makers, and a C program built with the archive.
here() {
  lintian --fail-on error --info "$debian"
  .build-package/venv/bin/auditwheel show "$wheel"
  local folder
  folder=$(mktemp -d)
  tar -xf "$archive" -C "$folder"
  # shellcheck disable=SC2046
  printf '#include <glyphline.h>\n#include <stdio.h>\nint main(void) { puts(glyphline_version()); }\n' |
    cc -x c - -o "$folder/program" \
      $(PKG_CONFIG_PATH="$folder/$name/lib/pkgconfig" pkg-config --cflags --libs glyphline)
  "$folder/program"
  rm -rf "$folder"
}

line="this machine"
attempt "here" "packages" here
for_each_release "$2" prepare steps
