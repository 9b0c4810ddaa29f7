"""T2: each principal reads all that is offered to her, and finds nobody else's canary in it."""

import pytest
from battery import FULL, count, report

from administration.acceptance.people import PRINCIPALS
from tests.acceptance import crawl

pytestmark = [pytest.mark.django_db, pytest.mark.battery("T2")]
# In the daily run a few who stand apart; all sixteen in the battery.
SHORT = ("county_clerk", "reviewer_other_city", "auditor", "transferred")


def foreign(stage, principal) -> dict[str, str]:
    """Canaries ``principal`` must not find, each with whose it is."""
    said = stage.principals[principal.name]
    seated = [held["unit"] for held in said["appointments"]]
    # Who works in a unit reads its directory entry and those below, of whatever post.
    directory = [u["key"] for u in stage.said["tree"] if u["name"] in seated[-1:]]
    found = {}
    for canary in stage.said["canaries"]:
        if canary["owner"]:
            mine = canary["owner"] == said["username"]
        else:
            reads = said["reads"] + (said["audits"] if canary["what"] == "reason" else [])
            if canary["what"] == "strengths":
                reads = reads + directory
            mine = canary["unit"] in below(stage, *reads)
        if not mine:
            found[canary["text"]] = canary["unit"] or canary["owner"]
    return found


def below(stage, *roots: str) -> set[str]:
    """Keys of ``roots`` and of all units under them, by the tree the seed tells of."""
    found = set(roots)
    for unit in stage.said["tree"]:  # parents come before their children
        if unit["parent"] in found:
            found.add(unit["key"])
    return found


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


@pytest.mark.parametrize(
    "name", [p.name for p in PRINCIPALS] if FULL else SHORT
)  # fmt: skip
def test_nobody_finds_a_canary_beyond_her_reach(stage, name):
    (principal,) = [p for p in PRINCIPALS if p.name == name]
    hidden, numbers = foreign(stage, principal), set(stage.said["identity_numbers"])
    walker = crawl.Crawl(stage.client(name), count(12, full=3000))
    read, leaks, broken = 0, [], []

    for path, status, text in walker.run(*crawl.starts()):
        read += 1
        leaks += [(path, whose, canary) for canary, whose in hidden.items() if canary in text]
        leaks += [(path, number) for number in crawl.IDENTITY.findall(text) if number in numbers]
        if status >= 500:
            broken.append((path, status))

    assert leaks == []
    assert broken == []
    end = "exhausted" if walker.exhausted else "stopped at the count"
    report("T2", f"{name}: {read:,} answers ({end}), 0 of {len(hidden)} foreign canaries")


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
