"""发文字号: 泉妇〔2014〕28号 taken apart into agency, year and serial, however it was typed."""

import re
import unicodedata
from dataclasses import dataclass

# The brackets people type for 〔 〕, after NFKC.
PATTERN = re.compile(
    r"(?P<agency>[\u3400-\u9fff]{1,20})[〔\[(【﹝](?P<year>(?:19|20)\d\d)[〕\])】﹞]"
    r"第?0*(?P<serial>[1-9]\d{0,4})号"
)


@dataclass(frozen=True, order=True)
class DocNumber:
    """``str()`` is the form of GB/T 9704: six-angled brackets, no 第, no leading zeros."""

    agency: str
    year: int
    serial: int

    def __str__(self) -> str:
        return f"{self.agency}〔{self.year}〕{self.serial}号"


def parse(text: str) -> DocNumber | None:
    """``text`` as a number; None when empty. ``ValueError`` with a sentence when it is neither."""
    plain = re.sub(r"\s", "", unicodedata.normalize("NFKC", text))
    if not plain:
        return None
    found = PATTERN.fullmatch(plain)
    if not found:
        raise ValueError(
            f"发文字号“{text.strip()[:40]}”读不懂，应写作“泉妇〔2014〕28号”；没有字号可以不填。"
        )
    return DocNumber(found["agency"], int(found["year"]), int(found["serial"]))
