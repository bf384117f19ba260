#!/usr/bin/env bash
# Measures Glyphline beside the alternatives, one after the other on this machine, and prints the figures.
# The alternatives are Python packages. They go into a virtual environment of their own, .venv, of about 6 GB. Where one is
# missing or fails, its row says so and the run goes on.
set -euo pipefail
cd "$(dirname "$0")/.."

glyphline=${GLYPHLINE:-$(swift build -c release --show-bin-path)/glyphline}
export GLYPHLINE=$glyphline GLYPHLINE_LIBRARY=${GLYPHLINE_LIBRARY:-$(dirname "$glyphline")/libglyphline-library.so}
export PYTHONPATH=Python
python=.venv/bin/python
work=runs/benchmarks

section() { printf '\n%s\n' "$1"; }

# install: all packages at once; where that fails, one at a time, so that one missing package costs only its own rows.
install() {
  "$python" -m pip install --quiet --requirement Benchmarks/requirements.txt && return
  local package status=0
  while read -r package; do
    "$python" -m pip install --quiet "$package" || { echo "$package: not installed"; status=1; }
  done < Benchmarks/requirements.txt
  return "$status"
}

# peer SCRIPT ARGUMENT...: runs one of the scripts beside this one.
peer() { "$python" "Benchmarks/$1" "${@:2}" || echo "$1: no figure (see the message above)"; }

[ -x "$python" ] || python3 -m venv .venv
# The copy of the list tells that all of it is installed.
if ! cmp --silent Benchmarks/requirements.txt .venv/requirements.txt && install; then
  cp Benchmarks/requirements.txt .venv/requirements.txt
fi
mkdir -p "$work"

echo "machine: $(sed -n 's/^model name[^:]*: //p' /proc/cpuinfo | head -n 1), $(nproc) cores"

section "drawing 4 characters of 0-9A-Z, 160x60"
peer peer_generate.py
"$glyphline" bench generate Benchmarks/seed-cnn.yaml
"$glyphline" bench generate Benchmarks/seed-cnn.yaml --threads 1

section "loading samples in shuffled order"
peer draw_real_images.py "$work/png" --count 4000 --seed 3
peer peer_load.py "$work/png"
"$glyphline" build Benchmarks/seed-cnn.yaml --workspace "$work/seed-cnn" 2>/dev/null
"$glyphline" bench load Benchmarks/seed-cnn.yaml --workspace "$work/seed-cnn"
peer python_package.py load "$work/seed-cnn"

section "training seed-cnn, batch 64, and inference with it"
peer peer_train.py
tcmalloc=$(ldconfig -p | sed -n 's/.*libtcmalloc_minimal\.so.* => //p' | head -n 1)
if [ -n "$tcmalloc" ]; then
  echo "with the memory allocator tcmalloc:"
  LD_PRELOAD=$tcmalloc peer peer_train.py
else
  echo "PyTorch with tcmalloc: no figure (libtcmalloc-minimal4 is not installed)"
fi
"$glyphline" bench train Benchmarks/seed-cnn.yaml
"$glyphline" bench predict Benchmarks/seed-cnn.yaml

section "inference with glyphnet, batch 128"
"$glyphline" build Benchmarks/glyphnet.yaml --workspace "$work/glyphnet" 2>/dev/null
"$glyphline" train Benchmarks/glyphnet.yaml --workspace "$work/glyphnet" 2>/dev/null
rm -f "$work/glyphnet.onnx"
"$glyphline" export onnx --model "$work/glyphnet/model.safetensors" --out "$work/glyphnet.onnx"
peer peer_onnx.py "$work/glyphnet.onnx"
"$glyphline" bench predict Benchmarks/glyphnet.yaml
if grep -q avx512_bf16 /proc/cpuinfo; then
  (cat Benchmarks/glyphnet.yaml && echo "training: {precision: float32}") > "$work/glyphnet-float32.yaml"
  "$glyphline" bench predict "$work/glyphnet-float32.yaml"
fi

if [ -f runs/quickstart/model.safetensors ] && "$python" -c "import captcha" 2>/dev/null; then
  section "predicting PNG files from a folder, with the program's start"
  peer draw_real_images.py "$work/files" --count 10000 --seed 2
  peer peer_predict.py "$work/files"
  for _ in 1 2 3; do
    start=$(date +%s%N)
    "$glyphline" predict --model runs/quickstart/model.safetensors "$work/files" >"$work/answers.txt" 2>/dev/null
    echo "Glyphline, glyphnet: $((10000 * 10 ** 9 / ($(date +%s%N) - start))) files/s"
  done
  peer python_package.py predict runs/quickstart/model.safetensors "$work/files"

  section "accuracy of the quickstart model on 1,000 images drawn by the Python package"
  peer draw_real_images.py "$work/real" --count 1000 --seed 1
  "$glyphline" predict --model runs/quickstart/model.safetensors "$work"/real/*.png --expect-from-name | tail -n 1
else
  section "predicting PNG files: no figure (needs the package captcha, and the model of make run)"
fi
