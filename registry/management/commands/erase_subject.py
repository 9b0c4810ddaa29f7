"""``manage.py erase_subject UUID``: erase one archive now, for two accounts that may agree on it."""

from __future__ import annotations

from typing import Any
from uuid import UUID

from django.core.exceptions import PermissionDenied
from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.db import transaction

from federation.models import User
from registry import erasing
from registry.models import Erasure, Person
from registry.refusal import Refused


class Command(BaseCommand):
    help = "删除一份档案：写明原因、提出人和确认人的账号，两人须分别有权提出和确认。"

    def add_arguments(self, parser: CommandParser) -> None:
        parser.add_argument("uuid", type=UUID, help="档案的编号")
        parser.add_argument("--reason", required=True, help="删除原因")
        parser.add_argument("--proposed-by", required=True, help="提出人的账号")
        parser.add_argument("--confirmed-by", required=True, help="确认人的账号")

    def handle(self, *args: Any, uuid: UUID, reason: str, **options: Any) -> None:
        first, second = (_account(options[key]) for key in ("proposed_by", "confirmed_by"))
        person = Person.objects.visible_to(first, "edit").filter(uuid=uuid).first()
        if person is None:
            raise CommandError("提出人看不到这份档案，或没有这份档案。")
        try:
            with transaction.atomic():
                row = erasing.confirm(erasing.propose(person, by=first, reason=reason), by=second)
                erasing.carry_out(row)
        except Refused as refused:
            raise CommandError(str(refused)) from refused
        except (PermissionDenied, Erasure.DoesNotExist) as error:
            raise CommandError("确认人没有确认删除这份档案的权限。") from error
        self.stdout.write(f"已删除 {uuid}。")


def _account(username: str) -> User:
    user = User.objects.filter(username=username, is_active=True).first()
    if user is None:
        raise CommandError(f"没有可用的账号 {username}。")
    return user
