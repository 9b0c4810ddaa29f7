"""Grafting many units at once leaves the tree as adding them one by one would."""

import pytest

from federation import code_lists, tree
from federation.models import OrgUnit, UnitType

pytestmark = pytest.mark.django_db


@pytest.fixture
def new():
    code_lists.load()
    kind = UnitType.objects.get(code="county_federation")
    return lambda name: OrgUnit(name=name, short_name=name, unit_type=kind)


def test_grafted_and_added_units_lie_side_by_side_in_order(new):
    city = tree.add(None, new("市"))
    tree.add(city, new("甲"))
    tree.graft([(city, new("乙")), (city, new("丙"))])
    tree.add(OrgUnit.objects.get(pk=city.pk), new("丁"))

    city.refresh_from_db()
    assert [unit.name for unit in OrgUnit.objects.get_children(city)] == ["甲", "乙", "丙", "丁"]
    assert city.numchild == 4
    assert OrgUnit.objects.find_problems() == ([], [], [], [], [])


def test_a_stale_parent_in_hand_does_no_harm(new):
    city = tree.add(None, new("市"))
    stale = OrgUnit.objects.get(pk=city.pk)
    tree.graft([(city, new("甲"))])

    tree.graft([(stale, new("乙"))])

    city.refresh_from_db()
    assert city.numchild == 2
    assert OrgUnit.objects.find_problems() == ([], [], [], [], [])


def test_roots_follow_the_last_root(new):
    tree.add(None, new("甲"))

    tree.graft([(None, new("乙")), (None, new("丙"))])

    assert [root.path for root in OrgUnit.objects.get_root_nodes()] == ["0001", "0002", "0003"]


def test_a_full_parent_is_refused_instead_of_spilling_into_its_neighbour(new):
    city = tree.add(None, new("市"))
    last = tree.add(city, new("末"))
    OrgUnit.objects.filter(pk=last.pk).update(path=f"{city.path}ZZZZ")

    with pytest.raises(OverflowError):
        tree.graft([(city, new("多"))])
