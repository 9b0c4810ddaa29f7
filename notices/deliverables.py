"""What a duty can ask for beside a file or a text: forms of the rooms above, told by their apps.

An app config names a module in ``deliverables``; it offers ``choices() → {code: words}``,
``respondents(code, issuer) → units``, ``answer_url(task)``, and ``published(duty, by)`` and
``day_moved(task)``, both called in the transaction of the act. So ``reporting`` opens the collection of an annex without being known here.
"""

from functools import cache
from importlib import import_module
from types import ModuleType

from django.apps import apps
from django.db import models

from federation.models import OrgUnit, User
from notices.models import Duty, Task


@cache
def _sources() -> tuple[ModuleType, ...]:
    names = [getattr(config, "deliverables", "") for config in apps.get_app_configs()]
    return tuple(import_module(name) for name in names if name)


def choices() -> dict[str, str]:
    """Annex code → its words, of every room that offers forms."""
    return {code: words for source in _sources() for code, words in source.choices().items()}


def respondents(code: str, issuer: OrgUnit) -> models.QuerySet[OrgUnit]:
    """Units that owe the annex ``code`` to ``issuer``; none when nobody offers it."""
    for source in _sources():
        if code in source.choices():
            return source.respondents(code, issuer)
    return OrgUnit.objects.none()


def published(duty: Duty, by: User | None) -> None:
    """Tell the rooms above that ``duty`` is now owed."""
    for source in _sources():
        if duty.annex in source.choices():
            source.published(duty, by)


def day_moved(task: Task) -> None:
    """Tell them that a unit's day is another one."""
    for source in _sources():
        if task.duty.annex in source.choices():
            source.day_moved(task)


def answer_url(task: Task) -> str:
    """Where the form that answers ``task`` stands; empty when there is none."""
    for source in _sources():
        if task.duty.annex in source.choices():
            return source.answer_url(task)
    return ""
