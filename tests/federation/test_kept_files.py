"""Files that people hand in: what is taken, what is refused and why, what is swept."""

import io
import os
import time
import zipfile

import pytest
from django.core.exceptions import ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.http import Http404

from federation import kept_files

pytestmark = pytest.mark.django_db  # an answer that ends lets the database go; a sweep asks it
PDF = b"%PDF-1.4\n%\xe2\xe3\n"


@pytest.fixture(autouse=True)
def disk(settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path


def container(*names: str) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as file:
        for name in names:
            file.writestr(name, "x")
    return out.getvalue()


def test_a_file_comes_back_byte_for_byte_under_its_chinese_name():
    kept = kept_files.keep(SimpleUploadedFile("总结：4月.pdf", PDF))

    answer = kept_files.answer(kept.file, kept.name)

    assert answer.getvalue() == PDF
    answer.close()
    assert kept.size == len(PDF)
    assert "%E6%80%BB%E7%BB%93" in answer["Content-Disposition"]
    assert answer["Content-Disposition"].startswith("attachment")


@pytest.mark.parametrize(
    ("name", "content", "says"),
    [
        ("总结.exe", b"MZ", "不能上传"),
        ("总结", PDF, "不能上传"),
        ("总结.pdf", b"", "空文件"),
        ("总结.pdf", b"<html>", "不是 pdf 文件"),
        ("总结.docx", container("a.txt"), "不是办公文档"),
        ("总结.docx", b"PK\x03\x04 broken", "打不开"),
        ("总结.xlsx", container("[Content_Types].xml", "xl/vbaProject.bin"), "含有宏"),
    ],
)
def test_a_file_that_is_not_what_it_says_is_refused_by_name(name, content, says):
    with pytest.raises(ValidationError) as refused:
        kept_files.keep(SimpleUploadedFile(name, content))

    assert says in refused.value.message
    assert f"“{name}”" in refused.value.message
    assert not kept_files.folder().exists()


def test_a_file_over_the_limit_is_refused_and_the_limit_told():
    with pytest.raises(ValidationError, match="超过 1 MB"):
        kept_files.keep(SimpleUploadedFile("大.pdf", PDF + bytes(1 << 20)), largest=1 << 20)


def test_what_nobody_owns_goes_after_a_day_and_not_before():
    young, old = (kept_files.keep(SimpleUploadedFile("材料.pdf", PDF)) for _ in range(2))
    yesterday = time.time() - kept_files.ORPHAN_AFTER - 60
    os.utime(kept_files.path_of(old.file), (yesterday, yesterday))

    assert kept_files.sweep() == 1

    assert kept_files.path_of(young.file).is_file()
    with pytest.raises(Http404):
        kept_files.path_of(old.file)
