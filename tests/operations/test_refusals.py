"""What the portal does not start on in real use; in development and tests it never asks."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from django.conf import settings
from django.db import connection

from config import refusals
from federation.encryption import new_ring_file
from tests.key_files import key_file
from tests.operations.test_logs import in_real_use

FIT = {
    "SECRET_KEY": "k" * 25 + "0123456789abcdefghijklmnopqrstuvwxyz-_",
    "ALLOWED_HOSTS": "portal.example",
    "DATABASE_URL": "postgres://u:p@h/d",
    "REDIS_URL": "redis://h/0",
    "FIELD_KEYS_FILE": key_file(),
}


def test_what_is_fit_is_not_refused():
    assert refusals.of_settings(FIT) == []
    assert refusals.of_settings({**FIT, "DEBUG": "off"}) == []


@pytest.mark.parametrize(
    ("wrong", "word"),
    [
        ({"SECRET_KEY": ""}, "没有设置 SECRET_KEY"),
        ({"SECRET_KEY": "dev-only-" + "x" * 50}, "公开的示例值"),
        ({"SECRET_KEY": "django-insecure-" + "abcdefghij" * 6}, "公开的示例值"),
        ({"SECRET_KEY": "abcdefghijklmnop"}, "太短"),
        ({"SECRET_KEY": "ab" * 40}, "太简单"),
        ({"DEBUG": "1"}, "DEBUG"),
        ({"DEBUG": "True"}, "DEBUG"),
        ({"ALLOWED_HOSTS": ""}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": " , "}, "ALLOWED_HOSTS"),
        ({"ALLOWED_HOSTS": "a.example,*"}, "不能是 *"),
        ({"DATABASE_URL": ""}, "DATABASE_URL"),
        ({"DATABASE_URL": "sqlite:////var/x.sqlite3"}, "SQLite"),
        ({"REDIS_URL": ""}, "REDIS_URL"),
        ({"FIELD_KEYS_FILE": ""}, "没有设置 FIELD_KEYS_FILE"),
        ({"FIELD_KEYS_FILE": str(settings.BASE_DIR / "README.md")}, "程序或上传文件的目录"),
        ({"MEDIA_ROOT": str(Path(key_file()).parent)}, "程序或上传文件的目录"),
        ({"FIELD_KEYS_FILE": "/nowhere/keys.json"}, "不存在或读不到"),
    ],
)
def test_each_wrong_setting_is_refused_by_name(wrong, word):
    found = refusals.of_settings({**FIT, **wrong})

    assert len(found) == 1
    assert word in found[0]


@pytest.mark.parametrize("mode", [0o404, 0o440 | 0o020, 0o666])
def test_a_key_file_that_others_can_read_or_change_is_refused(mode, tmp_path):
    path = new_ring_file(tmp_path / "keys.json")
    path.chmod(mode)

    assert [line[:12] for line in refusals.of_keys({"FIELD_KEYS_FILE": str(path)})] == [
        "密钥文件别人也能读或能改"
    ]


def test_keys_can_be_made_before_there_are_any(tmp_path):
    path = tmp_path / "keys.json"
    done = in_real_use("manage.py", "make_keys", "--suite", "SM4-GCM", FIELD_KEYS_FILE=str(path))

    assert done.returncode == 0, done.stderr
    assert path.stat().st_mode & 0o777 == 0o400
    again = in_real_use("manage.py", "make_keys", FIELD_KEYS_FILE=str(path))
    assert again.returncode == 1
    assert "已经存在" in again.stderr


@pytest.mark.parametrize(
    "command",
    [("manage.py", "check"), ("-m", "config.serve"), ("-m", "celery", "-A", "config", "worker")],
    ids=["manage", "serve", "worker"],
)
def test_a_process_says_every_reason_in_a_line_and_ends_with_1(command):
    done = in_real_use(*command, SECRET_KEY="short", ALLOWED_HOSTS="*", DEBUG="on")

    assert done.returncode == 1
    lines = done.stderr.strip().splitlines()
    assert [line[:2] for line in lines] == ["✗ "] * 3, done.stderr
    assert "short" not in done.stderr.replace("too short", "")


@pytest.fixture
def western(db):
    """A database in which PostgreSQL knows no Chinese letters; its address."""
    name = f"western_{os.getpid()}"
    address = re.sub(r"/[^/?]*(\?|$)", rf"/{name}\1", os.environ["DATABASE_URL"], count=1)
    for statement in (
        f"DROP DATABASE IF EXISTS {name}",
        f"CREATE DATABASE {name} LC_CTYPE 'C' TEMPLATE template0",
    ):
        psql(statement)
    yield address
    psql(f"DROP DATABASE {name} WITH (FORCE)")


def psql(statement: str) -> None:
    """Outside the test's transaction, in which databases cannot be made."""
    with connection.copy().cursor() as cursor:
        cursor.execute(statement)
        cursor.connection.close()


@pytest.mark.parametrize(
    "command",
    [("manage.py", "migrate"), ("-m", "config.serve"), ("-m", "celery", "-A", "config", "worker")],
    ids=["migrate", "serve", "worker"],
)
def test_a_database_that_cannot_search_chinese_is_refused_in_real_use(western, command):
    done = in_real_use(*command, DATABASE_URL=western)

    assert done.returncode == 1, done.stderr
    assert "中文搜索会查不到" in done.stderr
    assert "Traceback" not in done.stderr


def test_development_asks_for_nothing_of_this(western):
    env = {**os.environ, "DATABASE_URL": western, "DJANGO_SETTINGS_MODULE": "config.settings.dev"}

    done = subprocess.run(
        [sys.executable, "manage.py", "migrate", "federation", "0001", "-v0"],
        cwd=settings.BASE_DIR, env=env, capture_output=True, text=True, check=False,
    )  # fmt: skip

    assert done.returncode == 0, done.stderr
