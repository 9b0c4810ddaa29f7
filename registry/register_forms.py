"""What the register of a programme asks of a spreadsheet, for the engine that reads annexes.

No annex of a notice: it is read only, and is in no list of annexes.
"""

from __future__ import annotations

from functools import cached_property
from types import SimpleNamespace
from typing import Any

from django.conf import settings

from registry.models import Programme, Zone
from reporting.annexes import Field, RegisterAnnex
from reporting.annexes.registers import LEDGER_BYTES, Column

MOST_ROWS = 1_000  # read within a request; by a job, as many as the settings say
PARTICULAR = "p_"  # before the key of what a programme asks beside the person
_YES_NO = (("yes", "是"), ("no", "否"))
_SEX = (("F", "女"), ("M", "男"))


class RegisterForm(RegisterAnnex):
    """The columns of one programme; ``at_village``: the sender is the village, which need not be named.

    ``long`` is for a job: as many rows as the settings allow.
    """

    most_rows = MOST_ROWS
    version = 1
    notice = mark = ""
    heading_row, first_row, printed_rows, unit_cell = 2, 3, 0, "A1"

    def __init__(self, programme: Programme, *, at_village: bool = False, long: bool = False):
        self.programme = programme
        if long:
            self.most_rows, self.most_bytes = settings.REGISTER_ROWS, LEDGER_BYTES  # type: ignore[misc]
        self.code = f"register-{programme.code}"  # type: ignore[misc]
        self.title = f"{programme.name}台账"  # type: ignore[misc]
        self.fields = (*_own(at_village), *_of_minors(programme), *_particulars(programme))  # type: ignore[misc]
        self.columns = tuple(Column(field.key, field.label) for field in self.fields)  # type: ignore[misc]

    @cached_property
    def issued(self) -> Any:
        """Nothing is printed: no form was issued."""
        return SimpleNamespace(sheet=SimpleNamespace(rows={}))

    def respondents(self, issuer: Any) -> list[Any]:
        return []


def _own(at_village: bool) -> tuple[Field, ...]:
    return (
        Field(
            "name", "姓名", "text", required=True, max_length=30,
            synonyms=("妇女姓名", "儿童姓名", "老人姓名", "孩子姓名", "母亲姓名"),
        ),
        Field("sex", "性别", "choice", choices=_SEX),
        Field(
            "id_number", "身份证号", "text", max_length=40,
            synonyms=("身份证号码", "身份证", "公民身份号码", "证件号码", "身份证件号"),
        ),
        Field("born_on", "出生日期", "date", synonyms=("出生年月日", "出生年月", "生日")),
        Field(
            "village", "居住村（社区）", "village", required=not at_village,
            synonyms=("所在村", "村（社区）", "居住地", "村社区", "行政村", "村名", "所在村（社区）"),
        ),
        Field("phone", "联系电话", "text", max_length=30, synonyms=("手机号", "电话", "本人电话")),
        Field("address", "住址", "text", max_length=100, synonyms=("家庭住址", "详细地址", "家庭地址")),
        Field("ethnicity", "民族", "text", max_length=20),
        Field("starts_on", "纳入日期", "date", synonyms=("登记日期", "建档日期", "纳入时间")),
        Field("note", "备注", "text", max_length=200),
    )  # fmt: skip


def _of_minors(programme: Programme) -> tuple[Field, ...]:
    if programme.zone != Zone.MINORS:
        return ()
    return (
        Field("guardian", "监护人姓名", "text", max_length=30, synonyms=("监护人", "临时监护人")),
        Field("guardian_called", "与儿童关系", "text", max_length=20, synonyms=("监护人关系", "与本人关系")),
        Field("guardian_phone", "监护人电话", "text", max_length=30, synonyms=("监护人联系电话", "监护人手机")),
    )  # fmt: skip


def _particulars(programme: Programme) -> tuple[Field, ...]:
    made = []
    for one in programme.particulars:
        key, label = f"{PARTICULAR}{one['key']}", one["label"]
        match one["kind"]:
            case "choice":
                choices = tuple((word, word) for word in one["choices"])
                made.append(Field(key, label, "choice", choices=choices))
            case "yes_no":
                made.append(Field(key, label, "choice", choices=_YES_NO))
            case "date":
                made.append(Field(key, label, "date"))
            case _:
                made.append(Field(key, label, "text", max_length=100))
    return tuple(made)
