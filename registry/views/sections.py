"""What the page of an archive shows, section by section, as one person may read it."""

from __future__ import annotations

from typing import Any

from django.urls import reverse
from django.utils import timezone

from federation.models import User
from registry import masking
from registry.models import Enrolment, Need, Person, PersonState, Relation
from registry.names import Names

NOT_SHOWN = "未取得同意，不再显示"


def of(person: Person, user: User, *, hidden: frozenset[str], editable: bool) -> dict[str, Any]:
    """Every section, and what may be done; the number of queries does not grow with the archive."""
    names = Names(user)
    # What rested on a consent that was withdrawn or ended is shown to nobody.
    gone = "phone" in hidden
    editable = editable and person.state == PersonState.ACTIVE and names.open_to_her(person)
    return {
        "facts": head(person, names),
        "basics": basics(person, user, hidden),
        "household": None if gone else household(person, names),
        "relations": [] if gone else [_relation(row, names) for row in relations(person, user)],
        "enrolments": [
            {**_enrolment(row), **({"particulars": []} if gone else {})}
            for row in enrolments(person, user)
        ],
        "needs": [] if gone else [_need(row) for row in needs(person, user)],
        "editable": editable,
    }


def head(person: Person, names: Names) -> list[tuple[str, Any]]:
    current = Enrolment.objects.visible_to(names.user).current().filter(person=person)
    programmes = current.values_list("programme__name", flat=True)
    age = person.age()
    return [
        ("性别", person.get_sex_display()),
        ("年龄", f"{age}周岁" if age is not None else ""),
        ("居住地", person.unit),
        ("专项", "、".join(programmes)),
        ("最近核实", f"{person.verified_on:%Y-%m-%d}" if person.verified_on else "还未核实"),
    ]


def basics(
    person: Person, user: User, hidden: frozenset[str] = frozenset()
) -> list[tuple[str, Any]]:
    """As on the paper form, in its order; private values as :mod:`registry.masking` shows them."""

    def private(field: str) -> str:
        return NOT_SHOWN if field in hidden else masking.shown(person, field, to=user)

    return [
        ("身份证号", private("id_number")),
        ("出生日期", private("born_on")),
        ("民族", person.ethnicity),
        ("文化程度", person.education),
        ("婚姻状况", person.marriage),
        ("户籍地", person.registered_unit or person.registered_place or "与居住地相同"),
        ("住址", private("address")),
        ("联系电话", private("phone")),
        ("健康状况", private("health")),
        ("来源", masking.scan(person.source)),
        ("备注", masking.scan(person.note)),
        (
            "建档",
            f"{person.entered_by or ''} {timezone.localtime(person.entered_at):%Y-%m-%d}".strip(),
        ),
    ]


def household(person: Person, names: Names) -> dict[str, Any] | None:
    if person.household is None:
        return None
    home = person.household
    members = Person.objects.visible_to(names.user).active().filter(household=home)
    return {
        "number": home.number,
        "address": masking.text("address", home.address.open()) if home.address else "",
        "note": masking.scan(home.note),
        "members": [
            {
                "name": names.of(member),
                "url": reverse("registry:person", args=[member.uuid]),
                "age": member.age(),
                "sex": member.get_sex_display(),
                "head": member.pk == home.head_id,
                "here": member.pk == person.pk,
            }
            for member in members.select_related("unit").order_by("born_on", "id")
        ],
    }


def relations(person: Person, user: User):
    rows = Relation.objects.visible_to(user).filter(person=person)
    return rows.select_related("other__unit").order_by("ends_on", "kind", "id")


def _relation(row: Relation, names: Names) -> dict[str, Any]:
    if row.other is not None:
        name = names.of(row.other)
        phone = masking.shown(row.other, "phone", to=names.user)
    else:
        child = row.kind == Relation.Kind.CHILD
        name = masking.text("minor_name", row.name) if child else row.name
        phone = masking.text("phone", row.phone.open()) if row.phone else ""
    away = f"外出{f'（{row.away_place}）' if row.away_place else ''}" if row.away else ""
    return {
        "uuid": row.uuid,
        "kind": row.called or row.get_kind_display(),
        "role": row.get_kind_display(),
        "name": name,
        "phone": phone,
        "away": away,
        "ends_on": row.ends_on,
        "period": _period(row.starts_on, row.ends_on),
    }


def _period(start, end) -> str:
    if not start and not end:
        return ""
    return f"{start or ''} 至 {end}" if end else f"{start} 起"


def enrolments(person: Person, user: User):
    rows = Enrolment.objects.visible_to(user).filter(person=person)
    return rows.select_related("programme").order_by("ends_on", "-starts_on", "id")


def _enrolment(row: Enrolment) -> dict[str, Any]:
    return {
        "uuid": row.uuid,
        "programme": row.programme.name,
        "period": _period(row.starts_on, row.ends_on),
        "ended": row.ends_on is not None,
        "exit_reason": row.exit_reason,
        "source": masking.scan(row.source),
        "particulars": [
            (line["label"], _particular(line, row.particulars.get(line["key"])))
            for line in row.programme.particulars
        ],
    }


def _particular(line: dict[str, Any], held: Any) -> str:
    if held in (None, ""):
        return ""
    word = ("是" if held else "否") if isinstance(held, bool) else str(held)
    return masking.text(line["private"], word) if line.get("private") else masking.scan(word)


def needs(person: Person, user: User):
    return Need.objects.visible_to(user).filter(person=person).select_related("programme")


def _need(row: Need) -> dict[str, Any]:
    return {
        "uuid": row.uuid,
        "category": row.get_category_display(),
        "programme": row.programme.name if row.programme else "",
        "text": masking.scan(row.text.open()) if row.text else "",
        "sign": f"need_{row.state}",
        "opened_on": row.opened_on,
        "closed_on": row.closed_on,
        "closed_by": masking.scan(row.closed_by),
        "open": row.closed_on is None,
    }
