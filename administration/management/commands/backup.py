"""``manage.py backup FILE --key-file KEY``: rows and files in one sealed file, while people work."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from administration.backup import Refused, making


class Command(BaseCommand):
    help = "把数据库和文件备份成一个加密文件。不用停机；写到目录时按时间取名。"

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="备份文件，或放备份的目录")
        parser.add_argument("--key-file", type=Path, required=True, help="备份密钥文件")

    def handle(self, *, file: Path, key_file: Path, **options):
        try:
            made = making.backup(file, key_file)
        except Refused as why:
            raise CommandError(str(why)) from why
        size = made.size / (1 << 20)
        self.stdout.write(
            f"备份完成：{made.path}，{made.tables} 张表 {made.rows} 行，{made.files} 个文件，{size:.1f} MB。"
        )
        if made.missing:
            self.stderr.write(f"注意：有 {made.missing} 个文件在库里有登记，磁盘上没有。")
