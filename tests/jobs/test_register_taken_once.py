"""A long register whose worker is killed while it writes: all its rows come in, each once."""

import pytest
from battery import FULL, report

from federation import tree
from federation.models import AuditEvent, OrgUnit, UnitType
from registry import identity_numbers, register_imports, register_jobs
from registry.models import Enrolment, Person, Programme, RegisterImport, imports
from reporting.jobs import runner
from reporting.models import Job
from tests.jobs.conftest import all_ended, wait_for

pytestmark = pytest.mark.django_db(transaction=True)
ROWS = 20_000


def listed(rows: int) -> bytes:
    lines = ["姓名,身份证号,居住村（社区）"]
    for n in range(rows):
        digits = f"99{n // 499:04}19800102{2 * (n % 499):03}"
        lines.append(f"林演甲寅,{digits}{identity_numbers.check_digit(digits)},红旗村")
    return "\n".join(lines).encode()


@pytest.mark.battery("T17")
@pytest.mark.skipif(not FULL, reason="in full counts only: test_long_registers.py tries the fence")
def test_a_worker_killed_while_it_takes_a_register_in(clerk_at, county, workers):
    kind = UnitType.objects.create(
        code="village", name="村妇联", group="federation", level="village"
    )
    village = OrgUnit(
        name="红旗村妇联", short_name="红旗村妇联", area_name="红旗村", unit_type=kind
    )
    village = tree.add(county, village)
    programme = Programme.objects.create(code="once", name="一次专项")
    clerk = clerk_at(county, "keeper", ("registry_view", "registry_edit"))
    found = register_imports.upload(
        listed(ROWS), name="名册.csv", unit=county, programme=programme, by=clerk
    )
    assert runner.run(register_jobs.latest(found).uuid) == "done"
    found.refresh_from_db()
    assert found.outcome["faults"] == []

    worker = workers.start()
    job = register_jobs.ask_to_apply(found, by=clerk, sha256=found.sha256)
    row = Job.objects.filter(pk=job.pk)
    under_way = row.filter(state="running", done__gte=imports.CHUNK, done__lt=ROWS)
    assert wait_for(under_way.exists, 60, every=0.01), workers.logged()[-3000:]
    workers.kill_group(worker)
    people = Person.objects.unscoped(reason="the test counts them all")
    assert people.count() == 0

    # As long as in real use: on a machine with more to do, two seconds go by without a word of hers.
    workers.start(JOB_LEASE_SECONDS=30)
    assert wait_for(all_ended, 300), workers.logged()[-3000:]
    job.refresh_from_db()
    enrolled = Enrolment.objects.unscoped(reason="the test counts them all").count()
    lines = AuditEvent.objects.filter(verb="import_archive").count()
    assert (job.state, job.attempts) == ("done", 2), job.error
    assert (people.count(), enrolled, lines) == (ROWS, ROWS, ROWS)
    assert AuditEvent.objects.filter(verb="import_register").count() == 1
    assert RegisterImport.objects.get().parts.count() == 0
    report(
        "T17", f"a register of {ROWS:,} rows, its worker killed with -9 while it wrote: each once"
    )
