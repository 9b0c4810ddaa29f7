"""What is done in a year of a demo pair: invented, the same each time, some of it late or missing."""

from __future__ import annotations

import datetime as dt
from collections.abc import Iterator
from dataclasses import dataclass
from decimal import Decimal

from federation.demo import hour
from federation.models import User
from pairing.models import ContactLog, LogKind, Pairing, SupportLine

Way, Direction = ContactLog.Way, ContactLog.Direction
LATE = 9  # every so many-th log is entered in the month after: 补录
QUIET_FOR = 85  # days for which a quiet pair has not been heard of
CONTACTS = (
    "电话了解近况，约定下月上门。",
    "微信发送就业岗位信息。",
    "商量活动室布置和图书借阅。",
    "了解孩子暑期安排和家庭教育需求。",
    "通报项目进度，核对物资清单。",
)
VISITS = ("到村走访，看望结对户，察看项目。", "请村妇联姐妹到单位座谈、参观。")
DEEDS = (
    ("为村妇女之家添置书柜和图书。", "图书资料", SupportLine.Kind.BOOKS, 120, "册", 3600),
    ("捐赠电脑，帮助建立远程教育点。", "电脑", SupportLine.Kind.COMPUTERS, 2, "台", 7000),
    ("举办种植技术培训并送去种苗。", "种苗", SupportLine.Kind.GOODS, 40, "袋", 2400),
    ("添置文体器材，组建腰鼓队。", "文体器材", SupportLine.Kind.EQUIPMENT, 12, "套", 4800),
    ("资助春蕾学生。", "助学金", SupportLine.Kind.CASH, 3, "人", 3000),
)
# By the rules of personal pairs: kind of log, months in which it happens (none: every month), words.
OF_PERSONS = {
    "four_ones": (
        ("family_call", (), "打亲情电话，问学习和身体。"),
        ("childrens_day", (6,), "一起过六一，参加游园。"),
        ("hosted_visit", (2,), "接到家中做客。"),
        ("growth_record", (1, 7), "记录学期成长进步。"),
    ),
    "five_deliveries": (
        ("affection", (), "上门陪聊，打扫院子。"),
        ("warmth", (12, 1), "送棉被和米面。"),
        ("health", (4,), "陪同量血压、做体检。"),
        ("culture", (9,), "送收音机和报纸，请看社区演出。"),
        ("law", (3,), "讲防诈骗常识。"),
    ),
    "kept_in_touch": (
        ("contact", (2, 5, 8, 11), "上门传授技术，联系销路。"),
        ("condolence_visit", (1,), "春节走访慰问。"),
    ),
}


@dataclass(frozen=True)
class Course:
    """How pair number ``n`` goes from ``since`` to ``until``, its last day or today."""

    pair: Pairing
    n: int
    by: User
    since: dt.date
    until: dt.date
    now: dt.datetime
    kinds: dict[str, LogKind]

    def logs(self) -> Iterator[tuple[ContactLog, SupportLine | None]]:
        """Logs in the order of their days, each with what was given, if anything."""
        quiet = self.n % 6 == 2 and self.pair.state == Pairing.State.ACTIVE
        last = self.now.date() - dt.timedelta(days=QUIET_FOR) if quiet else self.until
        bundle = self.pair.kind.bundle
        told = (
            self._of_units()
            if bundle and bundle.code == "three_ones"
            else self._of_persons(bundle.code if bundle else "")
        )
        for number, (log, given) in enumerate(told):
            if self.since <= log.on <= min(last, self.until):
                yield self._entered(log, number), given

    def _months(self) -> Iterator[dt.date]:
        day = self.since.replace(day=1)
        while day <= self.until:
            yield day
            day = (day + dt.timedelta(days=32)).replace(day=1)

    def _of_units(self) -> Iterator[tuple[ContactLog, SupportLine | None]]:
        gaps = self.n % 6 == 4
        for number, month in enumerate(self._months()):
            if not (gaps and (number + self.n) % 4 == 1):
                said = CONTACTS[(self.n + number) % len(CONTACTS)]
                way = Way.MESSAGE if (self.n + number) % 2 else Way.PHONE
                yield (
                    self._log("contact", month, 2 + (self.n * 7 + number * 3) % 20, said, way),
                    None,
                )
            if month.month == 3 + self.n % 3 or (month.month == 9 + self.n % 3 and self.n % 5):
                yield self._visit(month, Direction.TO_RECIPIENT), None
            if month.month == 6 and self.n % 2:
                yield self._visit(month, Direction.TO_HELPER), None
            if month.month == 1:
                log = self._log(
                    "condolence_visit", month, 18, "春节前走访慰问困难妇女。", Way.VISIT
                )
                log.value = Decimal(600 + self.n % 5 * 100)
                yield log, None
            if month.month == 5 + self.n % 3 and self.n % 8 != 3:
                yield self._deed(month)

    def _visit(self, month: dt.date, direction: str) -> ContactLog:
        to_helper = direction == Direction.TO_HELPER
        way = Way.MEETING if to_helper else Way.VISIT
        log = self._log("mutual_visit", month, 12 + self.n % 9, VISITS[to_helper], way)
        log.direction = direction
        return log

    def _deed(self, month: dt.date) -> tuple[ContactLog, SupportLine | None]:
        words, name, kind, quantity, measure, value = DEEDS[self.n % len(DEEDS)]
        log = self._log("tangible_deed", month, 20 + self.n % 7, words, Way.VISIT)
        log.beneficiaries = 8 + self.n % 40
        if self.n % 3 == 0:
            log.value = Decimal(value)
            return log, None
        return log, SupportLine(
            pairing=self.pair, log=log, kind=kind, name=name, quantity=quantity, measure=measure,
            value=Decimal(value), given_on=log.on,
        )  # fmt: skip

    def _of_persons(self, bundle: str) -> Iterator[tuple[ContactLog, SupportLine | None]]:
        skips = self.n % 5 == 1
        for number, month in enumerate(self._months()):
            for place, (kind, months, words) in enumerate(OF_PERSONS.get(bundle, ())):
                if months and month.month not in months:
                    continue
                if skips and (number + place) % 3 == 0:
                    continue
                way = Way.PHONE if kind in ("family_call", "contact") else Way.VISIT
                day = 3 + (self.n * 5 + number + place * 4) % 22
                yield self._log(kind, month, day, words, way), None

    def _log(self, kind: str, month: dt.date, day: int, words: str, way: str) -> ContactLog:
        return ContactLog(
            pairing=self.pair, kind=self.kinds[kind], on=month.replace(day=day), way=way,
            summary=words, by=self.by, from_phone=self.n % 3 == 0, synthetic=True,
        )  # fmt: skip

    def _entered(self, log: ContactLog, number: int) -> ContactLog:
        """Entered the same evening, or where it was forgotten on the 2nd of the next month."""
        day = log.on
        if (self.n + number) % LATE == 0:
            later = (log.on.replace(day=1) + dt.timedelta(days=32)).replace(day=2)
            day = later if later < self.now.date() else log.on
        log.entered_at = min(hour(day, 19, self.n % 60), self.now)
        if log.from_phone:
            log.device_at = log.entered_at
        return log
