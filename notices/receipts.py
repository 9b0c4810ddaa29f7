"""签收: a recipient unit has the notice, said by a person of it. Not a read mark."""

from __future__ import annotations

import datetime as dt

from django.db import transaction
from django.utils import timezone

from federation import audit
from federation.models import OrgUnit, User
from notices import fulfilment
from notices.models import Notice, NoticeReceipt, NoticeState, Task, TaskEvent, TaskState


@transaction.atomic
def sign(
    notice: Notice, unit: OrgUnit, *, by: User, at: dt.datetime | None = None
) -> NoticeReceipt:
    """Sign for ``notice`` in the name of ``unit``; its tasks are then owed. Harmless when repeated.

    ``Refused`` where the unit is no recipient or the notice is not in force. Who signed first, and
    when, stays.
    """
    at = at or timezone.now()
    everyone = NoticeReceipt.objects.unscoped(reason="lock the receipt that is signed")
    receipt = everyone.select_for_update().filter(notice=notice, unit=unit).first()
    if receipt is None:
        raise fulfilment.Refused(f"{unit}不是这份通知的收文单位，不需签收。")
    if notice.state != NoticeState.PUBLISHED:
        raise fulfilment.Refused(f"这份通知{notice.get_state_display()}，不需签收。")
    if receipt.ended_on:
        raise fulfilment.Refused(f"{receipt.ended_why}，不再签收。")
    if receipt.signed_at is None:
        receipt.signed_at, receipt.signed_by = at, by
        receipt.save(update_fields=["signed_at", "signed_by"])
        tasks = Task.objects.unscoped(reason="tasks of the unit that signs").filter(
            duty__notice=notice, unit=unit, state=TaskState.UNSIGNED
        )
        for task in tasks:
            fulfilment.befall(task, TaskEvent.Kind.SIGNED, by=by, at=at)
        audit.record(receipt, "sign_notice", by=by, unit=unit, detail={"notice": notice.doc_number})
    return receipt
