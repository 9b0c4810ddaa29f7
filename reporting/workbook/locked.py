"""Opening passwords: a finished workbook sealed as Excel and WPS do it (agile encryption, AES)."""

import io
import secrets
from pathlib import Path

import msoffcrypto
from msoffcrypto.exceptions import FileFormatError, InvalidKeyError
from msoffcrypto.format.ooxml import OOXMLFile

from reporting.workbook.errors import UnreadableWorkbook

#: Read aloud and typed without mistakes: no 0 O 1 l I.
LETTERS = "abcdefghjkmnpqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ23456789"
LENGTH = 14
MAGIC = b"\xd0\xcf\x11\xe0"


def new_password() -> str:
    """Fourteen characters, of which some are digits and some letters."""
    while True:
        made = "".join(secrets.choice(LETTERS) for _ in range(LENGTH))
        if any(c.isdigit() for c in made) and any(c.isalpha() for c in made):
            return made


def lock(path: Path, password: str) -> None:
    """Put the workbook at ``path`` behind ``password``, in its place."""
    sealed = io.BytesIO()
    with path.open("rb") as plain:
        OOXMLFile(plain).encrypt(password, sealed)
    path.write_bytes(sealed.getvalue())


def is_locked(data: bytes) -> bool:
    """Whether ``data`` is a workbook that asks for a password."""
    if not data.startswith(MAGIC):
        return False
    try:
        return bool(msoffcrypto.OfficeFile(io.BytesIO(data)).is_encrypted())
    except (FileFormatError, OSError, ValueError):
        return False


def unlocked(data: bytes, password: str) -> bytes:
    """The workbook behind the password. Raises ``UnreadableWorkbook`` for a wrong one."""
    made = io.BytesIO()
    try:
        office = msoffcrypto.OfficeFile(io.BytesIO(data))
        office.load_key(password=password, verify_password=True)
        office.decrypt(made, verify_integrity=True)
    except (InvalidKeyError, FileFormatError, ValueError, OSError) as error:
        raise UnreadableWorkbook("打开密码不对，或文件已损坏。") from error
    return made.getvalue()
