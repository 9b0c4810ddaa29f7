"""openpyxl, loaded with the first workbook that is opened: most processes open none."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

if TYPE_CHECKING:
    from openpyxl import Workbook


def opened(source: Path | str | BinaryIO, *, read_only: bool = False) -> Workbook:
    """The workbook in ``source``; raises what openpyxl raises for what it cannot read."""
    from openpyxl import load_workbook  # noqa: PLC0415 -- a fifth of the time a command takes to start

    return load_workbook(source, read_only=read_only)
