"""``manage.py make_keys``: once for an installation, before the first private value is typed."""

from pathlib import Path

from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from federation.encryption import new_ring_file
from federation.encryption.suites import SUITES


class Command(BaseCommand):
    help = "生成加密身份证号、电话、住址、健康状况用的密钥文件（FIELD_KEYS_FILE）。已有文件时拒绝。"
    requires_system_checks: tuple[str, ...] = ()

    def add_arguments(self, parser):
        parser.add_argument(
            "--suite",
            choices=sorted(SUITES),
            default="AES-256-GCM",
            help="密码算法；要过密评的用 SM4-GCM。",
        )

    def handle(self, *args, suite, **options):
        path = Path(settings.FIELD_KEYS_FILE)
        try:
            new_ring_file(path, suite=suite)
        except FileExistsError as reason:
            raise CommandError(
                f"{path} 已经存在，没有改动。没有它，已加密的内容就打不开，不能覆盖；"
                "要换密钥，请用 add_key 和 rotate_keys。"
            ) from reason
        except OSError as reason:
            raise CommandError(f"写不了 {path}：{reason.strerror}。") from reason
        self.stdout.write(f"已生成 {path}（{suite}，只有属主可读）。")
        self.stdout.write(
            "请立即另存两份，分别封好、分两处保管（见部署指南“密钥文件”）。"
            "它不在数据库里，也不在备份里：丢了它，加密的内容谁也打不开。"
        )
