#!/usr/bin/env bash
# Setup/package/check.sh PROGRAM LIBRARY SPEC BUNDLED: on a system with a package installed, checks that the program
# finds its libraries, runs the spec's pipeline and predicts an image, and takes the right library for this CPU and for
# others, which qemu-x86_64 emulates. LIBRARY is the folder of libglyphline. BUNDLED is yes if the package has every
# library but glibc and GCC's own.
set -euo pipefail

program=$1 library=$(realpath "$2") spec=$3 bundled=$4
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT

fail() {
  echo "check: $*" >&2
  exit 1
}

"$program" --version

# Every library is found, for each level, and by the loader alone.
find "$program" "$library" -type f \( -path '*/bin/*' -o -name '*.so*' \) | while read -r file; do
  ldd "$file" >"$folder/libraries"
  ! grep "not found" "$folder/libraries" || fail "$file lacks libraries"
  [ "$bundled" = yes ] || continue
  others=$(sed -n 's/.* => \(.*\) (0x.*/\1/p' "$folder/libraries" | xargs --no-run-if-empty realpath |
    grep -v -e "^$library/" -e '/lib\(c\|m\|stdc++\|gcc_s\)\.so\.[0-9.]*$') || continue
  fail "$file needs libraries of the system: $others"
done

# level COMMAND...: the level of the library that the program's loader takes.
level() {
  local path
  path=$("$@" 2>&1 >"$folder/version" | sed -n 's/.*calling init: \(.*libglyphline\.so\.0\)$/\1/p')
  case $path in
    */glibc-hwcaps/*) path=${path%/*} && echo "${path##*/}" ;;
    */libglyphline.so.0) echo x86-64-v2 ;;
    *) echo "none" ;;
  esac
}
# expect LEVEL NAME COMMAND...: it is this one.
expect() {
  local expected=$1 name=$2 found
  shift 2
  found=$(level "$@")
  [ "$found" = "$expected" ] || fail "on $name, the level is $found instead of $expected"
  echo "check: on $name: $found"
}
best=$(/lib64/ld-linux-x86-64.so.2 --help | sed -n 's/^ *\(x86-64-v[2-4]\) (supported, searched)/\1/p' | sort | tail -n 1)
expect "$best" "this CPU" env LD_DEBUG=libs "$program" --version
for pair in Nehalem:x86-64-v2 Haswell:x86-64-v3 Skylake-Server:x86-64-v3; do
  # The emulator has no AVX-512.
  expect "${pair#*:}" "an emulated ${pair%:*}" qemu-x86_64 -cpu "${pair%:*}" -E LD_DEBUG=libs "$program" --version
done

# refuses COMMAND...: on a CPU without SSE4.2, the program says what is missing and ends.
refuses() {
  local code=0
  qemu-x86_64 -cpu core2duo "$@" >"$folder/output" 2>&1 || code=$?
  [ "$code" = 78 ] || fail "on an emulated Core 2, $1 ended with exit code $code: $(<"$folder/output")"
  grep "^error: this program was built for a CPU with .*Glyphline's packages" "$folder/output" ||
    fail "on an emulated Core 2, $1 said: $(<"$folder/output")"
}
refuses "$program" --version

"$program" run "$spec" --workspace "$folder/workspace"
"$program" export images "$spec" --workspace "$folder/workspace" --split test --out "$folder/images"
image=$(find "$folder/images" -name '*.png' | sort | sed -n 1p)
"$program" predict --model "$folder/workspace/model.safetensors" --csv "$image" | tee "$folder/prediction"
for cpu in Nehalem Haswell; do
  qemu-x86_64 -cpu "$cpu" "$program" predict --model "$folder/workspace/model.safetensors" --csv "$image" \
    >"$folder/emulated" 2>"$folder/errors" || fail "on an emulated $cpu: $(<"$folder/errors")"
  diff <(cut -d , -f 1,2 "$folder/prediction") <(cut -d , -f 1,2 "$folder/emulated") ||
    fail "on an emulated $cpu, the prediction is another one"
done

if [ -n "${PYTHON:-}" ]; then
  "$PYTHON" - "$folder/workspace/model.safetensors" "$image" <<'END'
import sys

import glyphline

print(glyphline.__file__, glyphline.Model(sys.argv[1]).read(sys.argv[2]).text)
END
  refuses "$(realpath "$PYTHON")" -c "import ctypes; ctypes.CDLL('$library/libglyphline-loader.so')"
fi
echo "check: passed"
