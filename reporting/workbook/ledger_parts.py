"""The fixed parts of a ledger workbook: its styles and the list of its sheets."""

from collections.abc import Mapping, Sequence
from xml.sax.saxutils import escape, quoteattr

from reporting.workbook import properties as props

_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_MAIN = "http://schemas.openxmlformats.org/spreadsheetml/2006/main"
_DOC = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"
_PACKAGE = "http://schemas.openxmlformats.org/package/2006"
_SHEET_TYPE = "application/vnd.openxmlformats-officedocument.spreadsheetml"

# Style indexes; each + QUOTED is the same with the quote prefix.
PLAIN, TITLE, HEADING, TEXT, NUMBER, DATE, MOMENT = range(7)
QUOTED = 7

_CENTRE = '<alignment horizontal="center" vertical="center" wrapText="1"/>'
_FORMATS = (
    'numFmtId="0" fontId="0" fillId="0" borderId="0"/>',
    f'numFmtId="49" fontId="1" fillId="0" borderId="0" applyAlignment="1">{_CENTRE}</xf>',
    f'numFmtId="49" fontId="2" fillId="2" borderId="1" applyAlignment="1">{_CENTRE}</xf>',
    # Format 49 is "text": what is typed over such a cell later stays text as well.
    'numFmtId="49" fontId="0" fillId="0" borderId="1" applyNumberFormat="1"/>',
    'numFmtId="0" fontId="0" fillId="0" borderId="1"/>',
    'numFmtId="164" fontId="0" fillId="0" borderId="1" applyNumberFormat="1"/>',
    'numFmtId="165" fontId="0" fillId="0" borderId="1" applyNumberFormat="1"/>',
)


def _font(size: int, name: str) -> str:
    return f'<font><sz val="{size}"/><name val="{name}"/></font>'


def styles_xml() -> bytes:
    fonts = (_font(11, "宋体"), _font(18, "方正小标宋简体"), _font(11, "黑体"))
    grey = (
        '<fill><patternFill patternType="solid">'
        '<fgColor rgb="FFF2F2F2"/><bgColor indexed="64"/></patternFill></fill>'
    )
    return style_sheet(_FORMATS, fonts, grey)


def style_sheet(formats: Sequence[str], fonts: Sequence[str], *fills: str) -> bytes:
    """A workbook's styles: ``formats`` plain, then each again with the quote prefix.

    Number formats 164 and 165 are a day and a moment, border 1 is a thin line all round, fills
    begin at 2.
    """
    side = '<{0} style="thin"><color rgb="FF999999"/></{0}>'
    border = "".join(side.format(name) for name in ("left", "right", "top", "bottom"))
    plain = "".join(f'<xf xfId="0" {xf}' for xf in formats)
    quoted = "".join(f'<xf xfId="0" quotePrefix="1" {xf}' for xf in formats)
    return (
        f'{_HEAD}<styleSheet xmlns="{_MAIN}"><numFmts count="2">'
        '<numFmt numFmtId="164" formatCode="yyyy\\-mm\\-dd"/>'
        '<numFmt numFmtId="165" formatCode="yyyy\\-mm\\-dd\\ hh:mm"/></numFmts>'
        f'<fonts count="{len(fonts)}">{"".join(fonts)}</fonts>'
        f'<fills count="{2 + len(fills)}"><fill><patternFill patternType="none"/></fill>'
        f'<fill><patternFill patternType="gray125"/></fill>{"".join(fills)}</fills>'
        '<borders count="2"><border><left/><right/><top/><bottom/><diagonal/></border>'
        f"<border>{border}<diagonal/></border></borders>"
        '<cellStyleXfs count="1"><xf numFmtId="0" fontId="0" fillId="0" borderId="0"/>'
        f'</cellStyleXfs><cellXfs count="{2 * len(formats)}">{plain}{quoted}</cellXfs>'
        '<cellStyles count="1"><cellStyle name="Normal" xfId="0" builtinId="0"/></cellStyles>'
        "</styleSheet>"
    ).encode()


def workbook_xml(sheets: Sequence[str], last_column: str, bottoms: Sequence[int]) -> bytes:
    """``sheets`` are names, ``bottoms`` the last row of each; title and headings repeat."""
    entries = "".join(
        f'<sheet name={quoteattr(name)} sheetId="{n}" r:id="rId{n}"/>'
        for n, name in enumerate(sheets, start=1)
    )
    names = "".join(
        f'<definedName name="_xlnm._FilterDatabase" localSheetId="{n}" hidden="1">'
        f"{_quoted(name)}!$A$2:${last_column}${bottom}</definedName>"
        for n, (name, bottom) in enumerate(zip(sheets, bottoms, strict=True))
    ) + "".join(
        f'<definedName name="_xlnm.Print_Titles" localSheetId="{n}">'
        f"{_quoted(name)}!$1:$2</definedName>"
        for n, name in enumerate(sheets)
    )
    return (
        f'{_HEAD}<workbook xmlns="{_MAIN}" xmlns:r="{_DOC}"><sheets>{entries}</sheets>'
        f"<definedNames>{names}</definedNames></workbook>"
    ).encode()


def _quoted(name: str) -> str:
    doubled = name.replace("'", "''")
    return escape(f"'{doubled}'")


def fixed_parts(sheets: int, title: str, properties: Mapping[str, object]) -> dict[str, bytes]:
    """Every part except the workbook and its sheets, by name."""
    numbers = range(1, sheets + 1)
    overrides = "".join(
        f'<Override PartName="{name}" ContentType="{kind}"/>'
        for name, kind in (
            ("/xl/workbook.xml", f"{_SHEET_TYPE}.sheet.main+xml"),
            *((f"/xl/worksheets/sheet{n}.xml", f"{_SHEET_TYPE}.worksheet+xml") for n in numbers),
            ("/xl/styles.xml", f"{_SHEET_TYPE}.styles+xml"),
            (f"/{props.CORE}", "application/vnd.openxmlformats-package.core-properties+xml"),
            (
                f"/{props.APP}",
                "application/vnd.openxmlformats-officedocument.extended-properties+xml",
            ),
            (f"/{props.CUSTOM}", props.CUSTOM_TYPE),
        )
    )
    types = (
        f'{_HEAD}<Types xmlns="{_PACKAGE}/content-types"><Default Extension="rels" '
        'ContentType="application/vnd.openxmlformats-package.relationships+xml"/>'
        f'<Default Extension="xml" ContentType="application/xml"/>{overrides}</Types>'
    )
    root = _relations(
        (f"{_DOC}/officeDocument", "xl/workbook.xml"),
        (f"{_PACKAGE}/relationships/metadata/core-properties", props.CORE),
        (f"{_DOC}/extended-properties", props.APP),
        (props.CUSTOM_RELATION, props.CUSTOM),
    )
    book = _relations(
        *((f"{_DOC}/worksheet", f"worksheets/sheet{n}.xml") for n in numbers),
        (f"{_DOC}/styles", "styles.xml"),
    )
    return {
        "[Content_Types].xml": types.encode(),
        "_rels/.rels": root,
        "xl/_rels/workbook.xml.rels": book,
        "xl/styles.xml": styles_xml(),
        props.CORE: props.core_xml(title),
        props.APP: props.app_xml(),
        props.CUSTOM: props.custom_xml(properties),
    }


def _relations(*entries: tuple[str, str]) -> bytes:
    listed = "".join(
        f'<Relationship Id="rId{n}" Type="{kind}" Target="{target}"/>'
        for n, (kind, target) in enumerate(entries, start=1)
    )
    return (
        f'{_HEAD}<Relationships xmlns="{_PACKAGE}/relationships">{listed}</Relationships>'
    ).encode()
