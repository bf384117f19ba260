#!/usr/bin/env bash
# Opens what Glyphline writes with the programs of others, and compares. They are Python packages, which go into a virtual
# environment of their own, .venv-interop.
set -euo pipefail
cd "$(dirname "$0")/../.."

glyphline=${GLYPHLINE:-$(swift build -c release --show-bin-path)/glyphline}
python=.venv-interop/bin/python
work=runs/interop

if ! cmp --quiet Tests/Interop/requirements.txt .venv-interop/requirements.txt; then
  python3 -m venv .venv-interop
  "$python" -m pip install --quiet --requirement Tests/Interop/requirements.txt
  cp Tests/Interop/requirements.txt .venv-interop/
fi
mkdir -p "$work"

"$glyphline" run Tests/Interop/interop.yaml --workspace "$work/pipeline"
"$python" Benchmarks/draw_real_images.py "$work/real" --count 1000 --seed 1
"$python" Tests/Interop/shards.py "$glyphline" "$work/pipeline" test-00000
"$python" Tests/Interop/model.py "$glyphline" "$work/pipeline/model.safetensors" "$work/real"
"$python" Tests/Interop/tar_files.py "$glyphline" "$work/tar_files"
"$python" Tests/Interop/images.py "$glyphline" "$work/images"
