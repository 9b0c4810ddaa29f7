"""结对年度统计: every figure is the sum of rows that can be opened; the files that leave say the same."""

import datetime as dt
import io
from decimal import Decimal
from uuid import uuid4

import openpyxl
import pytest
from days import last_year, this_year, today
from django.utils import timezone

from federation.models import AuditEvent
from pairing import exports, rules
from pairing.models import (
    AssistanceProject,
    ContactLog,
    LogKind,
    PairingAgreement,
    SupportLine,
)
from reporting import annexes
from reporting.annexes import Asked, Rate
from reporting.jobs import files, request_job
from reporting.jobs.runner import run
from reporting.models import Job
from reporting.models.jobs import JobState
from reporting.workbook import traces_of

KEYS = (
    "pairs", "places", "children", "contacts", "went", "came", "condolences", "deeds", "people",
    "money", "goods", "worth", "building", "relief",
    "monthly_contact", "half_year_visit", "yearly_deed", "yearly_projects",
)  # fmt: skip
# Line → its figures of last year, in the order of KEYS; places of both lines are two in all.
TABLE = {
    "城东区妇联": "3 1 <5 13 1 1 1 2 15 5000 300 1600 1 0 91.7% 100.0% 100.0% 100.0%",
    "城西县妇联": "1 1 0 12 0 0 0 0 0 0 7000 0 0 1 100.0% 0.0% 0.0% 100.0%",
    "合计": "4 2 <5 25 1 1 1 2 15 5000 7300 1600 1 1 95.8% 50.0% 50.0% 100.0%",
}


@pytest.fixture(autouse=True)
def media(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path / "media"


@pytest.fixture
def lived(pairs, people):
    """Last year of three pairs, with all that must not be counted beside what must."""
    kinds = {kind.code: kind for kind in LogKind.objects.all()}

    def log(pair, kind, month, *, year=None, **said):
        row = ContactLog(
            pairing=pair,
            kind=kinds[kind],
            on=dt.date(year or last_year(), month, 10),
            by=people.county,
            **said,
        )
        row.save()
        return row

    def project(pair, nature, **said):
        row = AssistanceProject(
            pairing=pair, year=last_year(), name="演示项目", nature=nature, **said
        )
        row.save()
        return row

    east, west = pairs.posted, pairs.western
    for month in range(1, 13):
        log(west, "contact", month)
        withdrawn = {"withdrawn_at": timezone.now(), "withdrawn_reason": "记错了"}
        log(east, "contact", month, **(withdrawn if month == 2 else {}))
    log(east, "mutual_visit", 3, direction="to_recipient")
    log(east, "mutual_visit", 9, direction="to_helper")
    log(east, "condolence_visit", 1, value=600)
    log(east, "tangible_deed", 5, value=1000, beneficiaries=12)
    listed = log(east, "tangible_deed", 6, value=500, beneficiaries=3)
    SupportLine(pairing=east, log=listed, kind="goods", value=300).save()
    log(pairs.motherly, "family_call", 4)
    log(pairs.motherly, "family_call", 5)
    log(east, "contact", 1, year=this_year())
    SupportLine(
        pairing=east, project=project(east, "capacity_building"), kind="cash", value=5000
    ).save()
    gone = project(east, "relief", state="abandoned")
    SupportLine(pairing=east, project=gone, kind="cash", value=999).save()
    SupportLine(pairing=west, project=project(west, "relief"), kind="computers", value=7000).save()
    PairingAgreement(
        pairing=east, helper_name="甲", recipient_name="乙", signed_on=dt.date(last_year(), 1, 2)
    ).save()
    rules.refresh_all()
    return pairs


def asked(user, unit, **only):
    return Asked(user, unit, str(last_year()), only=only)


def lines(user, unit, **only):
    table = exports.year_table().lines(asked(user, unit, **only))
    return {
        line.label: " ".join(str(line.figures[key]).removesuffix(".00") for key in KEYS)
        for line in table
    }


def test_the_city_sees_a_line_a_county_and_what_is_withdrawn_listed_or_abandoned_counts_once_or_nowhere(
    lived, people, org
):
    said = lines(people.leader, org.city)

    assert {label: said[label] for label in TABLE} == TABLE
    assert "本级" not in said
    assert "发展部" not in said
    empty = said.keys() - TABLE.keys()
    assert all(said[label].startswith("0 0 0 0") and "—" in said[label] for label in empty)


def test_the_county_sees_a_line_a_helping_unit_and_each_reader_her_own_pairs_alone(
    lived, people, org
):
    county = lines(people.county, org.east)

    assert county["合计"] == TABLE["城东区妇联"]
    assert county["城东区演示供电营业厅"].startswith("1 1 0 11 1 1 1 2 15")
    assert county["临江镇妇联"].startswith("2 1 <5 2 0")
    assert lines(people.sibling, org.city)["合计"] == TABLE["城西县妇联"]
    assert lines(people.nobody, org.city)["合计"].startswith("0 0 0 0")
    assert lines(people.leader, org.city, kind="volunteer_elder")["合计"].startswith("1 1 0 0")


def test_rates_are_added_by_their_parts_and_a_running_month_is_not_owed(lived, people, org):
    table = exports.year_table()
    total = table.lines(asked(people.leader, org.city))[-1]

    assert total.figures["monthly_contact"] == Rate(23, 24)
    this = table.lines(Asked(people.leader, org.city, str(this_year())))[-1]
    over = today().month - 1
    assert this.figures["monthly_contact"].whole == over * 2
    assert this.figures["yearly_deed"].whole == 2


@pytest.mark.parametrize(("seat", "unit"), [("leader", "city"), ("county", "east")])
def test_every_figure_opens_the_rows_that_make_it(client, lived, people, org, seat, unit):
    client.force_login(getattr(people, seat))
    page = client.get("/pairs/year/", {"unit": getattr(org, unit).uuid, "year": last_year()})

    opened = 0
    for line in page.context["lines"]:
        for measure, figure, url in line["figures"]:
            if not url:
                assert not figure or not measure.opens
                continue
            rows = client.get(url)
            assert rows.context["figure"] == figure, (line["label"], measure.key)
            if measure.adds_up == "rate":
                assert rows.context["total"] == figure.whole
            elif measure.adds_up == "sum" and measure.amount is None:
                assert rows.context["total"] == figure
            elif measure.amount is not None:
                field = measure.amount.get_source_expressions()[0].name
                records = [row.record for row in rows.context["table"].rows]
                assert sum((getattr(row, field) for row in records), Decimal()) == figure
            opened += 1
    assert opened > 30


def test_withheld_children_open_nothing_and_an_unknown_figure_is_not_there(client, lived, people):
    client.force_login(people.leader)

    answers = [
        client.get(
            "/pairs/year/rows/", {"year": last_year(), "measure": measure, "line": line}
        ).status_code
        for measure, line in (
            ("children", ""),
            ("nonsense", ""),
            ("pairs", "nonsense"),
            ("pairs", ""),
        )
    ]

    assert answers == [404, 404, 404, 200]


# -- Files -----------------------------------------------------------------------------------------
def taken(what, user, unit, **params):
    job = request_job(what, requester=user, unit=unit, params=params)
    assert run(job.uuid) == JobState.DONE, Job.objects.get(pk=job.pk).error
    return files.finished(Job.objects.get(pk=job.pk).artefact).read_bytes()


def sheet(data):
    return openpyxl.load_workbook(io.BytesIO(data)).active


def test_the_year_leaves_as_numbers_on_our_own_form(lived, people, org):
    found = sheet(taken(exports.YEAR, people.leader, org.city, year=str(last_year())))
    rows = {row[0]: row[1:] for row in found.iter_rows(min_row=6, values_only=True) if row[0]}

    assert found["A3"].value.startswith(
        f"填报单位：东海市妇联    年度：{last_year()}年    类别：全部"
    )
    assert rows["合计"][:14] == (4, 2, "<5", 25, 1, 1, 1, 2, 15, 5000, 7300, 1600, 1, 1)
    assert rows["合计"][14] == pytest.approx(23 / 24, abs=1e-4)
    assert found["P6"].number_format == "0.0%"
    said = AuditEvent.objects.get(verb="export_pairs")
    assert (said.actor, said.detail["year"]) == (people.leader, str(last_year()))


def test_the_list_leaves_as_its_page_shows_it_marked_with_whose_it_is(lived, people, org):
    data = taken(exports.PAIRS, people.county, org.east, kind="caring_mother_child")
    headings, *rows = sheet(data).iter_rows(min_row=2, values_only=True)
    line = dict(zip(headings, rows[0], strict=True))

    assert len(rows) == 1
    assert line["受助方"] != lived.motherly.person.name
    assert (line["状态"], line["记录（条）"]) == ("结对中", 2)
    everything = taken(exports.PAIRS, people.leader, org.city, state="all", within="1")
    assert sheet(everything).max_row == 2 + 5
    traces = traces_of(data)
    assert traces is not None
    one_year = taken(exports.PAIRS, people.county, org.east, state="all", year=str(last_year()))
    assert sheet(one_year).max_row == 2 + 3


@pytest.mark.parametrize("kind", [exports.PAIRS, exports.YEAR])
def test_who_may_not_export_gets_no_file(lived, people, org, kind):
    job = Job.objects.create(
        kind=kind, requester=people.city, unit=org.city, params={"year": str(last_year())}
    )

    assert run(job.uuid) != JobState.DONE


def test_nobody_hands_the_table_in(client, people, org):
    client.force_login(people.leader)
    annex = annexes.get("pairing-year-summary")

    said = {
        "annex": annex.code,
        "period": "2014",
        "unit": org.city.uuid,
        "idempotency_key": uuid4(),
    }
    assert client.post("/exports/", said).status_code == 404
    assert not annex.filed
