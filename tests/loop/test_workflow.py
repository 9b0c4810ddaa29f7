"""The loop of one submission: who may take which step, when, and what it leaves behind."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from world import approved, fill, of, take

from reporting import workflow
from reporting.models import State, Submission, SubmissionEvent, SubmissionRow

EVERYONE = (
    "post", "post2", "committee", "sibling_post", "county", "county2", "sibling", "city", "leader",
    "other_department", "village", "volunteer", "other_city", "sysadmin", "audit", "nobody",
)  # fmt: skip


@pytest.mark.parametrize(
    ("state", "who", "may"),
    [
        ("draft", "post", {"submit"}),
        ("draft", "county", {"submit"}),  # 代填
        ("draft", "city", set()),
        ("draft", "post2", set()),
        ("submitted", "post", {"withdraw"}),
        ("submitted", "county", {"withdraw", "approve", "return"}),
        ("submitted", "county2", {"withdraw", "approve", "return"}),
        ("submitted", "sibling", set()),
        ("submitted", "city", set()),  # review goes level by level
        ("submitted", "leader", set()),
        ("submitted", "village", set()),
        ("submitted", "sysadmin", set()),
        ("returned", "post", {"submit"}),
        ("approved", "post", set()),
        ("approved", "county", {"return"}),
        ("approved", "city", set()),
        ("consolidated", "county", set()),
    ],
)
def test_who_may_take_which_step(org, people, calls, state, who, may):
    fill(org.east_post, people.post)
    Submission.objects.unscoped(reason="a test sets the stage").filter(unit=org.east_post).update(
        state=state, submitted_by=people.post, approved_at="2014-05-20T00:00Z"
    )

    steps = workflow.available(of(org.east_post), getattr(people, who))

    assert {step.code for step in steps} == may


@pytest.mark.parametrize("step", ["submit", "withdraw", "approve", "return"])
@pytest.mark.parametrize("state", State.values)
def test_a_step_from_any_other_state_is_refused_and_changes_nothing(
    org, people, calls, step, state
):
    if state in workflow.STEPS[step].sources:
        return
    fill(org.east_post, people.post)
    everyone = Submission.objects.unscoped(reason="a test sets the stage")
    everyone.filter(unit=org.east_post).update(state=state, approved_at="2014-05-20T00:00Z")
    actor = people.post if step in {"submit", "withdraw"} else people.county2

    with pytest.raises(ValidationError, match="报表当前为"):
        take(step, org.east_post, actor, reason="理由")

    assert of(org.east_post).state == state
    assert SubmissionEvent.objects.unscoped(reason="a test counts").count() == 0


@pytest.mark.parametrize("who", [name for name in EVERYONE if name not in {"county", "county2"}])
def test_nobody_but_the_next_level_up_approves(org, people, calls, who):
    fill(org.east_post, people.post)
    take("submit", org.east_post, people.post)

    with pytest.raises(PermissionDenied):
        take("approve", org.east_post, getattr(people, who))

    assert of(org.east_post).state == State.SUBMITTED


def test_the_county_clerk_who_filled_on_behalf_does_not_approve_it(org, people, calls):
    fill(org.east_post, people.county)
    take("submit", org.east_post, people.county)

    submission = of(org.east_post)
    assert submission.filled_on_behalf
    assert submission.events.get().on_behalf
    with pytest.raises(PermissionDenied, match="另一人"):
        take("approve", org.east_post, people.county)
    assert take("approve", org.east_post, people.county2).state == State.APPROVED


def test_the_database_itself_refuses_one_person_as_filler_and_approver(org, people, calls):
    approved(org.east_post, people.post, people.county)

    with pytest.raises(IntegrityError), transaction.atomic():
        Submission.objects.unscoped(reason="a test attacks").filter(unit=org.east_post).update(
            approved_by=people.post
        )


def test_a_return_needs_a_reason_and_keeps_it_with_its_cells(org, people, calls):
    fill(org.east_post, people.post)
    submission = take("submit", org.east_post, people.post)
    cell = workflow.Cell(str(submission.only_row.uuid), "leader_phone", "号码少一位")

    with pytest.raises(ValidationError, match="理由"):
        take("return", org.east_post, people.county)
    take("return", org.east_post, people.county, cells=[cell])

    flags = workflow.open_cells(of(org.east_post))
    assert [(f.key, f.reason, f.label) for f in flags] == [
        ("leader_phone", "号码少一位", "联系电话")
    ]
    assert of(org.east_post).only_row.review == "returned"


def test_a_return_of_a_row_that_is_not_in_the_form_is_refused_whole(org, people, calls):
    fill(org.east_post, people.post)
    fill(org.west_post, people.sibling_post)
    take("submit", org.east_post, people.post)
    foreign = workflow.Cell(str(of(org.west_post).only_row.uuid), "email", "错")

    with pytest.raises(ValidationError, match="不在这份报表中"):
        take("return", org.east_post, people.county, cells=[foreign])

    assert of(org.east_post).state == State.SUBMITTED


def test_a_page_that_was_overtaken_is_told_so(org, people, calls):
    seen = fill(org.east_post, people.post)
    take("submit", org.east_post, people.post)

    with pytest.raises(workflow.Stale) as stale:
        take("approve", org.east_post, people.county, version=seen.version)

    assert stale.value.submission.state == State.SUBMITTED


def test_an_incomplete_form_is_not_submitted_and_every_gap_is_named(org, people, calls):
    fill(org.east_post, people.post, project_goal="", leader_phone="123", offered_support=[])

    with pytest.raises(ValidationError) as refused:
        take("submit", org.east_post, people.post)

    assert set(refused.value.message_dict) == {"project_goal", "leader_phone", "offered_support"}
    assert of(org.east_post).state == State.DRAFT


def test_after_a_return_the_form_cannot_be_withdrawn_to_open_all_cells(org, people, calls):
    fill(org.east_post, people.post)
    submission = take("submit", org.east_post, people.post)
    cell = workflow.Cell(str(submission.only_row.uuid), "email", "改")
    take("return", org.east_post, people.county, cells=[cell])
    take("submit", org.east_post, people.post)

    with pytest.raises(ValidationError):
        take("withdraw", org.east_post, people.post)


def test_every_step_leaves_one_event_and_a_higher_version(org, people, calls):
    approved(org.east_post, people.post, people.county)

    submission = of(org.east_post)
    assert [e.step for e in submission.events.all()] == ["submit", "approve"]
    versions = [e.version for e in submission.events.all()]
    assert versions == sorted(set(versions))
    assert submission.version == versions[-1]


def test_the_due_day_itself_is_on_time_and_the_next_is_late(org, people, calls, time_machine):
    time_machine.move_to("2014-05-25T23:59:59+08:00")
    fill(org.east_post, people.post)
    take("submit", org.east_post, people.post)
    assert not of(org.east_post).is_late

    time_machine.move_to("2014-05-26T00:00:00+08:00")
    fill(org.east_post2, people.post2)
    take("submit", org.east_post2, people.post2)
    assert of(org.east_post2).is_late
    late = Submission.objects.unscoped(reason="a test counts").late()
    assert org.east_post2 in {s.unit for s in late}
    assert org.east_post not in {s.unit for s in late}


def test_two_reviewers_at_one_moment_leave_one_winner(org, people, calls):
    fill(org.east_post, people.post)
    seen = take("submit", org.east_post, people.post)

    take("return", org.east_post, people.county2, reason="请补充", version=seen.version)
    with pytest.raises(workflow.Stale):
        take("approve", org.east_post, people.county, version=seen.version)

    assert of(org.east_post).state == State.RETURNED
    assert (
        SubmissionRow.objects.unscoped(reason="a test looks").filter(review="approved").count() == 0
    )
