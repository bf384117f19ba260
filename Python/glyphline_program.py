"""The command-line program of the package. It is outside the package, since importing that loads numpy and the library."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn


def main() -> NoReturn:
    program = Path(__file__).parent / "glyphline" / "_install" / "bin" / "glyphline"
    try:
        os.execv(program, ["glyphline", *sys.argv[1:]])
    except OSError as error:
        sys.exit(f"glyphline: the program cannot be started ({error}); install the package's wheel, which has it")
