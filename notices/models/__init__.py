"""Rows of the notices' room: notices and their 签收, duties and who owes them, tasks and
the materials that answer them."""

from notices.models.duties import Duty, ExpectedUnit, Liability
from notices.models.feeds import CalendarFeed
from notices.models.materials import Material, MaterialFile, MaterialReport
from notices.models.notices import (
    Addressee,
    Attachment,
    Contact,
    Notice,
    NoticeReceipt,
    NoticeState,
)
from notices.models.reminders import (
    Channel,
    Delivery,
    Digest,
    Reminder,
    UnitChannel,
    Urging,
)
from notices.models.supervision import Supervision, SupervisionEvent, SupervisionState
from notices.models.tasks import Extension, Task, TaskEvent, TaskQuerySet, TaskState

__all__ = [
    "Addressee",
    "Attachment",
    "CalendarFeed",
    "Channel",
    "Contact",
    "Delivery",
    "Digest",
    "Duty",
    "ExpectedUnit",
    "Extension",
    "Liability",
    "Material",
    "MaterialFile",
    "MaterialReport",
    "Notice",
    "NoticeReceipt",
    "NoticeState",
    "Reminder",
    "Supervision",
    "SupervisionEvent",
    "SupervisionState",
    "Task",
    "TaskEvent",
    "TaskQuerySet",
    "TaskState",
    "UnitChannel",
    "Urging",
]
