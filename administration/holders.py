"""Who holds which action: by post, and of one person with the appointment each comes from."""

from dataclasses import dataclass, field

from django.db.models import Q, QuerySet
from django.utils import timezone

from federation import scope
from federation.models import Appointment, Post, UnitGrant, User
from federation.permissions import known_actions

SHOWN = 20  # people found by a name


@dataclass
class Holding:
    """One reason a person holds actions, and where: an appointment, or a department's link."""

    where: str
    because: str
    until: str
    actions: list[str] = field(default_factory=list)


def posts() -> list[tuple[Post, list[str], int]]:
    """Each 岗位 with the words of its actions and how many people hold it today."""
    words = known_actions()
    held: dict[int, set[int]] = {}
    for post, user in (
        Appointment.objects.current().filter(user__is_active=True).values_list("post_id", "user_id")
    ):
        held.setdefault(post, set()).add(user)
    return [
        (post, [words[action] for action in post.actions if action in words],
         len(held.get(post.pk, ())))
        for post in Post.objects.all()
    ]  # fmt: skip


def people_of(viewer: User, actions: tuple[str, ...]) -> QuerySet[User]:
    """Accounts seated, now or before, where ``viewer`` holds one of ``actions``, or below."""
    paths = [path for action in actions for path in scope.granted_paths(viewer, action)]
    seats = Appointment.objects.filter(scope.reach(paths, "unit__path"))
    return User.objects.filter(pk__in=seats.values("user_id")).order_by("username")


def named(people: QuerySet[User], words: str) -> list[User]:
    words = words.strip()
    if not words:
        return []
    found = people.filter(Q(display_name__contains=words) | Q(username__istartswith=words))
    return list(found[:SHOWN])


def holdings(person: User) -> list[Holding]:
    """Every grant of ``person`` in force today, gathered by its reason; one query."""
    grants = (
        UnitGrant.objects.in_force(timezone.localdate())
        .filter(user=person)
        .select_related(
            "permission", "content_object", "appointment__post", "appointment__unit",
            "hook_up__department",
        )
        .order_by("content_object__path", "appointment_id", "permission_id")
    )  # fmt: skip
    found: dict[tuple, Holding] = {}
    words = known_actions()
    for grant in grants:
        seat, link = grant.appointment, grant.hook_up
        key = (grant.content_object_id, seat.pk, link.pk if link else None)
        if key not in found:
            because = f"任{seat.unit.name}{seat.post.name}，自{seat.starts_on:%Y-%m-%d}起"
            if link:
                because += f"；{link.department.name}{link.get_kind_display()}"
            ends = [day for day in (seat.ends_on, link.ends_on if link else None) if day]
            until = f"{min(ends):%Y-%m-%d}止" if ends else "未定止期"
            found[key] = Holding(f"{grant.content_object.name}及其下级", because, until)
        word = words.get(grant.permission.codename)
        if word and word not in found[key].actions:
            found[key].actions.append(word)
    return list(found.values())
