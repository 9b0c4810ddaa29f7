"""A file sealed in chunks: none can be changed, left out, repeated or put elsewhere unnoticed.

    magic 8 · format 2 · mark of the key 8 · salt 32 · chunks of 1 MiB + 16, the last one shorter

AES-256-GCM under a key derived for this one file (HKDF with its salt), so that the nonce may be the
chunk's number. Each chunk is bound to the header and to being the last or not.
"""

from __future__ import annotations

import base64
import hmac
import io
import os
from pathlib import Path
from typing import IO, BinaryIO

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import AESGCM
from cryptography.hazmat.primitives.hashes import SHA256
from cryptography.hazmat.primitives.kdf.hkdf import HKDF

from administration.backup import Refused

MAGIC = b"FULIANBK"
FORMAT = 1
CHUNK, TAG, SALT, MARK, KEY = 1 << 20, 16, 32, 8, 32  # bytes
HEADER = len(MAGIC) + 2 + MARK + SALT
KEY_WORD = "fulian-backup-key-1"


# -- The key --------------------------------------------------------------------------------------
def make_key(path: Path) -> None:
    """Write a new key of random bytes, mode 0400. :class:`Refused` where there is a file already."""
    text = f"{KEY_WORD} {base64.b64encode(os.urandom(KEY)).decode()}\n"
    try:
        handle = os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL, 0o400)
    except FileExistsError:
        raise Refused(f"{path} 已经存在，没有改动；换密钥请另起文件名。") from None
    except OSError as error:
        raise Refused(f"{path} 写不了：{error.strerror}。") from None
    with os.fdopen(handle, "w", encoding="ascii") as out:
        out.write(text)


def read_key(path: Path) -> bytes:
    try:
        word, _, text = path.read_text("ascii", "replace").strip().partition(" ")
    except OSError:
        raise Refused(f"读不到备份密钥文件 {path}。") from None
    try:
        key = base64.b64decode(text, validate=True)
    except ValueError:
        key = b""
    if word != KEY_WORD or len(key) != KEY:
        raise Refused(f"{path} 不是备份密钥文件；备份密钥由 manage.py make_backup_key 生成。")
    return key


def _mark(key: bytes) -> bytes:
    return hmac.digest(key, b"fulian backup: which key", "sha256")[:MARK]


def _cipher(key: bytes, header: bytes) -> AESGCM:
    derived = HKDF(SHA256(), length=KEY, salt=header[-SALT:], info=b"fulian backup: one file")
    return AESGCM(derived.derive(key))


def _nonce(number: int) -> bytes:
    return number.to_bytes(12, "big")


# -- Streams --------------------------------------------------------------------------------------
class Sealer(io.RawIOBase):
    """Write plain bytes; ``close()`` writes the last chunk. What is not closed does not open."""

    def __init__(self, out: BinaryIO, key: bytes):
        self._out = out
        self._header = MAGIC + FORMAT.to_bytes(2, "big") + _mark(key) + os.urandom(SALT)
        self._cipher = _cipher(key, self._header)
        self._held, self._number = bytearray(), 0
        out.write(self._header)

    def writable(self) -> bool:
        return True

    def write(self, data) -> int:
        self._held += data
        # Of a full chunk nobody knows yet whether it is the last.
        while len(self._held) > CHUNK:
            self._seal(bytes(self._held[:CHUNK]), last=False)
            del self._held[:CHUNK]
        return len(data)

    def finish(self) -> None:
        self._seal(bytes(self._held), last=True)

    def _seal(self, plain: bytes, *, last: bool) -> None:
        bound = self._header + bytes([last])
        self._out.write(self._cipher.encrypt(_nonce(self._number), plain, bound))
        self._number += 1


class Opener(io.RawIOBase):
    """Read plain bytes of a sealed file, each proved before it is handed out.

    :class:`Refused` with a sentence: none of ours, of a newer portal, another key, damaged, cut off.
    """

    def __init__(self, file: IO[bytes], key: bytes):
        self._file = file
        self._header = file.read(HEADER)
        if not self._header.startswith(MAGIC) or len(self._header) < HEADER:
            raise Refused("这不是本系统的备份文件，或者文件开头已经损坏。")
        found = int.from_bytes(self._header[len(MAGIC) : len(MAGIC) + 2], "big")
        if found != FORMAT:
            raise Refused(
                f"备份文件是第 {found} 版格式，本程序只认第 {FORMAT} 版；请换相应版本的程序。"
            )
        if not hmac.compare_digest(self._header[len(MAGIC) + 2 :][:MARK], _mark(key)):
            raise Refused("密钥不对：这份备份不是用这个密钥文件加密的。")
        self._cipher = _cipher(key, self._header)
        self._ahead = file.read(CHUNK + TAG)
        self._held, self._number, self._ended = b"", 0, False

    def readable(self) -> bool:
        return True

    def readinto(self, into) -> int:
        while not self._held and not self._ended:
            self._held = self._next()
        taken = min(len(into), len(self._held))
        into[:taken] = self._held[:taken]
        self._held = self._held[taken:]
        return taken

    def _next(self) -> bytes:
        chunk, self._ahead = self._ahead, self._file.read(CHUNK + TAG)
        self._ended = not self._ahead
        number, self._number = self._number, self._number + 1
        try:
            return self._open(chunk, number, last=self._ended)
        except InvalidTag:
            pass
        if self._ended:
            try:
                self._open(chunk, number, last=False)
            except InvalidTag:
                pass
            else:
                raise Refused("备份文件不完整，后面一段不见了；请重新拷贝或改用另一份。")
        raise Refused(f"备份文件已损坏或不完整（第 {number + 1} 段打不开）；请改用另一份。")

    def _open(self, chunk: bytes, number: int, *, last: bool) -> bytes:
        return self._cipher.decrypt(_nonce(number), chunk, self._header + bytes([last]))
