"""``manage.py collection open``: ask every unit that owes an annex for it."""

import datetime as dt
import sys

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand
from django.utils import timezone

from reporting import actions, annexes
from reporting.management.commands.annex import Refused, unit_called


class Command(BaseCommand):
    help = (
        "Open a collection: a draft for every unit that owes the annex; repeating adds who is new."
    )

    def add_arguments(self, parser):
        verbs = parser.add_subparsers(dest="verb", required=True)
        opening = verbs.add_parser("open", help="open or extend a collection")
        opening.add_argument("code")
        opening.add_argument("--period", required=True)
        opening.add_argument("--issuer", required=True, help="name or division code")
        opening.add_argument("--due", required=True, type=dt.date.fromisoformat, help="2014-05-25")
        opening.add_argument("--doc-number", default="", help="发文字号")
        opening.add_argument("--department", help="name of the receiving department")

    def handle(self, *args, **options):
        today = timezone.localdate()
        try:
            if options["due"] < today:
                raise Refused(f"截止日期 {options['due']} 早于今天 {today}。")
            department = options["department"]
            call = actions.open_collection(
                annexes.get(options["code"]),
                period=options["period"],
                issuer=unit_called(options["issuer"]),
                opened_on=today,
                due_on=options["due"],
                doc_number=options["doc_number"],
                receiving_department=unit_called(department) if department else None,
            )
        except ValidationError as error:
            self._refuse(error.messages[0])
        except (Refused, annexes.AnnexError, ValueError) as error:
            self._refuse(str(error))
        else:
            owed = call.submissions.count()
            self.stdout.write(f"{call}：应报 {owed} 个单位，截止 {call.due_on:%Y-%m-%d}。")

    def _refuse(self, sentence: str) -> None:
        self.stderr.write(sentence)
        sys.exit(1)
