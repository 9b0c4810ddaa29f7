"""What a backup says of itself, and what must be so before it is restored."""

from __future__ import annotations

import hmac
import tomllib
from typing import Any

from django.conf import settings
from django.db import connection
from django.db.migrations.loader import MigrationLoader
from django.db.migrations.recorder import MigrationRecorder
from django.utils import timezone

from administration.backup import Refused
from federation import encryption
from federation.models import AuditSeal

# Told by name: a setting that is added later is no secret given away.
TOLD = (
    "ALLOWED_HOSTS", "AUDIT_ANCHOR_FILE", "CONFIRM_AGAIN_FOR", "CONFIRM_MINUTES", "DJBH_LEVEL",
    "ERASURE_LOG_FILE", "FIELD_KEYS_FILE", "MEDIA_ROOT", "PASSWORD_MAX_DAYS", "ROW_SECURITY",
    "ROW_SECURITY_ROLE", "SECOND_FACTOR_REMEMBER_DAYS", "SECOND_FACTOR_REQUIRED_FOR",
    "SESSION_IDLE_MINUTES", "TIME_ZONE", "TRUSTED_PROXIES",
)  # fmt: skip


def project_version() -> str:
    with (settings.BASE_DIR / "pyproject.toml").open("rb") as file:
        return tomllib.load(file)["project"]["version"]


def beginning() -> dict[str, Any]:
    """All but rows, sequences and parts. Asked in the snapshot of the rows."""
    seal = AuditSeal.objects.last()
    return {
        "version": project_version(),
        "at": timezone.now().isoformat(timespec="seconds"),
        "vendor": connection.vendor,
        "migrations": sorted(map(".".join, MigrationRecorder(connection).applied_migrations())),
        "field_keys": field_keys(),
        "seal": [seal.number, seal.root] if seal else None,
        "settings": {name: str(getattr(settings, name, "")) for name in TOLD},
    }


def field_keys() -> dict[str, str]:
    """The ids of the field keys, each with a mark that tells keys apart and gives none away."""
    try:
        keys = encryption.ring().keys
    except encryption.KeyProblem:
        return {}
    word = b"fulian backup: which field key"
    return {key.id: hmac.digest(key.index, word, "sha256").hex()[:16] for key in keys}


def known_migrations() -> set[str]:
    return set(map(".".join, MigrationLoader(None, ignore_no_migrations=True).disk_migrations))


def require_this_portal(manifest: dict[str, Any]) -> None:
    """:class:`Refused` unless this code, this kind of database and these keys fit the backup."""
    made_by = f"备份由 {manifest['version']} 版程序所做"
    theirs, ours = set(manifest["migrations"]), known_migrations()
    if unknown := sorted(theirs - ours):
        raise Refused(
            f"{made_by}，比当前程序新或另有改动（本程序没有 {unknown[0]}）；请换成那一版程序再恢复。"
        )
    if lacking := sorted(ours - theirs):
        raise Refused(
            f"{made_by}，比当前程序旧（备份里没有 {lacking[0]}）；请先用那一版程序恢复，再升级。"
        )
    if manifest["vendor"] != connection.vendor:
        raise Refused(
            f"备份来自 {manifest['vendor']}，当前数据库是 {connection.vendor}；两种数据库之间不能恢复。"
        )
    held = field_keys()
    for key_id, mark in manifest["field_keys"].items():
        if held.get(key_id) != mark:
            raise Refused(
                f"字段密钥文件里没有备份时的密钥 {key_id}，恢复了也读不出身份证号；"
                "请先把那时的密钥文件放到 FIELD_KEYS_FILE。"
            )
