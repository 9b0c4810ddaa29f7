"""The archives on the stage of the access tests, and how their pages are tried.

``scene.archives`` holds ``woman`` (40), ``elder`` and ``child`` (10), all of ``org.east_village``. Others
are added by the parts of ``of_rooms``, which also say addresses and bodies of their pages.
"""

import datetime as dt
from types import SimpleNamespace

from django.utils import timezone

from registry import code_lists
from registry.models import Enrolment, Person, Programme
from tests.access.village import chair
from tests.archives import number, phone


def build(scene) -> SimpleNamespace:
    code_lists.load()
    today = timezone.localdate()
    made = SimpleNamespace()
    for order, (key, name, born_year, programme) in enumerate(
        (
            ("woman", "郑演甲申", today.year - 40, "poor_woman"),
            ("elder", "冯演乙酉", today.year - 72, "empty_nest_elder"),
            ("child", "褚演丙戌", today.year - 10, "left_behind_child"),
        ),
        start=31,
    ):
        born_on = dt.date(born_year, 1, 1)
        person = Person(
            unit=scene.org.east_village, name=name, sex="F", born_on=born_on,
            id_number=number(born_on, 2 * order), phone=phone(order),
            entered_by=chair(scene), verified_on=today,
        )  # fmt: skip
        person.save()
        Enrolment(
            person=person, programme=Programme.objects.get(code=programme), starts_on=today
        ).save()
        setattr(made, key, person)
    return made
