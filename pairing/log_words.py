"""What people wrote about a pair, as it may be read: numbers masked, and names of who is not named."""

from __future__ import annotations

from federation.models import User
from pairing import parties
from pairing.models import Pairing
from registry import masking


class Words:
    """The free words of one pair's logs for one reader.

    Whoever reads the recipient as 李某某 or 一名儿童 reads her so in the words as well.
    """

    def __init__(self, pair: Pairing, *, to: User, both: tuple[str, str] | None = None):
        """``both`` is what ``parties.names`` calls the two, where the page has asked already."""
        self.instead: list[tuple[str, str]] = []
        person = pair.person or (pair.household.head if pair.household else None)
        if person is not None and person.name:
            shown = parties.recipient_name(pair, to=to) if both is None else both[1]
            if person.name not in shown:
                self.instead.append((person.name, shown.removesuffix("户")))

    def of(self, text: str) -> str:
        for name, shown in self.instead:
            text = text.replace(name, shown)
        return masking.scan(text)
