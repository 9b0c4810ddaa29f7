"""administration: accounts in and audit trail out as workbooks, and the proof of who may do what."""

from django.apps import AppConfig


class AdministrationConfig(AppConfig):
    name = "administration"
    verbose_name = "管理"
