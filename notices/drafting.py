"""Writing a notice: only a draft changes, and only by whoever issues for its unit.

Every function locks the draft, asks the right anew, validates and records, in one transaction.
``ValidationError`` carries sentences by field; ``PermissionDenied`` is not hers to write.
"""

from __future__ import annotations

import datetime as dt
import hashlib
from collections.abc import Mapping
from typing import Any

from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import models, transaction
from django.utils import timezone

from federation import audit, kept_files
from federation.models import AuditEvent, OrgUnit, User
from notices import doc_numbers, locks, rights
from notices.models import Addressee, Attachment, Contact, Duty, Notice
from notices.models.notices import Part

HEAD = (
    "doc_type",
    "doc_number",
    "title",
    "signer",
    "issue_date",
    "print_date",
    "basis",
    "body",
    "campaign_from",
    "campaign_to",
    "enclosure_title",
    "enclosure",
)
PARTS: dict[str, Any] = {
    "addressee": Addressee,
    "contact": Contact,
    "attachment": Attachment,
    "duty": Duty,
}
# Typing is saved as one types; the trail holds one line for it in as long.
ONE_LINE_A = dt.timedelta(minutes=10)


@transaction.atomic
def create(*, issuer: OrgUnit, by: User, values: Mapping[str, Any]) -> Notice:
    """A new draft of ``issuer`` with the fields of :data:`HEAD` in ``values``."""
    notice = Notice(issuer=issuer)
    rights.check_issue(by, notice)
    if not rights.issuing_units(by).filter(pk=issuer.pk).exists():
        raise ValidationError(f"{issuer}已撤销或不发文。")
    _fill(notice, values)
    notice.save()
    audit.record(notice, "draft_notice", by=by, unit=issuer, detail={"number": notice.doc_number})
    return notice


@transaction.atomic
def change(notice: Notice, values: Mapping[str, Any], *, by: User) -> Notice:
    """Write ``values`` (fields of :data:`HEAD`) into the draft; returns it as it now is."""
    draft = _locked(notice, by)
    _fill(draft, values)
    draft.save()
    _note(draft, by)
    return draft


@transaction.atomic
def put(
    notice: Notice,
    kind: str,
    values: Mapping[str, Any],
    *,
    by: User,
    part: Part | None = None,
    upload: UploadedFile | None = None,
) -> Part:
    """Add a part of ``kind`` (:data:`PARTS`) to the draft, or write ``values`` into ``part``.

    A new part goes to the end unless ``values`` name its place. ``upload`` is the file of an
    attachment; without one the file it has stays.
    """
    draft = _locked(notice, by)
    model = PARTS[kind]
    row: Any = part or model(notice=draft)
    if part is None:
        last = model.objects.filter(notice=draft).aggregate(models.Max("position"))
        row.position = (last["position__max"] or 0) + 1
    for name, value in values.items():
        setattr(row, name, value)
    row.notice = draft
    if upload is not None:
        kept = kept_files.keep(upload)
        row.file, row.file_name, row.file_size = kept.file, kept.name, kept.size
    row.full_clean()
    row.save()
    _note(draft, by)
    return row


@transaction.atomic
def take_out(notice: Notice, part: Part, *, by: User) -> None:
    """Remove ``part`` from the draft. A duty that another's date leans on stays."""
    draft = _locked(notice, by)
    if isinstance(part, Duty):
        leaning = [d.title for d in draft.duties.all() if d.due_rule.get("duty") == part.code]
        if leaning:
            names = "、".join(leaning)
            raise ValidationError(f"“{names}”的截止日期依据“{part}”，请先改那一项的截止规则。")
    part.delete()
    _note(draft, by)


@transaction.atomic
def discard(notice: Notice, *, by: User) -> None:
    """Delete the draft with all its parts; what was published is withdrawn, never deleted."""
    draft = _locked(notice, by)
    # Recorded first: afterwards there is nothing to record it of.
    audit.record(draft, "discard_notice", by=by, unit=draft.issuer, detail={"title": draft.title})
    for model in PARTS.values():
        model.objects.filter(notice=draft).delete()
    draft.delete()


def last_change(notice: Notice) -> AuditEvent | None:
    """Who wrote in the draft last, and when, as far as the trail tells."""
    found = AuditEvent.objects.filter(
        record=f"{notice._meta.label_lower}:{notice.uuid}", verb="change_notice"
    )
    return found.select_related("actor").order_by("-pk").first()


def mark(part: models.Model) -> str:
    """A short value over everything a row holds: equal while nobody has written in it."""
    names = [field.attname for field in part._meta.concrete_fields if not field.primary_key]
    text = repr([str(getattr(part, name)) for name in names])
    return hashlib.sha256(text.encode()).hexdigest()[:16]


def mark_of_all(notice: Notice) -> str:
    """A short value over the draft and all its parts: what is published is what was checked."""
    marks = [mark(notice)]
    for model in PARTS.values():
        marks += [mark(part) for part in model.objects.filter(notice=notice)]
    return hashlib.sha256("".join(marks).encode()).hexdigest()[:16]


def _locked(notice: Notice, by: User) -> Notice:
    draft = locks.notice(notice)
    rights.check_issue(by, draft)
    if not draft.is_draft:
        raise ValidationError("这份通知已经发布，内容不能再改；需要修改请用“更正”。", code="frozen")
    return draft


def _fill(notice: Notice, values: Mapping[str, Any]) -> None:
    if unknown := set(values) - set(HEAD):
        raise ValueError(f"not fields of a draft: {sorted(unknown)}")
    for name, value in values.items():
        setattr(notice, name, value)
    errors: dict[str, Any] = {}
    try:
        number = doc_numbers.parse(notice.doc_number)
        notice.doc_number = str(number) if number else ""
    except ValueError as error:
        errors["doc_number"] = str(error)
    if notice.campaign_from and notice.campaign_to and notice.campaign_to < notice.campaign_from:
        errors["campaign_to"] = "活动结束日期早于开始日期，请核对。"
    if not errors and _taken(notice):
        errors["doc_number"] = f"本单位已有“{notice.doc_number}”的通知，请核对字号。"
    if errors:
        raise ValidationError(errors)
    notice.full_clean(validate_constraints=False)


def _taken(notice: Notice) -> bool:
    if not notice.doc_number or notice.version > 1:
        return False
    others = Notice.objects.unscoped(reason="whether the number is used already")
    same = others.filter(issuer=notice.issuer, doc_number=notice.doc_number, version=1)
    return same.exclude(state="withdrawn").exclude(pk=notice.pk).exists()


def _note(draft: Notice, by: User) -> None:
    last = last_change(draft)
    fresh = last is not None and timezone.now() - last.at < ONE_LINE_A
    if last is None or not fresh or last.actor_id != by.pk:
        audit.record(draft, "change_notice", by=by, unit=draft.issuer, detail={})
