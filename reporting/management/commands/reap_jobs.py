"""manage.py reap_jobs: end the jobs that used up their attempts, expire the files kept long enough."""

from django.core.management.base import BaseCommand

from reporting.jobs import dispatcher


class Command(BaseCommand):
    help = "结束多次中断的作业，并把超过保留时间的文件标为已过期。"

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="只做一轮（也是不写时的做法）")

    def handle(self, **options):
        failed, expired = dispatcher.reap()
        self.stdout.write(f"结束 {failed} 个作业，{expired} 个文件到期")
