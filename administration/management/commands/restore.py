"""``manage.py restore FILE --key-file KEY``: into an empty database, all of it or nothing."""

from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from administration.backup import Refused, restoring
from registry import tombstones


class Command(BaseCommand):
    help = "把备份恢复到空的数据库和文件目录：先全部核对，再一次写入；有一处不对就什么也不写。"

    def add_arguments(self, parser):
        parser.add_argument("file", type=Path, help="备份文件")
        parser.add_argument("--key-file", type=Path, required=True, help="备份密钥文件")
        parser.add_argument(
            "--check", action="store_true", help="只核对备份文件是否完好，不碰数据库"
        )
        parser.add_argument(
            "--keep-sessions", action="store_true", help="保留备份时的登录（默认让所有人重新登录）"
        )

    def handle(self, *, file: Path, key_file: Path, check: bool, keep_sessions: bool, **options):
        try:
            done = restoring.restore(file, key_file, keep_sessions=keep_sessions, look_only=check)
        except Refused as why:
            raise CommandError(str(why)) from why
        told, settled = done.manifest, done.settled
        holds = f"{len(told['tables'])} 张表 {done.rows} 行，{done.files} 个文件"
        if settled is None:
            self.stdout.write(f"备份完好：{told['at']} 由 {told['version']} 版程序所做，{holds}。")
            for name, value in told["settings"].items():
                self.stdout.write(f"  {name}={value}")
            return
        self.stdout.write(f"恢复完成：{told['at']} 的备份，{holds}，逐表逐文件与清单一致。")
        self._tell(settled)
        if told["missing"]:
            self.stderr.write(f"注意：有 {len(told['missing'])} 个文件在备份时就不在磁盘上。")

    def _tell(self, settled):
        self.stdout.write(f"授权按任职核对：补 {settled.added} 条，撤 {settled.removed} 条。")
        self.stdout.write(f"审计封存 {settled.seals} 号全部成立。")
        if settled.sealed_since:
            self.stdout.write(
                f"备份以后还封存过 {settled.sealed_since} 号，那些记录不在备份里；"
                f"原来的库外锚点已另存为 {settled.anchor_aside}，请与备份一起存档。"
            )
        if not tombstones.log_file().exists():
            self.stderr.write(
                "注意：没有删除登记文件（ERASURE_LOG_FILE），备份以后删除过的档案无法再次删除。"
            )
        self.stdout.write(f"备份以后删除的档案再次删除：{settled.erased} 份。")
        if settled.sessions:
            self.stdout.write(f"备份时的 {settled.sessions} 个登录已结束，请大家重新登录。")
