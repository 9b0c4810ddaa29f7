"""One log of a pair: what may be entered, once, and taken back."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from days import last_year, today
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from federation.models import AuditEvent
from pairing import logs, rules
from pairing.models import ContactLog, RuleWindow


def enter(pair, by, **more):
    values = {
        "kind": "contact",
        "on": dt.date(last_year(), 3, 10),
        "key": uuid.uuid4(),
        "way": "phone",
    }
    return logs.enter(pair, by=by, **values | more)


def refusal(pair, by, **more) -> dict | list:
    with pytest.raises(ValidationError) as caught:
        enter(pair, by, **more)
    return getattr(caught.value, "message_dict", None) or caught.value.messages


def test_the_same_log_sent_again_is_the_row_that_is_there(pairs, people):
    deed = {
        "kind": "tangible_deed", "key": uuid.uuid4(), "beneficiaries": 30,
        "supports": [{"kind": "books", "name": "农技图书", "quantity": "120", "value": "2400"}],
    }  # fmt: skip
    first = enter(pairs.posted, people.post, **deed)
    again = enter(pairs.posted, people.post, **deed)

    assert again == first
    assert first.value == Decimal(2400), "what it was worth is the sum of its lines"
    assert [(line.kind, line.given_on) for line in first.support_lines.all()] == [
        ("books", first.on)
    ]
    other_words = ({"on": dt.date(last_year(), 3, 11)}, {"summary": "另一件事"}, {"supports": []})
    for more in other_words:
        with pytest.raises(logs.KeyTaken):
            enter(pairs.posted, people.post, **deed | more)
    with pytest.raises(logs.KeyTaken):
        enter(pairs.posted, people.county, **deed)
    with pytest.raises(logs.KeyTaken):
        enter(pairs.elderly, people.county, key=deed["key"])
    assert pairs.posted.logs.count() == 1


RICE = [{"kind": "goods", "name": "大米", "value": "300"}]


def test_what_does_not_suit_is_refused_in_words_that_say_what_to_do(pairs, people):
    two_years = today().replace(year=today().year - 2) - dt.timedelta(days=1)
    posted, post = pairs.posted, people.post

    found = [
        refusal(posted, post, on=today() + dt.timedelta(days=1)),
        refusal(posted, post, on=dt.date(last_year() - 1, 12, 31)),
        refusal(posted, post, on=two_years),
        refusal(pairs.proposed, people.post2, on=today()),
        refusal(posted, post, kind="childrens_day"),
        refusal(posted, post, kind="mutual_visit"),
        refusal(posted, post, direction="to_helper"),
        refusal(posted, post, value=Decimal(5)),
        refusal(posted, post, kind="tangible_deed", value=Decimal(-5)),
        refusal(posted, post, kind="tangible_deed", value=Decimal(500), supports=RICE),
        refusal(posted, post, kind="pre_pairing_survey"),
    ]

    assert found == [
        {"on": ["日期不能晚于今天，请改正。"]},
        {"on": [f"这个对子自 {last_year()}-01-01 开始结对，日期不能更早。"]},
        {"on": ["只能补录最近24个月的记录，请改正日期。"]},
        ["这个对子还没有开始结对，开始以后才能登记联系记录。"],
        {"kind": ["“岗村结对”没有这一类记录，请重新选择类别。"]},
        {"direction": ["请选择方向：去受助方，还是来帮扶方。"]},
        {"direction": ["“联系沟通”不分方向，请不要选择。"]},
        {"value": ["“联系沟通”不填这一项，请清空。"]},
        {"value": ["金额不能是负数，请改正。"]},
        {"value": ["折合金额应是所列扶持的合计 300.00 元；还有没列的，请加一行。"]},
        {"on": [f"走访调研应在 {last_year()}-01-01 结对以前，请改正日期。"]},
    ]
    with pytest.raises(PermissionDenied):
        enter(posted, people.post2)
    assert not ContactLog.objects.unscoped(reason="a test looks at the truth").exists()


def test_a_survey_is_told_before_a_pair_begins(pairs, people):
    survey = enter(pairs.proposed, people.post2, kind="pre_pairing_survey")

    pairs.proposed.refresh_from_db()
    assert survey.is_late_entry
    assert pairs.proposed.last_contact_on is None, "a survey is no contact of the pair"


def test_a_phone_ahead_by_a_day_tells_of_today(pairs, people):
    now = timezone.now()
    ahead = {
        "on": today() + dt.timedelta(days=1), "key": uuid.uuid4(),
        "device_at": now + dt.timedelta(days=1), "from_phone": True,
    }  # fmt: skip

    log = enter(pairs.posted, people.post, **ahead)

    assert (log.on, log.device_at) == (timezone.localdate(now), ahead["device_at"])
    assert enter(pairs.posted, people.post, **ahead) == log


def test_what_is_entered_is_counted_and_written_down_at_once(pairs, people):
    log = enter(pairs.posted, people.post, summary="与红旗村妇女主任吴演乙丑通话，谈采茶")

    pairs.posted.refresh_from_db()
    line = AuditEvent.objects.get(verb="enter_log")
    assert pairs.posted.last_contact_on == log.on
    assert line.detail == {
        "kind": "contact", "on": f"{last_year()}-03-10", "pairing": str(pairs.posted.uuid), "late": True,
    }  # fmt: skip
    assert march(pairs.posted) == (1, True)


def test_a_log_is_taken_back_by_who_entered_it_or_keeps_the_pair(pairs, people):
    kept = enter(pairs.posted, people.post, on=dt.date(last_year(), 2, 3))
    log = enter(pairs.posted, people.post)

    with pytest.raises(PermissionDenied):
        logs.withdraw(log, by=people.village, reason="记错了对子")
    with pytest.raises(ValidationError):
        logs.withdraw(log, by=people.post, reason=" ")
    with pytest.raises(ValidationError):
        logs.withdraw(log, by=people.post, reason="本人电话 16900000301 打不通")
    taken = logs.withdraw(log, by=people.county, reason="与上一条重复")
    with pytest.raises(ValidationError):
        logs.withdraw(log, by=people.post, reason="再撤一次")

    pairs.posted.refresh_from_db()
    assert (taken.withdrawn_by, taken.withdrawn_reason) == (people.county, "与上一条重复")
    assert pairs.posted.last_contact_on == kept.on
    assert march(pairs.posted) == (0, False)
    assert "重复" not in str(AuditEvent.objects.get(verb="withdraw_log").detail)


def test_a_lost_answer_is_given_again_when_her_time_is_over(pairs, people):
    key = uuid.uuid4()
    log = enter(pairs.elderly, people.volunteer, key=key)
    pairs.elderly.liaisons.update(until=today() - dt.timedelta(days=1))

    assert enter(pairs.elderly, people.volunteer, key=key) == log
    with pytest.raises(PermissionDenied):
        enter(pairs.elderly, people.volunteer)


def march(pair) -> tuple[int, bool]:
    """What stands stored for March of last year, having been compared with the recount."""
    stored = {(w.rule_id, w.first_day): (w.owed, w.done, w.met) for w in pair.windows.all()}
    counted = {(w.rule.pk, w.first_day): (w.owed, w.done, w.met) for w in rules.recount(pair)}
    assert stored == counted
    row = RuleWindow.objects.unscoped(reason="a test looks at the truth").get(
        pairing=pair, rule__code="monthly_contact", first_day=dt.date(last_year(), 3, 1)
    )
    return row.done, row.met
