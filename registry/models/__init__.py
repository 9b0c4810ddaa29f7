"""What the registry keeps. Persons and who is who: ``persons``; the rest by its noun."""

from registry.models.changes import DuplicateLook, DuplicatePair, Merge, PersonChange, Transfer
from registry.models.imports import RegisterImport, RegisterImportPart
from registry.models.persons import (
    Carer,
    Enrolment,
    Household,
    Need,
    NeedState,
    Person,
    PersonState,
    Relation,
    Sex,
)
from registry.models.places import Helper, Site, SiteHonour, SiteKind, VolunteerTeam
from registry.models.privacy import Authorisation, Consent, Erasure
from registry.models.programmes import Programme, ProgrammeDefinition, RegisterBook, Zone

__all__ = [
    "Authorisation",
    "Carer",
    "Consent",
    "DuplicateLook",
    "DuplicatePair",
    "Enrolment",
    "Erasure",
    "Helper",
    "Household",
    "Merge",
    "Need",
    "NeedState",
    "Person",
    "PersonChange",
    "PersonState",
    "Programme",
    "ProgrammeDefinition",
    "RegisterBook",
    "RegisterImport",
    "RegisterImportPart",
    "Relation",
    "Sex",
    "Site",
    "SiteHonour",
    "SiteKind",
    "Transfer",
    "VolunteerTeam",
    "Zone",
]
