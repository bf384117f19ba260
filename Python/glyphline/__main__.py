"""The command-line program: `glyphline ...` and `python -m glyphline ...`."""

from __future__ import annotations

import os
import sys
from pathlib import Path
from typing import NoReturn


def main() -> NoReturn:
    program = Path(__file__).parent / "_install" / "bin" / "glyphline"
    try:
        os.execv(program, ["glyphline", *sys.argv[1:]])
    except OSError as error:
        sys.exit(f"glyphline: the program cannot be started ({error}); install the package's wheel, which has it")


if __name__ == "__main__":
    main()
