"""A zip container written part by part to a seekable stream, in bounded memory."""

from typing import BinaryIO

from reporting.workbook.deflate import crc32, deflate
from reporting.workbook.errors import WorkbookError
from reporting.workbook.parts import DEFLATED, central_entry, end_record, local_header

_LARGEST = 0xFFFFFFFF


class Container:
    """Open a part, write to it, open the next; ``close`` writes the directory."""

    def __init__(self, out: BinaryIO) -> None:
        self._out = out
        self._directory: list[bytes] = []
        self._name: bytes | None = None
        self._start = out.tell()

    def open(self, name: str) -> None:
        """Begin the part ``name``, ending the one before."""
        self._finish()
        self._name = name.encode()
        self._offset = self._out.tell()
        # Sizes are known at the end only; the header is written again then.
        self._out.write(local_header(self._name, DEFLATED, 0, 0, 0))
        self._crc = self._size = self._packed = 0
        self._deflate = deflate()

    def write(self, content: bytes) -> None:
        self._crc = crc32(content, self._crc)
        self._size += len(content)
        self._put(self._deflate.compress(content))

    def add(self, name: str, content: bytes) -> None:
        self.open(name)
        self.write(content)

    def close(self) -> None:
        self._finish()
        offset = self._out.tell()
        central = b"".join(self._directory)
        self._out.write(central)
        self._out.write(end_record(len(self._directory), len(central), offset - self._start))

    def _put(self, packed: bytes) -> None:
        self._packed += len(packed)
        self._out.write(packed)

    def _finish(self) -> None:
        if self._name is None:
            return
        self._put(self._deflate.flush())
        end = self._out.tell()
        if self._size > _LARGEST or end - self._start > _LARGEST:
            raise WorkbookError("表格超过4GB，无法存成一个文件，请按单位或时间分开导出。")
        self._out.seek(self._offset)
        self._out.write(local_header(self._name, DEFLATED, self._crc, self._packed, self._size))
        self._out.seek(end)
        relative = self._offset - self._start
        self._directory.append(
            central_entry(self._name, DEFLATED, self._crc, self._packed, self._size, relative)
        )
        self._name = None
