"""django-import-export as its documentation has it, for the rows of :mod:`benchmarks.roll`."""

import io
from typing import ClassVar

import openpyxl
import tablib
from import_export import fields, resources
from import_export.instance_loaders import BaseInstanceLoader

from benchmarks.roll import KEYS, LABELS, Person


class _Nobody:
    """What the resource without a table fills."""

    def __init__(self) -> None:
        self.pk = None


class WithoutTable(resources.Resource):
    """A field a column, rows one by one, a dry run; nothing is validated and nothing is written."""

    name = fields.Field(column_name="姓名", attribute="name")
    village = fields.Field(column_name="所在村", attribute="village")

    class Meta:
        import_id_fields: ClassVar[list[str]] = []
        instance_loader_class = BaseInstanceLoader

    def init_instance(self, row: object = None) -> _Nobody:
        return _Nobody()

    def get_or_init_instance(self, instance_loader: object, row: object) -> tuple[_Nobody, bool]:
        return _Nobody(), True

    def get_instance(self, instance_loader: object, row: object) -> None:
        return None


for _key, _label, _kind in LABELS[2:]:
    WithoutTable.fields[_key] = fields.Field(column_name=_label, attribute=_key)


class RowByRow(resources.ModelResource):
    """Each row validated by ``full_clean`` and saved; all are new, so none is looked for."""

    class Meta:
        model = Person
        fields = KEYS
        force_init_instance = True
        clean_model_instances = True


class InBulk(resources.ModelResource):
    """Rows validated one by one, written by ``bulk_create``."""

    class Meta(RowByRow.Meta):
        use_bulk = True


class Unchecked(resources.ModelResource):
    """Rows written by ``bulk_create``; ``full_clean`` is not asked."""

    class Meta(InBulk.Meta):
        clean_model_instances = False


def dry_run(books: list[bytes]) -> int:
    """Rows of all ``books`` that the resource without a table makes."""
    count = 0
    for book in books:
        dataset = _dataset(book, [label for _, label, _ in LABELS])
        count += (
            WithoutTable().import_data(dataset, dry_run=True, use_transactions=False).total_rows
        )
    return count


def written(resource: type[resources.ModelResource], book: bytes) -> int:
    """Rows of ``book`` that the resource wrote, all or none."""
    result = resource().import_data(_dataset(book, list(KEYS)), use_transactions=True)
    if result.has_errors() or result.has_validation_errors():
        raise ValueError("a peer that fails is no peer")
    return int(result.total_rows)


def _dataset(book: bytes, headers: list[str]) -> tablib.Dataset:
    # As its own XLSX format reads, but from the line of headings on: it takes line 1 for it.
    sheet = openpyxl.load_workbook(io.BytesIO(book), read_only=True).worksheets[0]
    rows = sheet.iter_rows(values_only=True)
    _, *lines = (row for row in rows if len(row) > 1 and all(row))
    return tablib.Dataset(*lines, headers=headers[: len(lines[0])] if lines else headers)
