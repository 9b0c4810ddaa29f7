"""The annexes of 泉妇〔2014〕28号, and the portal's own table of a year."""

from pairing.annexes.pairing_intent import PairingIntent
from pairing.annexes.pairing_summary import PairingSummary
from pairing.annexes.pairing_year import PairingYear

__all__ = ["PairingIntent", "PairingSummary", "PairingYear"]
