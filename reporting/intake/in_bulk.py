"""All files of a batch that nothing stands against, each in its own transaction."""

from __future__ import annotations

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction

from federation.models import User
from reporting import workflow
from reporting.intake.answering import Overtaken
from reporting.intake.taking_over import AlreadyTaken, take_over
from reporting.models import FileState, IncomingBatch, Meaning


def take_over_ready(
    batch: IncomingBatch, *, by: User, hand_in: bool = False
) -> tuple[int, list[str]]:
    """How many files were taken over, and a sentence for each that was not.

    Only what nobody needs to look at: a first return or a supplement. A replacement takes rows out
    of a table and a duplicate takes none; those are opened one by one, and so is a file that would
    put a second row of the same name into a table.
    """
    taken, left = 0, []
    files = (
        batch.files.filter(state=FileState.READY).with_words().select_related("batch", "collection")
    )
    for file in files.order_by("position"):
        submission = file.submission_of_unit
        if file.meaning not in (Meaning.ORIGINAL, Meaning.SUPPLEMENT):
            left.append(f"“{file.name}”是{Meaning(file.meaning).label}，请打开核对后再带入。")
        elif submission is None:
            left.append(f"“{file.name}”：{file.unit}不在本次应报单位中，没有带入。")
        else:
            try:
                with transaction.atomic():
                    take_over(
                        file,
                        submission,
                        by=by,
                        file_version=file.version,
                        version=submission.version,
                        hand_in=hand_in,
                        looked_at=False,
                    )
                taken += 1
            except (AlreadyTaken, PermissionDenied) as refused:
                left.append(f"“{file.name}”：{refused}")
            except (workflow.Stale, Overtaken):
                left.append(f"“{file.name}”：刚刚有人改过，没有带入，请打开核对。")
            except ValidationError as error:
                left.append(f"“{file.name}”：{error.messages[0]}")
    return taken, left
