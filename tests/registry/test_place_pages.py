"""阵地 and 帮扶力量: listed, registered, honoured, closed and opened again."""

import uuid

import pytest
from days import today
from django.db import connection
from django.test.utils import CaptureQueriesContext

from registry.models import Helper, Site, SiteHonour, SiteKind
from tests.archives import phone

pytestmark = pytest.mark.django_db


@pytest.fixture
def send(client):
    def post(who, path, **fields):
        client.force_login(who)
        return client.post(path, {"idempotency_key": str(uuid.uuid4()), **fields})

    return post


@pytest.fixture
def home(org, programmes):
    site = Site(
        unit=org.east_village, kind=SiteKind.objects.get(code="womens_home"), name="演示妇女之家",
        phone=phone(40),
    )  # fmt: skip
    site.save()
    return site


def at(unit, **more):
    return {"unit_unit": str(unit.uuid), "unit_text": unit.short_name, **more}


def listed(client, user, path):
    client.force_login(user)
    return [row.record.name for row in client.get(path).context["table"].page.object_list]


def test_a_site_is_registered_honoured_closed_and_opened_again(client, send, org, people, home):
    path = f"/sites/{home.uuid}/"
    send(people.village, path + "honour/", name="示范妇女之家", level="市级", year="2014")
    send(people.village, path + "close/", on=str(today()))

    assert listed(client, people.county, "/sites/") == []
    assert listed(client, people.county, "/sites/?standing=closed") == ["演示妇女之家"]

    send(people.village, path + "reopen/", on=str(today()))

    assert listed(client, people.county, "/sites/?kind=womens_home") == ["演示妇女之家"]
    page = client.get(path).content.decode()
    assert "示范妇女之家" in page
    assert "登记阵地荣誉" in page
    assert phone(40) not in page


def test_a_second_site_of_the_name_is_refused_in_words(send, org, people, home):
    kind = str(home.kind_id)

    answer = send(people.village, "/sites/new/", **at(org.east_village, kind=kind, name=home.name))
    elsewhere = send(people.village, "/sites/new/", **at(org.west_village, kind=kind, name="甲"))

    assert (answer.status_code, elsewhere.status_code) == (422, 404)
    assert Site.objects.visible_to(people.leader).count() == 1


def test_a_helper_joins_a_team_with_an_account_of_the_place(client, send, org, people, carers):
    fields = at(org.east_village, kind="person", role="caring_mother", name="郑演甲子",
                vetting="passed", team="演示志愿队", user=carers.carer.username, phone=phone(41))  # fmt: skip

    stranger = send(
        people.village, "/helpers/new/", **{**fields, "user": people.other_city.username}
    )
    made = send(people.village, "/helpers/new/", **fields)

    assert (stranger.status_code, made.status_code) == (422, 302)
    helper = Helper.objects.visible_to(people.village).get()
    assert (helper.team.name, helper.user) == ("演示志愿队", carers.carer)
    assert listed(client, people.county, "/helpers/?role=caring_mother&team=演示&q=zyjz") == [
        "郑演甲子"
    ]
    assert phone(41) not in client.get(made["Location"]).content.decode()

    send(people.village, f"/helpers/{helper.uuid}/leave/", on=str(today()))

    assert listed(client, people.county, "/helpers/") == []
    assert listed(client, people.county, "/helpers/?left=1") == ["郑演甲子"]


def test_two_who_change_a_site_choose(client, send, people, home):
    path = f"/sites/{home.uuid}/edit/"
    client.force_login(people.village)
    base = client.get(path).context["base"]
    sent = {"kind": str(home.kind_id), "name": home.name, "version": "1", "base": base}

    send(people.village, path, **sent, leader="甲")
    answer = send(people.county, path, **sent, leader="乙")

    assert answer.status_code == 409
    assert [cell["label"] for cell in answer.context["cells"]] == ["负责人"]


@pytest.mark.parametrize("path", ["/sites/", "/helpers/"])
def test_a_list_asks_the_same_for_one_row_and_for_thirty(client, org, people, programmes, path):
    kind = SiteKind.objects.get(code="womens_home")
    asked = []
    client.force_login(people.county)
    for numbers in (range(1), range(1, 30)):
        for n in numbers:
            site = Site(unit=org.east_village, kind=kind, name=f"演示{n}")
            site.save()
            SiteHonour(site=site, name="示范", year=2014).save()
            Helper(unit=org.east_village, role="volunteer", name=f"郑演{n}").save()
        with CaptureQueriesContext(connection) as queries:
            assert client.get(path + "?per_page=50").status_code == 200
        asked.append(len(queries))

    assert asked[0] == asked[1]
