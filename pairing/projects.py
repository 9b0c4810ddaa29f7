"""帮扶项目 of a pair: what was aimed at, by which steps, what was given, what came of it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from decimal import Decimal
from typing import Any

from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from federation import audit
from federation.models import User
from federation.scope import OutOfReach
from pairing import papers, rules
from pairing.models import AssistanceProject, Milestone, Pairing, Rule, SupportLine
from registry.refusal import Overtaken

State = AssistanceProject.State
WORDS = ("name", "goal", "policy_used", "results")
PARTS: dict[str, Any] = {"milestone": Milestone, "support": SupportLine}
PART_WORDS = {"milestone": "步骤", "support": "扶持明细"}


# -- One project -----------------------------------------------------------------------------------
@transaction.atomic
def save_project(
    pair: Pairing, values: Mapping[str, Any], *, by: User, row: AssistanceProject | None = None,
    version: int | None = None,
) -> AssistanceProject:  # fmt: skip
    """A new project of the pair, or ``row`` with other words. How many a year is a hint, never refused."""
    pair = papers.locked(pair, by=by)
    held = AssistanceProject(pairing=pair) if row is None else _held(row, pair, version)
    new = dict(values)
    papers.checked_year(new["year"])
    papers.check_words(pair, **{name: new[name] for name in WORDS})
    _check_days(new)
    made = papers.written(held, new, noun="project", by=by)
    rules.refresh(pair)
    return made


def _held(row: AssistanceProject, pair: Pairing, version: int | None) -> AssistanceProject:
    held = pair.projects.select_for_update().get(pk=row.pk)
    if version is not None and held.version != version:
        raise Overtaken
    return held


def _check_days(values: Mapping[str, Any]) -> None:
    began, done, state = values["starts_on"], values["finished_on"], values["state"]
    if state == State.FINISHED and not done:
        raise ValidationError({"finished_on": "项目已完成，请填写完成日期。"})
    if done and state != State.FINISHED:
        raise ValidationError(
            {"state": "填了完成日期，进度请选“已完成”；没有完成的，请清除完成日期。"}
        )
    if done and done > timezone.localdate():
        raise ValidationError({"finished_on": "完成日期不能晚于今天，请改正。"})
    if began and done and done < began:
        raise ValidationError({"finished_on": "完成日期早于开始日期，请改正。"})


# -- Its steps and what was given ------------------------------------------------------------------
@transaction.atomic
def save_part(
    project: AssistanceProject, part: str, values: Mapping[str, Any], *, by: User, row: Any = None,
    version: int | None = None,
) -> Any:  # fmt: skip
    """A step (``milestone``) or a line of what was given (``support``); the project counts one version on."""
    project = _project(project, by, version)
    held = PARTS[part](pairing=project.pairing, project=project) if row is None else row
    papers.check_words(project.pairing, name=values["name"])
    done = values.get("done_on") or values.get("given_on")
    if done and done > timezone.localdate():
        field = "done_on" if part == "milestone" else "given_on"
        raise ValidationError({field: "日期不能晚于今天，请改正；还没有办的，先不填。"})
    for name, value in values.items():
        setattr(held, name, value)
    held.clean_fields(exclude={"pairing", "project", "log"})
    held.save()
    _moved_on(project, part, "登记" if row is None else "修改", by)
    return held


@transaction.atomic
def remove_part(project: AssistanceProject, part: str, row: Any, *, by: User, version: int | None = None) -> None:  # fmt: skip
    project = _project(project, by, version)
    row.delete()
    _moved_on(project, part, "删除", by)


def _project(project: AssistanceProject, by: User, version: int | None) -> AssistanceProject:
    found = AssistanceProject.objects.visible_to(by, "log").filter(pk=project.pk)
    held = found.select_related("pairing").first()
    if held is None:
        raise OutOfReach("这个项目不在您的管辖范围内，未保存。")
    return _held(held, papers.locked(held.pairing, by=by), version)


def _moved_on(project: AssistanceProject, part: str, act: str, by: User) -> None:
    project.version += 1
    project.save(update_fields=["version"])
    detail = {"fields": [f"{act}{PART_WORDS[part]}"], "pair": str(project.pairing.uuid)}
    audit.record(project, "change_project", by=by, unit=project.pairing.unit, detail=detail)


# -- Sums and hints --------------------------------------------------------------------------------
def sums(lines: Iterable[SupportLine]) -> dict[str, Any]:
    """``value`` in 元 of all lines, and ``kinds``: (类别, its value, how much of what) in printed order."""
    lines, found = list(lines), []
    for code, word in SupportLine.Kind.choices:
        of_kind = [line for line in lines if line.kind == code]
        if not of_kind:
            continue
        amounts: dict[str, Decimal] = {}
        for line in of_kind:
            if line.quantity is not None:
                amounts[line.measure] = amounts.get(line.measure, Decimal(0)) + line.quantity
        much = "、".join(f"{plain(amount)}{measure}" for measure, amount in amounts.items())
        found.append((word, sum((line.value for line in of_kind), Decimal(0)), much))
    return {"value": sum((line.value for line in lines), Decimal(0)), "kinds": found}


def plain(amount: Decimal) -> str:
    """2 of 2.00, 2.5 of 2.50."""
    return f"{amount:.2f}".rstrip("0").rstrip(".")


def hints(pair: Pairing, *, year: int | None = None) -> list[str]:
    """What the rules of the pair's kind say of the number of projects in ``year`` (default this one)."""
    year = year or timezone.localdate().year
    if pair.kind.bundle is None or pair.state != Pairing.State.ACTIVE:
        return []
    rules = [rule for rule in pair.kind.bundle.rules.all() if Rule.PROJECT in rule.counts]
    count = pair.projects.filter(year=year).exclude(state=State.ABANDONED).count() if rules else 0
    return [said for rule in rules if (said := _hint(rule, count, year))]


def _hint(rule: Rule, count: int, year: int) -> str:
    asked = f"{rule.at_least}至{rule.at_most}" if rule.at_most else f"至少{rule.at_least}"
    if count < rule.at_least:
        have = "还没有登记帮扶项目" if not count else f"只有{count}个帮扶项目"
        return f"{year}年{have}，“{rule.bundle.name}”要求每年{asked}个。"
    if rule.at_most is not None and count > rule.at_most:
        return f"{year}年已有{count}个帮扶项目，“{rule.bundle.name}”要求每年{asked}个；可以保留，请核对是否重复登记。"
    return ""
