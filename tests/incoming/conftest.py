"""A city's clerk with returns of her counties in her mailbox."""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.core.files.uploadedfile import SimpleUploadedFile
from world import of

from federation import tree
from federation.models import OrgUnit
from reporting.intake import receiving, taking_over
from reporting.jobs import runner, sender
from reporting.models import IncomingFile
from tests.reading.offices import HEAD, TITLE, xlsx

CAME = dt.date(2014, 5, 20)
ROWS = (
    ("城东区演示税务窗口", "金井社区", "培训2期"),
    ("城东区演示邮政所", "临江镇红旗村", "助学4名"),
)


def table(*rows, unit="城东区妇联", head=HEAD):
    return xlsx([(TITLE,), (f"填报单位：{unit}",), head, *rows])


@pytest.fixture
def mail(org, people, calls, settings, tmp_path, monkeypatch):
    """``mail.drop(*files)``: handed in by the city's vice chair and read; ``mail.apply(file)``."""
    settings.MEDIA_ROOT = tmp_path / "media"
    monkeypatch.setenv("CELERY_BROKER_URL", "memory://")
    monkeypatch.setattr(sender, "_silent_until", 0.0)
    town = tree.add(
        org.east,
        OrgUnit(name="山前镇妇联", short_name="山前镇", area_name="山前镇", unit_type=org.town.unit_type),
    )  # fmt: skip
    for name in ("红旗村", "石井村"):
        village = OrgUnit(
            name=f"{name}妇联", short_name=name, area_name=f"{name}委会",
            unit_type=org.east_village.unit_type,
        )  # fmt: skip
        tree.add(town, village)
    return Mail(org, people, calls)


class Mail(SimpleNamespace):
    def __init__(self, org, people, calls):
        super().__init__(org=org, people=people, calls=calls)

    def drop(self, *files, by=None, unit=None, alone=False, came=CAME, read=True):
        """A batch of ``(name, bytes)``; the files, read."""
        by = by or self.people.leader
        batch = receiving.open_batch(
            self.calls.summary, unit=unit or self.org.city, by=by, received_on=came, alone=alone
        )
        for name, data in files:
            receiving.add_file(batch, SimpleUploadedFile(name, data), by=by)
        if read:
            self.read(batch, by)
        return self.files(batch)

    def read(self, batch, by=None):
        runner.run(receiving.start_reading(batch, by=by or self.people.leader).uuid)

    def files(self, batch):
        return list(self.all().filter(batch=batch))

    def all(self):
        return IncomingFile.objects.unscoped(reason="a test looks at the truth")

    def fresh(self, file):
        return self.all().get(pk=file.pk)

    def table(self, unit=None):
        return of(unit or self.org.east, "pairing-summary")

    def apply(self, file, by=None, unit=None, **more):
        file, submission = self.fresh(file), self.table(unit)
        seen = {"file_version": file.version, "version": submission.version, **more}
        return taking_over.take_over(file, submission, by=by or self.people.leader, **seen)

    def rows(self, unit=None):
        return [row.values["post"] for row in self.table(unit).rows.order_by("position")]
