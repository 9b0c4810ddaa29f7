"""What 结对 keeps: kinds and rules, pairs, what is put in writing, what was done, how it is tracked."""

from pairing.models.agreements import (
    AssistancePlan,
    AssistanceProject,
    ContactCard,
    Milestone,
    PairingAgreement,
    SupportLine,
)
from pairing.models.kinds import (
    HelperParty,
    LogKind,
    Mode,
    PairKind,
    RecipientParty,
    Rule,
    RuleBundle,
)
from pairing.models.logs import ContactLog, LogPhoto, QuarantinedLog, RuleWindow
from pairing.models.pairings import Liaison, Pairing, PairingEvent, Term
from pairing.models.tracking import CallbackResult, CallbackSample, SupportProfile, TypicalCase

__all__ = [
    "AssistancePlan",
    "AssistanceProject",
    "CallbackResult",
    "CallbackSample",
    "ContactCard",
    "ContactLog",
    "HelperParty",
    "Liaison",
    "LogKind",
    "LogPhoto",
    "Milestone",
    "Mode",
    "PairKind",
    "Pairing",
    "PairingAgreement",
    "PairingEvent",
    "QuarantinedLog",
    "RecipientParty",
    "Rule",
    "RuleBundle",
    "RuleWindow",
    "SupportLine",
    "SupportProfile",
    "Term",
    "TypicalCase",
]
