"""Reading a small .xlsx that somebody typed: the cells of its first sheet, as text, dates kept.

A workbook from outside is an enemy until shown otherwise: 5 KB can ask for 4 GB. So it is weighed
before it is opened and opened in a child process with a memory, time and file limit, whose worst end
is its own. Text comes back as typed; what a formula shows is taken as the text it shows.
"""

import io
import json
import subprocess
import sys
import zipfile
from dataclasses import dataclass
from pathlib import Path

from reporting.workbook.errors import UnreadableWorkbook

MOST_BYTES = 2 * 1024 * 1024
MOST_INFLATED = 60 * 1024 * 1024
MOST_PARTS = 200
MOST_ROWS = 2_000
MOST_COLUMNS = 50
SECONDS = 20
CHILD = Path(__file__).with_name("sheet_child.py")
FOREIGN = ("vbaProject", "externalLink", "embeddings", "activeX", "oleObject")


@dataclass(frozen=True)
class Sheet:
    """``rows`` from row 1, trailing blank ones left out; cells are text, a date as 2014-06-01."""

    name: str
    rows: list[list[str]]


def read_sheet(data: bytes) -> Sheet:
    """The first visible sheet. Raises ``UnreadableWorkbook`` with a sentence that says the remedy."""
    _weigh(data)
    try:
        child = subprocess.run(  # noqa: S603 -- our own file, no words of others
            [sys.executable, "-I", str(CHILD), str(MOST_ROWS), str(MOST_COLUMNS)],
            input=data,
            capture_output=True,
            timeout=SECONDS,
            check=False,
        )
    except subprocess.TimeoutExpired:
        raise UnreadableWorkbook("读取表格超时。请把内容复制到一个新的工作簿里再上传。") from None
    if child.returncode != 0:
        raise UnreadableWorkbook(
            "这个文件读不出来，可能已损坏或带有特殊内容。请把内容复制到下载的模板里再上传。"
        )
    answer = json.loads(child.stdout)
    if "error" in answer:
        raise UnreadableWorkbook(answer["error"])
    return Sheet(answer["name"], answer["rows"])


def _weigh(data: bytes) -> None:
    """What can be known without opening a part: size, kind, what it would inflate to, macros."""
    if len(data) > MOST_BYTES:
        raise UnreadableWorkbook("文件超过2MB。请只保留要导入的那张表，去掉图片和格式。")
    try:
        with zipfile.ZipFile(io.BytesIO(data)) as parts:
            listed = parts.infolist()
    except (zipfile.BadZipFile, ValueError, NotImplementedError, OSError):
        raise UnreadableWorkbook(
            "这不是 .xlsx 表格。旧格式（.xls）、WPS 的 .et 或 CSV，请另存为“Excel 工作簿（.xlsx）”再上传。"
        ) from None
    names = [part.filename for part in listed]
    if "xl/workbook.xml" not in names:
        raise UnreadableWorkbook("这个文件里没有表格，请用下载的模板。")
    if len(listed) > MOST_PARTS or sum(part.file_size for part in listed) > MOST_INFLATED:
        raise UnreadableWorkbook("文件展开后太大。请把内容复制到一个新的工作簿里再上传。")
    if any(part.flag_bits & 1 for part in listed):
        raise UnreadableWorkbook("文件加了密码，请取消密码后再上传。")
    if any(mark in name for name in names for mark in FOREIGN):
        raise UnreadableWorkbook("文件带有宏、外部链接或嵌入对象，请另存为普通的 .xlsx 再上传。")
