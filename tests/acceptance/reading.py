"""What a principal of the acceptance world may find on pages, and reading all she is offered.

The sixteen are shared out over the ``test_t2_*.py`` by what each takes: the processes of a whole run
take a file each.
"""

from battery import count, report

from administration.acceptance import archives
from administration.acceptance.people import PRINCIPALS
from tests.acceptance import crawl
from tests.login.headers import lacking

SHARES = {
    "province": ("province_viewer",),
    "auditor": ("auditor",),
    "other_city": ("reviewer_other_city",),
    "city": ("city_reviewer", "city_leader"),
    "county": ("county_clerk", "county_head"),
    "county_beside": ("county_clerk_sibling", "county_clerk_no_petitions"),
    "township": ("township_clerk", "transferred"),
}  # fmt: skip
# In the daily run a few who stand apart; all sixteen in the battery.
SHORT = ("county_clerk", "reviewer_other_city", "auditor", "transferred")


def the_rest() -> list[str]:
    """Whoever is in no share."""
    shared = {name for names in SHARES.values() for name in names}
    return [principal.name for principal in PRINCIPALS if principal.name not in shared]


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
            if (sort := canary["what"].partition(":")[0]) in archives.KINDS:
                reads = said["archives"] if sort == "archive" else []
            if sort == "carried":
                reads = reads + said["carries"]
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


def read_all(stage, name: str) -> None:
    """Read all that is offered to ``name``; an ``AssertionError`` names what is nobody else's to find."""
    (principal,) = [p for p in PRINCIPALS if p.name == name]
    hidden, numbers = foreign(stage, principal), set(stage.said["identity_numbers"])
    walker = crawl.Crawl(stage.reader(name), count(12, full=3300))
    # By pattern what has the canaries' own shape, one by one what has not (a telephone, say).
    odd = [c for c in hidden if not (found := crawl.CANARY.match(c)) or found[0] != c]
    read, leaks, broken, bare = 0, [], [], []

    for path, answer, text in walker.run(*crawl.starts()):
        read += 1
        met = {*crawl.CANARY.findall(text), *(c for c in odd if c in text)} & hidden.keys()
        leaks += [(path, hidden[canary], canary) for canary in sorted(met)]
        leaks += [(path, number) for number in crawl.IDENTITY.findall(text) if number in numbers]
        if answer.status_code >= 500:
            broken.append((path, answer.status_code))
        if missing := lacking(answer):
            bare.append((path, missing))

    assert leaks == []
    assert broken == []
    assert bare == []
    end = "exhausted" if walker.exhausted else "stopped at the count"
    report(
        "T2",
        f"{name}: {read:,} answers ({end}), 0 of {len(hidden)} foreign canaries, 0 without the headers of T22",
    )
