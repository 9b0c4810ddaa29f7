"""Names, uuids and canaries that follow from the seed's number alone."""

import hashlib
import random
from typing import Any
from uuid import UUID, uuid5

from django.db import models

from registry import identity_numbers

NAMESPACE = UUID("6f1c2b5e-52a1-4f0e-9d6b-3a52e3b1c001")
# 990000 is no division: with these first digits a number can belong to nobody.
NOWHERE = "990000"


class Names:
    """``uuid``, ``canary`` and the rest for one seed; equal questions get equal answers."""

    def __init__(self, number: int):
        self.number = number

    def uuid(self, kind: str, key: str) -> UUID:
        return uuid5(NAMESPACE, f"{self.number}:{kind}:{key}")

    def canary(self, unit: str, what: str = "") -> str:
        """``金丝雀-<unit>-<8 hex digits>``: found on a page, it says whose record leaked."""
        return f"金丝雀-{unit}-{self._hex('canary', unit, what)[:8]}"

    def phone(self, key: str) -> str:
        """A number of a block that is given to nobody (169 0000 ….)."""
        return f"1690000{int(self._hex('phone', key)[:8], 16) % 10_000:04d}"

    def identity_numbers(self, count: int = 500) -> list[str]:
        """Well-formed 身份证号 with a right last digit, of a place that does not exist."""
        dice = random.Random(f"identity:{self.number}")  # noqa: S311 -- repeatable on purpose
        found = []
        for serial in range(count):
            day = f"{dice.randint(1950, 2015)}{dice.randint(1, 12):02d}{dice.randint(1, 28):02d}"
            first = f"{NOWHERE}{day}{serial % 1000:03d}"
            found.append(first + identity_numbers.check_digit(first))
        return found

    @property
    def password(self) -> str:
        return f"Jsq-{self._hex('password')[:12]}"

    def call(self, row: models.Model, kind: str, key: str) -> None:
        """Give ``row`` the uuid of its name, so that every seeded database agrees."""
        row.uuid = self.uuid(kind, key)  # type: ignore[attr-defined]
        row.save(update_fields=["uuid"])

    def _hex(self, *parts: str) -> str:
        return hashlib.sha256(":".join([str(self.number), *parts]).encode()).hexdigest()


def every(model: Any) -> Any:
    """All rows of a scoped ``model``: where everything is invented, there is nobody to keep it from."""
    return model.objects.unscoped(reason="the acceptance seed makes and tells of all records")
