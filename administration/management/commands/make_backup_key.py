"""``manage.py make_backup_key FILE``: the key of the backups. Not the field key, and never beside them."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from administration.backup import Refused, sealing


class Command(BaseCommand):
    help = "生成备份密钥文件（只做一次）。它与备份、与字段密钥分开保存；丢了它，备份打不开。"

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="密钥文件写到哪里，例如 /etc/fulian/backup.key")

    def handle(self, *, file: Path, **options):
        try:
            sealing.make_key(file)
        except Refused as why:
            raise CommandError(str(why)) from why
        self.stdout.write(
            f"备份密钥已写到 {file}（只有属主可读）。请抄存两份、分别封存：没有它，任何备份都打不开。"
        )
