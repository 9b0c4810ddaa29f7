"""Remembers which set-up steps are done, and for which state of the files they depend on."""

import hashlib
import sys
from collections.abc import Iterable
from pathlib import Path


def fingerprint(files: Iterable[Path], *extra: str) -> str:
    """sha256 over the Python version, ``extra`` and the names and contents of ``files``."""
    digest = hashlib.sha256("\0".join([sys.version, *extra]).encode())
    for path in sorted(files):
        digest.update(f"\0{path}\0".encode())
        digest.update(path.read_bytes() if path.is_file() else b"(absent)")
    return digest.hexdigest()


class Stamps:
    """A folder with one small file per finished step."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def holds(self, step: str, value: str) -> bool:
        path = self.folder / step
        return path.is_file() and path.read_text() == value

    def set(self, step: str, value: str) -> None:
        self.folder.mkdir(parents=True, exist_ok=True)
        (self.folder / step).write_text(value)

    def drop(self, step: str) -> None:
        (self.folder / step).unlink(missing_ok=True)
