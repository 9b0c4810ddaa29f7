"""One blank of an annex: what may stand in it, as JSON, and how it reads on paper."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from typing import Any, Literal

from reporting.annexes import values

Kind = Literal["text", "long_text", "choice", "multichoice", "phone", "email", "village", "date"]
#: Most entries of a field that takes several; a form with more is a mistake or an attack.
MOST_ENTRIES = 20
_DEFAULT_LENGTHS = {
    "text": 100, "long_text": 2000, "phone": 30, "email": 100, "village": 60, "date": 20,
}  # fmt: skip


@dataclass(frozen=True)
class Field:
    """A blank to fill.

    ``label`` holds the words as printed. Values are JSON: text, phone, email a string; choice its
    code; multichoice a list of codes; village ``{"unit": uuid or null, "text": "新春社区"}``, or a
    list of those when ``multiple``; date ``"2014-05-25"``. ``None``, ``""``, ``[]`` and an absent
    key are blank. ``section`` is the printed heading over several fields, ``width`` a hint for the
    page in characters, ``synonyms`` and ``refers_to`` help to read it back, ``max_length`` counts characters (per entry for villages).
    """

    key: str
    label: str
    kind: Kind
    required: bool = False
    max_length: int | None = None
    choices: tuple[tuple[str, str], ...] = ()
    multiple: bool = False
    min_choices: int = 0
    help_text: str = ""
    personal: bool = False
    readonly: bool = False
    section: str | None = None
    width: int | None = None
    #: Other words an office may put over its column; those of ``label`` need not be repeated.
    synonyms: tuple[str, ...] = ()
    #: What its words name in the register: ``"village"`` for one or several villages in a text.
    refers_to: str = ""

    @property
    def longest(self) -> int:
        return self.max_length or _DEFAULT_LENGTHS.get(self.kind, 100)

    def display(self, value: Any) -> str:
        """The text shown on paper and in tables; empty for a blank, never an error."""
        if value is None or value == "":
            return ""
        labels = dict(self.choices)
        if self.kind == "choice":
            return labels.get(value, "") if isinstance(value, str) else ""
        if self.kind == "multichoice":
            chosen = value if isinstance(value, list | tuple) else [value]
            return "、".join(label for code, label in self.choices if code in chosen)
        if self.kind == "village":
            entries = value if isinstance(value, list | tuple) else [value]
            return "、".join(text for entry in entries if (text := values.village_text(entry)))
        return value if isinstance(value, str) else str(value)

    def clean(self, value: Any) -> tuple[Any, list[str]]:
        """``value`` normalised, and what is wrong with it. Never raises, whatever it is given."""
        cleaner: Callable[[Field, Any], tuple[Any, list[str]]] = _CLEANERS[self.kind]
        try:
            cleaned, errors = cleaner(self, value)
        except values.Unusable as error:
            return value if isinstance(value, str) else None, [f"“{self.label}”{error}"]
        if not errors and is_blank(cleaned) and self.required:
            errors = [f"“{self.label}”未填写，请{self._verb}。"]
        return cleaned, errors

    @property
    def _verb(self) -> str:
        return "选择" if self.kind in ("choice", "multichoice", "village", "date") else "填写"


def is_blank(value: Any) -> bool:
    return value is None or value == "" or value == [] or value == {}


def _text(field: Field, value: Any) -> tuple[Any, list[str]]:
    text = values.clean_text(value, lines=field.kind == "long_text")
    return text, _too_long(field, text)


def _too_long(field: Field, text: str) -> list[str]:
    if len(text) <= field.longest:
        return []
    return [f"“{field.label}”有{len(text)}字，最多{field.longest}字，请删减。"]


def _phone(field: Field, value: Any) -> tuple[Any, list[str]]:
    text = values.clean_text(value)
    if not text:
        return "", []
    number = values.phone_number(text)
    if number:
        return number, []
    return text, [
        f"“{field.label}”不是有效的电话号码，请填11位手机号，或带区号的座机号，如0595-12345678。"
    ]


def _email(field: Field, value: Any) -> tuple[Any, list[str]]:
    text = values.clean_text(value)
    if not text:
        return "", []
    address = values.email_address(text)
    if address and len(address) <= field.longest:
        return address, []
    return text, [f"“{field.label}”不是有效的邮箱地址，请核对，如 fulian@example.com。"]


def _date(field: Field, value: Any) -> tuple[Any, list[str]]:
    text = values.clean_text(value)
    if not text:
        return "", []
    day = values.iso_date(text)
    if day:
        return day, []
    return text, [f"“{field.label}”不是有效的日期，请写作2014-05-25或2014年5月25日。"]


def _choice(field: Field, value: Any) -> tuple[Any, list[str]]:
    text = values.clean_text(value)
    if not text:
        return "", []
    code = _code(field.choices, text)
    if code:
        return code, []
    options = "、".join(label for _, label in field.choices)
    return "", [f"“{field.label}”的选项无效，请在{options}中选择。"]


def _code(choices: Sequence[tuple[str, str]], text: str) -> str | None:
    return next((code for code, label in choices if text in (code, label)), None)


def _multichoice(field: Field, value: Any) -> tuple[Any, list[str]]:
    entries = _entries(value)
    codes = {_code(field.choices, values.clean_text(entry)) for entry in entries if entry != ""}
    cleaned = [code for code, _ in field.choices if code in codes]
    options = "、".join(label for _, label in field.choices)
    if None in codes:
        return cleaned, [f"“{field.label}”有无效的选项，请在{options}中选择。"]
    if len(cleaned) < field.min_choices:
        return cleaned, [f"“{field.label}”至少选择{field.min_choices}项：{options}。"]
    return cleaned, []


def _village(field: Field, value: Any) -> tuple[Any, list[str]]:
    entries = _entries(value)
    errors: list[str] = []
    cleaned: list[dict[str, str | None]] = []
    for entry in entries:
        village = values.village(entry)
        if village is None or village in cleaned:
            continue
        cleaned.append(village)
        errors += _too_long(field, village["text"] or "")
    if not field.multiple and len(cleaned) > 1:
        errors.append(f"“{field.label}”只能填一个村（社区），请只保留一个。")
    if field.multiple:
        return cleaned, errors
    return (cleaned[0] if cleaned else None), errors


def _entries(value: Any) -> list[Any]:
    if is_blank(value):
        return []
    entries = list(value) if isinstance(value, list | tuple) else [value]
    if len(entries) > MOST_ENTRIES:
        raise values.Unusable(f"最多填{MOST_ENTRIES}项，请删减。")
    return entries


_CLEANERS: dict[str, Callable[[Field, Any], tuple[Any, list[str]]]] = {
    "text": _text,
    "long_text": _text,
    "phone": _phone,
    "email": _email,
    "date": _date,
    "choice": _choice,
    "multichoice": _multichoice,
    "village": _village,
}
