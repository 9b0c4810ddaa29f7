"""What a pair puts in writing: what must stand before it begins, agreements, plans, their files, the card."""

import datetime as dt
import uuid

import pytest
from days import today
from django.core.exceptions import PermissionDenied, ValidationError
from django.core.files.uploadedfile import SimpleUploadedFile

from federation import kept_files
from federation.models import AuditEvent
from federation.scope import OutOfReach
from pairing import cards, papers, wording
from pairing.models import ContactLog, LogKind, Pairing, PairingAgreement
from registry.refusal import Overtaken, Refused
from tests.access import matrix

SURVEY = "还没有登记走访调研，请先走访并登记一条“走访调研”。"
AGREEMENT = "还没有签订共建协议，请在“共建协议”里登记签订日期。"


def scan(name="协议.pdf"):
    return SimpleUploadedFile(name, b"%PDF-1.4 %%EOF")


def signed(pair, by, **said):
    values = {"terms": "", "signed_on": today(), "valid_until": None, **said}
    upload = values.pop("upload", None)
    return papers.save_agreement(pair, values, by=by, upload=upload)


def surveyed(pair, by):
    kind = LogKind.objects.get(code=papers.SURVEY)
    ContactLog(pairing=pair, kind=kind, on=today(), by=by).save()


def agreements(pair):
    return PairingAgreement.objects.unscoped(reason="a test looks at rows").filter(pairing=pair)


# -- What is missing -------------------------------------------------------------------------------
def test_a_pair_is_ready_when_its_kind_s_demands_are_met(pairs, people):
    pair, by, missing = pairs.posted, people.post, []
    missing.append(papers.ready(pair))
    surveyed(pair, by)
    missing.append(papers.ready(pair))
    row = signed(pair, by, signed_on=None)
    missing.append(papers.ready(pair))
    papers.save_agreement(
        pair, {"terms": "", "signed_on": today(), "valid_until": today()}, by=by, row=row
    )
    missing.append(papers.ready(pair))
    missing.append(papers.ready(pair, on=today() + dt.timedelta(days=1)))

    assert missing == [[SURVEY, AGREEMENT], [AGREEMENT], [AGREEMENT], [], [AGREEMENT]]


def test_a_kind_that_asks_for_nothing_is_ready_at_once_and_a_plan_is_only_a_hint(pairs):
    assert papers.ready(pairs.elderly) == []
    assert [(one.name, one.done, one.needed) for one in papers.steps(pairs.elderly)] == [
        ("走访调研", False, False), ("帮扶方案", False, False), ("共建协议", False, False),
    ]  # fmt: skip


def test_an_agreement_is_reminded_of_from_thirty_days_before_its_end_until_a_newer_one(
    pairs, people
):
    pair, by = pairs.posted, people.post
    year_ago = today() - dt.timedelta(days=340)
    end = today() + dt.timedelta(days=30)
    old = signed(pair, by, signed_on=year_ago, valid_until=end)
    told = [
        papers.ending([pair, pairs.western], to=people.county, on=end - dt.timedelta(days=days))
        for days in (31, 30, -5)
    ]
    signed(pair, by, valid_until=end + dt.timedelta(days=365))

    assert told == [{}, {pair.pk: old}, {pair.pk: old}]
    assert papers.ending([pair], to=people.county, on=end) == {}


# -- Who writes ------------------------------------------------------------------------------------
def test_who_signs_and_who_does_not(pairs, people):
    answers = {}
    for seat in ("post", "village", "county", "leader", "volunteer", "sibling", "city", "nobody"):
        try:
            signed(pairs.posted, getattr(people, seat))
            answers[seat] = "signed"
        except (OutOfReach, PermissionDenied) as error:
            answers[seat] = type(error).__name__
    with pytest.raises(PermissionDenied):
        signed(pairs.elderly, people.volunteer)  # hers to visit, not to sign for

    assert answers == {
        "post": "signed", "village": "signed", "county": "signed", "leader": "signed",
        "volunteer": "OutOfReach", "sibling": "OutOfReach", "city": "OutOfReach",
        "nobody": "OutOfReach",
    }  # fmt: skip


def test_a_pair_that_is_over_or_never_was_signs_nothing(pairs, people):
    over = {"state": "ended", "ended_on": today(), "end_reason": "期满"}
    rows = Pairing.objects.unscoped(reason="a test sets the stage")
    for values, words in ((over, "已经结束"), ({"state": "declined"}, "没有结成")):
        rows.filter(pk=pairs.posted.pk).update(**values)
        with pytest.raises(Refused, match=words):
            signed(pairs.posted, people.post)


# -- What is kept ----------------------------------------------------------------------------------
def test_an_agreement_keeps_the_units_names_of_its_day_and_no_name_of_a_person(pairs, people):
    named = signed(pairs.posted, people.post)
    unnamed = signed(pairs.elderly, people.village)

    assert (named.helper_name, named.recipient_name) == ("城东区演示供电营业厅", "红旗村妇联")
    assert (unnamed.helper_name, unnamed.recipient_name) == ("", "")


def test_the_default_wording_is_kept_as_nothing_and_own_words_as_they_are(pairs, people):
    pair, by = pairs.posted, people.post
    same = signed(
        pair, by, signed_on=None, terms=wording.terms(pair).replace("\n", "\r\n") + "\r\n"
    )
    own = signed(pair, by, signed_on=None, terms="甲方捐赠图书。  \r\n乙方管好图书。")

    assert (same.terms, own.terms) == ("", "甲方捐赠图书。\n乙方管好图书。")


@pytest.mark.parametrize(
    ("values", "field"),
    [
        ({"signed_on": dt.date(2099, 1, 1)}, "signed_on"),
        ({"valid_until": dt.date(2014, 1, 1)}, "valid_until"),
        ({"terms": "联系人电话16900000301。"}, "terms"),
        ({"terms": "每月看望陈演乙丑一次。"}, "terms"),
    ],
)
def test_what_an_agreement_may_not_say(pairs, people, values, field):
    with pytest.raises(ValidationError) as error:
        signed(pairs.elderly, people.village, **values)

    assert list(error.value.message_dict) == [field]
    assert not agreements(pairs.elderly).exists()


def test_what_is_signed_keeps_its_words(pairs, people):
    pair, by = pairs.posted, people.post
    row = signed(pair, by, terms="甲方捐赠图书。")
    other = {"terms": "甲方捐赠电脑。", "signed_on": today(), "valid_until": None}
    with pytest.raises(ValidationError, match="协议已经签订"):
        papers.save_agreement(pair, other, by=by, row=row)
    papers.save_agreement(pair, other | {"signed_on": None}, by=by, row=row)

    assert agreements(pair).get().terms == "甲方捐赠电脑。"
    assert AuditEvent.objects.filter(verb="change_agreement").get().detail["fields"] == [
        "协议内容", "签订日期",
    ]  # fmt: skip


def test_the_second_of_two_is_told_that_she_was_overtaken(pairs, people):
    row = signed(pairs.posted, people.post, signed_on=None)
    values = {"terms": "", "signed_on": today(), "valid_until": None}
    papers.save_agreement(pairs.posted, values, by=people.county, row=row, version=1)
    with pytest.raises(Overtaken):
        papers.save_agreement(pairs.posted, values, by=people.post, row=row, version=1)


def test_one_plan_a_year_as_text_or_file(pairs, people):
    pair, by, answers = pairs.posted, people.post, []
    papers.save_plan(
        pair,
        {
            "year": 2025,
            "text": "",
        },
        by=by,
        upload=scan("方案.pdf"),
    )
    for year, text in ((2025, "办培训"), (2026, ""), (1900, "办培训")):
        with pytest.raises(ValidationError) as error:
            papers.save_plan(pair, {"year": year, "text": text}, by=by)
        answers += list(error.value.message_dict)

    assert answers == ["year", "text", "year"]
    assert [plan.file_name for plan in pair.plans.all()] == ["方案.pdf"]


# -- Files -----------------------------------------------------------------------------------------
def test_a_scan_is_a_kept_file_of_its_pair_and_nobody_else_s(pairs, people, client):
    row = signed(pairs.posted, people.post, upload=scan())
    hers = signed(pairs.motherly, people.village, upload=scan())
    assert {row.scan, hers.scan} <= set(kept_files.owned())
    with pytest.raises(ValidationError) as error:
        signed(pairs.posted, people.post, upload=SimpleUploadedFile("a.exe", b"MZ"))
    assert list(error.value.message_dict) == ["upload"]

    answers = {}
    for seat in ("post", "village", "city", "sibling", "volunteer", "other_city", "nobody"):
        client.force_login(getattr(people, seat))
        answers[seat] = tuple(
            matrix.read(client.get(f"/pairs/files/agreement/{one.uuid}/")).status_code
            for one in (row, hers)
        )

    # A department looks at pairs; the scan of a child's it does not open.
    assert answers == {
        "post": (200, 404), "village": (200, 200), "city": (200, 404), "sibling": (404, 404),
        "volunteer": (404, 200), "other_city": (404, 404), "nobody": (403, 403),
    }  # fmt: skip
    assert AuditEvent.objects.filter(verb="download_paper").count() == 5


def test_a_part_that_has_no_file_and_a_file_that_is_not_there_are_not_found(pairs, people, client):
    row = signed(pairs.posted, people.post)
    client.force_login(people.post)
    paths = (
        f"agreement/{row.uuid}",
        f"agreement/{uuid.uuid4()}",
        f"project/{row.uuid}",
        f"plan/{row.uuid}",
    )

    assert [client.get(f"/pairs/files/{path}/").status_code for path in paths] == [404] * 4


# -- On paper --------------------------------------------------------------------------------------
def test_the_printed_agreement_says_all_that_both_sign(pairs, people, client):
    pair, by = pairs.posted, people.post
    rows = Pairing.objects.unscoped(reason="a test sets the stage").filter(pk=pair.pk)
    rows.update(goal="捐赠电脑2台，培训3期", supports=["project", "culture"])
    row = signed(pair, by, signed_on=dt.date(2026, 3, 8), valid_until=dt.date(2027, 3, 7), terms="甲方捐赠图书。")  # fmt: skip
    client.force_login(by)

    page = client.get(f"/pairs/{pair.uuid}/agreement/{row.uuid}/print/").content.decode()
    blank = client.get(f"/pairs/{pair.uuid}/agreement/new/print/").content.decode()

    for words in (
        "岗村结对共建协议书", "城东区演示供电营业厅", "红旗村妇联", "贯彻落实泉妇〔2014〕28号文件精神",
        "捐赠电脑2台，培训3期", "物质牵手（　）、项目牵手（√）、文化牵手（√）、爱心牵手（　）",
        "每月至少联系沟通1次", "每半年至少互访1次", "每年至少为对方办1件实事", "每年实施帮扶项目1至2个",
        "甲方捐赠图书。", "自2026年3月8日起至2027年3月7日止", "报城东区妇联备案一份",
        "甲方（盖章）", "乙方（盖章）",
    ):  # fmt: skip
        assert words in page, words
    assert "（二）乙方责任" in blank
    assert f"自{wording.BLANK_DAY}起至{wording.BLANK_DAY}止" in blank


def test_an_agreement_with_a_child_names_her_to_who_may_know_her_alone(pairs, people, client):
    path = f"/pairs/{pairs.motherly.uuid}/agreement/new/print/"
    found = {}
    for seat in ("village", "volunteer", "county", "city"):
        client.force_login(getattr(people, seat))
        page = client.get(path).content.decode()
        found[seat] = [w for w in ("王演丙寅", "王某", "一名儿童") if w in page]

    assert found["village"] == found["volunteer"] == ["王演丙寅"]
    assert found["city"] == ["一名儿童"]
    assert "王演丙寅" not in found["county"]


# -- 双向联系卡 ------------------------------------------------------------------------------------
@pytest.fixture
def numbered(people):
    for seat, phone in (("post", "16900000701"), ("village", "16900000702")):
        user = getattr(people, seat)
        user.phone = phone
        user.save()


def card(client, pair, *, post=False):
    path = f"/pairs/{pair.uuid}/card/"
    answer = client.post(path, {"idempotency_key": str(uuid.uuid4())}) if post else client.get(path)
    return answer.status_code, answer.content.decode()


def test_a_card_shows_numbers_to_who_hands_it_out_and_leaves_its_line(
    pairs, people, client, numbered
):
    client.force_login(people.post)
    _, looked = card(client, pairs.posted)
    status, printed = card(client, pairs.posted, post=True)
    client.force_login(people.city)
    _, other = card(client, pairs.posted)

    assert status == 200
    assert [page.count("16900000701") for page in (looked, printed, other)] == [0, 2, 0]
    assert [page.count("16900000702") for page in (looked, printed, other)] == [0, 2, 0]
    assert looked.count("169********") == 4
    assert AuditEvent.objects.filter(verb="issue_card").count() == 1
    assert card(client, pairs.posted, post=True)[0] == 403


def test_an_elder_s_number_is_printed_where_it_may_be_revealed_and_else_left_to_the_pen(
    pairs, people, archives, client
):
    plain = archives.elder.phone.open()
    printed = {}
    for seat in ("village", "volunteer"):
        client.force_login(getattr(people, seat))
        status, page = card(client, pairs.elderly, post=True)
        printed[seat] = (status, page.count(plain), "陈演乙丑" in page)

    assert printed == {"village": (200, 2, True), "volunteer": (200, 0, True)}
    assert AuditEvent.objects.filter(verb="reveal").count() == 1


def test_a_card_whose_contacts_changed_asks_for_a_new_one(pairs, people, client, numbered):
    pair, told = pairs.posted, [cards.outdated(pairs.posted)]
    cards.issue(pair, by=people.post)
    told.append(cards.outdated(pair))
    people.village.phone = "16900000799"
    people.village.save()
    told.append(cards.outdated(pair))
    client.force_login(people.county)
    assert "须重新印发" in client.get(f"/pairs/{pair.uuid}/").content.decode()
    cards.issue(pair, by=people.post)
    told.append(cards.outdated(pair))

    assert told == [False, False, True, False]
