"""The five notices as files: word for word, with their duties and the days that follow."""

import datetime as dt

import pytest
import time_machine
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command
from django.db import transaction

from federation import code_lists, divisions
from federation.models import OrgUnit
from notices import liability, notice_files, publishing, schedule
from notices.models import Notice, Task


@pytest.fixture(scope="module")
def both_cities(django_db_setup, django_db_blocker):
    """Both cities down to their counties' seats, and the departments and committees."""
    with django_db_blocker.unblock():
        atomic = transaction.atomic()
        atomic.__enter__()
        code_lists.load()
        for path in divisions.CITIES.values():
            divisions.load(path)
        yield
        transaction.set_rollback(True)
        atomic.__exit__(None, None, None)


@pytest.mark.usefixtures("both_cities")
class TestOfficialNotices:
    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("name", "number", "recipients", "duties"),
        [
            ("quanzhou-2014-28", "泉妇〔2014〕28号", 15, 7),
            ("quanzhou-2013-81", "泉妇〔2013〕81号", 15, 4),
            ("harbin-2014-grassroots", "", 24, 5),
            ("harbin-2016-7", "哈妇发〔2016〕7号", 18, 4),
            ("harbin-2014-10", "哈妇发〔2014〕10号", 18, 12),
        ],
    )
    def test_a_notice_is_loaded_with_its_recipients_and_duties(
        self, name, number, recipients, duties
    ):
        notice = notice_files.draft(notice_files.read(name), by=None)

        main = [u for u, role in liability.recipients(notice).items() if role == "main"]
        assert (notice.doc_number, len(main), notice.duties.count()) == (number, recipients, duties)
        assert len(notice.body) >= 50

    @pytest.mark.django_db
    @pytest.mark.parametrize(
        ("name", "code", "days"),
        [
            ("quanzhou-2014-28", "pairing-summary", ["2014-05-25"]),
            ("quanzhou-2014-28", "pairing-intent", ["2014-05-19"]),
            ("quanzhou-2014-28", "half-yearly-visit", ["2014-06-30", "2014-12-31"]),
            ("harbin-2014-grassroots", "survey-month", ["2014-05-10"]),
            ("harbin-2014-grassroots", "year-summary", ["2014-08-30"]),
            ("harbin-2014-grassroots", "nomination", ["2014-09-30"]),
            ("harbin-2014-10", "quarter-rights", ["2014-09-10", "2014-12-10"]),
            ("harbin-2014-10", "year-summary", ["2014-11-20"]),
            ("harbin-2014-10", "volunteer-month", ["2015-03-31"]),
            ("harbin-2016-7", "training-women", [f"{year}-12-31" for year in range(2016, 2021)]),
        ],
    )
    def test_its_duties_fall_due_as_the_notice_says(self, name, code, days):
        notice = notice_files.draft(notice_files.read(name), by=None)

        duty = notice.duties.select_related("notice__issuer").get(code=code)

        assert [str(o.due_on) for o in schedule.occurrences(duty)] == days

    @pytest.mark.django_db
    def test_harbin_asks_five_departments_progress_of_eighteen_counties(self):
        notice = notice_files.draft(notice_files.read("harbin-2014-10"), by=None)
        with time_machine.travel(
            dt.datetime.fromisoformat("2014-08-05T09:00:00+08:00"), tick=False
        ):
            publishing.publish(notice, by=None)

        third = Task.objects.unscoped(reason="the test").filter(
            duty__code__startswith="quarter-", period="2014Q3"
        )
        assert third.count() == 5 * 18 + 4
        departments = set(
            third.filter(unit__unit_type__code="county_federation").values_list(
                "duty__receiving_department__short_name", flat=True
            )
        )
        assert departments == {"发展部", "宣传部", "权益部", "儿家部", "组织部"}

    @pytest.mark.django_db
    def test_loaded_twice_a_notice_stands_once(self, capsys):
        call_command("load_notices", "harbin-2016-7")
        call_command("load_notices", "harbin-2016-7")

        assert "已有：" in capsys.readouterr().out
        assert Notice.objects.unscoped(reason="the test").count() == 1

    @pytest.mark.django_db
    def test_a_unit_that_is_not_there_is_named(self):
        OrgUnit.objects.filter(name="哈尔滨市妇联研究室").update(name="哈尔滨市妇联调研室")

        with pytest.raises(CommandError, match="没有名为“哈尔滨市妇联研究室”的组织"):
            call_command("load_notices", "harbin-2014-grassroots")

        assert not Notice.objects.unscoped(reason="the test").exists()


def test_an_unknown_file_is_told_with_those_that_are_there():
    with pytest.raises(ValidationError, match=r"没有通知文件“N9”，现有：.*quanzhou-2014-28"):
        notice_files.read("N9")
