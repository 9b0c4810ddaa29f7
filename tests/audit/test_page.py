"""审计记录: the page for auditors and for nobody else."""

import datetime as dt

import pytest
from django.contrib.auth.models import Permission
from django.urls import reverse
from world import SEATS, START, fill, take

from federation import audit, grants
from federation.models import AuditEvent, Post
from federation.views import audit as page

AUDIT = "/audit/"


@pytest.fixture
def enter(client):
    def signed_in(user):
        client.force_login(user)
        return client

    return signed_in


@pytest.fixture
def trail(org, people, calls):
    """A form submitted and returned in the east, a page refused in the west."""
    fill(org.east_post, people.post)
    take("submit", org.east_post, people.post)
    take("return", org.east_post, people.county, reason="请补充")
    audit.record("page:units", "denied", by=people.sibling, unit=org.west)
    audit.record(people.post, "login", by=people.post)


def shown(response) -> list[str]:
    """The verbs of the page, as read."""
    table = response.context["table"]
    return [row.get_cell("verb") for row in table.page.object_list]


def found(client, **asked) -> list[str]:
    response = client.get(AUDIT, asked)
    assert response.status_code == 200
    return shown(response)


@pytest.mark.parametrize("who", [*SEATS, "nobody"])
def test_only_auditors_see_the_page(people, enter, who):
    answer = enter(getattr(people, who)).get(AUDIT)

    assert answer.status_code == (200 if who == "audit" else 403)
    assert enter(getattr(people, who)).post(AUDIT).status_code == (405 if who == "audit" else 403)


def test_an_auditor_reads_no_archives(org, people, calls, enter):
    client = enter(people.audit)

    menu = [i["label"] for g in client.get("/").context["frame"].menu for i in g["items"]]
    assert menu == ["工作台", "组织", "审计记录", "谁能做什么"]
    assert client.get(reverse("reporting:submissions")).status_code == 403


def test_who_when_where_and_what_newest_first(org, people, trail, enter):
    response = enter(people.audit).get(AUDIT)

    assert shown(response)[:4] == ["登录", "越权被拒", "退回", "提交"]
    text = response.content.decode()
    for words in ("post演（post）", "城东区演示供电营业厅", "报表 ", "页面 units", "版本：3"):
        assert words in text
    assert f"{dt.datetime.now():%Y-%m-%d}" in text  # noqa: DTZ005 -- the day of the page


@pytest.mark.parametrize(
    ("asked", "verbs"),
    [
        ({"who": "county"}, ["退回"]),
        ({"who": "post演"}, ["登录", "提交"]),
        ({"verb": "return"}, ["退回"]),
        ({"unit": "城东"}, ["退回", "提交"]),
        ({"unit": "cxx"}, ["越权被拒"]),
        ({"what": "页面"}, ["越权被拒"]),
        ({"what": "报表"}, ["退回", "提交"]),
        ({"what": "units"}, ["越权被拒"]),
        ({"who": "post", "what": "账号"}, ["登录"]),
        ({"unit": "没有这个组织"}, []),
    ],
)
def test_the_query_finds(people, trail, enter, asked, verbs):
    assert found(enter(people.audit), **asked) == verbs


@pytest.mark.parametrize("written", ["2014-05-20", "2014年5月20日", "2014.5.20", "20140520"])
def test_days_are_typed_as_offices_write_them_and_count_whole(people, enter, written, time_machine):
    # Just outside, at both ends of, and just outside 20 May in Shanghai.
    for moment in ("05-19T15:59", "05-19T16:00", "05-20T15:59", "05-20T16:00"):
        time_machine.move_to(f"2014-{moment}Z", tick=False)
        audit.record(people.audit, moment, by=people.audit)
    client = enter(people.audit)

    assert found(client, since=written, until=written) == ["05-20T15:59", "05-19T16:00"]
    assert found(client, since=written) == ["05-20T16:00", "05-20T15:59", "05-19T16:00"]
    chips = client.get(AUDIT, {"since": written}).context["chips"]
    assert [label for label, _ in chips] == ["起始日期：2014-05-20"]


def test_a_day_that_is_none_is_pointed_out(people, enter):
    response = enter(people.audit).get(AUDIT, {"since": "昨天"})

    assert response.context["filter"].form.errors["since"]


def test_a_word_without_a_translation_is_shown_as_it_is(people, enter):
    audit.record("something", "new_verb", by=people.audit, detail={"novel": 1})

    text = enter(people.audit).get(AUDIT).content.decode()

    assert "new_verb" in text
    assert "novel：1" in text
    assert "something" in text


def test_every_verb_the_portal_writes_has_its_word(people, trail):
    verbs = set(AuditEvent.objects.values_list("verb", flat=True))

    assert verbs <= set(audit.VERBS)


def test_a_long_trail_is_counted_to_a_bound(
    people, enter, monkeypatch, django_assert_max_num_queries
):
    monkeypatch.setattr(page, "COUNTED", 100)
    AuditEvent.objects.bulk_create(
        AuditEvent(verb="login", record="w", actor=people.audit) for _ in range(150)
    )
    client = enter(people.audit)

    with django_assert_max_num_queries(14) as queries:
        text = client.get(AUDIT, {"page": 99}).content.decode()

    assert text.count("100+") == 2
    assert "只列出最近 100 条" in text
    counts = [q["sql"] for q in queries.captured_queries if "COUNT(" in q["sql"]]
    assert all("LIMIT 101" in sql for sql in counts if "auditevent" in sql)
    assert 'aria-label="第 5 页"' not in text  # it is the page one is on, the last


def test_a_trail_within_the_bound_is_counted_exactly(people, enter, monkeypatch):
    monkeypatch.setattr(page, "COUNTED", 100)
    AuditEvent.objects.bulk_create(
        AuditEvent(verb="login", record="w", actor=people.audit) for _ in range(100)
    )

    text = enter(people.audit).get(AUDIT).content.decode()

    assert "100+" not in text
    assert "只列出最近" not in text


def test_an_auditor_below_the_top_reads_her_own_part(org, people, trail, enter):
    post = Post.objects.get(code="audit_admin")
    grants.appoint(people.nobody, org.west, post, starts_on=START)
    audit.record("a word", "login", by=None)

    assert found(enter(people.nobody)) == ["任职", "越权被拒"]
    assert "登录" in found(enter(people.audit), who="post")
    grants.appoint(people.nobody, org.province, post, starts_on=START)
    assert AuditEvent.objects.count() == audit.visible_to(people.nobody).count()


def test_a_right_lost_closes_the_page_at_once(people, enter):
    client = enter(people.audit)
    assert client.get(AUDIT).status_code == 200

    people.audit.appointments.all().delete()

    assert client.get(AUDIT).status_code == 403
    assert Permission.objects.filter(codename="federation_audit").exists()
