"""Writing the key ring's file: whole or not at all, mode 0400, never read back to anybody."""

from __future__ import annotations

import base64
import json
import os
from contextlib import suppress
from pathlib import Path
from typing import Any

from federation.encryption.keys import INDEX_KEY_BYTES, KeyProblem
from federation.encryption.suites import SUITES

READABLE_BY_OWNER = 0o400


def new_ring_file(path: Path, *, suite: str = "AES-256-GCM", key_id: str = "k1") -> Path:
    """Write a ring with one new key. ``FileExistsError`` where there is a file already.

    Also when two processes begin at once, one of them alone writes it.
    """
    held = {"current": key_id, "keys": [new_key(suite=suite, key_id=key_id)]}
    path.parent.mkdir(parents=True, exist_ok=True)
    aside = _written_aside(path, held)
    try:
        os.link(aside, path)
    finally:
        aside.unlink()
    return path


def new_key(*, suite: str, key_id: str) -> dict[str, str]:
    """A key of random bytes as the file holds it."""

    def text(count: int) -> str:
        return base64.b64encode(os.urandom(count)).decode()

    return {
        "id": key_id,
        "suite": suite,
        "field": text(SUITES[suite].key_bytes),
        "index": text(INDEX_KEY_BYTES),
    }


def add_key(path: Path, *, suite: str) -> str:
    """Put one more key into the ring, not yet in use; its id."""
    held = _held(path)
    taken = {key["id"] for key in held["keys"]}
    key_id = next(f"k{n}" for n in range(1, len(taken) + 2) if f"k{n}" not in taken)
    held["keys"].append(new_key(suite=suite, key_id=key_id))
    _replace(path, held)
    return key_id


def use_newest(path: Path) -> str:
    """Seal with the key that was added last from now on; its id. Repeatable."""
    held = _held(path)
    newest = held["keys"][-1]["id"]
    if held["current"] != newest:
        held["current"] = newest
        _replace(path, held)
    return newest


def remove_key(path: Path, key_id: str) -> None:
    """Take a key out that nothing is sealed with; the current one stays."""
    held = _held(path)
    if held["current"] == key_id:
        raise KeyProblem("the current key is not removed")
    held["keys"] = [key for key in held["keys"] if key["id"] != key_id]
    _replace(path, held)


def _held(path: Path) -> dict[str, Any]:
    try:
        return json.loads(path.read_text(encoding="utf-8"))
    except (OSError, ValueError):
        raise KeyProblem("the key ring file cannot be read") from None


def _replace(path: Path, held: dict[str, Any]) -> None:
    """Owner and mode stay as they were: the portal must read it tomorrow, too."""
    before = path.stat()
    aside = _written_aside(path, held)
    try:
        with suppress(PermissionError):
            os.chown(aside, before.st_uid, before.st_gid)
        aside.chmod(before.st_mode & 0o777)
        aside.replace(path)
    except BaseException:
        aside.unlink(missing_ok=True)
        raise


def _written_aside(path: Path, held: dict[str, Any]) -> Path:
    aside = path.with_name(f".{path.name}.{os.getpid()}")
    aside.unlink(missing_ok=True)
    handle = os.open(aside, os.O_WRONLY | os.O_CREAT | os.O_EXCL, READABLE_BY_OWNER)
    with os.fdopen(handle, "w", encoding="utf-8") as out:
        json.dump(held, out, indent=1)
        out.flush()
        os.fsync(out.fileno())
    return aside
