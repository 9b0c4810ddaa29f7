"""Tables of pairs."""

from __future__ import annotations

import django_tables2 as tables
from django.urls import reverse
from django.utils.functional import cached_property
from django.utils.html import format_html

from federation.models import User
from federation.tables import DayColumn, PageTable, render_state
from pairing import conflicts, parties
from pairing.models import Pairing


class NamedTable(PageTable):
    """A table whose rows are pairs, or of pairs, named for one reader at one go."""

    def __init__(self, *args, user: User, **kwargs):
        self.user = user
        super().__init__(*args, **kwargs)

    def pair_of(self, record) -> Pairing:
        return record

    @cached_property
    def named(self) -> dict[int, tuple[str, str]]:
        rows = [self.pair_of(row.record) for row in self.paginated_rows]
        return parties.names(rows, to=self.user)

    def name_of(self, record):
        return parties.joined(self.named.get(self.pair_of(record).pk, ("", "")))


class PairTable(NamedTable):
    """结对: one pair a row, named for one reader."""

    helper = tables.Column("帮扶方", accessor="pk")
    recipient = tables.Column("受助方", accessor="pk")
    kind = tables.Column("类别")
    place = tables.Column("受助方所在", accessor="recipient_unit")
    last_contact_on = DayColumn("最近联系")
    state = tables.Column("状态")
    hints = tables.Column("提示", accessor="pk")

    class Meta:
        model = Pairing
        fields = ("helper", "recipient", "kind", "place", "last_contact_on", "state", "hints")
        order_by = ()
        orderable = False

    @cached_property
    def marked(self) -> dict[int, list[str]]:
        return conflicts.marks([row.record for row in self.paginated_rows], to=self.user)

    def render_hints(self, record):
        return "；".join(self.marked.get(record.pk, ())) or "—"

    def render_helper(self, record):
        url = reverse("pairing:pair", args=[record.uuid])
        return format_html('<a href="{}">{}</a>', url, self.named.get(record.pk, ("", ""))[0])

    def render_recipient(self, record):
        return self.named.get(record.pk, ("", ""))[1]

    def render_state(self, record):
        return render_state(f"pairing_{record.state}")


class RenewalTable(PairTable):
    """Active pairs to be renewed, changed or ended; ticked and renewed together."""

    row = tables.Column("选择", accessor="uuid", attrs={"td": {"class": "tick"}})
    since = tables.Column("本期自", accessor="since")

    class Meta(PairTable.Meta):
        fields = ("row", "helper", "recipient", "kind", "place", "last_contact_on", "since")
        sequence = fields
        exclude = ("state", "hints")

    def render_row(self, record):
        box = '<input class="form-check-input" type="checkbox" name="row" value="{}" form="bulk-form" aria-label="选择{}">'
        return format_html(box, record.uuid, self.name_of(record))

    def render_since(self, value):
        return f"{value:%Y-%m-%d}"
