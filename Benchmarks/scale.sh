#!/usr/bin/env bash
# Grows one dataset of small images from 10 thousand to 10 million samples, and prints the costs at each size as a row of
# the table in Docs/loading.md. Takes 3 GB of disk and a few minutes. Needs GNU time (package `time`) and bc.
set -euo pipefail
cd "$(dirname "$0")/.."

glyphline=${GLYPHLINE:-$(swift build -c release --show-bin-path)/glyphline}
work=runs/benchmarks/scale
spec=$work/scale.yaml
rm -rf "$work"
mkdir -p "$work"

# Runs a command, and sets its wall and CPU seconds and its peak resident memory in MB.
measure() {
  /usr/bin/time --format "%e %U %S %M" --output "$work/time" "$@"
  local user system kilobytes
  read -r seconds user system kilobytes < <(tail -n 1 "$work/time")
  cpu=$(echo "$user + $system" | bc)
  memory=$((kilobytes / 1024))
}

value() { sed -n "s/.*\"$1\" : \([0-9.]*\).*/\1/p" "$work/out"; }

echo "| samples | build, CPU time a sample | build, peak memory | catalog, a sample | status | first batch | loaded a second | load, peak memory |"
echo "| --- | --- | --- | --- | --- | --- | --- | --- |"
before=0
for count in 10000 100000 1000000 10000000; do
  cat > "$spec" <<END
name: scale
captcha: {charset: digits, length: 1, width: 16, height: 16, image-captcha: {font_sizes: [14]}}
datasets: {train: {count: $count}}
END
  measure "$glyphline" build "$spec" --workspace "$work" > "$work/out" 2> "$work/log"
  row="| $count | $(echo "scale=1; $cpu * 1000000 / ($count - $before)" | bc) µs | $memory MB"
  row+=" | $(echo "scale=1; $(stat --format %s "$work/catalog.sqlite") / $count" | bc) bytes"
  measure "$glyphline" status "$spec" --workspace "$work" > "$work/out"
  row+=" | $(echo "$seconds * 1000 / 1" | bc) ms"
  measure "$glyphline" bench load "$spec" --workspace "$work" --json > "$work/out"
  row+=" | $(echo "$(value first_batch_seconds) * 1000 / 1" | bc) ms"
  echo "$row | $(printf %.0f "$(value images_per_second)") | $memory MB |"
  before=$count
done
