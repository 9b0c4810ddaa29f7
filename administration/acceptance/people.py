"""The 16 principals of the acceptance battery, and the few others whom the records need."""

import datetime as dt
from dataclasses import dataclass

from django.contrib.auth.hashers import make_password
from django.utils import timezone

from administration.acceptance.names import Names
from administration.acceptance.tree import HAN, POSTS, Units
from federation import grants
from federation.models import Appointment, HookUpLink, LiveSession, Post, User

NO_MODULE = "信访模块尚未建成；目前与同岗位人员权限相同"
ALL = ("reporting_view", "reporting_review", "reporting_export")


@dataclass(frozen=True)
class Principal:
    """One of the 16. ``reads`` are the units whose records, with all below, she may read;
    ``archives`` those whose archives of adults, ``carries`` those where she keeps a pair herself."""

    name: str
    word: str
    unit: str = ""
    post: str = ""
    reads: tuple[str, ...] = ()
    audits: tuple[str, ...] = ()
    archives: tuple[str, ...] = ()
    carries: tuple[str, ...] = ()
    note: str = ""


PRINCIPALS = (
    Principal("anonymous", "未登录", note="没有账号"),
    Principal("volunteer", "志愿者", "A111", "volunteer", carries=("A111",)),
    Principal("volunteer_other_village", "另一村的志愿者", "A112", "volunteer"),
    Principal("township_clerk", "乡镇干部", "A11", "officer", ("A11",), archives=("A11",)),
    Principal("county_clerk", "县干部甲", "A1", "officer", ("A1",), archives=("A1",)),
    Principal(
        "county_clerk_no_petitions", "没有信访模块的县干部甲", "A1", "officer", ("A1",),
        note=NO_MODULE, archives=("A1",),
    ),
    Principal("county_head", "县主席甲", "A1", "chair", ("A1",), archives=("A1",)),
    Principal("county_clerk_sibling", "邻县干部", "A2", "officer", ("A2",), archives=("A2",)),
    Principal("city_reviewer", "市归口部室干部", "A-dept", "department_officer", ("A",),
              note="经归口受理挂钩甲市"),
    Principal("city_leader", "市分管副主席", "A", "vice_chair", ("A",), archives=("A",)),
    Principal("reviewer_other_city", "另一市归口部室干部", "B-dept", "department_officer", ("B",),
              note="经归口受理挂钩乙市"),
    Principal("province_viewer", "省分管副主席", "P", "vice_chair", ("P",),
              archives=("P",), note="可看全省；审核只在紧邻的上一级，因此不审核县的表"),
    Principal("system_admin", "系统管理员", "A", "system_admin"),
    Principal("auditor", "审计管理员", "A", "audit_admin", audits=("A",)),
    Principal("disabled", "已停用的县干部", "A1", "officer", note="账号已停用"),
    Principal("transferred", "昨日由甲东县调往甲西县的干部", "A2", "officer", ("A2",),
              archives=("A2",), note="A1 的任职昨日结束，A2 的任职今日开始"),
)  # fmt: skip
People = dict[str, User]


def build(names: Names, units: Units) -> People:
    """Every account by the name of its principal, or of its seat (``A1-post1``, ``B1-officer``)."""
    return _Office(names, units).people


def own_canary(names: Names, who: str, what: str) -> str:
    """A canary of something that is one person's alone, under the unit she sits at."""
    seat = next((p.unit for p in PRINCIPALS if p.name == who), who.rpartition("-")[0])
    return names.canary(seat, f"{what}:{who}")


def mail_canary(names: Names, who: str) -> str:
    return f"canary-{own_canary(names, who, 'email').rpartition('-')[2]}@example.invalid"


def username_of(name: str) -> str:
    return f"acc_{name}".replace("-", "_").lower()


class _Office:
    def __init__(self, names: Names, units: Units):
        self.names, self.units = names, units
        self.people: People = {}
        self.posts = {post.code: post for post in Post.objects.all()}
        self.today = timezone.localdate()
        self.since = self.today - dt.timedelta(days=400)
        self.password = make_password(names.password)
        for city in "AB":
            grants.hook_up(
                units[f"{city}-dept"], units[city],
                kind=HookUpLink.Kind.RECEIVING, starts_on=self.since,
            )  # fmt: skip
        for principal in PRINCIPALS:
            if principal.unit:
                self._seat_principal(principal)
        self._seat_others()

    def _account(self, name: str, word: str) -> User:
        user = User.objects.create(
            username=username_of(name),
            display_name=word,
            password=self.password,
            phone=self.names.phone(name),
            email=f"canary-{own_canary(self.names, name, 'email').rpartition('-')[2]}@example.invalid",
            synthetic=True,
        )
        LiveSession.objects.create(
            uuid=self.names.uuid("session", name),
            user=user,
            agent=own_canary(self.names, name, "agent"),
        )
        self.people[name] = user
        return user

    def _appoint(self, name: str, user: User, unit: str, post: str, **dates) -> Appointment:
        dates = {"starts_on": self.since, **dates}
        # The row first, under its own uuid: appointing then finds it, and writes of it.
        Appointment.objects.create(
            uuid=self.names.uuid("appointment", f"{name}:{unit}:{post}"),
            user=user,
            unit=self.units[unit],
            post=self.posts[post],
            **dates,
        )
        return grants.appoint(user, self.units[unit], self.posts[post], **dates)

    def _seat_principal(self, principal: Principal) -> None:
        user = self._account(principal.name, principal.word)
        if principal.name == "transferred":
            yesterday = self.today - dt.timedelta(days=1)
            old = self._appoint(principal.name, user, "A1", "officer", ends_on=yesterday)
            grants.end_appointment(old, on=yesterday)
            self._appoint(principal.name, user, "A2", "officer", starts_on=self.today)
            return
        self._appoint(principal.name, user, principal.unit, principal.post)
        if principal.name == "disabled":
            user.is_active = False
            user.save(update_fields=["is_active"])

    def _seat_others(self) -> None:
        """Those who fill and judge where no principal sits."""
        for city in "AB":
            self._seat(f"{city}-vice", city, "vice_chair", f"{HAN[city]}市第二副主席")
            for county in (f"{city}1", f"{city}2"):
                word = f"{HAN[city]}{HAN[county[-1]]}县"
                self._seat(f"{county}-officer", county, "officer", f"{word}经办")
                self._seat(f"{county}-vice", county, "vice_chair", f"{word}副主席")
                self._seat(f"{county}11-chair", f"{county}11", "village_chair", f"{word}村主席")
                for number in range(1, POSTS + 1):
                    at = f"{county}-post{number}"
                    self._seat(at, at, "post_leader", f"{word}岗长{number}")
        self._seat("A-children", "A", "children_officer", "甲市儿童工作干部")
        self._seat("security_admin", "A", "security_admin", "安全管理员")
        self._seat("B-sysadmin", "B", "system_admin", "乙市系统管理员")

    def _seat(self, name: str, unit: str, post: str, word: str) -> None:
        self._appoint(name, self._account(name, word), unit, post)
