"""A county with more posts than the issued page has lines, a queue of one's own, a real worker."""

from urllib.parse import urlsplit

import pytest
from django.db import connection

from federation import tree
from federation.models import OrgUnit, PostLevel, UnitType
from reporting import actions
from reporting.jobs import sender

NUMERALS = "一二三四五六七"


@pytest.fixture
def crowd(org, calls):
    """Seven more posts of ``org.east``, asked as well: the issued 附件2 prints seven lines."""
    kind = UnitType.objects.get(code="civilized_post")
    level = PostLevel.objects.get(code="municipal")
    names = [f"城东区演示{numeral}号窗口" for numeral in NUMERALS]
    units = [
        tree.add(org.east, OrgUnit(name=n, short_name=n, unit_type=kind, post_level=level))
        for n in names
    ]
    call = calls.intent
    actions.open_collection(
        call.form,
        period=call.period,
        issuer=call.issuer,
        opened_on=call.opened_on,
        due_on=call.due_on,
    )
    return units


@pytest.fixture
def queue(monkeypatch, settings, tmp_path, worker_id):
    """Messages and files that no other test of a parallel run can see."""
    number = 8 + (int(worker_id.removeprefix("gw")) % 8 if worker_id.startswith("gw") else 0)
    broker = urlsplit(settings.REDIS_URL)._replace(path=f"/{number}").geturl()
    monkeypatch.setenv("CELERY_BROKER_URL", broker)
    monkeypatch.setattr(sender, "_silent_until", 0.0)
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setenv("MEDIA_ROOT", str(settings.MEDIA_ROOT))


@pytest.fixture
def worker(queue, celery_worker_process, transactional_db):
    """A Celery worker in a process of its own, on this test's database, queue and folder."""
    with celery_worker_process(connection.settings_dict["NAME"]) as process:
        yield process
