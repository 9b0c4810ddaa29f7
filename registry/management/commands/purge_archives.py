"""``manage.py purge_archives [--dry-run]``: propose what is overdue, erase what two persons agreed on."""

from __future__ import annotations

from typing import Any

from django.core.management.base import BaseCommand, CommandParser

from registry import erasing, retention


class Command(BaseCommand):
    help = "提出到期档案的删除，删除两人已确认且到期的档案；--dry-run 只列出。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("--dry-run", action="store_true", help="只列出，不改动")

    def handle(self, *args: Any, dry_run: bool, **options: Any) -> None:
        if not dry_run:
            proposed, done = retention.propose_due(), erasing.do_due()
            self.stdout.write(f"提出 {proposed} 份，删除 {done} 份。")
            return
        for person, day in retention.overdue():
            self.stdout.write(f"将提出  {person.uuid}  {person.unit}  应删除日期 {day}")
        for row in erasing.due().select_related("unit"):
            self.stdout.write(f"将删除  {row.person_uuid}  {row.unit}  {row.reason}")
        self.stdout.write("仅列出，未作改动。")
