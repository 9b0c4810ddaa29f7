"""A mailed file becomes rows with their source, whole or not at all, once."""

import datetime as dt
import time

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.db import IntegrityError, transaction
from django.utils import timezone
from world import approved, fill, of, take

from federation.models import AuditEvent
from reporting import actions, exports, workflow
from reporting.intake import answering, difference, receiving, taking_over
from reporting.intake.answering import Overtaken, Said
from reporting.models import CellChange
from tests.incoming.conftest import CAME, ROWS, table
from tests.reading.offices import container

pytestmark = pytest.mark.django_db


def test_a_clean_file_becomes_rows_that_name_file_cells_and_words(mail):
    (file,) = mail.drop(("城东区.xlsx", table(*ROWS)))
    assert (file.state, file.unit, file.records, file.proposed) == (
        "ready", mail.org.east, 2, "original",
    )  # fmt: skip

    submission = mail.apply(file)

    first, second = submission.rows.order_by("position")
    assert first.values == dict(zip(("post", "village", "project_goal"), ROWS[0], strict=True))
    assert first.origin["file"] == "城东区.xlsx"
    assert first.origin["where"] == "Sheet1!A4:C4"
    assert first.origin["incoming"] == str(file.uuid)
    assert second.origin["original"]["village"] == "临江镇红旗村"
    assert first.search_text.startswith("城东区演示税务窗口")
    assert submission.filled_on_behalf
    assert submission.state == "draft"
    file = mail.fresh(file)
    assert (file.state, file.submission, file.settled_by) == (
        "applied", submission, mail.people.leader,
    )  # fmt: skip
    assert AuditEvent.objects.filter(verb="take_over_file", unit=mail.org.east).count() == 1


def test_a_mailed_report_is_on_time_by_the_day_it_came(mail):
    (file,) = mail.drop(("城东区.xlsx", table(*ROWS)), came=dt.date(2014, 5, 25))

    submission = mail.apply(file, hand_in=True)

    assert (submission.state, submission.first_submitted_on) == ("submitted", dt.date(2014, 5, 25))
    assert not submission.is_late
    assert submission.events.get(step="take_over").on_behalf
    with pytest.raises(PermissionDenied):
        take("approve", mail.org.east, mail.people.leader, "pairing-summary")


def test_what_one_hands_in_for_ones_own_unit_came_today(mail):
    (file,) = mail.drop(
        ("城东区.xlsx", table(*ROWS)), by=mail.people.county, unit=mail.org.east, alone=True
    )

    assert file.received_on == timezone.localdate()
    submission = mail.apply(file, by=mail.people.county, hand_in=True)
    assert submission.is_late
    assert not submission.filled_on_behalf


def test_a_file_with_an_open_question_writes_nothing_until_it_is_answered(mail):
    (file,) = mail.drop(("城东区.xlsx", table(ROWS[0], ("演示邮政所", "红旗村", "助学"))))
    assert (file.state, file.questions) == ("asking", 1)
    with pytest.raises(ValidationError, match="还有1处没有处理，没有带入任何一行"):
        mail.apply(file)
    (point,) = answering.understood(file).open_points
    towns = [one["town"] for one in point.problem.candidates]

    answering.answer(
        file,
        Said(questions={point.number: f"c{towns.index('山前镇')}"}),
        by=mail.people.leader,
        version=file.version,
    )

    submission = mail.apply(file)
    row = submission.rows.get(position=2)
    assert row.values["village"] == "山前镇红旗村委会"
    assert row.origin["original"]["village"] == "红旗村"
    assert [one["name"] for one in row.origin["villages"]] == ["红旗村委会"]


def test_none_of_these_keeps_the_words_as_they_were_written(mail):
    (file,) = mail.drop(("城东区.xlsx", table(("演示邮政所", "石景村", "助学"))))
    (point,) = answering.understood(file).open_points

    answering.answer(
        file, Said(questions={point.number: "none"}), by=mail.people.leader, version=file.version
    )

    row = mail.apply(file).rows.get()
    assert row.values["village"] == "石景村"
    assert row.origin["villages"][0]["uuid"] is None


def test_a_cell_with_an_error_is_corrected_in_place_and_says_so(mail):
    (file,) = mail.drop(("城东区.xlsx", table(ROWS[0], ("演示邮政所", "石井村", ""))))
    assert file.errors == 1
    said = Said(values={(1, "project_goal"): "助学4名"})

    file = answering.answer(file, said, by=mail.people.leader, version=file.version)

    assert (file.state, file.errors) == ("ready", 0)
    row = mail.apply(file).rows.get(position=2)
    assert row.values["project_goal"] == "助学4名"
    assert row.origin["original"].get("project_goal", "") == ""
    assert row.origin["corrected"] == ["project_goal"]


def test_a_correction_that_is_wrong_stays_open(mail):
    (file,) = mail.drop(("城东区.xlsx", table(("演示邮政所", "石井村", ""))))

    file = answering.answer(
        file,
        Said(values={(0, "project_goal"): "长" * 1001}),
        by=mail.people.leader,
        version=file.version,
    )

    assert (file.state, file.errors) == ("asking", 1)


def test_a_row_left_out_is_not_taken_and_no_longer_in_the_way(mail):
    (file,) = mail.drop(("城东区.xlsx", table(ROWS[0], ("演示邮政所", "石景村", "助学"))))

    file = answering.answer(file, Said(left_out=[1]), by=mail.people.leader, version=file.version)

    assert (file.state, file.records) == ("ready", 1)
    mail.apply(file)
    assert mail.rows() == [ROWS[0][0]]


def test_one_bad_row_at_the_end_means_no_row_at_all(mail):
    rows = [(f"演示第{n}岗", "石井村", "助学") for n in range(300)]
    (file,) = mail.drop(("城东区.xlsx", table(*rows, ("演示末岗", "石井村", ""))))

    with pytest.raises(ValidationError, match="没有带入任何一行"):
        mail.apply(file)

    assert mail.rows() == []


def test_what_fails_late_in_the_taking_over_leaves_no_row_behind(mail, monkeypatch):
    (file,) = mail.drop(("城东区.xlsx", table(*ROWS)))

    def broken(*args, **more):
        raise RuntimeError

    monkeypatch.setattr(workflow, "perform", broken)
    with pytest.raises(RuntimeError), transaction.atomic():
        mail.apply(file, hand_in=True)

    assert mail.rows() == []
    assert mail.fresh(file).state == "ready"


# -- Seen before done --------------------------------------------------------------------------------
def test_a_report_that_moved_on_since_the_preview_is_not_written(mail):
    (file,) = mail.drop(("城东区.xlsx", table(*ROWS)))
    seen = mail.table().version
    approved(
        mail.org.east_post, mail.people.post, mail.people.county, village=mail.org.east_village
    )

    with pytest.raises(workflow.Stale):
        mail.apply(file, version=seen)

    assert mail.fresh(file).state == "ready"


def test_a_file_that_was_answered_since_the_preview_is_not_taken(mail):
    (file,) = mail.drop(("城东区.xlsx", table(*ROWS)))
    answering.answer(file, Said(left_out=[1]), by=mail.people.county2, version=file.version)

    with pytest.raises(Overtaken):
        mail.apply(file, file_version=file.version)


def test_the_same_bytes_are_taken_once(mail):
    data = table(*ROWS)
    (first,) = mail.drop(("城东区.xlsx", data))
    (again,) = mail.drop(("城东区（再发）.xlsx", data))
    mail.apply(first)

    for file in (first, again):
        with pytest.raises(taking_over.AlreadyTaken, match=r"已带入：leader演于.*没有重复带入"):
            mail.apply(file)

    assert len(mail.rows()) == 2


def test_the_database_itself_takes_the_same_bytes_once(mail):
    data = table(*ROWS)
    (first,), (again,) = mail.drop(("a.xlsx", data)), mail.drop(("b.xlsx", data))
    mail.apply(first)

    with pytest.raises(IntegrityError), transaction.atomic():
        mail.all().filter(pk=again.pk).update(
            state="applied", submission=mail.table(), settled_at=timezone.now()
        )


def test_the_same_bytes_twice_in_a_batch_are_one_file(mail):
    data = table(*ROWS)

    assert len(mail.drop(("a.xlsx", data), ("b.xlsx", data), read=False)) == 1


# -- Supplement and replacement ----------------------------------------------------------------------
def test_a_supplement_is_put_below_what_is_there(mail):
    (first,) = mail.drop(("城东区.xlsx", table(*ROWS)))
    mail.apply(first)
    (more,) = mail.drop(("城东区补报.xlsx", table(("演示图书馆", "石井村", "书屋1间"))))
    assert more.proposed == "supplement"

    mail.apply(more)

    assert mail.rows() == [ROWS[0][0], ROWS[1][0], "演示图书馆"]


def test_a_replacement_changes_what_differs_and_takes_out_what_is_missing(mail):
    (first,) = mail.drop(("城东区.xlsx", table(*ROWS, ("演示旧岗", "石井村", "旧"))))
    mail.apply(first)
    changed = (ROWS[0], (ROWS[1][0], ROWS[1][1], "助学6名"), ("演示新岗", "石井村", "新"))
    (file,) = mail.drop(("城东区更正.xlsx", table(*changed)))
    assert (file.proposed, file.supersedes) == ("replacement", "城东区.xlsx")

    submission = mail.apply(file)

    assert mail.rows() == [ROWS[0][0], ROWS[1][0], "演示新岗"]
    change = CellChange.objects.unscoped(reason="a test looks").get(row__submission=submission)
    assert (change.key, change.before, change.after) == ("project_goal", "助学4名", "助学6名")
    assert {row.origin["file"] for row in submission.rows.all()} == {"城东区更正.xlsx"}
    assert mail.fresh(first).superseded_by == file
    assert mail.fresh(file).outcome == {"same": 1, "changed": 1, "added": 1, "removed": 1}
    (back,) = mail.drop(("城东区.xlsx", table(*ROWS, ("演示旧岗", "石井村", "旧"))))
    mail.apply(back)  # the first file's rows are no longer there: it may come again


def test_a_replacement_leaves_rows_of_approved_forms_alone_unless_all_is_chosen(mail):
    approved(
        mail.org.east_post, mail.people.post, mail.people.county, village=mail.org.east_village
    )
    (first,) = mail.drop(("城东区.xlsx", table(*ROWS)))
    mail.apply(first)
    (file,) = mail.drop(("城东区更正.xlsx", table(ROWS[0])))
    answering.answer(file, Said(meaning="replacement"), by=mail.people.leader, version=file.version)
    mail.apply(file)
    assert mail.rows() == [mail.org.east_post.name, ROWS[0][0]]

    (everything,) = mail.drop(("城东区全部更正.xlsx", table(ROWS[1])))
    answering.answer(
        everything,
        Said(meaning="replacement", replaces="all"),
        by=mail.people.leader,
        version=everything.version,
    )
    mail.apply(everything)
    assert mail.rows() == [ROWS[1][0]]


def test_a_row_from_an_approved_form_that_the_file_corrects_keeps_its_source(mail):
    approved(
        mail.org.east_post, mail.people.post, mail.people.county, village=mail.org.east_village
    )
    name = mail.org.east_post.name
    (file,) = mail.drop(("城东区.xlsx", table((name, "石井村", "新的目标"))))
    answering.answer(
        file,
        Said(meaning="replacement", replaces="all"),
        by=mail.people.leader,
        version=file.version,
    )

    row = mail.apply(file).rows.get()

    assert row.source is not None
    assert row.values["project_goal"] == "新的目标"
    assert {change.kind for change in row.changes.all()} == {"correction"}


def test_rows_of_one_name_are_paired_by_what_they_say(mail):
    one, two = ("演示一岗", "石井村", "助学"), ("演示一岗", "金井社区", "书屋")
    (first,) = mail.drop(("城东区.xlsx", table(one, two)))
    mail.apply(first)
    (file,) = mail.drop(("城东区更正.xlsx", table((*two[:2], "书屋2间"), one)))
    answering.answer(file, Said(meaning="replacement"), by=mail.people.leader, version=file.version)

    mail.apply(file)

    assert mail.fresh(file).outcome == {"same": 1, "changed": 1}


def test_a_thousand_rows_of_one_name_are_compared_in_good_time(mail):
    rows = [("演示一岗", "石井村", f"助学{n}") for n in range(1000)]
    (first,) = mail.drop(("城东区.xlsx", table(*rows)))
    mail.apply(first)
    (file,) = mail.drop(("城东区更正.xlsx", table(*((*row[:2], f"{row[2]}名") for row in rows))))
    lines, started = answering.understood(file).taken, time.perf_counter()

    file.chosen, file.replaces = "replacement", "all"
    found = difference.plan(file, lines, mail.table())

    assert found.count() == {"changed": 1000}
    assert time.perf_counter() - started < 10


def test_a_row_that_shall_stay_as_it_is_in_the_table_stays(mail):
    (first,) = mail.drop(("城东区.xlsx", table(*ROWS)))
    mail.apply(first)
    (file,) = mail.drop(("城东区更正.xlsx", table(ROWS[0], (ROWS[1][0], ROWS[1][1], "助学6名"))))
    answering.answer(
        file, Said(meaning="replacement", kept=[1]), by=mail.people.leader, version=file.version
    )

    submission = mail.apply(file)

    assert submission.rows.get(position=2).values["project_goal"] == "助学4名"


def test_a_duplicate_writes_nothing(mail):
    (first,) = mail.drop(("城东区.xlsx", table(*ROWS)))
    mail.apply(first)
    (file,) = mail.drop(("城东区2.xlsx", table(*ROWS, unit="城东区妇女联合会")))
    assert file.proposed == "duplicate"

    with pytest.raises(ValidationError, match="重复"):
        mail.apply(file)


def test_our_own_export_comes_back_without_any_difference(mail):
    (first,) = mail.drop(("城东区.xlsx", table(*ROWS)))
    mail.apply(first, hand_in=True)
    made = exports.make(
        mail.table().form, unit=mail.org.east, period="2014", user=mail.people.leader
    )
    take("return", mail.org.east, mail.people.leader, "pairing-summary", reason="请核对")

    (file,) = mail.drop(("附件2.xlsx", made.data))

    assert (file.unit, file.errors, file.questions, file.proposed) == (
        mail.org.east, 0, 0, "duplicate",
    )  # fmt: skip


def test_nothing_this_period_is_handed_in_as_such(mail):
    (file,) = mail.drop(("城东区.xlsx", table(("本期无",))))
    (point,) = answering.understood(file).open_points
    answering.answer(
        file, Said(questions={point.number: "c0"}), by=mail.people.leader, version=file.version
    )

    submission = mail.apply(file)

    assert (submission.state, submission.nil_report) == ("submitted", True)


# -- Forms of one respondent -------------------------------------------------------------------------
def test_a_form_that_was_mailed_fills_the_form_of_its_post(mail):
    post, county = mail.org.east_post, mail.people.county
    fill(post, mail.people.post, village=mail.org.east_village2, project_goal="助学8名")
    take("submit", post, mail.people.post)
    made = exports.make(of(post).form, unit=post, period="2014", user=mail.people.post)
    take("withdraw", post, mail.people.post)
    form = of(post)
    actions.save_values(
        form, form.only_row, {"project_goal": "旧"}, by=mail.people.post, version=form.version
    )
    data = made.data or next(made.files)[1]
    batch = receiving.open_batch(mail.calls.intent, unit=mail.org.east, by=county, received_on=CAME)
    receiving.add_file(batch, SimpleUploadedFile("附件1.xlsx", data), by=county)
    mail.read(batch, county)
    (file,) = mail.files(batch)
    assert (file.state, file.unit) == ("ready", post)

    taking_over.take_over(
        file, of(post), by=county, file_version=file.version, version=of(post).version, hand_in=True
    )

    form = of(post)
    assert (form.state, form.filled_on_behalf) == ("submitted", True)
    assert form.only_row.values["project_goal"] == "助学8名"
    assert form.only_row.values["intended_village"]["unit"] == str(mail.org.east_village2.uuid)
    assert form.only_row.origin["incoming"] == str(file.uuid)


# -- Who, and when not -------------------------------------------------------------------------------
@pytest.mark.parametrize("who", ["sibling", "other_city", "other_department", "post", "village"])
def test_who_may_not_fill_the_report_takes_no_file_over(mail, who):
    (file,) = mail.drop(("城东区.xlsx", table(*ROWS)))

    with pytest.raises(PermissionDenied):
        mail.apply(file, by=getattr(mail.people, who))

    assert mail.rows() == []


@pytest.mark.parametrize("who", ["county", "county2", "leader", "city"])
def test_the_unit_itself_the_level_above_and_its_receiving_department_take_files_over(mail, who):
    (file,) = mail.drop(("城东区.xlsx", table(*ROWS)))

    mail.apply(file, by=getattr(mail.people, who))

    assert len(mail.rows()) == 2


@pytest.mark.parametrize("who", ["post", "city", "other_city", "village", "sibling"])
def test_nobody_hands_in_files_for_units_that_are_not_hers(mail, who):
    with pytest.raises(PermissionDenied):
        mail.drop(("a.xlsx", table(*ROWS)), by=getattr(mail.people, who), unit=mail.org.east)


def test_an_approved_or_waiting_report_is_changed_by_returning_it_first(mail):
    (first,) = mail.drop(("城东区.xlsx", table(*ROWS)))
    mail.apply(first, by=mail.people.county, hand_in=True)
    (file,) = mail.drop(("城东区补报.xlsx", table(("演示图书馆", "石井村", "书屋"))))
    with pytest.raises(ValidationError, match="已提交待审，请先退回或撤回"):
        mail.apply(file)
    take("approve", mail.org.east, mail.people.leader, "pairing-summary")

    with pytest.raises(ValidationError, match="已审核通过，请先退回"):
        mail.apply(file)


def test_a_day_before_the_call_or_after_today_is_no_day_a_file_came(mail):
    for day in (dt.date(2014, 4, 1), timezone.localdate() + dt.timedelta(days=1)):
        with pytest.raises(ValidationError, match="收到日期应在2014-04-24至"):
            mail.drop(("a.xlsx", table(*ROWS)), came=day)


def test_a_file_of_an_unknown_sender_is_read_anew_once_somebody_says_whose_it_is(mail):
    (file,) = mail.drop(("汇总表.xlsx", table(("演示邮政所", "红旗村", "助学"), unit="")))
    assert (file.state, file.unit, file.place) == ("asking", None, mail.org.city)

    file = answering.choose_unit(file, mail.org.west, by=mail.people.leader, version=file.version)
    mail.read(file.batch)

    file = mail.fresh(file)
    assert (file.state, file.unit, file.place) == ("ready", mail.org.west, mail.org.west)
    assert mail.apply(file, unit=mail.org.west).unit == mail.org.west


# -- Limits ------------------------------------------------------------------------------------------
def test_too_many_or_too_large_files_are_not_taken_in(mail, settings):
    settings.INCOMING_FILES = 1
    with pytest.raises(ValidationError, match=r"“b\.xlsx”没有收下：一批最多 1 个文件"):
        mail.drop(("a.xlsx", b"a"), ("b.xlsx", b"b"), read=False)
    settings.INCOMING_FILES, settings.INCOMING_MEGABYTES = 5, 0
    with pytest.raises(ValidationError, match="一批合计最多 0 MB"):
        mail.drop(("a.xlsx", b"a"), read=False)
    settings.INCOMING_MEGABYTES, settings.INCOMING_AN_HOUR = 5, 1
    with pytest.raises(ValidationError, match="一小时内最多上传 1 个文件"):
        mail.drop(("a.xlsx", b"a"), ("b.xlsx", b"b"), read=False)


@pytest.mark.parametrize("name", ["a.exe", "a", "a.lnk"])
def test_what_is_no_return_by_its_name_is_not_kept(mail, name):
    with pytest.raises(ValidationError, match="不能上传；可以上传：xlsx、xls"):
        mail.drop((name, b"MZ"), read=False)


def test_a_file_is_told_by_its_content_whatever_its_name(mail):
    (file,) = mail.drop(("城东区.xls", table(*ROWS)))

    assert (file.state, file.records) == ("ready", 2)


def test_a_folder_sent_as_one_zip_is_its_files_and_the_folder_names_the_sender(mail):
    packed = container(
        {"城西县妇联/汇总表.xlsx": table(("城西岗", "红旗村", "助学"), unit=""), "说明.exe": b"MZ"}
    )
    batch = receiving.open_batch(mail.calls.summary, unit=mail.org.city, by=mail.people.leader)

    refused = receiving.add_files(
        batch, SimpleUploadedFile("全县.zip", packed), by=mail.people.leader
    )
    mail.read(batch)

    (file,) = mail.files(batch)
    assert (file.name, file.folder, file.unit) == ("汇总表.xlsx", "城西县妇联", mail.org.west)
    assert len(refused) == 1
