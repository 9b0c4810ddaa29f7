"""What was done for pairs, added up by month: what rules are counted from.

Months, because every window of a rule is made of whole ones.
"""

from __future__ import annotations

import datetime as dt
from collections import Counter, defaultdict
from typing import Any

from django.db.models import Count, Q

from federation.scope import ScopedModel
from pairing.models import AssistanceProject, ContactLog, Pairing, PairKind, Rule, Term
from pairing.windows import Days, union

# (code of what was done, direction, year, month) → how often; projects of a year under month 0.
Tally = Counter[tuple[str, str, int, int]]
Group = tuple[int, int | None, int | None]  # bundle, helping unit, helper


def rows_of(model: type[ScopedModel]) -> Any:
    return model.objects.unscoped(reason="figures of pairs count what happened, whoever asks")


def rules_of(pairs: list[Pairing]) -> dict[int, list[Rule]]:
    """The rules of each kind of pair."""
    found: dict[int, list[Rule]] = defaultdict(list)
    kinds = PairKind.objects.filter(pk__in={pair.kind_id for pair in pairs}, bundle__isnull=False)
    bundles: dict[int, list[int]] = defaultdict(list)
    for kind, bundle in kinds.values_list("pk", "bundle_id"):
        bundles[bundle].append(kind)
    for rule in Rule.objects.filter(bundle__in=bundles).order_by("position", "code"):
        for kind in bundles[rule.bundle_id]:
            found[kind].append(rule)
    return found


def stretches_of(pairs: list[Pairing]) -> dict[int, list[Days]]:
    terms: dict[int, list[tuple[dt.date, dt.date | None]]] = defaultdict(list)
    rows = rows_of(Term).filter(pairing__in=[pair.pk for pair in pairs]).order_by()
    for pk, starts, ends in rows.values_list("pairing_id", "starts_on", "ends_on"):
        terms[pk].append((starts, ends))
    return {pair.pk: union(terms[pair.pk]) for pair in pairs}


class Tallies:
    """What was done, by pair, and by helper where a rule counts all pairs of one helper together."""

    def __init__(
        self,
        pairs: list[Pairing],
        rules: dict[int, list[Rule]],
        first: dt.date | None,
        last: dt.date | None,
    ):
        self.by_pair: dict[int, Tally] = defaultdict(Counter)
        self.by_helper: dict[Group, Tally] = defaultdict(Counter)
        members = members_of(pairs, rules)
        known = {pair.pk for pair in pairs} | set(members)
        counted = {code for held in rules.values() for rule in held for code in rule.counts}
        self._add_logs(known, counted, first, last)
        if Rule.PROJECT in counted:
            self._add_projects(known)
        for pk, group in members.items():
            self.by_helper[group].update(self.by_pair[pk])

    def of(self, pair: Pairing, rule: Rule) -> Tally:
        if rule.scope == Rule.Scope.HELPER:
            return self.by_helper[rule.bundle_id, pair.helper_unit_id, pair.helper_id]
        return self.by_pair[pair.pk]

    def _add_logs(
        self, pairs: set[int], codes: set[str], first: dt.date | None, last: dt.date | None
    ) -> None:
        rows = rows_of(ContactLog).counted().filter(pairing__in=pairs, kind__code__in=codes)
        if first and last:  # a window is at most a year and lies within years
            rows = rows.filter(on__gte=first.replace(month=1, day=1))
            rows = rows.filter(on__lte=last.replace(month=12, day=31))
        by = ("pairing_id", "kind__code", "direction", "on__year", "on__month")
        for pk, code, way, year, month, count in (
            rows.order_by().values_list(*by).annotate(count=Count("pk"))
        ):
            self.by_pair[pk][code, way, year, month] += count

    def _add_projects(self, pairs: set[int]) -> None:
        rows = rows_of(AssistanceProject).filter(pairing__in=pairs).order_by()
        rows = rows.exclude(state=AssistanceProject.State.ABANDONED)
        for pk, year, starts_on in rows.values_list("pairing_id", "year", "starts_on"):
            self.by_pair[pk][Rule.PROJECT, "", year, 0] += 1
            if starts_on:
                self.by_pair[pk][Rule.PROJECT, "", starts_on.year, starts_on.month] += 1


def _pooled(rules: dict[int, list[Rule]]) -> set[int]:
    """Bundles with a rule that counts all pairs of one helper together."""
    return {
        rule.bundle_id
        for held in rules.values()
        for rule in held
        if rule.scope == Rule.Scope.HELPER
    }


def members_of(pairs: list[Pairing], rules: dict[int, list[Rule]]) -> dict[int, Group]:
    """The pairs that count together with any of ``pairs``, and under which helper."""
    bundles = _pooled(rules)
    if not bundles:
        return {}
    near = Q(helper_unit__in={p.helper_unit_id for p in pairs if p.helper_unit_id})
    near |= Q(helper__in={p.helper_id for p in pairs if p.helper_id})
    rows = rows_of(Pairing).filter(near, kind__bundle__in=bundles).order_by()
    columns = ("pk", "kind__bundle_id", "helper_unit_id", "helper_id")
    return {pk: tuple(group) for pk, *group in rows.values_list(*columns)}
