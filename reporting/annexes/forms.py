"""Annexes that one respondent fills: a page of blanks."""

from collections.abc import Callable, Mapping
from typing import Any, ClassVar

from reporting.annexes.base import Annex
from reporting.workbook import Line

Values = Mapping[str, Any]


class FormAnnex(Annex):
    """A form of one respondent, like 附件1.

    ``cells`` maps addresses of the workbook to functions from the values to the text printed there;
    a function that returns an empty text leaves the cell as issued.
    """

    cells: ClassVar[Mapping[str, Callable[[Values], str]]]
    #: Keys of the fields printed at an address, in printed order; what a reviewer can send back.
    cell_keys: ClassVar[Mapping[str, tuple[str, ...]]] = {}

    def write(self, values: Values, *, properties: Mapping[str, object]) -> bytes:
        """The filled form as a workbook. ``properties`` (unit, period) join the annex's own."""
        return self._fill(self._lines(values), properties)

    def verify(self, data: bytes, values: Values) -> None:
        """Re-open a written form; raises ``WorkbookMismatch`` unless it says exactly ``values``."""
        self._verify(data, self._lines(values))

    def _lines(self, values: Values) -> list[Line]:
        texts = {address: text(values) for address, text in self.cells.items()}
        return self.issued.lines({address: text for address, text in texts.items() if text})
