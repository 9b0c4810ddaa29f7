"""共建协议 and 帮扶方案 of a pair: what is put in writing, and what is missing before it may begin.

Writing is for who may log for the pair and holds ``pairing_view`` at one of its ends: a volunteer, who
only logs, signs nothing. Free text carries no number and not the name of the person who is helped: who
she is, each reader is told by :mod:`pairing.parties`.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from federation import audit, kept_files, scope
from federation.models import User
from federation.scope import OutOfReach
from pairing import logs, wording
from pairing.models import AssistancePlan, Pairing, PairingAgreement
from registry import masking
from registry.models import Person
from registry.refusal import Overtaken, Refused

SURVEY = "pre_pairing_survey"
REMIND = dt.timedelta(days=30)
SCANS = {kind: kept_files.DOCUMENTS[kind] for kind in (".pdf", ".jpg", ".jpeg", ".png")}
EARLIEST = 2012


# -- What is missing -------------------------------------------------------------------------------
@dataclass(frozen=True)
class Step:
    """One line of what a pair goes through before it begins; ``needed`` ones hold it back."""

    name: str
    done: bool
    needed: bool
    remedy: str


def steps(pair: Pairing, *, on: dt.date | None = None) -> list[Step]:
    """走访调研, 帮扶方案, 共建协议 in the order of the notice."""
    day, kind = on or timezone.localdate(), pair.kind
    surveyed = pair.logs.counted().filter(kind__code=SURVEY).exists()
    signed = any(row.in_force(day) for row in pair.agreements.all())
    return [
        Step("走访调研", surveyed, kind.survey_needed, "还没有登记走访调研，请先走访并登记一条“走访调研”"),
        Step("帮扶方案", pair.plans.exists(), False, "还没有帮扶方案，可在“帮扶方案”里登记"),
        Step("共建协议", signed, kind.agreement_needed, "还没有签订共建协议，请在“共建协议”里登记签订日期"),
    ]  # fmt: skip


def ready(pair: Pairing, *, on: dt.date | None = None) -> list[str]:
    """What still keeps the pair from becoming active, one sentence each; empty: nothing does."""
    return [f"{one.remedy}。" for one in steps(pair, on=on) if one.needed and not one.done]


def ending(
    pairs: Iterable[Pairing], *, to: User, on: dt.date | None = None
) -> dict[int, PairingAgreement]:
    """By pair, of those active, the agreement that ends within 30 days or has ended; none after a newer one."""
    last_day = (on or timezone.localdate()) + REMIND
    keys = [pair.pk for pair in pairs if pair.state == Pairing.State.ACTIVE]
    rows = PairingAgreement.objects.visible_to(to).filter(pairing__in=keys).exclude(signed_on=None)
    newest = {row.pairing_id: row for row in rows.order_by("signed_on", "pk")}
    return {
        key: row for key, row in newest.items() if row.valid_until and row.valid_until <= last_day
    }


# -- Who may ---------------------------------------------------------------------------------------
def may_write(pair: Pairing, user: User) -> bool:
    """Agreements and plans: who logs for the pair and holds ``pairing_view`` at one of its ends."""
    ends = (pair.unit, pair.recipient_unit)
    return logs.may_log(pair, user) and any(scope.may(user, "pairing_view", unit) for unit in ends)


def locked(pair: Pairing, *, by: User) -> Pairing:
    """``pair`` as it stands, held until the act is done; it must be ``by``'s to write for."""
    rows = Pairing.objects.visible_to(by, "log").select_related("kind", "unit", "recipient_unit")
    found = rows.select_for_update(of=("self",)).filter(pk=pair.pk).first()
    if found is None:
        raise OutOfReach("这个对子不在您的管辖范围内，未保存。")
    if found.state == Pairing.State.DECLINED:
        raise Refused("这个对子没有结成，不能再登记。")
    return found


def _writable(pair: Pairing, by: User) -> Pairing:
    found = locked(pair, by=by)
    if not may_write(found, by):
        raise PermissionDenied
    if found.state == Pairing.State.ENDED:
        raise Refused("这个对子已经结束，不能再改协议和方案。")
    return found


def check_words(pair: Pairing, **texts: str) -> None:
    """:class:`ValidationError` by field for numbers, and for the name of who is helped."""
    named = {person.name for person in _helped(pair) if person.name}
    wrong = {}
    for name, text in texts.items():
        if masking.scan(text) != text:
            wrong[name] = "请不要写身份证号和电话，有关内容在档案里。"
        elif any(person in text for person in named):
            wrong[name] = (
                "请不要写受助人的姓名，写“乙方”或“受助人”即可；谁能看到姓名由系统按权限显示。"
            )
    if wrong:
        raise ValidationError(wrong)


def _helped(pair: Pairing) -> Iterator[Person]:
    if pair.person is not None:
        yield pair.person
    if pair.household is not None:
        yield from pair.household.members.all()


# -- 共建协议 --------------------------------------------------------------------------------------
@transaction.atomic
def save_agreement(
    pair: Pairing, values: Mapping[str, Any], *, by: User, row: PairingAgreement | None = None,
    version: int | None = None, upload: UploadedFile | None = None,
) -> PairingAgreement:  # fmt: skip
    """A new agreement, or ``row`` with other words; what is signed keeps its words and its parties.

    ``values``: ``terms``, ``signed_on``, ``valid_until``. Terms equal to the default are kept as "".
    """
    pair = _writable(pair, by)
    held = _row(PairingAgreement, pair.agreements, pair, row, version)
    words = _lines(values.get("terms", ""))
    words = "" if words == wording.terms(pair) else words
    check_words(pair, terms=words)
    signed_on, valid_until = values.get("signed_on"), values.get("valid_until")
    if signed_on and signed_on > timezone.localdate():
        raise ValidationError({"signed_on": "签订日期不能晚于今天，请改正；还没有签的，先不填。"})
    if signed_on and valid_until and valid_until < signed_on:
        raise ValidationError({"valid_until": "有效期至早于签订日期，请改正。"})
    if held.signed_on and signed_on and words != held.terms:
        raise ValidationError({"terms": "协议已经签订，内容不能再改；要变更的，请另登记一份新签的协议。"})  # fmt: skip
    if not held.signed_on:
        held.helper_name, held.recipient_name = _names_kept(pair)
    new = {"terms": words, "signed_on": signed_on, "valid_until": valid_until}
    taken = _take(held, upload, "scan", SCANS)
    return written(held, new, noun="agreement", by=by, more=taken)


def _names_kept(pair: Pairing) -> tuple[str, str]:
    """Both sides by name, where they are no persons."""
    helper = pair.helper_unit or (
        pair.helper if pair.helper and pair.helper.kind != "person" else ""
    )
    recipient = {"unit": pair.recipient_unit, "site": pair.site}.get(pair.recipient_is, "")
    return str(helper)[:100], str(recipient or "")[:100]


# -- 帮扶方案 --------------------------------------------------------------------------------------
@transaction.atomic
def save_plan(
    pair: Pairing, values: Mapping[str, Any], *, by: User, row: AssistancePlan | None = None,
    version: int | None = None, upload: UploadedFile | None = None,
) -> AssistancePlan:  # fmt: skip
    """The plan of a year, as ``text``, as a file, or both; one a year."""
    pair = _writable(pair, by)
    held = _row(AssistancePlan, pair.plans, pair, row, version)
    year, text = checked_year(values["year"]), _lines(values.get("text", ""))
    check_words(pair, text=text)
    if pair.plans.filter(year=year).exclude(pk=held.pk).exists():
        raise ValidationError({"year": f"{year}年已经有帮扶方案，请修改那一份。"})
    if not (text or upload or held.file):
        raise ValidationError({"text": "请写方案内容，或上传方案文件。"})
    new = {"year": year, "text": text}
    taken = _take(held, upload, "file", kept_files.DOCUMENTS)
    return written(held, new, noun="plan", by=by, more=taken)


def checked_year(year: int) -> int:
    if not EARLIEST <= year <= timezone.localdate().year + 1:
        raise ValidationError({"year": "年度不合理，请核对。"})
    return year


# -- Shared ----------------------------------------------------------------------------------------
def _lines(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.replace("\r\n", "\n").split("\n")).strip()


def _row(model: Any, rows: Any, pair: Pairing, row: Any, version: int | None) -> Any:
    """A new row of ``pair``, or ``row`` as it stands, held; :class:`Overtaken` at another version."""
    if row is None:
        return model(pairing=pair)
    held = rows.select_for_update().get(pk=row.pk)
    if version is not None and held.version != version:
        raise Overtaken
    return held


def written(
    row: Any, values: Mapping[str, Any], *, noun: str, by: User, more: Iterable[str] = ()
) -> Any:
    """Save what differs, with its line in the trail; ``more`` are words for what else was changed."""
    new = row.pk is None
    changed = [name for name in values if getattr(row, name) != values[name]]
    if not new and not changed and not more:
        return row
    for name in changed:
        setattr(row, name, values[name])
    if new:
        row.entered_by = by
    else:
        row.version += 1
    row.clean_fields(exclude={"pairing", "entered_by"})
    row.save()
    scope.prove(row, by, "log")
    fields = [str(row._meta.get_field(name).verbose_name) for name in changed] + list(more)
    detail = {"pair": str(row.pairing.uuid), **({} if new else {"fields": fields})}
    verb = f"{'enter' if new else 'change'}_{noun}"
    audit.record(row, verb, by=by, unit=row.pairing.unit, detail=detail)
    return row


def _take(row: Any, upload: UploadedFile | None, field: str, kinds: Mapping[str, Any]) -> list[str]:
    """Keep ``upload`` as the row's file; the word for it, if there was one."""
    if upload is None:
        return []
    try:
        kept = kept_files.keep(upload, kinds=kinds)
    except ValidationError as error:
        raise ValidationError({"upload": error.messages}) from error
    setattr(row, field, kept.file)
    setattr(row, f"{field}_name", kept.name)
    setattr(row, f"{field}_size", kept.size)
    return [str(row._meta.get_field(field).verbose_name)]
