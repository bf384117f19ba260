#!/usr/bin/env bash
# Tests the C interface: the example of Docs/c.md, and interface.c with AddressSanitizer.
# GLYPHLINE is the program, GLYPHLINE_LIBRARY the library; CC compiles.
set -euo pipefail
cd "$(dirname "$0")/../.."
folder=$(mktemp -d)
trap 'rm -rf "$folder"' EXIT
export LD_LIBRARY_PATH=$folder
ln -s "$(realpath "$GLYPHLINE_LIBRARY")" "$folder/libglyphline.so.0"
# A library that was linked without Swift's static libraries has its file's name.
ln -s "$(realpath "$GLYPHLINE_LIBRARY")" "$folder/libglyphline-library.so"

compile() {
  "$CC" -g -Wall -Wextra -Werror -fuse-ld=lld -ISources/CGlyphline/include "$@" \
    -pthread -L"$folder" -l:libglyphline.so.0
}

"$GLYPHLINE" run Pipelines/smoke.yaml --workspace "$folder/smoke" 2> "$folder/log" > "$folder/result" || {
  cat "$folder/log"
  exit 1
}
"$GLYPHLINE" export images Pipelines/smoke.yaml --workspace "$folder/smoke" --split test --out "$folder/images" \
  > "$folder/result" 2>&1
images=("$folder"/images/*.png)

sed -n '/^```c$/,/^```$/{/^```/d;p}' Docs/c.md > "$folder/example.c"
compile "$folder/example.c" -o "$folder/example"
"$folder/example" "$folder/smoke/model.safetensors" "${images[@]}" > "$folder/example.txt"
"$GLYPHLINE" predict --model "$folder/smoke/model.safetensors" "${images[@]}" > "$folder/program.txt"
diff "$folder/example.txt" "$folder/program.txt"

compile -fsanitize=address Tests/Interface/interface.c -o "$folder/interface" 2> >(grep -v 'Cannot export' >&2 || true)
timeout 300 "$folder/interface" "$folder/smoke" "${images[0]}"
