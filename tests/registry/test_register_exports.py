"""Registers leave in three ways, each with no more than it may hold, marked with whose it is."""

import io
import re
import uuid
import zipfile
from pathlib import Path

import openpyxl
import pytest
from django.core.management import CommandError, call_command
from django.test import Client

from federation import grants
from federation.models import AuditEvent
from registry import export_requests
from registry.models import Authorisation, Consent, Person
from registry.refusal import Refused
from registry.register_choice import Choice, Mode
from registry.register_columns import leaks
from reporting.jobs import Denied, files
from reporting.jobs.kinds import authorise
from reporting.jobs.runner import run
from reporting.models import Job
from reporting.models.jobs import JobState
from reporting.workbook import UnreadableWorkbook, is_locked, traces_of, unlocked
from tests.archives import phone, years_ago
from tests.workbook.office import convert, needs_office

REASON = "报省妇联核对名单"


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def ask(user, unit, programme=None, mode=Mode.INTERNAL, *, reason="", locked=False, **more):
    choice = Choice(mode=mode, unit=unit, programme=programme, **more)
    return export_requests.request(choice, by=user, reason=reason, with_password=locked)


def taken(job) -> bytes:
    assert run(job.uuid) == JobState.DONE, Job.objects.get(pk=job.pk).error
    return files.finished(Job.objects.get(pk=job.pk).artefact).read_bytes()


def table(data: bytes) -> list[list]:
    sheet = openpyxl.load_workbook(io.BytesIO(data)).active
    return [list(row) for row in sheet.iter_rows(min_row=2, values_only=True)]


def column(data: bytes, heading: str) -> list:
    headings, *rows = table(data)
    return [row[headings.index(heading)] for row in rows]


def everything(data: bytes) -> str:
    with zipfile.ZipFile(io.BytesIO(data)) as parts:
        return "\n".join(parts.read(name).decode("utf-8", "replace") for name in parts.namelist())


PRIVATE = ("演示病症", "演示路")


def private_of(*people) -> list[str]:
    return [getattr(p, f).open() for p in people for f in ("id_number", "phone", "address")]


# -- Three ways ------------------------------------------------------------------------------------
def test_inside_the_house_it_is_masked_as_the_page_is(carers, people, org, archives):
    data = taken(ask(people.village, org.east_village)[0])

    held = everything(data)
    assert set(column(data, "姓名")) == {"林演甲子", "陈演乙丑", "王演丙寅", "李演丁卯"}
    assert all(re.fullmatch(r"9905\*{14}", number) for number in column(data, "身份证号"))
    assert "有记录" in column(data, "健康状况")
    assert not [value for value in private_of(archives.woman, archives.child) if value in held]
    assert not [word for word in PRIVATE if word in held]


def test_from_above_minors_are_in_it_for_the_posts_of_their_zone_alone(
    carers, people, org, archives
):
    above = taken(ask(people.county, org.east)[0])
    zone = taken(ask(carers.children_county, org.east)[0])

    assert set(column(above, "姓名")) == {"林演甲子", "陈演乙丑"}
    assert {"王某", "李某", "赵某"} < set(column(zone, "姓名"))
    assert "王演丙寅" not in everything(zone)


def test_what_goes_up_is_in_clear_for_a_reason_behind_a_password_and_leaves_a_line_on_each(
    carers, people, org, archives, programmes
):
    job, password = ask(
        people.village, org.east_village, programmes.poor_woman, Mode.REPORT,
        clear=True, reason=REASON,
    )  # fmt: skip
    data = taken(job)

    assert len(password) >= 12
    assert is_locked(data)
    with pytest.raises(UnreadableWorkbook):
        unlocked(data, "wrong-password")
    opened = unlocked(data, password)
    assert column(opened, "身份证号") == [archives.woman.id_number.open()]
    assert column(opened, "联系电话") == [phone(11)]
    said = AuditEvent.objects.get(verb="export_register")
    assert (said.detail["rows"], said.detail["reason"]) == (1, REASON)
    line = AuditEvent.objects.get(verb="export_archive")
    assert line.record == f"registry.person:{archives.woman.uuid}"


def test_the_password_is_nowhere_once_the_file_is_there(people, org, archives):
    job, password = ask(people.village, org.east_village, locked=True)
    before = str(Job.objects.get(pk=job.pk).params)
    taken(job)

    assert password not in before
    assert Job.objects.get(pk=job.pk).params["password"] == "spent"


def test_without_a_reason_nothing_leaves_in_clear(people, org, archives, programmes):
    with pytest.raises(Refused, match="请写明用途"):
        ask(people.village, org.east_village, programmes.poor_woman, Mode.REPORT, clear=True)


def test_archives_of_other_units_leave_in_clear_only_with_an_authorisation(
    people, org, archives, programmes
):
    wanted = (people.county, org.east, programmes.poor_woman, Mode.REPORT)
    with pytest.raises(Refused, match="查阅授权"):
        ask(*wanted, clear=True, reason=REASON)

    Authorisation(
        unit=org.east, user=people.county, given_by="郑演某", purpose=REASON,
        starts_on=years_ago(0, 1), ends_on=years_ago(-1), recorded_by=people.county,
    ).save()  # fmt: skip
    job, password = ask(*wanted, clear=True, reason=REASON)

    assert archives.woman.id_number.open() in everything(unlocked(taken(job), password))


def test_what_is_published_holds_names_and_nothing_private(carers, org, archives, programmes):
    for child in (archives.child, archives.child2):
        Consent(
            person=child, basis="consent", purposes=["register", "publish"], notice_version="1",
            given_on=years_ago(0, 1), by_guardian=True, recorded_by=carers.carer,
        ).save()  # fmt: skip
    job, _ = ask(carers.children_county, org.east, programmes.left_behind_child, Mode.PUBLIC)
    data = taken(job)

    held = everything(data)
    assert sorted(column(data, "姓名")) == ["王某", "赵某"]
    assert table(data)[0] == [
        "姓名",
        "性别",
        "居住地",
        "专项",
        "纳入日期",
        "父母外出",
        "监护情况",
        "重点关爱",
    ]
    assert not [v for v in private_of(archives.child, archives.child2) if v and v in held]
    assert not leaks(table(data))


def test_who_did_not_consent_is_not_published(carers, org, archives, programmes):
    Consent(
        person=archives.child, basis="consent", purposes=["publish"], notice_version="1",
        given_on=years_ago(0, 1), by_guardian=True, recorded_by=carers.carer,
    ).save()  # fmt: skip
    job, _ = ask(carers.children_county, org.east, programmes.left_behind_child, Mode.PUBLIC)

    assert column(taken(job), "姓名") == ["王某"]
    assert ["未经同意公示、没有列入", "1人"] in Job.objects.get(pk=job.pk).detail["facts"]


def test_a_list_of_the_ill_is_never_published(carers, org, archives, programmes):
    with pytest.raises(Refused, match="不能公示"):
        ask(carers.children_county, org.east, programmes.two_cancers, Mode.PUBLIC)


def test_numbers_inside_remarks_are_masked(people, org, archives):
    number = archives.elder.id_number.open()
    archives.elder.note = f"其女电话{phone(77)}，证{number}"
    archives.elder.save()

    held = everything(taken(ask(people.village, org.east_village)[0]))

    assert phone(77) not in held
    assert number not in held


# -- What stands in the file (T7, T8) --------------------------------------------------------------
def test_the_file_has_no_formulas_comments_hidden_sheets_or_foreign_words(people, org, archives):
    archives.woman.note = '=HYPERLINK("http://x",A3)'
    archives.woman.save()
    data = taken(ask(people.village, org.east_village)[0])

    book = openpyxl.load_workbook(io.BytesIO(data))
    names = zipfile.ZipFile(io.BytesIO(data)).namelist()
    cells = [cell for row in book.active.iter_rows() for cell in row]
    assert [sheet.sheet_state for sheet in book] == ["visible"]
    assert {cell.data_type for cell in cells} <= {"s", "n", "d"}
    assert not [cell for cell in cells if cell.comment]
    assert not [n for n in names if re.search("comment|external|vba|drawing|embed", n)]
    assert book.properties.creator == "妇联工作台"
    assert archives.west_woman.name not in everything(data)


def test_every_page_says_who_took_it_when_and_by_which_job(people, org, archives):
    job, _ = ask(people.village, org.east_village)
    marks = " ".join(traces_of(taken(job)).marks)

    assert people.village.username in marks
    assert f"作业号：{job.number}" in marks
    assert re.search(r"导出时间：\d{4}-\d\d-\d\d \d\d:\d\d", marks)


# -- Asked again -----------------------------------------------------------------------------------
def test_who_lost_the_post_of_the_zone_does_not_fetch_the_file(carers, org, archives):
    job, _ = ask(carers.children_county, org.east)
    taken(job)
    job = Job.objects.get(pk=job.pk)
    authorise(job, carers.children_county)

    carers.children_county.appointments.all().delete()
    grants.derive(carers.children_county)

    with pytest.raises(Denied):
        authorise(job, carers.children_county)


def test_nobody_exports_from_beside_or_below(people, carers, org, archives):
    for user in (people.county, carers.carer, carers.chair_west):
        with pytest.raises(Refused, match="没有权限"):
            ask(user, org.east_village if user != people.county else org.west)


def test_the_registers_of_the_zone_are_for_its_posts(people, org, archives, programmes):
    with pytest.raises(Refused, match="儿童、权益工作岗位"):
        ask(people.county, org.east, programmes.left_behind_child)


# -- Whose it was ----------------------------------------------------------------------------------
def whose(path: Path, capsys) -> str:
    call_command("whose_export", str(path))
    return capsys.readouterr().out


@pytest.fixture
def many(people, org, archives):
    """Twenty women of the village, so that an order tells something."""
    surnames = "赵钱孙李周吴郑王冯陈褚卫蒋沈韩杨朱秦尤许"
    for n, surname in enumerate(surnames):
        Person(unit=org.east_village, name=f"{surname}演癸亥", born_on=years_ago(30, n)).save()


def test_the_mark_tells_whose_it_was(people, org, archives, tmp_path, capsys):
    job, _ = ask(people.village, org.east_village)
    path = tmp_path / "台账.xlsx"
    path.write_bytes(taken(job))

    said = whose(path, capsys)
    assert job.number in said
    assert people.village.username in said
    assert "依据：水印" in said


def test_copied_into_a_new_workbook_the_order_of_its_rows_tells(
    people, carers, org, many, tmp_path, capsys
):
    job, _ = ask(people.village, org.east_village)
    other, _ = ask(people.county, org.east)
    rows = table(taken(job))
    taken(other)
    book = openpyxl.Workbook()
    for row in rows[:1] + rows[4:]:  # and three persons taken off
        book.active.append([str(value or "") for value in row])
    path = tmp_path / "抄件.xlsx"
    book.save(path)

    said = whose(path, capsys)
    assert job.number in said
    assert other.number not in said
    assert "依据：行序" in said


def test_a_list_of_somebody_else_is_nobodys(many, tmp_path, capsys):
    book = openpyxl.Workbook()
    for row in (["姓名", "居住地"], *(["某人", str(n)] for n in range(9))):
        book.active.append(row)
    book.save(tmp_path / "别处.xlsx")

    with pytest.raises(CommandError, match="没有找到"):
        whose(tmp_path / "别处.xlsx", capsys)


@needs_office
def test_saved_again_by_another_office_program_it_still_tells(
    people, org, archives, tmp_path, capsys
):
    job, _ = ask(people.village, org.east_village)
    path = tmp_path / "out.xlsx"
    path.write_bytes(taken(job))
    again = convert(path, "xlsx", tmp_path / "profile")

    marks = traces_of(again.read_bytes()).marks
    assert job.number in whose(again, capsys)
    assert any(text.startswith("导出人") and job.number in text for text in marks)  # on its pages


# -- The page --------------------------------------------------------------------------------------
@pytest.fixture
def desk(people):
    client = Client()
    client.force_login(people.village)
    return client


def test_the_password_is_shown_once_and_never_again(desk, org, archives):
    typed = {
        "mode": "internal", "unit": str(org.east_village.uuid), "password": "on",
        "idempotency_key": str(uuid.uuid4()),
    }  # fmt: skip
    first = desk.post("/registry/export/", typed)
    again = desk.post("/registry/export/", typed)

    password = re.search(r"data-password>([^<]+)<", first.content.decode())[1]
    job = Job.objects.get()
    assert unlocked(taken(job), password)
    assert (again.status_code, again["Location"]) == (303, f"/jobs/{job.uuid}/")
    assert password not in desk.get(f"/jobs/{job.uuid}/").content.decode()


def test_a_unit_out_of_reach_is_not_there(desk, org, archives):
    typed = {
        "mode": "internal", "unit": str(org.west_village.uuid),
        "idempotency_key": str(uuid.uuid4()),
    }  # fmt: skip

    assert desk.post("/registry/export/", typed).status_code == 404


def test_what_lacks_is_said_on_the_page_with_all_that_was_typed(desk, org, archives):
    answer = desk.post(
        "/registry/export/",
        {
            "mode": "public", "unit": str(org.east_village.uuid), "reason": "张贴公示栏",
            "idempotency_key": str(uuid.uuid4()),
        },
    )  # fmt: skip

    assert answer.status_code == 422
    assert "请选定一个专项" in answer.content.decode()
    assert "张贴公示栏" in answer.content.decode()
