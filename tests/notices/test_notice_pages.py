"""Reading a notice, signing for it, and seeing who has not: as the recipient and the issuer see it."""

import datetime as dt
import uuid

import pytest
from django.urls import reverse
from papers import attached, duty_of, notice_of, to_kinds

from federation import grants
from federation.models import Post
from notices import document, publishing, receipts, revisions
from notices.models import Addressee, Notice, NoticeReceipt, TaskState

pytestmark = pytest.mark.django_db


def at(name, notice) -> str:
    return reverse(f"notices:{name}", args=[notice.uuid])


def key() -> dict:
    return {"idempotency_key": str(uuid.uuid4())}


@pytest.fixture
def published(org, people, notice, settings, tmp_path):
    settings.MEDIA_ROOT = tmp_path
    attached(notice)
    duty_of(notice, "table", title="汇总表", cycle="quarter", due_rule={"kind": "quarter_end"},
            due_phrase="每季末10日前")  # fmt: skip
    return publishing.publish(notice, by=people.leader)


@pytest.fixture
def as_(client):
    def signed_in(person):
        client.force_login(person)
        return client

    return signed_in


def page(client, path) -> str:
    response = client.get(path)
    assert response.status_code == 200
    return response.content.decode()


# -- The list --------------------------------------------------------------------------------------
def listed(client, **query) -> list[str]:
    return [row.title for row in client.get("/notices/", query).context["table"].data]


def test_the_list_shows_what_ones_units_issued_or_received_and_drafts_to_their_issuer_alone(
    org, people, as_, published
):
    notice_of(org.city, doc_number="", title="草稿一份")
    notice_of(org.west, doc_number="", title="城西的草稿")

    assert listed(as_(people.leader)) == ["草稿一份", published.title]
    assert listed(as_(people.county)) == [published.title]
    assert listed(as_(people.other_city)) == []
    assert listed(as_(people.sibling)) == ["城西的草稿", published.title]


def test_who_owes_something_reads_the_notice_it_was_not_sent(org, people, as_, notice):
    units = [str(org.east_post.uuid)]
    duty_of(notice, "named", title="点名的事", owed_by={"rule": "units", "units": units})
    assert listed(as_(people.post)) == []

    publishing.publish(notice, by=people.leader)

    assert listed(as_(people.post)) == [notice.title]
    assert listed(as_(people.post2)) == []


@pytest.mark.parametrize("words", ["泉妇[2014]28号", "泉妇〔2014〕 28 号", "28号", "牵手助发展"])
def test_a_notice_is_found_by_its_number_however_typed_or_by_its_title(
    people, as_, published, words
):
    assert listed(as_(people.county), q=words) == [published.title]
    assert listed(as_(people.county), q="没有这份") == []


def test_the_list_is_narrowed_by_year_issuer_state_and_what_waits_for_a_signature(
    org, people, as_, published
):
    client = as_(people.county)
    for query, count in (
        ({"year": "2014"}, 1),
        ({"issuer": str(org.city.uuid)}, 1),
        ({"state": "withdrawn"}, 0),
        ({"unsigned": "mine"}, 1),
        ({"unsigned": "any"}, 0),
    ):
        assert len(listed(client, **query)) == count, query
    receipts.sign(published, org.east, by=people.county)
    assert listed(client, unsigned="mine") == []
    assert listed(as_(people.leader), unsigned="any") == [published.title]


# -- The sheet -------------------------------------------------------------------------------------
def test_the_sheet_has_the_lines_of_an_official_document_in_their_order(people, as_, published):
    text = page(as_(people.county), at("notice", published))

    places = [
        text.index(words)
        for words in (
            "东海市妇联文件",
            'class="doc-number">泉妇〔2014〕28号',
            "doc-title",
            "各县（市、区）妇联：",
            "现将有关事项通知如下。",
            "附件：",
            "2014年4月24日",
            "（联系人：林演甲子，联系电话：0595-00000000）",
        )
    ]
    assert places == sorted(places)


def test_the_four_levels_of_a_text_are_told_apart(org):
    lines = document.paragraphs(
        "　　一、活动目的\n（一）强化宣传发动。一是多渠道宣传。\n1.加强领导。\n（1）甲\n- (二)融合培训。文\n"
        "2014.5元不是编号\n\n各县要落实。"
    )

    assert [(line.level, line.head, line.text) for line in lines] == [
        (1, "一、活动目的", ""),
        (2, "（一）强化宣传发动。", "一是多渠道宣传。"),
        (3, "1.加强领导。", ""),
        (4, "（1）甲", ""),
        (2, "(二)融合培训。", "文"),
        (0, "", "2014.5元不是编号"),
        (0, "", "各县要落实。"),
    ]


def test_the_signer_stands_on_a_document_that_goes_up_and_on_no_other(org):
    up = notice_of(org.city, signer="林演甲子")
    Addressee.objects.create(notice=up, unit=org.province)
    down = notice_of(org.west, signer="林演甲子", doc_number="")
    to_kinds(down, "township_federation")

    assert document.of(up).signer == "林演甲子"
    assert document.of(down).signer == ""
    up.body = "现报告如下。"
    assert document.of(up).salutation == "演示省妇联："


def test_beside_the_sheet_stand_the_duties_with_the_notices_words_and_dates(people, as_, published):
    text = page(as_(people.county), at("notice", published))

    for words in (
        "截止 5月25日 · 5月26日起逾期 · 6月1日锁定",
        "2014年第2季度",
        "截止 6月10日",
        "原文“每季末10日前”",
        "应报 2 个单位",
        "填报说明",
    ):
        assert words in text, words


def test_an_enclosure_is_printed_on_a_page_of_its_own(org, people, as_, published):
    Notice.objects.unscoped(reason="a test sets the stage").filter(pk=published.pk).update(
        enclosure_title="活动方案", enclosure="一、目的"
    )

    text = page(as_(people.county), at("notice_print", published))

    assert '<div class="new-page">' in text
    assert "活动方案" in text


def test_an_attachment_is_a_download_for_whoever_reads_the_notice(people, as_, published):
    path = reverse("notices:attachment", args=[published.attachments.get().uuid])

    answer = as_(people.county).get(path)
    assert b"".join(answer.streaming_content).startswith(b"%PDF")
    assert "attachment" in answer["Content-Disposition"]
    assert as_(people.other_city).get(path).status_code == 404


# -- 签收 -------------------------------------------------------------------------------------------
def test_a_unit_signs_by_one_button_and_its_tasks_are_owed(org, people, as_, published):
    client = as_(people.county)
    assert "请代表<b>城东区妇联</b>签收" in page(client, at("notice", published))

    answer = client.post(at("sign", published), {**key(), "unit": str(org.east.uuid)}, follow=True)

    assert "已签收：城东区妇联。" in answer.content.decode()
    assert "请代表" not in answer.content.decode()
    receipt = NoticeReceipt.objects.visible_to(people.county).get()
    assert receipt.signed_by == people.county
    states = {task.state for task in receipt.unit.tasks.all()}
    assert states == {TaskState.OWED}


def test_one_who_sits_at_two_units_chooses_for_which_she_signs(org, people, as_, published):
    grants.appoint(
        people.county, org.west, Post.objects.get(code="officer"), starts_on=dt.date(2014, 1, 1)
    )
    client = as_(people.county)
    text = page(client, at("notice", published))
    assert text.count('type="checkbox" name="unit"') == 2

    client.post(at("sign", published), {**key(), "unit": [str(org.west.uuid)]})

    signed = published.receipts.filter(signed_at__isnull=False)
    assert [receipt.unit for receipt in signed] == [org.west]


@pytest.mark.parametrize("unit", ["west", "east_post", "city"])
def test_nobody_signs_for_a_unit_she_does_not_sit_at(org, people, as_, published, unit):
    sent = {**key(), "unit": str(getattr(org, unit).uuid)}

    assert as_(people.county).post(at("sign", published), sent).status_code == 403
    assert not published.receipts.filter(signed_at__isnull=False).exists()


def test_the_issuer_sees_who_has_not_signed_on_top_and_a_recipient_only_her_own(
    org, people, as_, published
):
    receipts.sign(published, org.east, by=people.county)

    answer = as_(people.leader).get(at("receipts", published))
    units = [row.unit for row in answer.context["table"].data]
    assert units[-1] == org.east
    assert (answer.context["receivers"], answer.context["signed"], answer.context["waiting"]) == (
        3, 1, 2,
    )  # fmt: skip
    answer = as_(people.leader).get(at("receipts", published), {"standing": "waiting"})
    assert org.east not in [row.unit for row in answer.context["table"].data]
    answer = as_(people.sibling).get(at("receipts", published))
    assert [row.unit for row in answer.context["table"].data] == [org.west]


# -- What became of it -----------------------------------------------------------------------------
def test_a_corrected_version_says_what_changed_and_leads_to_the_one_in_force(
    people, as_, published
):
    draft = revisions.correct(published, changes="截止日期改为5月30日", by=people.leader)
    publishing.publish(draft, by=people.leader)

    old = page(as_(people.county), at("notice", published))
    assert f'请看<a href="{at("notice", draft)}">第 2 版</a>' in old
    assert "更正：截止日期改为5月30日" in old
    assert listed(as_(people.county)) == [published.title]


def test_a_withdrawn_notice_stays_readable_and_says_why(people, as_, published):
    revisions.withdraw(published, reason="文号有误", by=people.leader)

    text = page(as_(people.county), at("notice", published))

    assert "撤回，不再执行。原因：文号有误" in text
    assert "请代表" not in text
