"""Named parts in one stream, and the manifest behind them that says what each must be.

A part is a line of JSON with its length before it, then frames, then an empty frame. Rows are packed;
files come packed already. The manifest is the last part: only then are the hashes known.
"""

from __future__ import annotations

import hashlib
import json
import zlib
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import IO, Any

from administration.backup import Refused

MANIFEST = "manifest"
FRAME = 1 << 18  # bytes of a packed frame
LARGEST_FRAME = 1 << 26


@dataclass(frozen=True)
class Sum:
    """What a part is: its bytes and their SHA-256."""

    size: int
    sha256: str


class Writer:
    """``sums`` grows with each part; ``end`` writes the manifest with them in it."""

    def __init__(self, out: IO[bytes]):
        self._out = out
        self.sums: dict[str, Sum] = {}

    def part(self, name: str, blocks: Iterable[bytes], *, pack: bool = True) -> Sum:
        part = self.begin(name, pack=pack)
        for block in blocks:
            part.write(block)
        return part.end()

    def begin(self, name: str, *, pack: bool = True) -> Part:
        """A part to ``write`` into; the next begins after its ``end``."""
        if name in self.sums:
            raise ValueError(f"two parts are called {name}")
        words = json.dumps({"name": name, "packed": pack}).encode()
        self._out.write(len(words).to_bytes(4, "big") + words)
        return Part(self._out, name, self.sums, pack)

    def end(self, manifest: dict[str, Any]) -> None:
        parts = {name: [one.size, one.sha256] for name, one in self.sums.items()}
        words = json.dumps({**manifest, "parts": parts}, ensure_ascii=False, default=str)
        self.part(MANIFEST, [words.encode()])


class Part:
    """What is written goes into frames; ``end`` notes its sum in ``sums``. ``lines`` counts its lines."""

    def __init__(self, out: IO[bytes], name: str, sums: dict[str, Sum], pack: bool):
        self._out, self._name, self._sums, self._pack = out, name, sums, pack
        self._digest, self._size, self._held = hashlib.sha256(), 0, bytearray()
        self.lines = 0

    def write(self, block: bytes) -> None:
        self._digest.update(block)
        self._size += len(block)
        self.lines += block.count(b"\n")
        self._held += block
        if len(self._held) >= FRAME:
            self._frame()

    def end(self) -> Sum:
        if self._held:
            self._frame()
        self._out.write(bytes(4))
        self._sums[self._name] = Sum(self._size, self._digest.hexdigest())
        return self._sums[self._name]

    def _frame(self) -> None:
        frame = zlib.compress(self._held, 1) if self._pack else bytes(self._held)
        self._out.write(len(frame).to_bytes(4, "big") + frame)
        self._held = bytearray()


class Reader:
    """``parts()`` once, in order; each part's blocks are to be read, or are skipped."""

    def __init__(self, file: IO[bytes]):
        self._file = file

    def parts(self) -> Iterator[tuple[str, Iterator[bytes]]]:
        while size := self._number():
            words = json.loads(self._exactly(size))
            blocks = self._blocks(packed=words["packed"])
            yield words["name"], blocks
            for _ in blocks:
                pass

    def _blocks(self, *, packed: bool) -> Iterator[bytes]:
        while size := self._number(must=True):
            frame = self._exactly(size)
            yield zlib.decompress(frame) if packed else frame

    def _number(self, *, must: bool = False) -> int:
        found = self._file.read(4)
        if not found and not must:
            return 0
        if len(found) != 4 or (number := int.from_bytes(found, "big")) > LARGEST_FRAME:
            raise Refused("备份文件的内部结构读不懂，请改用另一份。")
        return number

    def _exactly(self, size: int) -> bytes:
        found = self._file.read(size)
        if len(found) != size:
            raise Refused("备份文件的内部结构读不懂，请改用另一份。")
        return found


def proved(file: IO[bytes]) -> dict[str, Any]:
    """Read all of ``file`` and compare each part with the manifest, which is returned.

    Nothing is kept of the parts: no plain copy ever lies on a disk.
    """
    found: dict[str, list] = {}
    manifest: dict[str, Any] | None = None
    for name, blocks in Reader(file).parts():
        if manifest is not None or name in found:
            raise Refused("备份文件的内部结构读不懂，请改用另一份。")
        if name == MANIFEST:
            manifest = json.loads(b"".join(blocks))
            continue
        digest, size = hashlib.sha256(), 0
        for block in blocks:
            digest.update(block)
            size += len(block)
        found[name] = [size, digest.hexdigest()]
    if manifest is None:
        raise Refused("备份文件里没有清单，请改用另一份。")
    if manifest["parts"] != found:
        wrong = sorted(
            name
            for name in {*manifest["parts"], *found}
            if manifest["parts"].get(name) != found.get(name)
        )
        raise Refused(
            f"备份文件与它自己的清单不符（{wrong[0]} 等 {len(wrong)} 项），请改用另一份。"
        )
    return manifest
