"""``manage.py load_demo [--accounts]``."""

import time

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError

from federation import demo as people
from pairing import demo


class Command(BaseCommand):
    help = "载入演示数据（泉州 2014，人名带“演”，均为虚构）；可重复运行，真实环境拒绝运行。"

    def add_arguments(self, parser):
        parser.add_argument("--accounts", action="store_true", help="只列出演示账号")

    def handle(self, *args, accounts=False, verbosity=1, **options):
        began = time.monotonic()
        data = people.read()
        try:
            people.require_demo()
            if not accounts:
                units, users = people.load(data)
                submissions = demo.load(data)
        except ValidationError as error:
            raise CommandError("；".join(error.messages)) from error
        if not verbosity:
            return
        if not accounts:
            self.stdout.write(
                f"演示数据已就绪：新增文明岗和妇委会{units}个、账号{users}个、报表{submissions}份"
                f"（{time.monotonic() - began:.1f}秒）。"
            )
        self.stdout.write(f"演示账号（口令均为 {people.PASSWORD}）：")
        for username, says in people.accounts_to_show(data):
            self.stdout.write(f"  {username:<12}{says}")
