"""A county of the acceptance world as the access tests see theirs: who sits where, what is at hand.

Whatever became of the county's papers in the seed, here they stand at their beginning, as on the scene
of ``tests/access/scene.py``: the form and the table are drafts, the task is owed and nothing is written
for it, so that ``matrix.prepare`` brings each into the state a line asks for.
"""

import datetime as dt
from types import SimpleNamespace

from django.utils import timezone

from administration.acceptance.names import every
from federation.models import OrgUnit, SavedQuery
from notices.models import (
    Attachment,
    Contact,
    Extension,
    Material,
    MaterialFile,
    MaterialReport,
    Notice,
    NoticeState,
    Supervision,
    SupervisionEvent,
    Task,
    TaskEvent,
)
from reporting.models import (
    CellReturn,
    Collection,
    Job,
    Submission,
    SubmissionEvent,
    SubmissionRow,
)
from tests.access import of_pairing, of_registry

COUNTIES = ("A1", "A2", "B1")
# Whose own things are tried; in the other city nobody of the sixteen sits at a county.
OWNERS = {"A1": "county_clerk", "A2": "county_clerk_sibling"}
ADMINISTRATORS = {"A": "system_admin", "B": "b_sysadmin"}


def scene_of(stage, county: str) -> SimpleNamespace:
    """The county by its key, its papers at their beginning."""
    city, other = county[0], "B" if county[0] == "A" else "A"
    unit = units(stage)
    owner = stage.users[OWNERS.get(county, f"{county}_officer".lower())]
    near = f"{city}{'2' if county[1] == '1' else '1'}"
    scene = SimpleNamespace(
        org=SimpleNamespace(
            east=unit[county], east_post=unit[f"{county}-post1"], town=unit[f"{county}1"],
            east_village=unit[f"{county}11"], west=unit[near], city=unit[city],
            department=unit[f"{city}-dept"], other_city=unit[other],
            east_village2=unit[f"{county}12"], west_village=unit[f"{near}11"],
            east_committee=unit[f"{county}-committee"],
            east_post2=unit[f"{county}-post2"], west_post=unit[f"{near}-post2"],
        ),
        people=SimpleNamespace(
            county=owner, county2=stage.users[f"{county}_vice".lower()],
            chair=stage.users[f"{county}11_chair".lower()],
            leader=stage.users[f"{city}_vice".lower()],
            post=stage.users[f"{county}_post1".lower()],
            committee=stage.users[f"{county}_post4".lower()],
            village=stage.users[f"{county}_post2".lower()],
            sysadmin=stage.users[ADMINISTRATORS[city]],
            sibling_post=stage.users[f"{near}_post2".lower()],
            volunteer=stage.users["volunteer" if county == "A1" else f"{county}11_chair".lower()],
        ),
        calls=SimpleNamespace(
            summary=Collection.objects.get(issuer=unit[city], annex="pairing-summary")
        ),
        job=Job.objects.filter(requester=owner, state="done").first(),
        query=SavedQuery.objects.filter(user=owner).first(),
    )  # fmt: skip
    of_notices(scene)
    scene.archives = of_registry.build(scene)
    scene.pairs = of_pairing.build(scene)
    drafted(unit[county], unit[f"{county}-post1"])
    for one in (county, near):  # a notice is withdrawn where nobody has handed in
        untouched(every(Task).get(unit=unit[one]))
    scene.task = every(Task).select_related("duty", "unit").get(unit=unit[county])
    return scene


def units(stage) -> dict[str, OrgUnit]:
    by_uuid = {str(u.uuid): u for u in OrgUnit.objects.select_related("unit_type", "post_level")}
    return {key: by_uuid[said["uuid"]] for key, said in stage.units.items()}


def of_notices(scene) -> None:
    """The city's notice in force, and its draft with one contact."""
    mine = every(Notice).filter(issuer=scene.org.city)
    scene.notice = mine.get(state=NoticeState.PUBLISHED)
    scene.draft_notice = mine.get(state=NoticeState.DRAFT)
    Contact.objects.get_or_create(
        notice=scene.draft_notice, name="林演甲子", defaults={"phone": "0595-00000000"}
    )
    scene.attachment = Attachment.objects.get(notice=scene.notice)


def drafted(*owners: OrgUnit) -> None:
    """What these units report are drafts never sent."""
    papers = every(Submission).filter(unit__in=owners)
    papers.update(
        state="draft", submitted_by=None, submitted_at=None, approved_by=None, approved_at=None
    )
    every(SubmissionRow).filter(submission__in=papers).update(review="none")
    CellReturn.objects.filter(submission__in=papers).delete()
    every(SubmissionEvent).filter(submission__in=papers).delete()


def untouched(task: Task) -> None:
    """Nobody has done anything about ``task``."""
    orders = every(Supervision).filter(unit=task.unit_id)
    for rows in (
        Supervision.tasks.through.objects.filter(supervision__in=orders),
        SupervisionEvent.objects.filter(supervision__in=orders),
        orders,
        Extension.objects.filter(task=task),
        MaterialReport.files.through.objects.filter(materialreport__material__task=task),
        MaterialReport.objects.filter(material__task=task),
        MaterialFile.objects.filter(material__task=task),
        every(Material).filter(task=task),
        TaskEvent.objects.filter(task=task),
    ):
        rows.delete()
    task.state, task.due_on = "unsigned", timezone.localdate() + dt.timedelta(days=30)
    task.first_reported_on = task.due_when_reported = task.reported_at = task.done_on = None
    task.save()
