"""The lines a sending says: of a person's digest, or of what was told at a unit that day."""

from notices.models import Channel, Delivery, Reminder, UnitChannel


def of(delivery: Delivery) -> list[Reminder]:
    """What ``delivery`` tells, the late first: each task once, without what was overtaken."""
    found = Reminder.objects.filter(overtaken=False).select_related("urging")
    if delivery.digest_id:
        found = found.filter(digest=delivery.digest_id)
        off = UnitChannel.objects.off_at(
            Channel.EMAIL, set(found.values_list("place_id", flat=True))
        )
        found = found.exclude(place__in=off)
    else:
        found = found.filter(digest__day=delivery.day, place=delivery.unit_id)
        if delivery.channel == Channel.EMAIL:
            found = found.filter(person__email="")
    lines = {(row.task_id, row.urging_id): row for row in found}
    order = list(Reminder.Lamp.values)
    return sorted(lines.values(), key=lambda row: (-order.index(row.lamp), str(row.due_on), row.pk))
