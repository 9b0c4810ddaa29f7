"""Lists of divisions: the real ones, and a small one that a test rewrites."""

from collections.abc import Callable, Iterator
from io import StringIO
from pathlib import Path

import pytest
from django.core.management import call_command

from federation import code_lists, divisions
from tests.committed import committed

SMALL = """\
350000000000,,福建省,province
350500000000,350000000000,泉州市,city
350521000000,350500000000,惠安县,county
350521100000,350521000000,螺城镇,township
350521100001,350521100000,中新社区居委会,village
350521101000,350521000000,螺阳镇,township
350521101201,350521101000,水头村委会,village
350521101202,350521101000,水头社区居委会,village
350521104000,350521000000,洛阳镇,township
350521104201,350521104000,洛阳村委会,village
350582000000,350500000000,晋江市,county
350582101000,350582000000,安海镇,township
350582101201,350582101000,水头村委会,village
350582102000,350582000000,磁灶镇,township
"""


@pytest.fixture
def small_list() -> str:
    return SMALL


@pytest.fixture
def load_list(db, tmp_path: Path) -> Callable[..., divisions.Report]:
    """``load_list({old: new, …})`` loads the small list with those texts replaced."""
    code_lists.load()

    def load(changes: dict[str, str] | None = None) -> divisions.Report:
        text = SMALL
        for old, new in (changes or {}).items():
            assert old in text
            text = text.replace(old, new)
        path = tmp_path / "list.csv"
        path.write_text(f"code,parent_code,name,level\n{text}", encoding="utf-8")
        return divisions.load(path)

    return load


@pytest.fixture(scope="module")
def two_cities(django_db_setup, django_db_blocker) -> Iterator[list[str]]:
    """泉州 and 哈尔滨, loaded twice; the lines the command printed."""
    with committed(django_db_blocker):
        out = StringIO()
        call_command("load_divisions", stdout=out)
        call_command("load_divisions", stdout=out)
        yield out.getvalue().splitlines()
