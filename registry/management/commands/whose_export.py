"""``manage.py whose_export FILE``: who took this register out, and when."""

import getpass
import sys
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from registry import whose
from registry.register_choice import Mode
from reporting.workbook import UnreadableWorkbook, is_locked, traces_of, unlocked

MOST_BYTES = 40 << 20


class Command(BaseCommand):
    help = "说出一份导出的台账是谁、什么时候导出的（看水印；水印没了看行的顺序）。"

    def add_arguments(self, parser):
        parser.add_argument("file")
        parser.add_argument(
            "--password-from-stdin", action="store_true", help="打开密码从标准输入读一行"
        )

    def handle(self, *args, **options):
        path = Path(options["file"])
        try:
            if path.stat().st_size > MOST_BYTES:
                raise CommandError("文件超过40 MB，不是本系统导出的台账。")
            data = path.read_bytes()
            if is_locked(data):
                data = unlocked(data, self._password(options["password_from_stdin"]))
            found = whose.find(traces_of(data))
        except OSError as error:
            raise CommandError(f"读不了这个文件：{error.strerror}") from error
        except UnreadableWorkbook as error:
            raise CommandError(str(error)) from error
        if not found:
            raise CommandError("没有找到：既没有本系统的水印，行的顺序也与留存的导出都不相同。")
        for one in found:
            job, who = one.job, one.job.requester
            how = one.by if one.share == 1 else f"{one.by}（{one.share:.0%}相符）"
            when = timezone.localtime(job.created_at)
            self.stdout.write(
                f"作业号 {job.number}\t{who.display_name}（{who.username}）\t{when:%Y-%m-%d %H:%M}\t"
                f"{job.params.get('title', '')}（{Mode(job.params['mode']).label}）\t依据：{how}"
            )

    @staticmethod
    def _password(from_stdin: bool) -> str:
        return sys.stdin.readline().strip() if from_stdin else getpass.getpass("打开密码：")
