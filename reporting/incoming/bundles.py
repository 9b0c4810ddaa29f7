"""What was sent, file by file: a single file as it is, a .zip as the files in it.

A county mails its whole folder as one .zip, and our own export of 附件1 is one. Folders in it stay known,
since many offices write the sender there and nowhere else.
"""

from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path, PurePosixPath

from reporting.workbook.reading import archives
from reporting.workbook.reading.parsing.refusal import Refused

MOST_BYTES = 256 << 20  # of an archive as sent


@dataclass(frozen=True)
class Sent:
    """One file. ``folder`` is where it lay, ``bundle`` the .zip it came in.

    ``refused`` is the sentence of one that could not be taken out, with ``code`` for programs.
    """

    name: str
    content: bytes = b""
    folder: str = ""
    bundle: str = ""
    refused: str = ""
    code: str = ""

    @property
    def path(self) -> str:
        return f"{self.folder}/{self.name}" if self.folder else self.name


def may_be_one(first_bytes: bytes) -> bool:
    """Whether a file that begins like this is worth asking; a workbook begins like a .zip."""
    return first_bytes.startswith(archives.MAGIC)


def unpacked(name: str, content: bytes, *, folder: str = "") -> Iterator[Sent]:
    """The files that ``content`` is; never raises for what it holds.

    A .zip that is refused as a whole, a .rar or .7z is one :class:`Sent` with its sentence.
    """
    kind = archives.archive_kind(content)
    if not kind:
        yield Sent(name, content, folder)
        return
    try:
        if kind != "zip":
            raise archives.refused_kind(kind)
        for inside in archives.files_in(content):
            path = PurePosixPath(inside.path)
            within = "" if path.parent == PurePosixPath() else str(path.parent)
            where = f"“{inside.path}”：" if inside.refused else ""
            yield Sent(
                path.name, inside.content, within, name, where + inside.refused, inside.code
            )  # fmt: skip
    except Refused as refused:
        yield Sent(name, b"", folder, "", f"“{name}”：{refused.sentence}", refused.code)


def in_folder(folder: Path) -> Iterator[Path]:
    """The files below ``folder`` by path, without those that programs leave behind."""
    yield from sorted(
        path for path in folder.rglob("*") if path.is_file() and path.name[0] not in "~."
    )
