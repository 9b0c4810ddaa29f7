"""The demo's submissions: every state, real acts, dates of 2014. Its notices: a real year of work
for both cities, whatever day somebody looks. Its pairs: every state, a year of logs up to today, some
late, some missing; they come last, on top of all else, because the whole takes its time to load."""

import datetime as dt
from collections import Counter

import pytest
from django.test import override_settings
from django.utils import timezone

from federation.models import User
from notices import board, due_rules, notice_files
from notices import demo as notice_stories
from notices.models import (
    Extension,
    MaterialReport,
    Notice,
    NoticeReceipt,
    NoticeState,
    Task,
    TaskState,
)
from notices.spans import Cycle
from pairing import demo, demo_pairs
from pairing.models import (
    AssistanceProject,
    ContactLog,
    Pairing,
    PairingAgreement,
    PairingEvent,
    SupportLine,
)
from registry import demo as archives
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


# -- Notices --------------------------------------------------------------------------------------
def tasks(**conditions):
    return Task.objects.unscoped(reason=REASON).filter(**conditions)


def test_all_five_notices_and_one_of_this_year_for_each_city_are_published():
    notices = Notice.objects.unscoped(reason=REASON)

    assert set(notices.values_list("state", flat=True)) == {NoticeState.PUBLISHED}
    numbers = set(notices.values_list("doc_number", flat=True))
    official = {
        "泉妇〔2013〕81号",
        "泉妇〔2014〕28号",
        "",
        "哈妇发〔2014〕10号",
        "哈妇发〔2016〕7号",
    }
    assert official <= numbers
    assert len(numbers) == 7


@pytest.mark.parametrize("city", ["泉州市妇联", "哈尔滨市妇联"])
def test_this_year_has_work_on_time_late_waiting_and_not_begun(city):
    this_year = tasks(duty__notice__issuer__name=city, duty__notice__issue_date__year__gte=2025)
    counted = board.completeness(this_year, timezone.localdate())

    assert counted.on_time > counted.late > 0
    assert counted.missing > 0
    assert counted.expected == counted.on_time + counted.late + counted.exempt + counted.missing
    assert this_year.filter(state=TaskState.DONE).exists()
    assert this_year.filter(due_on__gte=timezone.localdate()).exists()


@pytest.mark.parametrize("name", notice_stories.THIS_YEAR)
def test_on_every_day_of_a_year_somebody_finds_work_to_do(name):
    first = dt.date(2026, *notice_stories.YEAR_BEGINS)
    found = []
    for duty in notice_files.read(name, year=2026)["duties"]:
        window = [dt.date.fromisoformat(day) for day in duty.get("window", ())]
        found += due_rules.occurrences(
            duty["due_rule"],
            cycle=Cycle(duty["cycle"]),
            window=tuple(window) or (dt.date(2026, 1, 1), dt.date(2026, 12, 31)),
        )

    days = [first + dt.timedelta(days=number) for number in range(365)]
    idle = [day for day in days if not any(one.opens_on <= day <= one.due_on for one in found)]
    assert idle == []


def test_of_the_old_notices_nothing_stays_open_but_what_the_story_of_2014_left():
    old = tasks(duty__notice__issue_date__year__lt=2020).exclude(duty__annex__startswith="pairing")

    assert old.exclude(state=TaskState.DONE).exclude(unit__name="哈尔滨市妇联研究室").count() == 0


def test_everything_was_said_at_its_own_moment():
    """The story tells moments to the minute, some of them of this very day; the real clock has seconds."""
    reports = MaterialReport.objects.values_list("sent_at", flat=True)
    asked = Extension.objects.values_list("asked_at", flat=True)
    signed = NoticeReceipt.objects.unscoped(reason=REASON).exclude(signed_at=None)
    told = [*reports, *asked, *signed.values_list("signed_at", flat=True)]

    assert len(told) > 100
    assert [moment for moment in told if moment.second or moment.microsecond] == []
    assert max(told) < timezone.now()


def test_the_newest_notices_wait_for_a_signature_somewhere():
    waiting = NoticeReceipt.objects.unscoped(reason=REASON).filter(signed_at=None)

    assert waiting.filter(notice__doc_year__gte=2025).exists()


# -- Pairs -----------------------------------------------------------------------------------------
@pytest.fixture(scope="module")
def loaded(spring, django_db_blocker):
    with django_db_blocker.unblock(), override_settings(DEMO=True):
        archives.load(archives.read())
        yield demo_pairs.load()


@pytest.fixture
def all_of(loaded):
    return lambda model: model._base_manager.all()


def test_pairs_of_both_cities_stand_in_every_state(loaded, all_of):
    kinds = Counter(all_of(Pairing).values_list("kind__code", flat=True))

    assert loaded == sum(kinds.values()) == 326
    assert kinds == {
        "post_village": 80,
        "committee_village": 38,
        "capable_woman_poor_woman": 142,
        "caring_mother_child": 59,
        "volunteer_elder": 7,
    }
    assert set(all_of(Pairing).values_list("state", flat=True)) == set(Pairing.State.values)
    with override_settings(DEMO=True):
        assert demo_pairs.load() == 0
    assert all_of(Pairing).count() == 326


def test_a_year_of_logs_ends_today_with_some_entered_late_and_some_pairs_silent(all_of):
    today = timezone.localdate()
    logs = list(all_of(ContactLog).select_related("pairing"))
    late = [log for log in logs if log.is_late_entry]
    active = all_of(Pairing).filter(state="active")

    assert 2_500 < len(logs) < 4_500
    assert len(logs) // 20 < len(late) < len(logs) // 5
    assert all(log.on <= today and log.entered_at <= timezone.now() for log in logs)
    assert max(log.on for log in logs) > today - dt.timedelta(days=35)
    assert all(log.on <= (log.pairing.ended_on or today) for log in logs)
    silent = active.filter(last_contact_on__lt=today - dt.timedelta(days=60))
    assert 10 < silent.count() < active.count() // 2


def test_what_lives_has_its_terms_its_liaison_and_its_story(all_of):
    lived = all_of(Pairing).filter(state__in=("active", "ended"))

    assert not lived.filter(terms=None).exists()
    assert not lived.filter(liaisons=None).exists()
    told = all_of(PairingEvent).values_list("pairing", "act")
    assert {(pk, "activate") for pk in lived.values_list("pk", flat=True)} <= set(told)
    of_units = lived.filter(helper_unit__isnull=False).count()
    assert all_of(PairingAgreement).count() == of_units
    assert set(all_of(AssistanceProject).values_list("nature", flat=True)) == {
        "capacity_building",
        "relief",
    }
    assert set(all_of(SupportLine).values_list("kind", flat=True)) == set(SupportLine.Kind.values)


def test_each_account_sees_its_pairs_and_the_volunteer_carries_five(all_of):
    def seen(username):
        return Pairing.objects.visible_to(User.objects.get(username=username)).count()

    assert seen("city") == seen("leader") == 118
    assert seen("harbin") == 208
    assert seen("post3") == seen("gang0001") == 1
    carried = Pairing.objects.carried_by(User.objects.get(username="hrb-carer"))
    assert Counter(carried.values_list("kind__code", flat=True)) == {
        "volunteer_elder": 2,
        "caring_mother_child": 2,
        "capable_woman_poor_woman": 1,
    }
