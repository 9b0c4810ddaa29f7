"""年度台账: a register of one programme, unit and year is opened, and closed with its figures.

The figures are written down on the day of closing; whatever becomes of the people later, they stay.
"""

import datetime as dt

from django.db import transaction
from django.db.models import Q, QuerySet
from django.utils import timezone

from federation import audit, scope, tree
from federation.models import OrgUnit, User
from federation.scope import ScopedModel
from registry.models import (
    Enrolment,
    PersonState,
    Programme,
    RegisterBook,
    Transfer,
)
from registry.models.programmes import Zone
from registry.refusal import Refused

FIRST_YEAR = 2000
COUNTED = {
    "now": "封册时在册",
    "new": "本年新增",
    "left": "本年退出",
    "transferred_in": "转入",
    "transferred_out": "转出",
    "verified": "本年已核实",
}


# -- Who --------------------------------------------------------------------------------------------
def may_keep(user: User, unit: OrgUnit) -> bool:
    return scope.may(user, "registry_edit", unit)


def may_reopen(user: User, unit: OrgUnit) -> bool:
    """Who keeps archives at a unit above it: nobody reopens her own year."""
    paths = scope.granted_paths(user, "registry_edit")
    return any(unit.path.startswith(path) and path != unit.path for path in paths)


def may_read_figures(user: User, book: RegisterBook) -> bool:
    """Figures of one unit's minors and patients are so small that they tell who: the zone reads them."""
    if book.programme.zone == Zone.OPEN:
        return True
    return scope.may(user, "registry_children", book.unit)


# -- Opening, closing -------------------------------------------------------------------------------
@transaction.atomic
def open_book(*, programme: Programme, unit: OrgUnit, year: int, by: User) -> RegisterBook:
    if not may_keep(by, unit):
        raise scope.OutOfReach("所填组织不在您的管辖范围内，未保存。")
    today = timezone.localdate()
    if not programme.yearly:
        raise Refused(f"“{programme}”不按年度建册。")
    if not FIRST_YEAR <= year <= today.year:
        raise Refused(f"年度请填 {FIRST_YEAR}—{today.year}。")
    made, new = RegisterBook.objects.visible_to(by, "edit").get_or_create(
        programme=programme, unit=unit, year=year, defaults={"opened_on": today, "opened_by": by}
    )  # fmt: skip
    if not new:
        raise Refused(f"{made}已经开册，不用再开。")
    _recorded(made, "open_book", by)
    return made


def _held(book: RegisterBook, by: User) -> RegisterBook:
    found = RegisterBook.objects.visible_to(by).select_related("unit", "programme")
    return found.select_for_update(of=("self",)).get(pk=book.pk)


@transaction.atomic
def close(book: RegisterBook, *, by: User) -> RegisterBook:
    book = _held(book, by)
    if book.closed_on:
        raise Refused(f"{book}已在 {book.closed_on} 封册。")
    if not may_keep(by, book.unit):
        raise scope.OutOfReach("这册台账不归您维护。")
    book.counts = {**book.counts, **figures(book)}
    book.closed_on, book.closed_by = timezone.localdate(), by
    book.save(update_fields=["counts", "closed_on", "closed_by"])
    _recorded(book, "close_book", by)
    return book


@transaction.atomic
def reopen(book: RegisterBook, *, reason: str, by: User) -> RegisterBook:
    """By a unit above, with its reason. The figures of the closing before are kept beside the new."""
    book = _held(book, by)
    if not book.closed_on:
        raise Refused(f"{book}没有封册，不用重开。")
    if not may_reopen(by, book.unit):
        raise Refused(f"{book}已封册，由上级单位重开，并写明原因。")
    if not reason.strip():
        raise Refused("请写明重开的原因。")
    closed = {key: book.counts[key] for key in COUNTED if key in book.counts}
    earlier = [*book.counts.get("earlier", []), {"closed_on": str(book.closed_on), **closed}]
    book.counts, book.closed_on, book.closed_by = {"earlier": earlier}, None, None
    book.save(update_fields=["counts", "closed_on", "closed_by"])
    _recorded(book, "reopen_book", by, reason=reason)
    return book


def _recorded(book: RegisterBook, verb: str, by: User, **more: str) -> None:
    detail = {"programme": book.programme.code, "year": book.year, **more}
    audit.record(f"registry.registerbook:{book.pk}", verb, by=by, unit=book.unit, detail=detail)


# -- Figures ----------------------------------------------------------------------------------------
def figures(book: RegisterBook) -> dict[str, int]:
    """What the register of the year comes to, as it stands now."""
    first, last = dt.date(book.year, 1, 1), dt.date(book.year, 12, 31)
    day = min(last, timezone.localdate())
    inside = tree.within(book.unit.path, "person__unit__path")
    rows = _all(Enrolment).filter(inside, programme=book.programme)
    rows = rows.exclude(person__state__in=(PersonState.MERGED, PersonState.ERASED))
    current = rows.filter(Q(ends_on=None) | Q(ends_on__gte=day), starts_on__lte=day)
    current = current.filter(person__state=PersonState.ACTIVE)
    verified = current.filter(person__verified_on__range=(first, last))
    return {
        "now": _people(current),
        "new": _people(rows.filter(starts_on__range=(first, last))),
        "left": _people(rows.filter(ends_on__range=(first, day))),
        **_moved(book, first, last),
        "verified": _people(verified),
    }


def _all(model: type[ScopedModel]) -> QuerySet:
    return model.objects.unscoped(reason="figures of a year count archives, and show none")


def _people(rows: QuerySet) -> int:
    return rows.order_by().values("person").distinct().count()


def _moved(book: RegisterBook, first: dt.date, last: dt.date) -> dict[str, int]:
    """Who came from units beyond this one and its own, and who went there."""
    enrolled = _all(Enrolment).filter(programme=book.programme).values("person")
    done = _all(Transfer).filter(
        state=Transfer.State.DONE, effective_on__range=(first, last), person__in=enrolled
    )
    here, there = (tree.within(book.unit.path, f"{end}__path") for end in ("to_unit", "unit"))
    return {
        "transferred_in": done.filter(here).exclude(there).count(),
        "transferred_out": done.filter(there).exclude(here).count(),
    }
