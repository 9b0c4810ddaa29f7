"""manage.py purge [--dry-run]: delete expired files and files nobody owns."""

from django.core.management.base import BaseCommand

from federation import chores
from reporting.jobs import dispatcher, files


class Command(BaseCommand):
    help = "删除已过期的作业文件和一小时以上无主的临时文件。"

    def add_arguments(self, parser):
        parser.add_argument("--dry-run", action="store_true", help="只列出，不删除")

    def handle(self, *, dry_run: bool, **options):
        if dry_run:
            found = list(files.sweepable())
            for path in found:
                self.stdout.write(str(path.relative_to(files.folder())))
            self.stdout.write(
                f"共 {len(found)} 个文件可删除（--dry-run，未删除；到期但尚未标记的不在其内）"
            )
            return
        self.stdout.write(f"已删除 {dispatcher.sweep()} 个文件")
        self.stdout.write(f"已删除 {chores.forget_answers()} 条过期的请求答复")
