"""Key rings of the tests' own, outside the project as in real use."""

import atexit
import shutil
import tempfile
from functools import cache
from pathlib import Path

from federation.encryption import new_ring_file


@cache
def key_file() -> str:
    """A ring for processes in real use; goes with this process."""
    folder = Path(tempfile.mkdtemp(prefix="fulian-keys-"))
    atexit.register(shutil.rmtree, folder, ignore_errors=True)
    return str(new_ring_file(folder / "keys.json"))
