#!/usr/bin/env bash
# Trains on 10 thousand to a million images of Pipelines/quickstart.yaml, on every image once and without `candidates`, and
# prints for each count the accuracy and the time, as rows of the table in Docs/training.md. Takes 3 GB of disk and half an
# hour.
set -euo pipefail
cd "$(dirname "$0")/.."

glyphline=${GLYPHLINE:-$(swift build -c release --show-bin-path)/glyphline}
work=runs/benchmarks/image-counts
mkdir -p "$work"

echo "| training images | image accuracy | 95 % interval | seconds |"
echo "| --- | --- | --- | --- |"
for count in 10000 30000 100000 300000 1000000; do
  rm -rf "$work/workspace"
  sed -e "s/train: {count: .*}/train: {count: $count}/" -e '/candidates:/d' -e 's/batch: .*/batch: 64/' \
    -e 's/learning_rate: .*/learning_rate: 0.006/' Pipelines/quickstart.yaml > "$work/spec.yaml"
  start=$(date +%s)
  "$glyphline" run "$work/spec.yaml" --workspace "$work/workspace" > "$work/log" 2>&1
  seconds=$(($(date +%s) - start))
  sqlite3 "$work/workspace/catalog.sqlite" "
    SELECT printf('| %,d | %.2f %% | %.2f %% to %.2f %% | $seconds |', $count, 100 * accuracy, 100 * low95, 100 * high95)
    FROM image_accuracy"
done
rm -rf "$work/workspace"
