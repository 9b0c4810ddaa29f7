"""``manage.py add_key``: the first step of changing keys; the second is ``rotate_keys``."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from federation.encryption import KeyProblem, ring
from federation.encryption.ring_file import add_key
from federation.encryption.suites import SUITES


class Command(BaseCommand):
    help = "在密钥文件中添一把新密钥，暂不启用；换密钥的第一步，第二步是 rotate_keys。"

    def add_arguments(self, parser):
        parser.add_argument("--suite", choices=sorted(SUITES), help="密码算法；不写时同现用的。")

    def handle(self, *args, suite, **options):
        path = Path(settings.FIELD_KEYS_FILE)
        try:
            key_id = add_key(path, suite=suite or ring().current.suite.name)
        except (KeyProblem, OSError) as reason:
            raise CommandError("密钥文件读不到、写不了或已损坏，没有改动。") from reason
        self.stdout.write(
            f"已添 {key_id}，还没有启用。请先把 {path} 复制到每台运行本系统的机器，并更换封存的两份，"
            "再运行 manage.py rotate_keys。"
        )
