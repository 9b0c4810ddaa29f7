"""Pages of tasks: 待办, answer, judgement, board, extension, calendar, feed; nothing typed is lost."""

import datetime as dt
import re
import uuid

import pytest
import time_machine
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from django.utils import timezone
from icalendar import Calendar
from papers import duty_of
from world import seat

from federation import frame, scope
from federation.models import Appointment
from notices import board, dated, feeds, materials, publishing, receipts, revisions, todo
from notices.models import Duty, ExpectedUnit, Extension, MaterialFile, Task, Urging
from notices.month import Month, mark_of, month_in

ANNEX = {
    "deliverable": "annex",
    "annex": "pairing-summary",
    "covers_from": dt.date(2014, 1, 1),
    "covers_to": dt.date(2014, 12, 31),
}


@pytest.fixture
def published(org, people, notice, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    settings.CONFIRM_AGAIN_FOR = ()
    count = {"deliverable": "count", "minimum": 2, "count_unit": "次", "cycle": "month"}
    duty_of(notice, "visits", title="下基层调研", due_rule={"kind": "end_of_period"}, **count)
    return publishing.publish(notice, by=people.leader)


def task(unit, code="summary", **more) -> Task:
    found = Task.objects.unscoped(reason="a test looks at the task").filter(**more)
    return found.select_related("duty__notice", "unit").filter(duty__code=code, unit=unit).first()


def at(name, thing, *more) -> str:
    return reverse(f"notices:{name}", args=[thing.uuid, *more])


def send(client, url, /, **body):
    return client.post(url, {"idempotency_key": str(uuid.uuid4()), **body})


def page(client, url) -> str:
    answer = client.get(url)
    assert answer.status_code == 200
    return answer.content.decode()


# -- The answer --------------------------------------------------------------------------------------
def test_text_and_file_go_with_one_press_and_the_other_side_accepts(org, people, published, client):
    client.force_login(people.county)
    file = SimpleUploadedFile("总结.pdf", b"%PDF-1.4")
    url = at("material", task(org.east))
    answer = send(client, url, text="活动三场", files=file, version="0", submit="1")
    assert answer["Location"] == at("task", task(org.east))
    client.force_login(people.leader)
    shown = page(client, at("task", task(org.east)))
    assert "活动三场" in shown
    assert "总结.pdf" in shown
    got = client.get(at("material_file", MaterialFile.objects.get()))
    assert b"".join(got.streaming_content) == b"%PDF-1.4"
    send(client, at("task_step", task(org.east), "accept"), ordinal="1")
    assert task(org.east).state == "done"


def test_a_file_that_is_not_taken_costs_no_word(org, people, published, client):
    client.force_login(people.county)
    file = SimpleUploadedFile("表.exe", b"MZ")
    url = at("material", task(org.east))
    answer = send(client, url, text="写了半天", files=file, version="0", submit="1")
    assert answer.status_code == 422
    assert "不能上传" in answer.content.decode()
    assert (materials.of(task(org.east)).text, task(org.east).state) == ("写了半天", "unsigned")


def test_a_number_that_is_none_is_told_and_the_one_before_kept(org, people, published, client):
    client.force_login(people.county)
    visits, url = task(org.east, "visits"), at("material", task(org.east, "visits"))
    send(client, url, number="3", text="", version="0")
    answer = send(client, url, number="三次", text="另加说明", version="1")
    assert answer.status_code == 422
    assert "请填整数" in answer.content.decode()
    assert "三次" in answer.content.decode()
    kept = materials.of(visits)
    assert (kept.number, kept.text) == (3, "另加说明")


def test_who_was_overtaken_sees_both_and_chooses(org, people, published, client):
    url = at("material", task(org.east))
    client.force_login(people.county2)
    send(client, url, text="她的", version="0")
    client.force_login(people.county)
    answer = send(client, url, text="我的", version="0", base='{"text": "", "number": null}')
    assert answer.status_code == 409
    shown = answer.content.decode()
    assert "她的" in shown
    assert "我的" in shown
    chosen = {"choice:text": "mine", "mine:text": "我的", "theirs:text": "她的"}
    send(client, url, version="1", **chosen)
    assert materials.of(task(org.east)).text == "我的"


def test_autosave_keeps_the_draft_and_tells_of_a_conflict(org, people, published, client):
    client.force_login(people.county)
    url = at("material_autosave", task(org.east))
    first = send(client, url, text="半句", version="0")
    assert first.json()["version"] == 1
    assert send(client, url, text="别的", version="0").status_code == 409
    assert materials.of(task(org.east)).text == "半句"


def test_a_file_of_a_draft_is_nobody_else_s_to_read(org, people, published, client):
    materials.add_files(
        task(org.east), [SimpleUploadedFile("草稿.pdf", b"%PDF-1.4")], by=people.county
    )
    url = at("material_file", MaterialFile.objects.get())
    answers = {}
    for who in ("county", "county2", "leader", "sibling"):
        client.force_login(getattr(people, who))
        answer = client.get(url)
        if answer.streaming:
            assert b"".join(answer.streaming_content)
        answers[who] = answer.status_code
    assert answers == {"county": 200, "county2": 200, "leader": 404, "sibling": 404}


def test_a_return_without_its_reason_keeps_the_day_that_was_typed(org, people, published, client):
    materials.save(task(org.east), text="活动三场", number=None, by=people.county)
    materials.send(task(org.east), by=people.county)
    client.force_login(people.leader)
    url = at("task_step", task(org.east), "return")
    answer = send(client, url, due_on="2014-06-20", reason=" ", ordinal="1")
    assert answer.status_code == 422
    assert "请填写退回的原因" in answer.content.decode()
    assert "2014-06-20" in answer.content.decode()
    wrong = send(client, url, due_on="六月底", reason="缺数字", ordinal="1")
    assert "日期写成" in wrong.content.decode()
    assert "缺数字" in wrong.content.decode()
    send(client, url, due_on="2014年6月20日", reason="缺数字", ordinal="1")
    assert (task(org.east).state, task(org.east).due_on) == ("returned", dt.date(2014, 6, 20))


def test_the_page_of_a_locked_task_leads_to_the_remedy(org, people, published, client, spring):
    spring.move_to(dt.datetime.fromisoformat("2014-06-02T09:00:00+08:00"))
    client.force_login(people.county)
    shown = page(client, at("task", task(org.east)))
    assert "截止 5月25日 · 5月26日起逾期 · 6月1日锁定" in shown
    assert at("extension_ask", task(org.east)) in shown
    assert "已锁定" in shown
    assert at("material", task(org.east)) not in shown


def test_a_task_of_an_annex_leads_to_its_form(org, people, notice, client):
    duty_of(notice, "annex2", owed_by={"rule": "respondents"}, **ANNEX)
    publishing.publish(notice, by=people.leader)
    client.force_login(people.county)
    shown = page(client, at("task", task(org.east, "annex2")))
    assert re.search(r'href="/submissions/[0-9a-f-]{36}/"', shown)
    assert client.get(at("material", task(org.east, "annex2"))).status_code == 403


# -- 待办 --------------------------------------------------------------------------------------------
def test_what_waits_is_grouped_by_date_with_the_late_on_top(org, people, published, spring):
    receipts.sign(published, org.east, by=people.county)
    spring.move_to(dt.datetime.fromisoformat("2014-05-20T09:00:00+08:00"))  # a Tuesday
    groups = todo.groups(people.county)
    names = {
        name: [(str(t.duty), t.period_words) for t in getattr(groups, name)]
        for name in ("late", "week", "later")
    }
    assert names == {
        "late": [("下基层调研", "2014年4月")],
        "week": [("活动情况", "")],
        "later": [("下基层调研", "2014年5月")],
    }


def waiting(user) -> int:
    return sum(frame.tally(todo.waiting(user, timezone.localdate())).values())


def test_a_thing_is_counted_once(org, people, published, client):
    """A notice to be signed stands for its tasks; once signed, they stand for themselves."""
    assert waiting(people.county) == 1
    receipts.sign(published, org.east, by=people.county)
    assert waiting(people.county) == 2  # the summary, and April's visits: May has not begun
    materials.save(task(org.east), text="活动三场", number=None, by=people.county)
    materials.send(task(org.east), by=people.county)
    assert (waiting(people.county), waiting(people.leader)) == (1, 1)
    client.force_login(people.leader)
    assert "城东区妇联" in page(client, "/todo/")


def test_an_annex_is_counted_where_it_is_filled(org, people, notice):
    duty_of(notice, "annex2", owed_by={"rule": "respondents"}, **ANNEX)
    receipts.sign(publishing.publish(notice, by=people.leader), org.east, by=people.county)
    assert waiting(people.county) == 1
    assert {t.duty.code for t in todo.groups(people.county).later} == {"summary", "annex2"}


def test_who_holds_nothing_asks_nothing(people, django_assert_num_queries):
    with scope.asked_once(), django_assert_num_queries(1):  # her grants
        assert waiting(people.sysadmin) == 0


# -- The board ---------------------------------------------------------------------------------------
@pytest.fixture
def stood(org, people, published, spring):
    """East reported in time, west said 本期无; the third county stands open."""
    materials.save(task(org.east), text="活动三场", number=None, by=people.county)
    materials.send(task(org.east), by=people.county)
    materials.say_nil(task(org.west), reason="没有开展", by=people.sibling)
    return published.duties.get(code="summary")


def test_every_figure_leads_to_its_units(org, people, stood, client):
    client.force_login(people.leader)
    url = at("board", stood)
    shown = page(client, url)
    found = dict(re.findall(r'aria-label="(\S+) (\d+)，查看单位"', shown))
    expected = stood.expected.count()
    assert found["应报"] == str(expected)
    assert (found["已报"], found["按时"], found["免报"]) == ("1", "1", "1")
    assert int(found["未报"]) == expected - 2
    listed = {
        word: set(
            re.findall(
                r'<tr><td[^>]*><a href="/tasks/[^"]+">([^<]+)</a>',
                page(client, f"{url}?standing={word}"),
            )
        )
        for word in ("submitted", "exempt", "late", "overdue")
    }
    assert listed == {
        "submitted": {"城东区妇联"}, "exempt": {"城西县妇联"}, "late": set(), "overdue": set(),
    }  # fmt: skip


def test_a_county_sees_its_own_line_of_the_board_and_no_other(org, people, stood, client):
    client.force_login(people.county)
    shown = page(client, at("board", stood))
    assert "城东区妇联" in shown
    assert "城西县妇联" not in shown


def test_all_missing_are_urged_once_a_day_and_the_result_is_said(org, people, published, client):
    duty = published.duties.get(code="summary")
    client.force_login(people.leader)
    missing = {"period": task(org.east).period}
    first = client.post(
        at("urge", duty), {"idempotency_key": str(uuid.uuid4()), **missing}, follow=True
    )
    again = client.post(
        at("urge", duty),
        {"idempotency_key": str(uuid.uuid4()), "task": str(task(org.east).uuid)},
        follow=True,
    )
    assert "已催报 2 个单位" in first.content.decode()
    assert "今天已催过" in again.content.decode()
    assert Urging.objects.filter(task=task(org.east)).count() == 1


@pytest.mark.parametrize("chosen", ["[", "①", "00000000-0000-4000-8000-000000000000"])
def test_urging_what_is_no_task_is_404(people, published, client, chosen):
    client.force_login(people.leader)
    duty = published.duties.get(code="summary")
    assert send(client, at("urge", duty), task=chosen).status_code == 404


def test_urging_leads_back_to_this_site_alone(org, people, published, client):
    duty = published.duties.get(code="summary")
    client.force_login(people.leader)
    home = at("board", duty)
    for back in ("https://elsewhere.example/", "//elsewhere.example", "javascript:alert(1)"):
        assert send(client, at("urge", duty), back=back)["Location"] == home
    assert send(client, at("urge", duty), back=f"{home}?standing=missing")["Location"] == (
        f"{home}?standing=missing"
    )


def test_the_list_is_changed_with_a_reason_and_tells_its_history(org, people, published, client):
    duty = published.duties.get(code="summary")
    client.force_login(people.leader)
    town = {"unit_unit": str(org.town.uuid), "unit_text": org.town.name}
    refused = send(client, at("expected", duty), **town, reason="")
    assert refused.status_code == 422
    assert org.town.name in refused.content.decode()
    send(client, at("expected", duty), **town, reason="试点镇")
    assert task(org.town) is not None
    send(client, at("expected_remove", duty), unit=str(org.west.uuid), reason="换届")
    shown = page(client, at("expected", duty))
    assert "试点镇" in shown
    assert "换届" in shown
    assert task(org.west).state == "void"
    assert ExpectedUnit.objects.filter(duty=duty, unit=org.west, until=None).count() == 0
    outside = {"unit_unit": str(org.other_county.uuid), "unit_text": org.other_county.name}
    assert send(client, at("expected", duty), **outside, reason="x").status_code == 404


def test_a_periodic_duty_is_shown_by_period(org, people, published, client, spring):
    duty = published.duties.get(code="visits")
    client.force_login(people.leader)
    april, may = (page(client, f"{at('board', duty)}?period=2014-0{n}") for n in (4, 5))
    assert "2014年4月30日" in april
    assert "2014年5月31日" in may
    assert "2014年4月" in page(client, at("board", duty))  # the one that runs now


def test_a_corrected_notice_s_board_is_that_of_the_version_in_force(org, people, published, client):
    old = published.duties.get(code="summary")
    draft = revisions.correct(published, changes="改期", by=people.leader)
    publishing.publish(draft, by=people.leader)
    client.force_login(people.leader)
    assert "城东区妇联" in page(client, at("board", old))


def test_the_rate_never_says_all_while_one_is_missing():
    counted = board.Completeness(expected=201, on_time=199, exempt=1, missing=1)
    assert counted.rate_words == "99.5%"


# -- Extensions --------------------------------------------------------------------------------------
def test_another_day_is_asked_for_and_granted_with_another(org, people, published, client):
    client.force_login(people.county)
    early = send(client, at("extension_ask", task(org.east)), wanted_on="2014-05-01", reason="台风")
    assert early.status_code == 422
    assert "台风" in early.content.decode()
    send(client, at("extension_ask", task(org.east)), wanted_on="2014年6月10日", reason="台风")
    asked = Extension.objects.get()
    assert send(client, at("extension", asked), on="2014-06-10").status_code == 403
    client.force_login(people.leader)
    assert "城东区妇联" in page(client, "/extensions/?state=asked")
    send(client, at("extension", asked), on="2014-06-05", answer="只能延到5日", grant="1")
    assert task(org.east).due_on == dt.date(2014, 6, 5)
    again = send(client, at("extension", asked), on="2014-06-09", grant="1")
    assert "不能再批" in again.content.decode()


def test_a_refusal_needs_its_words(org, people, published, client):
    client.force_login(people.county)
    send(client, at("extension_ask", task(org.east)), wanted_on="2014-06-10", reason="台风")
    client.force_login(people.leader)
    asked = Extension.objects.get()
    refused = send(client, at("extension", asked), on="2014-06-10", answer="", refuse="1")
    assert refused.status_code == 422
    assert "不予延期的意见" in refused.content.decode()
    send(client, at("extension", asked), answer="请按期报送", refuse="1")
    asked.refresh_from_db()
    assert (asked.state, task(org.east).due_on) == ("refused", dt.date(2014, 5, 25))


# -- The calendar ------------------------------------------------------------------------------------
def test_a_month_begins_on_monday_and_marks_days_off_and_made_up():
    october = Month(dt.date(2026, 10, 1))
    weeks = list(october.weeks([]))
    assert (weeks[0][0].date, weeks[-1][-1].date) == (dt.date(2026, 9, 28), dt.date(2026, 11, 1))
    assert all(week[0].date.weekday() == 0 and len(week) == 7 for week in weeks)
    assert mark_of(dt.date(2026, 10, 1)) == "休"
    assert mark_of(dt.date(2026, 10, 10)) == "班"  # a Saturday that is worked
    assert mark_of(dt.date(2026, 11, 21)) == mark_of(dt.date(2026, 11, 20)) == ""


@pytest.mark.parametrize("text", ["", "2014-13", "abc", "0001-01", "9999-12", "2014-05-01"])
def test_a_month_that_is_none_is_this_one(text):
    assert month_in(text, dt.date(2014, 5, 7)).first == dt.date(2014, 5, 1)


def test_one_turns_from_month_to_month_as_far_as_there_is_anything_and_a_year_beyond():
    first, last = dt.date(2014, 5, 25), dt.date(2027, 1, 10)
    assert Month(dt.date(2014, 5, 1)).turns(first, last) == (None, dt.date(2014, 6, 1))
    assert Month(dt.date(2014, 6, 1)).turns(first, last) == (
        dt.date(2014, 5, 1),
        dt.date(2014, 7, 1),
    )
    assert Month(dt.date(2027, 1, 1)).turns(first, last) == (dt.date(2026, 12, 1), None)
    # Who typed a far year is led back, not on through all the years between.
    assert Month(dt.date(2190, 1, 1)).turns(first, last) == (dt.date(2027, 1, 1), None)
    assert Month(dt.date(1901, 1, 1)).turns(first, last) == (None, dt.date(2014, 5, 1))


@time_machine.travel("2014-05-07 09:00 +08:00", tick=False)
def test_the_calendar_leads_to_all_my_days_and_no_further(org, people, published, client):
    client.force_login(people.county)
    everything = Task.objects.unscoped(reason="a test moves its days")
    everything.filter(unit=org.east).update(due_on=dt.date(2016, 2, 20), locks_on=None)
    assert 'rel="next"' in page(client, "/todo/calendar/?month=2016-01")
    last = page(client, "/todo/calendar/?month=2016-02")
    assert 'rel="prev"' in last
    assert 'rel="next"' not in last
    assert 'rel="prev"' in page(client, "/todo/calendar/?month=2013-06")
    assert 'rel="prev"' not in page(client, "/todo/calendar/?month=2013-05")


def test_the_calendar_shows_my_days_and_those_i_have_set(org, people, published, client):
    client.force_login(people.county)
    mine = page(client, "/todo/calendar/?month=2014-05")
    assert at("task", task(org.east)) in mine
    assert "个单位应报" not in mine
    client.force_login(people.leader)
    assert "2 个单位应报，2 个未报" in page(client, "/todo/calendar/?month=2014-05")
    assert "没有截止的任务" in page(client, "/todo/calendar/?month=2013-07")


# -- The feed ----------------------------------------------------------------------------------------
def link(client) -> str:
    answer = send(client, "/todo/feed/")
    return re.search(r"/feeds/[\w-]+\.ics", answer.content.decode()).group()


def test_the_link_is_shown_once_and_kept_as_its_hash(org, people, published, client):
    client.force_login(people.county)
    key = str(uuid.uuid4())
    first = client.post("/todo/feed/", {"idempotency_key": key})
    token = re.search(r"/feeds/([\w-]+)\.ics", first.content.decode()).group(1)
    again = client.post("/todo/feed/", {"idempotency_key": key})
    assert again.status_code == 303
    assert token not in again.content.decode()
    assert token not in page(client, "/todo/feed/")
    assert token not in str(list(people.county.calendar_feeds.values()))


def test_the_calendar_is_read_without_login_and_holds_no_person(org, people, published, client):
    client.force_login(people.county)
    url = link(client)
    client.logout()
    answer = client.get(url)
    assert answer.headers["Content-Type"] == "text/calendar; charset=utf-8"
    events = Calendar.from_ical(answer.content).walk("VEVENT")
    found = {str(e["UID"]): (e.decoded("DTSTART"), str(e["LOCATION"])) for e in events}
    mine = task(org.east)
    assert found[f"task-{mine.uuid}@fulian-portal"] == (dt.date(2014, 5, 25), "城东区妇联")
    for person in (people.county, people.leader):
        assert person.display_name not in answer.content.decode()
    assert client.get(url, headers={"if-none-match": answer.headers["ETag"]}).status_code == 304


def test_two_readings_are_the_same_until_something_changes(org, people, published):
    first = feeds.calendar_of(people.county, "https://x.example/")
    assert feeds.calendar_of(people.county, "https://x.example/") == first
    materials.say_nil(task(org.east), reason="没有开展", by=people.county)
    changed = feeds.calendar_of(people.county, "https://x.example/")
    assert changed != first
    ids = [str(e["UID"]) for e in Calendar.from_ical(changed).walk("VEVENT")]
    assert ids == [str(e["UID"]) for e in Calendar.from_ical(first).walk("VEVENT")]


def test_the_leader_s_calendar_has_the_days_she_has_set(org, people, published):
    events = Calendar.from_ical(feeds.calendar_of(people.leader, "https://x.example/")).walk(
        "VEVENT"
    )
    summary = Duty.objects.get(code="summary")
    urls = {str(e["URL"]) for e in events}
    assert any(reverse("notices:board", args=[summary.uuid]) in url for url in urls)
    assert len(urls) == len(
        dated.deadlines(people.leader, dt.date(2014, 1, 1), dt.date(2015, 1, 1))
    )


@pytest.mark.parametrize("end", ["revoked", "renewed", "moved away", "disabled"])
def test_a_link_ends_with_its_right(org, people, published, client, end):
    client.force_login(people.county)
    url = link(client)
    assert client.get(url).status_code == 200
    if end == "revoked":
        send(client, "/todo/feed/", revoke="1")
    elif end == "renewed":
        link(client)
    elif end == "moved away":
        Appointment.objects.filter(user=people.county).update(ends_on=dt.date(2014, 4, 23))
    else:
        type(people.county).objects.filter(pk=people.county.pk).update(is_active=False)
    client.logout()
    assert client.get(url).status_code == 404


def test_an_invented_link_is_404(client, db):
    assert client.get("/feeds/not-a-link.ics").status_code == 404


# -- A unit's page -----------------------------------------------------------------------------------
def test_a_unit_s_page_leads_to_all_it_owes(org, people, published, client):
    client.force_login(people.leader)
    where = reverse("notices:unit_tasks", args=[org.east.uuid])
    assert where in page(client, reverse("unit", args=[org.east.uuid]))
    assert "活动情况" in page(client, f"{where}?year=2014&state=unsigned")
    assert "活动情况" not in page(client, f"{where}?year=2013")
    client.force_login(seat(org, "north", "other_city", "officer"))
    assert client.get(where).status_code == 404
