"""T2: each principal reads all that is offered to her, and finds nobody else's canary in it.

In the battery the sixteen are shared out over the other ``test_t2_*.py``, see :mod:`reading`.
"""

import pytest
from battery import FULL, report

from administration.acceptance.people import PRINCIPALS
from tests.acceptance import crawl
from tests.acceptance.reading import SHARES, SHORT, below, foreign, read_all, the_rest

pytestmark = [pytest.mark.django_db, pytest.mark.battery("T2")]


def test_everybody_reads_once():
    shared = [name for names in SHARES.values() for name in names] + the_rest()

    assert sorted(shared) == sorted(principal.name for principal in PRINCIPALS)


def test_a_planted_canary_of_another_would_be_found(stage):
    """The guard itself: what one's own superior reads is foreign to oneself."""
    (clerk,) = [p for p in PRINCIPALS if p.name == "county_clerk"]
    hidden = foreign(stage, clerk)
    (form,) = stage.things("submission", unit="A2-post4")
    leader = crawl.Crawl(stage.client("city_leader"), 1)

    texts = "".join(text for _, _, text in leader.run(form["urls"]["submission"]))

    assert any(canary in texts for canary in hidden)
    own = [c["text"] for c in stage.said["canaries"] if (c["unit"] or "").startswith("A1-post4")]
    assert not set(own) & set(hidden)


@pytest.mark.parametrize("name", the_rest() if FULL else SHORT)
def test_nobody_finds_a_canary_beyond_her_reach(stage, name):
    read_all(stage, name)


@pytest.mark.parametrize("name", [p.name for p in PRINCIPALS if p.reads])
def test_a_list_counts_what_is_in_reach_and_nothing_else(stage, name):
    """共 N 条, from the seed's own account of whose record is whose."""
    (principal,) = [p for p in PRINCIPALS if p.name == name]
    roots = (*principal.reads, *(["A-dept"] if principal.unit == "A-dept" else []),
             *(["B-dept"] if principal.unit == "B-dept" else []))  # fmt: skip
    units = below(stage, *roots)
    hers = [t for t in stage.things("submission") if t["unit"] in units]
    units -= {unit["key"] for unit in stage.said["tree"] if unit["closed"]}
    client = stage.client(name)

    shown = {
        path: client.get(path).context["total"]
        for path in ("/submissions/", "/submissions/?annex=pairing-intent", "/units/")
    }

    forms = [t for t in hers if t["annex"] == "pairing-intent"]
    assert shown == {
        "/submissions/": len(hers),
        "/submissions/?annex=pairing-intent": len(forms),
        "/units/": len(units),
    }
    report(
        "T2", f"{name}: 3 lists count {len(hers)} forms, {len(forms)} of 附件1, {len(units)} units"
    )
