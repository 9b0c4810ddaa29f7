"""The rows of an uploaded list of 阵地 or 帮扶力量: django-import-export maps them, the rules write them.

What a row may touch is ``get_queryset``: rows that the person may change. Which columns are obeyed is
said here; every row goes through :mod:`registry.places` as if it had been typed on the page. All that
is wrong with a row is said together, and nothing that is said holds a telephone number.
"""

from __future__ import annotations

import datetime as dt
import re
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any, ClassVar

from django.core.exceptions import ValidationError
from django.db.models import Q
from django.utils import timezone
from import_export import fields, resources
from import_export.results import RowResult

from federation import scope
from federation.models import User
from federation.scope import OutOfReach
from registry import masking, phone_numbers, places
from registry.models import Helper, Site, SiteKind
from reporting.template_lists import Column, by_name, day_of, names_in, unit_of

HONOUR = re.compile(r"(\d{4})\s*年?\s*(.+)")
NEW, SAME = "登记", "已登记，不变"


@dataclass
class Outcome:
    """What the rows do, or would do; with a fault nothing of it stays."""

    lines: list[dict[str, Any]] = field(default_factory=list)
    faults: list[tuple[str, str]] = field(default_factory=list)


class PlaceResource(resources.ModelResource):
    """One row, one place or helper of a unit of ``by``. Who is there already stays as she is."""

    columns: ClassVar[tuple[Column, ...]]
    texts: ClassVar[tuple[str, ...]]  # keys that are taken as typed
    name = fields.Field(attribute="name", column_name="name")

    def __init__(self, rows: Sequence[dict[str, Any]], by: User):
        super().__init__()
        self.by, self.outcome = by, Outcome()
        self.read: dict[str, Any] = {}
        self.seen: dict[tuple, str] = {}
        names = names_in(rows)
        found = scope.granted_units(by, "registry_edit").open_now()
        self.units = by_name(found.filter(Q(name__in=names) | Q(short_name__in=names)), short=True)

    def get_queryset(self):
        return self._meta.model.objects.visible_to(self.by, "edit")

    # -- One row ---------------------------------------------------------------------------------
    def readers(self, row: Any) -> dict[str, Callable[[], Any]]:
        raise NotImplementedError

    def identity(self) -> tuple:
        """What two rows share that mean the same."""
        raise NotImplementedError

    def known(self) -> Any:
        """The one that is there already, or None."""
        raise NotImplementedError

    def before_import_row(self, row, **kwargs):
        self.read, errors = {}, {}
        readers = {
            "unit": lambda: unit_of(row, self.units),
            "phone": lambda: phone_numbers.checked(row["phone"]) if row["phone"] else "",
            **self.readers(row),
        }
        for word, key, needed in self.columns:
            try:
                if needed and not row[key]:
                    raise ValidationError(f"请填写{word}。")
                if key in readers:
                    self.read[key] = readers[key]()
                elif key in self.texts:
                    self.read[key] = row[key]
                    self._meta.model._meta.get_field(key).run_validators(row[key])
            except ValidationError as error:
                errors[key] = error.messages
        if not errors:
            first = self.seen.setdefault(self.identity(), row["row"])
            if first != row["row"]:
                errors["name"] = [f"与第{first}行是同一个，请删去一行。"]
        if errors:
            raise ValidationError(errors)

    def get_instance(self, instance_loader, row):
        return self.known()

    def skip_row(self, instance, original, row, import_validation_errors=None):
        return bool(instance.pk)

    def do_instance_save(self, instance, is_create):
        values = {key: held for key, held in self.read.items() if key not in {"unit", "honours"}}
        try:
            made = self.save_through(values)
        except OutOfReach as refusal:
            raise ValidationError({"unit": [str(refusal)]}) from refusal
        instance.pk = made.pk

    def save_through(self, values: dict[str, Any]) -> Any:
        raise NotImplementedError

    def after_import_row(self, row, row_result, **kwargs):
        same = row_result.import_type == RowResult.IMPORT_TYPE_SKIP
        line = {
            "where": f"第{row['row']}行", "name": self.read["name"], "kind": self.kind_word(),
            "number": masking.text("phone", self.read["phone"]) if self.read["phone"] else "",
            "village": self.read["unit"].name, "does": SAME if same else self.does(),
        }  # fmt: skip
        self.outcome.lines.append(line)

    def kind_word(self) -> str:
        raise NotImplementedError

    def does(self) -> str:
        return NEW

    # -- One cell --------------------------------------------------------------------------------
    @staticmethod
    def past_day(text: str) -> dt.date | None:
        day = day_of(text)
        if day is not None and day > timezone.localdate():
            raise ValidationError("日期不能晚于今天，请核对。")
        return day

    @staticmethod
    def one_of(text: str, choices: Any, usual: str = "") -> str:
        """The code of what is written in words; ``usual`` where nothing is."""
        if not text:
            return usual
        codes = {word: code for code, word in choices}
        if text not in codes:
            raise ValidationError(f"填下列之一：{'、'.join(codes)}。")
        return codes[text]


class SiteResource(PlaceResource):
    columns = (
        ("名称", "name", True),
        ("类别", "kind", True),
        ("所在单位", "unit", True),
        ("上级单位", "parent", False),
        ("等级", "grade", False),
        ("依托", "host", False),
        ("地址", "address", False),
        ("负责人", "leader", False),
        ("联系电话", "phone", False),
        ("建立日期", "opened_on", False),
        ("荣誉", "honours", False),
        ("备注", "note", False),
    )
    texts = ("name", "grade", "host", "address", "leader", "note")

    class Meta:
        model = Site
        fields = ("name",)
        import_id_fields = ("name",)
        use_transactions, use_bulk, skip_diff, report_skipped = True, False, True, True

    def __init__(self, rows, by):
        super().__init__(rows, by)
        self.kinds = {kind.name: kind for kind in SiteKind.objects.all()}

    def readers(self, row):
        return {
            "kind": lambda: self.kind_of(row["kind"]),
            "opened_on": lambda: self.past_day(row["opened_on"]),
            "honours": lambda: self.honours_of(row["honours"]),
        }

    def kind_of(self, text: str) -> SiteKind:
        if text not in self.kinds:
            raise ValidationError(f"类别填下列之一：{'、'.join(self.kinds)}。")
        return self.kinds[text]

    @staticmethod
    def honours_of(text: str) -> list[dict[str, Any]]:
        """“2014 省级示范妇女之家；2012 …”: the year, then the name; several after a semicolon."""
        found = []
        for part in re.split(r"[；;\n]", text):
            if not part.strip():
                continue
            said = HONOUR.fullmatch(part.strip())
            if said is None or len(said[2]) > 80:
                raise ValidationError(
                    "荣誉写成“2014 省级示范妇女之家”，年度在前；多项用分号隔开，每项80字以内。"
                )
            if not 1949 <= int(said[1]) <= timezone.localdate().year:
                raise ValidationError(f"荣誉的年度{said[1]}不合理，请核对。")
            found.append({"year": int(said[1]), "name": said[2], "level": "", "awarded_by": ""})
        return found

    def identity(self):
        return (self.read["unit"].pk, self.read["kind"].pk, self.read["name"])

    def known(self):
        same = {key: self.read[key] for key in ("unit", "kind", "name")}
        return self.get_queryset().filter(closed_on=None, **same).first()

    def save_through(self, values):
        site = places.save_site(None, values, by=self.by, unit=self.read["unit"])
        for honour in self.read["honours"]:
            places.honour(site, honour, by=self.by)
        return site

    def kind_word(self):
        return self.read["kind"].name


class HelperResource(PlaceResource):
    columns = (
        ("姓名或名称", "name", True),
        ("身份", "role", True),
        ("类型", "kind", False),
        ("所属单位", "unit", True),
        ("上级单位", "parent", False),
        ("联系人", "contact", False),
        ("联系电话", "phone", False),
        ("特长、资源", "strengths", False),
        ("志愿者队伍", "team", False),
        ("审核", "vetting", False),
        ("加入日期", "joined_on", False),
        ("备注", "note", False),
    )
    texts = ("name", "contact", "strengths", "note")

    class Meta:
        model = Helper
        fields = ("name",)
        import_id_fields = ("name",)
        use_transactions, use_bulk, skip_diff, report_skipped = True, False, True, True

    def readers(self, row):
        return {
            "role": lambda: self.one_of(row["role"], Helper.Role.choices),
            "kind": lambda: self.one_of(row["kind"], Helper.Kind.choices, Helper.Kind.PERSON),
            "vetting": lambda: self.one_of(
                row["vetting"], Helper.Vetting.choices, Helper.Vetting.NOT_YET
            ),
            "team": lambda: self.team_of(row["team"]),
            "joined_on": lambda: self.past_day(row["joined_on"]),
        }

    @staticmethod
    def team_of(text: str) -> str:
        if len(text) > 60:
            raise ValidationError("队伍名称最多60字。")
        return text

    def identity(self):
        return (self.read["unit"].pk, *(self.read[key] for key in ("role", "name", "phone")))

    def known(self):
        """Of the same unit, role and name, unless their telephones say that they are two."""
        same = {key: self.read[key] for key in ("unit", "role", "name")}
        for helper in self.get_queryset().active().filter(**same):
            held = helper.phone.open() if helper.phone else ""
            if not held or not self.read["phone"] or held == self.read["phone"]:
                return helper
        return None

    def does(self):
        """A namesake in another unit, or in another role, may be the same person: she is shown."""
        others = self.get_queryset().active().filter(name=self.read["name"])
        others = others.exclude(unit=self.read["unit"], role=self.read["role"])
        other = others.select_related("unit").first()
        return f"{NEW}；{other.unit}已有同名的{other.get_role_display()}" if other else NEW

    def save_through(self, values):
        return places.save_helper(None, values, by=self.by, unit=self.read["unit"])

    def kind_word(self):
        return Helper.Role(self.read["role"]).label
