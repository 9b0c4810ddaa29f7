"""Notices as files: ``fixtures/notices/<name>.json`` with the long texts beside, loaded as drafts.

A file names units by their names and kinds by their codes, so that it reads like the notice. The
five official ones (泉妇〔2014〕28号, 泉妇〔2013〕81号, 下基层 of 2014, 哈妇发〔2016〕7号, 哈妇发〔2014〕10号)
are kept word for word. ``{year}`` in a file is the year it is loaded for, ``{next_year}`` the one after.
"""

from __future__ import annotations

import datetime as dt
import json
from collections.abc import Collection
from pathlib import Path
from typing import Any

from django.conf import settings
from django.core.exceptions import ValidationError
from django.db import transaction

from federation import audit
from federation.models import OrgUnit, UnitType, User
from notices.models import Addressee, Attachment, Contact, Duty, Liability, Notice

FOLDER = settings.BASE_DIR / "fixtures" / "notices"
OFFICIAL = (
    "quanzhou-2013-81",
    "harbin-2014-grassroots",
    "quanzhou-2014-28",
    "harbin-2014-10",
    "harbin-2016-7",
)
DUTY_FIELDS = (
    "code",
    "title",
    "phrase",
    "deliverable",
    "annex",
    "minimum",
    "aim",
    "count_unit",
    "cycle",
    "due_phrase",
    "due_rule",
    "lock_after",
    "owed_by_words",
)


def read(name: str, *, year: int | None = None) -> dict[str, Any]:
    """The notice file ``name`` with its texts in place; ``ValidationError`` when there is none."""
    path = FOLDER / f"{Path(name).name}.json"
    if not path.is_file():
        known = "、".join(sorted(file.stem for file in FOLDER.glob("*.json")))
        raise ValidationError(f"没有通知文件“{name}”，现有：{known}。")
    text = path.read_text(encoding="utf-8")
    if year is not None:
        text = text.replace("{year}", str(year)).replace("{next_year}", str(year + 1))
    data = json.loads(text)
    for key in ("body", "enclosure"):
        if file := data.pop(f"{key}_file", ""):
            data[key] = (FOLDER / file).read_text(encoding="utf-8").strip()
    return data


def standing(data: dict[str, Any]) -> Notice | None:
    """The notice of ``data`` where it is loaded already: same issuer, number and title."""
    everyone = Notice.objects.unscoped(reason="whether a notice file is loaded already")
    return everyone.filter(
        issuer__name=data["issuer"], doc_number=data.get("doc_number", ""), title=data["title"]
    ).first()


@transaction.atomic
def draft(data: dict[str, Any], *, by: User | None, leave_out: Collection[str] = ()) -> Notice:
    """A draft of ``data`` without the duties in ``leave_out`` (by code).

    ``ValidationError`` names the unit, kind or duty that cannot be.
    """
    issuer = _named(data["issuer"], None)
    campaign = [_day(day) for day in data.get("campaign", ())] or [None, None]
    notice = Notice(
        issuer=issuer,
        issue_date=dt.date.fromisoformat(data["issue_date"]),
        print_date=_day(data.get("print_date")),
        campaign_from=campaign[0],
        campaign_to=campaign[1],
        **{
            key: data.get(key, "")
            for key in (
                "title",
                "doc_number",
                "signer",
                "basis",
                "body",
                "enclosure_title",
                "enclosure",
            )
        },
        doc_type=data.get("doc_type", Notice.DocType.NOTICE),
    )
    notice.full_clean()
    notice.save()
    for position, line in enumerate(data["addressees"], start=1):
        Addressee.objects.create(
            notice=notice,
            position=position,
            role=line.get("role", Addressee.Role.MAIN),
            words=line.get("words", ""),
            unit_type=_kind(line["kind"]) if "kind" in line else None,
            unit=_named(line["unit"], issuer) if "unit" in line else None,
        )
    for position, line in enumerate(data.get("contacts", ()), start=1):
        Contact.objects.create(notice=notice, position=position, **line)
    for position, line in enumerate(data.get("attachments", ()), start=1):
        Attachment.objects.create(notice=notice, position=position, **line)
    wanted = [line for line in data.get("duties", ()) if line["code"] not in leave_out]
    for position, line in enumerate(wanted, start=1):
        _duty(notice, position, line)
    audit.record(notice, "draft_notice", by=by, unit=issuer, detail={"number": notice.doc_number})
    return notice


def _duty(notice: Notice, position: int, line: dict[str, Any]) -> Duty:
    window, covers = (
        [_day(day) for day in line.get(key, ())] or [None, None] for key in ("window", "covers")
    )
    duty = Duty(
        notice=notice,
        position=position,
        window_from=window[0],
        window_to=window[1],
        covers_from=covers[0],
        covers_to=covers[1],
        receiving_department=(
            _named(line["receiving"], notice.issuer) if "receiving" in line else None
        ),
        owed_by=_owed_by(line["owed_by"], notice.issuer),
        **{key: line[key] for key in DUTY_FIELDS if key in line},
    )
    try:
        duty.full_clean()
    except ValidationError as error:
        raise ValidationError(f"交办事项“{duty}”：{'；'.join(error.messages)}") from error
    duty.save()
    return duty


def _owed_by(said: dict[str, Any], issuer: OrgUnit) -> dict[str, Any]:
    if said["rule"] != Liability.UNITS:
        return said
    return {**said, "units": [str(_named(name, issuer).uuid) for name in said["units"]]}


def _named(name: str, issuer: OrgUnit | None) -> OrgUnit:
    """The one open unit of that name, below ``issuer`` where several bear it."""
    found = OrgUnit.objects.open_now().filter(name=name)
    if issuer is not None and found.count() > 1:
        found = found.below(issuer)
    units = list(found[:2])
    if len(units) != 1:
        said = "没有" if not units else "有不止一个"
        raise ValidationError(f"{said}名为“{name}”的组织，请先载入组织或改用全称。")
    return units[0]


def _kind(code: str) -> UnitType:
    kind = UnitType.objects.filter(code=code).first()
    if kind is None:
        raise ValidationError(f"没有“{code}”这类组织。")
    return kind


def _day(text: str | None) -> dt.date | None:
    return dt.date.fromisoformat(text) if text else None
