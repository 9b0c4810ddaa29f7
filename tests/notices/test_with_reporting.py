"""A notice that asks for an annex opens its collection; the submission moves the task."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from papers import duty_of, notice_of, to_kinds
from world import approved, fill, of

from notices import extensions, publishing
from notices.models import Task, TaskState
from reporting import workflow
from reporting.models import Collection, State

YEAR = {"covers_from": dt.date(2014, 1, 1), "covers_to": dt.date(2014, 12, 31)}


@pytest.fixture
def asked(org, people, spring):
    """泉妇〔2014〕28号: 附件1 of the posts, five working days before 附件2 of the counties."""
    notice = notice_of(org.city)
    to_kinds(notice, "county_federation")
    by_form = {"rule": "respondents"}
    duty_of(notice, "annex2", deliverable="annex", annex="pairing-summary", owed_by=by_form, **YEAR)
    rule = {"kind": "working_days_before", "days": 5, "duty": "annex2"}
    duty_of(notice, "annex1", deliverable="annex", annex="pairing-intent", owed_by=by_form,
            due_rule=rule, **YEAR)  # fmt: skip
    return publishing.publish(notice, by=people.leader)


def task(annex, unit):
    found = Task.objects.unscoped(reason="a test looks at the task")
    return found.get(duty__annex=annex, unit=unit)


def test_publication_opens_the_collections_for_exactly_the_frozen_lists(org, asked):
    intents, tables = (
        Collection.objects.get(annex=code) for code in ("pairing-intent", "pairing-summary")
    )
    assert (intents.due_on, tables.due_on) == (dt.date(2014, 5, 19), dt.date(2014, 5, 25))
    assert intents.doc_number == "泉妇〔2014〕28号"
    for collection in (intents, tables):
        duty = asked.duties.get(annex=collection.annex)
        assert {s.unit for s in collection.submissions.all()} == {
            each.unit for each in duty.expected.all()
        }


def test_submit_return_correct_and_approve_move_the_task_along(org, people, asked):
    fill(org.east_post, people.post, village=org.east_village)
    assert task("pairing-intent", org.east_post).state == TaskState.OWED
    workflow.perform("submit", submission=of(org.east_post), actor=people.post)
    assert task("pairing-intent", org.east_post).state == TaskState.REPORTED
    workflow.perform("return", submission=of(org.east_post), actor=people.county, reason="缺电话")
    assert task("pairing-intent", org.east_post).state == TaskState.RETURNED
    workflow.perform("submit", submission=of(org.east_post), actor=people.post)
    workflow.perform("approve", submission=of(org.east_post), actor=people.county)
    done = task("pairing-intent", org.east_post)
    assert (done.state, done.done_on) == (TaskState.DONE, dt.date(2014, 4, 24))
    assert not done.is_late()


def test_a_withdrawn_form_is_owed_again(org, people, asked):
    fill(org.east_post, people.post, village=org.east_village)
    workflow.perform("submit", submission=of(org.east_post), actor=people.post)
    workflow.perform("withdraw", submission=of(org.east_post), actor=people.post)
    found = task("pairing-intent", org.east_post)
    assert (found.state, found.first_reported_on) == (TaskState.OWED, None)


def test_a_locked_task_keeps_the_form_from_being_submitted_and_nothing_typed_is_lost(
    org, people, asked, spring
):
    fill(org.east_post, people.post, village=org.east_village)
    spring.move_to(dt.datetime.fromisoformat("2014-05-26T00:00:00+08:00"))
    with pytest.raises(ValidationError, match="已于2014年05月26日锁定"):
        workflow.perform("submit", submission=of(org.east_post), actor=people.post)
    form = of(org.east_post)
    assert (form.state, bool(form.rows.get().values["leader_name"])) == (State.DRAFT, True)
    wish = extensions.ask(
        task("pairing-intent", org.east_post),
        wanted_on=dt.date(2014, 5, 30),
        reason="停电",
        by=people.post,
    )
    extensions.grant(wish, on=dt.date(2014, 5, 30), by=people.leader)
    assert of(org.east_post).due_on == dt.date(2014, 5, 30)
    workflow.perform("submit", submission=of(org.east_post), actor=people.post)
    assert not task("pairing-intent", org.east_post).is_late()


def test_a_period_that_is_none_of_the_annex_is_refused_and_nothing_is_published(org, spring):
    notice = notice_of(org.city)
    to_kinds(notice, "county_federation")
    duty_of(notice, "annex2", deliverable="annex", annex="pairing-summary", cycle="quarter",
            due_rule={"kind": "quarter_end"}, owed_by={"rule": "respondents"})  # fmt: skip
    with pytest.raises(ValidationError, match="报告期“2014Q2”写法不对"):
        publishing.publish(notice, by=None)
    assert not Collection.objects.exists()


def test_an_approved_form_of_another_year_is_no_answer(org, people, asked):
    approved(org.east_post2, people.post2, people.county, village=org.east_village2)
    assert task("pairing-intent", org.east_post2).state == TaskState.DONE
    assert task("pairing-intent", org.east_post).state == TaskState.OWED
