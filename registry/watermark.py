"""The line on every page of a file that leaves: who took it, when, by which job."""

from __future__ import annotations

from django.utils import timezone

from federation.models import User
from reporting.models import Job


def watermark(job: Job, user: User) -> str:
    now = timezone.localtime()
    return (
        f"导出人：{user.display_name}（{user.username}） 导出时间：{now:%Y-%m-%d %H:%M} "
        f"作业号：{job.number} 内含个人信息，请勿转发"
    )
