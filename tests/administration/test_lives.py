"""入职, 兼任, 借调, 代理, 调动, 离任: what each does to seats, rights, sessions and the trail."""

import datetime as dt
import re
from io import StringIO

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.test import Client
from django.utils import timezone
from world import fill, of, seat, take

from federation import accounts, appointments, handover, passwords, scope
from federation.administrators import Administrator
from federation.models import Appointment, AuditEvent, LiveSession
from reporting.models import Submission

DAY = dt.timedelta(days=1)


@pytest.fixture
def today():
    return timezone.localdate()


@pytest.fixture
def clerk(org, people, posts, today):
    """A clerk of the town, opened by the county's administrator, logged in somewhere."""
    user, _ = accounts.open_account(
        display_name="陈演丙午", phone="16900000088", unit=org.town, post=posts.officer,
        starts_on=today - 30 * DAY, by=people.eastadmin,
    )  # fmt: skip
    Client().force_login(user)
    return user


def verbs(since=0):
    return list(
        AuditEvent.objects.filter(pk__gt=since).order_by("pk").values_list("verb", flat=True)
    )


def last_line():
    return AuditEvent.objects.order_by("-pk").values_list("pk", flat=True).first() or 0


# -- Accounts --------------------------------------------------------------------------------------
def test_joining_gives_an_account_a_seat_and_a_password_that_must_be_changed(
    org, people, posts, today
):
    user, password = accounts.open_account(
        display_name="陈演丙午", unit=org.town, post=posts.officer, starts_on=today,
        by=people.eastadmin,
    )  # fmt: skip

    assert user.username == "chenyanbingwu"
    assert (user.pinyin, user.initials) == ("chenyanbingwu", "cybw")
    assert Client().login(username=user.username, password=password)
    assert passwords.must_change(user, user.login_state)
    assert scope.granted_paths(user, "reporting_view") == [org.town.path]
    assert verbs() == ["appoint", "derive_grants", "issue_password"]
    line = AuditEvent.objects.get(verb="appoint")
    assert (line.actor, line.unit) == (people.eastadmin, org.town)
    assert line.detail == {"who": "陈演丙午", "post": "业务干部", "since": str(today)}
    assert password not in str(list(AuditEvent.objects.values_list("detail", flat=True)))


def test_all_that_is_wrong_with_what_was_typed_is_said_at_once(org, people, posts, today):
    with pytest.raises(ValidationError) as refusal:
        accounts.open_account(
            display_name="12345", username="County!", phone="12", unit=org.town,
            post=posts.officer, starts_on=today, by=people.eastadmin,
        )  # fmt: skip

    assert set(refusal.value.message_dict) == {"display_name", "username", "phone"}


def test_a_username_that_is_taken_names_a_free_one_and_not_its_owner(org, people, posts, today):
    with pytest.raises(ValidationError) as refusal:
        accounts.open_account(
            display_name="陈演丙午", username="Other_City", unit=org.town, post=posts.officer,
            starts_on=today, by=people.eastadmin,
        )  # fmt: skip
    assert refusal.value.message_dict == {
        "username": ["用户名“other_city”已有人使用，可改用“other_city2”。"]
    }


def test_a_disabled_account_is_out_at_the_next_request_and_comes_back_without_its_sessions(
    clerk, people
):
    client = Client()
    client.force_login(clerk)

    accounts.disable(clerk, by=people.eastadmin)

    assert client.get("/").status_code == 302
    assert scope.granted_paths(clerk.__class__.objects.get(pk=clerk.pk), "reporting_view") == []
    accounts.enable(clerk, by=people.eastadmin)
    assert client.get("/").status_code == 302
    assert not LiveSession.objects.filter(user=clerk).exists()


def test_a_new_password_ends_the_sessions_and_a_corrected_name_is_found_by_its_pinyin(
    clerk, people
):
    accounts.reset_password(clerk, by=people.eastadmin)
    accounts.change(clerk, display_name="林演丁未", phone="16900000099", by=people.eastadmin)

    clerk.refresh_from_db()
    assert not LiveSession.objects.filter(user=clerk).exists()
    assert (clerk.phone, clerk.initials) == ("16900000099", "lydw")
    line = AuditEvent.objects.get(verb="change_account")
    assert line.detail == {"from": "陈演丙午", "to": "林演丁未", "field": "联系电话"}


# -- Seats -----------------------------------------------------------------------------------------
def test_a_second_seat_stands_beside_the_first(clerk, org, people, posts, today):
    appointments.appoint(
        clerk, unit=org.east_post, post=posts.post_leader, starts_on=today, by=people.eastadmin
    )

    assert clerk.appointments.current().count() == 2
    assert set(scope.granted_paths(clerk, "reporting_fill")) == {org.town.path, org.east_post.path}
    with pytest.raises(ValidationError, match="不必再任"):
        appointments.appoint(
            clerk, unit=org.east_post, post=posts.post_leader, starts_on=today + DAY,
            by=people.eastadmin,
        )  # fmt: skip


def test_a_loan_ends_by_itself_and_her_own_seat_goes_on(
    clerk, org, people, posts, today, time_machine
):
    with pytest.raises(ValidationError, match="哪一天"):
        appointments.second(
            clerk, unit=org.east, post=posts.officer, starts_on=today, ends_on=None,
            by=people.eastadmin,
        )  # fmt: skip
    appointments.second(
        clerk, unit=org.east, post=posts.officer, starts_on=today, ends_on=today + 9 * DAY,
        by=people.eastadmin,
    )  # fmt: skip
    assert scope.granted_paths(clerk, "reporting_review") == [org.east.path]

    time_machine.move_to(dt.datetime.now(dt.UTC) + 10 * DAY)

    assert scope.granted_paths(clerk, "reporting_review") == [org.town.path]


def test_a_deputy_holds_the_seat_she_stands_in_for_and_the_other_keeps_it(
    clerk, org, people, posts, today
):
    theirs = people.county.appointments.get()
    lent = {"starts_on": today, "ends_on": today + 9 * DAY, "by": people.eastadmin}

    made = appointments.deputise(clerk, acting_for=theirs, **lent)

    assert (made.unit, made.post, made.acting_for) == (org.east, posts.officer, theirs)
    assert made.seat == "城东区妇联 业务干部（代理）"
    assert scope.may(people.county, "reporting_review", org.east)
    assert scope.may(clerk, "reporting_review", org.east)
    with pytest.raises(ValidationError, match="自己"):
        appointments.deputise(clerk, acting_for=clerk.appointments.first(), **lent)


def test_a_transfer_ends_here_and_begins_there_on_the_next_day(clerk, org, people, posts, today):
    begun, line = clerk.appointments.get(), last_line()

    new = appointments.transfer(
        clerk, ending=[begun], unit=org.east_village, post=posts.village_chair, from_day=today,
        by=people.eastadmin,
    )  # fmt: skip

    begun.refresh_from_db()
    assert (begun.ends_on, new.starts_on, new.ends_on) == (today - DAY, today, None)
    assert scope.granted_paths(clerk, "reporting_view") == [org.east_village.path]
    assert scope.granted_paths(clerk, "reporting_fill") == []
    assert not LiveSession.objects.filter(user=clerk).exists()
    assert verbs(line) == [
        "end_appointment", "appoint", "derive_grants", "transfer",
    ]  # fmt: skip


def test_a_transfer_of_the_day_she_began_takes_the_seat_back_at_once(org, people, posts, today):
    user, _ = accounts.open_account(
        display_name="陈演丙午", unit=org.town, post=posts.officer, starts_on=today,
        by=people.eastadmin,
    )  # fmt: skip
    wrong = user.appointments.get()

    appointments.transfer(
        user, ending=[wrong], unit=org.east_village, post=posts.village_chair, from_day=today,
        by=people.eastadmin,
    )  # fmt: skip

    wrong.refresh_from_db()
    assert wrong.never_began
    assert scope.granted_paths(user, "federation_view") == [org.east_village.path]


def test_a_transfer_to_come_changes_nothing_before_its_day(clerk, org, people, posts, today):
    begun = clerk.appointments.get()

    appointments.transfer(
        clerk, ending=[begun], unit=org.east_village, post=posts.village_chair,
        from_day=today + 5 * DAY, by=people.eastadmin,
    )  # fmt: skip

    assert scope.granted_paths(clerk, "reporting_view") == [org.town.path]
    assert LiveSession.objects.filter(user=clerk).count() == 1


@pytest.mark.parametrize("to", ["west", "west_town", "city", "other_city"])
def test_a_transfer_leads_to_units_of_the_same_hands_only(clerk, org, people, posts, today, to):
    begun = clerk.appointments.get()

    with pytest.raises(scope.OutOfReach):
        appointments.transfer(
            clerk, ending=[begun], unit=getattr(org, to), post=posts.officer, from_day=today,
            by=people.eastadmin,
        )  # fmt: skip

    begun.refresh_from_db()
    assert begun.ends_on is None
    city = appointments.transfer(
        clerk, ending=[begun], unit=org.west_town, post=posts.officer, from_day=today,
        by=people.sysadmin,
    )  # fmt: skip
    assert city.unit == org.west_town


# -- 离任 ------------------------------------------------------------------------------------------
def test_leaving_ends_every_seat_and_closes_the_account(clerk, org, people, posts, today):
    appointments.appoint(
        clerk, unit=org.east_post, post=posts.post_leader, starts_on=today, by=people.eastadmin
    )
    line = last_line()

    ended = handover.leave(clerk, from_day=today, by=people.eastadmin)

    clerk.refresh_from_db()
    assert [seat.unit for seat in ended] == [org.town, org.east_post]
    assert not clerk.is_active
    assert not clerk.appointments.live().exists()
    assert not LiveSession.objects.filter(user=clerk).exists()
    assert verbs(line)[-2:] == ["leave", "disable_account"]


def test_leaving_here_leaves_what_is_held_elsewhere(clerk, org, people, posts, today):
    Appointment.objects.create(user=clerk, unit=org.west, post=posts.officer, starts_on=today)

    ended = handover.leave(clerk, from_day=today, by=people.eastadmin)

    clerk.refresh_from_db()
    assert [seat.unit for seat in ended] == [org.town]
    assert clerk.is_active
    assert clerk.appointments.current().get().unit == org.west


def test_the_handover_list_names_what_she_holds_and_who_can_go_on(calls, org, people, posts):
    fill(org.east_post, people.county)
    fill(org.east_post2, people.post2, village=org.east_village)
    take("submit", org.east_post2, people.post2)
    admin = Administrator(people.eastadmin)

    found = {
        holding.title: [(item.words, item.heirs) for item in holding.items]
        for holding in handover.holdings(people.county, handover.ending_with(people.county, admin))
    }

    assert found == {
        "结束的任职": [("城东区妇联 业务干部", ())],
        "没有报出的报表": [("附件1 城东区演示供电营业厅", ("post演", "county2演"))],
        "等她审核的报表": [("城东区妇联：1份待审", ("county2演",))],
    }


def test_what_nobody_could_go_on_with_is_marked(calls, org, people, posts):
    fill(org.east_post, people.post)
    fill(org.east_post2, people.post2, village=org.east_village)
    take("submit", org.east_post2, people.post2)
    for user in (people.county2, people.leader):
        Appointment.objects.filter(user=user).update(ends_on=dt.date(2014, 5, 1))
    seats = handover.ending_with(people.county, Administrator(people.eastadmin))

    orphans = [h.title for h in handover.holdings(people.county, seats) if h.orphans]

    assert orphans == ["等她审核的报表"]


def test_the_list_says_nothing_of_what_a_form_says(calls, org, people):
    fill(org.east_post, people.county, project_goal="不可外泄的一句话")

    seats = handover.ending_with(people.county, Administrator(people.eastadmin))
    found = handover.holdings(people.county, seats)

    assert "不可外泄" not in str(found)
    assert "林演甲子" not in str(found)
    assert not Submission.objects.visible_to(people.eastadmin).exists()
    assert of(org.east_post).edited_by == people.county


def test_a_seat_can_be_ended_by_itself(clerk, org, people, posts, today):
    extra = appointments.appoint(
        clerk, unit=org.east_post, post=posts.post_leader, starts_on=today, by=people.eastadmin
    )

    appointments.end(extra, from_day=today, by=people.eastadmin)

    assert [a.unit for a in clerk.appointments.current()] == [org.town]
    with pytest.raises(ValidationError, match="已经结束"):
        appointments.end(extra, from_day=today, by=people.eastadmin)


def test_two_administrators_who_transfer_her_at_once_move_her_once(
    clerk, org, people, posts, today
):
    begun = clerk.appointments.get()
    other = seat(org, "eastadmin2", "east", "system_admin")
    to = {"post": posts.village_chair, "from_day": today}
    appointments.transfer(clerk, ending=[begun], unit=org.east_village, by=other, **to)

    with pytest.raises(ValidationError, match="已经结束"):
        appointments.transfer(
            clerk, ending=[begun], unit=org.east_village2, by=people.eastadmin, **to
        )

    assert clerk.appointments.current().get().unit == org.east_village


def test_the_first_administrator_is_opened_by_command_and_only_the_first(org, posts):
    said = StringIO()
    asked = {"post": "security_admin", "unit": "城西县妇联", "name": "苏演丙寅"}

    call_command("first_administrator", **asked, stdout=said)

    user = Appointment.objects.get(unit=org.west, post=posts.security_admin).user
    password = re.search(r"初始密码 (\S+)", said.getvalue())[1]
    assert Client().login(username=user.username, password=password)
    assert scope.granted_paths(user, "federation_grant") == [org.west.path]
    with pytest.raises(CommandError, match="已有安全管理员"):
        call_command("first_administrator", **asked)
