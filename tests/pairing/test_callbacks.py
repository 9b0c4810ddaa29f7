"""回访抽查: the draw can be repeated, nobody judges her own, and the unit hears first."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from days import today
from django.core.exceptions import PermissionDenied
from django.urls import reverse
from django.utils import timezone

from federation.models import AuditEvent
from pairing import callbacks
from pairing.changed import Changed
from pairing.models import CallbackResult, ContactLog, LogKind
from registry.refusal import Refused


def month() -> dt.date:
    """The month whose logs are called about now."""
    return callbacks.month_before(today())


WHY = "a test looks at the truth"


def enter(pair, by, count=1, day=9) -> list[ContactLog]:
    kind = LogKind.objects.get(code="contact")
    entered = timezone.make_aware(dt.datetime.combine(month().replace(day=day), dt.time(23, 30)))
    rows = [
        ContactLog(pairing=pair, kind=kind, on=month(), by=by, entered_at=entered)
        for _ in range(count)
    ]
    for row in rows:
        row.save()
    return rows


def results():
    return CallbackResult.objects.unscoped(reason=WHY)


@pytest.fixture
def drawn(pairs, people, org):
    """One log of the eastern post, drawn by the county's vice chair."""
    enter(pairs.posted, people.post)
    callbacks.draw(org.east, month(), by=people.county2)
    return results().get()


def test_the_same_seed_draws_the_same_logs_whatever_their_order():
    logs = [uuid.UUID(int=n) for n in range(200)]

    first = callbacks.drawn(logs, seed=7, share=Decimal(5))

    assert first == callbacks.drawn(reversed(logs), seed=7, share=Decimal(5))
    assert first != callbacks.drawn(logs, seed=8, share=Decimal(5))
    counts = {n: len(callbacks.drawn(logs[:n], seed=7, share=Decimal(5))) for n in (0, 1, 20, 21)}
    assert (len(first), counts) == (10, {0: 0, 1: 1, 20: 1, 21: 2})
    assert len(callbacks.drawn(logs, seed=7, share=Decimal(3))) == 6


def test_over_many_seeds_every_log_is_drawn_about_as_often():
    logs = [uuid.UUID(int=n) for n in range(40)]

    times = dict.fromkeys(logs, 0)
    for seed in range(1000):
        for log in callbacks.drawn(logs, seed=seed, share=Decimal(5)):
            times[log] += 1

    assert sum(times.values()) == 2000
    assert min(times.values()) > 25 and max(times.values()) < 80  # noqa: PT018 -- 50 each expected


def test_a_county_draws_a_share_of_its_own_month_and_no_more(pairs, people, org, settings):
    settings.PAIRING_CALLBACK_PERCENT = 50  # held to 5
    hers = enter(pairs.posted, people.post, 30) + enter(pairs.elderly, people.volunteer, 30)
    enter(pairs.western, people.sibling_post, 20)
    taken_back = hers[0]
    ContactLog.objects.unscoped(reason=WHY).filter(pk=taken_back.pk).update(
        withdrawn_at=timezone.now(), withdrawn_reason="记错"
    )
    other = ContactLog(pairing=pairs.posted, kind=hers[0].kind, on=month(), by=people.post)
    other.save()  # entered today

    sample = callbacks.draw(org.east, month(), by=people.county)

    asked = set(results().values_list("log", flat=True))
    assert (sample.logs_in_all, len(asked), sample.percent) == (59, 3, 5)
    assert asked <= {log.pk for log in hers[1:]}
    again = callbacks.repeated(sample)
    assert again == set(results().values_list("log__uuid", flat=True))
    # what is taken back after the draw was there when it was drawn
    ContactLog.objects.unscoped(reason=WHY).filter(pk__in=asked).update(
        withdrawn_at=timezone.now(), withdrawn_reason="记错"
    )
    assert callbacks.repeated(sample) == again
    with pytest.raises(Refused, match="已经抽取过"):
        callbacks.draw(org.east, month(), by=people.county)
    with pytest.raises(PermissionDenied):
        callbacks.draw(org.west, month(), by=people.county)


def test_the_month_s_draw_comes_by_itself_where_nobody_drew(pairs, people, org):
    enter(pairs.posted, people.post)
    enter(pairs.western, people.sibling_post)
    callbacks.draw(org.west, month(), by=people.sibling)

    assert (callbacks.draw_due(), callbacks.draw_due()) == (1, 0)
    assert results().filter(sample__unit=org.east, sample__drawn_by=None).count() == 1


def test_who_wrote_the_log_or_carries_the_pair_does_not_judge_it(drawn, people, pairs):
    said = {"result": "confirmed", "note": "", "version": 1}
    results().update(log=enter(pairs.posted, people.county)[0])
    with pytest.raises(Refused, match="您登记的"):
        callbacks.record(results().get(), by=people.county, **said)
    pairs.posted.liaisons.update(user=people.county2)
    with pytest.raises(Refused, match="联系人"):
        callbacks.record(results().get(), by=people.county2, **said)
    # out of sight: the post before the call, the county beside, the city at any time
    for seat in ("post", "sibling", "leader", "city", "village"):
        assert not CallbackResult.objects.visible_to(getattr(people, seat)).exists(), seat
        with pytest.raises(CallbackResult.DoesNotExist):
            callbacks.record(results().get(), by=getattr(people, seat), **said)


def test_the_unit_hears_first_and_the_city_s_figures_wait_for_its_answer(drawn, people, client):
    row = callbacks.record(
        drawn, result="denied", note="说没有接到电话", by=people.county, version=1
    )

    def seen(seat):
        return CallbackResult.objects.visible_to(getattr(people, seat)).count()

    assert {seat: seen(seat) for seat in ("post", "county", "leader", "city", "village")} == {
        "post": 1, "county": 1, "leader": 0, "city": 0, "village": 0,
    }  # fmt: skip
    assert callbacks.figures(people.leader, month().year) == []
    assert callbacks.figures(people.county, month().year)[0]["denied"] == 1
    with pytest.raises(Changed):
        callbacks.answer(row, words="打的是另一个号码", by=people.post, version=1)
    row = callbacks.answer(row, words="打的是另一个号码", by=people.post, version=2)
    with pytest.raises(PermissionDenied):
        callbacks.answer(row, words="代为说明", by=people.county, version=3)
    # rung again, and reached: seven days begin anew
    row = callbacks.record(row, result="confirmed", note="", by=people.county, version=3)

    results().update(shown_at=timezone.now() - dt.timedelta(days=7, minutes=1))

    assert (seen("leader"), seen("city"), seen("sibling"), seen("village")) == (1, 1, 0, 0)
    (line,) = callbacks.figures(people.leader, month().year)
    assert (line["unit"], line["confirmed"], line["denied"]) == ("城东区妇联", 1, 0)
    row = results().get()
    for act in (
        lambda: callbacks.answer(row, words="迟了", by=people.post, version=4),
        lambda: callbacks.record(row, result="denied", note="改判", by=people.county, version=4),
    ):
        with pytest.raises(Refused, match="期"):
            act()
    verbs = AuditEvent.objects.filter(verb__endswith="callback").order_by("pk")
    assert list(verbs.values_list("verb", flat=True)) == [
        "record_callback", "answer_callback", "record_callback",
    ]  # fmt: skip


def test_no_number_is_written_into_what_was_said(drawn, people):
    with pytest.raises(Refused, match="电话号码"):
        callbacks.record(
            drawn, result="confirmed", note="打16900000301核实", by=people.county, version=1
        )
    with pytest.raises(Refused, match="写明"):
        callbacks.record(drawn, result="denied", note=" ", by=people.county, version=1)


def test_the_caller_s_page_leads_to_a_person_s_number_by_the_archive_s_rules_alone(
    pairs, people, org, client, archives
):
    enter(pairs.elderly, people.volunteer)
    callbacks.draw(org.east, month(), by=people.county)
    page = reverse("pairing:callback", args=[results().get().uuid])
    client.force_login(people.county2)

    def send(**said):
        return client.post(page, {**said, "idempotency_key": uuid.uuid4()})

    words = client.get(page).content.decode()

    assert reverse("registry:reveal", args=[archives.elder.uuid, "phone"]) in words
    assert archives.elder.phone.open() not in words
    overtaken = send(result="confirmed", note="甲", version=9)
    assert overtaken.status_code == 409
    assert "有人先保存了" in overtaken.content.decode()
    send(result="confirmed", note="", version=1)
    assert results().get().result == "confirmed"
