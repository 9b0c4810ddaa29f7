"""``manage.py verify_audit``: exit code 0 when every seal holds, 1 with one line otherwise."""

from django.core.management.base import BaseCommand, CommandError

from federation import seals


class Command(BaseCommand):
    help = "重新计算全部封存，指出第一处不成立的封存及原因。"

    def add_arguments(self, parser):
        parser.add_argument(
            "--after",
            type=int,
            default=0,
            metavar="N",
            help="只核对第 N 号以后的封存（以前的问题已经查明并记录在案时用）。",
        )

    def handle(self, *args, after, **options):
        verdict = seals.verify(after=after)
        if verdict.broken:
            raise CommandError(str(verdict.broken))
        if off := seals.guards_off():
            raise CommandError(f"封存都成立，但防改动的触发器没有生效：{'、'.join(off)}。")
        anchor = "与库外锚点相符" if seals.anchor_file() else "没有库外锚点，截去末尾查不出来"
        self.stdout.write(
            f"{verdict.seals} 号封存全部成立，共 {verdict.rows} 条；"
            f"另有 {verdict.waiting} 条待封存；{anchor}。"
        )
