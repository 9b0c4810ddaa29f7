"""Annexes 附件: the forms of a notice in code, found by autodiscovery and kept in one register."""

import inspect
import re
from collections.abc import Mapping
from functools import cached_property
from pathlib import Path
from typing import Any, ClassVar

from django.utils.module_loading import autodiscover_modules

from reporting.annexes.fields import Field
from reporting.annexes.periods import Period
from reporting.workbook import IssuedWorkbook, Line, verify

#: Errors that belong to no single field.
WHOLE_FORM = "__all__"


class AnnexError(Exception):
    """Base of what goes wrong with annexes; messages are Chinese sentences."""


class AnnexMismatch(AnnexError):
    """The workbook as issued does not carry the headings the annex names."""


class DuplicateAnnex(AnnexError):
    """Two annexes claim one code."""


class UnknownAnnex(AnnexError, KeyError):
    """No annex of that code is registered."""

    def __str__(self) -> str:
        return str(self.args[0])


_registry: dict[str, "Annex"] = {}


class Annex:
    """One official form: who issued it, what it asks, and the workbook as issued.

    A subclass with a ``code`` is registered when it is defined. There is one instance of each,
    without state, which ``get`` and ``all`` hand out. Do not use this class directly: a form of one
    respondent is a ``FormAnnex``, a table of rows a ``RegisterAnnex``.
    """

    code: ClassVar[str]
    title: ClassVar[str]
    #: The words in the corner of the page, like 附件1.
    mark: ClassVar[str]
    #: The 文号 of the notice it belongs to.
    notice: ClassVar[str]
    version: ClassVar[int] = 1
    period: ClassVar[Period]
    #: File name below ``workbooks/`` beside the module that defines the class.
    workbook: ClassVar[str]
    fields: ClassVar[tuple[Field, ...]]
    #: Whether units hand it in; what adds itself up is asked for, and nobody owes it.
    filed: ClassVar[bool] = True
    #: What one incoming file may hold; ``settings.ANNEX_CAPS`` may say otherwise for an annex.
    most_rows: ClassVar[int] = 20_000
    most_bytes: ClassVar[int] = 10 << 20

    def __init_subclass__(cls, **kwargs: object) -> None:
        super().__init_subclass__(**kwargs)
        if "code" not in cls.__dict__:
            return
        known = _registry.get(cls.code)
        if known and _home(type(known)) != _home(cls):
            raise DuplicateAnnex(f"附件代码“{cls.code}”已被“{known.title}”使用，请换一个代码。")
        _registry[cls.code] = cls()

    @property
    def workbook_path(self) -> Path:
        return Path(inspect.getfile(type(self))).parent / "workbooks" / self.workbook

    @cached_property
    def issued(self) -> IssuedWorkbook:
        return IssuedWorkbook(self.workbook_path)

    def field(self, key: str) -> Field:
        """The field of that key; ``KeyError`` when there is none."""
        for field in self.fields:
            if field.key == key:
                return field
        raise KeyError(key)

    # -- Who answers ------------------------------------------------------------------------------

    def respondents(self, issuer: Any) -> Any:
        """Units that owe this annex to the federation ``issuer``: a queryset of units. Override."""
        raise NotImplementedError

    def known(self, unit: Any) -> dict[str, Any]:
        """Values of read-only fields that the register of units already holds. Override."""
        return {}

    def prefill(self, unit: Any) -> dict[str, Any]:
        """What a new form of ``unit`` begins with: nothing is asked that is known. Override."""
        return self.known(unit)

    def row_name(self, values: Mapping[str, Any]) -> str:
        """What a person calls one row: its first field."""
        return self.fields[0].display(values.get(self.fields[0].key))

    # -- What people type ------------------------------------------------------------------------

    def clean(
        self, values: Mapping[str, Any], *, context: Mapping[str, Any] | None = None
    ) -> tuple[dict[str, Any], dict[str, list[str]]]:
        """``values`` normalised, and the errors by field key.

        ``context`` holds what the system knows: its values replace whatever was typed into a
        read-only field. Unknown keys are dropped. Never raises, whatever it is given; a cleaned
        value is returned beside its error, so that no typed text is lost.
        """
        known = context if isinstance(context, Mapping) else {}
        if not isinstance(values, Mapping):
            return {}, {WHOLE_FORM: ["提交的内容格式不对，请刷新页面后重新填写。"]}
        cleaned: dict[str, Any] = {}
        errors: dict[str, list[str]] = {}
        for field in self.fields:
            source = known if field.readonly and field.key in known else values
            cleaned[field.key], wrong = field.clean(source.get(field.key))
            if wrong:
                errors[field.key] = wrong
        for key, messages in self.rules(cleaned).items():
            errors.setdefault(key, []).extend(messages)
        return cleaned, errors

    def rules(self, values: dict[str, Any]) -> dict[str, list[str]]:
        """The notice's own rules over cleaned ``values``: messages by key. Override."""
        return {}

    # -- The workbook ----------------------------------------------------------------------------

    #: Printed words by address, as the notice has them; spaces and line ends do not count.
    headings: ClassVar[Mapping[str, str]] = {}

    def check_workbook(self) -> None:
        """Compare the headings with the workbook as issued; raises ``AnnexMismatch``."""
        for address, words in self.printed().items():
            found = self.issued.words(address)
            if squeeze(found) != squeeze(words):
                raise AnnexMismatch(
                    f"附件“{self.title}”的表样与程序不一致：单元格{address}应为“{words}”，"
                    f"表样中是“{found}”，请核对表样文件{self.workbook}。"
                )

    def printed(self) -> dict[str, str]:
        """All words the annex expects in the workbook as issued, by address."""
        return dict(self.headings)

    def _fill(
        self,
        lines: list[Line],
        properties: Mapping[str, object],
        borrow: Mapping[str, str] | None = None,
    ) -> bytes:
        self._checked  # noqa: B018 -- the headings are compared once in the life of a process
        own = {"annex": self.code, "version": self.version, "notice": self.notice}
        return self.issued.fill(
            lines, title=self.title, properties={**own, **properties}, borrow=borrow
        ).data

    def _verify(
        self, data: bytes, lines: list[Line], borrow: Mapping[str, str] | None = None
    ) -> None:
        verify(data, self.issued.expected(lines, borrow=borrow))

    @cached_property
    def _checked(self) -> bool:
        self.check_workbook()
        return True


def squeeze(words: str) -> str:
    """Words without blanks and line ends, which differ between an issued file and a notice."""
    return re.sub(r"\s+", "", words)


def _home(cls: type) -> tuple[str, str]:
    return cls.__module__, cls.__qualname__


def autodiscover() -> None:
    """Import the ``annexes`` of every installed app."""
    autodiscover_modules("annexes")


def get(code: str) -> Annex:
    """The annex of that code; raises ``UnknownAnnex``."""
    try:
        return _registry[code]
    except (KeyError, TypeError):
        known = "、".join(_registry) or "无"
        raise UnknownAnnex(f"没有代码为“{code}”的附件，现有：{known}。") from None


def all() -> list[Annex]:
    """Every registered annex, by notice and mark."""
    return sorted(_registry.values(), key=lambda annex: (annex.notice, annex.mark, annex.code))
