"""``manage.py check_grants``: the nightly reconciliation of grants with appointments."""

from django.core.management.base import BaseCommand

from federation import grants


class Command(BaseCommand):
    help = "按任职和挂钩核对全部授权，补上缺的，撤销多的。"

    def handle(self, *args, **options):
        added, removed = grants.derive_all()
        self.stdout.write(f"授权核对完毕：补上{added}条，撤销{removed}条。")
