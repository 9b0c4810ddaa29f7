"""Which kept files belong to rows of this room (federation/kept_files.py sweeps the others)."""

from collections.abc import Iterator
from uuid import UUID

from notices.models import Attachment, MaterialFile


def owned() -> Iterator[UUID | None]:
    yield from Attachment.objects.exclude(file=None).values_list("file", flat=True)
    yield from MaterialFile.objects.values_list("file", flat=True)
