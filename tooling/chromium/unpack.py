"""Unpack the Chromium of ``@sparticuz/chromium`` and write a script that starts it.

Run by the environment's Python, which has ``brotli``: ``unpack.py NODE_MODULES TARGET``.
"""

import io
import shutil
import sys
import tarfile
from pathlib import Path
from typing import Any

import brotli

# Debian 12's Python 3.11.2 has no extraction filters yet; the lock file's hash vouches for both.
SAFELY: dict[str, Any] = {"filter": "data"} if hasattr(tarfile, "data_filter") else {}
LAUNCHER = """#!/bin/sh
here=$(dirname "$(readlink -f "$0")")
export LD_LIBRARY_PATH="$here/al2023/lib"
exec "$here/chromium-bin" --no-zygote "$@"
"""


def unpack(node_modules: Path, target: Path) -> None:
    packed = node_modules / "@sparticuz" / "chromium" / "bin"
    shutil.rmtree(target, ignore_errors=True)
    target.mkdir(parents=True)
    binary = target / "chromium-bin"
    binary.write_bytes(brotli.decompress((packed / "chromium.br").read_bytes()))
    binary.chmod(0o755)
    for name, folder in (("al2023", target / "al2023"), ("swiftshader", target)):
        content = io.BytesIO(brotli.decompress((packed / f"{name}.tar.br").read_bytes()))
        with tarfile.open(fileobj=content) as archive:
            archive.extractall(folder, **SAFELY)  # noqa: S202
    launcher = target / "chromium"
    launcher.write_text(LAUNCHER)
    launcher.chmod(0o755)


if __name__ == "__main__":
    unpack(Path(sys.argv[1]), Path(sys.argv[2]))
