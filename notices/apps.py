"""notices: what is asked by when. Notices, their duties, due rules, tasks, reminders and 督办."""

from django.apps import AppConfig


class NoticesConfig(AppConfig):
    name = "notices"
    verbose_name = "通知与任务"
