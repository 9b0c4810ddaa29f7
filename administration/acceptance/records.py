"""What the people of the acceptance world have done: forms in every state, tables, files, queries."""

import datetime as dt

from django.core.files.uploadedfile import SimpleUploadedFile
from django.db.models.functions import Now
from django.utils import timezone

from administration.acceptance.names import Names, every
from administration.acceptance.people import People, own_canary
from administration.acceptance.tree import Units
from federation import kept_files
from federation.models import SavedQuery, UnitType
from notices import extensions, materials, publishing
from notices.models import Addressee, Attachment, Duty, Extension, Notice, Supervision, Task
from reporting import actions, annexes, workflow
from reporting.incoming import Reading, Record
from reporting.intake import kept, receiving
from reporting.jobs import request_job, runner
from reporting.models import Collection, Job, Submission
from reporting.models.jobs import JobState

PERIOD = "2014"
COUNTIES = ("A1", "A2", "B1", "B2")
INTENT, SUMMARY = "pairing-intent", "pairing-summary"
# The end of each form of a county by its post, and of each county's table.
FORMS = {"post1": "draft", "post2": "submitted", "post3": "returned", "post4": "approved"}
TABLES = {"A1": "draft", "A2": "submitted", "B1": "returned", "B2": "approved"}
# Finished exports: whose, of which unit, of which annex.
EXPORTS = (
    ("county_clerk", "A1", SUMMARY),
    ("county_clerk_sibling", "A2", SUMMARY),
    ("city_leader", "A", SUMMARY),
    ("city_reviewer", "A", INTENT),
    ("reviewer_other_city", "B", SUMMARY),
    ("province_viewer", "P", SUMMARY),
)
QUERIES = ("county_clerk", "county_head", "county_clerk_sibling", "reviewer_other_city")


def build(names: Names, units: Units, people: People) -> None:
    maker = _Maker(names, units, people)
    maker.collections()
    maker.name_what_came_about()
    for county in COUNTIES:
        for post, end in FORMS.items():
            maker.form(county, f"{county}-{post}", end)
        maker.table(county, TABLES[county])
    maker.name_what_came_about()
    maker.notices()
    for county in COUNTIES:
        maker.material(county)
        maker.extension(county)
        maker.supervision(county)
        maker.incoming(county)
    for who, unit, annex in EXPORTS:
        maker.export(who, unit, annex)
    maker.ended_job("county_clerk", "A1", JobState.EXPIRED)
    maker.ended_job("county_clerk", "A1", JobState.FAILED)
    for who in QUERIES:
        SavedQuery.objects.create(
            user=people[who],
            page="units",
            name=own_canary(names, who, "query"),
            query=f"q={names.canary(who, 'query')}",
        )


class _Maker:
    def __init__(self, names: Names, units: Units, people: People):
        self.names, self.units, self.people = names, units, people

    def collections(self) -> None:
        today = timezone.localdate()
        for city in "AB":
            for code in (INTENT, SUMMARY):
                said = {
                    "period": PERIOD,
                    "issuer": self.units[city],
                    "opened_on": today - dt.timedelta(days=30),
                    "due_on": today + dt.timedelta(days=30),
                    "doc_number": "验收〔2014〕1号",
                    "receiving_department": self.units[f"{city}-dept"],
                }
                # The row first, under its own uuid: opening then finds it, and writes of it.
                named = self.names.uuid("collection", f"{city}:{code}")
                Collection.objects.create(uuid=named, annex=code, **said)
                actions.open_collection(annexes.get(code), by=self.people[f"{city}-vice"], **said)

    def notices(self) -> None:
        """Of each city one notice in force, with what its counties owe by it, and one draft."""
        for city in "AB":
            published = publishing.publish(self._notice(city, 2), by=self.people[f"{city}-vice"])
            for task in every(Task).filter(duty__notice=published).select_related("unit"):
                self.names.call(task, "task", str(task.unit.uuid))
            self._notice(city, 3)

    def _notice(self, city: str, serial: int) -> Notice:
        today = timezone.localdate()
        due = today + dt.timedelta(days=30)
        notice = Notice.objects.create(
            uuid=self.names.uuid("notice", f"{city}:{serial}"),
            series=self.names.uuid("notice series", f"{city}:{serial}"),
            issuer=self.units[city],
            doc_number=f"验收〔2014〕{serial}号",
            title="关于报送活动情况的通知",
            issue_date=today,
            body="各县（市、区）妇联：\n请按期报送活动情况。",
        )
        counties = UnitType.objects.get(code="county_federation")
        Addressee.objects.create(notice=notice, unit_type=counties, words="各县（市、区）妇联")
        kept = kept_files.keep(SimpleUploadedFile("填报说明.pdf", b"%PDF-1.4\n"))
        Attachment.objects.create(
            uuid=self.names.uuid("attachment", f"{city}:{serial}"),
            notice=notice,
            title="填报说明",
            file=kept.file,
            file_name=kept.name,
            file_size=kept.size,
        )
        duty = Duty(
            uuid=self.names.uuid("duty", f"{city}:{serial}"),
            notice=notice,
            code="summary",
            title="活动情况",
            deliverable=Duty.Deliverable.NARRATIVE,
            window_to=due,
            due_rule={"kind": "on_date", "date": str(due)},
            owed_by={"rule": "recipients"},
        )
        duty.full_clean()
        duty.save()
        return notice

    def material(self, county: str) -> None:
        """What the county wrote, handed in with a file, waiting for the city."""
        task, by = self.task(county), self.people[f"{county}-officer"]
        canary = self.names.canary(county, "material")
        upload = SimpleUploadedFile(f"{canary}.pdf", f"%PDF-1.4 {canary}".encode())
        materials.save(task, text=f"{canary}：开展活动三场。", number=None, by=by)
        material = materials.add_files(task, [upload], by=by)
        self.names.call(material.files.get(), "material file", county)
        materials.send(task, by=by)

    def extension(self, county: str) -> None:
        """A request for another day that the city refused, of before the county handed in."""
        canary = self.names.canary(county, "extension")
        asked = Extension.objects.create(
            uuid=self.names.uuid("extension", county),
            task=self.task(county),
            wanted_on=timezone.localdate() + dt.timedelta(days=40),
            reason=canary,
            asked_by=self.people[f"{county}-officer"],
        )
        extensions.refuse(asked, by=self.people[f"{county[0]}-vice"], answer="请按原日期报送。")

    def supervision(self, county: str) -> None:
        """A 督办单 of the city, not answered yet."""
        asked = Supervision.objects.create(
            uuid=self.names.uuid("supervision", county),
            issuer=self.units[county[0]],
            unit=self.units[county],
            year=2014,
            serial=int(county[1:]),
            requirement=self.names.canary(county, "supervision"),
            answer_by=timezone.localdate() + dt.timedelta(days=7),
        )
        asked.tasks.set([self.task(county)])

    def incoming(self, county: str) -> None:
        """A file the county handed in for its own table: read, and waiting to be taken over."""
        by, unit = self.people[f"{county}-officer"], self.units[county]
        canary = self.names.canary(county, "incoming")
        call = self.submission(county, SUMMARY).collection
        batch = receiving.open_batch(call, unit=unit, by=by, alone=True)
        upload = SimpleUploadedFile(f"{canary}.csv", canary.encode())
        file = receiving.add_file(batch, upload, by=by)
        said = {"post": canary, "village": canary, "project_goal": canary}
        record = Record("A1", said, said, dict.fromkeys(said, "A1"))
        read = Reading(file.name, kind="csv", digest=file.sha256, records=[record])
        file.reading, file.sheets, file.unit, file.records = kept.dumped(read), [], unit, 1
        file.state, file.proposed = "ready", "supplement"
        file.save()
        self.names.call(batch, "incoming batch", county)
        self.names.call(file, "incoming file", county)

    def task(self, county: str) -> Task:
        return every(Task).select_related("duty", "unit").get(unit=self.units[county])

    def submission(self, key: str, annex: str) -> Submission:
        return every(Submission).get(unit=self.units[key], annex=annex, period=PERIOD)

    def step(self, step: str, key: str, annex: str, who: str, **more) -> None:
        now = self.submission(key, annex)
        workflow.perform(step, submission=now, actor=self.people[who], **more)

    def form(self, county: str, key: str, end: str) -> None:
        village = self.units[f"{county}{'11'}"]
        canary = self.names.canary(key, "form")
        typed = {
            "post_level": "municipal",
            "leader_name": canary,
            "leader_title": canary,
            "leader_phone": self.names.phone(f"form:{key}"),
            "email": f"canary-{canary.rpartition('-')[2]}@example.invalid",
            "existing_village": [],
            "intended_village": {"unit": str(village.uuid), "text": village.short_name},
            "offered_support": ["material"],
            "project_goal": f"{canary}：捐赠电脑2台",
        }
        form = self.submission(key, INTENT)
        actions.save_values(form, form.only_row, typed, by=self.people[key], version=form.version)
        if end == "draft":
            return
        self.step("submit", key, INTENT, key)
        if end == "submitted":
            return
        if end == "approved":
            self.step("approve", key, INTENT, f"{county}-vice")
            return
        row = str(form.only_row.uuid)
        reason = self.names.canary(key, "reason")
        cells = [workflow.Cell(row, "project_goal", reason)]
        self.step("return", key, INTENT, f"{county}-vice", reason=reason, cells=cells)
        again = self.submission(key, INTENT)
        changed = {"project_goal": f"{canary}：捐赠电脑3台"}
        actions.save_values(
            again, again.only_row, changed, by=self.people[key], version=again.version
        )

    def table(self, county: str, end: str) -> None:
        """The county's 附件2, with the row of its approved form corrected once."""
        table = self.submission(county, SUMMARY)
        row = table.rows.get()
        goal = f"{row.values['project_goal']} {self.names.canary(county, 'table')}"
        reason = self.names.canary(county, "reason")
        actions.save_values(
            table, row, {"project_goal": goal},
            by=self.people[f"{county}-officer"], version=table.version, reason=reason,
        )  # fmt: skip
        if end == "draft":
            return
        self.step("submit", county, SUMMARY, f"{county}-officer")
        if end == "approved":
            self.step("approve", county, SUMMARY, f"{county[0]}-vice")
        if end == "returned":
            self.step("return", county, SUMMARY, f"{county[0]}-vice", reason=reason)

    def name_what_came_about(self) -> None:
        by_pk = {unit.pk: key for key, unit in self.units.items()}
        for submission in every(Submission).filter(period=PERIOD):
            key = by_pk[submission.unit_id]
            self.names.call(submission, "submission", f"{key}:{submission.annex}")
            for row in submission.rows.order_by("pk"):
                self.names.call(row, "row", f"{key}:{submission.annex}:{row.position}")

    def _job(self, who: str, unit: str, annex: str) -> Job:
        params = {"annex": annex, "period": PERIOD, "only": ""}
        return request_job(
            "annex_export", requester=self.people[who], unit=self.units[unit], params=params
        )

    def export(self, who: str, unit: str, annex: str) -> None:
        """A finished file, made by the worker's own function."""
        state = runner.run(self._job(who, unit, annex).uuid)
        if state != JobState.DONE:
            raise RuntimeError(f"the export of {unit} for {who} ended {state}")

    def ended_job(self, who: str, unit: str, state: JobState) -> None:
        job = self._job(who, unit, SUMMARY)
        Job.objects.filter(pk=job.pk).update(
            state=state, finished_at=Now(), sent_at=None, attempts=1,
            error="" if state == JobState.EXPIRED else own_canary(self.names, who, "error"),
            artefact=self.names.uuid("file", f"{who}:{state}") if state == JobState.EXPIRED else None,
            file_name="已过期.xlsx" if state == JobState.EXPIRED else "",
            expires_at=timezone.now() - dt.timedelta(hours=1),
        )  # fmt: skip
