"""``manage.py housekeeping [--once NAME | --status]``: periodic work, alone or by hand."""

import signal
import threading

from django.core.management.base import BaseCommand, CommandError
from django.utils import timezone

from federation import housekeeping
from federation.models import Chore


class Command(BaseCommand):
    help = "例行工作：封存审计、清除到期文件和登录、核对授权；每项每个周期只做一次，可同时开多个。"

    def add_arguments(self, parser):
        parser.add_argument("--once", metavar="NAME", help="立即做这一项（all：所有到期的）")
        parser.add_argument("--status", action="store_true", help="上次什么时候做的，结果如何")

    def handle(self, *, once: str | None, status: bool, **options):
        if status:
            self._tell()
        elif once:
            self._do(once)
        else:
            stop = threading.Event()
            for name in (signal.SIGTERM, signal.SIGINT):
                signal.signal(name, lambda *_: stop.set())
            housekeeping.loop(stop)

    def _do(self, name: str) -> None:
        if name == "all":
            done = housekeeping.run_due()
            self.stdout.write(f"已做：{'、'.join(done) or '没有到期的'}")
            return
        kind = next((kind for kind in housekeeping.kinds() if kind.name == name), None)
        if kind is None:
            known = "、".join(kind.name for kind in housekeeping.kinds())
            raise CommandError(f"没有这一项。可选：{known}")
        Chore.objects.get_or_create(name=name, defaults={"due_at": timezone.now()})
        if not housekeeping.run(kind):
            raise CommandError(f"{kind.title}没有成功，原因见日志。")
        self.stdout.write(f"{kind.title}：{Chore.objects.get(name=name).result}")

    def _tell(self) -> None:
        rows, late = {row.name: row for row in Chore.objects.all()}, set(housekeeping.late())
        for kind in housekeeping.kinds():
            row = rows.get(kind.name)
            ended = (
                f"{timezone.localtime(row.ended_at):%Y-%m-%d %H:%M:%S}"
                if row and row.ended_at
                else "尚未"
            )
            word = "逾期" if kind.name in late else "正常"
            self.stdout.write(
                f"{word}  {kind.name:<18} {kind.title}  {ended}  {row.result if row else ''}"
            )
        if late:
            raise CommandError(f"{len(late)} 项逾期或未成功。")
