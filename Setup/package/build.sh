#!/usr/bin/env bash
# Setup/package/build.sh: builds the library for each level of CPUs, with Swift's libraries in it, in a folder of its
# own, and a library with ICU's data, which is the same for all levels.
set -euo pipefail
cd "$(dirname "$0")/../.."
source Setup/package/settings.sh

[ "$(uname -sm)" = "Linux x86_64" ] || fail "packages are made on Linux on x86-64, not on $(uname -sm)"
archive=$toolchain/lib/swift_static/linux/lib_FoundationICU.a
[ -e "$archive" ] || fail "this Swift toolchain has no static libraries, so it makes no program that runs without it"

mkdir -p "$work/icu"
data=$("$tools/llvm-nm" --defined-only "$archive" 2>/dev/null | sed -n 's/.* \(icudt[0-9]*_dat\)$/\1/p')
[ -n "$data" ] || fail "$archive has no ICU data"
"$tools/clang" -O2 -fPIC -Wall -Wextra -Werror -march="$baseline" -DICU_DATA="$data" -c -o "$work/icu/icu.o" \
  Setup/package/icu.c
"$tools/clang" -shared -nostdlib -fuse-ld=lld -o "$work/icu/libglyphline-icu.so" -Wl,-u,"$data" "$archive" \
  -Wl,--defsym=glyphline_icu_data="$data",-soname,libglyphline-icu.so,-s

export GLYPHLINE_STATIC_STDLIB=1 GLYPHLINE_SHARED_ICU=$work/icu
for level in "${levels[@]}"; do
  "$swift" build -c release --scratch-path "$work/$level" -Xcc -march="$level" -Xcc -DGLYPHLINE_PACKAGE \
    --product glyphline-library
done
