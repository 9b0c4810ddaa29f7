"""``manage.py annex list`` and ``annex export``: the annexes from a shell, with one person's scope."""

import sys
from pathlib import Path

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand

from federation.models import OrgUnit, User
from reporting import annexes
from reporting.exports import NothingToExport, make
from reporting.workbook import WorkbookError


class Command(BaseCommand):
    help = "List the annexes, or export one exactly as a named person may see it."

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

    def handle(self, *args, **options):
        if options["verb"] == "list":
            for annex in annexes.all():
                self.stdout.write(f"{annex.code}\t{annex.mark}\t{annex.title}\t{annex.notice}")
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

    def _refuse(self, sentence: str) -> None:
        self.stderr.write(sentence, ending="\n")
        sys.exit(1)


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
