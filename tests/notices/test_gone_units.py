"""Units closed, merged and moved: what they owe passes on or ends, told before and followed after."""

import datetime as dt

import pytest
from django.urls import reverse
from django.utils import timezone
from papers import duty_of, notice_of, tasks
from world import fill, of, seat

from federation import unit_changes
from federation.models import OrgUnit
from federation.unit_changes import Close, Merge, Move
from notices import fulfilment, publishing, receipts, todo
from notices.models import Addressee, NoticeReceipt, TaskEvent, TaskState


def receipts_of(unit):
    return NoticeReceipt.objects.unscoped(reason="a test looks at all").filter(unit=unit)


@pytest.fixture
def asked(people):
    return {"by": people.sysadmin, "day": timezone.localdate(), "reason": "泉编〔2014〕7号"}


def done(change):
    seen = unit_changes.rehearse(change)
    unit_changes.carry_out(change, seen=seen.fingerprint)
    return seen


def empty(unit):
    below = OrgUnit.objects.below(unit, include_self=False)
    below.update(closed_on=timezone.localdate())


def test_a_merged_units_open_task_passes_to_its_successor(published, org, people, asked):
    duty = published.duties.get()
    fulfilment.call_off(tasks(unit=org.west).get(), by=None, reason="误列")
    duty.expected.filter(unit=org.west).update(until=timezone.localdate(), why_removed="误列")
    effect = done(Merge(unit=org.east, successor=org.west, **asked))

    assert tasks(unit=org.east).get().state == TaskState.VOID
    assert tasks(unit=org.west).get().is_open
    left = duty.expected.get(unit=org.east)
    assert left.why_removed == "城东区妇联已撤销，由城西县妇联承接"
    lines = {line.label: line.changes for line in effect.parts["任务"]}
    assert lines["城东区妇联 活动情况"] == (("应报", "1 项未办结", ""),)
    assert lines["城西县妇联 活动情况"] == (("应报", "", "1 项未办结"),)


def test_a_successor_that_owes_already_owes_once(published, org, asked):
    done(Merge(unit=org.east, successor=org.west, **asked))
    assert tasks(unit=org.west).count() == 1
    assert published.duties.get().expected.filter(until=None).get().unit == org.west


def test_without_a_successor_the_duty_ends_with_the_reason(published, org, asked):
    empty(org.west)
    done(Close(unit=org.west, **asked))
    assert tasks(unit=org.west).get().state == TaskState.VOID
    assert published.duties.get().expected.get(unit=org.west).why_removed == "城西县妇联已撤销"
    (receipt,) = receipts_of(org.west)
    assert (receipt.ended_on, receipt.ended_why) == (timezone.localdate(), "城西县妇联已撤销")


def test_what_was_reported_and_signed_stays_with_the_unit_that_did(published, org, people, asked):
    receipts.sign(published_again(published), org.east, by=people.county)
    fulfilment.befall(tasks(unit=org.east).get(), TaskEvent.Kind.REPORTED, by=people.county)
    done(Merge(unit=org.east, successor=org.west, **asked))
    assert tasks(unit=org.east).get().state == TaskState.REPORTED
    (receipt,) = receipts_of(org.east)
    assert receipt.signed_by == people.county
    assert receipt.ended_on is None


def published_again(notice):
    notice.refresh_from_db(from_queryset=type(notice).objects.unscoped(reason="a test reads"))
    return notice


def test_the_successor_signs_for_what_the_closed_unit_had_not(people, spring, org, asked):
    notice = notice_of(org.city)
    Addressee.objects.create(notice=notice, unit=org.east, role="main")
    duty_of(notice, "summary")
    publishing.publish(notice, by=people.leader)
    assert not receipts_of(org.west).exists()
    done(Merge(unit=org.east, successor=org.west, **asked))
    (receipt,) = receipts_of(org.west)
    assert (receipt.role, receipt.signed_at) == ("main", None)
    assert tasks(unit=org.west).get().state == TaskState.UNSIGNED


def test_a_unit_that_leaves_the_issuer_owes_it_nothing_any_more(published, org, asked):
    admin = seat(org, "provincial", "province", "system_admin")
    done(Move(unit=org.west, parent=org.other_city, **{**asked, "by": admin}))
    left = published.duties.get().expected.get(unit=org.west)
    assert left.why_removed == "城西县妇联已划出东海市妇联"
    assert tasks(unit=org.west).get().state == TaskState.VOID
    assert receipts_of(org.west).get().ended_why == "城西县妇联已划出东海市妇联"


def test_nobody_is_asked_to_sign_for_a_unit_that_is_gone(published, org, people, asked, client):
    done(Merge(unit=org.east, successor=org.west, **asked))
    waiting = {receipt.unit for receipt in todo.to_sign(people.sibling)}
    assert waiting == {org.west}
    with pytest.raises(fulfilment.Refused, match="已撤销，由城西县妇联承接，不再签收"):
        receipts.sign(published_again(published), org.east, by=people.sibling)
    client.force_login(people.leader)
    page = client.get(reverse("notices:receipts", args=[published.uuid])).content.decode()
    assert "城东区妇联已撤销，由城西县妇联承接" in page


def test_a_unit_named_by_the_notice_goes_on_owing_wherever_it_hangs(people, spring, org, asked):
    notice = notice_of(org.city)
    Addressee.objects.create(notice=notice, unit=org.west, role="main")
    duty_of(notice, "summary")
    publishing.publish(notice, by=people.leader)
    admin = seat(org, "provincial", "province", "system_admin")
    done(Move(unit=org.west, parent=org.other_city, **{**asked, "by": admin}))
    assert tasks(unit=org.west).get().is_open


def test_the_successor_of_an_annex_finds_its_form(people, spring, org, asked):
    notice = notice_of(org.city)
    Addressee.objects.create(notice=notice, unit=org.east, role="main")
    owed = {"rule": "units", "units": [str(org.east_post.uuid)]}
    duty_of(
        notice, "intent", deliverable="annex", annex="pairing-intent", owed_by=owed,
        covers_from=dt.date(2014, 1, 1), covers_to=dt.date(2014, 12, 31),
    )  # fmt: skip
    publishing.publish(notice, by=people.leader)
    done(Close(unit=org.east_post, successor=org.east_post2, **asked))
    assert of(org.east_post2).state == "draft"
    fill(org.east_post2, people.post2, village=org.east_village2)
