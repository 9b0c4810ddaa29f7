"""阵地 and 帮扶力量 come in from a workbook whole or not at all, and leave with no telephone in clear."""

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

from federation.models import AuditEvent, UnitGrant
from federation.scope import OutOfReach
from registry import place_imports
from registry.models import Helper, RegisterImport, Site, SiteHonour, VolunteerTeam
from registry.place_imports import NOUNS
from reporting.jobs import files, runner
from reporting.models import Job
from tests.archives import phone

SITES = ["名称*", "类别*", "所在单位*", "等级", "联系电话", "建立日期", "荣誉", "自家的栏"]
HELPERS = ["姓名或名称", "身份", "类型", "所属单位", "联系电话", "志愿者队伍", "审核"]
HOME = ["演示妇女之家", "妇女之家", "红旗村妇联", "省级", phone(71), "2014年6月1日", "", ""]
NURSE = ["卫演甲子", "爱心妈妈", "", "红旗村妇联", phone(81), "演示爱心队", "已审核"]


def sheet(headings, *rows) -> bytes:
    book = openpyxl.Workbook()
    for row in (["2026年名单"], headings, *rows):
        book.active.append(row)
    made = io.BytesIO()
    book.save(made)
    return made.getvalue()


def upload(what, by, *rows):
    headings = SITES if what == "sites" else HELPERS
    data = sheet(headings, *rows)
    return place_imports.upload(data, name="名单.xlsx", noun=NOUNS[what], by=by)


def applied(found, by):
    return place_imports.apply(found, by=by, sha256=found.sha256)


def every(model):
    return model.objects.unscoped(reason="the test looks at all there is")


def test_places_come_in_with_their_honours_after_a_preview(people, org, programmes):
    honoured = [*HOME[:6], "2014 省级示范妇女之家；2015年 演示荣誉", "随便"]

    found = upload("sites", people.county, honoured)

    assert every(Site).count() == 0, "a preview takes back what it tried"
    assert found.outcome["notes"] == ["下列各栏不在模板里，没有使用：自家的栏。"]
    assert found.outcome["lines"][0]["number"] == "169********"
    assert applied(found, people.county) == {"added": 1, "same": 0}
    site = every(Site).get()
    assert (site.unit, site.kind.name, site.grade) == (org.east_village, "妇女之家", "省级")
    assert (site.phone.open(), site.opened_on) == (phone(71), dt.date(2014, 6, 1))
    assert sorted(every(SiteHonour).values_list("year", "name")) == [
        (2014, "省级示范妇女之家"), (2015, "演示荣誉"),
    ]  # fmt: skip
    verbs = AuditEvent.objects.filter(verb__in=("create_site", "honour_site", "import_places"))
    assert verbs.count() == 4


def test_every_fault_is_said_at_its_place_and_nothing_comes_in(people, org, programmes):
    found = upload(
        "sites",
        people.county,
        HOME,
        ["", "妇女之屋", "红旗村妇联", "", "12", "去年", "好", ""],
        HOME,
        ["演示家长学校", "家长学校", "西山村妇联", "", "", "", "", ""],
    )

    told = {tuple(one) for one in found.outcome["faults"]}
    assert {where for where, _ in told} == {
        "第4行“名称”", "第4行“类别”", "第4行“联系电话”", "第4行“建立日期”", "第4行“荣誉”",
        "第5行“名称”", "第6行“所在单位”",
    }  # fmt: skip
    assert ("第5行“名称”", "与第3行是同一个，请删去一行。") in told
    with pytest.raises(ValidationError, match="还有错"):
        applied(found, people.county)
    assert every(Site).count() == 0


def test_helpers_who_are_there_stay_and_namesakes_are_shown(people, org, programmes):
    applied(upload("helpers", people.county, NURSE), people.county)
    rows = (
        NURSE,
        [*NURSE[:4], phone(82), "", ""],
        ["卫演甲子", "志愿者", "", "金井社区妇联", "", "", ""],
        ["演示纺织厂", "女企业家", "企业", "红旗村妇联", "0595-22276000", "", ""],
    )

    found = upload("helpers", people.county, *rows)

    assert [line["does"] for line in found.outcome["lines"]] == [
        "已登记，不变", "登记", "登记；红旗村妇联已有同名的爱心妈妈", "登记",
    ]  # fmt: skip
    assert applied(found, people.county) == {"added": 3, "same": 1}
    assert every(VolunteerTeam).get().helpers.get().vetting == "passed"
    assert every(Helper).get(name="演示纺织厂").kind == "enterprise"


def test_a_unit_out_of_reach_is_no_unit_and_another_persons_upload_is_not_there(
    people, org, carers, programmes
):
    found = upload("sites", carers.chair_west, [*HOME[:2], "金井社区妇联", *HOME[3:]])
    assert "您的管辖范围内没有“金井社区妇联”" in json.dumps(found.outcome, ensure_ascii=False)
    hers = upload("sites", people.county, HOME)
    with pytest.raises(OutOfReach):
        applied(hers, carers.chair_west)


def test_what_is_kept_is_sealed_and_gone_when_applied(people, org, programmes):
    found = upload("helpers", people.county, NURSE)
    with connection.cursor() as cursor:
        cursor.execute("SELECT rows, outcome::text FROM registry_registerimport")
        kept = " ".join(cursor.fetchone())

    assert phone(81) not in kept
    assert "卫演甲子" not in kept.split(" ")[0]
    applied(found, people.county)
    assert RegisterImport.objects.get().rows is None
    with pytest.raises(ValidationError, match="已经导入过"):
        applied(found, people.county)


def test_a_seat_lost_after_the_preview_stops_all_of_it(people, org, programmes):
    found = upload("sites", people.county, HOME)
    UnitGrant.objects.filter(user=people.county).delete()

    assert applied(found, people.county) is None
    assert every(Site).count() == 0


@pytest.fixture
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


def test_the_pages_bring_a_filled_template_in_and_take_the_list_out_masked(
    people, org, programmes, media
):
    client = Client()
    client.force_login(people.county)
    answer = client.get("/registry/import/of/helpers/?template")
    book = openpyxl.load_workbook(io.BytesIO(b"".join(answer.streaming_content)))
    top = [cell.value for cell in book.active[2]]
    line = dict(
        zip(
            (f"{word}*" if n in {0, 1, 3} else word for n, word in enumerate(HELPERS)),
            NURSE,
            strict=True,
        )
    )
    book.active.append([line.get(heading, "") for heading in top])
    made = io.BytesIO()
    book.save(made)
    file = SimpleUploadedFile("名单.xlsx", made.getvalue())
    page = client.post(
        "/registry/import/of/helpers/", {"idempotency_key": uuid.uuid4(), "file": file}
    )["Location"]
    shown = client.get(page).content.decode()
    assert "1 行都对" in shown
    assert phone(81) not in shown
    sent = {"idempotency_key": uuid.uuid4(), "sha256": RegisterImport.objects.get().sha256}
    assert client.post(page, sent)["Location"] == "/helpers/"

    listed = client.get("/helpers/?role=caring_mother").content.decode()
    assert "/registry/export/of/helpers/" in listed
    assert "/registry/export/of/helpers/" not in client.get("/helpers/?q=卫演").content.decode()
    asked = {"idempotency_key": uuid.uuid4(), "role": "caring_mother"}
    client.post("/registry/export/of/helpers/", asked)
    job = Job.objects.get(kind="place_export")
    runner.run(job.uuid)
    job.refresh_from_db()
    assert (job.state, job.params["filter"]) == ("done", {"role": "caring_mother"})
    book = openpyxl.load_workbook(io.BytesIO(files.finished(job.artefact).read_bytes()))
    cells = [str(cell) for row in book.active.iter_rows(values_only=True) for cell in row]
    assert "卫演甲子" in cells
    assert "169********" in cells
    assert AuditEvent.objects.get(verb="export_places").detail["rows"] == 1
