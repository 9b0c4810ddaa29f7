"""The acceptance world in one JSON object, read back from the database."""

from collections.abc import Iterator
from typing import Any

from django.urls import reverse

from administration.acceptance import archives, pairs
from administration.acceptance.names import Names, every
from administration.acceptance.people import (
    PRINCIPALS,
    Principal,
    mail_canary,
    own_canary,
    username_of,
)
from administration.acceptance.records import COUNTIES, FORMS, QUERIES
from federation.models import Appointment, AuditEvent, LiveSession, OrgUnit, SavedQuery, User
from notices.models import Extension, MaterialFile, Notice, Supervision, Task
from pairing.models import Pairing
from registry.models import Person
from reporting.models import Collection, IncomingBatch, IncomingFile, Job, Submission, SubmissionRow

Said = dict[str, Any]
NOT_YET = {
    "petitions": "信访模块尚未建成：没有信访记录；“没有信访模块”的县干部目前与同岗位人员权限相同",
}


def describe(names: Names) -> Said:
    """Everything an outsider needs to test: who there is, what there is, whose words are whose."""
    keys = _keys(names)
    return {
        "seed": names.number,
        "about": (
            "验收数据，全部虚构。canaries 里每个词属于 unit 的记录：看不到该单位记录的人，"
            "任何页面、文件里都不应出现这个词；owner 非空的词只有本人能看到。"
        ),
        "not_yet": NOT_YET,
        "tree": [_unit(unit, keys) for unit in OrgUnit.objects.select_related("unit_type")],
        "principals": [_principal(names, principal) for principal in PRINCIPALS],
        "others": [
            {"name": user.username.removeprefix("acc_"), "username": user.username,
             "password": names.password, "word": user.display_name}
            for user in User.objects.exclude(
                username__in=[username_of(p.name) for p in PRINCIPALS]
            ).order_by("username")
        ],
        "resources": list(_resources(keys)),
        "canaries": list(_canaries(names)),
        "identity_numbers": names.identity_numbers(),
        "identity_numbers_placed": every(Person).exclude(id_number_index=None).count(),
        "phones": [user.phone for user in User.objects.order_by("pk")]
        + [names.phone(f"form:{county}-{post}") for county in COUNTIES for post in FORMS]
        + [names.phone(f"{what}:{key}") for key in archives.villages(names_of_units(names))
           for what in ("woman", "child", "guardian", "site", "helper")],
    }  # fmt: skip


def _keys(names: Names) -> dict[int, str]:
    """The key of each unit by its primary key: what its uuid was made from."""
    known = [f"{a}{b}{c}{d}" for a in "AB" for b in ("", *"12") for c in ("", *"123")
             for d in ("", *"12")]  # fmt: skip
    known += ["P", *(f"{city}-dept" for city in "AB")]
    known += [f"{c}-{at}" for c in COUNTIES for at in (*FORMS, "committee")]
    by_uuid = {names.uuid("unit", key): key for key in known}
    return {pk: by_uuid[uuid] for pk, uuid in OrgUnit.objects.values_list("pk", "uuid")}


def names_of_units(names: Names) -> dict[str, OrgUnit]:
    """Every unit of the seed by its key."""
    keys = _keys(names)
    return {keys[unit.pk]: unit for unit in OrgUnit.objects.all()}


def _unit(unit: OrgUnit, keys: dict[int, str]) -> Said:
    by_path = OrgUnit.objects.filter(path=unit.path[:-4]).values_list("pk", flat=True).first()
    return {
        "key": keys[unit.pk],
        "uuid": str(unit.uuid),
        "name": unit.name,
        "type": unit.unit_type.code,
        "level": unit.unit_type.level,
        "parent": keys.get(by_path) if by_path else None,
        "code": unit.division_code,
        "closed": unit.closed_on is not None,
        "successor": keys.get(unit.successor_id) if unit.successor_id else None,
        "formerly": unit.aliases,
    }


def _principal(names: Names, principal: Principal) -> Said:
    user = User.objects.filter(username=username_of(principal.name)).first()
    held = Appointment.objects.filter(user=user).select_related("unit", "post") if user else []
    return {
        "name": principal.name,
        "word": principal.word,
        "username": user.username if user else None,
        "password": names.password if user else None,
        "active": bool(user and user.is_active),
        "unit": principal.unit or None,
        "post": principal.post or None,
        "reads": list(principal.reads),
        "audits": list(principal.audits),
        "archives": list(principal.archives),
        "carries": list(principal.carries),
        "note": principal.note,
        "appointments": [
            {"uuid": str(a.uuid), "unit": a.unit.name, "post": a.post.code,
             "from": str(a.starts_on), "to": str(a.ends_on) if a.ends_on else None}
            for a in held
        ],
    }  # fmt: skip


def _thing(kind: str, row: Any, unit: str | None, urls: dict[str, str], **more: Any) -> Said:
    return {"kind": kind, "uuid": str(getattr(row, "uuid", "") or ""), "pk": row.pk, "unit": unit,
            "owner": None, "state": None, **more, "urls": urls}  # fmt: skip


def _resources(keys: dict[int, str]) -> Iterator[Said]:
    for unit in OrgUnit.objects.all():
        yield _thing("unit", unit, keys[unit.pk], {"unit": reverse("unit", args=[unit.uuid])})
    for call in Collection.objects.order_by("pk"):
        url = reverse("reporting:collection", args=[call.uuid])
        yield _thing("collection", call, keys[call.issuer_id], {"board": url}, annex=call.annex)
    for submission in every(Submission).order_by("pk"):
        names = ("submission", "print", "review", *_fills(submission))
        urls = {name: reverse(f"reporting:{name}", args=[submission.uuid]) for name in names}
        yield _thing("submission", submission, keys[submission.unit_id], urls,
                     annex=submission.annex, state=submission.state)  # fmt: skip
    for row in every(SubmissionRow).select_related("submission").order_by("pk"):
        key = row.submission.form.fields[0].key
        url = reverse("reporting:cell", args=[row.uuid, key])
        yield _thing("row", row, keys[row.submission.unit_id], {"cell": url},
                     annex=row.submission.annex, state=row.review)  # fmt: skip
    for job in Job.objects.select_related("requester").order_by("pk"):
        urls = {name: reverse(f"reporting:{name}", args=[job.uuid])
                for name in ("job", "job_progress", "job_download")}  # fmt: skip
        unit_key = keys[job.unit_id] if job.unit_id else None
        yield _thing("job", job, unit_key, urls, state=job.state, owner=job.requester.username,
                     file=str(job.artefact) if job.artefact else None)  # fmt: skip
    for notice in every(Notice).order_by("pk"):
        yield _thing("notice", notice, keys[notice.issuer_id], {}, state=notice.state)
    for task in every(Task).order_by("pk"):
        url = reverse("notices:task", args=[task.uuid])
        yield _thing("task", task, keys[task.unit_id], {"task": url}, state=task.state)
    for file in MaterialFile.objects.select_related("material__task").order_by("pk"):
        url = reverse("notices:material_file", args=[file.uuid])
        yield _thing("material_file", file, keys[file.material.task.unit_id], {"download": url})
    for asked in Extension.objects.select_related("task").order_by("pk"):
        url = reverse("notices:extension", args=[asked.uuid])
        yield _thing("extension", asked, keys[asked.task.unit_id], {"extension": url},
                     state=asked.state)  # fmt: skip
    for one in every(Supervision).order_by("pk"):
        urls = {name: reverse(f"notices:{name}", args=[one.uuid])
                for name in ("supervision", "supervision_print")}  # fmt: skip
        yield _thing("supervision", one, keys[one.unit_id], urls, state=one.state)
    for batch in every(IncomingBatch).order_by("pk"):
        url = reverse("reporting:incoming_batch", args=[batch.uuid])
        yield _thing("incoming_batch", batch, keys[batch.unit_id], {"batch": url})
    for sent in every(IncomingFile).order_by("pk"):
        urls = {name: reverse(f"reporting:{name}", args=[sent.uuid])
                for name in ("incoming_file", "incoming_download")}  # fmt: skip
        yield _thing("incoming", sent, keys[sent.place_id], urls, state=sent.state)
    for person in every(Person).order_by("pk"):
        url = reverse("registry:person", args=[person.uuid])
        yield _thing("person", person, keys[person.unit_id], {"person": url}, state=person.state)
    for pair in every(Pairing).select_related("recipient_unit").order_by("pk"):
        url = reverse("pairing:pair", args=[pair.uuid])
        yield _thing("pairing", pair, keys[pair.recipient_unit_id], {"pair": url}, state=pair.state)
    for query in SavedQuery.objects.select_related("user").order_by("pk"):
        urls = {"drop": reverse("drop_query", args=[query.pk])}
        yield _thing("query", query, None, urls, owner=query.user.username)
    for live in LiveSession.objects.select_related("user").order_by("pk"):
        urls = {"end": reverse("end_session", args=[live.uuid])}
        yield _thing("session", live, None, urls, owner=live.user.username)
    for held in Appointment.objects.select_related("user").order_by("pk"):
        yield _thing("appointment", held, keys[held.unit_id], {}, owner=held.user.username)
    for event in AuditEvent.objects.order_by("pk"):
        unit_key = keys[event.unit_id] if event.unit_id else None
        yield _thing("audit", event, unit_key, {"list": reverse("audit")}, verb=event.verb)


def _fills(submission: Submission) -> tuple[str, ...]:
    return ("form_fill",) if submission.annex == "pairing-intent" else ("table_fill",)


def _canaries(names: Names) -> Iterator[Said]:
    for county in COUNTIES:
        for post in FORMS:
            for what in ("form", "reason", "strengths"):
                yield _canary(names, f"{county}-{post}", what)
        for what in ("table", "reason", "material", "extension", "supervision"):
            yield _canary(names, county, what)
    for key in archives.villages(names_of_units(names)):
        for what, _ in archives.planted(key):
            yield _canary(names, key, what)
    for key, what in pairs.planted():
        yield _canary(names, key, what)
    for who in QUERIES:
        yield _own_canary(names, who, "query")
    yield _own_canary(names, "county_clerk", "error")
    for principal in (p for p in PRINCIPALS if p.unit):
        yield _own_canary(names, principal.name, "agent")
        mail = mail_canary(names, principal.name)
        yield {**_own_canary(names, principal.name, "email"), "text": mail}


def _canary(names: Names, unit: str, what: str) -> Said:
    return {"text": names.canary(unit, what), "unit": unit, "what": what, "owner": None}


def _own_canary(names: Names, who: str, what: str) -> Said:
    text = own_canary(names, who, what)
    return {"text": text, "unit": None, "what": what, "owner": username_of(who)}
