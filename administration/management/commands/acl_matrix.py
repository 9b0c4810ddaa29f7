"""``manage.py acl_matrix --json``."""

import json

from django.core.management.base import BaseCommand

from administration import acl, pages


class Command(BaseCommand):
    help = "列出每个地址：名称、方法、对象、权限、敏感级、可试的地址，以及各种人应得的回答。"

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="输出一个 JSON 对象")

    def handle(self, *args, **options):
        if options["json"]:
            self.stdout.write(json.dumps(acl.matrix(), ensure_ascii=False, indent=1))
            return
        for page in pages.pages():
            self.stdout.write(f"{page.name}\t{'/'.join(page.methods)}\t{page.route}")
