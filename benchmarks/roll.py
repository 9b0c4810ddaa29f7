"""A register of persons who never were: its annex, its rows, the table they would go into."""

import io
from collections.abc import Iterator
from pathlib import Path
from typing import ClassVar

from django.core.validators import RegexValidator
from django.db import models

from pairing.annexes import PairingSummary
from reporting import annexes
from reporting.annexes import Column, Field
from reporting.annexes.registers import LEDGER_BYTES, LEDGER_ROWS
from reporting.workbook import write_ledger

LABELS = (
    ("name", "姓名", "text"), ("village", "所在村", "text"), ("born_on", "出生日期", "date"), ("phone", "联系电话", "phone"),
    ("nation", "民族", "text"), ("school", "就读学校", "text"), ("grade", "年级", "text"), ("guardian", "监护人", "text"),
    ("relation", "与监护人关系", "text"), ("father", "父亲务工地点", "text"), ("mother", "母亲务工地点", "text"),
    ("health", "身体情况", "text"), ("aid", "帮扶情况", "long_text"), ("note", "需求", "long_text"),
)  # fmt: skip
KEYS = tuple(key for key, _, _ in LABELS)
_WIDTH = 14


class Roll(PairingSummary):
    """A register of fourteen columns; without a code of its own it is registered nowhere."""

    fields = tuple(
        Field(key, label, kind, required=key in ("name", "village"))  # type: ignore[arg-type]
        for key, label, kind in LABELS
    )
    columns = tuple(Column(field.key, field.label) for field in fields)
    most_rows: ClassVar[int] = LEDGER_ROWS
    most_bytes: ClassVar[int] = LEDGER_BYTES

    @property
    def workbook_path(self) -> Path:
        return annexes.get("pairing-summary").workbook_path


class Person(models.Model):
    """The table both we and the peers write to; it is there for as long as the benchmark runs."""

    name = models.CharField(max_length=100)
    village = models.CharField(max_length=100)
    born_on = models.DateField(null=True, blank=True)
    phone = models.CharField(
        max_length=30, blank=True, validators=[RegexValidator(r"^(?:1[3-9]\d{9}|\d{7,8})$")]
    )
    nation = models.CharField(max_length=100, blank=True)
    school = models.CharField(max_length=100, blank=True)
    grade = models.CharField(max_length=100, blank=True)
    guardian = models.CharField(max_length=100, blank=True)
    relation = models.CharField(max_length=100, blank=True)
    father = models.CharField(max_length=100, blank=True)
    mother = models.CharField(max_length=100, blank=True)
    health = models.CharField(max_length=100, blank=True)
    aid = models.CharField(max_length=2000, blank=True)
    note = models.CharField(max_length=2000, blank=True)

    class Meta:
        managed = False
        app_label = "reporting"
        db_table = "bench_person"

    def __str__(self) -> str:
        return self.name


def persons(count: int) -> Iterator[list[str]]:
    for n in range(count):
        yield [
            f"演示{n}", f"演示{n % 300}村", "2008-05-25", f"1690000{n % 10_000:04}", "汉族", f"演示{n % 40}小学",
            f"{n % 6 + 1}年级", f"演监{n}", "祖母", "厦门市", "泉州市", "健康", "每月走访一次", f"图书{n % 9}册",
        ]  # fmt: skip


def register(rows: int, *, bad: bool = False) -> bytes:
    """The workbook of ``rows`` persons; with ``bad``, one cell in a hundred cannot stand."""
    out = io.BytesIO()
    write_ledger(
        out,
        title="演示花名册",
        properties={},
        headings=[label for _, label, _ in LABELS],
        rows=_spoilt(persons(rows)) if bad else persons(rows),
    )
    return out.getvalue()


def _spoilt(rows: Iterator[list[str]]) -> Iterator[list[str]]:
    for n, row in enumerate(rows):
        if n % 100 < _WIDTH:
            row[3 if n % 2 else 2] = "不详" if n % 2 else "2014年13月"
        yield row
