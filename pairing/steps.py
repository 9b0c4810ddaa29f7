"""Which steps of a pair's life are open now, and to whom: what its page offers and its forms ask."""

from __future__ import annotations

from federation.models import User
from pairing.acting import seat_at, unit_of
from pairing.models import Pairing

State = Pairing.State
# step → states in which it can be taken; in the order of the page.
OPEN_IN: dict[str, tuple[str, ...]] = {
    "confirm-helper": (State.PROPOSED,),
    "confirm-recipient": (State.PROPOSED,),
    "decline-helper": (State.PROPOSED, State.AGREED),
    "decline-recipient": (State.PROPOSED, State.AGREED),
    "activate": (State.AGREED,),
    "edit": Pairing.OPEN,
    "liaison": Pairing.OPEN,
    "end-liaison": Pairing.OPEN,
    "renew": (State.ACTIVE,),
    "transfer": (State.AGREED, State.ACTIVE),
    "end": (State.ACTIVE,),
    "reopen": (State.ENDED, State.DECLINED),
}
ICONS = {
    "confirm-helper": ("帮扶方确认", "check-lg"), "confirm-recipient": ("受助方确认", "check-lg"),
    "decline-helper": ("帮扶方不同意", "x-lg"), "decline-recipient": ("受助方不同意", "x-lg"),
    "activate": ("开始结对", "play-circle"), "edit": ("修改", "pencil"),
    "liaison": ("指定联系人", "person-plus"), "end-liaison": ("结束联系人", "person-dash"),
    "renew": ("续结", "arrow-repeat"), "transfer": ("移交", "arrow-left-right"),
    "end": ("结束结对", "slash-circle"), "reopen": ("恢复结对", "arrow-counterclockwise"),
}  # fmt: skip


def right(pair: Pairing, step: str, user: User) -> bool:
    """Whether the step is ``user``'s at all, in whatever state the pair is."""
    word, _, side = step.partition("-")
    if word in ("confirm", "decline"):
        return bool(seat_at(unit_of(pair, side), user))
    return Pairing.objects.visible_to(user, "edit").filter(pk=pair.pk).exists()


def offered(pair: Pairing, user: User) -> list[str]:
    """The steps ``user`` can take now; two questions."""
    edits = right(pair, "edit", user)
    found = []
    for step, states in OPEN_IN.items():
        word, _, side = step.partition("-")
        of_a_side = word in ("confirm", "decline")
        if pair.state not in states or (not edits and not of_a_side):
            continue
        if of_a_side:
            given = getattr(pair, f"{side}_agreed_at") is not None
            if (word == "confirm" and given) or not seat_at(unit_of(pair, side), user):
                continue
        if step == "end-liaison" and not pair.liaisons.filter(until=None).exists():
            continue
        found.append(step)
    return found
