"""典型: up by nomination, down by publication; no name without consent, no number at all."""

import pytest
from django.core.exceptions import PermissionDenied, ValidationError
from django.utils import timezone

from federation.scope import OutOfReach
from pairing import cases
from pairing.models import TypicalCase
from registry import consents
from registry.refusal import Refused
from tests.access.pairing_papers import TEXT

SEATS = ("post", "county", "village", "committee", "city", "leader", "sibling", "sibling_post",
         "other_city", "volunteer", "nobody")  # fmt: skip


def written(people, org, *, by="post", unit="east_post", text=TEXT, cleared=False, pair=None):
    values = {"title": "一个好做法", "text": text, "names_cleared": cleared}
    return cases.save(None, values, by=getattr(people, by), unit=getattr(org, unit), pairing=pair)


def readers(people) -> set[str]:
    return {s for s in SEATS if TypicalCase.objects.visible_to(getattr(people, s)).exists()}


def test_a_case_is_read_by_its_unit_then_above_then_below_who_published_it(pairs, people, org):
    case, seen = written(people, org), []
    seen.append(readers(people))
    cases.nominate(case, by=people.post)
    seen.append(readers(people))
    cases.publish(case, by=people.county)
    seen.append(readers(people))
    cases.decline(case, by=people.county, answer="内容有变动，先撤下")
    seen.append(readers(people))
    cases.nominate(case, by=people.post)
    cases.publish(case, by=people.leader)
    seen.append(readers(people))

    above = {"post", "county", "city", "leader"}
    # Published by the county: everybody of the county, and nobody of the county beside.
    east = above | {"village", "committee"}
    assert seen == [{"post"}, above, east, above, east | {"sibling", "sibling_post"}]


def test_who_writes_and_who_judges(pairs, people, org):
    for by, unit in (("volunteer", "east_village"), ("city", "department"), ("county", "west")):
        with pytest.raises(OutOfReach):
            written(people, org, by=by, unit=unit)
    case = cases.nominate(written(people, org, by="county", unit="east"), by=people.county)
    judged = {}
    for seat in ("county", "county2", "post", "sibling", "city", "leader"):
        try:
            cases.decline(case, by=getattr(people, seat), answer="请补充成效")
            judged[seat] = "declined"
        except PermissionDenied:
            judged[seat] = "not hers"

    assert judged == dict.fromkeys(("county", "county2", "post", "sibling", "city"), "not hers") | {
        "leader": "declined"
    }


def test_what_is_nominated_is_changed_after_it_was_taken_back_and_declined_with_an_answer(
    pairs, people, org
):
    case = cases.nominate(written(people, org), by=people.post)
    other = {"title": "另一个做法", "text": TEXT, "names_cleared": False}
    with pytest.raises(Refused, match="不能修改"):
        cases.save(case, other, by=people.post)
    cases.withdraw(case, by=people.post)
    cases.save(case, other, by=people.post)
    cases.nominate(case, by=people.post)
    with pytest.raises(ValidationError, match="请写明"):
        cases.decline(case, by=people.county, answer=" ")
    declined = cases.decline(case, by=people.county, answer="请补充成效")

    assert (declined.title, declined.state, declined.answer) == (
        "另一个做法",
        "declined",
        "请补充成效",
    )


def test_a_county_cannot_take_down_what_the_city_published(pairs, people, org):
    case = cases.publish(cases.nominate(written(people, org), by=people.post), by=people.leader)
    with pytest.raises(Refused, match="由东海市妇联推广"):
        cases.decline(case, by=people.county, answer="不同意")


@pytest.mark.parametrize(
    ("text", "field"),
    [
        ("太短", "text"),
        (f"{TEXT}联系电话16900000301。", "text"),
        (f"{TEXT}受助的陈演乙丑老人很高兴。", "text"),
        (f"{TEXT}志愿者孙演庚寅每周上门。", "text"),
        (f"{TEXT}林演甲子也来帮忙。", "text"),  # nobody of the pair, and of the village's archives
    ],
)
def test_a_case_names_nobody_and_holds_no_number(pairs, people, org, text, field):
    with pytest.raises(ValidationError) as error:
        written(people, org, by="village", unit="east_village", text=text, pair=pairs.elderly)

    assert list(error.value.message_dict) == [field]


def test_a_name_stands_with_the_consent_to_publish_of_whose_it_is(pairs, people, org, archives):
    text = f"{TEXT}受助的陈演乙丑老人很高兴。"
    said = {"by": "village", "unit": "east_village", "text": text, "pair": pairs.elderly}
    with pytest.raises(ValidationError, match="1人没有登记“公示”的同意"):
        written(people, org, **said, cleared=True)
    consents.record(
        archives.elder, by=people.village, basis="consent", purposes=["publish"],
        given_on=timezone.localdate(),
    )  # fmt: skip
    case = cases.nominate(written(people, org, **said, cleared=True), by=people.village)
    consents.withdraw(archives.elder.consents.get(), by=people.village, reason="改了主意")

    with pytest.raises(ValidationError, match="没有登记“公示”的同意"):
        cases.publish(case, by=people.county)


def test_what_a_writer_cannot_see_the_publisher_does(pairs, people, org):
    """A post holds no archives, and learns from a refusal nothing of who has one."""
    text = f"{TEXT}林演甲子也来帮忙。"
    case = written(people, org, text=text, pair=pairs.posted)
    case = cases.nominate(case, by=people.post)

    with pytest.raises(ValidationError, match="内容里有姓名"):
        cases.publish(case, by=people.county)


def test_the_pages_of_a_case_offer_each_her_own_steps(pairs, people, org, client):
    case = cases.nominate(written(people, org), by=people.post)
    offered = {}
    for seat in ("post", "county", "city"):
        client.force_login(getattr(people, seat))
        page = client.get(f"/pairs/cases/{case.uuid}/").content.decode()
        words = ("修改", "撤回推荐", "由城东区妇联推广", "不采用")
        offered[seat] = [word for word in words if f"</i>{word}</a>" in page]

    assert offered == {"post": ["撤回推荐"], "county": ["由城东区妇联推广", "不采用"], "city": []}
