"""``administration/who_may_do_what.csv`` as data: what each address answers to whom; how it is tried.

A line is one address name, method, target and case, with a column for each relation. Words:
``200`` … as HTTP has them; ``302`` done and sent on; ``302:refused`` sent back with a sentence, and
nothing done; ``302:login`` asked to sign in first; ``-`` nobody stands there.
"""

import hashlib
import io
import uuid
from contextlib import contextmanager
from datetime import timedelta

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import transaction
from django.http import QueryDict
from django.urls import reverse
from django.utils import timezone

from administration import imports, pages
from administration.models import AccountImport
from administration.pages import Line
from federation import kept_files, unit_changes
from federation.models import OrgUnit, Post
from federation.unit_forms import FORMS
from notices import drafting, materials
from notices.models import (
    CalendarFeed,
    Extension,
    Material,
    MaterialFile,
    Supervision,
    Task,
)
from reporting.incoming import Reading, Record
from reporting.intake import kept, receiving
from reporting.models import IncomingFile
from reporting.workbook import write_ledger
from tests.access import of_rooms
from tests.access import scene as stage

lines = pages.lines


def address_names() -> set[str]:
    """Every name in the URLconf, with its namespace."""
    return {page.name for page in pages.pages()}


def address(line: Line, scene) -> str:
    name, submission = line.url, stage.submission_of(scene, line.target)
    if name.startswith(of_rooms.ROOMS):
        arguments = of_rooms.address_arguments(line, scene)
        return (
            reverse(name, kwargs=arguments)
            if isinstance(arguments, dict)
            else reverse(name, args=arguments)
        )
    if name in OF_A_NOTICE:
        return reverse(name, args=[scene.notice.uuid])
    if name == "notices:attachment":
        return reverse(name, args=[scene.attachment.uuid])
    if name == "notices:part":
        return reverse(name, args=[scene.draft_notice.uuid, "contact", "new"])
    if name == "notices:part_remove":
        contact = scene.draft_notice.contacts.get()
        return reverse(name, args=[scene.draft_notice.uuid, "contact", str(contact.pk)])
    if name in OF_A_DRAFT:
        return reverse(name, args=[scene.draft_notice.uuid])
    if name in OF_A_TASK:
        return reverse(name, args=[scene.task.uuid])
    if name == "notices:task_step":
        return reverse(name, args=[scene.task.uuid, line.case or "withdraw"])
    if name in OF_A_DUTY:
        return reverse(name, args=[scene.task.duty.uuid])
    if name in {"notices:material_file", "notices:extension"}:
        thing = handed_in(scene) if name.endswith("file") else another_day(scene)
        return reverse(name, args=[thing.uuid])
    if name == "notices:feed":
        return reverse(name, args=[link_of(scene)])
    if name in {"notices:supervision", "notices:supervision_print"}:
        return reverse(name, args=[supervised(scene).uuid])
    if name == "notices:supervision_step":
        return reverse(name, args=[supervised(scene).uuid, line.case or "answer"])
    if name == "notices:unit_tasks":
        return reverse(name, args=[scene.task.unit.uuid])
    if name == "unit":
        return reverse(name, args=[submission.unit.uuid])
    if name in {"unit_change", "unit_change_done"}:
        return reverse(name, args=[submission.unit.uuid, line.case])
    if name in {"administration:import_preview", "administration:import_confirm"}:
        return reverse(name, args=[uploaded(scene).uuid])
    if name in OF_AN_ACCOUNT:
        return reverse(name, args=[scene.people.committee.uuid])
    if name == "seat_end":
        return reverse(name, args=[scene.people.committee.appointments.get().uuid])
    if name == "end_session":
        return reverse(name, args=[scene.people.county.live_sessions.first().uuid])
    if name == "drop_query":
        return reverse(name, args=[scene.query.pk])
    if name in OF_A_BATCH:
        return reverse(name, args=[mailed(scene).batch.uuid])
    if name in OF_A_FILE:
        return reverse(name, args=[mailed(scene).uuid])
    if name == "reporting:incoming_step":
        return reverse(name, args=[mailed(scene).uuid, line.case or "answer"])
    if name == "reporting:step":
        return reverse(name, args=[submission.uuid, line.case or "submit"])
    if name == "reporting:cell":
        key = "email" if line.target == "form" else "village"
        return reverse(name, args=[stage.row_of(scene, line.target).uuid, key])
    if name == "reporting:collection":
        return reverse(name, args=[scene.calls.summary.uuid])
    if name == "reporting:table":
        return reverse(name, args=["pairing-summary", "2014"])
    if name.startswith("reporting:job") and name != "reporting:jobs":
        return reverse(name, args=[scene.job.uuid])
    if name.endswith("_row"):
        return reverse(name, args=[stage.row_of(scene, line.target).uuid])
    if name in OF_A_SUBMISSION:
        return reverse(name, args=[submission.uuid])
    return reverse(name)


OF_AN_ACCOUNT = {
    f"account_{name}"
    for name in (
        "record", "details", "appoint", "second", "deputise", "transfer", "leave", "password",
        "disable", "enable",
    )
}  # fmt: skip
OF_A_TASK: set[str] = {
    f"notices:{name}" for name in ("task", "material", "material_autosave", "extension_ask")
}
OF_A_DUTY = {f"notices:{name}" for name in ("board", "urge", "expected", "expected_remove")}
OF_A_NOTICE = {
    f"notices:{name}"
    for name in ("notice", "notice_print", "receipts", "sign", "correct", "withdraw")
}
OF_A_DRAFT = {
    f"notices:{name}"
    for name in ("edit", "autosave", "duty_preview", "publish", "discard", "ladder")
}
OF_A_SUBMISSION = {
    f"reporting:{name}"
    for name in ("submission", "print", "form_fill", "autosave", "table_fill", "review")
}


OF_A_BATCH = {
    f"reporting:incoming_{name}" for name in ("batch", "progress", "add", "read", "apply_all")
}
OF_A_FILE = {f"reporting:incoming_{name}" for name in ("file", "download", "marked")}


def mailed(scene) -> IncomingFile:
    """A file with one more row that the county handed in for its own table: read, and not taken over."""
    county, by = scene.org.east, scene.people.county
    everyone = IncomingFile.objects.unscoped(reason="a test sets the stage")
    found = everyone.filter(unit=county, name="补报.csv").first()
    if found:
        return found
    batch = receiving.open_batch(scene.calls.summary, unit=county, by=by, alone=True)
    batch.uuid = uuid.uuid5(county.uuid, "incoming")  # the same each time: a job keeps it
    batch.save(update_fields=["uuid"])
    file = receiving.add_file(batch, SimpleUploadedFile("补报.csv", b"a,b,c"), by=by)
    said = {"post": "演示邮政所", "village": "红旗村", "project_goal": "助学"}
    record = Record("表!A1", said, said, dict.fromkeys(said, "表!A1"))
    read = Reading(file.name, kind="csv", digest=file.sha256, records=[record])
    everyone.filter(pk=file.pk).update(
        reading=kept.dumped(read), sheets=[], unit=county, records=1, state="ready", proposed="supplement"
    )  # fmt: skip
    return everyone.get(pk=file.pk)


class SentFile(SimpleUploadedFile):
    """A file that can be sent twice."""

    def read(self, *args):
        self.seek(0)
        return super().read(*args)


def prepare(line: Line, scene) -> None:
    """Bring the target into the state in which its own people would succeed."""
    of_rooms.prepare(line, scene)
    if line.url.startswith("reporting:incoming_"):
        prepare_file(line, scene)
    if line.case in {"withdraw", "approve", "return"} or line.url in REVIEWED:
        stage.submitted(scene, line.target)
    if line.url == "reporting:table_fill" and line.method == "POST":
        stage.row_of(scene, "table").delete()  # so that there is a form to take in
    if line.url.startswith("administration:import_"):
        uploaded(scene)
    prepare_task(line, scene)
    if line.url == "notices:supervision_new":
        late(scene)
    elif line.url.startswith("notices:supervision"):
        supervised(scene, answered=line.case in {"return", "strike_off"})
    if line.url == "account_enable":
        type(scene.people.committee).objects.filter(pk=scene.people.committee.pk).update(
            is_active=False
        )
    if line.url == "reporting:job_retry":
        type(scene.job).objects.filter(pk=scene.job.pk).update(state="failed", artefact=None)


def prepare_file(line: Line, scene) -> None:
    state = "declined" if line.case == "reopen" else "ready"
    state = "waiting" if line.url == "reporting:incoming_read" else state
    everyone = IncomingFile.objects.unscoped(reason="a test sets the stage")
    everyone.filter(pk=mailed(scene).pk).update(state=state)


def prepare_task(line: Line, scene) -> None:
    """Things of a task that stand before the act."""
    if line.url == "notices:task_step" and line.case in {"withdraw", "accept", "return"}:
        handed_in(scene)
    if line.url == "notices:material_file":
        handed_in(scene)
    if line.url == "notices:extension":
        another_day(scene)
    if line.url == "notices:feed":
        link_of(scene)


def handed_in(scene) -> MaterialFile:
    """A file of the county's material, handed in by somebody who judges nothing, and not judged."""
    task, sender = scene.task, scene.people.county2
    found = MaterialFile.objects.filter(material__task=task).first()
    if found:
        return found
    material = Material.objects.create(task=task, text="活动三场", edited_by=sender)
    kept = kept_files.keep(SimpleUploadedFile("总结.pdf", b"%PDF-1.4 %%EOF"))
    file = MaterialFile.objects.create(
        material=material, file=kept.file, name=kept.name, size=kept.size, sha256=kept.sha256,
        added_by=sender,
    )  # fmt: skip
    materials.send(task, by=sender).files.set([file])
    return file


def another_day(scene) -> Extension:
    """The county's request for ten days more."""
    task = scene.task
    asked = {"wanted_on": task.due_on + timedelta(days=10), "asked_by": scene.people.county}
    return Extension.objects.get_or_create(task=task, defaults={**asked, "reason": "台风"})[0]


def late(scene) -> None:
    """The county's task was due yesterday."""
    yesterday = timezone.localdate() - timedelta(days=1)
    Task.objects.unscoped(reason="a test sets the stage").filter(pk=scene.task.pk).update(
        due_on=yesterday
    )


def supervised(scene, *, answered: bool = False) -> Supervision:
    """A 督办单 of the city to the county; answered by somebody who strikes nothing off."""
    everyone = Supervision.objects.unscoped(reason="a test sets the stage")
    found = everyone.filter(unit=scene.org.east).first()
    if found is None:
        found = Supervision.objects.create(
            issuer=scene.org.city, unit=scene.org.east, year=2014, serial=1,
            requirement="请尽快报送。", answer_by=timezone.localdate() + timedelta(days=7),
        )  # fmt: skip
        found.tasks.set([scene.task])
    if answered and found.state == "issued":
        everyone.filter(pk=found.pk).update(state="settled")
        found.events.create(kind="answered", by=scene.people.county2, text="已报送。")
    return found


def link_of(scene) -> str:
    """The calendar link of the county's clerk."""
    token = "a" * 43
    digest = hashlib.sha256(token.encode()).hexdigest()
    CalendarFeed.objects.get_or_create(user=scene.people.county, token_sha256=digest)
    return token


REVIEWED = {
    "reporting:review",
    "reporting:return_row",
    "reporting:return_rows",
    "reporting:table",
    "reporting:collection",
}


def of_a_notice(submission, scene) -> dict:
    """What the pages of notices and tasks send."""
    return {
        "notices:task_step": {"reason": "没有开展", "ordinal": "1"},
        "notices:channels": {"channel": "in_app", "in_app-on": "on"},
        "notices:ladder": {
            "form-TOTAL_FORMS": "1",
            "form-INITIAL_FORMS": "0",
            "form-0-side": "-1",
            "form-0-days": "3",
            "form-0-to": "filler",
        },
        "notices:supervision_new": {
            "tasks": str(scene.task.uuid),
            "requirement": "请尽快报送。",
            "answer_by": "2099-01-01",
        },
        "notices:supervision_step": {"text": "已报送。", "answer_by": "2099-01-01"},
        "notices:material": {"text": "活动三场", "version": "0"},
        "notices:material_autosave": {"text": "活动三场", "version": "0"},
        "notices:extension_ask": {
            "wanted_on": str(scene.task.due_on + timedelta(days=10)),
            "reason": "台风",
        },
        "notices:extension": {"on": str(scene.task.due_on + timedelta(days=5)), "answer": ""},
        "notices:urge": {"period": scene.task.period},
        "notices:expected": {
            "unit_unit": str(scene.org.town.uuid),
            "unit_text": scene.org.town.name,
            "reason": "补列",
        },
        "notices:expected_remove": {"unit": str(scene.org.east.uuid), "reason": "误列"},
        "notices:new": {
            "issuer": str(scene.org.city.uuid),
            "doc_type": "notice",
            "title": "关于报送计划的通知",
            "issue_date": str(timezone.localdate()),
        },
        "notices:part": {"name": "陈演丙午", "phone": "0595-00000000"},
        "notices:correct": {"reason": "改联系电话"},
        "notices:withdraw": {"reason": "文号有误"},
        "notices:sign": {"unit": str(submission.unit.uuid)},
    }


def body(line: Line, scene) -> dict:
    """What the page of the target's own people would send."""
    submission = stage.submission_of(scene, line.target)
    row = submission.rows.first()
    sent = {"idempotency_key": str(uuid.uuid4()), "version": submission.version}
    fields = {
        "login": {"username": "post", "password": "wrong"},
        "second_factor": {"code": "000000"},
        "act_as": {"appointment": scene.people.county.appointments.get().pk},
        "administration:export_audit": {"query": "verb=login"},
        "save_query": {"page": "units", "name": "我的", "query": "q=hq"},
        "reporting:form_fill": {"leader_name": "林演乙丑"},
        "reporting:autosave": {"leader_name": "林演乙丑"},
        "reporting:incoming_new": {"call": str(scene.calls.summary.uuid), "begin": "1"},
        "reporting:step": {"reason": "请核对"},
        "reporting:return_row": {"whole": "1", "reason": "请核对"},
        "reporting:return_rows": {"row": str(row.uuid) if row else ""},
        "reporting:correct_row": {
            "key": "email" if line.target == "form" else "project_goal",
            "value": "new@example.com",
            "reason": "笔误",
        },
        "reporting:move_row": {"to": "1"},
        "reporting:remove_row": {"reason": "重复"},
        "reporting:export": {
            "annex": submission.annex,
            "period": "2014",
            "unit": str(submission.unit.uuid),
        },
    }
    if line.url == "reporting:incoming_add":
        sent["files"] = SentFile("又一份.csv", b"a,b,d")
    if line.url == "reporting:incoming_step":
        sent["file_version"] = mailed(scene).version
    if line.url in {"notices:edit", "notices:autosave"}:
        sent["title"] = "关于报送半年总结的通知"
    if line.url == "notices:publish":
        sent["seen"] = drafting.mark_of_all(scene.draft_notice)
    if line.url.startswith("notices:"):
        fields |= of_a_notice(submission, scene)
    if line.url == "administration:import_confirm":
        sent["sha256"] = SHA
    if line.url == "administration:import_upload":
        sent["file"] = a_list(scene)
    if line.url.startswith("account_") or line.url == "seat_end":
        sent.update(of_an_account(scene))
    sent.update(fields.get(line.url, {}))
    sent.update(of_rooms.body(line, scene))
    if line.url in {"unit_change", "unit_change_done"}:
        sent |= changing(scene, line.case)
    if line.case == "confirmed":
        seen = {f"version:{submission.uuid}": submission.version}
        sent.update({"confirmed": "1", "reason": "请核对", **seen})
    return sent


def changing(scene, kind: str) -> dict:
    """What the forms of 组织变更 send for the county, and what their preview had shown."""
    org = scene.org
    typed = {
        "add": {"name": "新江镇妇联", "unit_type": org.town.unit_type_id, "owes_reports": "on"},
        "rename": {"name": "城东新区妇联", "short_name": "城东新区", "owes_reports": "on"},
        "move": {"parent_unit": str(org.other_city.uuid), "parent_text": org.other_city.name},
        "merge": {
            "successor_unit": str(org.west.uuid),
            "successor_text": org.west.name,
            "keep_people": "yes",
            "keep_links": "no",
        },
        "close": {"successor_text": ""},
    }[kind]
    sent = {**typed, "day": str(timezone.localdate()), "reason": "泉编〔2014〕7号"}
    if kind in {"merge", "rename"}:
        data = QueryDict(mutable=True)
        data.update(sent)
        form = FORMS[kind](data, unit=OrgUnit.objects.get(pk=org.east.pk), by=scene.people.sysadmin)
        assert form.is_valid(), form.errors
        sent["seen"] = unit_changes.rehearse(form.change()).fingerprint
    return sent


SHA = "0" * 64


def uploaded(scene) -> AccountImport:
    """An upload of the city's administrator: a known account and a seat she holds already."""
    person = scene.people.village
    held = person.appointments.select_related("unit", "post").get()
    above = OrgUnit.objects.get(path=held.unit.path[: -OrgUnit.steplen])
    seat = [held.unit.name, above.name, held.post.name]
    known = [person.display_name, person.username, "", *seat, "2014-01-01", ""]
    row = dict(zip((name for _, name, _ in imports.COLUMNS), known, strict=True))
    outcome = {"lines": [{"row": 3}], "faults": [], "unknown": []}
    made = {"rows": [{"row": 3, **row}], "outcome": outcome, "sheet": "名单"}
    return AccountImport.objects.get_or_create(by=scene.people.sysadmin, sha256=SHA, defaults=made)[
        0
    ]


def a_list(scene) -> SimpleUploadedFile:
    made = io.BytesIO()
    rows = [["陈演丙午", "", "", scene.org.town.name, "", "业务干部", "2014-06-01", ""]]
    headings = [word for word, _, _ in imports.COLUMNS]
    write_ledger(made, title="名单", headings=headings, rows=rows, properties={})
    return SimpleUploadedFile("名单.xlsx", made.getvalue())


def of_an_account(scene) -> dict:
    """Every field of the forms of 账号与任职; each takes its own."""
    held = scene.people.committee.appointments.get()
    return {
        "display_name": "陈演丙午",
        "phone": "16900000088",
        "unit_unit": str(scene.org.town.uuid),
        "unit_text": scene.org.town.name,
        "post": Post.objects.get(code="officer").pk,
        "starts_on": "2014-06-01",
        "ends_on": "2099-12-31",
        "acting_for": scene.people.county.appointments.get().pk,
        "ending": held.pk,
        "from_day": str(timezone.localdate()),
    }


# Done, and no row beside the audit trail tells of it: the session keeps it.
KEPT_BY_THE_BROWSER = {"registry:open"}


def word(response, line: Line, *, changed: bool) -> str:
    """The answer in the words of the matrix. What only this browser keeps is no row."""
    where = response.headers.get("Location", "") or response.headers.get("HX-Redirect", "")
    if where.startswith("/login/?"):
        return f"{response.status_code}:login"
    sent_back = response.status_code == 302 and line.method == "POST" and not changed
    rooms = ("reporting:", "notices:", "registry:")
    if sent_back and line.url.startswith(rooms) and line.url not in KEPT_BY_THE_BROWSER:
        return "302:refused"
    return str(response.status_code)


@contextmanager
def rolled_back():
    with transaction.atomic():
        yield
        transaction.set_rollback(True)


def attempt(scene, line: Line, relation: str, **browser) -> tuple[str, bool]:
    """Try ``line`` as the person of ``relation``; the answer, and whether any row changed."""
    return attempts(scene, line, [relation], **browser)[relation]


def attempts(scene, line: Line, relations, **browser) -> dict[str, tuple[str, bool]]:
    """Try ``line`` as each of ``relations``: the stage is set once, and what one did is undone
    before the next."""
    with rolled_back():
        prepare(line, scene)
        path = address(line, scene)
        sent = body(line, scene) if line.method == "POST" else {}
        return {name: _attempt(scene, line, name, path, sent, browser) for name in relations}


def _attempt(scene, line: Line, relation: str, path: str, sent: dict, browser) -> tuple[str, bool]:
    client = stage.client_of(scene, stage.seat_of(line.target, relation), **browser)
    if line.method == "GET":
        with rolled_back():
            response, changed = read(client.get(path)), False
    else:
        rewind(sent)
        response, changed = stage.changed_by(lambda: read(client.post(path, sent)))
    return word(response, line, changed=changed), changed


def rewind(sent: dict) -> None:
    """Files of a body are sent from their beginning again."""
    for value in sent.values():
        if hasattr(value, "seek"):
            value.seek(0)


def send(client, line: Line, scene, *, path: str | None = None):
    path = path or address(line, scene)
    return read(client.get(path) if line.method == "GET" else client.post(path, body(line, scene)))


def read(response):
    """The answer with its file read to the end, which closes it."""
    if response.streaming:
        response.content_read = b"".join(response.streaming_content)
    return response
