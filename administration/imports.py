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
from django.utils import timezone, translation
from django.utils.formats import get_format
from import_export import fields, resources
from import_export.results import RowResult
from tablib import Dataset

from administration.models import AccountImport
from federation import accounts, appointments, audit, passwords
from federation.administrators import Administrator
from federation.models import OrgUnit, Post, User
from federation.scope import OutOfReach
from reporting.workbook import Sheet, UnreadableWorkbook, read_sheet

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


# -- The sheet ------------------------------------------------------------------------------------
def table_of(sheet: Sheet) -> tuple[list[dict[str, Any]], list[str]]:
    """Rows as ``{"row": 3, "display_name": …}``, and the headings nobody asked for.

    Raises ``UnreadableWorkbook`` where the headings or the people are missing.
    """
    known = {word: name for word, name, _ in COLUMNS}
    tops = [[cell.replace("*", "").strip() for cell in cells] for cells in sheet.rows[:10]]
    top = next((n for n, words in enumerate(tops) if {"姓名", "单位", "岗位"} <= set(words)), None)
    if top is None:
        raise UnreadableWorkbook("没有找到表头：要有“姓名”“单位”“岗位”，请用下载的模板。")
    headings = tops[top]
    lacking = [word for word, _, needed in COLUMNS if needed and word not in headings]
    twice = sorted({word for word in headings if word and headings.count(word) > 1})
    if lacking or twice:
        said = [f"缺“{'”“'.join(lacking)}”栏"] if lacking else []
        said += [f"“{'”“'.join(twice)}”栏重复"] if twice else []
        raise UnreadableWorkbook(f"表头{'，'.join(said)}，请用下载的模板。")
    rows = [
        {
            "row": number,
            **{known[h]: c for h, c in zip(headings, cells, strict=False) if h in known},
        }
        for number, cells in enumerate(sheet.rows[top + 1 :], start=top + 2)
        if any(cells)
    ]
    if not rows:
        raise UnreadableWorkbook("表头下面没有内容，请填好再上传。")
    if len(rows) > MOST_PEOPLE:
        raise UnreadableWorkbook(f"有{len(rows)}行，一次最多{MOST_PEOPLE}行，请分几次导入。")
    return rows, [heading for heading in headings if heading and heading not in known]


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
        self.units: dict[str, list[OrgUnit]] = {}
        names = {str(row.get(key, "")) for row in rows for key in ("unit", "parent")}
        for unit in admin.units().open_now().filter(name__in=names).select_related("unit_type"):
            self.units.setdefault(unit.name, []).append(unit)

    def get_queryset(self):
        return self.admin.accounts()

    def before_import_row(self, row, **kwargs):
        """Read every cell; all that is wrong with the row is said together."""
        self.read, errors = {}, {}
        readers = {
            "display_name": lambda: accounts.clean_name(row["display_name"]),
            "unit": lambda: self.unit_of(row),
            "post": lambda: self.post_of(row),
            "starts_on": lambda: day_of(row, needed=True),
            "ends_on": lambda: day_of(row, "ends_on"),
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
        name, parent = row["unit"], row["parent"]
        if not name:
            raise ValidationError("请填写单位全称，如“临江镇妇联”。")
        found = self.units.get(name, [])
        if parent:
            above = [unit.path for unit in self.units.get(parent, [])]
            found = [unit for unit in found if any(unit.path.startswith(path) for path in above)]
        if not found:
            below = f"“{parent}”下面" if parent else "您的管辖范围内"
            raise ValidationError(f"{below}没有“{name}”，请按“组织”名册里的全称填写。")
        if len(found) > 1:
            raise ValidationError(f"叫“{name}”的有{len(found)}个，请在“上级单位”栏写明属于哪里。")
        return found[0]

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


def day_of(row, name: str = "starts_on", *, needed: bool = False) -> dt.date | None:
    text = row[name].split(" ")[0]
    if not text:
        if needed:
            raise ValidationError("请填写日期，如 2014-06-01。")
        return None
    with translation.override("zh-hans"):
        formats = get_format("DATE_INPUT_FORMATS")
    for form in formats:
        try:
            return dt.datetime.strptime(text, form).date()  # noqa: DTZ007 -- a day has no zone
        except ValueError:
            continue
    raise ValidationError("日期写成 2014-06-01 或 2014年6月1日。")


# -- Trying and doing -----------------------------------------------------------------------------
def carry_out(rows: Sequence[dict[str, Any]], admin: Administrator, *, dry_run: bool) -> Outcome:
    """Run all rows in one transaction; with a fault, or dry, nothing of it stays."""
    resource = AccountResource(admin, rows)
    names = ["row", *WORDS]
    data = Dataset(*([row.get(name, "") for name in names] for row in rows), headers=names)
    result = resource.import_data(
        data, dry_run=dry_run, raise_errors=False, use_transactions=True,
        rollback_on_validation_errors=True,
    )  # fmt: skip
    outcome = resource.outcome
    for base in result.base_errors:
        raise base.error
    for failed in result.error_rows:
        raise failed.errors[0].error  # a fault of ours, not of the sheet
    for bad in result.invalid_rows:
        row = rows[bad.number - 1]
        outcome.faults += [
            Fault(int(row["row"]), WORDS.get(name, ""), str(row.get(name, ""))[:60], words)
            for name, messages in _said(bad.error).items()
            for words in messages
        ]
    return outcome


def _said(error: ValidationError) -> dict[str, list[str]]:
    return error.message_dict if hasattr(error, "error_dict") else {"": error.messages}


def upload(data: bytes, *, by: User) -> AccountImport:
    """Read and try the workbook; the preview is kept for an hour. Raises ``UnreadableWorkbook``."""
    AccountImport.objects.filter(created_at__lt=timezone.now() - KEPT).delete()
    sheet = read_sheet(data)
    rows, unknown = table_of(sheet)
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
