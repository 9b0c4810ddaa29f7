"""The list of all pages for outsiders: what each is, whom it answers how, and an address to try."""

from collections.abc import Callable
from typing import Any

from django.db import models
from django.urls import reverse

from administration import pages
from administration.acceptance.names import every
from administration.acceptance.people import username_of
from federation.models import Appointment, LiveSession, OrgUnit, SavedQuery, User
from federation.permissions import known_actions
from federation.policy import SENSITIVITY
from notices.models import (
    Attachment,
    Duty,
    Extension,
    MaterialFile,
    Notice,
    NoticeState,
    Supervision,
    Task,
)
from pairing.models import (
    AssistanceProject,
    CallbackResult,
    ContactLog,
    Pairing,
    PairingAgreement,
    TypicalCase,
)
from registry.models import (
    Authorisation,
    Consent,
    DuplicatePair,
    Erasure,
    Helper,
    Household,
    Person,
    Site,
    Transfer,
)
from reporting.models import Collection, IncomingBatch, IncomingFile, Job, Submission, SubmissionRow

# Records by the resource of a page. The first in the order of the tree is the sample.
RECORDS: dict[str, Callable[[], models.QuerySet]] = {
    "account": lambda: User.objects.filter(is_active=True, appointments__isnull=False),
    "appointment": lambda: Appointment.objects.all(),
    "session": lambda: LiveSession.objects.all(),
    "query": lambda: SavedQuery.objects.all(),
    "unit": lambda: OrgUnit.objects.filter(unit_type__level="county"),
    "collection": lambda: Collection.objects.all(),
    "submission": lambda: every(Submission).filter(annex=FORM),
    "row": lambda: every(SubmissionRow).filter(submission__annex=TABLE),
    "job": lambda: Job.objects.filter(state="done"),
    "incoming": lambda: every(IncomingFile),
    "incoming_batch": lambda: every(IncomingBatch),
    "notice": lambda: every(Notice).filter(state=NoticeState.PUBLISHED),
    "draft_notice": lambda: every(Notice).filter(state=NoticeState.DRAFT),
    "attachment": lambda: Attachment.objects.filter(notice__state=NoticeState.PUBLISHED),
    "duty": lambda: Duty.objects.filter(notice__state=NoticeState.PUBLISHED),
    "task": lambda: every(Task),
    "supervision": lambda: every(Supervision),
    "extension": lambda: Extension.objects.all(),
    "material_file": lambda: MaterialFile.objects.all(),
    "person": lambda: every(Person),
    "register": lambda: every(Person),
    "household": lambda: every(Household),
    "site": lambda: every(Site),
    "helper": lambda: every(Helper),
    "consent": lambda: every(Consent),
    "transfer": lambda: every(Transfer),
    "duplicate": lambda: every(DuplicatePair),
    "erasure": lambda: every(Erasure),
    "authorisation": lambda: every(Authorisation),
    "pairing": lambda: every(Pairing),
    "log": lambda: every(ContactLog),
    "match": lambda: OrgUnit.objects.villages(),
    "callback": lambda: every(CallbackResult),
    "agreement": lambda: every(PairingAgreement),
    "project": lambda: every(AssistanceProject),
    "case": lambda: every(TypicalCase),
}
FORM, TABLE = "pairing-intent", "pairing-summary"
# Words in addresses that are no id; a view may say its own as ``sample``.
WORDS = {"step": "submit", "key": "village", "code": TABLE, "period": "2014", "kind": "rename"}
# Pages that are for the table of a county and not for a form.
OF_TABLES = {"reporting:table_fill"}


def matrix() -> dict[str, Any]:
    """One object for ``acl_matrix --json``; addresses to try are given for a seeded database only."""
    seeded = User.objects.filter(username=username_of("auditor"), synthetic=True).exists()
    by_page: dict[str, list[pages.Line]] = {}
    for line in pages.lines():
        by_page.setdefault(line.url, []).append(line)
    return {
        "about": (
            "每个地址一项，取自 URLconf 与视图上的声明；expected 按“方法、对象、情形”列出"
            "各种关系应得的回答：200 打开；302 已办；302:refused 未办并说明；302:login 先登录"
            "（htmx 为 401:login）；403 无权；404 不可见或不存在；405 不支持的方法；- 无此关系。"
        ),
        "relations": pages.RELATIONS,
        "targets": pages.TARGETS,
        "sensitivities": {str(level): word for level, word in SENSITIVITY.items()},
        "urls": [_page(page, by_page.get(page.name, []), seeded) for page in pages.pages()],
    }


def _page(page: pages.Page, lines: list[pages.Line], seeded: bool) -> dict[str, Any]:
    sample = sample_of(page) if seeded else None
    policy = page.policy
    return {
        "name": page.name,
        "route": page.route,
        "methods": list(page.methods),
        "words": dict(policy.words),
        "room": page.room,
        "resource": policy.resource,
        "resource_word": pages.resources().get(policy.resource, ""),
        "sensitivity": policy.sensitivity,
        "access": "public" if policy.public else "action" if policy.action else "signed_in",
        "action": policy.action,
        "action_word": known_actions().get(policy.action or ""),
        "unsafe": page.unsafe,
        "idempotent": page.idempotent,
        "arguments": [{"name": name, "type": kind} for name, kind in page.arguments],
        "sample": None if sample is None else {k: str(v) for k, v in sample.items()},
        "sample_url": None if sample is None else reverse(page.name, kwargs=sample),
        "expected": [
            {
                "method": line.method,
                "target": line.target,
                "case": line.case,
                "answers": dict(line.expected),
                "note": line.note,
            }
            for line in lines
        ],
    }


def sample_of(page: pages.Page) -> dict[str, Any] | None:
    """Arguments that lead somewhere in the seeded database; None where it holds no such record."""
    found: dict[str, Any] = {}
    for name, kind in page.arguments:
        if kind in {"uuid", "int"}:
            row = _record(page)
            if row is None:
                return None
            found[name] = row.uuid if kind == "uuid" else row.pk
        else:
            found[name] = {**WORDS, **page.sample}[name]
    return found


def _record(page: pages.Page) -> models.Model | None:
    if page.name in OF_TABLES:
        tables = every(Submission).filter(annex=TABLE)
        return tables.order_by("pk").first()
    records = RECORDS.get(page.policy.resource)
    return records().order_by("pk").first() if records else None
