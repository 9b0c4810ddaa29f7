"""What the portal refuses to run on in real use: each a plain line, and the exit code is 1.

Asked while ``config.settings.prod`` is read (:func:`of_settings`) and once more where a process that
serves, works or migrates begins (:func:`at_start`). Never in development and tests.
"""

from __future__ import annotations

import os
import sys
from collections.abc import Mapping
from pathlib import Path
from typing import Any

SHORTEST_KEY = 50
FEWEST_CHARACTERS = 10
# Keys that stand in public places: ours of development, Django's own, what manuals print.
WELL_KNOWN = ("dev-only-", "test-only-", "django-insecure-", "changeme", "secret", "change-me")
PROJECT = Path(__file__).resolve().parent.parent
OTHERS, GROUP_WRITES = 0o007, 0o020
NO_CHINESE = {"C", "POSIX"}
# Findings of `manage.py check --database default` that are no mere advice once people rely on them.
GRAVE = {"federation.E010", "federation.E011", "federation.W011"}


def of_settings(given: Mapping[str, str]) -> list[str]:
    """What the environment of a process in real use lacks or must not say."""
    found = []
    key = given.get("SECRET_KEY", "")
    if not key:
        found.append("没有设置 SECRET_KEY / SECRET_KEY is not set")
    elif key.lower().startswith(WELL_KNOWN):
        found.append("SECRET_KEY 是公开的示例值 / SECRET_KEY is a published example")
    elif len(key) < SHORTEST_KEY or len(set(key)) < FEWEST_CHARACTERS:
        found.append(
            f"SECRET_KEY 太短或太简单，至少 {SHORTEST_KEY} 个随机字符 / SECRET_KEY is too short or too plain"
        )
    if given.get("DEBUG", "").strip().lower() in {"1", "true", "yes", "on", "y", "ok"}:
        found.append("DEBUG 不能在正式环境打开 / DEBUG must be off")
    hosts = [host.strip() for host in given.get("ALLOWED_HOSTS", "").split(",") if host.strip()]
    if not hosts:
        found.append("没有设置 ALLOWED_HOSTS（网站域名）/ ALLOWED_HOSTS is not set")
    elif "*" in hosts:
        found.append("ALLOWED_HOSTS 不能是 * / ALLOWED_HOSTS must name the hosts")
    url = given.get("DATABASE_URL", "")
    if not url:
        found.append("没有设置 DATABASE_URL / DATABASE_URL is not set")
    elif url.startswith(("sqlite", "spatialite")):
        found.append("正式环境不能用 SQLite，请用 PostgreSQL / SQLite is for a first look only")
    if not given.get("REDIS_URL"):
        found.append("没有设置 REDIS_URL / REDIS_URL is not set")
    return found + of_keys(given)


def of_keys(given: Mapping[str, str]) -> list[str]:
    """What is wrong with the file of the keys that private values are sealed with."""
    named = given.get("FIELD_KEYS_FILE", "")
    if not named:
        return ["没有设置 FIELD_KEYS_FILE（密钥文件）/ FIELD_KEYS_FILE is not set"]
    path = Path(named).resolve()
    media = given.get("MEDIA_ROOT", "")
    if path.is_relative_to(PROJECT) or (media and path.is_relative_to(Path(media).resolve())):
        return [
            "密钥文件不能放在程序或上传文件的目录里，备份会带上它 / FIELD_KEYS_FILE must lie outside project and media"
        ]
    if sys.argv[1:2] == ["make_keys"]:
        return []
    if not os.access(path, os.R_OK) or not path.is_file():
        return [
            "密钥文件不存在或读不到，第一次用 manage.py make_keys 生成 / FIELD_KEYS_FILE names no readable file"
        ]
    if path.stat().st_mode & (OTHERS | GROUP_WRITES):
        return [
            "密钥文件别人也能读或能改，请 chmod 0400 / FIELD_KEYS_FILE is open to others: chmod 0400"
        ]
    return []


def of_database() -> list[str]:
    """What the database itself is unfit for; nothing when it does not answer, which pages then say."""
    from django.core import checks  # noqa: PLC0415 -- read by settings, before Django is there
    from django.db import connection  # noqa: PLC0415
    from django.db.utils import Error  # noqa: PLC0415

    try:
        found = [ctype_refused(ctype) for ctype in (ctype_of(connection),) if ctype in NO_CHINESE]
        grave = checks.run_checks(tags=["database"], databases=["default"])
        found += [str(message.msg) for message in grave if message.id in GRAVE]
    except Error:
        return []
    finally:
        connection.close()
    return found


def ctype_of(connection: Any) -> str:
    if connection.vendor != "postgresql":
        return ""
    with connection.cursor() as cursor:
        cursor.execute("SELECT datctype FROM pg_database WHERE datname = current_database()")
        return cursor.fetchone()[0]


def ctype_refused(ctype: str) -> str:
    return (
        f"数据库的 LC_CTYPE 是 {ctype}，中文搜索会查不到，请用 C.UTF-8 或 zh_CN.UTF-8 重建 / "
        f"LC_CTYPE {ctype} breaks the search of Chinese"
    )


def leave(lines: list[str]) -> None:
    """Say each line and end the process with 1; go on when there is none."""
    if lines:
        for line in lines:
            sys.stderr.write(f"✗ {line}\n")
        raise SystemExit(1)


def at_start() -> None:
    """In real use: ask the database before serving, working or migrating."""
    from django.conf import settings  # noqa: PLC0415 -- read by settings themselves

    if getattr(settings, "REAL_USE", False):
        leave(of_database())
