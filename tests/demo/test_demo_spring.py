"""The demo's submissions: every state, real acts, dates of 2014."""

import datetime as dt
from collections import Counter

import pytest
from django.utils import timezone

from pairing import demo
from reporting.models import (
    CellChange,
    CellReturn,
    Collection,
    Review,
    State,
    Submission,
    SubmissionEvent,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("spring")]
REASON = "the test looks at the whole demo"


def submissions(annex: str):
    return Submission.objects.unscoped(reason=REASON).filter(annex=annex)


@pytest.fixture
def forms():
    return submissions("pairing-intent")


@pytest.fixture
def tables():
    return submissions("pairing-summary")


def test_forms_and_tables_stand_in_every_state(forms, tables):
    assert set(forms.values_list("state", flat=True)) == set(State.values)
    assert forms.filter(state=State.DRAFT).count() == 18
    assert Counter(tables.values_list("state", flat=True)) == {
        State.SUBMITTED: 6,
        State.APPROVED: 4,
        State.RETURNED: 2,
        State.DRAFT: 2,
    }


def test_a_second_load_leaves_everything_as_people_made_it(spring, demo_data):
    assert spring == 158 + 14

    assert demo.load(demo_data) == 0
    assert Collection.objects.count() == 2


def test_tables_came_on_the_days_of_the_returns_three_of_them_late(tables, demo_data):
    expected = {
        line["unit"]: line["submitted"] and dt.date.fromisoformat(line["submitted"])
        for line in demo_data["returns"]
    }
    assert dict(tables.values_list("unit__name", "first_submitted_on")) == expected
    late = {t.unit.name for t in tables.filter(first_submitted_on__gt=dt.date(2014, 5, 25))}
    assert late == {"惠安县妇联", "安溪县妇联", "永春县妇联"}


def test_a_table_has_a_row_for_each_approved_form_and_consolidates_it_with_the_citys_approval(
    tables, forms
):
    for table in tables:
        done = forms.filter(reviewer=table.unit, state__in=(State.APPROVED, State.CONSOLIDATED))
        assert {row.source.submission for row in table.rows.all()} == set(done)
        states = set(done.values_list("state", flat=True))
        approved = table.state == State.APPROVED
        assert states == {State.CONSOLIDATED if approved else State.APPROVED}


def test_returns_corrections_and_proxies_are_on_record(tables, forms):
    cells = CellReturn.objects.unscoped(reason=REASON)
    flagged = cells.get(submission__in=tables)
    assert (flagged.submission.unit.name, flagged.row.review) == ("泉港区妇联", Review.RETURNED)
    assert cells.filter(submission__annex="pairing-intent", resolved_at=None).count() == 6
    correction = CellChange.objects.unscoped(reason=REASON).get(kind=CellChange.Kind.CORRECTION)
    assert (correction.row.submission.unit.name, bool(correction.reason)) == ("晋江市妇联", True)
    assert forms.filter(filled_on_behalf=True).count() == 4


def test_three_post_accounts_show_three_states(forms):
    assert [
        forms.get(unit__appointments__user__username=name).state
        for name in ("post1", "post2", "post3")
    ] == [State.DRAFT, State.RETURNED, State.APPROVED]
    assert forms.get(unit__appointments__user__username="post1").reviewer.name == "鲤城区妇联"


def test_everything_happened_in_the_spring_of_2014():
    first = dt.datetime(2014, 4, 24, tzinfo=timezone.get_default_timezone())
    last = dt.datetime(2014, 6, 1, tzinfo=timezone.get_default_timezone())
    for model, field in (
        (SubmissionEvent, "at"),
        (CellChange, "at"),
        (Submission, "submitted_at"),
        (Submission, "edited_at"),
        (Submission, "approved_at"),
    ):
        rows = model.objects.unscoped(reason=REASON).exclude(**{field: None})
        assert rows.exists()
        outside = rows.exclude(**{f"{field}__gte": first, f"{field}__lt": last})
        assert not outside.exists(), (model, field)


@pytest.mark.parametrize("state", ["submitted", "approved", "consolidated"])
def test_every_form_past_its_draft_would_pass_the_forms_own_rules_today(forms, state):
    for form in forms.filter(state=state).select_related("unit__unit_type"):
        _, errors = form.form.clean(form.only_row.values, context=form.form.known(form.unit))
        assert errors == {}
