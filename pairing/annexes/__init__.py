"""The annexes of 泉妇〔2014〕28号."""

from pairing.annexes.pairing_intent import PairingIntent
from pairing.annexes.pairing_summary import PairingSummary

__all__ = ["PairingIntent", "PairingSummary"]
