#!/usr/bin/env bash
# Measures Glyphline beside what else a person would use, one after the other on this machine, and prints the figures.
# The alternatives are Python packages; they go into a virtual environment of their own, .venv, of about 6 GB.
set -euo pipefail
cd "$(dirname "$0")/.."

glyphline=.build/release/glyphline
python=.venv/bin/python
work=runs/benchmarks

if ! [ -x "$python" ]; then
  python3 -m venv .venv
  "$python" -m pip install --quiet --requirement Benchmarks/requirements.txt
fi
mkdir -p "$work"

echo "machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores"

echo
echo "drawing 4 characters of 0-9A-Z, 160x60"
"$python" Benchmarks/peer_generate.py
"$glyphline" bench generate Benchmarks/seed-cnn.yaml
"$glyphline" bench generate Benchmarks/seed-cnn.yaml --threads 1

echo
echo "reading samples back in shuffled order"
"$python" Benchmarks/draw_real_images.py "$work/png" --count 4000 --seed 3
"$python" Benchmarks/peer_load.py "$work/png"
"$glyphline" build Benchmarks/seed-cnn.yaml --workspace "$work/seed-cnn" 2>/dev/null
"$glyphline" bench load Benchmarks/seed-cnn.yaml --workspace "$work/seed-cnn"

echo
echo "training the seed network, batch 64, and reading with it"
"$python" Benchmarks/peer_train.py
"$glyphline" bench train Benchmarks/seed-cnn.yaml
"$glyphline" bench predict Benchmarks/seed-cnn.yaml

if [ -f runs/quickstart/model.safetensors ]; then
  echo
  echo "reading PNG files from a folder, the program's start included"
  "$python" Benchmarks/draw_real_images.py "$work/files" --count 10000 --seed 2
  "$python" Benchmarks/peer_predict.py "$work/files"
  for _ in 1 2 3; do
    start=$(date +%s%N)
    "$glyphline" predict --model runs/quickstart/model.safetensors "$work/files" >"$work/answers.txt" 2>/dev/null
    echo "Glyphline, glyphnet: $((10000 * 10 ** 9 / ($(date +%s%N) - start))) files/s"
  done

  echo
  echo "reading 1,000 images that the Python package drew, with the quickstart model"
  "$python" Benchmarks/draw_real_images.py "$work/real" --count 1000 --seed 1
  "$glyphline" predict --model runs/quickstart/model.safetensors "$work"/real/*.png --expect-from-name | tail -n 1
fi
