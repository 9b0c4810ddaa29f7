"""泉州 and 哈尔滨 as loaded from the fixtures, with the traps of the real lists."""

from collections import Counter

import pytest

from federation import divisions, tree
from federation.models import OrgUnit
from federation.models.units import UnitLevel
from tests.committed import unsound_units

pytestmark = [pytest.mark.django_db, pytest.mark.usefixtures("two_cities")]


def unit(name: str) -> OrgUnit:
    return OrgUnit.objects.get(name=name)


def levels(city: str) -> Counter:
    federations = OrgUnit.objects.below(unit(city)).filter(unit_type__group="federation")
    return Counter(federations.values_list("unit_type__level", flat=True))


def children(name: str) -> list[str]:
    return [child.name for child in OrgUnit.objects.get_children(unit(name))]


def test_both_cities_are_loaded_whole_and_again_without_change():
    assert levels("泉州市妇联") == {"city": 1, "county": 12, "township": 174, "village": 2572}
    assert levels("哈尔滨市妇联") == {"city": 1, "county": 18, "township": 328, "village": 3158}
    roots = OrgUnit.objects.get_root_nodes()
    assert [root.name for root in roots] == ["福建省妇联", "黑龙江省妇联"]
    assert unsound_units() == []


def test_the_command_says_what_was_new_and_what_stayed(two_cities):
    rest = "更名0，改码0，上级与名单不同0，名单中已无0；另建无代码组织"
    assert [line.split("个（")[0] for line in two_cities] == [
        f"泉州市：名单2760行，新增2760，未变0，{rest}10",
        f"哈尔滨市：名单3506行，新增3506，未变0，{rest}6",
        f"泉州市：名单2760行，新增0，未变2760，{rest}0",
        f"哈尔滨市：名单3506行，新增0，未变3506，{rest}0",
    ]


def test_departments_are_those_of_their_city():
    assert children("哈尔滨市妇联")[-6:] == [
        f"哈尔滨市妇联{name}"
        for name in ("研究室", "发展部", "宣传部", "权益部", "儿家部", "组织部")
    ]


def test_bodies_without_a_code_stand_below_their_city_after_its_counties():
    assert children("泉州市妇联")[11:] == [
        "南安市妇联",
        "泉州开发区妇工委",
        "台商投资区妇工委",
        "市直机关妇工委",
        "市直机关金山幼儿园",
        "市妇女儿童活动中心",
        "泉州市妇联办公室",
        "泉州市妇联宣传部",
        "泉州市妇联发展部",
        "泉州市妇联权益部",
        "泉州市妇联儿童部",
    ]
    assert unit("泉州开发区妇工委").division_code == ""
    assert {unit(name).level for name in ("泉州开发区妇工委", "市直机关妇工委")} == {"county"}


def test_the_investment_zone_owns_its_four_townships_which_keep_another_countys_codes():
    zone = unit("台商投资区妇工委")

    towns = list(OrgUnit.objects.get_children(zone))

    assert [town.name for town in towns] == [
        "洛阳镇妇联",
        "东园镇妇联",
        "张坂镇妇联",
        "百崎回族乡妇联",
    ]
    assert {town.division_code[:6] for town in towns} == {"350521"}
    assert towns[0].reviewer() == zone
    assert not set(children("惠安县妇联")) & {town.name for town in towns}


def test_the_park_belongs_to_its_zone_and_not_to_the_county_of_its_code():
    assert children("泉州开发区妇工委") == ["清濛经济开发区妇联"]
    assert "清濛经济开发区妇联" not in children("鲤城区妇联")


def test_one_county_owes_no_report_and_every_other_does():
    counties = OrgUnit.objects.filter(unit_type__code="county_federation")

    assert list(counties.filter(owes_reports=False).values_list("name", flat=True)) == [
        "金门县妇联"
    ]
    assert not unit("泉州市妇联发展部").owes_reports


def test_a_county_level_city_is_a_county():
    assert {unit(f"{name}市妇联").level for name in ("石狮", "晋江", "南安")} == {"county"}


@pytest.mark.parametrize(
    ("words", "found"),
    [
        ("lcq", "鲤城区妇联"),
        ("licheng", "鲤城区妇联"),
        ("Li Cheng", "鲤城区妇联"),
        ("tstzq", "台商投资区妇工委"),
        ("洛阳", "洛阳镇妇联"),
        ("luoyangcun", "洛阳村妇联"),
    ],
)
def test_a_unit_is_found_by_name_initials_or_pinyin(words, found):
    assert found in OrgUnit.objects.matching(words).values_list("name", flat=True)


def test_every_unit_has_the_keys_that_saving_it_would_give():
    some = OrgUnit.objects.order_by("pk")[::97]

    assert [(u.pinyin, u.initials) for u in some] == [
        tree.pinyin_key(u.area_name or u.short_name) for u in some
    ]


def test_village_names_repeat_in_a_county_and_each_is_a_unit_of_its_own():
    area = OrgUnit.objects.below(unit("泉州市妇联")).villages()

    names = Counter(area.values_list("short_name", flat=True))

    assert names["洛阳村"] == 2
    assert names["湖头茶场生活区"] == 1


@pytest.mark.parametrize(
    ("listed", "short"),
    [
        ("洛阳村委会", "洛阳村"),
        ("金山社区居委会", "金山社区"),
        ("天鹅湾社区委员会", "天鹅湾社区"),
        ("三村村委会", "三村"),
        ("胜利村民委员会", "胜利村"),
        ("金井社区", "金井社区"),
        ("第一居委会", "第一居委会"),
        ("二合营林场生活区", "二合营林场生活区"),
    ],
)
def test_a_village_is_called_by_its_everyday_name(listed, short):
    assert divisions.short_name(listed, UnitLevel.VILLAGE) == short
    assert divisions.federation_name(listed, UnitLevel.VILLAGE) == f"{short}妇联"
