"""``manage.py load_demo [--accounts]``."""

import time

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from federation import demo as people
from pairing import demo, demo_pairs
from registry import demo as archives


class Command(BaseCommand):
    help = "载入演示数据（泉州 2014 的报表、哈尔滨的档案、两市的结对，人名带“演”，均为虚构）；可重复运行，真实环境拒绝运行。"

    def add_arguments(self, parser):
        parser.add_argument("--accounts", action="store_true", help="只列出演示账号")

    def handle(self, *args, accounts=False, verbosity=1, **options):
        began = time.monotonic()
        data, harbin = people.read(), archives.read()
        try:
            people.require_demo()
            if not accounts:
                units, users = people.load(data)
                opened, persons = archives.load(harbin)
                submissions = demo.load(data)
                pairs = demo_pairs.load()
        except ValidationError as error:
            raise CommandError("；".join(error.messages)) from error
        if not verbosity:
            return
        if not accounts:
            self.stdout.write(
                f"演示数据已就绪：新增文明岗和妇委会{units}个、账号{users + opened}个、报表{submissions}份、档案{persons}份、结对{pairs}对"
                f"（{time.monotonic() - began:.1f}秒）。"
            )
        self.stdout.write(f"演示账号（口令均为 {people.PASSWORD}）：")
        for username, says in people.accounts_to_show(data, harbin):
            self.stdout.write(f"  {username:<12}{says}")
