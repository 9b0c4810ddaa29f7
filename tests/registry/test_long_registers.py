"""A register too long for one request: read, shown and taken in by jobs, whole or not at all."""

import io
import json
import uuid

import openpyxl
import pytest
from django.db import connection
from django.db.models import F
from django.test import Client
from django.test.utils import CaptureQueriesContext

from federation.models import AuditEvent
from registry import register_imports, register_jobs
from registry.models import Enrolment, Person, RegisterImport, RegisterImportPart, imports
from registry.register_forms import RegisterForm
from reporting.jobs import runner
from reporting.models import Job
from tests.archives import number, phone, years_ago

ROWS = 1_200
HEADINGS = ["姓名", "身份证号", "居住村（社区）", "联系电话", "家庭人口"]
BORN = years_ago(41, 3)
NAMES = "甲乙丙丁戊己庚辛壬癸"


def of_all(model):
    return model.objects.unscoped(reason="the test looks at all there is")


def row(n: int, village: str = "红旗村") -> list:
    born = BORN.replace(year=BORN.year - n // 450)
    name = f"林演{NAMES[n % 10]}{NAMES[n // 10 % 10]}"
    return [name, number(born, 100 + 2 * (n % 450)), village, phone(n), 1 + n % 7]


def sheet(rows) -> bytes:
    book = openpyxl.Workbook(write_only=True)
    page = book.create_sheet("名册")
    for line in (HEADINGS, *rows):
        page.append(line)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


@pytest.fixture
def put_aside(people, org, archives, programmes):
    """``put_aside(rows)``: the county's register as she sent it, not yet read."""

    def upload(rows) -> RegisterImport:
        return register_imports.upload(
            sheet(rows), name="名册.xlsx", unit=org.east, programme=programmes.poor_woman,
            by=people.county,
        )  # fmt: skip

    return upload


@pytest.fixture
def few(monkeypatch):
    """Five rows are many: as long registers are, without their seconds."""
    for module in (register_imports, register_jobs):
        monkeypatch.setattr(module, "MOST_ROWS", 5)
    for module in (register_imports, imports):
        monkeypatch.setattr(module, "CHUNK", 5)
    monkeypatch.setattr(RegisterForm, "most_rows", 5)


def worked(found) -> RegisterImport:
    """``found`` once the job that waits for it has run."""
    runner.run(register_jobs.latest(found).uuid)
    return RegisterImport.objects.get(pk=found.pk)


def test_a_long_register_is_read_shown_and_taken_in_by_jobs(put_aside, people, archives):
    known = archives.elder
    rows = [row(n) for n in range(ROWS - 1)]
    rows.append([known.name, known.id_number.open(), "红旗村", "", 2])
    before = of_all(Person).count()
    client = Client()
    client.force_login(people.county)

    found = put_aside(rows)
    page = f"/registry/import/{found.uuid}/"
    assert "正在后台核对" in client.get(page).content.decode()
    with CaptureQueriesContext(connection) as reading:
        found = worked(found)
    kinds = set(found.parts.values_list("kind", flat=True))
    shown = client.get(page, {"page": "12", "per_page": "100"}).content.decode()

    assert (found.outcome["faults"], found.outcome["count"]) == ([], ROWS)
    assert dict(found.outcome["does"]) == {"建档并纳入": ROWS - 1, "已有档案，纳入专项": 1}
    assert (kinds, len(list(found.thousands()))) == ({"rows", "lines"}, 2)
    assert "1,200 行都对" in shown
    assert shown.count('data-label="将会"') == 100
    assert of_all(Person).count() == before
    assert len(reading) < 60, len(reading)

    answer = client.post(
        page, {"idempotency_key": str(uuid.uuid4()), "sha256": found.sha256}, follow=True
    )
    assert "正在登记" in answer.content.decode()
    with CaptureQueriesContext(connection) as applying:
        found = worked(found)

    assert found.outcome["done"] == {"added": ROWS - 1, "enrolled": 1}
    assert "新建档案 1,199 份" in client.get(page).content.decode()
    assert of_all(Person).count() == before + ROWS - 1
    assert of_all(Enrolment).filter(programme=found.programme).count() >= ROWS
    person = of_all(Person).numbered(rows[7][1]).get()
    assert (person.phone.open(), person.initials, person.entered_by) == (
        phone(7),
        "lyxj",
        people.county,
    )
    assert AuditEvent.objects.filter(verb="import_archive").count() == ROWS - 1
    assert AuditEvent.objects.get(verb="import_register").detail["added"] == ROWS - 1
    assert not RegisterImportPart.objects.exists()
    assert len(applying) < 80, len(applying)
    told = json.dumps(list(Job.objects.values("params", "detail", "doing", "error")))
    assert rows[7][1] not in told
    assert rows[7][0] not in told


def test_one_wrong_row_of_a_long_register_and_nothing_comes_in(put_aside, few):
    rows = [row(n) for n in range(12)]
    rows[7][1] = rows[2][1]
    rows[10][1] = rows[10][1][:-1] + ("1" if rows[10][1][-1] != "1" else "2")
    rows[11][1] = int(rows[11][1][:17]) * 10
    before = of_all(Person).count()

    found = worked(put_aside(rows))

    places = {where.rpartition("!")[2] for where, _ in found.outcome["faults"]}
    assert places >= {"B9", "B12", "B13"}
    assert found.rows is None
    assert not found.parts.exists()
    assert of_all(Person).count() == before
    assert Job.objects.get().state == "done"


def test_what_changed_meanwhile_is_told_and_nothing_comes_in(put_aside, people, org, few):
    found = worked(put_aside([row(n) for n in range(8)]))
    register_jobs.ask_to_apply(found, by=people.county, sha256=found.sha256)
    Person.objects.bulk_create([Person(unit=org.east_village2, name="林演甲", id_number=row(6)[1])])
    before = of_all(Person).count()

    found = worked(found)

    assert [where.rpartition("!")[2] for where, _ in found.outcome["faults"]] == ["A8"]
    assert (found.applied_at, found.rows, found.parts.exists()) == (None, None, False)
    assert of_all(Person).count() == before


def test_whoever_is_overtaken_while_writing_takes_all_of_it_back(
    put_aside, people, few, monkeypatch
):
    found = worked(put_aside([row(n) for n in range(8)]))
    job = register_jobs.ask_to_apply(found, by=people.county, sha256=found.sha256)
    before = of_all(Person).count()
    write = register_imports._write

    def overtaken(*args):
        Job.objects.filter(pk=job.pk).update(token=F("token") + 1)
        return write(*args)

    monkeypatch.setattr(register_imports, "_write", overtaken)
    assert runner.run(job.uuid) is None
    assert of_all(Person).count() == before
    assert RegisterImport.objects.get().applied_at is None


def test_who_lost_her_right_meanwhile_is_denied_and_nothing_comes_in(put_aside, people, few):
    found = worked(put_aside([row(n) for n in range(8)]))
    before = of_all(Person).count()
    register_jobs.ask_to_apply(found, by=people.county, sha256=found.sha256)
    people.county.appointments.update(ends_on="2014-12-31")

    found = worked(found)

    assert register_jobs.latest(found).state == "denied"
    assert found.applied_at is None
    assert of_all(Person).count() == before


def test_a_register_over_the_cap_is_said_to_be_so(put_aside, settings, few):
    settings.REGISTER_ROWS = 7

    found = worked(put_aside([row(n) for n in range(8)]))

    assert "有8条记录，一次最多7条" in json.dumps(found.outcome, ensure_ascii=False)
    assert found.rows is None
