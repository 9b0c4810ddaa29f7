"""T30: while people edit, every figure of a file is of one moment, and the file names it."""

import contextlib
import threading
import time
import zipfile

import pytest
from battery import count, report
from django.db import connection, transaction
from world import of

import tests.jobs.trial.exports  # noqa: F401 -- registers the kinds
from reporting.jobs import files, request_job, runner
from reporting.models import Job, SubmissionRow

pytestmark = pytest.mark.battery("T30")
ROWS, COMPILATIONS, PAUSE = count(12, full=40), count(1, full=10), 0.05
EACH = 100
AN_EDIT = 0.05  # seconds: twenty a second


@pytest.fixture(scope="module")
def figures(living):
    """Rows of an open table that add up to the same whatever is moved among them."""
    rows = SubmissionRow.objects.unscoped(reason="a test sets the stage")
    rows.filter(submission__state="draft").update(values={"figure": 0})
    table = of(living.org.west, "pairing-summary")
    rows.bulk_create(
        SubmissionRow(submission=table, position=n, values={"figure": EACH})
        for n in range(1, ROWS + 1)
    )
    yield list(rows.filter(submission=table).order_by("pk").values_list("pk", flat=True))
    rows.filter(submission=table).delete()


@contextlib.contextmanager
def edited(keys):
    """Moves figures, in transactions, from the row that is read first to the one read last."""
    over, moves = threading.Event(), []

    def edit():
        rows = SubmissionRow.objects.unscoped(reason="a test edits")
        while not over.wait(AN_EDIT):
            with transaction.atomic():
                for key, step in ((keys[0], -1), (keys[-1], 1)):
                    row = rows.select_for_update().get(pk=key)
                    rows.filter(pk=key).update(values={"figure": row.values["figure"] + step})
            moves.append(time.monotonic())
        connection.close()

    thread = threading.Thread(target=edit)
    thread.start()
    yield moves
    over.set()
    thread.join()


def compiled(living) -> tuple[int, str, int]:
    """The sum in the file, the moment it names, and how many seconds the file took."""
    job = request_job(
        "trial_adding",
        requester=living.people.county,
        unit=living.org.east,
        params={"pause": PAUSE},
    )
    assert runner.run(job.uuid) == "done", Job.objects.get(pk=job.pk).error
    job.refresh_from_db()
    total, moment = files.finished(job.artefact).read_text().split()
    return int(total), moment, (job.finished_at - job.started_at).total_seconds()


@pytest.fixture
def outside(living, figures, settings, tmp_path, monkeypatch, django_db_blocker):
    settings.MEDIA_ROOT = tmp_path
    monkeypatch.setenv("CELERY_BROKER_URL", "memory://")
    with django_db_blocker.unblock():
        yield


def test_every_figure_of_a_file_is_of_one_moment(living, figures, outside):
    with edited(figures) as moves:
        found = [compiled(living) for _ in range(COMPILATIONS)]

    assert {total for total, _, _ in found} == {ROWS * EACH}
    assert all(moment.count(":") == 2 for _, moment, _ in found)
    assert len({moment for _, moment, _ in found}) == COMPILATIONS
    seconds = sum(took for _, _, took in found)
    assert len(moves) > COMPILATIONS, "nobody edited: the test proves nothing"
    report(
        "T30",
        f"{COMPILATIONS} compilations of {ROWS} figures beside {len(moves)} edits "
        f"({len(moves) / seconds:.0f}/s): every sum of one moment, which the file names",
    )


def test_without_the_one_moment_the_sum_would_be_wrong(living, figures, outside, monkeypatch):
    monkeypatch.setattr(runner, "_snapshot", lambda: contextlib.nullcontext("x"))
    with edited(figures):
        total, _, _ = compiled(living)

    assert total > ROWS * EACH


def test_an_annex_names_the_moment_of_its_figures(living, outside):
    asked = {"annex": "pairing-intent", "period": "2014", "only": ""}
    job = request_job(
        "annex_export", requester=living.people.post, unit=living.org.east_post, params=asked
    )
    assert runner.run(job.uuid) == "done", Job.objects.get(pk=job.pk).error

    job.refresh_from_db()
    with zipfile.ZipFile(files.finished(job.artefact)) as workbook:
        properties = workbook.read("docProps/custom.xml").decode()
    assert job.detail["snapshot"]
    assert f">{job.detail['snapshot']}<" in properties
