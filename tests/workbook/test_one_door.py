"""The safe writer is the only way to a cell."""

import pytest

from tests.workbook.cell_lint import ROOT, product_files, violations


def test_nobody_writes_a_cell_past_the_safe_writer():
    files = list(product_files())
    found = [
        line
        for path in files
        for line in violations(path.read_text(), path.relative_to(ROOT).as_posix())
    ]

    assert ROOT / "reporting/workbook/cells.py" in files
    assert found == []


@pytest.mark.parametrize(
    "planted",
    [
        "ws['A1'] = name",
        "book.active['A1'] = name",
        "ws.append([name])",
        "ws.cell(1, 2, name)",
        "ws.cell(row=1, column=2, value=name)",
        "ws['A1'].value = name",
        "ws.cell(1, 2).value = name",
        "cell.value = name",
        "worksheet.write(0, 0, name)",
        "report_sheet['B2'] = name",
    ],
)
def test_a_planted_write_is_found_even_in_the_workbook_room(planted):
    assert len(violations(planted, "reporting/workbook/planted.py")) == 1


@pytest.mark.parametrize(
    "planted",
    [
        "import openpyxl",
        "from openpyxl.styles import Font",
        "import xlsxwriter",
        "def export():\n    import openpyxl.cell",
        "importlib.import_module('xlsxwriter')",
    ],
)
def test_a_planted_import_is_found_outside_the_room_only(planted):
    assert len(violations(planted, "pairing/views.py")) == 1
    assert violations(planted, "reporting/workbook/planted.py") == []


def test_ordinary_code_is_left_alone():
    source = "rows.append(row)\nvalues['A1'] = 1\nout.write(data)\nsheet.cell(1, 2)\n"

    assert violations(source, "pairing/actions.py") == []
