"""Units, people, appointments, grants and the audit trail."""

from federation.models.audit import AuditEvent, AuditSeal
from federation.models.changes import UnitChange
from federation.models.chores import Chore
from federation.models.grants import UnitGrant
from federation.models.login import LiveSession, LoginCounter, LoginState
from federation.models.people import Appointment, Duty, Post, User
from federation.models.requests import IdempotentRequest, SavedQuery
from federation.models.second_factor import RecoveryCode, SecondFactor
from federation.models.units import HookUpLink, LineSystem, OrgUnit, PostLevel, UnitType

__all__ = [
    "Appointment",
    "AuditEvent",
    "AuditSeal",
    "Chore",
    "Duty",
    "HookUpLink",
    "IdempotentRequest",
    "LineSystem",
    "LiveSession",
    "LoginCounter",
    "LoginState",
    "OrgUnit",
    "Post",
    "PostLevel",
    "RecoveryCode",
    "SavedQuery",
    "SecondFactor",
    "UnitChange",
    "UnitGrant",
    "UnitType",
    "User",
]
