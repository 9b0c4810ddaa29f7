"""The demo's notices: a real year of work for both cities, whatever day somebody looks."""

import datetime as dt

import pytest
from django.utils import timezone

from notices import board
from notices.models import (
    Extension,
    MaterialReport,
    Notice,
    NoticeReceipt,
    NoticeState,
    Task,
    TaskState,
)

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("spring")]
REASON = "the test looks at the whole demo"


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


def test_of_the_old_notices_nothing_stays_open_but_what_the_story_of_2014_left():
    old = tasks(duty__notice__issue_date__year__lt=2020).exclude(duty__annex__startswith="pairing")

    assert old.exclude(state=TaskState.DONE).exclude(unit__name="哈尔滨市妇联研究室").count() == 0


def test_everything_was_said_on_its_own_day():
    before = timezone.now() - dt.timedelta(hours=2)

    assert not MaterialReport.objects.filter(sent_at__gt=before).exists()
    assert not Extension.objects.filter(asked_at__gt=before).exists()
    assert not NoticeReceipt.objects.unscoped(reason=REASON).filter(signed_at__gt=before).exists()


def test_the_newest_notices_wait_for_a_signature_somewhere():
    waiting = NoticeReceipt.objects.unscoped(reason=REASON).filter(signed_at=None)

    assert waiting.filter(notice__doc_year__gte=2025).exists()
