"""``manage.py annex list``, ``annex export`` with one person's scope, ``annex read`` of files."""

import datetime as dt
import json
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand
from django.utils import timezone

from federation.models import OrgUnit, User
from reporting import annexes, file_meaning, incoming
from reporting.annexes import Annex
from reporting.exports import NothingToExport, make
from reporting.incoming import Reading, bundles
from reporting.models import Collection, Submission
from reporting.workbook import WorkbookError


class Command(BaseCommand):
    help = "List the annexes, export one exactly as a named person may see it, or read files."

    def add_arguments(self, parser):
        verbs = parser.add_subparsers(dest="verb", required=True)
        verbs.add_parser("list", help="code, mark, title and notice of every annex")
        export = verbs.add_parser("export", help="write one annex to a file")
        export.add_argument("code")
        export.add_argument("--unit", required=True, help="name or division code")
        export.add_argument("--period", required=True)
        export.add_argument("--as", dest="username", required=True)
        export.add_argument("--out", required=True)
        export.add_argument("--only", choices=["approved"], default="")

        read = verbs.add_parser("read", help="say what files hold; nothing is written")
        read.add_argument("code")
        read.add_argument(
            "files", nargs="+", metavar="FILE", help="files, .zip of files, or folders of them"
        )
        read.add_argument("--unit", default="", help="name or division code of the sender")
        read.add_argument("--area", default="", help="name or division code: senders are below it")
        read.add_argument(
            "--received",
            metavar="DAY",
            help="when they came, as 2014-05-26, or file for the time of each; tells what is late",
        )
        read.add_argument("--json", action="store_true", help="a list, one object a file")

    def handle(self, *args, **options):
        if options["verb"] == "list":
            for annex in annexes.all():
                self.stdout.write(f"{annex.code}\t{annex.mark}\t{annex.title}\t{annex.notice}")
            return
        if options["verb"] == "read":
            self._read(options)
            return
        try:
            made = self._make(options)
            with Path(options["out"]).open("wb") as out:
                made.write_to(out)
        except ValidationError as error:
            self._refuse(error.messages[0])
        except (Refused, NothingToExport, WorkbookError, annexes.AnnexError, ValueError) as error:
            self._refuse(str(error))
        except OSError as error:
            self._refuse(f"不能写入文件“{options['out']}”：{error.strerror}。")
        else:
            self.stdout.write(
                f"已导出 {made.rows} 行（其中未审 {made.pending} 行）：{options['out']}"
            )

    def _make(self, options):
        user = User.objects.filter(username=options["username"]).first()
        if user is None:
            raise Refused(f"没有用户“{options['username']}”。")
        annex = annexes.get(options["code"])
        return make(
            annex,
            unit=unit_called(options["unit"]),
            period=options["period"],
            user=user,
            only=options["only"],
        )

    def _read(self, options):
        try:
            annex = annexes.get(options["code"])
            unit = unit_called(options["unit"]) if options["unit"] else None
            area = unit_called(options["area"]) if options["area"] else None
            day = day_said(options["received"])
        except (Refused, annexes.AnnexError) as error:
            self._refuse(str(error))
        found = []
        with incoming.Reader(annex, area=area, unit=unit) as reader:
            for path, folder in _files(options["files"]):
                try:
                    readings = _read(reader, path, folder)
                    received = day(path)
                except OSError as error:
                    self._refuse(f"不能读取文件“{path}”：{error.strerror}。")
                found += [(reading, received) for reading in readings]
        _propose(annex, found)
        found = [reading for reading, _ in found]
        if options["json"]:
            listed = [incoming.as_json(reading) for reading in found]
            self.stdout.write(json.dumps(listed, ensure_ascii=False, indent=1))
            return
        for reading in found:
            self.stdout.write(reading.refused or incoming.summary(reading))
            for problem in reading.problems if not reading.refused else []:
                self.stdout.write(f"  {incoming.LEVELS[problem.level]}：{problem.message}")

    def _refuse(self, sentence: str) -> None:
        self.stderr.write(sentence, ending="\n")
        sys.exit(1)


def _files(names: list[str]) -> Iterator[tuple[Path, str]]:
    """The files named, and those in the folders named with the folders they lie in, by path."""
    for name in names:
        path = Path(name)
        if path.is_dir():
            for inside in bundles.in_folder(path):
                yield inside, (path.resolve().name / inside.relative_to(path).parent).as_posix()
        else:
            yield path, ""


def _read(reader: incoming.Reader, path: Path, folder: str) -> list[Reading]:
    """One file, or each of those in a .zip."""
    with path.open("rb") as file:
        magic = file.read(6)
    if bundles.may_be_one(magic) and path.stat().st_size <= bundles.MOST_BYTES:
        sent = bundles.unpacked(path.name, path.read_bytes(), folder=folder)
        return list(reader.read_all(sent))
    return [reader.read(path, folder=folder)]


def day_said(words: str | None) -> Callable[[Path], dt.date | None]:
    """The day on which a file came: the same for all, of each file, or unknown."""
    if not words:
        return lambda path: None
    if words == "file":
        return lambda path: timezone.localdate(
            dt.datetime.fromtimestamp(path.stat().st_mtime, dt.UTC)
        )
    try:
        day = dt.date.fromisoformat(words)
    except ValueError:
        raise Refused(f"“{words}”不是日期，请写成 2014-05-26。") from None
    return lambda path: day


def _propose(annex: Annex, found: list[tuple[Reading, dt.date | None]]) -> None:
    """What each file seems to be, beside what the units have reported in the latest period."""
    everyone = Submission.objects.unscoped(reason="the shell reads files and writes nothing")
    units = {reading.unit.uuid for reading, _ in found if reading.unit.uuid}
    asked = everyone.filter(annex=annex.code, unit__uuid__in=units).order_by("period")
    latest = {str(s.unit.uuid): s for s in asked.select_related("unit").prefetch_related("rows")}
    held = {uuid: file_meaning.on_server(submission) for uuid, submission in latest.items()}
    file_meaning.Batch(annex, held).propose([reading for reading, _ in found])
    newest = Collection.objects.filter(annex=annex.code).order_by("period", "opened_on").last()
    for reading, received in found:
        call = latest.get(reading.unit.uuid or "") or newest
        if call is not None and not reading.refused:
            reading.late = file_meaning.is_late(call, received)


class Refused(Exception):
    """A sentence for the person at the shell."""


def unit_called(words: str) -> OrgUnit:
    """The one unit of that division code, official name, short name or alias; else a sentence.

    A short name that a federation and its place share means the federation that stands highest.
    """
    units = OrgUnit.objects.open_now()
    by_code = units.filter(division_code=words.ljust(12, "0") if words.isdigit() else "-")
    for found in (
        by_code,
        units.filter(name=words),
        units.filter(short_name=words),
        units.filter(area_name=words),
        units.filter(aliases__contains=words),
    ):
        first = list(found.order_by("depth")[:2])
        if len(first) == 1 or (first and first[0].depth < first[1].depth):
            return first[0]
        if first:
            names = "、".join(f"{u.name}（{u.division_code or u.uuid}）" for u in found[:5])
            raise Refused(f"有多个组织叫“{words}”：{names}；请用区划代码。")
    raise Refused(f"没有叫“{words}”的组织。")
