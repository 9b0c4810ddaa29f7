"""材料: nothing typed is lost, what was reported is frozen, nobody judges her own, the lock holds."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from papers import duty_of
from world import seat

from federation import grants, kept_files
from federation.models import Post
from notices import extensions, materials, owned_files, publishing
from notices.fulfilment import Refused
from notices.models import Duty, Extension, MaterialFile, MaterialReport, Task, TaskState

PDF = b"%PDF-1.4\n%%EOF\n"


def upload(name="总结.pdf", content=PDF):
    return SimpleUploadedFile(name, content)


def task(unit, code="summary") -> Task:
    found = Task.objects.unscoped(reason="a test looks at the task")
    return found.select_related("duty__notice", "unit").get(duty__code=code, unit=unit)


@pytest.fixture
def published(org, people, notice, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    count = {"deliverable": "count", "minimum": 2, "aim": 3, "count_unit": "次"}
    duty_of(notice, "visits", title="下基层调研", **count)
    duty_of(notice, "plan", title="实施方案", deliverable="file")
    return publishing.publish(notice, by=people.leader)


def typed(org, people, text="开展活动三场。", unit=None, by=None):
    return materials.save(task(unit or org.east), text=text, number=None, by=by or people.county)


def test_a_report_is_frozen_and_the_draft_goes_on(org, people, published):
    typed(org, people)
    first = materials.send(task(org.east), by=people.county)
    assert task(org.east).state == TaskState.REPORTED
    materials.give_back(task(org.east), by=people.leader, reason="缺数字")
    typed(org, people, "开展活动三场，参加 120 人。")
    second = materials.send(task(org.east), by=people.county)
    kept = [(r.ordinal, r.text, r.outcome, r.reason) for r in MaterialReport.objects.all()]
    assert kept == [
        (1, "开展活动三场。", "returned", "缺数字"),
        (2, "开展活动三场，参加 120 人。", "waiting", ""),
    ]
    materials.accept(task(org.east), by=people.leader, ordinal=second.ordinal)
    done = task(org.east)
    assert (first.ordinal, done.state, done.done_on) == (1, TaskState.DONE, dt.date(2014, 4, 24))


def test_two_who_type_at_once_do_not_overwrite_each_other(org, people, published):
    material = typed(org, people)
    save = {"number": None, "version": material.version}
    materials.save(task(org.east), text="我的", by=people.county, **save)
    with pytest.raises(materials.Stale) as caught:
        materials.save(task(org.east), text="她的", by=people.county2, **save)
    assert caught.value.material.text == "我的"
    # The very first words of two, neither seen by the other.
    materials.save(task(org.west), text="a", number=None, by=people.sibling, version=0)
    with pytest.raises(materials.Stale):
        materials.save(task(org.west), text="b", number=None, by=people.sibling2, version=0)


def test_saving_the_same_again_changes_nothing(org, people, published):
    assert typed(org, people).version == typed(org, people).version


def test_a_file_stays_with_the_report_that_held_it(org, people, published):
    materials.add_files(task(org.east, "plan"), [upload()], by=people.county)
    report = materials.send(task(org.east, "plan"), by=people.county)
    file = report.files.get()
    materials.give_back(task(org.east, "plan"), by=people.leader, reason="缺章")
    materials.take_out(MaterialFile.objects.get(), by=people.county)
    materials.add_files(task(org.east, "plan"), [upload("盖章.pdf")], by=people.county)
    again = materials.send(task(org.east, "plan"), by=people.county)
    assert [f.name for f in report.files.all()] == ["总结.pdf"]
    assert [f.name for f in again.files.all()] == ["盖章.pdf"]
    assert set(owned_files.owned()) == {f.file for f in MaterialFile.objects.all()}
    assert kept_files.path_of(file.file).read_bytes() == PDF


def test_a_file_nobody_reported_is_gone_with_its_draft(org, people, published):
    materials.add_files(task(org.east, "plan"), [upload()], by=people.county)
    materials.take_out(MaterialFile.objects.get(), by=people.county)
    assert list(owned_files.owned()) == []


def test_of_several_files_all_are_kept_or_none(org, people, published):
    with pytest.raises(ValidationError, match=r"木马\.exe"):
        materials.add_files(
            task(org.east, "plan"), [upload(), upload("木马.exe")], by=people.county
        )
    assert not MaterialFile.objects.exists()


@pytest.mark.parametrize(
    ("code", "said", "words"),
    [
        ("summary", {"text": "  ", "number": None}, "请填写内容"),
        ("plan", {"text": "见附件", "number": None}, "请先上传文件"),
        ("visits", {"text": "", "number": None}, "请填写数量"),
        ("visits", {"text": "", "number": 1}, "至少 2 次，您填的是 1 次"),
    ],
)
def test_what_is_lacking_is_said_and_the_draft_kept(org, people, published, code, said, words):
    materials.save(task(org.east, code), by=people.county, **said)
    with pytest.raises(Refused, match=words):
        materials.send(task(org.east, code), by=people.county)
    kept = materials.of(task(org.east, code))
    assert (kept.text, kept.number) == (said["text"], said["number"])
    assert task(org.east, code).state == TaskState.UNSIGNED


def test_fewer_than_asked_can_be_reported_with_the_reason(org, people, published):
    materials.save(task(org.east, "visits"), text="汛期停开一次", number=1, by=people.county)
    assert materials.send(task(org.east, "visits"), by=people.county).number == 1


def test_only_the_unit_writes_and_only_the_receiving_side_judges(org, people, published):
    for stranger in (people.sibling, people.leader, people.post):
        with pytest.raises(PermissionDenied, match="须由城东区妇联办理"):
            typed(org, people, by=stranger)
    typed(org, people)
    materials.send(task(org.east), by=people.county)
    for stranger in (people.county, people.sibling, people.other_department, people.province_chair):
        with pytest.raises(PermissionDenied, match="须由东海市妇联审核"):
            materials.accept(task(org.east), by=stranger)


@pytest.fixture
def people(people, org):
    people.province_chair = seat(org, "province_chair", "province", "vice_chair")
    return people


def test_nobody_accepts_what_she_wrote_or_sent(org, people, published):
    both = seat(org, "both", "east", "officer")
    grants.appoint(both, org.city, Post.objects.get(code="officer"), starts_on=dt.date(2014, 1, 1))
    typed(org, people, by=both)
    materials.send(task(org.east), by=people.county)
    with pytest.raises(PermissionDenied, match="须由另一人审核"):
        materials.accept(task(org.east), by=both)
    materials.accept(task(org.east), by=people.leader)


def test_who_sits_in_the_department_that_receives_for_the_issuer_judges_too(org, people, published):
    typed(org, people)
    materials.send(task(org.east), by=people.county)
    assert materials.accept(task(org.east), by=people.city).state == TaskState.DONE


def test_the_receiving_department_judges_where_one_is_named(org, people, published):
    Duty.objects.filter(code="summary").update(receiving_department=org.west)
    typed(org, people)
    materials.send(task(org.east), by=people.county)
    assert materials.accept(task(org.east), by=people.sibling).state == TaskState.DONE


def test_after_the_lock_the_draft_is_kept_and_the_remedy_named(org, people, published, spring):
    typed(org, people)
    spring.move_to(dt.datetime.fromisoformat("2014-06-01T00:00:00+08:00"))
    material = typed(org, people, "补报的内容")
    with pytest.raises(Refused, match="申请延期"):
        materials.send(task(org.east), by=people.county)
    with pytest.raises(Refused, match="申请延期"):
        materials.say_nil(task(org.east), reason="没有开展", by=people.county)
    assert materials.of(task(org.east)).text == material.text
    asked = extensions.ask(
        task(org.east), wanted_on=dt.date(2014, 6, 10), reason="台风", by=people.county
    )
    extensions.grant(Extension.objects.get(pk=asked.pk), on=dt.date(2014, 6, 8), by=people.leader)
    assert materials.send(task(org.east), by=people.county).ordinal == 1


def test_nothing_this_period_is_said_with_a_reason_and_can_be_taken_back(org, people, published):
    with pytest.raises(Refused, match="本期无的原因"):
        materials.say_nil(task(org.east), reason=" ", by=people.county)
    assert materials.say_nil(task(org.east), reason="没有开展", by=people.county).state == "exempt"
    assert materials.withdraw(task(org.east), by=people.county).state == "owed"


def test_what_waits_can_be_taken_back_until_it_is_judged(org, people, published):
    typed(org, people)
    materials.send(task(org.east), by=people.county)
    materials.withdraw(task(org.east), by=people.county)
    assert MaterialReport.objects.get().outcome == "withdrawn"
    assert task(org.east).first_reported_on is None
    materials.send(task(org.east), by=people.county)
    materials.accept(task(org.east), by=people.leader)
    with pytest.raises(Refused, match="不能重新打开"):
        materials.withdraw(task(org.east), by=people.county)


def test_what_came_back_is_not_withdrawn_because_it_was_once_punctual(
    org, people, published, spring
):
    typed(org, people)
    materials.send(task(org.east), by=people.county)
    materials.give_back(task(org.east), by=people.leader, reason="缺数字")
    spring.move_to(dt.datetime.fromisoformat("2014-05-27T09:00:00+08:00"))
    materials.send(task(org.east), by=people.county)
    with pytest.raises(Refused, match="曾被退回"):
        materials.withdraw(task(org.east), by=people.county)
    assert not task(org.east).is_late()


def test_a_page_that_was_overtaken_judges_nothing(org, people, published):
    typed(org, people)
    materials.send(task(org.east), by=people.county)
    materials.withdraw(task(org.east), by=people.county)
    typed(org, people, "第二稿")
    materials.send(task(org.east), by=people.county)
    with pytest.raises(Refused, match="已有变化"):
        materials.accept(task(org.east), by=people.leader, ordinal=1)


def test_a_return_after_the_lock_needs_a_day_that_is_to_come(org, people, published, spring):
    typed(org, people)
    materials.send(task(org.east), by=people.county)
    spring.move_to(dt.datetime.fromisoformat("2014-06-03T09:00:00+08:00"))
    with pytest.raises(Refused, match="须给出新的截止日期"):
        materials.give_back(task(org.east), by=people.leader, reason="缺数字")
    with pytest.raises(Refused, match="已经过去"):
        materials.give_back(
            task(org.east), by=people.leader, reason="缺数字", due_on=dt.date(2014, 6, 2)
        )
    row = materials.give_back(
        task(org.east), by=people.leader, reason="缺数字", due_on=dt.date(2014, 6, 9)
    )
    assert (row.due_on, row.is_locked()) == (dt.date(2014, 6, 9), False)


def test_an_annex_is_answered_in_its_form(org, people, published):
    Duty.objects.filter(code="summary").update(deliverable="annex", annex="pairing-summary")
    with pytest.raises(Refused, match="附件表格"):
        typed(org, people)
