"""建档, 修改 and what hangs on an archive: checked, kept with consent, never lost, two at once."""

import uuid

import pytest
from days import today

from federation.models import AuditEvent
from registry.models import Carer, Consent, Enrolment, Need, Person
from tests.archives import number, phone, years_ago

pytestmark = pytest.mark.django_db


@pytest.fixture
def send(client):
    """Posts a form as somebody; the answer is not followed."""

    def post(user, path, **fields):
        client.force_login(user)
        return client.post(path, {"idempotency_key": str(uuid.uuid4()), **fields})

    return post


def everyone(model=Person):
    return model.objects.unscoped(reason="a test looks at it")


def at(unit, **more) -> dict:
    return {"unit_unit": str(unit.uuid), "unit_text": unit.short_name, **more}


def agreed(**more) -> dict:
    return {
        "consent-basis": "consent", "consent-given_on": str(today()),
        "consent-purposes": ["register", "contact"], **more,
    }  # fmt: skip


# -- 建档 ------------------------------------------------------------------------------------------
def test_a_woman_is_entered_with_two_programmes_in_one_go(send, org, people, programmes):
    born_on = years_ago(40)
    fields = at(org.east_village, name="郑演甲子", sex="F", id_number=number(born_on, 2)) | agreed()
    fields |= {
        "poor_woman-chosen": "on", "poor_woman-in_cause": "缺技术", "poor_woman-in_labour": "2",
        "left_behind_woman-chosen": "on", "left_behind_woman-in_poor": "1", "phone": phone(1),
    }  # fmt: skip

    answer = send(people.village, "/persons/new/", **fields)

    woman = everyone().get(name="郑演甲子")
    assert answer["Location"] == f"/persons/{woman.uuid}/"
    assert (woman.sex, woman.born_on, woman.phone.open()) == ("F", born_on, phone(1))
    held = {e.programme.code: e.particulars for e in woman.enrolments.select_related("programme")}
    assert held == {
        "poor_woman": {"cause": "缺技术", "labour": 2},
        "left_behind_woman": {"poor": True},
    }
    assert woman.consents.get().purposes == ["register", "contact"]


@pytest.mark.parametrize(
    ("fields", "field", "sentence"),
    [
        ({"id_number": "12345"}, "id_number", "应为18位"),
        ({"phone": "123"}, "phone", "11位手机号"),
        ({"name": ""}, "name", "必填"),
        ({"born_on": ""}, "born_on", "请填写出生日期"),
        ({"born_on": "2190-01-01"}, "born_on", "不合理"),
        ({"id_number": number(years_ago(40), 2), "sex": "M"}, "sex", "与身份证号不一致"),
        ({"id_number": number(years_ago(41), 2)}, "born_on", "与身份证号中的出生日期不一致"),
    ],
)
def test_what_is_wrong_is_said_beside_its_field_and_what_was_typed_stays(
    send, org, people, programmes, fields, field, sentence
):
    typed = at(org.east_village, name="郑演甲子", sex="F", born_on=str(years_ago(40)),
               note="演示备注", **{"poor_woman-chosen": "on", "poor_woman-in_living": "演示生存"})  # fmt: skip

    answer = send(people.village, "/persons/new/", **{**typed, **agreed(), **fields})

    assert answer.status_code == 422
    told = " ".join(answer.context["form"].errors.get(field, []))
    assert sentence in told or (field == "name" and told)
    page = answer.content.decode()
    for kept in ("演示备注", "演示生存"):
        assert kept in page
    assert not everyone().exists()


def test_who_does_not_fit_a_programme_is_entered_with_a_reason_alone(send, org, people, programmes):
    fields = at(org.east_village, name="郑演甲子", sex="F", born_on=str(years_ago(70)))
    fields["left_behind_woman-chosen"] = "on"

    first = send(people.village, "/persons/new/", **fields)
    second = send(people.village, "/persons/new/", **fields,
                  **{"left_behind_woman-override": "丈夫长期外出，一人带孙"})  # fmt: skip

    assert first.status_code == 422
    assert "应不超过59周岁" in first.content.decode()
    assert second.status_code == 302
    told = AuditEvent.objects.get(verb="enrol")
    assert told.detail == {"what": "留守妇女", "reason": "丈夫长期外出，一人带孙"}


def test_who_enters_a_child_at_her_own_village_becomes_her_carer(send, org, people, programmes):
    send(people.village, "/persons/new/",
         **at(org.east_village, name="郑演丙子", sex="F", born_on=str(years_ago(9))),
         **{"left_behind_child-chosen": "on"})  # fmt: skip

    child = everyone().get()
    assert list(Carer.objects.in_force().values_list("person", "user")) == [
        (child.pk, people.village.pk)
    ]


def test_a_county_officer_enters_no_child(send, org, people, programmes):
    answer = send(people.county, "/persons/new/",
                  **at(org.east_village, name="郑演丙子", sex="F", born_on=str(years_ago(9))))  # fmt: skip

    assert answer.status_code == 422
    assert "由其所在村（社区）" in answer.content.decode()
    assert not everyone().exists()


def test_of_a_child_without_her_guardians_consent_only_the_least_is_kept(
    send, org, people, programmes
):
    child = at(org.east_village, name="郑演丙子", sex="F", born_on=str(years_ago(9)))
    guardian = {"consent-guardian_name": "郑演壬子", "consent-guardian_kind": "guardian"}

    refused = send(people.village, "/persons/new/", **child, phone=phone(1))
    without = send(people.village, "/persons/new/", **child, phone=phone(1), **agreed())
    kept = send(people.village, "/persons/new/", **child, phone=phone(1), **agreed(**guardian))

    assert refused.status_code == without.status_code == 422
    assert "缺监护人同意" in refused.content.decode()
    assert "须由监护人同意" in without.content.decode()
    assert kept.status_code == 302
    assert everyone(Consent).get().by_guardian


def test_an_archive_is_built_only_where_one_writes(send, org, people, programmes):
    fields = at(org.west_village, name="郑演甲子", sex="F", born_on=str(years_ago(40)))

    assert send(people.village, "/persons/new/", **fields).status_code == 404
    assert not everyone().exists()


def test_a_health_programme_is_offered_to_the_zone_alone(client, people, programmes):
    def offered(user):
        client.force_login(user)
        return {form.prefix for form in client.get("/persons/new/").context["programmes"]}

    assert "two_cancers" in offered(people.village)
    assert "two_cancers" not in offered(people.county)


# -- 修改 ------------------------------------------------------------------------------------------
def opened(client, user, person) -> dict:
    """What the form of an archive sends back when nothing was changed."""
    client.force_login(user)
    page = client.get(f"/persons/{person.uuid}/edit/")
    assert page.status_code == 200
    form = page.context["form"]
    sent = {name: form[name].value() for name in form.fields}
    sent = {n: str(v) for n, v in sent.items() if v not in (None, "") and n != "registered_unit"}
    return {**sent, "version": page.context["version"], "base": page.context["base"]}


def test_the_form_shows_no_sealed_value_and_leaves_what_is_not_typed(
    client, send, people, archives
):
    consent(archives.woman, people.village)
    sent = opened(client, people.village, archives.woman)
    page = client.get(f"/persons/{archives.woman.uuid}/edit/").content.decode()

    answer = send(people.village, f"/persons/{archives.woman.uuid}/edit/", **{**sent, "note": "甲"})

    assert answer.status_code == 302
    for private in (phone(11), number(archives.woman.born_on, 22), "演示路11号", "演示病症"):
        assert private not in page
    woman = everyone().get(pk=archives.woman.pk)
    assert (woman.note, woman.phone.open(), woman.version) == ("甲", phone(11), 2)
    assert AuditEvent.objects.get(verb="change_person").detail == {"fields": ["备注"]}


def test_a_sealed_value_is_taken_away_by_a_word(client, send, people, archives):
    consent(archives.woman, people.village)
    sent = opened(client, people.village, archives.woman)

    send(people.village, f"/persons/{archives.woman.uuid}/edit/", **sent, phone="无")

    assert everyone().get(pk=archives.woman.pk).phone is None


def test_two_who_change_different_fields_both_keep_theirs(client, send, people, archives):
    consent(archives.woman, people.village)
    path = f"/persons/{archives.woman.uuid}/edit/"
    first = opened(client, people.village, archives.woman)
    second = dict(first)

    send(people.village, path, **{**first, "ethnicity": "汉族"})
    answer = send(people.county, path, **{**second, "marriage": "已婚"})

    assert answer.status_code == 302
    woman = everyone().get(pk=archives.woman.pk)
    assert (woman.ethnicity, woman.marriage, woman.version) == ("汉族", "已婚", 3)


def test_two_who_change_one_field_choose(client, send, people, archives):
    consent(archives.woman, people.village)
    path = f"/persons/{archives.woman.uuid}/edit/"
    first = opened(client, people.village, archives.woman)
    send(people.village, path, **{**first, "note": "甲", "education": "小学"})

    asked = send(people.county, path, **{**first, "note": "乙"})
    cells = asked.context["cells"]
    kept = dict(asked.context["kept"])
    done = send(people.county, path, version=2, **kept, **{"choice:note": "mine"})

    assert asked.status_code == 409
    assert [(c["label"], c["theirs"], c["mine"]) for c in cells] == [("备注", "甲", "乙")]
    assert done.status_code == 302
    woman = everyone().get(pk=archives.woman.pk)
    assert (woman.note, woman.education) == ("乙", "小学")


def test_the_other_ones_sealed_value_is_not_shown_to_who_was_late(client, send, people, archives):
    """Consent first: without it no telephone would be changed."""
    consent(archives.woman, people.village)
    path = f"/persons/{archives.woman.uuid}/edit/"
    first = opened(client, people.village, archives.woman)
    send(people.village, path, **{**first, "phone": phone(77)})

    asked = send(people.county, path, **{**first, "phone": phone(78)})

    assert asked.status_code == 409
    assert phone(77) not in asked.content.decode()
    assert "［不显示］" in asked.content.decode()


def consent(person, by) -> None:
    Consent(
        person=person, basis="consent", purposes=["register", "health"], notice_version="1",
        given_on=today(), recorded_by=by,
    ).save()  # fmt: skip


def test_who_may_not_open_a_child_is_asked_for_a_reason_first(client, carers, archives):
    client.force_login(carers.children_county)

    answer = client.get(f"/persons/{archives.child.uuid}/edit/")

    assert answer.status_code == 302
    assert str(archives.child.uuid) in answer["Location"] or answer["Location"] == "/persons/"


# -- What hangs on it ------------------------------------------------------------------------------
def part(person, name, key="new") -> str:
    return f"/persons/{person.uuid}/parts/{name}/{key}/"


def test_a_programme_is_entered_and_left_with_a_reason(send, people, archives, programmes):
    send(people.village, part(archives.elder, "programmes"),
         **{"left_behind_woman-chosen": "on", "left_behind_woman-override": "演示理由"})  # fmt: skip
    row = archives.elder.enrolments.get(programme=programmes.left_behind_woman)

    empty = send(people.village, part(archives.elder, "leave", row.uuid), on=str(today()))
    done = send(
        people.village, part(archives.elder, "leave", row.uuid), on=str(today()), reason="超龄"
    )

    assert (empty.status_code, done.status_code) == (422, 302)
    row.refresh_from_db()
    assert (row.ends_on, row.exit_reason) == (today(), "超龄")


def test_particulars_are_changed_and_private_ones_not_shown(client, send, people, archives):
    consent(archives.elder, people.village)
    row = archives.elder.enrolments.get()
    path = part(archives.elder, "enrolment", row.uuid)
    code = row.programme.code
    start = {f"{code}-starts_on": str(row.starts_on)}

    send(people.village, path, **start, **{f"{code}-in_self_care": "半自理"})
    page = client.get(path).content.decode()
    send(people.village, path, **start, **{f"{code}-in_lives": "独居"})

    assert "已填：有记录" in page
    row.refresh_from_db()
    assert row.particulars == {"self_care": "半自理", "lives": "独居"}


def test_a_relation_is_a_registered_person_or_a_name(send, people, archives):
    other = {"other_unit": str(archives.elder.uuid), "other_text": archives.elder.name}

    send(people.village, part(archives.woman, "relation"), kind="parent", **other)
    send(
        people.village,
        part(archives.woman, "relation"),
        kind="spouse",
        name="郑演甲子",
        phone=phone(5),
    )
    nobody = send(people.village, part(archives.woman, "relation"), kind="child")

    parent, spouse = archives.woman.relations.order_by("kind")
    assert (parent.other, spouse.name, spouse.phone.open()) == (
        archives.elder,
        "郑演甲子",
        phone(5),
    )
    assert nobody.status_code == 422


def test_nobody_out_of_reach_becomes_a_relation(send, people, archives):
    other = {"other_unit": str(archives.west_woman.uuid), "other_text": archives.west_woman.name}

    answer = send(people.village, part(archives.woman, "relation"), kind="parent", **other)

    assert answer.status_code == 404
    assert not archives.woman.relations.exists()


def test_a_relation_ends(send, people, archives):
    row = archives.child.relations.get(kind="temporary_guardian")

    send(people.village, part(archives.child, "end", row.uuid), on=str(today()))

    row.refresh_from_db()
    assert row.ends_on == today()


def test_a_household_is_found_by_its_number_joined_and_left(send, people, archives):
    send(
        people.village,
        part(archives.woman, "household"),
        number="12",
        is_head="on",
        address="演示路",
    )
    send(people.village, part(archives.child, "household"), number="12")
    send(people.village, part(archives.elder, "household"),
         with_whom_unit=str(archives.woman.uuid), with_whom_text="林演甲子")  # fmt: skip

    for person in (archives.woman, archives.child, archives.elder):
        person.refresh_from_db()
    home = archives.woman.household
    assert home.head == archives.woman
    assert home == archives.child.household == archives.elder.household

    send(people.village, part(archives.woman, "household"), move_out="1")

    archives.woman.refresh_from_db()
    home.refresh_from_db()
    assert (archives.woman.household, home.head) == (None, None)


def test_a_need_is_told_worked_on_and_closed_with_what_closed_it(send, people, archives):
    consent(archives.woman, people.village)
    send(
        people.village,
        part(archives.woman, "need"),
        category="loan",
        text="演示贷款",
        opened_on=str(today()),
    )
    need = archives.woman.needs.get(category="loan")
    path = part(archives.woman, "close", need.uuid)

    send(people.village, path, state="under_way", on=str(today()))
    need.refresh_from_db()
    under_way = need.state
    bare = send(people.village, path, state="met", on=str(today()))
    send(people.village, path, state="met", on=str(today()), how="发放演示贴息贷款")

    need.refresh_from_db()
    assert (under_way, bare.status_code) == ("under_way", 422)
    assert (need.state, need.closed_on, need.closed_by) == ("met", today(), "发放演示贴息贷款")
    again = send(people.village, path, state="dropped", on=str(today()), how="再改")
    assert again.status_code == 422


def test_what_is_kept_for_health_is_not_named_in_the_trail(send, people, archives):
    consent(archives.woman, people.village)
    send(
        people.village,
        part(archives.woman, "need"),
        category="health",
        text="演示病症丙",
        opened_on=str(today()),
    )
    row = archives.woman.enrolments.get(programme__code="two_cancers")
    send(people.village, part(archives.woman, "leave", row.uuid), on=str(today()), reason="康复")

    told = " ".join(str(event.detail) for event in AuditEvent.objects.all())
    assert "健康类专项" in told
    for word in ("两癌", "疾病", "演示病症"):
        assert word not in told


def test_a_part_of_another_archive_is_not_there(client, people, archives):
    client.force_login(people.village)
    need = everyone(Need).get()

    assert client.get(part(archives.elder, "need", need.uuid)).status_code == 404
    assert client.get(part(archives.woman, "need", need.uuid)).status_code == 200
    assert client.get(part(archives.woman, "nonsense")).status_code == 404
    assert client.get(part(archives.woman, "need", "nonsense")).status_code == 404


def test_the_picker_gives_only_those_whose_name_one_may_read(client, people, carers, archives):
    def picked(user, words, what="persons"):
        client.force_login(user)
        found = client.get(f"/persons/pick/{what}/", {"q": words}).json()["results"]
        return [line["label"] for line in found]

    assert picked(people.village, "wyby") == ["王演丙寅"]
    assert picked(people.county, "王") == []
    assert picked(carers.children_county, "王") == []
    assert picked(people.county, "周") == []
    assert "红旗村" in picked(people.county, "红旗", "units")


def test_a_dead_persons_archive_is_not_changed(client, send, people, archives):
    sent = opened(client, people.village, archives.elder)
    everyone().filter(pk=archives.elder.pk).update(state="dead")

    answer = send(people.village, f"/persons/{archives.elder.uuid}/edit/", **{**sent, "note": "甲"})

    assert answer.status_code == 422
    assert "恢复" in answer.content.decode()
    assert not Enrolment.objects.visible_to(people.county).filter(person=archives.child).exists()
