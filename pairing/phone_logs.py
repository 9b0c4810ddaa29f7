"""One log as a phone sends it: read, never trusted."""

from __future__ import annotations

import datetime as dt
import uuid
from dataclasses import dataclass
from decimal import Decimal, InvalidOperation
from typing import Any

from django.core.files.uploadedfile import UploadedFile
from django.utils import timezone
from django.utils.dateparse import parse_date, parse_datetime

from pairing.models import ContactLog, LogKind

LONGEST = 500  # characters of what was done
DEAREST = Decimal(10) ** 9
MOST = 10**6


class Unreadable(Exception):
    """The sentence says which blank is not as it should be."""


@dataclass(frozen=True)
class Sent:
    key: uuid.UUID
    pair: uuid.UUID
    kind: LogKind
    on: dt.date
    way: str
    direction: str
    summary: str
    value: Decimal | None
    beneficiaries: int | None
    device_at: dt.datetime | None
    photo: UploadedFile | None

    @classmethod
    def read(cls, entry: Any, photo: UploadedFile | None) -> Sent:
        if not isinstance(entry, dict):
            raise Unreadable("这条记录不完整，没有保存。")
        kind = LogKind.objects.filter(code=_text(entry, "kind", 40)).first()
        on = _day(_text(entry, "on", 10))
        if kind is None or on is None:
            raise Unreadable("请选择类别并填写日期，再上传。")
        way, direction = _text(entry, "way", 10), _text(entry, "direction", 12)
        return cls(
            key=_uuid(entry, "key"),
            pair=_uuid(entry, "pair"),
            kind=kind,
            on=on,
            way=way if way in ContactLog.Way.values else "",
            direction=direction if direction in ContactLog.Direction.values else "",
            summary=_text(entry, "summary", LONGEST),
            value=_money(entry.get("value")),
            beneficiaries=_count(entry.get("beneficiaries")),
            device_at=_moment(_text(entry, "device_at", 40)),
            photo=photo,
        )

    def values(self) -> dict[str, Any]:
        """What :func:`pairing.logs.enter` is told beside the pair and the person."""
        return {
            "key": self.key,
            "kind": self.kind,
            "on": self.on,
            "way": self.way,
            "direction": self.direction,
            "summary": self.summary,
            "value": self.value,
            "beneficiaries": self.beneficiaries,
            "device_at": self.device_at,
        }

    def body(self) -> dict[str, Any]:
        """The same as JSON, for what is kept aside."""
        told = {**self.values(), "kind": self.kind.code, "on": self.on.isoformat()}
        told["value"] = None if self.value is None else str(self.value)
        told["device_at"] = self.device_at and self.device_at.isoformat()
        return {name: value for name, value in told.items() if name != "key"}


def _text(entry: dict, name: str, longest: int) -> str:
    """NUL and halves of characters are taken out: JSON carries them, PostgreSQL does not."""
    text = entry.get(name)
    if not isinstance(text, str):
        return ""
    clean = text.replace("\0", "").encode("utf-8", "ignore").decode().strip()
    if len(clean) > longest:
        raise Unreadable(f"内容太长，最多{longest}字，请改短后再上传。")
    return clean


def _uuid(entry: dict, name: str) -> uuid.UUID:
    try:
        return uuid.UUID(str(entry.get(name)))
    except ValueError:
        raise Unreadable("这条记录不完整，没有保存。") from None


def _day(text: str) -> dt.date | None:
    try:
        return parse_date(text)
    except ValueError:
        return None


def _moment(text: str) -> dt.datetime | None:
    try:
        at = parse_datetime(text)
        return at if at is None or timezone.is_aware(at) else timezone.make_aware(at)
    except (ValueError, OverflowError):
        return None


def _money(told: Any) -> Decimal | None:
    if told in (None, ""):
        return None
    try:
        value = Decimal(str(told)).quantize(Decimal("0.01"))
    except InvalidOperation:
        raise Unreadable("“折合（元）”请填数字，再上传。") from None
    if not 0 <= value < DEAREST:
        raise Unreadable("“折合（元）”的数目不对，请核对后再上传。")
    return value


def _count(told: Any) -> int | None:
    if told in (None, ""):
        return None
    text = str(told)
    if not (text.isascii() and text.isdigit() and int(text[:9]) <= MOST and len(text) <= 9):
        raise Unreadable("“受益（人）”请填整数，再上传。")
    return int(text)
