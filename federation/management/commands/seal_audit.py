"""``manage.py seal_audit``: meant for every minute, by a timer of the machine."""

from django.core.management.base import BaseCommand, CommandError

from federation import seals
from federation.models import AuditSeal


class Command(BaseCommand):
    help = "封存一分钟以前的审计记录，并把封存值写到库外（AUDIT_ANCHOR_FILE）。"

    def handle(self, *args, **options):
        try:
            made = seals.seal()
        except seals.CannotSeal as reason:
            raise CommandError(str(reason)) from reason
        last = AuditSeal.objects.last()
        if last is None:
            self.stdout.write("还没有可封存的审计记录。")
            return
        self.stdout.write(f"新封存 {sum(one.count for one in made)} 条，{len(made)} 号。")
        self.stdout.write(f"末号 {last.number}，封至第 {last.upto_id} 号记录，封存值 {last.root}")
        if seals.anchor_file() is None:
            self.stdout.write("没有设置 AUDIT_ANCHOR_FILE：请把上面的封存值抄存在数据库以外。")
