"""Rows of the notices' room: notices and their 签收, duties and who owes them, tasks."""

from notices.models.duties import Duty, ExpectedUnit, Liability
from notices.models.notices import (
    Addressee,
    Attachment,
    Contact,
    Notice,
    NoticeReceipt,
    NoticeState,
)
from notices.models.tasks import Extension, Task, TaskEvent, TaskQuerySet, TaskState

__all__ = [
    "Addressee",
    "Attachment",
    "Contact",
    "Duty",
    "ExpectedUnit",
    "Extension",
    "Liability",
    "Notice",
    "NoticeReceipt",
    "NoticeState",
    "Task",
    "TaskEvent",
    "TaskQuerySet",
    "TaskState",
]
