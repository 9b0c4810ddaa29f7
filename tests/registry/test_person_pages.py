"""台账 and the page of one archive: who is listed, what narrows the list, what is shown of whom."""

import re
import uuid

import pytest
from django.urls import reverse
from django.utils import timezone
from world import seat

from federation.models import AuditEvent
from federation.views.audit import detail_words
from registry.models import Enrolment, Household, Person
from tests.archives import number, phone

pytestmark = pytest.mark.django_db
LIST = "/persons/"


def key() -> dict[str, str]:
    return {"idempotency_key": str(uuid.uuid4())}


@pytest.fixture
def names(client):
    """Asks the register as somebody and gives the names it lists."""

    def ask(user, query="", **posted):
        client.force_login(user)
        if posted:
            answer = client.post(LIST, {"idempotency_key": str(uuid.uuid4()), **posted})
        else:
            answer = client.get(LIST + query)
        assert answer.status_code == 200
        return [record.name for record in answer.context["table"].page.object_list.data]

    return ask


def test_the_register_lists_who_is_in_reach_by_pinyin(names, people, archives):
    assert names(people.village) == ["陈演乙丑", "林演甲子", "李演丁卯", "王演丙寅"]


def test_a_county_officer_lists_adults_alone(names, people, archives):
    assert names(people.county) == ["陈演乙丑", "林演甲子"]


def test_a_carer_lists_the_child_she_cares_for(names, carers, archives):
    assert names(carers.carer) == ["王演丙寅"]


def test_a_department_has_no_register(client, people, archives):
    client.force_login(people.city)

    assert client.get(LIST).status_code == 403


@pytest.mark.parametrize(
    ("query", "found"),
    [
        ("?programme=poor_woman", ["林演甲子"]),
        ("?programme=left_behind_child", ["王演丙寅"]),
        ("?q=lyj", ["林演甲子"]),
        ("?q=chenyan", ["陈演乙丑"]),
        ("?q=李", ["李演丁卯"]),
        ("?age_from=18&age_to=40", ["林演甲子"]),
        ("?age_to=15", ["王演丙寅"]),
        ("?age_from=16&age_to=16", ["李演丁卯"]),
        ("?needs=1", ["林演甲子"]),
        ("?order=oldest", ["陈演乙丑", "林演甲子", "李演丁卯", "王演丙寅"]),
        ("?order=youngest", ["王演丙寅", "李演丁卯", "林演甲子", "陈演乙丑"]),
        ("?state=dead", []),
        ("?programme=nonsense&state=nonsense", ["陈演乙丑", "林演甲子", "李演丁卯", "王演丙寅"]),
    ],
)
def test_the_register_is_narrowed_by_what_the_address_says(names, people, archives, query, found):
    assert names(people.village, query) == found


def test_a_unit_below_is_asked_for_by_its_name(names, people, archives, org):
    by_name = names(people.leader, f"?unit={org.west.name}")

    assert by_name == ["周演己巳"]


def test_who_belongs_to_a_health_programme_is_known_in_the_zone_alone(names, people, archives):
    assert names(people.village, "?programme=two_cancers") == ["林演甲子"]
    assert names(people.county, "?programme=two_cancers") == []


def test_only_active_archives_are_listed_unless_others_are_asked_for(names, people, archives):
    archives.elder.state = "dead"
    archives.elder.save()

    assert "陈演乙丑" not in names(people.village)
    assert names(people.village, "?state=dead") == ["陈演乙丑"]
    assert "陈演乙丑" in names(people.village, "?state=all")


def test_what_is_erased_is_never_listed(names, people, archives):
    archives.elder.state = "erased"
    archives.elder.save()

    assert "陈演乙丑" not in names(people.village, "?state=all")


def test_unverified_archives_are_found_by_the_rule_of_their_programme(names, people, archives):
    for person, days in ((archives.woman, 100), (archives.child, 100), (archives.elder, 200)):
        person.verified_on = timezone.localdate() - timezone.timedelta(days=days)
        person.save()

    # 90 days for 留守儿童, 180 for the others.
    assert names(people.village, "?stale=1") == ["陈演乙丑", "王演丙寅"]


def test_columns_are_chosen_in_the_address(client, people, archives):
    client.force_login(people.village)

    table = client.get(f"{LIST}?cols=marriage&cols=unit&q=lin").context["table"]

    assert table.columns.names() == ["name", "unit", "marriage"]


def test_a_count_beyond_ten_thousand_is_not_counted(client, people, archives, monkeypatch):
    monkeypatch.setattr("federation.views.base.COUNTED", 3)
    client.force_login(people.village)

    page = client.get(LIST).content.decode()

    assert "共 <b>3+</b>" in page
    assert '共 <b class="tabular">3+</b> 条' in page


# -- By number and telephone -----------------------------------------------------------------------
def test_a_number_finds_its_archive_however_it_is_written(names, people, archives):
    held = number(archives.woman.born_on, 22)

    assert names(people.village, by="number", number=f" {held[:6]} {held[6:14]} {held[14:]} ") == [
        "林演甲子"
    ]
    assert names(people.village, by="number", number=held[:17]) == []


def test_a_telephone_finds_its_archive(names, people, archives):
    assert names(people.village, by="phone", number=f"+86 {phone(11)}") == ["林演甲子"]


def test_a_number_out_of_reach_finds_nothing(names, people, archives):
    held = number(archives.west_woman.born_on, 32)

    assert names(people.village, by="number", number=held) == []
    assert names(people.leader, by="number", number=held) == ["周演己巳"]


def test_a_number_sought_stands_neither_in_the_page_nor_in_the_trail(client, people, archives):
    held = number(archives.woman.born_on, 22)
    client.force_login(people.village)

    answer = client.post(
        LIST, {"by": "number", "number": held, "idempotency_key": str(uuid.uuid4())}
    )

    assert held not in answer.content.decode()
    assert not AuditEvent.objects.filter(detail__icontains=held).exists()


def test_nothing_is_found_by_an_empty_number(names, people, archives):
    assert names(people.village, by="number", number=" ") == []


# -- The page of one archive -----------------------------------------------------------------------
def shown(client, user, person) -> str:
    client.force_login(user)
    answer = client.get(f"/persons/{person.uuid}/")
    assert answer.status_code == 200
    return answer.content.decode()


def test_an_archive_shows_masked_values_and_what_hangs_on_it(client, people, archives):
    page = shown(client, people.village, archives.woman)

    assert number(archives.woman.born_on, 22)[:4] + "*" * 14 in page
    assert phone(11) not in page
    assert "演示路11号" not in page
    assert "演示病症" not in page
    for word in ("林演甲子", "贫困妇女建档立卡", "两癌患病妇女", "想学演示养殖技术"):
        assert word in page


def test_a_health_programme_and_its_particulars_are_not_on_the_page_of_others(
    client, people, archives
):
    page = shown(client, people.county, archives.woman)

    assert "贫困妇女建档立卡" in page
    assert "两癌" not in page.replace("两癌保险", "")


def test_a_childs_guardians_are_on_her_page(client, people, archives):
    page = shown(client, people.village, archives.child)

    for word in ("王演辛未", "姑姑", "演示省外", "王演丙寅"):
        assert word in page


def test_a_child_is_not_there_for_the_county(client, people, archives):
    client.force_login(people.county)

    assert client.get(f"/persons/{archives.child.uuid}/").status_code == 404


def test_in_a_household_only_those_in_reach_are_named(client, people, archives, org):
    home = Household(unit=org.east_village, number="12", head=archives.woman, address="演示路甲")
    home.save()
    Person.objects.unscoped(reason="a test sets the stage").filter(
        pk__in=[archives.woman.pk, archives.child.pk, archives.elder.pk]
    ).update(household=home)

    village = shown(client, people.village, archives.woman)
    county = shown(client, people.county, archives.woman)

    assert "王演丙寅" in village
    assert "王演" not in county
    assert "陈演乙丑" in county
    assert "演示路甲" not in village


def test_a_name_of_a_minor_elsewhere_is_no_way_to_find_her(names, carers, archives):
    assert "王演丙寅" in names(carers.children_county)

    assert names(carers.children_county, "?q=王演丙寅") == []
    assert names(carers.children_county, "?q=wyb") == []


def test_a_list_names_minors_of_other_units_by_surname_alone(client, carers, archives):
    client.force_login(carers.children_county)

    page = client.get(LIST).content.decode()

    assert "王某" in page
    assert "王演丙寅" not in page


def test_an_enrolment_that_ended_is_shown_as_ended(client, people, archives):
    Enrolment.objects.unscoped(reason="a test sets the stage").filter(person=archives.elder).update(
        ends_on=timezone.localdate(), exit_reason="入住养老机构"
    )

    assert "退出：入住养老机构" in shown(client, people.village, archives.elder)


def test_opening_an_archive_is_on_record(client, people, archives):
    shown(client, people.county, archives.woman)

    told = AuditEvent.objects.get(verb="open_archive")
    assert (told.actor, told.record) == (people.county, f"registry.person:{archives.woman.uuid}")
    assert detail_words(told.detail) == "属管理单位或责任人：否"  # as auditors read it


def test_an_archive_opened_from_a_search_says_by_what_it_was_found(
    client, people, carers, archives
):
    """Beside the line of the opening, which no address takes away; what was typed stands nowhere."""
    woman, child = archives.woman, archives.child

    seen = set()

    def said(person):
        """The lines of openings that have come since it was last asked."""
        lines = AuditEvent.objects.filter(verb__in=("open_archive", "open_search_hit"))
        lines = lines.filter(record=f"registry.person:{person.uuid}").exclude(pk__in=seen)
        told = [(one.pk, one.verb, one.detail.get("found")) for one in lines.order_by("id")]
        seen.update(pk for pk, *_ in told)
        return [tuple(rest) for _, *rest in told]

    def link(answer, person):
        return re.search(rf'href="(/persons/{person.uuid}/[^"]*)"', answer.content.decode())[1]

    client.force_login(people.village)
    opened = {}
    for by, answer in {
        "all": client.get(LIST),
        "name": client.get(LIST, {"q": woman.name[:2]}),
        "pinyin": client.get(LIST, {"q": "lyj"}),
        "number": client.post(LIST, {"by": "number", "number": woman.id_number.open(), **key()}),
        "phone": client.post(LIST, {"by": "phone", "number": woman.phone.open(), **key()}),
        "kept already": client.post(
            reverse("registry:registered"), {"number": woman.id_number.open(), **key()}
        ),
    }.items():
        page = client.get(link(answer, woman)).content.decode()
        opened[by] = said(woman)
        assert ("从搜索，" in page) == (by != "all"), by
    client.get(f"/persons/{woman.uuid}/?found={woman.name}")  # made up: an opening like any other
    opened["forged"] = said(woman)

    def both(words):
        return [("open_archive", words), ("open_search_hit", words)]

    assert opened == {
        "all": [("open_archive", None)],
        "name": both("按姓名"),
        "pinyin": both("按拼音"),
        "number": both("按证件号"),
        "phone": both("按联系电话"),
        "kept already": both("按证件号"),
        "forged": [("open_archive", None)],
    }

    # Where a reason is asked for, it is known beyond it.
    client.force_login(carers.rights_city)
    asked = client.get(f"/persons/{child.uuid}/?found=name")
    let_in = client.post(
        asked["Location"], {"why": "aid", "text": "落实演示补助", **key()}, follow=True
    )
    assert let_in.status_code == 200
    assert said(child) == both("按姓名")


def test_a_volunteer_with_nobody_in_her_care_has_an_empty_register(names, org, archives):
    assert names(seat(org, "helper2", "east_village", "volunteer")) == []
