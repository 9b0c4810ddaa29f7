"""年度审计材料: a year of the trail counted for the auditor, and who held which post in it.

Who read, revealed, exported, was given rights, and what was refused or stood out: how often, from when
to when. It names who acted and where, and nobody's archive; what was written was masked when recorded.
"""

import datetime as dt
from collections.abc import Iterator
from typing import Any

from django.db.models import Count, Max, Min, Q
from django.utils import timezone

from federation import audit, scope
from federation.models import Appointment, User
from federation.views.audit import midnight
from registry.access import FIELDS

HEADINGS = ("部分", "事项", "组织", "人员", "用户名", "次数", "最早", "最近", "说明")
READ, SEEN, GIVEN, OUT = "查阅档案", "查看隐去的内容", "授权变动", "导出和下载"
KEPT, STOOD_OUT, POSTS = "同意和删除", "异常", "任职"
SECTIONS = {
    READ: ("open_archive", "open_search_hit", "compare_persons", "ask_registered"),
    SEEN: ("reveal", "open_consent_scan"),
    GIVEN: (
        "appoint", "deputy", "seconded", "transfer", "end_appointment", "leave", "hook_up",
        "end_hook_up", "derive_grants", "authorise_reading", "end_authorisation", "name_carer",
        "end_carer",
    ),
    OUT: (
        "export_register", "export_archive", "export_places", "export_pairs", "download_job",
        "download_file", "download_paper", "make_backup", "restore_backup",
    ),
    KEPT: (
        "record_consent", "withdraw_consent", "propose_erasure", "confirm_erasure",
        "cancel_erasure", "erase_person",
    ),
    STOOD_OUT: (
        "many_reveals", "many_misses", "denied", "denied_more", "refuse_download", "deny_job",
        "login_failed", "code_failed", "confirm_failed", "reset_second_factor",
    ),
}  # fmt: skip
OUTSIDE = "外单位查阅"


def rows(user: User, year: int) -> Iterator[tuple[Any, ...]]:
    """What ``user`` may audit of ``year``: the sums first, then who and where, then the posts."""
    whole = list(_counted(user, year))
    for section in SECTIONS:
        for verb in SECTIONS[section]:
            found = [row for row in whole if row["verb"] == verb]
            count = sum(row["count"] for row in found)
            first = min((row["first"] for row in found), default=None)
            last = max((row["last"] for row in found), default=None)
            word = audit.verb_word(verb)
            yield ("汇总", f"{section}：{word}", "", "", "", count, _day(first), _day(last), "")
    for section in SECTIONS:
        for row in whole:
            if row["verb"] in SECTIONS[section]:
                yield _line(section, row)
    yield from _posts(user, year)


def _counted(user: User, year: int) -> Any:
    wanted = [verb for verbs in SECTIONS.values() for verb in verbs]
    of_year = audit.visible_to(user).filter(
        verb__in=wanted,
        at__gte=midnight(dt.date(year, 1, 1)),
        at__lt=midnight(dt.date(year + 1, 1, 1)),
    )
    named = ("unit__path", "unit__name", "actor__username", "actor__display_name", "verb")
    told = ("detail__field", "detail__caring")
    counts = {"count": Count("pk"), "first": Min("at"), "last": Max("at")}
    return of_year.order_by().values(*named, *told).annotate(**counts).order_by(*named, *told)


def _line(section: str, row: dict[str, Any]) -> tuple[Any, ...]:
    said = FIELDS.get(row["detail__field"], "") if section == SEEN else ""
    outside = OUTSIDE if row["detail__caring"] is False else ""
    return (
        section,
        audit.verb_word(row["verb"]),
        row["unit__name"] or "",
        row["actor__display_name"] or "系统",
        row["actor__username"] or "",
        row["count"],
        _day(row["first"]),
        _day(row["last"]),
        "，".join(filter(None, (said, outside))),
    )


def _day(moment: dt.datetime | None) -> dt.date | None:
    return timezone.localdate(moment) if moment else None


def _posts(user: User, year: int) -> Iterator[tuple[Any, ...]]:
    """Posts held on a day of the year, with how many rights each still gives; 次数 is that number."""
    paths = scope.granted_paths(user, "federation_audit")
    first, last = dt.date(year, 1, 1), dt.date(year, 12, 31)
    held = Appointment.objects.filter(
        scope.reach(paths, "unit__path"),
        Q(ends_on=None) | Q(ends_on__gte=first),
        starts_on__lte=last,
    ).select_related("unit", "user", "post")
    rights = Count("grants__permission", distinct=True)
    for one in held.annotate(rights=rights).order_by("unit__path", "user__username", "pk"):
        who, way = one.user, one.get_basis_display()
        yield (
            POSTS, str(one.post), one.unit.name, who.display_name, who.username, one.rights,
            one.starts_on, one.ends_on, "，".join(filter(None, (way, "" if who.is_active else "已停用"))),
        )  # fmt: skip
