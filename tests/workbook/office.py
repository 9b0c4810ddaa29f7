"""LibreOffice as a second reader of what we write, where it is installed."""

import shutil
import subprocess
from pathlib import Path

import pytest

SOFFICE = shutil.which("soffice") or shutil.which("libreoffice")

needs_office = pytest.mark.skipif(
    SOFFICE is None,
    reason="跳过：没有 LibreOffice，未能用第二种软件打开导出的文件 (apt install libreoffice-calc)",
)


def convert(source: Path, to: str, profile: Path) -> Path:
    """``source`` converted by LibreOffice to ``to`` (xlsx, pdf, csv), in a folder of its own."""
    folder = source.parent / f"office-{to.split(':')[0]}"
    subprocess.run(
        [
            str(SOFFICE), f"-env:UserInstallation=file://{profile}", "--headless",
            "--convert-to", to, "--outdir", str(folder), str(source),
        ],
        check=True, capture_output=True, timeout=180,
    )  # fmt: skip
    return folder / f"{source.stem}.{to.split(':')[0]}"
