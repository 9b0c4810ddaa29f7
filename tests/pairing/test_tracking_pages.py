"""跟踪: the grid says what the windows say, the blank list what is missing, and each in its reach alone."""

import datetime as dt
import uuid

import pytest
from days import today
from django.urls import reverse

from pairing import grid, logs, rules
from pairing.models import Pairing, RuleWindow

WHY = "a test looks at the truth"


@pytest.fixture
def lived(pairs, people):
    """``posted`` was contacted in January and February of last year, ``western`` never; both recounted."""
    for month in (1, 2):
        logs.enter(
            pairs.posted, kind="contact", on=dt.date(today().year - 1, month, 15), by=people.post,
            key=uuid.uuid4(), way="phone",
        )  # fmt: skip
    for row in vars(pairs).values():
        if isinstance(row, Pairing):
            rules.refresh(row)
    return pairs


@pytest.fixture
def look(client, people):
    def look(seat, name, query="", *args, status=200):
        client.force_login(getattr(people, seat))
        answer = client.get(reverse(f"pairing:{name}", args=args) + query)
        assert answer.status_code == status
        return answer

    return look


def test_the_grid_shows_for_every_window_what_the_rules_keep(lived, people):
    year = today().year - 1
    shown = grid.cells([lived.posted, lived.western], year, to=people.leader, on=today())

    kept = grid.of_year(RuleWindow.objects.unscoped(reason=WHY), year)
    for pair in (lived.posted, lived.western):
        of_pair = kept.filter(pairing=pair).select_related("rule")
        said = [(one.rule, column, one.done, one.state)
                for column, found in shown[pair.pk].items() for one in found]  # fmt: skip
        assert sorted(said) == sorted(
            (row.rule.name, grid.column_of(row), row.done, "met" if row.met else "late")
            for row in of_pair
        )
    assert [shown[lived.posted.pk][month][0].state for month in ("m1", "m2", "m3")] == [
        "met", "met", "late",
    ]  # fmt: skip
    assert {rule.rule for rule in shown[lived.posted.pk]["y"]} == {"年度实事", "帮扶项目"}


def test_an_overdue_cell_leads_to_the_log_of_its_day_for_who_may_log_and_no_further(lived, look):
    query = f"?year={today().year - 1}"
    words = look("county", "grid", query).content.decode()

    assert str(lived.posted.uuid) in words
    assert f"on={today().year - 1}-03-31&amp;kind=contact" in words
    form = look(
        "county", "log_new", f"?on={today().year - 1}-03-31&kind=contact", lived.posted.uuid
    )
    assert f'value="{today().year - 1}-03-31"' in form.content.decode()
    look("county", "log_new", "?on=2014-02-30", lived.posted.uuid)
    # who only looks gets the word and no way in
    assert f"on={today().year - 1}-03-31" not in look("city", "grid", query).content.decode()


def test_a_sibling_county_sees_nothing_of_the_pairs_beside_it(lived, look):
    for name in ("grid", "blank", "callbacks"):
        for tab in ("", "?tab=silent", "?tab=one_off", "?tab=projects", "?tab=all"):
            words = look("sibling", name, tab).content.decode()
            assert "城东区" not in words, (name, tab)
    assert "城西县演示幼儿园" in look("sibling", "grid").content.decode()


def test_the_grid_narrows_to_a_county_a_kind_and_what_is_overdue(lived, look, org):
    def found(query):
        table = look("leader", "grid", query).context["table"]
        return {row.record.pk for row in table.paginated_rows}

    everyone = {lived.posted.pk, lived.western.pk, lived.elderly.pk, lived.motherly.pk}
    assert found("") == everyone
    assert found(f"?county={org.west.uuid}") == {lived.western.pk}
    assert found("?kind=volunteer_elder") == {lived.elderly.pk}
    RuleWindow.objects.unscoped(reason=WHY).filter(pairing=lived.western).update(met=True)
    assert found(f"?late=on&year={today().year - 1}") == everyone - {lived.western.pk}


def lines_of(answer) -> list[str]:
    return [line["cells"][0][1] for line in answer.context["lines"]]


def test_the_blank_list_names_what_is_missing_and_the_act_that_mends_it(lived, look, org):
    posts = look("county", "blank", "?tab=posts")
    assert lines_of(posts) == ["城东区演示教育局妇委会"]  # the other two are paired or proposed
    assert [act["label"] for act in posts.context["lines"][0]["acts"]] == ["牵线结对"]

    assert lines_of(look("county", "blank", "?tab=villages")) == []
    Pairing.objects.unscoped(reason=WHY).filter(pk=lived.proposed.pk).update(state="declined")
    assert lines_of(look("county", "blank", "?tab=villages")) == ["金井社区妇联"]
    assert lines_of(look("county", "blank", f"?tab=villages&township={org.town.uuid}")) == [
        "金井社区妇联"
    ]
    look("county", "blank", f"?tab=villages&township={org.west_town.uuid}", status=404)

    silent = look("county", "blank", "?tab=silent")
    assert len(lines_of(silent)) == 3
    assert [act["label"] for act in silent.context["lines"][0]["acts"]] == ["登记联系", "催一下"]
    assert "从未联系" in silent.content.decode()

    one_off = lines_of(look("county", "blank", "?tab=one_off"))
    assert not any("红旗村" in line for line in one_off)  # contacted in its second month too
    assert len(one_off) == 2
    assert len(lines_of(look("county", "blank", "?tab=projects"))) == 1


def test_a_contact_today_takes_a_pair_off_the_list_of_the_silent(lived, look, people):
    assert any("供电" in line for line in lines_of(look("county", "blank", "?tab=silent")))

    logs.enter(lived.posted, kind="contact", on=today(), by=people.post, key=uuid.uuid4())

    assert not any("供电" in line for line in lines_of(look("county", "blank", "?tab=silent")))


def test_the_handover_pack_holds_a_unit_s_pairs_and_no_other(lived, look, org):
    words = look("post", "handover", "", org.east_post.uuid).content.decode()

    assert "城东区演示供电营业厅 — 红旗村妇联" in words
    assert "本月联系" in words
    assert "城西县" not in words
    look("post", "handover", "", org.west_post.uuid, status=404)
    # who reads the village's pairs without its archives learns no name from its paper
    assert "陈演乙丑" in look("village", "handover", "", org.east_village.uuid).content.decode()


def test_the_home_page_tells_what_lags_behind_and_a_post_how_she_stands(lived, client, people):
    def panels(seat):
        client.force_login(getattr(people, seat))
        return {one.title: one for one in client.get("/").context["panels"]}

    told = [item["title"] for item in panels("county")["结对跟踪"].items]
    assert any(title.startswith("久未联系的结对 3") for title in told)
    assert any(title.startswith("等双方确认的结对 1") for title in told)
    hers = panels("post")["我的结对"]
    assert [item["title"] for item in hers.items] == ["红旗村妇联"]
    assert "本月联系 ○" in hers.items[0]["meta"]
    assert "我的结对" not in panels("post2")  # only proposed
