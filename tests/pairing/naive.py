"""The rules of a pair counted once more, day by day and log by log, knowing nothing of the portal's way."""

import datetime as dt

from pairing.models import AssistanceProject, ContactLog, Pairing, Term

DAY = dt.timedelta(days=1)
PARTS = {"month": 12, "quarter": 4, "half_year": 2, "year": 1}  # windows of a year


def beijing_day(moment: dt.datetime) -> dt.date:
    return (moment.astimezone(dt.UTC) + dt.timedelta(hours=8)).date()


def every(model):
    return model.objects.unscoped(reason="a test looks at the truth")


def standing(pair: Pairing, today: dt.date) -> dict[tuple[str, dt.date], tuple]:
    """(rule, first day) → (last day, owed, done, back, met, over) of every window that has begun."""
    terms = [(t.starts_on, t.ends_on) for t in every(Term).filter(pairing=pair)]
    if not terms:
        return {}
    first = min(start for start, _ in terms).replace(month=1, day=1)
    calendar = [first + DAY * n for n in range((today.replace(month=12, day=31) - first).days + 1)]
    active = {
        day for day in calendar if any(s <= day and (e is None or day <= e) for s, e in terms)
    }
    found = {}
    for rule in pair.kind.bundle.rules.all():
        parts = PARTS[rule.window]
        windows: dict[tuple, list[dt.date]] = {}
        for day in calendar:
            windows.setdefault((day.year, (day.month - 1) * parts // 12), []).append(day)
        pairs = [pair] if rule.scope == "pair" else together(pair)
        for days in windows.values():
            of_pair = [day for day in days if day in active]
            in_force = not (rule.from_on and days[0] < rule.from_on) and not (
                rule.until and days[0] > rule.until
            )
            if not of_pair or not in_force or days[0] > today:
                continue
            done, back = happened(rule, pairs, set(days))
            enough = done >= rule.at_least
            if rule.direction == "both":
                enough = enough and back >= rule.at_least
            found[rule.code, days[0]] = (
                days[-1],
                days[-1] in active and len(of_pair) / len(days) >= rule.least_share / 100,
                done,
                back,
                enough,
                rule.at_most is not None and done > rule.at_most,
            )
    return found


def together(pair: Pairing) -> list[Pairing]:
    return [
        other
        for other in every(Pairing).select_related("kind")
        if (other.helper_id, other.helper_unit_id) == (pair.helper_id, pair.helper_unit_id)
        and other.kind.bundle_id == pair.kind.bundle_id
    ]


def happened(rule, pairs: list[Pairing], days: set[dt.date]) -> tuple[int, int]:
    done = back = 0
    for log in every(ContactLog).filter(pairing__in=pairs).select_related("kind"):
        if log.withdrawn_at or log.on not in days or log.kind.code not in rule.counts:
            continue
        if rule.direction == "both":
            done += log.direction == "to_recipient"
            back += log.direction == "to_helper"
        else:
            done += rule.direction in ("", log.direction)
    if "project" in rule.counts:
        for project in every(AssistanceProject).filter(pairing__in=pairs):
            if project.state == "abandoned":
                continue
            whole_year = rule.window == "year" and project.year == min(days).year
            done += whole_year or (rule.window != "year" and project.starts_on in days)
    return done, back
