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

    #: At which address the words stand that name the value of a cell; the cell to its left else.
    labels: ClassVar[Mapping[str, str]] = {}

    def labels_of_cells(self) -> dict[str, str]:
        """For each filled address, the address of the printed words that name it."""
        return {address: self.labels.get(address, f"A{address[1:]}") for address in self.cells}

    def read_cells(self, texts: Mapping[str, str]) -> dict[str, Any]:
        """Values from the texts that stand at the addresses of ``cells``: ``write`` backwards.

        A cell of one field is that field's text; a form overrides this for its composite cells.
        """
        return {
            keys[0]: texts.get(address, "")
            for address, keys in self.cell_keys.items()
            if len(keys) == 1
        }

    def write(self, values: Values, *, properties: Mapping[str, object]) -> bytes:
        """The filled form as a workbook. ``properties`` (unit, period) join the annex's own."""
        return self._fill(self._lines(values), properties)

    def verify(self, data: bytes, values: Values) -> None:
        """Re-open a written form; raises ``WorkbookMismatch`` unless it says exactly ``values``."""
        self._verify(data, self._lines(values))

    def _lines(self, values: Values) -> list[Line]:
        texts = {address: text(values) for address, text in self.cells.items()}
        return self.issued.lines({address: text for address, text in texts.items() if text})
