"""What the registry keeps. Each module holds one noun and its like."""

from registry.models.changes import DuplicateLook, DuplicatePair, Merge, PersonChange, Transfer
from registry.models.enrolments import Enrolment, Need, NeedState
from registry.models.imports import RegisterImport, RegisterImportPart
from registry.models.persons import Carer, Household, Person, PersonState, Sex
from registry.models.places import Helper, Site, SiteHonour, SiteKind, VolunteerTeam
from registry.models.privacy import Authorisation, Consent, Erasure
from registry.models.programmes import Programme, ProgrammeDefinition, RegisterBook, Zone
from registry.models.relations import Relation

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
