"""The key ring: a file outside the database, its backups and the project.

``FIELD_KEYS_FILE`` is JSON, readable by the portal's user alone::

    {"current": "k1", "keys": [{"id": "k1", "suite": "AES-256-GCM", "field": "<base64>", "index": "<base64>"}]}

New values are sealed with ``current``; the others open what was sealed before, until
``manage.py rotate_keys`` has been through.
"""

from __future__ import annotations

import base64
import json
import re
from dataclasses import dataclass
from functools import lru_cache
from pathlib import Path

from cryptography.exceptions import InvalidTag
from django.conf import settings

from federation.encryption.suites import SUITES, Suite

VERSION = "v1"
INDEX_KEY_BYTES = 32
KEY_ID = re.compile(r"[a-z0-9-]{1,20}")


class KeyProblem(Exception):
    """The key ring cannot be read, lacks a key, or a value does not open with its key.

    Never answered with the ciphertext: what cannot be opened must not be saved again.
    """


@dataclass(frozen=True)
class Key:
    id: str
    suite: Suite
    field: bytes
    index: bytes


@dataclass(frozen=True)
class KeyRing:
    current: Key
    keys: tuple[Key, ...]

    def key(self, key_id: str) -> Key:
        for key in self.keys:
            if key.id == key_id:
                return key
        raise KeyProblem(f"the key ring has no key {key_id!r}")

    def seal(self, value: str, bound_to: str) -> str:
        """``v1.<key id>.<base64 of nonce, ciphertext, tag>``; opens only for the same ``bound_to``."""
        key = self.current
        sealed = key.suite.seal(key.field, value.encode(), bound_to.encode())
        return f"{VERSION}.{key.id}.{base64.b64encode(sealed).decode()}"

    def open(self, token: str, bound_to: str) -> str:
        """The value of ``token``. :class:`KeyProblem` whenever it is not exactly what was sealed here."""
        version, _, rest = token.partition(".")
        key_id, _, text = rest.partition(".")
        if version != VERSION or not text:
            raise KeyProblem("not a sealed value")
        key = self.key(key_id)
        try:
            sealed = base64.b64decode(text, validate=True)
            return key.suite.open(key.field, sealed, bound_to.encode()).decode()
        except (InvalidTag, ValueError):
            raise KeyProblem(
                "a sealed value does not open: wrong key, or moved from its row"
            ) from None

    def index(self, kind: str, value: str) -> bytes:
        """Blind index of ``value`` under the current key; ``kind`` keeps numbers and phones apart."""
        return _index(self.current, kind, value)

    def indexes(self, kind: str, value: str) -> list[bytes]:
        """Blind indexes under every key of the ring: while keys are changed rows have either."""
        return [_index(key, kind, value) for key in self.keys]


def _index(key: Key, kind: str, value: str) -> bytes:
    return key.suite.index(key.index, f"{kind}\0{value}".encode())


def ring() -> KeyRing:
    """The ring of ``FIELD_KEYS_FILE``, read again when the file has changed."""
    path = Path(settings.FIELD_KEYS_FILE)
    try:
        changed = path.stat()
    except OSError as error:
        raise KeyProblem(
            "FIELD_KEYS_FILE names no readable file: make one with manage.py make_keys"
        ) from error
    return _read(path, changed.st_mtime_ns, changed.st_size)


@lru_cache(maxsize=4)
def _read(path: Path, _changed_at: int, _size: int) -> KeyRing:
    try:
        held = json.loads(path.read_text(encoding="utf-8"))
        keys = tuple(_key(one) for one in held["keys"])
        current = next(key for key in keys if key.id == held["current"])
    except (OSError, ValueError, KeyError, TypeError, StopIteration):
        # Without its cause: that would quote the file.
        raise KeyProblem("the key ring file is damaged") from None
    return KeyRing(current, keys)


def _key(held: dict[str, str]) -> Key:
    suite = SUITES[held["suite"]]
    field = base64.b64decode(held["field"], validate=True)
    index = base64.b64decode(held["index"], validate=True)
    if (
        len(field) != suite.key_bytes
        or len(index) != INDEX_KEY_BYTES
        or not KEY_ID.fullmatch(held["id"])
    ):
        raise ValueError
    return Key(held["id"], suite, field, index)


def blind_indexes(kind: str, value: str) -> list[bytes]:
    """What to look for, under every key of the ring: ``filter(phone_index__in=…)``."""
    return ring().indexes(kind, value)
