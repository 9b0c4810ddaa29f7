"""The data dictionary: which field holds what of people, and how that looks to those who may not read it.

Each app says so of its own fields in ``data_dictionary.csv`` (``model,field,label``), a line a field.
A label carries its words, how sensitive it is (SECURITY §1.2, 1 to 4), and its mask; pages, exports,
the admin, logs and the audit trail mask by it alone.
"""

from __future__ import annotations

import csv
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.apps import AppConfig, apps
from django.db import models

from config import private_numbers

FILE = "data_dictionary.csv"
RECORDED = "有记录"
HIDDEN = "［已隐去］"
IDENTITY_SHOWN = 4  # with county, birthday and sex on the same page, two more would tell the whole
PHONE_SHOWN = 3


# -- Masks -----------------------------------------------------------------------------------------
def first_digits(shown: int) -> Callable[[str], str]:
    """The first ``shown`` characters and no tail: 3505**************."""
    return lambda text: text[:shown] + "*" * max(len(text) - shown, 0)


def recorded(text: str) -> str:
    """That there is something, and nothing of what."""
    return RECORDED if text else ""


def hidden(text: str) -> str:
    return HIDDEN if text else ""


# 复姓 that people bear today; of others the first character is taken for the surname.
DOUBLE_SURNAMES = frozenset(
    re.findall(
        r"\w+",
        "欧阳 上官 司马 诸葛 司徒 东方 独孤 南宫 夏侯 皇甫 尉迟 公孙 慕容 长孙 宇文 司空 令狐 端木 轩辕 "
        "申屠 太史 澹台 公冶 淳于 单于 万俟 闻人 赫连 呼延 濮阳 钟离 鲜于 闾丘 亓官 百里 东郭 西门 南门 "
        "第五 梁丘 左丘 公羊 谷梁 拓跋 完颜 耶律 纳兰 叶赫 那拉 范姜 陆费 张简",
    )
)


def surname_only(name: str) -> str:
    """林某, 欧阳某. A name in other letters keeps its first letter alone."""
    name = name.strip()
    if not name:
        return ""
    return f"{name[:2] if name[:2] in DOUBLE_SURNAMES else name[0]}某"


def year_only(day: str) -> str:
    """2014年 of 2014-05-20."""
    found = re.match(r"\s*(\d{4})", day)
    return f"{found[1]}年" if found else hidden(day)


def scanned(text: str) -> str:
    """``text`` with the identity numbers and telephones in it masked, however they are written."""
    return private_numbers.replaced(text, _first_of)


def _first_of(kind: str, plain: str) -> str:
    shown = IDENTITY_SHOWN if kind == private_numbers.IDENTITY else PHONE_SHOWN
    return first_digits(shown)(plain)


# -- Labels ----------------------------------------------------------------------------------------
@dataclass(frozen=True)
class Label:
    code: str
    words: str
    sensitivity: int
    mask: Callable[[str], str]

    @property
    def private(self) -> bool:
        """Whether its mask takes anything away."""
        return self.sensitivity > PUBLIC


PUBLIC = 2


def _as_it_is(text: str) -> str:
    return text


LABELS = {
    label.code: label
    for label in (
        Label("identity_number", "身份证号", 4, first_digits(IDENTITY_SHOWN)),
        Label("health", "健康状况", 4, recorded),
        Label("petition", "信访内容", 4, recorded),
        Label("minor_name", "未成年人姓名", 4, surname_only),
        Label("secret", "密钥", 4, hidden),
        Label("phone", "联系电话", 3, first_digits(PHONE_SHOWN)),
        Label("address", "住址", 3, hidden),
        Label("birthday", "出生日期", 3, year_only),
        Label("free_text", "文字说明", 3, scanned),
        Label("name", "姓名", 2, _as_it_is),
        Label("plain", "一般内容", 1, _as_it_is),
    )
}


def mask(label: str, plain: str) -> str:
    """``plain`` as its ``label`` shows it to those who may not read it."""
    return LABELS[label].mask(plain) if plain else ""


# -- Fields ----------------------------------------------------------------------------------------
@cache
def declared() -> dict[str, Label]:
    """``registry.Person.id_number`` → its label, of every app that has a dictionary."""
    found: dict[str, Label] = {}
    for config in apps.get_app_configs():
        found |= _of_app(config)
    return found


def _of_app(config: AppConfig) -> dict[str, Label]:
    try:
        lines = list(csv.DictReader((Path(config.path) / FILE).read_text("utf-8").splitlines()))
    except FileNotFoundError:
        return {}
    return {
        f"{config.label}.{line['model']}.{line['field']}": LABELS[line["label"]] for line in lines
    }


def label_of(model: type[models.Model] | models.Model, field: str) -> Label:
    """The label of a field; one that is in no dictionary is plain."""
    meta = model._meta
    return declared().get(f"{meta.app_label}.{meta.object_name}.{field}", LABELS["plain"])
