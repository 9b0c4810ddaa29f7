"""What a workbook says about itself: who made it, and which annex, unit and period it answers."""

import datetime as dt
from collections.abc import Mapping
from xml.sax.saxutils import escape, quoteattr

from reporting.workbook.text import safe_text

#: Creator and last editor of every workbook we make; never a person's name.
CREATOR = "妇联工作台"
_HEAD = '<?xml version="1.0" encoding="UTF-8" standalone="yes"?>\n'
_FORMAT_ID = "{D5CDD505-2E9C-101B-9397-08002B2CF9AE}"

CORE = "docProps/core.xml"
APP = "docProps/app.xml"
CUSTOM = "docProps/custom.xml"
CUSTOM_TYPE = "application/vnd.openxmlformats-officedocument.custom-properties+xml"
CUSTOM_RELATION = (
    "http://schemas.openxmlformats.org/officeDocument/2006/relationships/custom-properties"
)
_CORE_NAMESPACES = (
    'xmlns:cp="http://schemas.openxmlformats.org/package/2006/metadata/core-properties" '
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:dcterms="http://purl.org/dc/terms/" '
    'xmlns:xsi="http://www.w3.org/2001/XMLSchema-instance"'
)


def core_xml(title: str, *, now: dt.datetime | None = None) -> bytes:
    moment = f"{now or dt.datetime.now(dt.UTC):%Y-%m-%dT%H:%M:%SZ}"
    return (
        f"{_HEAD}<cp:coreProperties {_CORE_NAMESPACES}>"
        f"<dc:title>{escape(safe_text(title).text)}</dc:title><dc:creator>{CREATOR}</dc:creator>"
        f"<cp:lastModifiedBy>{CREATOR}</cp:lastModifiedBy>"
        f'<dcterms:created xsi:type="dcterms:W3CDTF">{moment}</dcterms:created>'
        f'<dcterms:modified xsi:type="dcterms:W3CDTF">{moment}</dcterms:modified>'
        "</cp:coreProperties>"
    ).encode()


def app_xml() -> bytes:
    return (
        f'{_HEAD}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/'
        f'extended-properties"><Application>{CREATOR}</Application></Properties>'
    ).encode()


def custom_xml(properties: Mapping[str, object]) -> bytes:
    """Custom properties, all of them text, in the order given."""
    entries = "".join(
        f'<property fmtid="{_FORMAT_ID}" pid="{pid}" name={quoteattr(safe_text(name).text)}>'
        f"<vt:lpwstr>{escape(safe_text(str(value)).text)}</vt:lpwstr></property>"
        for pid, (name, value) in enumerate(properties.items(), start=2)
    )
    return (
        f'{_HEAD}<Properties xmlns="http://schemas.openxmlformats.org/officeDocument/2006/'
        'custom-properties" xmlns:vt="http://schemas.openxmlformats.org/officeDocument/2006/'
        f'docPropsVTypes">{entries}</Properties>'
    ).encode()
