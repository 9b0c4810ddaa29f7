"""Which kept files belong to rows of this room (federation/kept_files.py sweeps the others)."""

from collections.abc import Iterator
from uuid import UUID

from pairing.models import AssistancePlan, LogPhoto, PairingAgreement

FILES = ((PairingAgreement, "scan"), (AssistancePlan, "file"), (LogPhoto, "file"))


def owned() -> Iterator[UUID | None]:
    for model, field in FILES:
        rows = model.objects.unscoped(reason="files of all pairs are kept from the sweep")
        yield from rows.exclude(**{field: None}).values_list(field, flat=True)
