"""牵线搭桥: every point has its words, the same facts give the same list, both sides have the last word."""

import uuid

from days import this_year
from django.urls import reverse
from world import approved

from federation.models import OrgUnit
from pairing import matching
from pairing.models import Pairing, SupportProfile


def typed(unit, by, side, version=0, **said):
    asked = {"supports": [], "sectors": [], "text": "", **said}
    return matching.type_profile(unit, side=side, year=this_year(), by=by, version=version, **asked)


def why(proposals, unit) -> list[list[tuple[str, int]]]:
    return [[(one.words, one.points) for one in row.reasons] for row in proposals[unit.pk]]


def picked(org) -> dict:
    return {
        "helper": org.east_committee.uuid, "recipient": org.east_village2.uuid,
        "idempotency_key": uuid.uuid4(),
    }  # fmt: skip


def test_offers_come_from_the_approved_form_until_the_unit_types_its_own(calls, pairs, people, org):
    approved(org.east_post, people.post, people.county, village=org.east_village2)
    from_form = matching.offers([org.east_post], to=people.county)[org.east_post.pk]

    typed(org.east_post, people.post, "offer", supports=["culture"], sectors=["training"])

    of_her_own = matching.offers([org.east_post], to=people.county)[org.east_post.pk]
    assert (set(from_form.supports), from_form.wished, from_form.said) == (
        {"material", "project"}, str(org.east_village2.uuid), "附件1",
    )  # fmt: skip
    assert (set(of_her_own.supports), set(of_her_own.sectors)) == ({"culture"}, {"training"})
    assert of_her_own.wished == from_form.wished


def test_every_point_is_said_in_words_and_the_order_is_that_of_the_points(
    calls, pairs, people, org
):
    approved(org.east_post2, people.post2, people.county, village=org.east_village2)
    need = {"supports": ["project", "culture"], "sectors": ["training"]}
    typed(org.east_village, people.village, "need", **need)
    typed(org.west_village, people.sibling, "need", supports=["material"])
    villages = [org.west_village, org.east_village, org.east_village2]

    found = matching.proposals([org.east_post2], villages, to=people.leader)

    assert [row.recipient for row in found[org.east_post2.pk]] == [
        org.east_village2, org.east_village, org.west_village,
    ]  # fmt: skip
    assert [row.points for row in found[org.east_post2.pk]] == [10, -10, -25]
    near, helps, helped = ("同县（市、区）", 20), ("帮扶方已有 1 对", -25), ("该村已有 1 对", -25)
    assert why(found, org.east_post2) == [
        [("附件1填的拟结对村", 40), near, helps, helped],
        [("对得上：项目牵手", 20), near, helps, helped],
        [("对得上：物质牵手", 20), ("同市", 5), helps, helped],
    ]


def test_the_county_picks_and_both_sides_are_asked(pairs, people, org, client):
    client.force_login(people.county)
    page = reverse("pairing:matches")
    shown = client.get(page)
    assert [group["unit"] for group in shown.context["groups"]] == [org.east_committee]

    client.post(page, picked(org))

    made = Pairing.objects.visible_to(people.county).get(helper_unit=org.east_committee)
    assert (made.state, made.origin, made.kind.code) == ("proposed", "match", "committee_village")
    assert (made.helper_agreed_at, made.recipient_agreed_at) == (None, None)
    again = client.post(page, picked(org), follow=True)
    assert "已经有一个" in again.content.decode()
    for query in (f"?helper={org.west_post.uuid}", f"?recipient={org.west_village.uuid}"):
        assert client.get(page + query).status_code == 404


def test_a_village_types_what_it_needs_and_no_one_overwrites_it_unseen(pairs, people, org, client):
    page = reverse("pairing:profile", args=[org.east_village.uuid, "need"])

    def send(**typed):
        return client.post(page, {**typed, "idempotency_key": uuid.uuid4()})

    client.force_login(people.village)
    assert client.get(page).status_code == 200
    send(supports=["project"], sectors=["training"], text="", version=0)
    client.force_login(people.county)

    late = send(supports=["culture"], text="要书架", version=0)

    assert late.status_code == 409
    words = late.content.decode()
    assert "对方填的：项目牵手" in words
    assert "要书架" in words
    row = SupportProfile.objects.visible_to(people.county).get()
    assert (row.supports, row.version) == (["project"], 1)
    assert send(version=1).status_code == 422
    assert OrgUnit.objects.filter(support_profiles=row).get() == org.east_village
