#!/usr/bin/env python3
"""The one command for a clone of the portal: set it up, run it, test it, check it.

Standard library only: this file and ``tooling/`` run before anything is installed. Every set-up
step is stamped under ``.venv/.stamps``, so that repeating a command costs nothing.
"""

import sys

if sys.version_info < (3, 11):  # noqa: UP036 -- this is the file that tells the reader
    sys.exit(
        f"✗ 需要 Python 3.11 或更高版本（现为 {sys.version.split()[0]}）。"
        " / Python 3.11 or newer is needed: run dev.py with it, e.g. python3.11 dev.py"
    )

from tooling.verbs import main  # after the version was asked

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
