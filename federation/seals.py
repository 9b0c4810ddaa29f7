"""Seals over the audit trail: whoever changes a sealed row, also as the database's owner, is found.

Rows are inserted plainly and sealed in batches a minute later; to chain them in the insert would
make every writer wait for the slowest. The last root is kept off the database as well (the anchor,
a file with a line for each seal), because one who owns the database can seal anew what he changed.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
import os
import time
from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from itertools import pairwise
from pathlib import Path

from django.conf import settings
from django.db import IntegrityError, connection, transaction
from django.utils import timezone

from federation.models import AuditEvent, AuditSeal

NOTHING_BEFORE = "0" * 64
BATCH = 5000  # rows of one seal
SETTLED_AFTER = dt.timedelta(minutes=1)
# Machines' clocks differ and acts overlap; more than this is a clock that was turned back.
SKEW = dt.timedelta(minutes=5)
PATIENCE = 20.0  # seconds to wait for acts that have begun to write
COLUMNS = ("id", "at", "actor_id", "unit_id", "verb", "record", "detail")
Row = tuple[int, dt.datetime, int | None, int | None, str, str, dict]


class CannotSeal(Exception):
    """Nothing was sealed now; carries the sentence."""


@dataclass(frozen=True)
class Break:
    """The first seal that does not hold, and why."""

    number: int
    why: str

    def __str__(self) -> str:
        return f"第{self.number}号封存不成立：{self.why}。"


@dataclass(frozen=True)
class Verdict:
    """What :func:`verify` proved: ``seals`` good ones over ``rows``; ``waiting`` is not yet sealed."""

    seals: int
    rows: int
    waiting: int
    broken: Break | None = None


# -- Hashes ---------------------------------------------------------------------------------------
def canonical(value: object) -> bytes:
    """One spelling of a value as JSON: keys sorted, no blanks, moments in UTC to the microsecond."""
    return json.dumps(
        value, sort_keys=True, ensure_ascii=False, separators=(",", ":"), default=_moment
    ).encode("utf-8", "surrogatepass")


def _moment(value: object) -> str:
    if not isinstance(value, dt.datetime):
        raise TypeError(f"{type(value).__name__} has no place in the audit trail")
    return value.astimezone(dt.UTC).isoformat(timespec="microseconds")


def gaps_between(ids: Iterable[int], first: int, upto: int) -> list[list[int]]:
    """Ranges of ``first`` … ``upto`` that are not among the ascending ``ids``."""
    stops = [first - 1, *ids, upto + 1]
    return [[a + 1, b - 1] for a, b in pairwise(stops) if b - a > 1]


def contents_of(rows: Iterable[Row]) -> str:
    """SHA-256 over what the rows say, whatever their order and ids."""
    each = sorted(hashlib.sha256(canonical(row[1:])).digest() for row in rows)
    return hashlib.sha256(b"".join(each)).hexdigest()


def root_of(seal: AuditSeal, rows: Iterable[Row]) -> str:
    """SHA-256 over the seal before, this seal's own words and its rows in order, a line each."""
    head = [seal.number, seal.at, seal.first_id, seal.upto_id, seal.count, seal.gaps, seal.contents]
    digest = hashlib.sha256(canonical([seal.previous, *head]))
    for row in rows:
        digest.update(b"\n" + canonical(row))
    return digest.hexdigest()


def _rows(first: int, upto: int, most: int | None = None) -> list[Row]:
    found = AuditEvent.objects.filter(id__gte=first, id__lte=upto).order_by("id")
    return list(found.values_list(*COLUMNS)[:most])


# -- Sealing --------------------------------------------------------------------------------------
def seal(*, batch: int = BATCH, patience: float = PATIENCE) -> list[AuditSeal]:
    """Seal all rows older than a minute; returns the new seals. Raises :class:`CannotSeal`."""
    last = AuditSeal.objects.last()
    number, root = _last_anchored()
    if number and not AuditSeal.objects.filter(number=number, root=root).exists():
        raise CannotSeal("库外锚点与数据库不符，没有封存；请先运行 verify_audit。")
    settled = AuditEvent.objects.filter(at__lte=timezone.now() - SETTLED_AFTER)
    upto = settled.order_by("-id").values_list("id", flat=True).first() or 0
    made: list[AuditSeal] = []
    if upto > (last.upto_id if last else 0):
        _wait_for_writers(patience)
        try:
            while (last := _seal_batch(last, upto, batch)) is not None:
                made.append(last)
        except IntegrityError as taken:
            raise CannotSeal("另一处正在封存，本次没有封存。") from taken
    keep_anchor()
    return made


@transaction.atomic
def _seal_batch(last: AuditSeal | None, upto: int, batch: int) -> AuditSeal | None:
    first = last.upto_id + 1 if last else 1
    rows = _rows(first, upto, batch)
    if not rows:
        return None
    made = AuditSeal(
        number=last.number + 1 if last else 1,
        at=timezone.now(),
        first_id=first,
        upto_id=rows[-1][0],
        count=len(rows),
        gaps=gaps_between((row[0] for row in rows), first, rows[-1][0]),
        contents=contents_of(rows),
        previous=last.root if last else NOTHING_BEFORE,
    )
    made.root = root_of(made, rows)
    made.save(force_insert=True)  # a second sealer fails here: a number is given once
    return made


def _wait_for_writers(patience: float) -> None:
    """Wait for the acts that were writing when this was called; none of them is held up.

    An id is drawn before its row is committed, so a lower one may still arrive after a higher one.
    Whoever has drawn one holds its lock on the table until its end.
    """
    if connection.vendor != "postgresql":
        return  # SQLite has one writer at a time
    deadline = time.monotonic() + patience
    before = _writers()
    while before & _writers():
        if time.monotonic() > deadline:
            raise CannotSeal("有操作尚未结束，本次没有封存，请稍后再试。")
        time.sleep(0.05)


def _writers() -> set[str]:
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT virtualtransaction FROM pg_locks WHERE locktype = 'relation' "
            "AND relation = 'federation_auditevent'::regclass AND mode = 'RowExclusiveLock' "
            "AND database = (SELECT oid FROM pg_database WHERE datname = current_database()) "
            "AND pid IS DISTINCT FROM pg_backend_pid()"
        )
        return {row[0] for row in cursor.fetchall()}


# -- The anchor -----------------------------------------------------------------------------------
def anchor_file() -> Path | None:
    """Where roots are kept off the database: ``AUDIT_ANCHOR_FILE``, a setting or of the environment."""
    told = getattr(settings, "AUDIT_ANCHOR_FILE", "") or os.environ.get("AUDIT_ANCHOR_FILE", "")
    return Path(told) if told else None


def anchored() -> Iterator[tuple[int, str]]:
    """Number and root of each line; a line that is none of ours is number 0."""
    path = anchor_file()
    if path is None or not path.exists():
        return
    with path.open(encoding="utf-8", errors="replace") as lines:
        yield from map(_read_line, lines)


def _read_line(line: str) -> tuple[int, str]:
    words = line.split()
    return (int(words[0]), words[2]) if len(words) == 4 and words[0].isdecimal() else (0, "")


def _last_anchored() -> tuple[int, str]:
    """Number and root of the last line; 0 when there is none. The file grows for years."""
    path = anchor_file()
    if path is None or not path.exists():
        return 0, ""
    with path.open("rb") as file:
        file.seek(max(0, path.stat().st_size - 1024))
        lines = file.read().decode("utf-8", "replace").splitlines()
    return _read_line(lines[-1]) if lines else (0, "")


def keep_anchor() -> None:
    """Write to the anchor what it lacks, and have it on disk before returning."""
    path = anchor_file()
    if path is None:
        return
    kept, _ = _last_anchored()
    with path.open("a", encoding="utf-8") as out:
        for made in AuditSeal.objects.filter(number__gt=kept):
            out.write(f"{made.number} {made.upto_id} {made.root} {_moment(made.at)}\n")
        out.flush()
        os.fsync(out.fileno())


def begin_anchor_anew() -> Path | None:
    """After a restore: the anchor as it was goes aside, as evidence; a new one has today's seals."""
    path = anchor_file()
    if path is None or not path.exists():
        return None
    aside = path.with_name(f"{path.name}.until-{timezone.now():%Y%m%dT%H%M%SZ}")
    path.rename(aside)
    keep_anchor()
    return aside


# -- Proving --------------------------------------------------------------------------------------
def verify(*, after: int = 0) -> Verdict:
    """Recompute every seal above number ``after``; stops at the first that does not hold."""
    kept = dict(anchored())
    last = AuditSeal.objects.filter(number=after).first() if after else None
    latest: dt.datetime | None = None
    rows = seals = 0
    if 0 in kept:
        return Verdict(0, 0, _waiting(last), Break(1, "库外锚点文件里有读不懂的行"))
    for one in AuditSeal.objects.filter(number__gt=after).order_by("number").iterator(100):
        found = _rows(one.first_id, one.upto_id)
        why = (
            _chain_fault(one, last, after)
            or (kept.get(one.number, one.root) != one.root and "与库外锚点不符，封存被重做过")
            or _rows_fault(one, found)
            or _clock_fault(one, last, found, latest)
        )
        if why:
            return Verdict(seals, rows, _waiting(last), Break(one.number, why))
        latest = max([*([latest] if latest else []), *(row[1] for row in found)])
        last, rows, seals = one, rows + len(found), seals + 1
    lost = [number for number in kept if number > (last.number if last else after)]
    broken = Break(min(lost), "库外锚点上有，数据库里没有，末尾被截去") if lost else None
    return Verdict(seals, rows, _waiting(last), broken)


def _waiting(last: AuditSeal | None) -> int:
    return AuditEvent.objects.filter(id__gt=last.upto_id if last else 0).count()


def _chain_fault(one: AuditSeal, last: AuditSeal | None, after: int) -> str:
    if one.number != (last.number if last else after) + 1:
        return "它前面的封存不见了"
    if one.first_id != (last.upto_id if last else 0) + 1:
        return "与前一号之间漏了编号"
    if one.previous != (last.root if last else NOTHING_BEFORE):
        return "接不上前一号，封存链断开"
    return ""


def _rows_fault(one: AuditSeal, rows: list[Row]) -> str:
    """What was done to the rows or to the seal itself; empty when the root is right."""
    if root_of(one, rows) == one.root:
        return ""
    gaps = [tuple(gap) for gap in one.gaps]
    holes = gaps_between((row[0] for row in rows), one.first_id, one.upto_id)
    missing = [n for a, b in holes for n in _outside(a, b, gaps)]
    if missing:
        return f"缺少{_listed(missing)}记录"
    extra = [row[0] for row in rows if any(a <= row[0] <= b for a, b in gaps)]
    if extra:
        return f"多出{_listed(extra)}记录"
    if contents_of(rows) == one.contents:
        return "记录的次序被调换，或封存本身被改动"
    return "有记录被改动"


def _outside(a: int, b: int, gaps: list[tuple[int, int]], most: int = 100_000) -> list[int]:
    """Ids of ``a`` … ``b`` that lie in none of the ascending ``gaps``; the first ``most``."""
    found: list[int] = []
    for low, high in gaps:
        if high < a or low > b:
            continue
        found += range(a, min(low, a + most))
        a = high + 1
    found += range(a, min(b, a + most) + 1)
    return found


def _listed(ids: list[int]) -> str:
    return f"第{ids[0]}号" if len(ids) == 1 else f"第{ids[0]}号等{len(ids)}条"


def _clock_fault(
    one: AuditSeal, last: AuditSeal | None, rows: list[Row], latest: dt.datetime | None
) -> str:
    for row in rows:
        if latest is not None and row[1] < latest - SKEW:
            minutes = round((latest - row[1]).total_seconds() / 60)
            return f"时钟倒退，第{row[0]}号记录比它前面的早{minutes}分钟"
        latest = max(latest or row[1], row[1])
    if latest is not None and latest > one.at + SKEW:
        return "时钟倒退，封存时间早于所封的记录"
    if last is not None and one.at < last.at - SKEW:
        return "时钟倒退，封存时间早于前一号"
    return ""


def guards_off() -> list[str]:
    """Tables whose trigger against changing and deleting is missing or switched off."""
    tables = ("federation_auditevent", "federation_auditseal")
    with connection.cursor() as cursor:
        if connection.vendor == "postgresql":
            cursor.execute(
                "SELECT tgrelid::regclass::text FROM pg_trigger "
                "WHERE tgname = tgrelid::regclass::text || '_append_only' AND tgenabled = 'A'"
            )
            standing = {row[0] for row in cursor.fetchall()}
            return [table for table in tables if table not in standing]
        cursor.execute("SELECT name FROM sqlite_master WHERE type = 'trigger'")
        names = {row[0] for row in cursor.fetchall()}
    acts = ("update", "delete", "replace")
    return [t for t in tables if not names.issuperset(f"{t}_no_{act}" for act in acts)]
