"""What the two sides of a pair are called, for who reads it: the one way of a party's name into a page.

Units, enterprises, associations and sites by their names. A person of the archives by her name where
the archive is open to the reader or the reader carries the pair herself; a minor by 姓+某 to who may
look her archive up without opening it; to all others as what she is: 一名儿童, 一位老人, 一户家庭.
"""

from __future__ import annotations

from collections.abc import Iterable

from federation.models import User
from pairing.models import Pairing
from registry import access
from registry.models import Helper, Household, Person
from registry.names import Names

PARTIES = (
    "kind", "helper_unit", "helper", "recipient_unit", "household__head__unit", "person__unit", "site",
)  # fmt: skip
# What a person is called who is not named, by the programme her kind of pair is for.
CALLED = {
    "left_behind_child": "一名儿童",
    "child_in_difficulty": "一名儿童",
    "empty_nest_elder": "一位老人",
    "poor_woman": "一名妇女",
}
SOMEBODY, SOME_HOME = "一名群众", "一户家庭"


def names(pairs: Iterable[Pairing], *, to: User) -> dict[int, tuple[str, str]]:
    """(helper, recipient) of each pair in ``to``'s reach, by key; the same questions for any number."""
    keys = [pair.pk for pair in pairs]
    rows = list(Pairing.objects.visible_to(to).filter(pk__in=keys).select_related(*PARTIES))
    told = _Told(rows, to)
    return {row.pk: (told.helper(row), told.recipient(row)) for row in rows}


def both(pair: Pairing, *, to: User) -> tuple[str, str]:
    """(helper, recipient) of one pair; two empty words where it is beyond her reach."""
    return names([pair], to=to).get(pair.pk, ("", ""))


def helper_name(pair: Pairing, *, to: User) -> str:
    return both(pair, to=to)[0]


def recipient_name(pair: Pairing, *, to: User) -> str:
    return both(pair, to=to)[1]


def shown(pair: Pairing, *, to: User) -> str:
    """``甲 — 乙``."""
    return joined(both(pair, to=to))


def joined(both: tuple[str, str]) -> str:
    return " — ".join(both)


def may_know(pair: Pairing, user: User) -> bool:
    """Whether ``user``, in whose reach the pair is, may open what shows who is helped: scans, photos.

    Where that is a person or a home, who carries the pair and who may open the archive.
    """
    if pair.recipient_is in ("unit", "site"):
        return True
    if Pairing.objects.carried_by(user).filter(pk=pair.pk).exists():
        return True
    if pair.person is not None:
        return access.in_reach(user, pair.person) and access.may_open(user, pair.person)
    homes = Household.objects.visible_to(user)
    return pair.household_id is not None and homes.filter(pk=pair.household_id).exists()


def unnamed(pair: Pairing) -> str:
    """A recipient of the archives as anybody may read of her; said without looking her up."""
    if pair.recipient_is == "household":
        return SOME_HOME
    known = (CALLED[code] for code in pair.kind.programmes if code in CALLED)
    return next(known, SOMEBODY)


class _Told:
    """What one reader may know of the persons in ``rows``, asked for all at once."""

    def __init__(self, rows: list[Pairing], to: User):
        self.names = Names(to)
        persons = {row.person_id for row in rows} | {
            row.household.head_id for row in rows if row.household
        }
        homes = {row.household_id for row in rows}
        helpers = {row.helper_id for row in rows if row.helper and row.helper.kind == "person"}
        self.persons = _within(Person, persons, to)
        self.homes = _within(Household, homes, to)
        self.helpers = _within(Helper, helpers, to)
        of_persons = persons | homes | helpers
        self.carried = (
            set(Pairing.objects.carried_by(to).filter(pk__in=[r.pk for r in rows]).values_list("pk", flat=True))
            if of_persons - {None}
            else set()
        )  # fmt: skip

    def helper(self, row: Pairing) -> str:
        if row.helper_unit:
            return row.helper_unit.name
        if row.helper is None:
            return ""
        if row.helper.kind != "person" or row.helper.pk in self.helpers or row.pk in self.carried:
            return row.helper.name
        return f"一名{row.helper.get_role_display()}"

    def recipient(self, row: Pairing) -> str:
        if row.recipient_is == "unit":
            return row.recipient_unit.name
        if row.site:
            return row.site.name
        if row.recipient_is == "household":
            return self._home(row)
        return self._person(row.person, row) or unnamed(row)

    def _home(self, row: Pairing) -> str:
        home = row.household
        if home is None or (home.pk not in self.homes and row.pk not in self.carried):
            return SOME_HOME
        head = self._person(home.head, row)
        number = f"户编号{home.number}" if home.number else SOME_HOME
        return f"{head}户" if head else number

    def _person(self, person: Person | None, row: Pairing) -> str:
        if person is None:
            return ""
        if row.pk in self.carried:
            return person.name
        return self.names.of(person) if person.pk in self.persons else ""


def _within(model, keys: set, to: User) -> set[int]:
    keys = keys - {None}
    if not keys:
        return set()
    return set(model.objects.visible_to(to).filter(pk__in=keys).values_list("pk", flat=True))
