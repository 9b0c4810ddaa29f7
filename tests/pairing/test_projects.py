"""帮扶项目: counted by year as a hint, with steps and gifts that add up, changed in their place."""

import datetime as dt
import uuid
from decimal import Decimal

import pytest
from days import this_year
from django.core.exceptions import ValidationError

from pairing import projects
from pairing.models import AssistanceProject, RuleWindow
from tests.access.pairing_papers import NOTHING, PROJECT

NEEDED = "{}年还没有登记帮扶项目，“三个一”要求每年1至2个。"
EARLY, LATER = dt.date(2014, 1, 1), dt.date(2014, 1, 2)
MANY = "{}年已有3个帮扶项目，“三个一”要求每年1至2个；可以保留，请核对是否重复登记。"


def project(pair, by, **said) -> AssistanceProject:
    return projects.save_project(pair, {**PROJECT, **NOTHING, "year": this_year(), **said}, by=by)


def gift(made, by, **said):
    values = {"kind": "goods", "name": "", "quantity": None, "measure": "", "value": Decimal(0), "given_on": None}  # fmt: skip
    return projects.save_part(made, "support", values | said, by=by)


def test_none_and_more_than_two_a_year_are_said_and_not_refused(pairs, people):
    needed, many = NEEDED.format(this_year()), MANY.format(this_year())
    told = [projects.hints(pairs.posted)]
    for number in range(3):
        project(pairs.posted, people.post, name=f"项目{number}")
        told.append(projects.hints(pairs.posted))
    project(pairs.posted, people.post, state="abandoned")

    assert told == [[needed], [], [], [many]]
    assert projects.hints(pairs.posted) == [many]
    assert projects.hints(pairs.proposed) == projects.hints(pairs.elderly) == []


def test_a_project_counts_for_its_rule_as_soon_as_it_is_saved(pairs, people):
    project(pairs.posted, people.post)
    windows = RuleWindow.objects.unscoped(reason="a test looks at rows")
    found = windows.get(
        pairing=pairs.posted, rule__code="yearly_projects", first_day__year=this_year()
    )

    assert (found.done, found.met) == (1, True)


@pytest.mark.parametrize(
    ("said", "field"),
    [
        ({"state": "finished"}, "finished_on"),
        ({"finished_on": LATER}, "state"),
        ({"state": "finished", "finished_on": dt.date(2099, 1, 1)}, "finished_on"),
        ({"state": "finished", "starts_on": LATER, "finished_on": EARLY}, "finished_on"),
        ({"year": 1999}, "year"),
        ({"goal": "请致电16900000301"}, "goal"),
    ],
)  # fmt: skip
def test_what_a_project_may_not_say(pairs, people, said, field):
    with pytest.raises(ValidationError) as error:
        project(pairs.posted, people.post, **said)

    assert list(error.value.message_dict) == [field]


def test_what_was_given_adds_up_by_kind(pairs, people):
    made = project(pairs.posted, people.post)
    for said in (
        {"kind": "computers", "quantity": Decimal(2), "measure": "台", "value": Decimal(6000)},
        {"kind": "computers", "quantity": Decimal("0.5"), "measure": "台", "value": Decimal("0.5")},
        {"kind": "cash", "value": Decimal(1000)},
    ):
        gift(made, people.post, **said)

    assert projects.sums(made.support_lines.all()) == {
        "value": Decimal("7000.50"),
        "kinds": [("资金", Decimal(1000), ""), ("电脑", Decimal("6000.50"), "2.5台")],
    }


def test_a_step_is_entered_changed_and_taken_away_on_the_page_of_its_project(pairs, people, client):
    made = project(pairs.posted, people.post)
    client.force_login(people.village)  # the other side writes as well
    path, seen = f"/pairs/projects/{made.uuid}/", []

    def send(key, **said):
        sent = {"idempotency_key": str(uuid.uuid4()), "base": "{}", **said}
        answer = client.post(f"{path}milestone/{key}/", sent)
        seen.append((answer.status_code, list(made.milestones.values_list("name", "due_on"))))
        return answer

    send("new", name="联系讲师", due_on="2026-03-01")
    key = str(made.milestones.get().pk)
    send(key, name="聘请讲师", due_on="", version=2)
    send(key, name="", version=3)
    send(key, remove="1", version=2)
    send(key, remove="1", version=3)

    first, second = ("联系讲师", dt.date(2026, 3, 1)), ("聘请讲师", None)
    assert seen == [(302, [first]), (302, [second]), (422, [second]), (409, [second]), (302, [])]


def test_two_at_one_row_choose_and_two_at_two_rows_need_not(pairs, people, client):
    made = project(pairs.posted, people.post)
    one, two = gift(made, people.post, name="电脑"), gift(made, people.post, name="图书")
    client.force_login(people.post)

    def send(row, name, base):
        sent = {"kind": "goods", "name": name, "value": "1", "version": "3",
                "base": f'{{"name": "{base}"}}', "idempotency_key": str(uuid.uuid4())}  # fmt: skip
        return client.post(f"/pairs/projects/{made.uuid}/support/{row.pk}/", sent)

    answers = [send(one, "旧电脑", "电脑"), send(two, "新书", "图书"), send(one, "新电脑", "电脑")]

    assert [answer.status_code for answer in answers] == [302, 302, 409]
    assert "旧电脑" in answers[2].content.decode()
    assert "新电脑" in answers[2].content.decode()
    assert list(made.support_lines.values_list("name", flat=True)) == ["旧电脑", "新书"]


def test_a_volunteer_keeps_projects_of_her_own_pair_alone(pairs, people, client):
    client.force_login(people.volunteer)
    answers = [
        client.post(
            f"/pairs/{pair.uuid}/papers/project/new/",
            {**PROJECT, "year": this_year(), "idempotency_key": str(uuid.uuid4())},
        ).status_code
        for pair in (pairs.elderly, pairs.posted)
    ]

    assert answers == [302, 404]
