"""Reading a batch survives what may happen to its worker; taking over survives two people at once."""

import os
import signal
import threading
import time

import pytest
from battery import count, report
from django.db import connection, connections

from reporting.intake import receiving, taking_over
from reporting.jobs import runner
from reporting.models import Job
from tests.incoming.conftest import ROWS, table

FILES = count(5, full=500)


@pytest.mark.battery("T31")
@pytest.mark.django_db(transaction=True)
def test_a_worker_killed_in_the_midst_loses_no_file_and_reads_none_twice(mail, settings):
    settings.JOB_LEASE_SECONDS = 1
    data = [(f"第{n}份.xlsx", table((f"演示第{n}岗", "石井村", "助学"))) for n in range(FILES)]
    (first, *_) = mail.drop(*data, read=False)
    job = receiving.start_reading(first.batch, by=mail.people.leader)
    connections.close_all()
    worker = os.fork()
    if worker == 0:
        # A browser of an earlier test leaves this process a second connection: not one of the child's.
        connection.connection = None
        runner.run(job.uuid)
        os._exit(0)
    deadline = time.monotonic() + 60
    while mail.all().exclude(state="waiting").count() < 2 and time.monotonic() < deadline:
        time.sleep(0.02)
    os.kill(worker, signal.SIGKILL)
    os.waitpid(worker, 0)
    read = dict(mail.all().exclude(state="waiting").values_list("pk", "version"))
    assert 2 <= len(read) <= FILES
    time.sleep(1.2)

    runner.run(job.uuid)

    assert set(mail.all().values_list("state", flat=True)) == {"ready"}
    assert mail.all().count() == FILES
    again = dict(mail.all().filter(pk__in=read).values_list("pk", "version"))
    assert again == read
    assert Job.objects.get().state == "done"
    report("T31", f"{FILES} files of one batch, worker killed after {len(read)}: each read once")


@pytest.mark.django_db
def test_a_file_that_ends_the_worker_each_time_is_given_up_and_the_others_are_read(mail):
    bad, good = mail.drop(("坏.xlsx", table(*ROWS)), ("好.xlsx", table(ROWS[0])), read=False)
    mail.all().filter(pk=bad.pk).update(tries=2)

    mail.read(bad.batch)

    bad, good = mail.fresh(bad), mail.fresh(good)
    assert (bad.state, good.state) == ("unreadable", "ready")
    assert "程序中断" in bad.said


@pytest.mark.django_db
def test_files_of_one_batch_are_judged_by_each_other(mail):
    first, more = mail.drop(
        ("城东区.xlsx", table(*ROWS)), ("城东区补报.xlsx", table(("演示馆", "石井村", "书屋")))
    )

    assert (first.proposed, more.proposed) == ("original", "supplement")


@pytest.mark.django_db(transaction=True)
def test_two_people_who_take_the_same_file_over_at_once_write_it_once(mail):
    data = table(*ROWS)
    files = [mail.drop((name, data))[0] for name in ("a.xlsx", "b.xlsx")]
    gate, said = threading.Barrier(2), []

    def take(file, who):
        gate.wait()
        try:
            mail.apply(file, by=who)
            said.append("taken")
        except Exception as error:  # told below
            said.append(type(error).__name__)
        finally:
            connection.close()

    both = zip(files, (mail.people.leader, mail.people.county), strict=True)
    threads = [threading.Thread(target=take, args=pair) for pair in both]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert said.count("taken") == 1
    assert set(said) <= {"taken", taking_over.AlreadyTaken.__name__, "Stale"}
    assert len(mail.rows()) == 2


@pytest.mark.battery("T31")
@pytest.mark.django_db
def test_many_rows_are_taken_over_in_good_time(mail):
    rows = count(400, full=5000)
    (file,) = mail.drop(
        ("城东区.xlsx", table(*((f"演示第{n}岗", "石井村", "助学4名") for n in range(rows))))
    )
    started = time.perf_counter()

    mail.apply(file)

    took = time.perf_counter() - started
    assert len(mail.rows()) == rows
    assert took < 30
    report("T31", f"{rows} rows taken over in {took:.1f} s")
