"""The list of a container in the plainest shape there is, taken apart without a look at any part."""

from collections.abc import Sequence
from struct import Struct
from typing import NamedTuple

from reporting.workbook.reading.parsing import zips

LARGEST = 256 << 10  # bytes of a file that is looked at this way
_MOST_PARTS = 64
# Of a line in the list: its sign, versions and method; after time and checksum its lengths, packed and
# not, the lengths of its name and of what else is told, attributes; where the part begins. Of a part:
# its sign, lengths of names.
_ENTRY, _HEADER = Struct("<4s8s8xLLH4s8sL"), Struct("<4s22xHH")


class Listing(NamedTuple):
    """What a container says that it holds."""

    #: What the list says of its parts beside their bytes, sizes, times and places.
    shape: tuple[bytes, ...]
    packed: list[bytes]
    sizes: list[int]

    def same(self, numbers: Sequence[int]) -> tuple[bytes | int, ...]:
        """The bytes of some parts, and how long they say they are."""
        return (*[self.packed[at] for at in numbers], *[self.sizes[at] for at in numbers])

    def part(self, number: int) -> zips.Part:
        stored = self.shape[3 * number][6:8] == b"\0\0"
        return zips.Part(self.packed[number], self.sizes[number], stored)


def plain(data: bytes) -> Listing | None:
    """The list at the end of ``data``, where it holds nothing but what every program writes there."""
    end = len(data) - 22
    if (
        not 46 < end < LARGEST
        or data[end : end + 8] != b"PK\x05\x06\0\0\0\0"
        or data[-2:] != b"\0\0"
    ):
        return None
    count = int.from_bytes(data[end + 10 : end + 12], "little")
    at = int.from_bytes(data[end + 16 : end + 20], "little")
    if (
        count > _MOST_PARTS
        or data[end + 8 : end + 10] != data[end + 10 : end + 12]
        or at + int.from_bytes(data[end + 12 : end + 16], "little") != end
        or data[end - 20 : end - 16] == b"PK\x06\x07"
    ):
        return None
    shape: list[bytes] = []
    packed: list[bytes] = []
    sizes: list[int] = []
    last = end - _HEADER.size  # a line that is cut off there ends beyond the list
    for _ in range(count):
        if at > last:
            return None
        sign, method, length, size, named, more, attributes, start = _ENTRY.unpack_from(data, at)
        # Of a part only its name is told further: no remark, nothing that a program adds of its own.
        if sign != b"PK\x01\x02" or more != b"\0\0\0\0" or start > last:
            return None
        begin = at + _ENTRY.size
        at = begin + named
        shape += (method, attributes, data[begin:at])
        sign, named, extra = _HEADER.unpack_from(data, start)
        if sign != b"PK\x03\x04":
            return None
        begin = start + _HEADER.size + named + extra
        packed.append(data[begin : begin + length])
        sizes.append(size)
    return Listing(tuple(shape), packed, sizes) if at == end else None
