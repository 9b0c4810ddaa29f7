"""Accounts out of a spreadsheet: everything wrong at once, all rows or none, nobody beyond one's reach."""

import io
import re
import threading
import uuid
import zipfile

import openpyxl
import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from world import seat

from administration import imports
from administration.models import AccountImport
from federation.models import Appointment, AuditEvent, User
from reporting.workbook import UnreadableWorkbook, read_sheet, write_ledger

HEADINGS = [f"{word}*" if needed else word for word, _, needed in imports.COLUMNS]
GOOD = ["陈演丙午", "", "16900000088", "临江镇妇联", "", "业务干部", "2014-06-01", ""]
OTHER = ["林演丁未", "lin.dingwei", "", "红旗村妇联", "", "村妇联主席", "2014年6月1日", "2019.6.1"]


def book(*rows, headings=HEADINGS, title="账号与任职导入") -> bytes:
    made = io.BytesIO()
    write_ledger(made, title=title, headings=headings, rows=rows, properties={})
    return made.getvalue()


@pytest.fixture
def desk(people):
    client = Client()
    client.force_login(people.eastadmin)
    return client


def upload(desk, data: bytes):
    file = SimpleUploadedFile("名单.xlsx", data)
    return desk.post(
        "/accounts/import/", {"idempotency_key": str(uuid.uuid4()), "file": file}, follow=True
    )


def confirm(desk, **changed):
    found = AccountImport.objects.latest("pk")
    sent = {"idempotency_key": str(uuid.uuid4()), "sha256": found.sha256, **changed}
    return desk.post(f"/accounts/import/{found.uuid}/confirm/", sent)


def faults() -> list[tuple]:
    found = AccountImport.objects.latest("pk").outcome["faults"]
    return [(fault["row"], fault["column"]) for fault in found]


def counts():
    return User.objects.count(), Appointment.objects.count(), AuditEvent.objects.count()


# -- Good ------------------------------------------------------------------------------------------
def test_a_good_list_is_shown_then_done_and_everybody_can_log_in(desk, org, people):
    before = counts()
    page = upload(desk, book(GOOD, OTHER)).content.decode()
    assert "2 行都对" in page
    assert counts() == before

    answer = confirm(desk)

    shown = dict(re.findall(r'data-password="([^"]+)">([^<]+)<', answer.content.decode()))
    assert set(shown) == {"chenyanbingwu", "lin.dingwei"}
    for username, password in shown.items():
        assert Client().login(username=username, password=password)
    made = User.objects.get(username="lin.dingwei")
    held = made.appointments.get()
    assert (held.unit, held.post.code, str(held.ends_on)) == (
        org.east_village, "village_chair", "2019-06-01",
    )  # fmt: skip
    assert made.login_state.must_change_password
    kept = AccountImport.objects.get()
    assert (kept.rows, kept.outcome["lines"]) == ([], [])
    line = AuditEvent.objects.get(verb="import_accounts")
    assert (line.detail["count"], line.detail["added"]) == (2, 2)


def test_the_same_list_again_changes_nothing_and_says_so(desk, org):
    upload(desk, book(OTHER))
    confirm(desk)
    before = counts()

    page = upload(desk, book(OTHER)).content.decode()

    assert "已经任此职，不变" in page
    assert confirm(desk).status_code == 302
    assert counts() == (before[0], before[1], before[2] + 1)


def test_a_known_account_gets_another_seat_and_keeps_its_password(desk, org, people):
    known = ["village演", "village", "", "临江镇妇联", "", "业务干部", "2014-06-01", ""]

    page = upload(desk, book(known)).content.decode()
    confirm(desk)

    assert "已有账号，增加任职" in page
    assert people.village.appointments.count() == 2
    assert Client().login(username="village", password="test-password")


def test_two_rows_of_one_new_account_are_two_seats(desk, org):
    second = [
        "林演丁未",
        "lin.dingwei",
        "",
        "临江镇妇联",
        "城东区妇联",
        "业务干部",
        "2014-06-01",
        "",
    ]

    upload(desk, book(OTHER, second))
    confirm(desk)

    assert User.objects.get(username="lin.dingwei").appointments.count() == 2


# -- Bad -------------------------------------------------------------------------------------------
def test_one_bad_row_stops_all_and_every_fault_is_named(desk, org):
    wrong = ["", "Bad Name!", "12", "山口乡妇联", "", "审计管理员", "六月", ""]
    taken = ["王演甲子", "leader", "", "临江镇妇联", "", "业务干部", "2014-06-01", "2013-01-01"]
    before = counts()

    page = upload(desk, book(GOOD, wrong, taken)).content.decode()

    assert counts() == before
    assert faults() == [
        (4, "姓名"), (4, "单位"), (4, "岗位"), (4, "任职日期"), (4, "联系电话"), (5, "用户名"),
    ]  # fmt: skip
    assert "“账号与任职导入”第 4 行“单位”" in page
    assert "您的管辖范围内没有“山口乡妇联”" in page
    assert "已有人使用" in page
    assert confirm(desk).status_code == 302
    assert counts() == before


def test_a_name_that_two_units_bear_asks_which(desk, org, people):
    client = Client()
    client.force_login(people.sysadmin)
    row = ["陈演丙午", "", "", "红旗村妇联", "", "村妇联主席", "2014-06-01", ""]

    upload(client, book(row))
    assert faults() == [(3, "单位")]
    upload(client, book([*row[:4], "临江镇妇联", *row[5:]]))
    assert faults() == []


def test_a_second_person_of_the_same_name_at_the_same_unit_is_asked_about(desk, org):
    upload(desk, book(GOOD))
    confirm(desk)

    page = upload(desk, book(GOOD)).content.decode()

    assert faults() == [(3, "用户名")]
    assert "用户名chenyanbingwu" in page


# -- Beyond one's reach ----------------------------------------------------------------------------
@pytest.mark.parametrize("key", ["id", "pk", "uuid", "org", "unit_id", "is_superuser", "password"])
def test_columns_nobody_asked_for_are_not_obeyed(desk, org, people, key):
    foreign = people.leader
    value = {"uuid": str(foreign.uuid), "org": org.city.name, "unit_id": str(org.city.pk)}
    before = User.objects.filter(pk=foreign.pk).values().get()

    page = upload(
        desk, book([*GOOD, value.get(key, str(foreign.pk))], headings=[*HEADINGS, key])
    ).content.decode()
    confirm(desk)

    assert f"没有使用：{key}" in page
    assert User.objects.filter(pk=foreign.pk).values().get() == before
    made = User.objects.get(username="chenyanbingwu")
    assert (made.pk != foreign.pk, made.is_superuser) == (True, False)
    assert made.appointments.get().unit == org.town


@pytest.mark.parametrize("who", ["leader", "sibling", "other_city", "sysadmin", "nobody"])
def test_an_account_beyond_hers_is_neither_changed_nor_told_from_any_other(desk, org, people, who):
    foreign = getattr(people, who)
    row = [foreign.display_name, foreign.username, *GOOD[2:]]

    page = upload(desk, book(row)).content.decode()

    assert faults() == [(3, "用户名")]
    assert f"用户名“{foreign.username}”已有人使用" in page
    assert not foreign.appointments.filter(unit=org.town).exists()


def test_another_s_upload_is_not_there_and_nothing_but_what_was_seen_is_confirmed(
    desk, org, people
):
    other = Client()
    other.force_login(seat(org, "eastadmin2", "east", "system_admin"))
    upload(desk, book(GOOD))
    before = counts()
    found = AccountImport.objects.get()

    assert other.get(f"/accounts/import/{found.uuid}/").status_code == 404
    assert confirm(other).status_code == 404
    assert confirm(desk, sha256="0" * 64).status_code == 404
    assert counts()[:2] == before[:2]
    assert AuditEvent.objects.filter(verb="denied", detail__why="reach").count() == 2


def test_a_preview_is_over_after_an_hour(desk, org, time_machine):
    upload(desk, book(GOOD))
    found = AccountImport.objects.get()
    AccountImport.objects.filter(pk=found.pk).update(created_at="2014-06-01T00:00Z")

    assert desk.get(f"/accounts/import/{found.uuid}/").status_code == 404
    upload(desk, book(OTHER))
    assert not AccountImport.objects.filter(pk=found.pk).exists()


def test_what_changed_after_the_preview_stops_the_import(desk, org, people):
    upload(desk, book(GOOD, OTHER))
    seat(org, "lin.dingwei", "west", "officer")
    before = counts()

    answer = confirm(desk)

    assert answer.status_code == 302
    assert counts() == before
    assert faults() == [(4, "用户名")]


@pytest.mark.django_db(transaction=True)
def test_two_administrators_who_confirm_one_list_at_once_open_each_account_once(org, people):
    both = [people.eastadmin, seat(org, "eastadmin2", "east", "system_admin")]
    found = [imports.upload(book(OTHER), by=user) for user in both]
    ready, opened = threading.Barrier(2), []

    def go(upload, user):
        try:
            ready.wait(10)
            opened.append(imports.confirm(upload, by=user, sha256=upload.sha256))
        finally:
            connection.close()

    threads = [threading.Thread(target=go, args=pair) for pair in zip(found, both, strict=True)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join(30)

    made = User.objects.get(username="lin.dingwei")
    assert made.appointments.count() == 1
    assert sorted(len(given or []) for given in opened) == [0, 1]


# -- The file --------------------------------------------------------------------------------------
def test_the_template_is_read_back_by_its_own_headings(desk):
    made = b"".join(desk.get("/accounts/import/template/").streaming_content)

    assert read_sheet(made).rows[1] == HEADINGS


def bomb() -> bytes:
    """A cell at the far corner: 17 thousand million cells in 5 KB."""
    made = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(book(GOOD))) as good, zipfile.ZipFile(made, "w") as bad:
        for name in good.namelist():
            part = good.read(name)
            if name.endswith("sheet1.xml"):
                corner = b'<row r="1048576"><c r="XFD1048576"><v>1</v></c></row></sheetData>'
                part = part.replace(b"</sheetData>", corner)
            bad.writestr(name, part)
    return made.getvalue()


def with_part(name: str) -> bytes:
    made = io.BytesIO(book(GOOD))
    with zipfile.ZipFile(made, "a") as parts:
        parts.writestr(name, b"x")
    return made.getvalue()


@pytest.mark.parametrize(
    ("data", "said"),
    [
        (lambda: b"\xd0\xcf\x11\xe0" + b"x" * 600, "另存为"),
        (lambda: "姓名,单位".encode(), "另存为"),
        (lambda: b"PK\x03\x04" + b"x" * 600, "另存为"),
        (lambda: with_part("xl/vbaProject.bin"), "宏"),
        (lambda: with_part("xl/externalLinks/externalLink1.xml"), "外部链接"),
        (lambda: b"x" * (2 * 1024 * 1024 + 1), "2MB"),
        (lambda: bomb(), "."),
        (lambda: book(GOOD, headings=["甲"] * 8), "没有找到表头"),
        (lambda: book(), "没有内容"),
        (lambda: book(*[GOOD] * 301), "一次最多300行"),
        (lambda: book(*[GOOD] * 2100), "一次最多2000行"),
    ],
    ids=["xls", "csv", "zip", "macro", "link", "size", "bomb", "headings", "empty", "many", "rows"],
)
def test_a_file_that_is_no_list_is_refused_with_the_remedy(people, data, said):
    with pytest.raises(UnreadableWorkbook, match=said):
        imports.upload(data(), by=people.eastadmin)

    assert not AccountImport.objects.exists()


def test_a_refused_file_is_told_on_the_page(desk):
    page = upload(desk, b"no workbook")

    assert page.status_code == 422
    assert "不是 .xlsx 表格" in page.content.decode()


def test_numbers_and_dates_of_a_spreadsheet_are_read_as_typed():
    made = io.BytesIO()
    workbook = openpyxl.Workbook()
    sheet = workbook.active
    sheet.append(["姓名", 16900000088, True, 0.5, "=1+1"])
    workbook.save(made)

    assert read_sheet(made.getvalue()).rows[0][:4] == ["姓名", "16900000088", "是", "0.5"]
