"""Chosen rows go back together or not at all, with the reason and at the version one saw."""

import pytest
from django.urls import reverse
from world import approved, of, take

from federation.idempotency import new_key

SUMMARY = "pairing-summary"


@pytest.fixture
def desk(org, people, calls, client):
    """The city's desk with one reported row each of 城东区 and 城西县: ``send(**fields)``."""
    approved(org.east_post, people.post, people.county, village=org.east_village)
    approved(org.west_post, people.sibling_post, people.sibling, village=org.west_village)
    take("submit", org.east, people.county, SUMMARY)
    take("submit", org.west, people.sibling, SUMMARY)
    client.force_login(people.city)
    rows = [of(unit, SUMMARY).rows.get() for unit in (org.east, org.west)]

    def send(**fields):
        body = {"row": [str(row.uuid) for row in rows], **fields}
        return client.post(reverse("reporting:return_rows"), body)

    return send


def versions(org) -> dict[str, int]:
    tables = [of(unit, SUMMARY) for unit in (org.east, org.west)]
    return {f"version:{table.uuid}": table.version for table in tables}


def states(org) -> list[str]:
    return [of(unit, SUMMARY).state for unit in (org.east, org.west)]


def test_the_rows_are_named_before_they_go_back(org, desk):
    page = desk()

    assert page.status_code == 200
    assert "城东区妇联 第 1 行" in page.content.decode()
    assert states(org) == ["submitted", "submitted"]


def test_with_a_reason_both_tables_go_back(org, desk):
    answer = desk(confirmed="1", reason="核实村名", idempotency_key=new_key(), **versions(org))

    assert answer.status_code == 302
    assert states(org) == ["returned", "returned"]


def test_a_table_that_moved_on_stops_the_others_and_keeps_the_reason(org, people, desk):
    seen = versions(org)
    take("return", org.west, people.leader, SUMMARY, reason="重报")

    answer = desk(confirmed="1", reason="核实村名", idempotency_key=new_key(), **seen)

    assert answer.status_code in {403, 409}
    assert states(org) == ["submitted", "returned"]


def test_a_page_one_version_behind_returns_nothing_and_keeps_what_was_written(org, desk):
    behind = {name: version - 1 for name, version in versions(org).items()}

    answer = desk(confirmed="1", reason="核实村名", idempotency_key=new_key(), **behind)

    assert answer.status_code == 409
    assert "核实村名" in answer.content.decode()
    assert states(org) == ["submitted", "submitted"]
