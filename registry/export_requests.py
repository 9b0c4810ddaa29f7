"""Asking for a register: the reason, the password shown once, the job."""

from __future__ import annotations

from uuid import uuid4

from django.db import transaction

from federation import audit
from federation.encryption import ring
from federation.models import User
from registry.access import SHORTEST_REASON
from registry.exports import KIND, bound_to
from registry.refusal import Refused
from registry.register_choice import Choice
from reporting.jobs import request_job
from reporting.models import Job
from reporting.workbook import new_password


@transaction.atomic
def request(choice: Choice, *, by: User, reason: str, with_password: bool) -> tuple[Job, str]:
    """The job, and the opening password of its file ("" without one), which nobody can read again.

    :class:`Refused` with what lacks. A file in clear always has a reason and a password.
    """
    if why := choice.why_not(by):
        raise Refused(why)
    words = " ".join(reason.split())[:200]
    if choice.clear and len(words) < SHORTEST_REASON:
        raise Refused(f"列明证件号码，请写明用途（至少{SHORTEST_REASON}个字）。")
    if audit.holds_private(words):
        raise Refused("用途中请不要写证件号码或电话，写明给谁、做什么用即可。")
    params = {**choice.params(), "reason": words, "title": choice.title}
    password = ""
    if with_password or choice.clear:
        password, nonce = new_password(), uuid4().hex
        params["password"] = {"nonce": nonce, "token": ring().seal(password, bound_to(nonce))}
    job = request_job(KIND, requester=by, unit=choice.unit, params=params)
    return job, password
