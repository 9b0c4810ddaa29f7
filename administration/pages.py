"""Every page there is, as its view declares it, and what it answers to whom.

The pages are walked from the URLconf; what they answer stands in ``who_may_do_what.csv``, the one
list behind the tests of access, ``manage.py acl_matrix`` and the auditor's page 谁能做什么. A page
that is missing in one of both is an error of the tests.
"""

import csv
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from functools import cache
from pathlib import Path

from django.apps import apps
from django.urls import URLPattern, get_resolver

from federation.policy import Policy, policy_of

FILE = Path(__file__).with_name("who_may_do_what.csv")
KEYS = ("url", "method", "target", "case", "note")
UNSAFE = ("POST", "PUT", "PATCH", "DELETE")
# Who stands where towards what is asked for, in the order people read.
RELATIONS = {
    "own": "本单位",
    "above": "上一级",
    "top": "再上一级",
    "receiving": "归口部室",
    "below": "下级",
    "beside": "平级",
    "village": "村妇联主席",
    "other_city": "其他城市",
    "volunteer": "志愿者",
    "nobody": "无任职的账号",
    "anonymous": "未登录",
    "system_admin": "系统管理员",
    "audit_admin": "审计管理员",
}
TARGETS = {"form": "附件1（岗、妇委会的表）", "table": "附件2（县的汇总表）"}


@dataclass(frozen=True)
class Page:
    """One leaf of the URLconf. ``arguments`` are (name, converter) pairs of its address."""

    name: str
    route: str
    view: Callable
    policy: Policy
    arguments: tuple[tuple[str, str], ...]

    @property
    def methods(self) -> tuple[str, ...]:
        """What the view answers, without OPTIONS; HEAD goes with GET."""
        view = getattr(self.view, "view_class", self.view)
        allowed = getattr(view, "http_method_names", ())
        return tuple(m.upper() for m in ("get", "post", "put", "patch", "delete")
                     if m in allowed and hasattr(view, m))  # fmt: skip

    @property
    def unsafe(self) -> bool:
        return any(method in UNSAFE for method in self.methods)

    @property
    def idempotent(self) -> bool:
        """Whether its acts carry a key, so that a repeat does nothing again."""
        return bool(getattr(getattr(self._class, "post", None), "idempotent", False))

    @property
    def sample(self) -> dict[str, str]:
        """Words of the address to try, where the view says some."""
        return getattr(self._class, "sample", {})

    @property
    def room(self) -> str:
        return self._class.__module__.partition(".")[0]

    @property
    def _class(self):
        return getattr(self.view, "view_class", self.view)


@dataclass(frozen=True)
class Line:
    """What one page answers, by method, kind of record and case, to each relation."""

    url: str
    method: str
    target: str
    case: str
    note: str
    expected: tuple[tuple[str, str], ...]

    def __str__(self) -> str:
        return "-".join(filter(None, (self.url, self.method, self.target, self.case)))


def pages() -> list[Page]:
    """In the order of the URLconf. An address without a name, a view without a policy: an error."""
    return list(_walk(get_resolver(), "", ""))


def _walk(resolver, namespace: str, prefix: str) -> Iterator[Page]:
    for entry in resolver.url_patterns:
        route = f"{prefix}{entry.pattern}"
        if not isinstance(entry, URLPattern):
            below = f"{namespace}{entry.namespace}:" if entry.namespace else namespace
            yield from _walk(entry, below, route)
            continue
        policy = policy_of(entry.callback)
        if not entry.name or policy is None:
            raise LookupError(f"/{route} has no name or its view no policy")
        arguments = tuple(
            (name, type(converter).__name__.removesuffix("Converter").lower())
            for name, converter in entry.pattern.converters.items()
        )
        yield Page(f"{namespace}{entry.name}", f"/{route}", entry.callback, policy, arguments)


@cache
def lines() -> tuple[Line, ...]:
    """The lines of the file; a relation where nobody stands (``-``) is left out."""
    with FILE.open(encoding="utf-8", newline="") as file:
        return tuple(
            Line(
                *(row[key] for key in KEYS),
                tuple((name, row[name]) for name in RELATIONS if row[name] != "-"),
            )
            for row in csv.DictReader(file)
        )


def resources() -> dict[str, str]:
    """What records are called, by the codes that policies use."""
    found: dict[str, str] = {}
    for config in apps.get_app_configs():
        found |= getattr(config, "resources", {})
    return found


def rooms() -> dict[str, str]:
    """Our apps by the words of their configs."""
    return {c.label: str(c.verbose_name) for c in apps.get_app_configs() if hasattr(c, "resources")}
