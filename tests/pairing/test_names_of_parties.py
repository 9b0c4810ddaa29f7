"""What the two sides of a pair are called, for each who can see it."""

from django.db import connection
from django.test.utils import CaptureQueriesContext

from pairing import parties
from pairing.models import Pairing

# Seat → what she reads of the elder's pair and of the child's; "" out of reach.
OPEN = ("孙演庚寅", "陈演乙丑")
READ = {
    "village": (OPEN, ("孙演庚寅", "王演丙寅")),  # keeps both archives
    "volunteer": (OPEN, ("孙演庚寅", "王演丙寅")),  # carries both pairs
    "children_county": (OPEN, ("孙演庚寅", "王某")),  # may look the child up, not open her
    "county": (OPEN, ("孙演庚寅", "一名儿童")),  # no child's archive is in reach
    "city": (("一名志愿者", "一位老人"), ("一名志愿者", "一名儿童")),  # no archive at all
    "post": (("", ""), ("", "")),
}


def test_a_name_is_read_by_who_may_open_the_archive_or_carries_the_pair(pairs, people, carers):
    found = {}
    for seat in READ:
        user = getattr(people, seat, None) or getattr(carers, seat)
        told = parties.names([pairs.elderly, pairs.motherly], to=user)
        found[seat] = tuple(told.get(pair.pk, ("", "")) for pair in (pairs.elderly, pairs.motherly))

    assert found == READ


def test_units_are_called_by_name_to_all_who_see_the_pair(pairs, people):
    for seat in ("post", "village", "county", "city"):
        shown = parties.shown(pairs.posted, to=getattr(people, seat))
        assert shown == "城东区演示供电营业厅 — 红旗村妇联"


def test_pages_show_no_more_than_that(pairs, people, client):
    for seat, (_, (_, child)) in READ.items():
        user = getattr(people, seat, None)
        if user is None or not child:
            continue
        client.force_login(user)
        html = client.get(f"/pairs/{pairs.motherly.uuid}/").content.decode()
        html += client.get("/pairs/").content.decode()
        assert ("王演丙寅" in html) == (child == "王演丙寅"), seat
        assert child in html


def test_names_of_many_pairs_are_asked_for_at_once(pairs, people):
    def asked(rows) -> int:
        with CaptureQueriesContext(connection) as queries:
            parties.names(rows, to=people.village)
        return len(queries)

    every = list(Pairing.objects.visible_to(people.village))

    assert asked([pairs.motherly]) == asked(every)
