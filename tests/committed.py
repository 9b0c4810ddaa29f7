"""Costly data loaded once for a module: committed, read by its tests, flushed after the last."""

from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager

from django.core.management import call_command

from federation import tree
from federation.models import OrgUnit


@contextmanager
def committed(blocker) -> Iterator[None]:
    """Inside, what is written stays; tests then roll back to it. ``blocker``: django_db_blocker."""
    with blocker.unblock():
        try:
            yield
        finally:
            call_command("flush", interactive=False, verbosity=0)


def unsound_units() -> list[OrgUnit]:
    """Units whose depth, parent or count of children does not fit their path.

    What ``find_problems`` finds, in one query: it asks twice for every unit.
    """
    units = list(OrgUnit.objects.all())
    paths = {unit.path for unit in units}
    children = Counter(unit.path[: -tree.STEP] for unit in units)
    return [
        unit
        for unit in units
        if unit.depth * tree.STEP != len(unit.path)
        or unit.numchild != children[unit.path]
        or (unit.depth > 1 and unit.path[: -tree.STEP] not in paths)
    ]
