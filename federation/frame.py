"""The page frame: menu, the unit one acts for, and the panels of 工作台.

An app's config declares ``menu``; its ``panels`` module registers panels. Nothing is listed twice.
"""

from __future__ import annotations

import datetime as dt
import functools
from collections.abc import Callable
from contextlib import suppress
from dataclasses import dataclass, field
from typing import Any

from django.apps import apps
from django.conf import settings
from django.core.exceptions import EmptyResultSet
from django.db import connection
from django.db.models import QuerySet
from django.template.loader import get_template
from django.urls import get_script_prefix, get_urlconf, reverse
from django.utils import timezone
from django.utils.functional import cached_property
from django.utils.safestring import SafeString

from federation import scope, sessions
from federation.menu import GROUPS, MenuItem
from federation.models import User

ELDER_COOKIE = "elder"


@dataclass
class Panel:
    """A block of 工作台: what is due, what waits for review, what came back, running jobs."""

    title: str
    icon: str
    items: list[dict[str, Any]] = field(default_factory=list)
    count: int | None = None
    tone: str = "info"
    empty: str = ""
    more_url: str = ""
    position: int = 50


_panels: list[Callable] = []
_counted: list[Callable] = []
_figures: list[Callable] = []
_todos: dict[tuple[str, ...], Callable] = {}
_tools: dict[str, list[Callable]] = {}


def panel(make: Callable) -> Callable:
    """Register ``make(request) -> Panel | None`` for 工作台."""
    _panels.append(make)
    return make


def counted(make: Callable) -> Callable:
    """Register ``make(request) -> {name: queryset}``: what panels count before they read a row."""
    _counted.append(make)
    return make


def figures(make: Callable) -> Callable:
    """Register ``make(request) -> list[dict]`` for the row of big figures."""
    _figures.append(make)
    return make


def tool(view_name: str) -> Callable:
    """Register ``make(request) -> dict | None``: one more thing to do at the tool bar of that list."""

    def register(make: Callable) -> Callable:
        _tools.setdefault(view_name, []).append(make)
        return make

    return register


def tools_for(request) -> list[dict]:
    makers = _tools.get(request.resolver_match.view_name, ())
    return [made for make in makers if (made := make(request)) is not None]


def todo(*names: str) -> Callable:
    """Register ``make(user, today) -> {name: queryset}``: what the top bar's 待办 adds up.

    ``names`` are those under which :func:`counted` has them for 工作台, some of which there may not be.
    What is asked may depend on nothing but the person, her grants and the day: see :func:`_waiting`.
    """

    def register(make: Callable) -> Callable:
        _todos[names] = make
        return make

    return register


def panels_for(request) -> list[Panel]:
    made = [p for make in _panels if (p := make(request)) is not None]
    return sorted(made, key=lambda p: p.position)


def counts_of(request) -> dict[str, int]:
    """What all panels count, by name: asked in one question when the first of them asks, and kept
    with the request. A panel of nothing then asks nothing more."""
    if (told := counts_told(request)) is None:
        told = request.panel_counts = tally(
            {name: rows for make in _counted for name, rows in make(request).items()}
        )
    return told


def counts_told(request) -> dict[str, int] | None:
    """The same where it has been asked already: on 工作台, for the top bar."""
    return getattr(request, "panel_counts", None)


def tally(counted: dict[str, QuerySet]) -> dict[str, int]:
    """How many rows each queryset has: one question for all of them."""
    names, question, blanks = _question(counted)
    return dict.fromkeys(counted, 0) | dict(zip(names, _answers(question, blanks), strict=True))


def _question(counted: dict[str, QuerySet]) -> tuple[tuple[str, ...], str, tuple[Any, ...]]:
    """The names of what there could be any of, and the SQL that counts it, with what fills its blanks."""
    names: list[str] = []
    parts: list[str] = []
    blanks: list[Any] = []
    for name, rows in counted.items():
        keys = rows if rows.query.values_select else rows.values("pk")
        with suppress(EmptyResultSet):  # asks for nothing that there could be
            sql, filled = keys.order_by().query.sql_with_params()
            names.append(name)
            parts.append(f"(SELECT COUNT(*) FROM ({sql}) AS asked)")  # noqa: S608
            blanks += filled
    return tuple(names), ", ".join(parts), tuple(blanks)


def _answers(question: str, blanks: tuple[Any, ...]) -> tuple[int, ...]:
    if not question:
        return ()
    with connection.cursor() as cursor:
        cursor.execute(f"SELECT {question}", blanks)
        return cursor.fetchone()


@functools.lru_cache(maxsize=500)
def _waiting(
    _vendor: str, pk: int, _held: tuple[tuple[str, int, str, bool], ...], today: dt.date
) -> tuple[str, tuple[Any, ...]]:
    """The question after what waits for the person ``pk`` with the grants ``_held``.

    It stands on every page, and to put it together takes ten times as long as to answer it. Whatever
    it is made of is named here, so that a grant taken away or a new day makes another question.
    """
    user, made = User(pk=pk), {}
    for make in _todos.values():
        made |= make(user, today)
    _, question, blanks = _question(made)
    return question, blanks


def figures_for(request) -> list[dict]:
    return [figure for make in _figures for figure in make(request)]


class Frame:
    """What ``base.html`` needs, each part asked only when a page shows it."""

    def __init__(self, request):
        self.request = request

    @cached_property
    def signed_in(self) -> bool:
        return bool(getattr(self.request, "user", None) and self.request.user.is_authenticated)

    @cached_property
    def acting(self):
        acting = getattr(self.request, "acting", None)
        return acting if acting else None

    @cached_property
    def appointments(self) -> list:
        return self.request.current_appointments if self.acting else []

    @cached_property
    def items(self) -> list[tuple[MenuItem, dict]]:
        if not self.signed_in:
            return []
        path = self.request.path
        found = []
        held = actions_held(self.request.user)
        for item, url in _declared(get_urlconf() or settings.ROOT_URLCONF, get_script_prefix()):
            if item.action and item.action not in held:
                continue
            active = path == url if url == "/" else path.startswith(url)
            found.append(
                (item, {"label": item.label, "url": url, "icon": item.icon, "active": active})
            )
        longest = max((len(d["url"]) for _, d in found if d["active"]), default=0)
        for _, shown in found:
            shown["active"] = shown["active"] and len(shown["url"]) == longest
        return found

    @cached_property
    def menu(self) -> list[dict]:
        groups = [
            {"label": name, "items": [d for i, d in self.items if i.group == name]}
            for name in GROUPS
        ]
        return [group for group in groups if group["items"]]

    @cached_property
    def bottom(self) -> list[dict]:
        return [shown for item, shown in self.items if item.bottom][:4]

    @cached_property
    def navigation(self) -> dict[str, SafeString]:
        """The lines of the menu as they stand beside the page, in the fold and at its foot."""
        groups = tuple((g["label"], tuple(map(_line, g["items"]))) for g in self.menu)
        return _drawn(groups, tuple(map(_line, self.bottom)))

    @cached_property
    def todo_count(self) -> int:
        """What waits for her. A refusal says no more than that and asks the database for nothing."""
        if not self.signed_in or getattr(self.request, "refused", False):
            return 0
        if (told := counts_told(self.request)) is not None:
            return sum(told.get(name, 0) for names in _todos for name in names)
        user = self.request.user
        with scope.asked_once():  # the act is over, whichever it was: this only shows
            held = tuple(scope.grants_of(user)) if user.is_active else ()
            return sum(_answers(*_waiting(connection.vendor, user.pk, held, timezone.localdate())))

    @property
    def account_mark(self) -> str:
        return sessions.mark_of(self.request.user) if self.signed_in else ""

    @property
    def elder(self) -> bool:
        return self.request.COOKIES.get(ELDER_COOKIE) == "1"

    @property
    def demo(self) -> bool:
        return settings.DEMO


@functools.cache
def _declared(_urlconf: str, _prefix: str) -> list[tuple[MenuItem, str]]:
    """Every entry in its order, with its address; the same until the portal starts anew."""
    declared = [i for c in apps.get_app_configs() for i in getattr(c, "menu", ())]
    return [
        (item, reverse(item.url_name, args=item.args))
        for item in sorted(declared, key=lambda i: i.position)
    ]


def _line(shown: dict) -> tuple:
    return tuple(sorted(shown.items()))


@functools.lru_cache(maxsize=1024)
def _drawn(groups: tuple, bottom: tuple) -> dict[str, SafeString]:
    """The menu is the same for everybody who holds the same actions on the same page: it was the
    half of what a page costs to write, so it is written once for all of them."""
    shown = {
        "menu": [{"label": label, "items": list(map(dict, lines))} for label, lines in groups],
        "bottom": list(map(dict, bottom)),
    }
    return {
        name: get_template(f"parts/{name}.html").render(shown)
        for name in ("sidenav", "foldnav", "bottombar")
    }


def actions_held(user) -> set[str]:
    """Every action the person holds anywhere today; one query, for menus only."""
    if not user.is_authenticated or not user.is_active:
        return set()
    return {action for action, _, _, _ in scope.grants_of(user)}


def frame(request) -> dict[str, Frame]:
    """Context processor."""
    return {"frame": Frame(request)}


def crumbs_to(unit, user, url: Callable | None = None) -> list[tuple[str, str]]:
    """Breadcrumb of units from the highest one the person may see down to ``unit``."""
    paths = scope.granted_paths(user, "federation_view")
    seen = [u for u in unit.ancestors() if any(u.path.startswith(p) for p in paths)]
    return [(u.name, url(u) if url else "") for u in seen]
