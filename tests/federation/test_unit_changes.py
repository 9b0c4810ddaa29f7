"""组织变更: six kinds, each told before it is done, and nothing done that was not told."""

import datetime as dt

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone
from world import approved, fill, of, seat, take

from federation import grants, scope, tree, unit_changes
from federation.models import AuditEvent, HookUpLink, OrgUnit, UnitChange, UnitGrant, UnitType
from federation.unit_changes import Add, Close, Merge, Move, Part, Rename, Split
from reporting import consolidation, rights
from reporting.models import Submission

pytestmark = pytest.mark.usefixtures("calls")


@pytest.fixture
def asked(people):
    """What every change of the city's administrator carries."""
    return {"by": people.sysadmin, "day": timezone.localdate(), "reason": "泉编〔2014〕7号"}


def fresh(unit) -> OrgUnit:
    return OrgUnit.objects.select_related("unit_type").get(pk=unit.pk)


def kind(code) -> UnitType:
    return UnitType.objects.get(code=code)


def forms_seen(user, action="view") -> set[str]:
    return {s.unit.name for s in Submission.objects.visible_to(user, action).select_related("unit")}


def done(change) -> UnitChange:
    """``change`` previewed, then carried out as previewed."""
    seen = unit_changes.rehearse(change)
    return unit_changes.carry_out(change, seen=seen.fingerprint)


def refused(change) -> str:
    before = database()
    with pytest.raises((ValidationError, PermissionDenied)) as refusal:
        unit_changes.carry_out(change)
    assert database() == before
    error = refusal.value
    return "；".join(error.messages) if isinstance(error, ValidationError) else str(error)


def database() -> list:
    return [
        list(model.objects.order_by("pk").values())
        for model in (OrgUnit, UnitGrant, UnitChange, AuditEvent)
    ]


# -- Each kind ------------------------------------------------------------------------------------
def test_a_new_unit_hangs_last_below_its_parent_and_is_found(org, asked):
    change = Add(
        unit=org.town, unit_type=kind("village_federation"), **asked,
        facts={"name": "青阳村妇联", "short_name": "青阳村", "division_code": "350599001203"},
    )  # fmt: skip

    record = done(change)

    made = fresh(record.unit)
    assert tree.topmost([org.town.path, made.path]) == [org.town.path]
    assert made.opened_on == timezone.localdate()
    assert (made.short_name, made.owes_reports) == ("青阳村", True)
    assert list(OrgUnit.objects.matching("qycfl")) == [] or made in OrgUnit.objects.matching("qy")
    assert record.words == "在“临江镇妇联”下新设“青阳村妇联”"
    assert OrgUnit.objects.find_problems() == ([], [], [], [], [])


def test_a_renamed_unit_keeps_its_identity_and_is_found_by_its_old_name(org, asked):
    before = org.town.uuid

    record = done(
        Rename(unit=org.town, facts={"name": "临江街道妇联", "short_name": "临江街道"}, **asked)
    )

    after = fresh(org.town)
    assert (after.uuid, after.path) == (before, org.town.path)
    assert after.aliases == "临江镇妇联"  # 临江镇 is still its area
    assert list(OrgUnit.objects.matching("临江镇妇联")) == [after]
    assert record.words == "“临江镇妇联”更名为“临江街道妇联”"
    assert (record.before["名称"], record.after["名称"]) == ("临江镇妇联", "临江街道妇联")


def test_former_names_beyond_the_room_for_them_lose_the_oldest_whole(org, asked):
    OrgUnit.objects.filter(pk=org.town.pk).update(aliases="|".join(["旧" * 97, "老" * 97]))

    done(Rename(unit=org.town, facts={"name": "临江街道妇联"}, **asked))

    assert fresh(org.town).aliases == "老" * 97 + "|临江镇妇联"


def test_a_moved_unit_takes_its_branch_and_its_forms_to_another_reviewer(org, people, asked):
    fill(org.east_post, people.post, village=org.east_village)
    take("submit", org.east_post, people.post)
    admin = seat(org, "provincial", "province", "system_admin")

    effect = unit_changes.rehearse(
        Move(unit=org.east, parent=org.other_city, **{**asked, "by": admin})
    )
    assert forms_seen(people.leader) == forms_seen(people.county) | forms_seen(people.sibling)
    done(Move(unit=org.east, parent=org.other_city, **{**asked, "by": admin}))

    assert not forms_seen(people.leader) & forms_seen(people.county)
    assert forms_seen(people.other_city) >= forms_seen(people.county)
    assert of(org.east_post).reviewer == org.east
    assert of(org.east, "pairing-summary").reviewer == org.other_city
    assert {s.who.split("（")[0] for s in effect.gaining} == {"other_city演"}
    assert {"leader演", "city演", "audit演", "sysadmin演"} <= {
        s.who.split("（")[0] for s in effect.losing
    }
    assert OrgUnit.objects.find_problems() == ([], [], [], [], [])


def test_what_waits_for_review_is_judged_where_its_unit_hangs_now(org, people, asked):
    fill(org.east_post, people.post, village=org.east_village)
    take("submit", org.east_post, people.post)

    done(Move(unit=org.east_post, parent=org.west, **asked))

    form = of(org.east_post)
    assert form.reviewer == org.west
    assert rights.may_review(people.sibling, form)
    assert not rights.may_review(people.county, form)
    take("approve", org.east_post, people.sibling)
    assert of(org.west, "pairing-summary").rows.count() == 1
    assert of(org.east, "pairing-summary").rows.count() == 0


def test_a_row_counts_in_one_table_only_the_old_one_until_its_form_is_returned(org, people, asked):
    def tables() -> list[int]:
        return [of(unit, "pairing-summary").rows.count() for unit in (org.east, org.west)]

    approved(org.east_post, people.post, people.county, village=org.east_village)

    done(Move(unit=org.east_post, parent=org.west, **asked))
    consolidation.refresh(of(org.west, "pairing-summary"), by=people.sibling)
    assert tables() == [1, 0]
    take("return", org.east_post, people.sibling, reason="请核对村名")
    take("submit", org.east_post, people.post)
    take("approve", org.east_post, people.sibling)
    assert tables() == [0, 1]


def test_a_hook_up_does_not_follow_a_unit_out_of_its_departments_city(org, people, asked):
    admin = seat(org, "provincial", "province", "system_admin")
    assert "城西县演示幼儿园" in forms_seen(people.other_department)

    done(Move(unit=org.west, parent=org.other_city, **{**asked, "by": admin}))

    assert forms_seen(people.other_department) == set()
    assert HookUpLink.objects.get(department=org.other_department).ends_on < timezone.localdate()
    assert "城东区演示供电营业厅" in forms_seen(people.city)


def test_a_merged_county_hangs_closed_below_its_successor_with_all_it_sent(org, people, asked):
    approved(org.east_post, people.post, people.county, village=org.east_village)
    change = Merge(unit=org.west, successor=org.east, keep_people=True, **asked)

    record = done(change)

    west, east = fresh(org.west), fresh(org.east)
    assert (west.closed_on, west.successor_id) == (timezone.localdate(), east.pk)
    assert west.is_within(east)
    assert fresh(org.west_town).is_within(east)
    assert fresh(org.west_town).depth == east.depth + 1
    assert forms_seen(people.county) >= {"城西县妇联", "城西县演示幼儿园", "城东区妇联"}
    assert forms_seen(people.sibling) == forms_seen(people.county)
    assert set(people.sibling.appointments.current().values_list("unit", flat=True)) == {east.pk}
    assert record.words == "“城西县妇联”并入“城东区妇联”"
    assert set(east.changes.all()) == set()
    assert UnitChange.objects.get(others=east) == record
    assert OrgUnit.objects.find_problems() == ([], [], [], [], [])


def test_what_a_merged_county_still_owed_its_successor_fills_and_the_city_judges(
    org, people, asked
):
    approved(org.west_post, people.sibling_post, people.sibling, village=org.west_village)
    assert of(org.west, "pairing-summary").rows.count() == 1

    done(Merge(unit=org.west, successor=org.east, keep_people=False, **asked))

    table = of(org.west, "pairing-summary")
    assert table.reviewer == org.city
    assert rights.may_fill(people.county, table)
    assert not rights.may_fill(people.sibling, table)
    assert not rights.may_review(people.county, table)
    take("submit", org.west, people.county, "pairing-summary")
    take("approve", org.west, people.leader, "pairing-summary")
    event = of(org.west, "pairing-summary").events.get(step="submit")
    assert (event.acting_unit, event.on_behalf) == (org.east, False)
    assert table.pk in set(
        Submission.objects.visible_to(people.county).values_list("pk", flat=True)
    )


def test_a_successor_that_is_merged_in_its_turn_hands_everything_on(org, people, asked):
    done(Merge(unit=org.west, successor=org.east, keep_people=False, **asked))
    done(Merge(unit=org.east, successor=org.silent, keep_people=True, **asked))

    assert fresh(org.west).successor == org.silent
    assert rights.may_fill(people.county, of(org.west, "pairing-summary"))
    assert of(org.west, "pairing-summary").reviewer == org.city
    assert UnitChange.objects.get(unit=org.west).words == "“城西县妇联”并入“城东区妇联”"


def test_hook_ups_of_a_merged_county_end_or_go_along_as_chosen(org, people, asked):
    change = {"unit": org.west, "successor": org.east, **asked}

    with_them = unit_changes.rehearse(Merge(keep_links=True, **change))
    without = unit_changes.rehearse(Merge(keep_links=False, **change))

    word = "宣传部 挂钩联系 城东区妇联"
    assert [line.label for line in with_them.parts["挂钩"] if line.label == word] == [word]
    assert {line.label for line in without.parts["挂钩"]} == {"宣传部 挂钩联系 城西县妇联"}
    assert any("other_department" in s.who for s in without.losing)
    assert any("other_department" in s.who for s in with_them.gaining)


def test_people_of_another_kind_of_unit_do_not_bring_their_posts_along(org, people, asked):
    change = Merge(unit=org.east_village, successor=org.town, keep_people=True, **asked)

    assert "不是同一类组织" in refused(change)
    done(Merge(unit=org.east_village, successor=org.town, keep_people=False, **asked))
    assert not scope.may(people.village, "federation_view")


def test_an_administrators_seat_does_not_go_along_because_another_gives_it(org, people, asked):
    admin = seat(org, "west_admin", "west", "system_admin")

    done(Merge(unit=org.west, successor=org.east, keep_people=True, **asked))

    assert not admin.appointments.current().exists()
    assert not scope.may(admin, "federation_manage")
    assert people.sibling.appointments.current().get().unit == org.east


def test_a_unit_is_split_and_the_part_chosen_answers_for_what_it_left(org, people, asked):
    seats = {people.sibling.appointments.get().pk: 0, people.sibling2.appointments.get().pk: 1}
    change = Split(
        unit=org.west,
        parts=[Part(name="城西北县妇联"), Part(name="城西南县妇联")],
        heir=1,
        places={org.west_town.pk: 0, org.west_post.pk: 1},
        seats=seats,
        **asked,
    )

    record = done(change)

    north, south = (OrgUnit.objects.get(name=name) for name in ("城西北县妇联", "城西南县妇联"))
    assert set(record.others.all()) == {north, south}
    assert fresh(org.west_town).is_within(north)
    assert fresh(org.west_post).is_within(south)
    assert fresh(org.west).successor == south
    assert forms_seen(people.sibling2) == {"城西县妇联", "城西县演示幼儿园"}
    assert forms_seen(people.sibling) == set()
    assert of(org.west_post).reviewer == south
    assert rights.may_fill(people.sibling2, of(org.west, "pairing-summary"))
    assert OrgUnit.objects.find_problems() == ([], [], [], [], [])


def test_a_unit_may_give_off_a_part_and_stay(org, people, asked):
    change = Split(
        unit=org.town, parts=[Part(name="新江镇妇联")], keep=True,
        places={org.east_village2.pk: 0}, **asked,
    )  # fmt: skip

    done(change)

    assert not fresh(org.town).is_closed
    assert fresh(org.east_village).is_within(fresh(org.town))
    assert fresh(org.east_village2).is_within(OrgUnit.objects.get(name="新江镇妇联"))


def test_a_closed_unit_gives_nothing_any_more_not_even_to_who_began_today(org, people, asked):
    today = seat(org, "newcomer", "east_post2", "post_leader", starts_on=timezone.localdate())
    assert forms_seen(today) == {"城东区演示办税服务厅"}

    record = done(Close(unit=org.east_post2, **asked))

    assert forms_seen(today) == forms_seen(people.post2) == set()
    assert not UnitGrant.objects.filter(content_object=org.east_post2).exists()
    assert "城东区演示办税服务厅" in forms_seen(people.county)
    assert rights.may_fill(people.county, of(org.east_post2))
    assert record.after["承接"] == "无"
    assert fresh(org.east_post2).path == org.east_post2.path
    grants.derive_all()
    assert forms_seen(today) == set()


# -- What is refused ------------------------------------------------------------------------------
def test_a_unit_with_units_below_it_is_not_closed_and_they_are_named(org, asked):
    said = refused(Close(unit=org.town, **asked))

    assert "还有 2 个组织" in said
    assert "红旗村妇联（村（社区）妇联）" in said
    assert "金井社区妇联（村（社区）妇联）" in said


def test_where_a_unit_cannot_hang(org, people, asked):
    by = seat(org, "provincial", "province", "system_admin")
    asked = {**asked, "by": by}

    assert "它自己或它的下级" in refused(Move(unit=org.east, parent=org.town, **asked))
    assert "它自己或它的下级" in refused(Move(unit=org.east, parent=org.east, **asked))
    assert "已在“东海市妇联”之下" in refused(Move(unit=org.east, parent=org.city, **asked))
    assert "不能设在" in refused(Move(unit=org.west, parent=org.town, **asked))
    assert "不能设在" in refused(Move(unit=org.west, parent=org.east, **asked))
    assert "下面不能再设组织" in refused(Move(unit=org.town, parent=org.east_post, **asked))
    assert "级别低于" in refused(Merge(unit=org.west, successor=org.town, **asked))
    assert "自己或它的下级" in refused(Merge(unit=org.east, successor=org.town, **asked))
    made = {"unit_type": kind("county_federation"), "facts": {"name": "演示区妇联"}}
    assert "不能设在" in refused(Add(unit=org.town, **made, **asked))


def test_a_name_that_is_there_already_is_a_question_that_can_be_answered(org, asked):
    village = {"unit_type": kind("village_federation"), "facts": {"name": "红旗村妇联"}}

    assert "下面已有“红旗村妇联”" in refused(Add(unit=org.town, **village, **asked))
    assert "下面已有“红旗村妇联”" in refused(Move(unit=org.west_village, parent=org.town, **asked))
    assert "下面已有" in refused(
        Rename(unit=org.east_village2, facts={"name": "红旗村妇联"}, **asked)
    )
    made = done(Add(unit=org.town, same_name=True, **village, **asked)).unit
    assert made.pk != org.east_village.pk


def test_nobody_touches_her_own_unit_what_is_above_it_or_beyond_it(org, people, asked):
    mine = seat(org, "county_admin", "east", "system_admin")
    asked = {**asked, "by": mine}

    assert "您自己任职的组织" in refused(Close(unit=org.east, **asked))
    assert "不在您管理的范围内" in refused(Close(unit=org.city, **asked))
    assert "不在您管理的范围内" in refused(Close(unit=org.west_post, **asked))
    assert "不在您管理的范围内" in refused(Move(unit=org.east_post, parent=org.west, **asked))
    assert "不在您管理的范围内" in refused(
        Merge(unit=org.east_post, successor=org.west_post, **asked)
    )
    done(Rename(unit=org.east, facts={"contact_email": "east@example.com"}, **asked))
    for other in (people.county, people.leader, people.audit):
        assert "不在您管理的范围内" in refused(Close(unit=org.east_post, **{**asked, "by": other}))


def test_a_second_post_at_the_unit_holds_an_administrator_back_as_well(org, people, asked):
    grants.appoint(
        people.sysadmin,
        org.town,
        people.sysadmin.appointments.get().post,
        starts_on=dt.date(2014, 1, 1),
    )

    assert "您自己任职的组织" in refused(Merge(unit=org.east, successor=org.west, **asked))


def test_words_and_days_that_cannot_be(org, asked):
    tomorrow = timezone.localdate() + dt.timedelta(days=1)

    assert "不能晚于今天" in refused(Close(unit=org.east_post, **{**asked, "day": tomorrow}))
    assert "请写明依据" in refused(Close(unit=org.east_post, **{**asked, "reason": " "}))
    assert "没有改动" in refused(Rename(unit=org.town, facts={"name": "临江镇妇联"}, **asked))
    OrgUnit.objects.filter(pk=org.east_post.pk).update(opened_on=dt.date(2014, 3, 1))
    early = {**asked, "day": dt.date(2014, 2, 1)}
    assert "不能早于成立日期" in refused(Close(unit=org.east_post, **early))
    done(Close(unit=org.east_post, **asked))
    assert "撤销，不能再办理变更" in refused(Close(unit=org.east_post, **asked))
    assert "撤销，不能再办理变更" in refused(
        Move(unit=org.west_town, parent=fresh(org.east_post), **asked)
    )


@pytest.mark.parametrize(
    ("more", "said"),
    [
        ({"parts": [Part(name="甲")]}, "至少写两个"),
        ({"parts": [], "keep": True}, "至少写一个"),
        ({"parts": [Part(name="甲"), Part(name="甲")]}, "不能相同"),
        ({"parts": [Part(name="甲"), Part(name="乙")]}, "还要说明这些下级归哪个"),
        ({"parts": [Part(name="甲"), Part(name="乙")], "heir": 2}, "承接原组织的档案"),
        ({"parts": [Part(name="甲"), Part(name="乙")], "places": {0: 2}}, "没有填写的第 3 个"),
        ({"parts": [Part(name="甲"), Part(name="城东区妇联")]}, "下面已有“城东区妇联”"),
    ],
)
def test_a_split_that_leaves_something_unsaid_is_refused(org, asked, more, said):
    assert said in refused(Split(unit=org.west, **more, **asked))


# -- The preview ----------------------------------------------------------------------------------
def test_a_rehearsal_leaves_nothing_behind(org, asked):
    before = database()

    effect = unit_changes.rehearse(Merge(unit=org.west, successor=org.east, **asked))

    assert effect.lines
    assert database() == before


def test_who_agreed_to_another_preview_is_asked_again(org, people, asked):
    change = Merge(unit=org.west, successor=org.east, **asked)
    seen = unit_changes.rehearse(change)
    seat(org, "late", "west", "officer")
    before = database()

    with pytest.raises(unit_changes.Superseded) as now:
        unit_changes.carry_out(change, seen=seen.fingerprint)

    assert database() == before
    assert any("late" in line.label for line in now.value.effect.lines)


def test_the_same_rehearsal_has_the_same_fingerprint(org, asked):
    change = Split(
        unit=org.west, parts=[Part(name="甲县妇联"), Part(name="乙县妇联")],
        places={org.west_town.pk: 0, org.west_post.pk: 1}, **asked,
    )  # fmt: skip

    assert unit_changes.rehearse(change).fingerprint == unit_changes.rehearse(change).fingerprint


def test_the_record_cannot_be_rewritten(org, asked):
    record = done(Rename(unit=org.town, facts={"short_name": "临江"}, **asked))
    record.reason = "别的原因"

    with pytest.raises(TypeError):
        record.save()


def test_each_unit_concerned_has_its_audit_line(org, people, asked):
    done(Merge(unit=org.west, successor=org.east, **asked))

    lines = AuditEvent.objects.filter(verb="merge_unit")
    assert {line.unit for line in lines} == {org.west, org.east}
    assert {line.actor for line in lines} == {people.sysadmin}
    moved = AuditEvent.objects.filter(verb__in=("end_appointment", "appoint", "derive_grants"))
    assert moved.filter(verb="end_appointment").count() == 2
    assert moved.filter(verb="appoint").count() == 2
    assert moved.filter(verb="derive_grants").exists()


def test_a_code_given_to_another_unit_gives_it_no_old_grant(org, people, asked):
    OrgUnit.objects.filter(pk=org.west.pk).update(division_code="350599000000")
    done(Merge(unit=org.west, successor=org.east, keep_people=False, **asked))
    before = set(OrgUnit.objects.values_list("uuid", flat=True))

    record = done(
        Add(
            unit=org.city, unit_type=kind("county_federation"), **asked,
            facts={"name": "城西县妇联", "division_code": "350599000000"},
        )
    )  # fmt: skip

    assert record.unit.uuid not in before
    assert not UnitGrant.objects.filter(content_object=record.unit).exists()
    assert not scope.may(people.sibling, "federation_view", record.unit)
