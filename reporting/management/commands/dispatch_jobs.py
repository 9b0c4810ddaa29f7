"""manage.py dispatch_jobs [--once]: send again the jobs whose message was lost; keep the house."""

import signal
import threading

from django.core.management.base import BaseCommand, CommandError

from federation import housekeeping
from reporting.jobs import dispatcher


class Command(BaseCommand):
    help = "重新派发未完成的作业，直到收到终止信号；--once 只做一轮。"

    def add_arguments(self, parser):
        parser.add_argument("--once", action="store_true", help="只派发一轮")

    def handle(self, *, once: bool, **options):
        if once:
            try:
                self.stdout.write(f"已派发 {dispatcher.dispatch_once()} 个作业")
            except Exception as error:
                raise CommandError(
                    f"消息队列没有应答（{type(error).__name__}），作业仍在表中等待。"
                ) from error
            return
        stop = threading.Event()
        for name in (signal.SIGTERM, signal.SIGINT):
            signal.signal(name, lambda *_: stop.set())
        housekeeping.start(stop)
        dispatcher.loop(stop)
