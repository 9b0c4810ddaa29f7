"""Accounts and appointments out of a spreadsheet: read, tried, shown, and then done whole or not at all.

django-import-export maps rows to accounts; what it may touch is the administrator's own
(``get_queryset``), which columns it obeys is said here, and every row goes through the rules of
:mod:`federation.accounts` and :mod:`federation.appointments` as if it had been typed on the page. A dry run
does exactly what the import does and takes it back.
"""

import datetime as dt
import hashlib
from collections.abc import Sequence
from dataclasses import asdict, dataclass, field
from typing import Any

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import IntegrityError, transaction
from django.utils import timezone
from import_export import fields, resources
from import_export.results import RowResult

from administration.models import AccountImport
from federation import accounts, appointments, audit, passwords
from federation.administrators import Administrator
from federation.models import OrgUnit, Post, User
from federation.scope import OutOfReach
from reporting.template_lists import by_name, day_of, names_in, run, table_of, unit_of
from reporting.workbook import read_sheet

TITLE = "账号与任职导入"
# Column of the sheet, name of the field, needed.
COLUMNS = (
    ("姓名", "display_name", True),
    ("用户名", "username", False),
    ("联系电话", "phone", False),
    ("单位", "unit", True),
    ("上级单位", "parent", False),
    ("岗位", "post", True),
    ("任职日期", "starts_on", True),
    ("任期到", "ends_on", False),
)
WORDS = {name: word for word, name, _ in COLUMNS}
MOST_PEOPLE = 300
KEPT = dt.timedelta(hours=1)


@dataclass(frozen=True)
class Fault:
    """What is wrong with one cell: where it is, what it holds, what to do."""

    row: int
    column: str
    value: str
    words: str


@dataclass
class Outcome:
    """What the rows do, or would do: ``lines`` to show, ``faults`` that stop all of it."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    faults: list[Fault] = field(default_factory=list)
    unknown: list[str] = field(default_factory=list)
    opened: list[User] = field(default_factory=list)

    def kept(self) -> dict[str, Any]:
        return {
            "lines": self.lines,
            "faults": [asdict(fault) for fault in self.faults],
            "unknown": self.unknown,
        }


# -- One row --------------------------------------------------------------------------------------
class AccountResource(resources.ModelResource):
    """A row as an account of the administrator's reach and one seat. Writes through the rules alone."""

    username = fields.Field(attribute="username", column_name="username")

    class Meta:
        model = User
        fields = ("username",)
        import_id_fields = ("username",)
        use_transactions = True
        use_bulk = False
        skip_diff = True
        report_skipped = True

    def __init__(self, admin: Administrator, rows: Sequence[dict[str, Any]]):
        super().__init__()
        self.admin = admin
        self.outcome = Outcome()
        self.posts = {post.name: post for post in admin.posts()}
        named = admin.units().open_now().filter(name__in=names_in(rows))
        self.units = by_name(named.select_related("unit_type"))

    def get_queryset(self):
        return self.admin.accounts()

    def before_import_row(self, row, **kwargs):
        """Read every cell; all that is wrong with the row is said together."""
        self.read, errors = {}, {}
        readers = {
            "display_name": lambda: accounts.clean_name(row["display_name"]),
            "unit": lambda: self.unit_of(row),
            "post": lambda: self.post_of(row),
            "starts_on": lambda: day_needed(row["starts_on"]),
            "ends_on": lambda: day_of(row["ends_on"]),
            "phone": lambda: accounts.clean_phone(row["phone"]),
        }
        for name, read in readers.items():
            try:
                self.read[name] = read()
            except ValidationError as error:
                errors[name] = error.messages
        username = row["username"].strip().lower()
        try:
            if not username and "display_name" in self.read:
                username = self.new_username()
        except ValidationError as error:
            errors["username"] = error.messages
        if errors:
            raise ValidationError(errors)
        row["username"] = username

    def new_username(self) -> str:
        """The pinyin of the name, unless somebody of that name holds a seat at that unit already."""
        name, unit = self.read["display_name"], self.read.get("unit")
        same = self.admin.accounts().filter(display_name=name, appointments__unit=unit).first()
        if unit is not None and same is not None:
            raise ValidationError(
                f"{unit}已有“{name}”（用户名{same.username}）。是同一人，填上这个用户名；是另一人，请另起一个。"
            )
        return accounts.free_username(name)

    def unit_of(self, row) -> OrgUnit:
        if not row["unit"]:
            raise ValidationError("请填写单位全称，如“临江镇妇联”。")
        return unit_of(row, self.units)

    def post_of(self, row) -> Post:
        post = self.posts.get(row["post"])
        if post is None:
            raise ValidationError(f"岗位填下列之一：{'、'.join(self.posts)}。")
        return post

    def skip_row(self, instance, original, row, import_validation_errors=None):
        """She holds this seat already, or held it on these very days."""
        if not instance.pk:
            return False
        held = instance.appointments.filter(unit=self.read["unit"], post=self.read["post"])
        days = {name: self.read[name] for name in ("starts_on", "ends_on")}
        return held.live().exists() or held.filter(**days).exists()

    def do_instance_save(self, instance, is_create):
        try:
            if is_create:
                made = accounts.enrol(username=instance.username, **self.read, by=self.admin.user)
                instance.pk = made.pk
                self.outcome.opened.append(made)
                return
            if instance.display_name != self.read["display_name"]:
                raise ValidationError(
                    {
                        "display_name": [
                            f"用户名{instance.username}是“{instance.display_name}”，与姓名不符，请核对。"
                        ]
                    }
                )
            seat = {key: self.read[key] for key in ("unit", "post", "starts_on", "ends_on")}
            appointments.appoint(instance, **seat, by=self.admin.user)
        except (OutOfReach, PermissionDenied) as refusal:
            raise ValidationError({"unit": [str(refusal)]}) from refusal
        except IntegrityError as lost:
            raise ValidationError(
                {"username": ["刚才有人开通了同名账号，请重新上传核对。"]}
            ) from lost

    def after_import_row(self, row, row_result, **kwargs):
        words = {
            RowResult.IMPORT_TYPE_NEW: "开通账号并任职",
            RowResult.IMPORT_TYPE_UPDATE: "已有账号，增加任职",
            RowResult.IMPORT_TYPE_SKIP: "已经任此职，不变",
        }
        line = {
            "row": int(row["row"]),
            "display_name": self.read["display_name"],
            "username": row["username"],
            "unit": self.read["unit"].name,
            "post": self.read["post"].name,
            "starts_on": str(self.read["starts_on"]),
            "ends_on": str(self.read["ends_on"] or ""),
            "does": words[row_result.import_type],
        }
        self.outcome.lines.append(line)


def day_needed(text: str) -> dt.date:
    day = day_of(text)
    if day is None:
        raise ValidationError("请填写日期，如 2014-06-01。")
    return day


# -- Trying and doing -----------------------------------------------------------------------------
def carry_out(rows: Sequence[dict[str, Any]], admin: Administrator, *, dry_run: bool) -> Outcome:
    """Run all rows in one transaction; with a fault, or dry, nothing of it stays."""
    resource = AccountResource(admin, rows)
    wrong = run(resource, rows, COLUMNS, dry_run=dry_run)
    resource.outcome.faults = [
        Fault(rows[index]["row"], WORDS.get(key, ""), str(rows[index].get(key, ""))[:60], words)
        for index, key, words in wrong
    ]
    return resource.outcome


def upload(data: bytes, *, by: User) -> AccountImport:
    """Read and try the workbook; the preview is kept for an hour. Raises ``UnreadableWorkbook``."""
    AccountImport.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    sheet = read_sheet(data)
    rows, unknown = table_of(sheet, COLUMNS, most=MOST_PEOPLE)
    outcome = carry_out(rows, Administrator(by), dry_run=True)
    outcome.unknown = unknown
    return AccountImport.objects.create(
        by=by,
        sha256=hashlib.sha256(data).hexdigest(),
        sheet=sheet.name[:100],
        rows=rows,
        outcome=outcome.kept(),
    )


@transaction.atomic
def confirm(found: AccountImport, *, by: User, sha256: str) -> list[tuple[User, str]] | None:
    """Do what the preview showed: all rows or none. Returns the new accounts with their passwords.

    ``sha256`` is that of the page: what is confirmed is what was seen. None when a row cannot be done
    any more: nothing was, and ``outcome`` says why. Raises ``OutOfReach`` for another's upload,
    ``ValidationError`` for one that was confirmed or has faults.
    """
    locked = AccountImport.objects.select_for_update().filter(pk=found.pk, by=by).first()
    if locked is None or locked.sha256 != sha256:
        raise OutOfReach("没有这次导入。")
    if locked.confirmed_at:
        raise ValidationError("这份名单已经导入过了。", code="confirmed")
    if locked.outcome["faults"]:
        raise ValidationError("名单里还有错，请改好重新上传。", code="faults")
    admin = Administrator(by)
    outcome = carry_out(locked.rows, admin, dry_run=False)
    if outcome.faults:
        locked.outcome = {**outcome.kept(), "unknown": locked.outcome["unknown"]}
        locked.save(update_fields=["outcome"])
        return None
    given = passwords.issue_many(outcome.opened, by=by)
    locked.rows, locked.confirmed_at = [], timezone.now()
    locked.outcome = {"lines": [], "faults": [], "unknown": []}
    locked.save(update_fields=["rows", "confirmed_at", "outcome"])
    detail = {"count": len(outcome.lines), "added": len(outcome.opened), "sha256": sha256}
    roots = OrgUnit.objects.filter(path__in=admin.paths).order_by("path")
    audit.record(locked, "import_accounts", by=by, unit=roots.first(), detail=detail)
    return [(user, given[user.pk]) for user in outcome.opened]
