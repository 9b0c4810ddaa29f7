"""A newer list over an older tree: everything is reported, nothing is lost."""

import datetime as dt

import pytest
from django.core.exceptions import ValidationError
from django.core.management import CommandError, call_command

from federation import divisions, tree
from federation.models import AuditEvent, OrgUnit


def named(name: str) -> OrgUnit:
    return OrgUnit.objects.get(name=name)


def test_a_renamed_town_keeps_its_identity_and_its_old_name_as_an_alias(load_list):
    load_list()
    before = named("磁灶镇妇联")

    report = load_list({"磁灶镇": "磁灶街道"})

    after = OrgUnit.objects.get(uuid=before.uuid)
    assert report.renamed == [("350582102000", "磁灶镇", "磁灶街道")]
    assert (report.added, report.kept, report.vanished) == (0, 13, [])
    assert (after.name, after.short_name, after.area_name) == (
        "磁灶街道妇联",
        "磁灶街道",
        "磁灶街道",
    )
    assert after.aliases == "磁灶镇"
    assert after.initials == "czjd"
    assert AuditEvent.objects.get(verb="rename_division").unit == after


def test_a_recoded_town_keeps_its_identity(load_list):
    load_list()
    before = named("磁灶镇妇联")

    report = load_list({"350582102000": "350582109000"})

    assert report.recoded == [("磁灶镇妇联", "350582102000", "350582109000")]
    assert named("磁灶镇妇联").uuid == before.uuid
    assert named("磁灶镇妇联").division_code == "350582109000"


def test_two_towns_that_swapped_codes_do_not_swap_archives(load_list):
    load_list()
    before = {name: named(name).uuid for name in ("安海镇妇联", "磁灶镇妇联")}

    report = load_list({"安海镇": "甲", "磁灶镇": "安海镇", "甲": "磁灶镇"})

    assert {name: named(name).uuid for name in before} == before
    assert sorted(unit for unit, _, _ in report.recoded) == ["安海镇妇联", "磁灶镇妇联"]
    assert report.renamed == []


def test_a_vanished_village_is_reported_until_someone_closes_it_and_never_deleted(load_list):
    load_list()
    gone = {"350521100001,350521100000,中新社区居委会,village\n": ""}

    report = load_list(gone)

    assert report.vanished == [("350521100001", "中新社区妇联")]
    OrgUnit.objects.filter(name="中新社区妇联").update(closed_on=dt.date(2015, 1, 1))
    assert load_list(gone).vanished == []
    assert load_list().added == 0


def test_the_code_of_a_closed_town_given_to_another_names_a_new_unit(load_list):
    load_list()
    closed = named("磁灶镇妇联")
    OrgUnit.objects.filter(pk=closed.pk).update(closed_on=dt.date(2015, 1, 1))

    report = load_list({"磁灶镇": "新设镇"})

    assert report.renamed == []
    assert named("磁灶镇妇联").uuid == closed.uuid
    assert named("新设镇妇联").uuid != closed.uuid
    assert named("新设镇妇联").division_code == named("磁灶镇妇联").division_code


def test_a_new_village_is_added_last_and_the_tree_stays_sound(load_list):
    load_list()

    report = load_list(
        {"水头社区居委会,village\n": "水头社区居委会,village\n"
         "350521101203,350521101000,新村村委会,village\n"}
    )  # fmt: skip

    assert report.added == 1
    assert [child.short_name for child in OrgUnit.objects.get_children(named("螺阳镇妇联"))] == [
        "水头村",
        "水头社区",
        "新村",
    ]
    assert OrgUnit.objects.find_problems() == ([], [], [], [], [])


def test_a_unit_moved_by_hand_is_reported_and_not_moved_back(load_list):
    load_list()
    tree.move(named("螺城镇妇联"), named("台商投资区妇工委"))

    report = load_list()

    assert report.elsewhere == [("螺城镇妇联", "惠安县妇联")]
    assert named("螺城镇妇联").is_within(named("台商投资区妇工委"))
    assert named("中新社区妇联").is_within(named("台商投资区妇工委"))


def test_a_town_moved_by_hand_and_recoded_since_is_still_the_same_town(load_list):
    load_list()
    before = tree.move(named("螺城镇妇联"), named("台商投资区妇工委"))

    report = load_list({"350521100000": "350521900000"})

    assert named("螺城镇妇联").uuid == before.uuid
    assert report.added == 0


def test_the_town_of_a_zone_goes_to_the_zone_even_under_a_new_code(load_list):
    load_list({"350521104000": "350521904000"})

    assert named("洛阳镇妇联").is_within(named("台商投资区妇工委"))


def test_a_name_given_by_hand_survives_a_newer_list(load_list):
    load_list()
    OrgUnit.objects.filter(name="磁灶镇妇联").update(name="磁灶镇妇女联合会")

    load_list({"磁灶镇": "磁灶街道"})

    assert named("磁灶镇妇女联合会").area_name == "磁灶街道"


def test_a_county_that_someone_excused_or_charged_stays_so(load_list):
    load_list()
    OrgUnit.objects.filter(name="惠安县妇联").update(owes_reports=False)

    load_list()

    assert not named("惠安县妇联").owes_reports


@pytest.mark.parametrize(
    ("old", "new", "message"),
    [
        ("350521101202", "350521101201", "区划名单第9行：代码350521101201重复。"),
        ("350521101202", "35052110120", "区划名单第9行：代码“35052110120”不是12位数字。"),
        ("磁灶镇,township", "磁灶镇,town", "区划名单第15行：层级“town”不存在。"),
        (
            "350582102000,350582000000",
            "350582102000,350583000000",
            "区划名单第15行：“磁灶镇”的上级350583000000不在名单中或层级不符。",
        ),
        (
            "泉州市,city",
            "泉州市,county",
            "区划名单第4行：“惠安县”的上级350500000000不在名单中或层级不符。",
        ),
    ],
)
def test_a_broken_list_is_refused_with_its_line_and_writes_nothing(load_list, old, new, message):
    with pytest.raises(ValidationError) as refused:
        load_list({old: new})

    assert refused.value.messages == [message]
    assert OrgUnit.objects.count() == 0


def test_the_command_prints_what_a_person_must_look_at(load_list, small_list, tmp_path, capsys):
    load_list()
    newer = tmp_path / "newer.csv"
    text = small_list.replace("磁灶镇", "磁灶街道").replace("350582101000", "350582109000")
    text = text.replace("350521100001,350521100000,中新社区居委会,village\n", "")
    newer.write_text(f"code,parent_code,name,level\n{text}", encoding="utf-8")

    call_command("load_divisions", file=newer)

    lines = [line.split("（")[0] for line in capsys.readouterr().out.splitlines()]
    assert lines == [
        "泉州市：名单13行，新增0，未变11，更名1，改码1，上级与名单不同0，名单中已无1；另建无代码组织0个",
        "  更名    350582102000  磁灶镇 → 磁灶街道",
        "  改码    安海镇妇联  350582101000 → 350582109000",
        "  已无    350521100001  中新社区妇联",
    ]


def test_the_command_names_a_file_that_is_not_there(db, tmp_path):
    with pytest.raises(CommandError, match="没有这个文件"):
        call_command("load_divisions", file=tmp_path / "none.csv")


def test_the_lists_of_the_house_are_sound():
    for path in divisions.CITIES.values():
        assert divisions.city_code(path).endswith("00000000")
