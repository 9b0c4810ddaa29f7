"""Writing a notice on its pages: nothing typed is lost, nobody overwrites another, only a draft changes."""

import datetime as dt
import json
import uuid

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile
from django.urls import reverse
from papers import PDF, duty_of

from federation.models import AuditEvent
from notices import drafting, publishing
from notices.models import Duty, Notice, NoticeState

pytestmark = pytest.mark.django_db


@pytest.fixture
def desk(client, people, notice):
    """The vice chair of the city at the draft ``notice``."""
    client.force_login(people.leader)
    return client


def key() -> dict:
    return {"idempotency_key": str(uuid.uuid4())}


def at(name, notice, *more) -> str:
    return reverse(f"notices:{name}", args=[notice.uuid, *more])


def now(notice) -> Notice:
    return Notice.objects.unscoped(reason="a test reads it anew").get(pk=notice.pk)


def base_of(desk, notice) -> str:
    return json.dumps(desk.get(at("edit", notice)).context["form"].texts())


def everything(desk, notice, **typed) -> dict:
    """What the page of the draft sends, with ``typed`` in it."""
    base = base_of(desk, notice)
    return {**key(), **json.loads(base), "base": base, **typed}


# -- A new notice ----------------------------------------------------------------------------------
NEW = {"doc_type": "notice", "doc_number": "泉妇[2014] 31 号", "title": "关于报送总结的通知",
       "issue_date": "2014-04-24"}  # fmt: skip


def test_a_notice_begins_with_a_few_lines_and_is_a_draft_of_ones_own_unit(org, desk):
    sent = {**key(), **NEW, "issuer": str(org.city.uuid)}

    answer = desk.post(reverse("notices:new"), sent)

    made = Notice.objects.unscoped(reason="a test looks").get(title=NEW["title"])
    assert answer["Location"] == at("edit", made)
    assert (made.issuer, made.state, made.doc_number) == (org.city, "draft", "泉妇〔2014〕31号")
    assert AuditEvent.objects.filter(verb="draft_notice").count() == 1


@pytest.mark.parametrize(
    ("wrong", "said"),
    [
        ({"doc_number": "泉妇14年8号"}, "读不懂，应写作“泉妇〔2014〕28号”"),
        ({"doc_number": "泉妇〔2014〕28号"}, "本单位已有“泉妇〔2014〕28号”的通知"),
        ({"title": ""}, "标题"),
        ({"issue_date": "四月"}, "成文日期"),
    ],
)
def test_what_is_wrong_in_a_new_notice_is_said_and_nothing_typed_is_lost(org, desk, wrong, said):
    sent = {**key(), **NEW, "issuer": str(org.city.uuid), **wrong}

    answer = desk.post(reverse("notices:new"), sent)

    text = answer.content.decode()
    assert answer.status_code == 422
    assert said in text
    for value in (NEW | wrong).values():
        assert value in text
    assert not Notice.objects.unscoped(reason="a test looks").filter(title=NEW["title"]).exists()


# -- The head --------------------------------------------------------------------------------------
def test_the_head_is_saved_as_typed(desk, notice):
    answer = desk.post(at("edit", notice), everything(desk, notice, body="一、目的\r\n要落实。"))

    assert answer["Location"] == at("edit", notice)
    assert now(notice).body == "一、目的\n要落实。"


def test_typing_is_kept_by_itself_but_for_what_cannot_stand_and_that_is_named(desk, notice):
    sent = everything(desk, notice, body="新的正文", doc_number="八号")

    answer = desk.post(at("autosave", notice), sent, headers={"Accept": "application/json"}).json()

    assert "其余已保存；“发文字号”还没有" in answer["note"]
    assert (now(notice).body, now(notice).doc_number) == ("新的正文", "泉妇〔2014〕28号")
    # Typing on from there is no conflict with oneself.
    again = {**sent, **key(), "body": "新的正文，再写", "base": answer["base"]}
    assert desk.post(at("autosave", notice), again).status_code == 200
    assert now(notice).body == "新的正文，再写"


def test_two_who_write_at_once_in_different_fields_both_keep_their_words(desk, people, notice):
    mine = everything(desk, notice, title="我改的标题")
    drafting.change(notice, {"body": "她改的正文"}, by=people.leader)

    desk.post(at("edit", notice), mine)

    assert (now(notice).title, now(notice).body) == ("我改的标题", "她改的正文")


def test_two_who_write_at_once_in_one_field_are_asked_and_lose_nothing(desk, people, notice):
    mine = everything(desk, notice, title="我改的标题", signer="林演甲子")
    drafting.change(notice, {"title": "她改的标题"}, by=people.leader)

    asked = desk.post(at("edit", notice), mine)

    text = asked.content.decode()
    assert asked.status_code == 409
    assert "她改的标题" in text
    assert "我改的标题" in text
    assert desk.post(at("autosave", notice), {**mine, **key()}).status_code == 409
    kept = dict(asked.context["kept"])
    for choice, title in (("theirs", "她改的标题"), ("mine", "我改的标题")):
        desk.post(at("edit", notice), {**key(), **kept, "choice:title": choice})
        assert (now(notice).title, now(notice).signer) == (title, "林演甲子")


def test_a_campaign_that_ends_before_it_begins_is_refused_beside_its_field(desk, notice):
    sent = everything(desk, notice, campaign_from="2014-06-01", campaign_to="2014-05-01")

    answer = desk.post(at("edit", notice), sent)

    assert answer.status_code == 422
    assert "活动结束日期早于开始日期" in str(answer.context["form"].errors["campaign_to"])


# -- Parts -----------------------------------------------------------------------------------------
def add(desk, notice, kind, line="new", **typed):
    return desk.post(at("part", notice, kind, line), {**key(), **typed})


def test_addressees_are_chosen_by_kind_or_by_name(org, desk, notice):
    kind = org.town.unit_type_id
    add(desk, notice, "addressee", role="main", unit_type=kind, words="各乡镇妇联", unit_text="")
    add(desk, notice, "addressee", role="copy", unit_text="演示省妇联")

    lines = [(str(line), line.role) for line in notice.addressees.all()]
    assert lines[1:] == [("各乡镇妇联", "main"), ("演示省妇联", "copy")]


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"unit_text": "无此县妇联"}, "没有找到“无此县妇联”"),
        ({"unit_text": "红旗村妇联"}, "叫“红旗村妇联”的不止一个"),
        ({"unit_text": "某", "unit_unit": str(uuid.uuid4())}, "没有这个组织，或者已经撤销"),
        ({"unit_text": ""}, "选一样，另一样留空"),
    ],
)
def test_an_unknown_unit_in_the_addressees_is_named_and_kept_as_typed(desk, notice, typed, said):
    answer = add(desk, notice, "addressee", role="main", words="某单位", **typed)

    text = answer.content.decode()
    assert answer.status_code == 422
    assert said in text
    assert 'value="某单位"' in text
    assert notice.addressees.count() == 1


def test_an_attachment_holds_its_file_and_a_wrong_one_is_refused_by_name(
    desk, notice, settings, tmp_path
):
    settings.MEDIA_ROOT = tmp_path
    bad = SimpleUploadedFile("表.docx", b"MZ")
    answer = add(desk, notice, "attachment", title="汇总表", upload=bad)
    assert "“表.docx”" in answer.content.decode()
    assert answer.status_code == 422

    good = SimpleUploadedFile("说明.pdf", PDF)
    add(desk, notice, "attachment", title="汇总表", annex="pairing-summary", upload=good)

    kept = notice.attachments.get()
    assert (kept.file_name, kept.annex, kept.file_size) == ("说明.pdf", "pairing-summary", len(PDF))


def test_a_part_changed_by_another_meanwhile_is_not_overwritten_unasked(desk, people, notice):
    contact = notice.contacts.get()
    mark = desk.get(at("part", notice, "contact", contact.pk)).context["mark"]
    drafting.put(notice, "contact", {"phone": "0595-11111111"}, by=people.leader, part=contact)

    typed = {"name": "林演甲子", "phone": "0595-22222222"}
    answer = add(desk, notice, "contact", contact.pk, **typed, mark=mark)

    assert answer.status_code == 409
    assert "您填的都还在下面" in answer.content.decode()
    assert notice.contacts.get().phone == "0595-11111111"
    add(desk, notice, "contact", contact.pk, **typed, mark=answer.context["mark"])
    assert notice.contacts.get().phone == "0595-22222222"


def test_a_part_that_was_removed_meanwhile_can_be_kept_all_the_same(desk, people, notice):
    contact = notice.contacts.get()
    number = contact.pk
    drafting.take_out(notice, contact, by=people.leader)

    answer = add(desk, notice, "contact", number, name="林演甲子", phone="")

    assert answer.status_code == 409
    assert "有人已经删除了这一项" in answer.content.decode()


def test_a_duty_that_another_leans_on_is_not_removed(desk, notice):
    rule = {"kind": "working_days_before", "days": 5, "duty": "summary"}
    duty_of(notice, "intent", title="意向", due_rule=rule)
    summary = notice.duties.get(code="summary")

    answer = desk.post(at("part_remove", notice, "duty", summary.pk), key(), follow=True)

    assert "“意向”的截止日期依据“活动情况”" in answer.content.decode()
    assert notice.duties.count() == 2


# -- Duties ----------------------------------------------------------------------------------------
DUTY = {"title": "季度小结", "deliverable": "narrative", "owed_rule": "recipients", "cycle": "quarter",
        "due_kind": "quarter_end", "due_reading": "last_month", "due_phrase": "每季末10日前",
        "lock_after": "7"}  # fmt: skip


def test_a_duty_is_typed_with_its_rule_in_plain_fields(desk, notice):
    assert add(desk, notice, "duty", **DUTY).status_code == 302

    duty = notice.duties.get(title="季度小结")
    assert duty.due_rule == {"kind": "quarter_end", "day": 10, "reading": "last_month"}
    assert duty.owed_by == {"rule": "recipients", "kinds": [], "units": []}
    assert duty.code == "duty-2"
    # Opened again it shows what it holds.
    form = desk.get(at("part", notice, "duty", duty.pk)).context["form"]
    assert (form["due_kind"].value(), form["owed_rule"].value()) == ("quarter_end", "recipients")


def test_the_three_readings_of_a_quarters_end_show_the_days_they_mean(desk, notice):
    text = desk.get(at("part", notice, "duty", "new")).content.decode()

    assert "2014年为 3月10日、6月10日、9月10日、12月10日" in text
    assert "2014年为 3月21日、6月20日、9月20日、12月21日" in text
    assert "2014年为 4月10日、7月10日、10月10日、2015年1月10日" in text


def test_the_preview_says_the_days_and_who_owes_before_anything_is_kept(desk, notice):
    text = desk.get(at("duty_preview", notice), DUTY).content.decode()

    assert "<b>2014年第2季度</b>：截止 6月10日 · 6月11日起逾期 · 6月17日锁定" in text
    assert "应报 <b>2</b> 个单位：城东区妇联、城西县妇联" in text
    assert notice.duties.count() == 1
    named = {**DUTY, "owed_rule": "units", "owed_units": "海岛县妇联、无此县"}
    assert "没有找到“无此县”" in desk.get(at("duty_preview", notice), named).content.decode()


@pytest.mark.parametrize(
    ("typed", "said"),
    [
        ({"due_kind": "on_date", "due_date": "2014-04-01"}, "截止日期 2014-04-01 早于成文日期 2014-04-24"),
        ({"due_kind": "on_date", "due_date": ""}, "不是日期"),
        ({"due_kind": "month_day", "due_month": "2", "due_day": "30"}, "2月没有30日"),
        ({"due_kind": "working_days_before", "due_days": "5"}, "请选择依据的任务"),
        ({"deliverable": "annex"}, "请选择是哪一张表"),
        ({"deliverable": "annex", "annex": "pairing-summary"}, "已有交办事项使用这个附件"),
        ({"owed_rule": "kinds"}, "请选择组织类型"),
        ({"owed_rule": "units", "owed_units": "无此县妇联"}, "没有找到“无此县妇联”"),
        ({"window_from": "2014-06-01", "window_to": "2014-05-01"}, "开展时间止于开始之前"),
    ],
)  # fmt: skip
def test_what_is_wrong_in_a_duty_is_said_beside_its_field(desk, notice, typed, said):
    duty_of(notice, "table", deliverable="annex", annex="pairing-summary")

    answer = add(desk, notice, "duty", **{**DUTY, **typed})

    text = answer.content.decode()
    assert answer.status_code == 422
    assert said in text
    assert "每季末10日前" in text
    assert notice.duties.count() == 2


# -- Who may, and when -----------------------------------------------------------------------------
def test_what_is_published_changes_by_no_page_and_by_no_function(desk, people, notice):
    publishing.publish(notice, by=people.leader)
    contact = notice.contacts.get()

    for path, sent in (
        (at("edit", notice), {"title": "改"}),
        (at("part", notice, "contact", contact.pk), {"name": "改"}),
        (at("part_remove", notice, "contact", contact.pk), {}),
        (at("discard", notice), {}),
    ):
        assert desk.post(path, {**key(), **sent}).status_code == 302
    with pytest.raises(ValidationError, match="已经发布，内容不能再改"):
        drafting.change(notice, {"title": "改"}, by=people.leader)
    assert now(notice).title == notice.title
    assert notice.contacts.get().name == "林演甲子"


@pytest.mark.parametrize("who", ["county", "other_department", "other_city"])
def test_nobody_writes_for_a_unit_she_does_not_sit_at(people, notice, who):
    with pytest.raises(PermissionDenied):
        drafting.change(notice, {"title": "改"}, by=getattr(people, who))


# -- 发布、更正、撤回、删除 ----------------------------------------------------------------------------
def seen(notice) -> dict:
    return {**key(), "seen": drafting.mark_of_all(notice)}


def test_all_that_stands_against_publishing_is_listed_on_one_page(desk, people, notice):
    notice.addressees.all().delete()
    drafting.change(notice, {"body": ""}, by=people.leader)

    text = desk.get(at("publish", notice)).content.decode()

    assert "还有 3 处要改" in text
    for words in ("没有主送单位", "正文还是空的", "没有一个组织符合责任单位的规定"):
        assert words in text
    assert desk.post(at("publish", notice), seen(now(notice))).status_code == 422
    assert now(notice).is_draft


def test_publishing_shows_who_receives_and_who_owes_what_by_when_and_does_it(desk, notice):
    text = desk.get(at("publish", notice)).content.decode()
    assert "收文单位 <b>3</b> 个" in text
    assert "应报 <b>2</b> 个单位：城东区妇联、城西县妇联" in text
    assert "截止 5月25日 · 5月26日起逾期 · 6月1日锁定" in text

    answer = desk.post(at("publish", notice), seen(notice))

    assert answer["Location"] == at("notice", notice)
    assert now(notice).state == NoticeState.PUBLISHED


def test_a_draft_changed_after_it_was_checked_is_not_published(desk, people, notice):
    checked = seen(notice)
    drafting.put(notice, "contact", {"name": "陈演乙丑"}, by=people.leader)

    answer = desk.post(at("publish", notice), checked)

    assert answer.status_code == 409
    assert "草稿又有修改，还没有发布" in answer.content.decode()
    assert now(notice).is_draft


def test_publishing_asks_again_who_one_is_after_ten_minutes(desk, notice, spring):
    sent = seen(notice)
    spring.shift(dt.timedelta(minutes=11))

    answer = desk.post(at("publish", notice), sent)

    assert answer.status_code == 403
    assert "“发布通知”前" in answer.content.decode()
    assert now(notice).is_draft


def test_a_correction_says_what_changes_and_opens_the_next_draft(desk, people, notice):
    publishing.publish(notice, by=people.leader)
    empty = desk.post(at("correct", notice), {**key(), "reason": " "})
    assert "请写明更正了什么" in empty.content.decode()

    answer = desk.post(at("correct", notice), {**key(), "reason": "截止日期改为5月30日"})

    draft = Notice.objects.unscoped(reason="a test looks").get(version=2)
    assert answer["Location"] == at("edit", draft)
    assert draft.duties.count() == 1
    assert "更正说明：截止日期改为5月30日" in desk.get(at("edit", draft)).content.decode()
    again = desk.post(at("correct", notice), {**key(), "reason": "再改"})
    assert "已有一份更正稿" in again.content.decode()


def test_a_notice_with_answers_is_withdrawn_only_when_one_says_so(desk, people, org, notice):
    publishing.publish(notice, by=people.leader)
    org.east.tasks.update(first_reported_on="2014-04-25", state="reported")
    sent = {"reason": "文号有误"}

    asked = desk.post(at("withdraw", notice), {**key(), **sent})
    assert asked.status_code == 422
    text = asked.content.decode()
    assert "已有 1 个单位报送" in text
    assert "仍然撤回" in text
    assert ">文号有误</textarea>" in text
    desk.post(at("withdraw", notice), {**key(), **sent, "although": "1"})

    assert now(notice).state == NoticeState.WITHDRAWN
    assert now(notice).withdrawn_why == "文号有误"


def test_a_draft_is_deleted_with_all_that_hangs_on_it(desk, notice):
    assert "不能恢复" in desk.get(at("discard", notice)).content.decode()

    answer = desk.post(at("discard", notice), key())

    assert answer["Location"] == reverse("notices:notices")
    assert not Notice.objects.unscoped(reason="a test looks").filter(pk=notice.pk).exists()
    assert not Duty.objects.exists()
