"""The pages of an archive's life, as their people use them."""

import datetime as dt
import re
import uuid

import pytest
from archives import number, phone
from days import today
from django.urls import reverse

from federation import handover, unit_changes
from federation.models import AuditEvent, OrgUnit
from federation.unit_changes import Merge as MergeUnits
from registry import books, changing, duplicates, panels_life, transfers
from registry.models import (
    DuplicatePair,
    Household,
    Person,
    PersonChange,
    RegisterBook,
    Site,
    SiteKind,
    Transfer,
)

DAY = dt.timedelta(days=1)


def truth(person) -> Person:
    return Person._base_manager.get(pk=person.pk)


@pytest.fixture
def post(client):
    def send(name, *args, by, **body):
        client.force_login(by)
        body = {"idempotency_key": str(uuid.uuid4()), **body}
        return client.post(reverse(f"registry:{name}", args=args), body)

    return send


@pytest.fixture
def get(client):
    def open_page(name, *args, by, **query):
        client.force_login(by)
        response = client.get(reverse(f"registry:{name}", args=args), query)
        return response.content.decode() if response.status_code == 200 else response.status_code

    return open_page


@pytest.fixture
def late(archives):
    for days, person in enumerate((archives.woman, archives.child, archives.elder), start=400):
        Person._base_manager.filter(pk=person.pk).update(verified_on=today() - days * DAY)
    return archives


# -- 待核实 ----------------------------------------------------------------------------------------
def test_the_stale_are_listed_the_longest_first_and_verified_by_the_tick(late, people, get, post):
    page = get("stale", by=people.village)
    assert re.findall("陈演乙丑|王演丙寅|林演甲子", re.sub("选择...演..|选择....", "", page)) == [
        "陈演乙丑", "王演丙寅", "林演甲子",
    ]  # fmt: skip

    rows = [str(late.woman.uuid), str(late.child.uuid)]
    assert post("stale", by=people.village, row=rows).status_code == 302
    page = get("stale", by=people.village)
    assert "陈演乙丑" in page
    assert "林演甲子" not in page


def test_minors_are_not_in_the_list_of_who_may_not_keep_them(late, people, get):
    page = get("stale", by=people.county)
    assert "林演甲子" in page
    assert "王演丙寅" not in page
    assert "王某" not in page


def test_a_health_programme_is_not_told_to_the_county(late, people, get):
    assert "两癌" not in get("stale", by=people.county).split("</form>")[-1]


def test_a_foreign_row_among_the_ticked_verifies_none(late, people, post):
    rows = [str(late.woman.uuid), str(late.west_woman.uuid)]
    assert post("stale", by=people.village, row=rows).status_code == 404
    assert truth(late.woman).verified_on < today()


# -- Steps -----------------------------------------------------------------------------------------
def test_a_death_is_written_down_and_taken_back(archives, people, post, get):
    typed = {"on": str(today()), "reason": "病故", "version": 1}
    answer = post("life", archives.elder.uuid, "death", by=people.village, **typed)
    assert answer.status_code == 302
    assert truth(archives.elder).state == "dead"
    undo = {"reason": "登记错了", "version": 2}
    answer = post("life", archives.elder.uuid, "undo", by=people.village, **undo)
    assert answer.status_code == 302
    assert truth(archives.elder).state == "active"
    assert {"person_death", "undo_person_change"} <= set(
        AuditEvent.objects.values_list("verb", flat=True)
    )


def test_a_form_of_an_older_version_is_answered_409_with_what_was_typed(archives, people, post):
    typed = {"on": str(today()), "reason": "随女儿迁往外省", "version": 0}
    answer = post("life", archives.elder.uuid, "move", by=people.village, **typed)
    assert answer.status_code == 409
    assert "随女儿迁往外省" in answer.content.decode()
    assert truth(archives.elder).state == "active"


def test_what_lacks_is_said_beside_its_field(archives, people, post):
    answer = post("life", archives.elder.uuid, "exit", by=people.village, on="", version=1)
    assert answer.status_code == 422
    assert "field-error" in answer.content.decode()


def test_no_step_of_another_name_and_no_archive_out_of_reach(archives, people, get):
    assert get("life", archives.woman.uuid, "erase", by=people.village) == 404
    assert get("life", archives.west_woman.uuid, "verify", by=people.village) == 404
    assert get("life", archives.child.uuid, "verify", by=people.county) == 404


def test_the_page_of_an_archive_offers_what_is_possible(archives, people, get, rf):
    page = get("person", archives.woman.uuid, by=people.village)
    for step in ("verify", "transfer", "death", "move", "exit"):
        assert reverse("registry:life", args=[archives.woman.uuid, step]) in page
    assert reverse("registry:life", args=[archives.woman.uuid, "return"]) not in page


# -- Transfer --------------------------------------------------------------------------------------
def test_the_receiving_unit_sees_what_it_needs_of_a_child_and_no_more(
    archives, people, carers, post, get, org
):
    typed = {
        "to_unit_unit": str(org.east_village2.uuid), "to_unit_text": org.east_village2.name,
        "on": str(today()), "reason": "随祖母居住，电话 16900000013", "version": 1,
    }  # fmt: skip
    answer = post("life", archives.child.uuid, "transfer", by=people.village, **typed)
    assert answer.status_code == 302
    made = Transfer._base_manager.get()
    page = get("transfer", made.uuid, by=carers.chair2)
    for said in ("王某", "10岁", "留守儿童", "随祖母居住"):
        assert said in page
    for hidden in ("王演丙寅", archives.child.id_number.open(), phone(13), "演示病症"):
        assert hidden not in page
    assert "王某" in get("transfers", by=carers.chair2)
    assert "王演丙寅" in get("transfers", by=people.village)

    assert post("transfer", made.uuid, by=people.village, step="accept").status_code == 403
    assert post("transfer", made.uuid, by=carers.chair2, step="accept").status_code == 302
    assert truth(archives.child).unit == org.east_village2
    assert get("person", archives.child.uuid, by=people.village) == 404


def test_refusing_without_a_word_is_asked_again(archives, people, carers, post, org):
    made = transfers.offer(
        archives.woman, to_unit=org.west_village, on=today(), reason="外嫁", by=people.village
    )
    answer = post("transfer", made.uuid, by=carers.chair_west, step="refuse")
    assert answer.status_code == 422
    assert "原因" in answer.content.decode()


# -- Books -----------------------------------------------------------------------------------------
def test_a_book_is_opened_closed_and_reopened_from_above(archives, people, org, post, get):
    named = {"programme": "poor_woman", "year": today().year}
    unit = org.east_village
    opened = post(
        "books", by=people.village, step="open", unit_unit=str(unit.uuid), unit_text=unit.name,
        **named,
    )  # fmt: skip
    assert opened.status_code == 302
    named["unit"] = str(unit.uuid)
    post("books", by=people.village, step="close", **named)
    assert "封册时在册 1" in get("books", by=people.village)
    post("books", by=people.village, step="reopen", reason="漏登", **named)
    assert RegisterBook._base_manager.get().closed_on
    post("books", by=people.county, step="reopen", reason="漏登", **named)
    assert RegisterBook._base_manager.get().closed_on is None


def test_a_book_opened_twice_is_answered_with_a_sentence(archives, people, org, post, programmes):
    unit = org.east_village
    books.open_book(
        programme=programmes.poor_woman, unit=unit, year=today().year, by=people.village
    )
    again = post(
        "books", by=people.village, step="open", unit_unit=str(unit.uuid), unit_text=unit.name,
        programme="poor_woman", year=today().year,
    )  # fmt: skip
    assert again.status_code == 422
    assert "已经开册" in again.content.decode()


# -- Duplicates ------------------------------------------------------------------------------------
@pytest.fixture
def pair(archives, org, people):
    twin = Person(
        unit=org.east_village2, name="林演甲午", sex="F", born_on=archives.woman.born_on,
        id_number=archives.woman.id_number.open(), phone=phone(88), entered_by=people.village,
    )  # fmt: skip
    twin.save()
    duplicates.note(twin, people.village)
    duplicates.look()
    return DuplicatePair._base_manager.get()


def test_a_pair_is_judged_side_by_side_value_by_value(pair, people, get, post):
    page = get("duplicate", pair.uuid, by=people.county)
    assert "林演甲午" in page
    assert page.count("不同</span>") >= 3
    for hidden in (pair.low.id_number.open(), phone(11), phone(88)):
        assert hidden not in page
    taken = {"keep": "low", "take:name": "high", "take:phone": "low", "reason": "已走访核对"}
    assert post("duplicate", pair.uuid, by=people.county, step="same", **taken).status_code == 302
    kept = truth(pair.low)
    assert (kept.name, kept.phone.open()) == ("林演甲午", phone(11))
    assert truth(pair.high).merged_into == kept

    assert post(
        "duplicate", pair.uuid, by=people.county, step="unmerge", reason="是两人"
    ).status_code == 302  # fmt: skip
    assert truth(pair.low).name == "林演甲子"


def test_a_judgement_without_a_reason_keeps_what_was_chosen(pair, people, post):
    taken = {"keep": "high", "take:name": "high", "reason": ""}
    answer = post("duplicate", pair.uuid, by=people.county, step="same", **taken)
    assert answer.status_code == 422
    page = answer.content.decode()
    assert re.search(r'name="keep" value="high" checked', page)
    assert re.search(r'name="take:name" value="high" checked', page)


def test_looking_at_a_pair_is_on_record_of_both(pair, people, get):
    get("duplicate", pair.uuid, by=people.county)
    lines = AuditEvent.objects.filter(verb="compare_persons", actor=people.county)
    assert lines.count() == 2


# -- 是否已建档 ------------------------------------------------------------------------------------
def test_asking_answers_the_same_text_for_theirs_and_for_none(archives, people, post):
    pages = []
    for typed in (archives.west_woman.id_number.open(), number(dt.date(1999, 9, 9), 8)):
        page = post("registered", by=people.village, number=typed).content.decode()
        assert typed not in page
        pages.append(re.sub(r'value="[^"]*"|content="[^"]*"', "", page))
    assert pages[0] == pages[1]
    mine = post("registered", by=people.village, number=archives.woman.id_number.open())
    assert "林演甲子" in mine.content.decode()


def test_the_twenty_first_question_is_answered_429(archives, people, post):
    typed = number(dt.date(1999, 9, 9), 8)
    answers = [post("registered", by=people.village, number=typed).status_code for _ in range(21)]
    assert answers == [*[200] * 20, 429]


def test_a_number_that_does_not_check_costs_no_question(archives, people, post):
    assert post("registered", by=people.village, number="123").status_code == 422
    assert not AuditEvent.objects.filter(verb="ask_registered").exists()


# -- 工作台, 离任, 组织变更 ------------------------------------------------------------------------
def test_what_waits_is_told_on_the_home_page_of_whose_it_is(late, pair, people, org, client):
    transfers.offer(
        late.west_woman, to_unit=org.east_village, on=today(), reason="外嫁", by=people.sibling
    )
    client.force_login(people.village)
    page = client.get("/").content.decode()
    assert "待核实的档案 3 份" in page
    assert "待接收的转移 1 份" in page
    assert "疑似重复 1" not in page


def test_the_county_is_told_of_the_pair_it_judges(pair, people, client):
    pair.unit = OrgUnit.objects.get(name="城东区妇联")
    pair.save()
    client.force_login(people.county)
    assert "疑似重复 1 份" in client.get("/").content.decode()
    assert panels_life.ICONS


def test_who_leaves_hands_over_counts_and_no_names(late, people):
    found = handover.holdings(people.village, people.village.appointments.all())
    said = {holding.title: [item.words for item in holding.items] for holding in found}
    assert said["待核实的档案"] == ["红旗村妇联：3份"]
    assert said["没有办结的困难需求"] == ["红旗村妇联：1项"]
    assert "演丙" not in str(said)


def test_a_merged_villages_archives_are_its_successors(late, people, org, carers):
    Household(unit=org.east_village, number="1").save()
    Household(unit=org.east_village2, number="1").save()
    kind = SiteKind.objects.first()
    Site(unit=org.east_village, kind=kind, name="演示之家").save()
    offered = transfers.offer(
        late.woman, to_unit=org.east_village2, on=today() + DAY, reason="随迁", by=people.village
    )
    change = MergeUnits(
        unit=org.east_village, successor=org.east_village2, by=people.sysadmin, day=today(),
        reason="泉编〔2014〕7号",
    )  # fmt: skip
    effect = unit_changes.rehearse(change)
    unit_changes.carry_out(change, seen=effect.fingerprint)

    lines = {line.label: line.changes for line in effect.parts["档案"]}
    assert ("个人档案", "4", "") in lines["红旗村妇联"]
    assert {truth(p).unit for p in (late.woman, late.child, late.elder)} == {org.east_village2}
    numbers = Household._base_manager.values_list("unit__name", "number")
    assert sorted(numbers) == [("金井社区妇联", "1"), ("金井社区妇联", "红旗村1")]
    assert Site._base_manager.get().unit == org.east_village2
    offered.refresh_from_db()
    assert offered.state == "withdrawn"
    assert Person.objects.visible_to(carers.chair2).filter(pk=late.child.pk).exists()


def test_the_night_carries_out_what_was_accepted(archives, people, carers, org, time_machine, get):
    made = transfers.offer(
        archives.woman, to_unit=org.west_village, on=today() + DAY, reason="外嫁", by=people.village
    )
    transfers.accept(made, by=carers.chair_west)
    time_machine.move_to(dt.datetime.combine(today() + DAY, dt.time(1), dt.UTC))
    get("transfers", by=carers.chair_west)  # whichever comes first: the night or who looks
    assert truth(archives.woman).unit == org.west_village
    assert PersonChange._base_manager.filter(kind="transfer").count() == 1
    assert changing.last_change(truth(archives.woman)).kind == "transfer"


def test_who_is_entered_again_is_shown_first_and_entered_all_the_same(
    archives, people, client, org
):
    woman = archives.woman
    typed = {
        "unit_unit": str(org.east_village.uuid), "unit_text": org.east_village.short_name,
        "name": woman.name, "sex": "F", "born_on": str(woman.born_on), "phone": phone(99),
    }  # fmt: skip
    typed |= {"consent-basis": "consent", "consent-given_on": str(today())}
    typed |= {"consent-purposes": ["register", "contact"]}
    client.force_login(people.village)

    def send(**more):
        return client.post("/persons/new/", {"idempotency_key": str(uuid.uuid4()), **typed, **more})

    first = send()
    assert first.status_code == 422
    page = first.content.decode()
    assert "可能已有" in page
    assert reverse("registry:person", args=[woman.uuid]) in page
    assert send(although="1").status_code == 302
    assert Person._base_manager.filter(name=woman.name).count() == 2
