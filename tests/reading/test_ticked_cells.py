"""附件1 as offices fill it: choices ticked in every manner, and three facts of a leader in one cell."""

import pytest

from pairing.annexes import PairingIntent
from pairing.leaders import read_leader
from pairing.ticks import ticked

FORM = PairingIntent()
CHOSEN = [
    # In the brackets behind.
    ("物质牵手（√）、项目牵手（ ）、\n文化牵手（✓）、爱心牵手（ ）；", "material culture"),
    ("物质牵手（×）、项目牵手（√）、文化牵手（×）、爱心牵手（√）", "project compassion"),
    ("物质牵手（是）、项目牵手（否）、文化牵手（是）、爱心牵手（否）", "material culture"),
    ("物质牵手（无）、项目牵手（有）、文化牵手（无）、爱心牵手（有）", "project compassion"),
    ("物质牵手（0）、项目牵手（1）、文化牵手（0）、爱心牵手（1）", "project compassion"),
    ("物质牵手（Y）、项目牵手（N）、文化牵手（n）、爱心牵手（y）", "material compassion"),
    ("物质牵手（不提供）、项目牵手（提供）", "project"),
    ("物质牵手（衣物）、项目牵手（ ）、文化牵手（图书）、爱心牵手（ ）", "material culture"),
    ("物质牵手（文化用品）、项目牵手（ ）、文化牵手（ ）、爱心牵手（ ）", "material"),
    ("物质牵手（衣物）（√）、项目牵手（培训）（×）", "material"),
    ("（可多选，请打√）物质牵手（√）、项目牵手（ ）", "material"),
    ("物质牵手(√)项目牵手( )文化牵手(√)爱心牵手()", "material culture"),
    ("（√）物质牵手 （ ）项目牵手 （√）文化牵手 （ ）爱心牵手", "material culture"),
    ("（√）物质牵手 项目牵手 （√）文化牵手 爱心牵手", "material culture"),
    # Boxes and ticks before.
    ("□物质 ☑项目 □文化 ☑爱心", "project compassion"),
    ("□物质☑项目□文化☑爱心", "project compassion"),
    ("☐物质牵手 ☒项目牵手 ☐文化牵手 ☒爱心牵手", "project compassion"),
    ("○物质牵手 ●项目牵手 ○文化牵手 ●爱心牵手", "project compassion"),
    ("√ 物质 √ 项目 文化 爱心", "material project"),
    ("物质 √项目 文化 √爱心", "project compassion"),
    ("□√物质牵手 □项目牵手 □文化牵手 □爱心牵手", "material"),
    ("☑物质牵手（衣物） □项目牵手（资金） □文化牵手（图书）", "material"),
    # Behind.
    ("物质牵手□ 项目牵手☑ 文化牵手□ 爱心牵手☑", "project compassion"),
    ("物质□项目☑文化□爱心☑", "project compassion"),
    ("物质 项目√ 文化 爱心√", "project compassion"),
    ("物质牵手\n项目牵手√\n文化牵手\n爱心牵手√", "project compassion"),
    ("1、物质牵手 2、项目牵手√ 3、文化牵手 4、爱心牵手√", "project compassion"),
    # In words.
    ("项目、爱心", "project compassion"),
    ("物质牵手、文化牵手", "material culture"),
    ("提供物质牵手、项目牵手", "material project"),
    ("不提供物质牵手，提供项目牵手", "project"),
    ("没有物质牵手，提供项目牵手", "project"),
    ("物质、项目，不提供文化", "material project"),
    ("物质无项目有文化无爱心有", "project compassion"),
    ("物质：有，项目：无", "material"),
    ("无偿提供项目牵手", "project"),
    ("文化牵手：举办文化项目2期", "culture"),
    # What cannot be told is asked.
    ("物质牵手（ ）、项目牵手（ ）、\n文化牵手（ ）、爱心牵手（ ）；", ""),
    ("物质牵手、项目牵手、文化牵手、爱心牵手", ""),
    ("物质√项目√文化", ""),
    ("□物质√□项目□文化√□爱心", ""),
    ("☒物质 ☒项目 文化", ""),
    ("☑物质 ☒项目 ☐文化", ""),
    ("√物质牵手（×）、项目牵手（ ）", ""),
    ("物质牵手（待定）、项目牵手（√）", ""),
    ("物质牵手（是□否☑）、项目牵手（是☑否□）", ""),
    ("物质牵手、项目牵手（培训）", ""),
    ("物质、项目、×文化、爱心", ""),
    ("不提供物质、项目", ""),
    ("物质牵手没有资金，提供项目牵手", ""),
    ("开展技术项目培训", ""),
    ("√", ""),
    ("", ""),
]
LEVELS = [
    ("国家级（）省级（√）市级（）", "provincial"),
    ("全国级（  ）  省级（  ）  市级（√）", "municipal"),
    ("全国级（ ）省级（2012年）市级（ ）", "provincial"),
    ("全国级（×） 省级（×） 市级（√）", "municipal"),
    ("全国级（否） 省级（否） 市级（是）", "municipal"),
    ("□全国级 □省级 ☑市级", "municipal"),
    ("☐全国级 ☐省级 ☒市级", "municipal"),
    ("全国级 省级 市级√", "municipal"),
    ("√ 市级", "municipal"),
    ("市级巾帼文明岗", "municipal"),
    ("国家级", "national"),
    ("全国级（  ）  省级（  ）  市级（  ）", ""),
]
DOUBTFUL_LEVELS = [
    "2012年获省级、2009年获市级",
    "全国级 省级 市级",
    "省级√市级",
    "福建省巾帼文明岗",
]
ZHANG = "张演示|主任|"
LEADERS = [
    ("曾演示 / 经理 / (0595) 2200-0012", "曾演示|经理|0595-22000012"),
    ("张演示，主任，0595 22000001", ZHANG + "0595-22000001"),
    ("张演示 主任 0595－2380 0002", ZHANG + "0595-23800002"),
    ("张演示 主任 0595-22000001转123", ZHANG + "0595-22000001-123"),
    ("张演示 主任 138 0000 0001", ZHANG + "13800000001"),
    ("张演示、主任、138 0000-0001", ZHANG + "13800000001"),
    ("张演示|主任|+86 138 0000 0001", ZHANG + "13800000001"),
    ("张演示 主任（１３８００００００１１）", ZHANG + "13800000011"),
    ("张 演示 主任 13800000001", ZHANG + "13800000001"),
    ("张 演 示 主任 13800000001", ZHANG + "13800000001"),
    ("张/主任/13800000001", "张|主任|13800000001"),
    ("张（主任） 13800000001", "张|主任|13800000001"),
    ("张演示（主任） 13800000001", ZHANG + "13800000001"),
    ("主任 张演示 13800000001", ZHANG + "13800000001"),
    ("13800000001 张演示 主任", ZHANG + "13800000001"),
    ("张演示\n主任\n13800000001", ZHANG + "13800000001"),
    ("姓名:张演示 职务:主任 电话:13800000001", ZHANG + "13800000001"),
    ("负责人：张演示，职务：主任，手机：13800000001", ZHANG + "13800000001"),
    ("张演示 主任 电话13800000001", ZHANG + "13800000001"),
    ("张演示 副主任、妇委会主任 13800000001", "张演示|副主任、妇委会主任|13800000001"),
    ("张演示  岗长  16900000001", "张演示|岗长|16900000001"),
    ("阿依古丽·买买提 主任 13800000001", "阿依古丽·买买提|主任|13800000001"),
    # What is missing is asked, and nothing is put in its place.
    ("王 芳 13800000001", "王芳||13800000001"),
    ("张演示13800000001", "张演示||13800000001"),
    ("张演示  岗长", "张演示|岗长|"),
    ("", "||"),
]
WHOLE = [
    "张演示、李演示 主任 13800000001",
    "张演示、李演示 13800000001",
    "张演示 主任 138 0000 0001、李演示 主任 13900000002",
    "张演示 主任 很忙 13800000001",
]


def read(**cells):
    """Values and errors of the form whose cells say this."""
    return FORM.clean(FORM.read_cells(cells), context={"post_kind": "post"})


@pytest.mark.parametrize(("text", "codes"), CHOSEN)
def test_only_what_was_ticked_is_offered(text, codes):
    values, errors = read(B11=text)

    assert values["offered_support"] == codes.split()
    assert ("offered_support" in errors) is not bool(codes)


@pytest.mark.parametrize(("text", "code"), LEVELS)
def test_the_level_is_the_one_ticked(text, code):
    values, errors = read(B6=text)

    assert (values["post_level"] or "") == code
    assert ("post_level" in errors) is not bool(code)


@pytest.mark.parametrize("text", DOUBTFUL_LEVELS)
def test_a_doubtful_level_is_asked(text):
    values, errors = read(B6=text)

    assert not values["post_level"]
    assert errors["post_level"]


@pytest.mark.parametrize(("text", "parts"), LEADERS)
def test_name_title_and_telephone_are_parted(text, parts):
    values, errors = read(B7=text)
    keys = ("leader_name", "leader_title", "leader_phone")

    assert [values[key] for key in keys] == parts.split("|")
    assert [key for key in keys if not values[key]] == [key for key in keys if key in errors]


@pytest.mark.parametrize("text", WHOLE)
def test_two_persons_in_one_cell_stay_together_and_are_asked(text):
    values, errors = read(B7=text)

    assert values["leader_name"] == text
    assert {"leader_title", "leader_phone"} <= errors.keys()


def test_two_numbers_stay_together_and_are_asked():
    values, errors = read(B7="张演示、主任、0595-22000001/13800000001")

    assert (values["leader_name"], values["leader_title"]) == ("张演示", "主任")
    assert values["leader_phone"] == "0595-22000001/13800000001"
    assert "leader_phone" in errors


def test_a_cell_of_thousands_of_signs_is_asked_at_once():
    assert ticked("√ 物质牵手 " * 5_000, {"物质牵手": "material"}) is None
    assert read_leader("张 1 " * 5_000)["leader_phone"] == ""
