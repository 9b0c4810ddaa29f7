"""谁能做什么, and the exports of auditors: pages, words, reach, and what is in the files."""

import datetime as dt
import uuid
from io import BytesIO

import openpyxl
import pytest
from django.urls import reverse
from django.utils import timezone

from administration import audit_pack, exports, holders, pages, things
from administration.things import MAY, NO_RIGHT, UNSEEN
from federation import audit
from federation.models import AuditEvent
from reporting.jobs import files, runner
from reporting.models import Job

pytestmark = pytest.mark.django_db
PAGE = "/who-may/"


def cell(words: str, about: str, relation: str) -> str:
    (thing,) = [t for t in things.things() if (t.words, t.about) == (words, about)]
    return {said: shown for said, shown, _ in thing.shown}[relation]


def exported(stage, who: str, address: str, **asked) -> Job:
    """The job of an export asked for on the page, worked off."""
    body = {"idempotency_key": str(uuid.uuid4()), **asked}
    answer = stage.client(who).post(reverse(address), body)
    assert answer.status_code == 302, answer.content.decode()[:300]
    job = Job.objects.get(uuid=answer["Location"].strip("/").split("/")[-1])
    runner.run(job.uuid)
    job.refresh_from_db()
    return job


def sheet_of(stage, who: str, job: Job):
    answer = stage.client(who).get(reverse("reporting:job_download", args=[job.uuid]))
    assert answer.status_code == 200
    return openpyxl.load_workbook(BytesIO(b"".join(answer.streaming_content))).worksheets[0]


# -- The page --------------------------------------------------------------------------------------
def test_the_matrix_says_in_words_what_the_tests_prove():
    assert cell("退回", "附件1", "上一级") == MAY
    assert cell("退回", "附件1", "本单位") == NO_RIGHT
    assert cell("退回", "附件1", "其他城市") == UNSEEN
    assert cell("审核通过", "附件2", "归口部室") == MAY
    assert cell("查看审计记录", "审计记录", "审计管理员") == MAY
    assert cell("查看审计记录", "审计记录", "系统管理员") == NO_RIGHT


def test_every_page_that_is_not_for_strangers_is_on_it():
    said = {(t.words, t.room) for t in things.things()}

    for page in pages.pages():
        if not page.policy.public:
            assert any((word, page.room) in said for word in page.policy.words.values()), page.name


@pytest.mark.parametrize("who", ["auditor", "security_admin"])
def test_auditors_and_security_administrators_read_it(stage, who):
    client = stage.client(who)

    for tab in ("things", "posts", "person"):
        answer = client.get(PAGE, {"tab": tab})
        assert answer.status_code == 200
        assert "reporting:" not in answer.content.decode()
    assert "谁能做什么" in client.get("/").content.decode()


def test_it_is_filtered_by_room_action_and_sensitivity(stage):
    client = stage.client("auditor")

    for asked in ({"room": "federation"}, {"action": "reporting_export"}, {"sensitivity": "3"}):
        shown = client.get(PAGE, asked).context["things"]
        assert 0 < len(shown) < len(things.things())
    assert len(client.get(PAGE, {"room": "nonsense"}).context["things"]) == len(things.things())


def test_of_a_person_it_says_what_she_may_do_and_by_which_appointment(stage):
    reviewer = stage.users["city_reviewer"]
    client = stage.client("auditor")

    text = client.get(PAGE, {"tab": "person", "person": reviewer.username}).content.decode()

    assert "验收甲市妇联发展部部室干部" in text
    assert "归口受理" in text
    assert {h.where for h in holders.holdings(reviewer)} == {
        "验收甲市妇联发展部及其下级",
        "验收甲市妇联及其下级",
    }


def test_a_transferred_person_holds_what_her_new_seat_gives_and_no_more(stage):
    (held,) = holders.holdings(stage.users["transferred"])

    assert held.where == "验收甲西县妇联及其下级"


def test_nobody_of_another_city_is_found_or_shown(stage):
    client = stage.client("auditor")
    foreign = stage.users["reviewer_other_city"]

    answer = client.get(PAGE, {"tab": "person", "person": foreign.username})
    listed = client.get(PAGE, {"tab": "person", "who": foreign.display_name})

    assert answer.status_code == 404
    assert listed.context["found"] == []


# -- Exports ---------------------------------------------------------------------------------------
def test_an_auditor_takes_the_trail_as_filtered_with_who_took_it_and_when(stage):
    job = exported(stage, "auditor", "administration:export_audit", query="verb=approve")

    sheet = sheet_of(stage, "auditor", job)

    expected = audit.visible_to(stage.users["auditor"]).filter(verb="approve")
    assert sheet.max_row == expected.count() + 2
    assert "导出人：审计管理员（acc_auditor）" in sheet["A1"].value
    assert job.number in sheet["A1"].value
    assert [c.value for c in sheet[2]] == list(exports.AUDIT_HEADINGS)
    assert {sheet.cell(row=n, column=5).value for n in range(3, sheet.max_row + 1)} == {"通过"}
    verbs = AuditEvent.objects.filter(record=f"reporting.job:{job.uuid}").order_by("id")
    assert list(verbs.values_list("verb", flat=True)) == [
        "request_job",
        "finish_job",
        "download_job",
    ]


def test_the_trail_of_another_city_is_not_in_the_file(stage):
    job = exported(stage, "auditor", "administration:export_audit", query="")

    words = {c.value for row in sheet_of(stage, "auditor", job).iter_rows() for c in row}

    assert any("验收甲市" in str(word) for word in words)
    assert not any("验收乙" in str(word) for word in words)


def test_a_year_is_counted_for_who_audits_it(stage):
    """Who read, revealed, exported, was given rights: where, how often, never whose archive."""
    who = stage.users["city_leader"]
    seat = who.appointments.current().select_related("unit", "post").get()
    for caring in (True, False, False):
        said = {"field": "phone", "reason": "核对演示名单", "caring": caring}
        audit.record("registry.person:演示", "reveal", by=who, unit=seat.unit, detail=said)
    today, line = timezone.localdate(), (seat.unit.name, who.display_name, who.username)

    job = exported(stage, "auditor", "administration:export_audit", year=str(today.year))
    sheet = sheet_of(stage, "auditor", job)

    _, headings, *rows = [
        tuple(c.date() if isinstance(c, dt.datetime) else c or "" for c in row)
        for row in sheet.iter_rows(values_only=True)
    ]
    assert headings == audit_pack.HEADINGS
    seen = [row for row in rows if row[0] == "查看隐去的内容" and row[3] == who.display_name]
    assert seen == [
        ("查看隐去的内容", "查看隐去的内容", *line, 2, today, today, "联系电话，外单位查阅"),
        ("查看隐去的内容", "查看隐去的内容", *line, 1, today, today, "联系电话"),
    ]
    sums = {row[1]: row[5] for row in rows if row[0] == "汇总"}
    mine = audit.visible_to(stage.users["auditor"])
    assert sums["查看隐去的内容：查看隐去的内容"] == mine.filter(verb="reveal").count()
    assert sums["授权变动：任职"] == mine.filter(verb="appoint", at__year=today.year).count() or ""
    held = [row for row in rows if row[0] == "任职" and row[4] == who.username]
    assert [row[1:5] for row in held] == [(str(seat.post), *line)]
    assert not any("验收乙" in str(cell) for row in rows for cell in row)

    # Another year is another file, in which the posts of that year stand and nobody read anything.
    job = exported(stage, "auditor", "administration:export_audit", year=str(today.year + 1))
    first = {
        row[0] for row in sheet_of(stage, "auditor", job).iter_rows(min_row=3, values_only=True)
    }
    assert first == {"汇总", "任职"}


def test_more_than_is_allowed_is_refused_with_a_remedy_and_never_cut(stage, monkeypatch):
    monkeypatch.setattr(exports, "MOST_ROWS", 3)

    job = exported(stage, "auditor", "administration:export_audit", query="")

    assert (job.state, job.artefact) == ("failed", None)
    assert "一次最多导出3条" in job.error
    assert "起始日期" in job.error


def test_an_auditor_sees_her_own_jobs_and_nobody_elses(stage):
    job = exported(stage, "auditor", "administration:export_audit", query="verb=approve")
    client = stage.client("auditor")
    (other,) = stage.things("job", owner=stage.users["city_leader"].username)

    assert client.get(reverse("reporting:job", args=[job.uuid])).status_code == 200
    assert client.get(reverse("reporting:jobs")).context["total"] == 1
    assert client.get(other["urls"]["job"]).status_code == 404


def test_who_lost_her_post_has_lost_her_file(stage):
    job = exported(stage, "auditor", "administration:export_audit", query="verb=approve")
    stage.users["auditor"].appointments.update(starts_on="2013-01-01", ends_on="2013-12-31")

    answer = stage.client("auditor").get(reverse("reporting:job_download", args=[job.uuid]))

    assert answer.status_code == 404
    assert files.finished(job.artefact).exists()


def test_the_matrix_leaves_as_a_workbook(stage):
    job = exported(stage, "security_admin", "administration:export_who_may")

    sheet = sheet_of(stage, "security_admin", job)

    assert [c.value for c in sheet[2]] == list(things.HEADINGS)
    assert sheet.max_row == len(things.things()) + 2
