"""Somebody saved first: what an act answers that was given an older version of its row."""

from typing import Any

from registry.refusal import Refused


class Changed(Refused):
    """``row`` is what stands now; the page shows it beside what was typed and asks again (409)."""

    def __init__(self, row: Any):
        self.row = row
        super().__init__(
            "您打开本页后，有人先保存了。您填的都还在，对方填的写在各栏下面；核对后再保存。"
        )
