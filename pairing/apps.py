"""pairing: 结对 of any two parties; so far the baseline collection of 泉妇〔2014〕28号."""

from django.apps import AppConfig


class PairingConfig(AppConfig):
    name = "pairing"
    verbose_name = "结对帮扶"
    actions = {"view": "查看结对"}
