"""T16: only the listed steps, only by whom they are listed for, and nothing past them."""

import pytest
from battery import FULL, report
from django.conf import settings
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import DatabaseError, transaction
from world import SEATS, fill, of, take

from reporting import workflow
from reporting.models import State, SubmissionEvent
from tests.faults import final

pytestmark = pytest.mark.battery("T16")

SOME = ("post", "post2", "county", "county2", "leader", "sysadmin")
ROLES = [*SEATS, "nobody"] if FULL else SOME
STEPS = ("submit", "withdraw", "approve", "return")
# Who may take which step from where with 附件1 of the eastern post, which its leader filled. Written
# down from the notice and not from reporting.workflow.
JUDGES = {"county", "county2"}
LISTED = {
    ("draft", "submit"): {"post"} | JUDGES,  # 代填
    ("returned", "submit"): {"post"} | JUDGES,
    ("submitted", "withdraw"): {"post"} | JUDGES,
    ("submitted", "approve"): JUDGES,
    ("submitted", "return"): JUDGES,
    ("approved", "return"): JUDGES,
}


def stage(org, people, state: str) -> None:
    final.everyone().filter(unit=org.east_post).update(
        state=state,
        submitted_by=people.post,
        submitted_at="2014-05-20T00:00Z",
        approved_at="2014-05-21T00:00Z" if state in {"approved", "consolidated"} else None,
    )


def attempt(org, people, state: str, step: str, role: str) -> str:
    """``done``, or what refused it; undone afterwards."""
    with transaction.atomic():
        stage(org, people, state)
        before = SubmissionEvent.objects.unscoped(reason="a test counts").count()
        try:
            with transaction.atomic():
                take(step, org.east_post, getattr(people, role), reason="请核对")
            answer = "done"
        except (ValidationError, PermissionDenied, DatabaseError) as refusal:
            answer = type(refusal).__name__
            assert of(org.east_post).state == state
            assert SubmissionEvent.objects.unscoped(reason="a test counts").count() == before
        transaction.set_rollback(True)
    return answer


def test_every_state_with_every_step_by_every_role_is_as_listed(org, people, calls):
    fill(org.east_post, people.post)
    found, wanted = {}, {}
    for state in State.values:
        for step in STEPS:
            for role in ROLES:
                found[state, step, role] = attempt(org, people, state, step, role)
                may = role in LISTED.get((state, step), set())
                listed = (state, step) in LISTED
                wanted[state, step, role] = (
                    "done" if may else "PermissionDenied" if listed else "ValidationError"
                )

    assert {key: found[key] for key in wanted if found[key] != wanted[key]} == {}
    assert len(found) >= 300 or not FULL
    done = sum(answer == "done" for answer in found.values())
    report(
        "T16",
        f"{len(found)} of state × step × role: {done} done, as listed; "
        f"{len(found) - done} refused, nothing changed",
    )


@pytest.mark.parametrize("step", ["consolidate", "release"])
def test_a_step_of_the_system_is_nobodys(org, people, calls, step):
    fill(org.east_post, people.post)
    for state in State.values:
        for role in ROLES:
            assert attempt(org, people, state, step, role) != "done", (state, role)


@pytest.mark.parametrize("how", ["submitted_by", "edited_by"])
def test_ones_own_work_is_not_approved_by_oneself_whoever_asks_the_database(
    org, people, calls, how
):
    fill(org.east_post, people.county)
    take("submit", org.east_post, people.county)
    with pytest.raises(PermissionDenied):
        take("approve", org.east_post, people.county)

    apart = {"submitted_by": people.post, "edited_by": people.post, how: people.county}
    form = final.everyone().filter(unit=org.east_post)
    with pytest.raises(DatabaseError), transaction.atomic():
        form.update(
            state="approved", approved_by=people.county, approved_at="2014-05-20T00:00Z", **apart
        )
    assert of(org.east_post).state == "submitted"


def test_what_was_approved_stays_as_it_was_whoever_asks(org, people, calls):
    fill(org.east_post, people.post)

    taken, tried = final.taken(org.east_post, people.post, people.county, people.county2)

    assert taken == []
    report("T16", f"{tried} changes of an approved form past the workflow: 0 taken")


def test_what_is_not_yet_approved_may_be_changed_so_that_the_test_above_means_something(
    org, people, calls
):
    fill(org.east_post, people.post)
    take("submit", org.east_post, people.post)
    tried = final.changes(of(org.east_post), people.county2)
    free = set(tried) - {"another judge", "another day", "back to submitted", "another annex"}

    assert free <= {name for name, change in tried.items() if final.goes_through(change)}


def test_what_was_consolidated_stays_as_well(org, people, calls):
    fill(org.east_post, people.post)
    take("submit", org.east_post, people.post)
    take("approve", org.east_post, people.county)
    form = of(org.east_post)
    workflow.follow("consolidate", form, people.leader, "汇总")

    assert not final.goes_through(lambda: final.rows().filter(submission=form).update(values={}))
    assert not final.goes_through(lambda: final.everyone().filter(pk=form.pk).update(state="draft"))


def test_there_is_no_admin_to_go_round_by():
    assert "django.contrib.admin" not in settings.INSTALLED_APPS
