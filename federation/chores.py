"""The chores of this room: seal the audit trail, forget what is old, reconcile the grants."""

import datetime as dt
from importlib import import_module

from django.conf import settings
from django.utils import timezone

from federation import grants, idempotency, kept_files, seals
from federation.housekeeping import chore

# A repeat after this long is a new request.
ANSWERS_KEPT = dt.timedelta(days=90)


@chore("seal_audit", title="封存审计记录", every=60)
def seal_audit() -> str:
    return f"{sum(made.count for made in seals.seal())} 条"


@chore("clear_sessions", title="清除过期登录", hour=2)
def clear_sessions() -> str:
    import_module(settings.SESSION_ENGINE).SessionStore.clear_expired()
    return "已清除"


@chore("reconcile_grants", title="核对授权", hour=3)
def reconcile_grants() -> str:
    added, removed = grants.derive_all()
    return f"补上 {added} 条，撤销 {removed} 条"


@chore("forget_answers", title="清除过期的请求答复", hour=4)
def forget_answers() -> int:
    """How many answers to requests of three months ago were forgotten."""
    return idempotency.forget(timezone.now() - ANSWERS_KEPT)


@chore("sweep_kept_files", title="清除无主的上传文件", hour=5)
def sweep_kept_files() -> str:
    return f"{kept_files.sweep()} 个"
