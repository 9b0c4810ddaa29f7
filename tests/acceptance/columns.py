"""Which column of ``who_may_do_what.csv`` speaks of a principal of the acceptance world."""

import json
from functools import cache

from administration import pages
from administration.acceptance.people import Principal
from administration.pages import Line
from federation import code_lists
from tests.acceptance.county import OWNERS

# About one person's own things, not about a unit's.
PERSONAL = {"act_as", "end_session", "drop_query"}
# Pages that a post reaches as far as its own subtree: another city's units are not there.
REACHED = {"unit"}
# What a county itself is asked for, or has sent up: no township's, though the archives are in it.
COUNTYS_OWN = {"registry:export-POST", "registry:import-POST", "registry:import_preview-GET",
               "registry:import_preview-POST"}  # fmt: skip
# Where the administrator of a city is asked for what is another's: the matrix has no column for him
# (all who stand elsewhere are refused for want of the action), and what she would get here is 404.
ELSEWHERE = "administrator elsewhere"
ADMINISTERED = {"administration:import_preview", "administration:import_confirm", "seat_end",
                "unit_change", "unit_change_done"}  # fmt: skip
# Opened anywhere; what is sent names a unit.
NAMED = {"account_new"}
ADMINISTERED |= {
    f"account_{name}"
    for name in ("record", "details", "appoint", "second", "deputise", "transfer", "leave",
                 "password", "disable", "enable")
}  # fmt: skip
# What an officer of the county has sent up for herself: her colleagues at the desk are shown none of it.
UPLOADED = {"registry:import_preview"}
# What one county offers, a village of the other receives; "beside" is who stands there.
OFFERED = {"registry:transfer"}
# Both sides live in one village: its volunteer with an elder or a child. All other lines of pairs are
# about a post of the county, which organises the pair, and a village.
IN_ONE_VILLAGE = {"elder", "child"}
OF_ONE_VILLAGE = {"pairing:phone_number", "pairing:put_aside_step"}


def is_personal(line: Line) -> bool:
    return line.url in PERSONAL or line.url.startswith("reporting:job")


def standing(principal: Principal, line: Line, county: str) -> str | None:
    """The column of the matrix that speaks of ``principal``; None where it speaks of nobody like her."""
    personal = is_personal(line)
    if personal and county not in OWNERS:
        return None
    if principal.name in {"anonymous", "disabled"}:
        return "anonymous"
    if line.url.startswith("pairing:") and (near := _of_pairs(principal, line, county)):
        return near
    away = county[0] != principal.unit[0]
    hers = ADMINISTERED | (NAMED if line.method == "POST" else set())
    if principal.post == "system_admin" and away and line.url in hers:
        return ELSEWHERE
    if principal.post in {"volunteer", "system_admin", "audit_admin"}:
        plain = {"volunteer": "volunteer", "system_admin": "system_admin"}
        return (
            "other_city"
            if away and line.url in REACHED
            else plain.get(principal.post, "audit_admin")
        )
    if principal.post == "department_officer" and line.url.startswith("registry:"):
        return "receiving"  # no archive is lent to a department, of whatever city
    village = county == "A1" and principal.unit == "A11" and line.url.startswith("registry:")
    if village and f"{line.url}-{line.method}" not in COUNTYS_OWN:
        return "own"  # the archives asked for are of a village of her township
    if line.url in OFFERED and county == "A2" and principal.unit == "A11":
        return "beside"  # A2 offers it to a village of her township
    here = _of_records(principal, line.target, county)
    if personal:
        mine = principal.name == OWNERS[county]
        return "own" if mine or line.url == "reporting:jobs" else "other_city"
    if line.url in UPLOADED and here == "own" and principal.name != OWNERS[county]:
        return "beside"
    if line.url == "reporting:table" and principal.unit != "A11":
        return "own"  # both cities have tables: each sees her part
    return here


def _of_pairs(principal: Principal, line: Line, county: str) -> str | None:
    """Where a pair is nearer to her, or farther, than the records of the county are; else None.

    A pair is reached from either side, organised from the helper's, and carried by one volunteer.
    """
    inside = line.case in IN_ONE_VILLAGE or line.url in OF_ONE_VILLAGE
    if principal.post == "volunteer" and inside and opens(line, principal.post):
        carries = any(at.startswith(county) for at in principal.carries)
        return "volunteer" if carries else "beside"
    if principal.post == "department_officer" and county[0] != principal.unit[0]:
        # Lacking the act itself she is refused as at home; else what is not of her city is not there.
        return "other_city" if opens(line, principal.post) else "receiving"
    if principal.unit == "A11" and county[0] == "A":
        if county == "A1" and inside:
            return "own"
        # The village is hers, the post the county's. What a village's chair may nowhere do, the clerk
        # may: of the county's she gets as little as its neighbour does.
        at_the_village = county == "A1" and opens(line, "village_chair")
        return "village" if at_the_village else "beside"
    return None


def opens(line: Line, post: str) -> bool:
    """Whether the address opens at all to who holds ``post``, whatever lies in her reach."""
    asked = _asked()[line.url]
    return not asked or bool(set(asked) & _given()[post])


@cache
def _asked() -> dict[str, tuple[str, ...]]:
    return {page.name: page.policy.actions for page in pages.pages()}


@cache
def _given() -> dict[str, set[str]]:
    posts = json.loads(code_lists.FILE.read_text("utf-8"))["posts"]
    return {post["code"]: set(post["actions"]) for post in posts}


def _of_records(principal: Principal, target: str, county: str) -> str:
    city, seat = county[0], principal.unit
    if seat == "P":
        return "top"
    if seat == f"{city}-dept":
        return "receiving"
    if seat == city:
        return "top" if target == "form" else "above"
    if seat == county:
        return "above" if target == "form" else "own"
    if len(seat) == 2 and seat[0] == city and target == "table":
        return "beside"
    return "other_city"


def answer_of(line: Line, column: str, *, panel: bool) -> str:
    """What the matrix says, in the words of ``matrix.word``."""
    if column == ELSEWHERE:
        here = dict(line.expected)["system_admin"]
        return here if here in {"403", "405"} else "404"
    answer = dict(line.expected)[column]
    return "401:login" if panel and answer == "302:login" else answer
