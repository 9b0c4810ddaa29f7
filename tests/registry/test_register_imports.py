"""A register of people comes in whole or not at all, and tells nobody of archives she may not see."""

import datetime as dt
import io
import json
import uuid

import openpyxl
import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import connection
from django.test import Client
from django.utils import timezone

from federation.models import AuditEvent
from federation.scope import OutOfReach
from registry import duplicates, register_imports
from registry.models import DuplicatePair, Enrolment, Person, RegisterImport, Relation
from tests.archives import number, phone, years_ago

HEADINGS = ["序号", "妇女姓名", "身份证号码", "所在村", "手机号", "家庭人口", "致贫原因"]
BORN = years_ago(41, 3)


def people_of(model=Person):
    return model.objects.unscoped(reason="the test looks at all there is")


def sheet(*rows, headings=HEADINGS) -> bytes:
    """A county's own table: a title merged over it, a total below."""
    book = openpyxl.Workbook()
    book.active.append(["2026年贫困妇女名册"])
    book.active.merge_cells("A1:G1")
    for row in (headings, *rows, ["合计", len(rows)]):
        book.active.append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def row(n, *, name=None, born=BORN, village="红旗村", order=None, people=4, cause="因病"):
    return [
        n,
        name or f"林演{'甲乙丙丁戊'[n]}寅",
        number(born, order or 2 * n + 100),
        village,
        phone(300 + n),
        people,
        cause,
    ]


def upload(data, by, unit, programme):
    return register_imports.upload(data, name="名册.xlsx", unit=unit, programme=programme, by=by)


def applied(found, by):
    return register_imports.apply(found, by=by, sha256=found.sha256)


def words(found) -> str:
    return json.dumps(found.outcome, ensure_ascii=False)


def test_a_countys_own_table_comes_in_after_its_preview(people, org, archives, programmes):
    found = upload(sheet(row(1), row(2)), people.county, org.east, programmes.poor_woman)
    before = people_of().count()

    assert (found.outcome["faults"], found.outcome["count"]) == ([], 2)
    assert applied(found, people.county) == {"added": 2, "enrolled": 0}
    person = people_of().get(name="林演乙寅")
    assert people_of().count() == before + 2
    assert (person.unit, person.sex, person.born_on) == (org.east_village, "F", BORN)
    assert person.phone.open() == phone(301)
    enrolment = people_of(Enrolment).get(person=person)
    assert enrolment.particulars == {"household_size": 4, "cause": "因病"}
    assert AuditEvent.objects.get(verb="import_register").detail["added"] == 2
    assert AuditEvent.objects.filter(verb="import_archive").count() == 2


def test_every_fault_is_said_at_its_cell_and_nothing_comes_in(people, org, archives, programmes):
    wrong = row(2)
    wrong[2] = wrong[2][:-1] + ("1" if wrong[2][-1] != "1" else "2")
    numeric = row(3)
    numeric[2] = int(number(BORN, 106)[:17]) * 10
    data = sheet(row(1, village="天上村"), wrong, numeric, row(4, cause="懒"))
    before = people_of().count()

    found = upload(data, people.county, org.east, programmes.poor_woman)

    # One each: a number that cannot be read is not said to lack as well.
    places = sorted(where.rpartition("!")[2] for where, _ in found.outcome["faults"])
    assert places == ["C4", "C5", "D3", "G6"]
    assert "以数字存放" in words(found)
    with pytest.raises(ValidationError, match="还有错"):
        applied(found, people.county)
    assert people_of().count() == before


def test_an_archive_in_reach_is_enrolled_and_not_doubled(people, org, archives, programmes):
    known = archives.elder
    line = [1, known.name, known.id_number.open(), "红旗村", "", "", ""]

    found = upload(sheet(line), people.county, org.east, programmes.poor_woman)

    assert found.outcome["lines"][0]["does"] == "已有档案，纳入专项"
    assert applied(found, people.county) == {"added": 0, "enrolled": 1}


def test_an_archive_out_of_reach_is_no_oracle_and_is_judged_above(
    people, org, archives, programmes
):
    other = archives.west_woman
    line = [1, other.name, other.id_number.open(), "红旗村", "", "", ""]

    found = upload(sheet(line), people.county, org.east, programmes.poor_woman)

    assert found.outcome["lines"][0]["does"] == "建档并纳入"
    assert org.west.name not in words(found)
    applied(found, people.county)
    duplicates.look()
    pair = people_of(DuplicatePair).get(why="number")
    assert pair.unit == org.city


def test_the_same_number_twice_in_one_file_is_a_fault(people, org, archives, programmes):
    found = upload(
        sheet(row(1, order=100), row(2, order=100)), people.county, org.east, programmes.poor_woman
    )

    assert "相同，请核对是否重复填写" in words(found)


def test_what_is_kept_is_sealed_shown_masked_and_gone_when_applied(
    people, org, archives, programmes
):
    found = upload(sheet(row(1)), people.county, org.east, programmes.poor_woman)
    with connection.cursor() as cursor:
        cursor.execute("SELECT rows, outcome::text FROM registry_registerimport")
        kept = " ".join(cursor.fetchone())

    assert number(BORN, 102) not in kept
    assert phone(301) not in kept
    applied(found, people.county)
    assert RegisterImport.objects.get().rows is None
    with pytest.raises(ValidationError, match="已经导入过"):
        applied(found, people.county)


def test_after_an_hour_it_is_gone(people, org, archives, programmes):
    found = upload(sheet(row(1)), people.county, org.east, programmes.poor_woman)
    RegisterImport.objects.update(created_at=timezone.now() - dt.timedelta(minutes=61))

    with pytest.raises(OutOfReach):
        applied(found, people.county)
    upload(sheet(row(2)), people.county, org.east, programmes.poor_woman)
    assert RegisterImport.objects.count() == 1


def test_children_come_in_by_the_posts_of_their_zone_with_their_guardians(
    people, carers, org, archives, programmes
):
    born = years_ago(9, 4)
    headings = ["姓名", "身份证号", "居住村（社区）", "监护人", "与儿童关系", "监护人电话"]
    line = ["赵演己卯", number(born, 300), "红旗村", "赵演庚辰", "祖母", phone(400)]
    data = sheet(line, headings=headings)
    with pytest.raises(OutOfReach, match="儿童、权益工作岗位"):
        upload(data, people.county, org.east, programmes.left_behind_child)

    found = upload(data, carers.children_county, org.east, programmes.left_behind_child)

    assert found.outcome["lines"][0]["name"] == "赵某"
    applied(found, carers.children_county)
    child = people_of().get(name="赵演己卯")
    assert people_of(Relation).get(person=child).phone.open() == phone(400)


def test_ages_that_do_not_fit_the_programme_are_faults(people, carers, org, archives, programmes):
    data = sheet(row(1, born=years_ago(12, 3)))

    found = upload(data, carers.children_county, org.east, programmes.poor_woman)

    assert "应满18周岁" in words(found)


def test_the_page_takes_it_in_and_another_persons_upload_is_not_there(
    people, carers, org, archives, programmes
):
    client, stranger = Client(), Client()
    client.force_login(people.county)
    stranger.force_login(carers.children_county)
    answer = client.post(
        "/registry/import/",
        {
            "idempotency_key": str(uuid.uuid4()), "programme": "poor_woman",
            "unit": str(org.east.uuid), "file": SimpleUploadedFile("名册.xlsx", sheet(row(1))),
        },
    )  # fmt: skip
    page = answer["Location"]
    shown = client.get(page).content.decode()

    assert "1 行都对" in shown
    assert number(BORN, 102) not in shown
    assert stranger.get(page).status_code == 404
    sent = {"idempotency_key": str(uuid.uuid4()), "sha256": RegisterImport.objects.get().sha256}
    assert client.post(page, sent)["Location"] == "/persons/"
    assert people_of().filter(name="林演乙寅").exists()


def test_the_template_is_read_back_as_it_is(people, org, archives, programmes):
    client = Client()
    client.force_login(people.county)
    answer = client.get("/registry/import/?template=poor_woman")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    top = [cell.value for cell in book.active[2]]
    line = {"姓名*": "林演丙戌", "身份证号": number(BORN, 500), "居住村（社区）*": "红旗村"}
    book.active.append([line.get(heading, "") for heading in top])
    made = io.BytesIO()
    book.save(made)

    found = upload(made.getvalue(), people.county, org.east, programmes.poor_woman)

    assert (found.outcome["faults"], found.outcome["count"]) == ([], 1)
