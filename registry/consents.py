"""同意: on what ground more than the least is kept of a person, and what happens without it.

Under 14 a guardian consents (儿童个人信息网络保护规定); from the fourteenth birthday on, at local
midnight, the person herself. A statutory duty with its citation stands in for consent; it is recorded
as such and never assumed. Programmes that need no consent keep by their own legal basis.
"""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterable, Iterator
from typing import Any
from uuid import UUID

from django.core.files.uploadedfile import UploadedFile
from django.db import transaction
from django.utils import timezone

from federation import audit, kept_files
from federation.models import User
from registry.models import Consent, Erasure, Person, Programme, Relation
from registry.models.persons import ADULT, CONSENTS
from registry.refusal import Refused

NOTICE_VERSION = "2026-1"
# What may be kept of anybody whom an office has to find again.
KEPT_ANYWAY = frozenset(
    {"name", "sex", "born_on", "unit", "programmes", "registered_unit", "source", "state"}
)
PRIVATE = ("id_number", "phone", "address", "health")
GUARDIANS = (
    Relation.Kind.GUARDIAN,
    Relation.Kind.TEMPORARY_GUARDIAN,
    Relation.Kind.PARENT,
)
ONLY = "只保留姓名、性别、出生日期、所在村（社区）和专项"
KINDS = {kind: kept_files.DOCUMENTS[kind] for kind in (".pdf", ".jpg", ".jpeg", ".png")}


# -- Asking ----------------------------------------------------------------------------------------
def grounds(person: Person, day: dt.date | None = None) -> list[Consent]:
    """Consents and duties on which the archive rests on ``day`` (default today)."""
    return _carrying(person, _rows(person), day or timezone.localdate())


def with_grounds(people: Any) -> Any:
    """``people`` fetched with what the questions here ask: none of them asks the database again."""
    return people.prefetch_related("consents", "enrolments__programme")


def _rows(person: Person) -> list[Consent]:
    return list(person.consents.all()) if person.pk else []  # type: ignore[attr-defined]


def _carrying(person: Person, rows: Iterable[Consent], day: dt.date) -> list[Consent]:
    return [row for row in rows if row.stands(day) and _counts(row, person, day)]


def _counts(row: Consent, person: Person, day: dt.date) -> bool:
    """Whether the right person gave it, by the age then and on ``day``.

    Below 14 a guardian; what she gives holds until the next birthday that changes who is asked, 14
    or 18, and no later than its local midnight. One's own counts when it was given from 14 on.
    """
    if row.basis == Consent.Basis.STATUTORY_DUTY or person.born_on is None:
        return True
    then, now = _asked_at(person, row.given_on), _asked_at(person, day)
    return then == now if row.by_guardian else then >= CONSENTS


def _asked_at(person: Person, day: dt.date) -> int:
    """The birthday that says who is asked on ``day``: 0, 14 or 18."""
    age = person.age(day) or 0
    return max(birthday for birthday in (0, CONSENTS, ADULT) if age >= birthday)


def needed(person: Person, programmes: Iterable[Programme] | None = None) -> bool:
    """Whether her programmes ask for consent; somebody in none is kept by consent alone."""
    if programmes is None:
        programmes = [row.programme for row in _enrolled(person)]
    asked = [programme.consent_needed for programme in programmes]
    return not asked or any(asked)


def _enrolled(person: Person) -> Iterable[Any]:
    if person.pk is None:
        return []
    enrolments: Any = person.enrolments  # type: ignore[attr-defined]
    if "enrolments" not in getattr(person, "_prefetched_objects_cache", {}):
        return enrolments.current().select_related("programme")
    today = timezone.localdate()
    return [row for row in enrolments.all() if row.stands(today)]


def purposes_of(person: Person) -> set[str]:
    return _purposes(grounds(person))


def _purposes(rows: Iterable[Consent]) -> set[str]:
    return {purpose for row in rows for purpose in row.purposes}


def check_may_keep(
    person: Person, fields: Iterable[str], *, programmes: Iterable[Programme] | None = None
) -> None:
    """:class:`Refused` naming what of ``fields`` may not be written without consent."""
    asked = [name for name in fields if name not in KEPT_ANYWAY]
    if not asked:
        return
    rows = _rows(person)
    purposes = _purposes(_carrying(person, rows, timezone.localdate()))
    if "health" in asked and "health" not in purposes:
        raise Refused("未取得记录健康状况的同意或法定依据，不能填写健康状况；请先登记同意。")
    rest = [name for name in asked if name != "health"]
    if rest and needed(person, programmes) and "register" not in purposes:
        raise Refused(f"{_who_lacks(person, rows)}，{ONLY}；请先登记同意，再填写其他内容。")


def standing(person: Person) -> tuple[frozenset[str], str]:
    """What :func:`hidden` and :func:`missing` say of one archive, asked together."""
    rows, asks = _rows(person), needed(person)
    return _hidden(person, rows, asks), _missing(person, rows, asks)


def missing(person: Person) -> str:
    """The sentence the archive shows while it rests on no ground; "" where nothing lacks."""
    return standing(person)[1]


def _missing(person: Person, rows: list[Consent], asks: bool) -> str:
    purposes = _purposes(_carrying(person, rows, timezone.localdate()))
    if "register" not in purposes and asks:
        gone = "原来填写的已隐去。" if _hidden(person, rows, asks) else ""
        return f"{_who_lacks(person, rows)}，{ONLY}。{gone}"
    if person.health is not None and "health" not in purposes:
        return "未取得记录健康状况的同意，健康状况不再显示。"
    return ""


def _who_lacks(person: Person, rows: list[Consent]) -> str:
    today = timezone.localdate()
    if rows and not any(row.stands(today) for row in rows):
        return "同意已撤回或到期"
    if person.needs_guardians_consent:
        return "缺监护人同意"
    turned = any(row.by_guardian and row.stands(today) for row in rows)
    return f"已满{_asked_at(person, today)}周岁，缺本人同意" if turned else "缺本人同意"


def hidden(person: Person) -> frozenset[str]:
    """Fields that are not shown to anybody now, because what allowed them was withdrawn or ended."""
    return standing(person)[0]


def _hidden(person: Person, rows: list[Consent], asks: bool) -> frozenset[str]:
    today = timezone.localdate()
    purposes, had = _purposes(_carrying(person, rows, today)), _purposes(rows)
    given_up = bool(rows) and not any(row.stands(today) for row in rows)
    # Also what a guardian gave, from the birthday on from which the person herself is asked.
    lapsed = "register" in had and "register" not in purposes
    if asks and (given_up or lapsed):
        return frozenset(PRIVATE)
    if "health" in had and "health" not in purposes:
        return frozenset({"health"})
    return frozenset()


# -- Recording -------------------------------------------------------------------------------------
def guardians(person: Person) -> Any:
    """Relations that may consent for her."""
    return person.relations.filter(kind__in=GUARDIANS).exclude(ends_on__lt=timezone.localdate())


def proposed_citation(person: Person) -> str:
    """The legal basis of her programmes, to be proposed in the form and judged by who records."""
    rows = _enrolled(person)
    return "；".join(row.programme.legal_basis for row in rows if row.programme.legal_basis)


@transaction.atomic
def record(
    person: Person,
    *,
    by: User,
    basis: str,
    purposes: Iterable[str],
    given_on: dt.date,
    citation: str = "",
    guardian: Relation | None = None,
    notice_version: str = NOTICE_VERSION,
    until: dt.date | None = None,
    upload: UploadedFile | None = None,
) -> Consent:
    """Consent or duty as it was given; the scan is checked and kept with it."""
    rows = Person.objects.visible_to(by, "edit").select_for_update(of=("self",))
    person = rows.select_related("unit").get(pk=person.pk)
    chosen = [code for code in Consent.PURPOSES if code in set(purposes)]
    if not chosen:
        raise Refused("请至少勾选一项同意的范围。")
    _check_days(given_on, until)
    duty = basis == Consent.Basis.STATUTORY_DUTY
    if duty and not citation.strip():
        raise Refused("以履行法定职责为依据的，请写明文件名称或文号。")
    if not duty:
        _check_guardian(person, guardian, given_on)
    row = Consent(
        person=person, basis=basis, citation=citation.strip() if duty else "",
        by_guardian=guardian is not None and not duty, guardian=None if duty else guardian,
        purposes=chosen, notice_version=notice_version, given_on=given_on, until=until,
        recorded_by=by,
    )  # fmt: skip
    if upload is not None:
        kept = kept_files.keep(upload, kinds=KINDS)
        row.scan, row.scan_name, row.scan_size = kept.file, kept.name, kept.size
    row.save()
    detail = {"consent": str(row.uuid), "basis": basis, "purposes": chosen, "scan": bool(row.scan)}
    audit.record(person, "record_consent", by=by, unit=person.unit, detail=detail)
    return row


def _check_days(given_on: dt.date, until: dt.date | None) -> None:
    if given_on > timezone.localdate():
        raise Refused("同意日期不能晚于今天，请改正。")
    if until is not None and until < given_on:
        raise Refused("有效期至早于同意日期，请改正。")


def _check_guardian(person: Person, guardian: Relation | None, given_on: dt.date) -> None:
    age = person.age(given_on)
    if guardian is None:
        if age is not None and age < CONSENTS:
            raise Refused("不满14周岁，须由监护人同意；请先在“亲属与监护”登记监护人，再在此选择。")
        return
    if not guardians(person).filter(pk=guardian.pk).exists():
        raise Refused("所选的人不是此人的监护人，请从列出的里面选。")


@transaction.atomic
def withdraw(consent: Consent, *, by: User, reason: str) -> Consent:
    """From now on what rested on it is shown to nobody; with no ground left, erasure is proposed."""
    rows = Consent.objects.visible_to(by, "edit").select_for_update(of=("self",))
    consent = rows.select_related("person__unit").get(pk=consent.pk)
    if consent.withdrawn_on:
        raise Refused("这项同意已经撤回。")
    if not reason.strip():
        raise Refused("请写明撤回原因。")
    person, today = consent.person, timezone.localdate()
    consent.withdrawn_on, consent.withdrawn_reason = today, reason.strip()[:200]
    consent.save(update_fields=["withdrawn_on", "withdrawn_reason"])
    detail = {"consent": str(consent.uuid)}
    audit.record(person, "withdraw_consent", by=by, unit=person.unit, detail=detail)
    if needed(person) and not grounds(person):
        _propose_erasure(person, by, today)
    return consent


def _propose_erasure(person: Person, by: User, today: dt.date) -> None:
    row = Erasure.objects.visible_to(by).waiting().filter(person=person).first()
    if row is not None and row.proposed_by_id is not None:
        return
    # What the house proposed at night is taken up: she who withdraws need not wait for its day.
    row = row or Erasure(unit=person.unit, person=person, person_uuid=person.uuid)
    row.reason, row.due_on, row.proposed_by = "撤回同意", today, by
    row.save()
    audit.record(
        person, "propose_erasure", by=by, unit=person.unit, detail={"erasure": str(row.uuid)}
    )


def owned_scans() -> Iterator[UUID | None]:
    """Which kept files are scans of consents (federation/kept_files.py sweeps the others)."""
    rows = Consent.objects.unscoped(reason="files of all consents are kept from the sweep")
    yield from rows.exclude(scan=None).values_list("scan", flat=True)
