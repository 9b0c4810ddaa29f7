"""When the archive of who is helped moves, is merged or erased, her pairs follow.

A pair lies where its recipient is kept: a transfer takes it along, whoever made it. A merge moves the
pair with all that refers to the person; what could not move, because the kept archive has the same
pair already, stays with the other and shows on its page.
"""

from __future__ import annotations

from functools import partial
from typing import Any
from uuid import UUID

from django.db import transaction
from django.db.models.signals import post_save
from django.dispatch import receiver
from django.utils import timezone

from federation import kept_files
from pairing.acting import Act, save, told
from pairing.models import Pairing
from pairing.pairs import close
from registry.models import Person

GONE = "已删除"


@receiver(post_save, sender=Person, dispatch_uid="pairing_follows_a_person")
def follow(sender: type[Person], instance: Person, created: bool, **kwargs: Any) -> None:
    """After a transfer or a merge: the pairs of the archive that counts now lie in its unit."""
    changed = kwargs.get("update_fields")
    if created or (changed is not None and not {"unit", "merged_into"} & set(changed)):
        return
    person = instance.merged_into or instance
    elsewhere = person.pairings.exclude(recipient_unit=person.unit_id)
    for pair in elsewhere.select_related("kind", "unit"):
        pair.recipient_unit = person.unit
        if pair.state in Pairing.OPEN:
            save(pair, "recipient_unit")
            told(pair, Act.CHANGE, by=None, reason="受助人的档案已转移")


def forget(person: Person) -> None:
    """The archive is erased: its pairs end, and nothing written of her is left in them.

    What was done is still counted: days, kinds and values of logs name nobody.
    """
    for pair in person.pairings.select_related("kind", "unit", "recipient_unit"):
        if pair.state == Pairing.State.ACTIVE:
            close(pair, timezone.localdate(), "受助人档案已删除")
            told(pair, Act.END, by=None, reason="受助人档案已删除")
        elif pair.state in Pairing.OPEN:
            pair.state = Pairing.State.DECLINED
        pair.person, pair.goal, pair.exception_reason = None, "", ""
        if pair.end_reason:
            pair.end_reason = "受助人档案已删除"
        pair.save()
        for scan in _empty(pair):
            transaction.on_commit(partial(kept_files.forget, scan))


def _empty(pair: Pairing) -> list[UUID]:
    """Every free word and file of the pair's papers and logs; the files to be forgotten."""
    files = [
        *pair.agreements.exclude(scan=None).values_list("scan", flat=True),
        *pair.plans.exclude(file=None).values_list("file", flat=True),
        *pair.photos.values_list("file", flat=True),
    ]
    pair.agreements.update(recipient_name=GONE, terms="", scan=None, scan_name="", scan_size=0)
    pair.plans.update(text="", file=None, file_name="", file_size=0)
    pair.projects.update(name=GONE, goal="", results="")
    pair.milestones.update(name=GONE)
    pair.logs.update(summary="")
    pair.logs.exclude(withdrawn_at=None).update(withdrawn_reason=GONE)
    pair.photos.all().delete()
    pair.quarantined.all().delete()
    pair.callbacks.update(note="", answer="")
    pair.events.exclude(reason="").update(reason=GONE)
    pair.cases.update(title=GONE, text=GONE, names_cleared=False)
    return files
