"""Tables write themselves from approved forms, keep their sources, and totals equal their rows."""

import pytest
from django.core.exceptions import ValidationError
from world import approved, fill, of, take

from reporting import actions, annexes, workflow
from reporting.models import CellChange, State, SubmissionRow

SUMMARY = "pairing-summary"


def rows_of(unit):
    return list(
        of(unit, SUMMARY).rows.select_related("source__submission").prefetch_related("changes")
    )


def reported(org, people):
    """城东区's table with two rows, reported to the city."""
    approved(org.east_post, people.post, people.county, village=org.east_village)
    approved(org.east_post2, people.post2, people.county, village=org.east_village2)
    return take("submit", org.east, people.county, SUMMARY)


def totals():
    return (
        SubmissionRow.objects.unscoped(reason="a test counts")
        .filter(submission__annex=SUMMARY)
        .totals()
    )


def test_an_approved_form_becomes_a_row_that_knows_its_source(org, people, calls):
    submission = approved(org.east_post, people.post, people.county, village=org.east_village)

    (row,) = rows_of(org.east)
    assert row.values == {
        "post": "城东区演示供电营业厅",
        "village": "红旗村",
        "project_goal": "捐赠电脑2台，开展农技培训3期",
    }
    assert row.source.submission == submission
    assert row.source_version == submission.version
    assert rows_of(org.west) == []


def test_a_form_returned_again_leaves_the_open_table(org, people, calls):
    approved(org.east_post, people.post, people.county)

    take("return", org.east_post, people.county, reason="村名有误")

    assert rows_of(org.east) == []


def test_a_form_taken_into_a_reported_table_cannot_be_returned_behind_its_back(org, people, calls):
    reported(org, people)

    with pytest.raises(ValidationError, match="请先由东海市妇联退回"):
        take("return", org.east_post, people.county, reason="改")

    assert of(org.east_post).state == State.APPROVED


def test_approving_the_table_consolidates_its_forms(org, people, calls):
    reported(org, people)

    take("approve", org.east, people.city, SUMMARY)

    assert {of(u).state for u in (org.east_post, org.east_post2)} == {State.CONSOLIDATED}
    assert totals() == {"approved": 2, "pending": 0, "total": 2}


def test_one_row_sent_back_leaves_the_totals_and_the_rest_stays(org, people, calls):
    reported(org, people)
    first, second = rows_of(org.east)

    cell = workflow.Cell(str(second.uuid), "project_goal", "目标要有数字")
    take("return", org.east, people.city, SUMMARY, cells=[cell])

    assert totals() == {"approved": 0, "pending": 1, "total": 1}
    table = of(org.east, SUMMARY)
    assert actions.open_keys(table, first) == set()
    assert actions.open_keys(table, second) == {"project_goal"}


def test_a_correction_is_recorded_against_the_source_and_survives_a_refresh(org, people, calls):
    approved(org.east_post, people.post, people.county, village=org.east_village)
    (row,) = rows_of(org.east)
    table = of(org.east, SUMMARY)

    with pytest.raises(ValidationError, match="理由"):
        actions.save_values(table, row, {"village": "金井社区"}, by=people.county, version=None)
    actions.save_values(
        table, row, {"village": "金井社区"}, by=people.county, version=None, reason="电话核实"
    )
    actions.take_in(of(org.east, SUMMARY), by=people.county, version=None)

    (row,) = rows_of(org.east)
    assert row.values["village"] == "金井社区"
    assert of(org.east_post).only_row.values["intended_village"]["text"] == "红旗村"
    change = row.changes.get()
    assert (change.kind, change.before, change.after, change.reason) == (
        CellChange.Kind.CORRECTION, "红旗村", "金井社区", "电话核实",
    )  # fmt: skip


def test_a_row_whose_form_was_returned_stops_the_table_from_being_reported(org, people, calls):
    reported(org, people)
    take("return", org.east, people.city, SUMMARY, reason="请核对全部村名")
    take("return", org.east_post, people.county, reason="村名有误")

    with pytest.raises(ValidationError, match="第 1 行：来源"):
        take("submit", org.east, people.county, SUMMARY)


def test_the_whole_round_with_a_returned_row_ends_with_all_rows_approved(org, people, calls):
    reported(org, people)
    _, second = rows_of(org.east)
    cell = workflow.Cell(str(second.uuid), "", "请核实")
    take("return", org.east, people.city, SUMMARY, cells=[cell])
    actions.save_values(
        of(org.east, SUMMARY),
        second,
        {"project_goal": "培训2期、60人次"},
        by=people.county,
        version=None,
        reason="按意见改",
    )
    take("submit", org.east, people.county, SUMMARY)
    take("approve", org.east, people.city, SUMMARY)

    assert totals() == {"approved": 2, "pending": 0, "total": 2}
    assert of(org.east_post2).state == State.CONSOLIDATED


def test_returning_an_approved_table_releases_its_forms(org, people, calls):
    reported(org, people)
    take("approve", org.east, people.city, SUMMARY)

    take("return", org.east, people.city, SUMMARY, reason="重新核对")

    assert {of(u).state for u in (org.east_post, org.east_post2)} == {State.APPROVED}
    assert totals() == {"approved": 0, "pending": 0, "total": 0}


def test_an_empty_table_is_reported_only_as_a_nil_report_said_explicitly(org, people, calls):
    with pytest.raises(ValidationError, match="零报告"):
        take("submit", org.west, people.sibling, SUMMARY)

    table = take("submit", org.west, people.sibling, SUMMARY, nil_report=True)

    assert table.nil_report


def test_rows_are_put_in_order_and_taken_out_with_a_reason(org, people, calls):
    approved(org.east_post, people.post, people.county)
    approved(org.east_post2, people.post2, people.county)
    first, second = rows_of(org.east)

    actions.move_row(second, 1, by=people.county, version=None)
    assert [r.pk for r in rows_of(org.east)] == [second.pk, first.pk]
    actions.remove_row(second, by=people.county, reason="重复", version=None)
    assert [(r.pk, r.position) for r in rows_of(org.east)] == [(first.pk, 1)]
    assert actions.take_in(of(org.east, SUMMARY), by=people.county, version=None) == 1


def test_two_who_type_at_once_do_not_overwrite_each_other(org, people, calls):
    submission = of(org.east_post)
    row = submission.only_row
    actions.save_values(submission, row, {"email": "a@example.com"}, by=people.post, version=1)

    with pytest.raises(workflow.Stale):
        actions.save_values(
            submission, row, {"email": "b@example.com"}, by=people.county, version=1
        )

    assert of(org.east_post).only_row.values["email"] == "a@example.com"


def test_who_owes_what_is_exactly_what_the_notice_says(org, calls):
    intents = {s.unit.name for s in calls.intent.submissions.select_related("unit")}
    tables = {s.unit.name for s in calls.summary.submissions.select_related("unit")}

    assert intents == {
        "城东区演示供电营业厅", "城东区演示办税服务厅", "城东区演示教育局妇委会", "城西县演示幼儿园",
    }  # fmt: skip
    assert tables == {"城东区妇联", "城西县妇联"}


def test_opening_a_collection_again_adds_nobody_twice(org, people, calls):
    before = calls.intent.submissions.count()

    actions.open_collection(
        annexes.get("pairing-intent"),
        period="2014",
        issuer=org.city,
        opened_on=calls.intent.opened_on,
        due_on=calls.intent.due_on,
    )

    assert calls.intent.submissions.count() == before


def test_a_submitted_form_is_closed_to_typing(org, people, calls):
    fill(org.east_post, people.post)
    take("submit", org.east_post, people.post)
    submission = of(org.east_post)

    with pytest.raises(ValidationError, match="不能修改"):
        actions.save_values(
            submission,
            submission.only_row,
            {"email": "x@example.com"},
            by=people.post,
            version=None,
        )
