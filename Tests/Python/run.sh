#!/usr/bin/env bash
# Tests the Python package, in a virtual environment of its own. GLYPHLINE is the program, GLYPHLINE_LIBRARY the library.
# Tests of PyTorch run only where PYTHON, python3 by default, is a Python that has it.
set -euo pipefail
cd "$(dirname "$0")/../.."
environment=.build/python-venv
python=${PYTHON:-python3}

skip() {
  echo "Tests/Python: skipped: $*"
  exit
}

command -v "$python" >/dev/null || skip "needs Python 3.9 or newer"
"$python" -c 'import sys; sys.exit(sys.version_info < (3, 9))' || skip "needs Python 3.9, and $("$python" --version) is older"
if ! "$python" -c 'import numpy, torch' 2>/dev/null; then
  if ! "$environment/bin/python" -c 'import numpy' 2>/dev/null; then
    "$python" -m venv --clear "$environment" >/dev/null || skip "needs Python's module venv (apt install python3-venv)"
    "$environment/bin/pip" install --quiet numpy || skip "numpy cannot be installed"
  fi
  python=$environment/bin/python
  echo "Tests/Python: the tests of PyTorch are skipped: it is not installed"
fi
export PYTHONPATH=Python PYTHONDONTWRITEBYTECODE=1
"$python" -W error::ResourceWarning -m unittest discover --start-directory Python/tests
