"""``manage.py row_security apply|remove|status``: the policies of :mod:`federation.row_security`.

Not a migration: it depends on a role and on a setting, and is run again after each upgrade.
"""

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError
from django.db import connection

from federation import row_security


class Command(BaseCommand):
    help = "行级安全：apply 启用，remove 撤下，status 查看。只用于 PostgreSQL，须以管理连接运行。"

    def add_arguments(self, parser):
        parser.add_argument("act", choices=["apply", "remove", "status"])
        parser.add_argument(
            "--role", default=settings.ROW_SECURITY_ROLE, help="网页与作业所用的数据库角色"
        )

    def handle(self, *, act: str, role: str, **options):
        if connection.vendor != "postgresql":
            raise CommandError("只有 PostgreSQL 有行级安全；当前数据库没有。")
        if act != "status" and not row_security.bypassed_by_us():
            raise CommandError(
                "请用管理连接运行（DATABASE_ADMIN_URL 的角色须有 BYPASSRLS）：否则数据迁移和备份会看不到任何一行。"
            )
        if act == "apply":
            self._require(role)
            self.stdout.write(f"已在 {len(row_security.apply(role))} 张表上启用行级安全。")
        elif act == "remove":
            self.stdout.write(f"已从 {len(row_security.remove())} 张表上撤下行级安全。")
        sound = self._status()
        if act == "status" and not sound:
            raise CommandError("行级安全没有完全启用：请运行 row_security apply。")

    def _require(self, role: str) -> None:
        if not role:
            raise CommandError("请用 --role 写明网页与作业所用的数据库角色。")
        with connection.cursor() as cursor:
            cursor.execute(
                "SELECT rolsuper OR rolbypassrls FROM pg_roles WHERE rolname = %s", [role]
            )
            found = cursor.fetchone()
        if found is None:
            raise CommandError(f"没有数据库角色 {role}，请先建立。")
        if found[0]:
            raise CommandError(f"角色 {role} 是超级用户或有 BYPASSRLS，行级安全对它不起作用。")

    def _status(self) -> bool:
        states = row_security.states()
        for state in states:
            word = "启用" if state.sound else "未启用" if not state.enabled else "须重新启用"
            self.stdout.write(f"{word}  {state.table}")
        return all(state.sound for state in states)
