"""``manage.py seed_acceptance --json [--seed N]``."""

import json

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from administration import acceptance


class Command(BaseCommand):
    help = "在空数据库里建立验收数据（全部虚构）；可重复运行，库里有别的账号或组织时拒绝。"

    def add_arguments(self, parser):
        parser.add_argument("--json", action="store_true", help="输出一个 JSON 对象")
        parser.add_argument("--seed", type=int, default=1, help="同一编号得到同样的内容")

    def handle(self, *args, **options):
        try:
            said = acceptance.seed(options["seed"])
        except ValidationError as error:
            raise CommandError("；".join(error.messages)) from error
        if options["json"]:
            self.stdout.write(json.dumps(said, ensure_ascii=False, indent=1))
            return
        kinds = {thing["kind"] for thing in said["resources"]}
        self.stdout.write(
            f"验收数据已就绪：组织{len(said['tree'])}个，验收角色{len(said['principals'])}个，"
            f"资源{len(said['resources'])}项（{len(kinds)}类）。"
        )
