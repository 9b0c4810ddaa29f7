"""Annexes 附件: the official forms of the notices, each one class beside its workbook as issued.

An app declares its annexes in its ``annexes`` module or package; ``autodiscover`` finds them,
``get(code)`` and ``all()`` hand out the one instance of each.
"""

from reporting.annexes import checks  # noqa: F401 -- registers the system check
from reporting.annexes.base import (
    WHOLE_FORM,
    Annex,
    AnnexError,
    AnnexMismatch,
    DuplicateAnnex,
    UnknownAnnex,
    all,
    autodiscover,
    get,
)
from reporting.annexes.fields import Field, is_blank
from reporting.annexes.forms import FormAnnex
from reporting.annexes.periods import Period
from reporting.annexes.registers import Column, RegisterAnnex
from reporting.annexes.summaries import Asked, Measure, Rate, SummaryAnnex, SummaryLine

__all__ = [
    "WHOLE_FORM",
    "Annex",
    "AnnexError",
    "AnnexMismatch",
    "Asked",
    "Column",
    "DuplicateAnnex",
    "Field",
    "FormAnnex",
    "Measure",
    "Period",
    "Rate",
    "RegisterAnnex",
    "SummaryAnnex",
    "SummaryLine",
    "UnknownAnnex",
    "all",
    "autodiscover",
    "get",
    "is_blank",
]
