"""``manage.py first_administrator --post security_admin --unit 泉州市妇联 --name 姓名``."""

from django.core.exceptions import ValidationError
from django.core.management.base import BaseCommand, CommandError
from django.db import transaction
from django.utils import timezone

from federation import accounts, grants, passwords
from federation.models import Appointment, Duty, OrgUnit, Post


class Command(BaseCommand):
    help = "开通头一位系统、安全或审计管理员（已有同类管理员的单位不再用它，由安全管理员在页面上任命）。"

    def add_arguments(self, parser):
        posts = ("system_admin", "security_admin", "audit_admin")
        parser.add_argument("--post", required=True, choices=posts, help="岗位代码")
        parser.add_argument("--unit", required=True, help="单位全称")
        parser.add_argument("--name", required=True, help="姓名")
        parser.add_argument("--username", default="", help="用户名，不写就用姓名的拼音")

    @transaction.atomic
    def handle(self, *args, post, unit, name, username, **options):
        units = OrgUnit.objects.open_now().filter(name=unit)
        if units.count() != 1:
            raise CommandError(f"叫“{unit}”的组织有{units.count()}个，请写全称。")
        seat = Post.objects.exclude(kind=Duty.BUSINESS).filter(code=post).first()
        if seat is None:
            raise CommandError("岗位表还没有载入，请先运行 manage.py load_divisions。")
        place = units.get()
        if Appointment.objects.live().filter(unit=place, post=seat).exists():
            raise CommandError(f"{place}已有{seat}，请由安全管理员在“账号与任职”页面任命。")
        try:
            user = accounts.new(name, username, "")
        except ValidationError as error:
            raise CommandError("；".join(error.messages)) from error
        grants.appoint(user, place, seat, starts_on=timezone.localdate())
        password = passwords.issue(user, by=None)
        self.stdout.write(f"{place} {seat}：用户名 {user.username}，初始密码 {password}")
        self.stdout.write("密码只显示这一次，第一次登录时必须改掉。")
