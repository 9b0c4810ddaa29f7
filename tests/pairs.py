"""Pairs of the test world: a post and a village, a volunteer with an elder and a child, the county beside.

``posted`` (post_village, active since 1 January of last year): ``org.east_post`` with ``org.east_village``,
联系人 ``people.post``. ``elderly`` (volunteer_elder) and ``motherly`` (caring_mother_child): the helper
``volunteer`` of ``org.east_village``, whose account is ``people.volunteer``, with ``archives.elder`` and
``archives.child``. ``western``: ``org.west_post`` with ``org.west_village``. ``proposed``: ``org.east_post2``
with ``org.east_village2``, confirmed by nobody.
"""

import datetime as dt
from types import SimpleNamespace

import pytest
from django.utils import timezone

from pairing import code_lists
from pairing.models import Liaison, Pairing, PairKind, Term
from registry.models import Helper


def build(org, people, archives) -> SimpleNamespace:
    code_lists.load()
    kinds = {kind.code: kind for kind in PairKind.objects.all()}
    made = SimpleNamespace(kinds=kinds)
    made.volunteer = Helper(
        unit=org.east_village, role=Helper.Role.VOLUNTEER, name="孙演庚寅", phone="16900000301",
        vetting=Helper.Vetting.PASSED, user=people.volunteer,
    )  # fmt: skip
    made.volunteer.save()
    began = dt.date(timezone.localdate().year - 1, 1, 1)

    def pair(key, kind, *, by=None, state="active", **parties) -> None:
        row = Pairing(kind=kinds[kind], state=state, proposed_by=people.county, **parties)
        row.save()
        if state == "active":
            Term(pairing=row, starts_on=began).save()
        if by is not None:
            Liaison(pairing=row, user=by, since=began).save()
        setattr(made, key, row)

    def of_units(helper, village) -> dict:
        return {"unit": helper, "helper_unit": helper, "recipient_unit": village}

    def of_volunteer(person) -> dict:
        unit = org.east_village
        return {
            "unit": unit, "helper": made.volunteer, "recipient_unit": unit,
            "person": person, "recipient_is": "person",
        }  # fmt: skip

    pair("posted", "post_village", by=people.post, **of_units(org.east_post, org.east_village))
    pair(
        "western",
        "post_village",
        by=people.sibling_post,
        **of_units(org.west_post, org.west_village),
    )
    pair(
        "proposed", "post_village", state="proposed", **of_units(org.east_post2, org.east_village2)
    )
    pair("elderly", "volunteer_elder", by=people.volunteer, **of_volunteer(archives.elder))
    pair("motherly", "caring_mother_child", by=people.volunteer, **of_volunteer(archives.child))
    return made


@pytest.fixture
def pairs(org, people, archives):
    return build(org, people, archives)
