"""Rows taken for writing: read anew and kept from others until the end of the transaction.

Whoever calls has reached the row in scope already; what stands on it by now is judged after.
"""

from __future__ import annotations

from collections.abc import Iterable

from notices.models import Notice, Task, TaskQuerySet


def notice(held: Notice) -> Notice:
    """``held`` as it is now, with its issuer."""
    everyone = Notice.objects.unscoped(reason="lock a notice that was reached in scope")
    return everyone.select_for_update(of=("self",)).select_related("issuer").get(pk=held.pk)


def tasks(keys: Iterable[int]) -> TaskQuerySet:
    """Those tasks, with duty, notice and unit, in the order of their keys.

    In that order two who press at once wait for each other and do not deadlock.
    """
    everyone = Task.objects.unscoped(reason="lock tasks that were reached in scope")
    rows = everyone.select_for_update(of=("self",)).select_related("duty__notice", "unit")
    return rows.filter(pk__in=set(keys)).order_by("pk")


def task(held: Task) -> Task:
    """``held`` as it is now, with its duty, notice and unit."""
    return tasks([held.pk]).get()
