"""The life of an archive on its page, and what of it waits on 工作台."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpRequest
from django.urls import reverse

from federation import frame, scope
from federation.frame import Panel
from registry import changing, masking
from registry.models import DuplicatePair, Person, PersonState, Transfer

ICONS = {
    "verify": ("核实", "check2-circle"),
    "transfer": ("转移档案", "arrow-left-right"),
    "move": ("迁出", "box-arrow-right"),
    "exit": ("退出", "door-open"),
    "death": ("死亡", "dash-circle"),
    "return": ("恢复", "arrow-counterclockwise"),
    "undo": ("撤销最近一次变动", "arrow-return-left"),
}


def context(request: HttpRequest, person: Person, *, editable: bool) -> dict[str, Any]:
    """``{"life": …}`` for ``registry/parts/life.html``."""
    user = request.user
    open_one = person.transfers.open().select_related("to_unit").first()
    seen = Person.objects.visible_to(user).filter(pk=person.pk)  # type: ignore[arg-type]
    changes = list(person.changes.select_related("by")[:20])
    return {
        "life": {
            "verified": f"{person.verified_on:%Y-%m-%d}" if person.verified_on else "从未核实",
            "stale": seen.stale().exists(),
            "steps": _steps(person, changes, open_one) if editable else [],
            "transfer": _transfer(open_one),
            "changes": [
                {
                    "word": change.get_kind_display(),
                    "on": change.on,
                    "reason": masking.scan(change.reason),
                    "who": str(change.by),
                    "undone": change.undone_at is not None,
                }
                for change in changes
            ],
        }
    }


def _transfer(row: Transfer | None) -> dict[str, str] | None:
    if row is None:
        return None
    url = reverse("registry:transfer", args=[row.uuid])
    words = (
        f"正在转移到{row.to_unit}，{row.effective_on:%Y-%m-%d} 生效（{row.get_state_display()}）"
    )
    return {"url": url, "words": words}


def _steps(person: Person, changes: list, open_one: Transfer | None) -> list[dict[str, str]]:
    steps = ["verify"] if person.state == PersonState.ACTIVE else []
    if open_one is None:
        steps += ["transfer"] if person.state == PersonState.ACTIVE else []
        steps += [str(kind) for kind in changing.possible(person)]
        standing = any(change.undone_at is None for change in changes)
        steps += ["undo"] if standing and person.state not in ("merged", "erased") else []
    return [
        {
            "label": ICONS[step][0],
            "icon": ICONS[step][1],
            "url": reverse("registry:life", args=[person.uuid, step]),
        }
        for step in steps
    ]


def counted(request: HttpRequest) -> dict[str, QuerySet]:
    """What waits for her: archives of her own units to verify, transfers to answer, pairs to judge."""
    user, found = request.user, {}
    held = frame.actions_held(user)
    if "registry_edit" in held:
        found["stale"] = Person.objects.held_by(user, "edit").stale()  # type: ignore[arg-type]
        found["transfers"] = _transfers(user)
        found["ask_herself"] = Person.objects.held_by(user, "edit").to_ask_herself()  # type: ignore[arg-type]
    if "registry_adjudicate" in held:
        found["pairs_alike"] = _pairs(user)
    return found


def panel(request: HttpRequest) -> Panel | None:
    counts = frame.counts_of(request)
    lines = [
        _line(counts[name], *words)
        for name, words in {
            "stale": ("待核实的档案", "超过规定时间没有核实", "registry:stale"),
            "ask_herself": (
                "须本人同意的档案",
                "已满或30天内满14周岁，监护人的同意到期",
                "registry:persons",
                "?consent=own",
            ),
            "transfers": ("待接收的转移", "请接收或答复", "registry:transfers"),
            "pairs_alike": ("疑似重复", "请核对是不是同一人", "registry:duplicates"),
        }.items()
        if counts.get(name)
    ]
    if not lines:
        return None
    total = sum(line["count"] for line in lines)
    return Panel("档案待办", "person-lines-fill", lines, total, position=12)


def _line(count: int, title: str, meta: str, name: str, query: str = "") -> dict[str, Any]:
    url = reverse(name) + query
    return {"count": count, "title": f"{title} {count} 份", "meta": meta, "url": url}


def _transfers(user: Any) -> QuerySet:
    units = scope.units_held(user, "registry_edit")
    return Transfer.objects.visible_to(user, "edit").waiting().filter(to_unit__in=units)


def _pairs(user: Any) -> QuerySet:
    units = scope.units_held(user, "registry_adjudicate")
    return DuplicatePair.objects.visible_to(user).waiting().filter(unit__in=units)
