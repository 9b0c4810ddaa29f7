"""How the pages of ``pairing/urls_papers.py`` are tried: by address name, see ``of_rooms``."""

from collections.abc import Callable

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from pairing import cases, papers, projects
from pairing.models import AssistanceProject, PairingAgreement, TypicalCase

TEXT = "岗村双方合办农技培训三期，带动妇女发展特色种植，做法可以推广。"
PROJECT = {
    "name": "农技培训", "goal": "培训3期", "sector": "training", "nature": "capacity_building",
    "state": "planned", "policy_used": "", "results": "",
}  # fmt: skip
NOTHING: dict = {"budget": None, "starts_on": None, "finished_on": None, "beneficiaries": None}


def pair(line, scene):
    return scene.pairs.elderly if line.case == "elder" else scene.pairs.posted


def stored(model):
    return model.objects.unscoped(reason="a test sets the stage")


def project(scene) -> AssistanceProject:
    """One project of ``posted``, made by whoever asks first."""
    year = timezone.localdate().year
    found = stored(AssistanceProject).filter(pairing=scene.pairs.posted).first()
    return found or projects.save_project(
        scene.pairs.posted, {**PROJECT, **NOTHING, "year": year}, by=scene.people.post
    )


def agreement(scene) -> PairingAgreement:
    """The signed agreement of ``posted`` with its scan."""
    found = stored(PairingAgreement).filter(pairing=scene.pairs.posted).first()
    return found or papers.save_agreement(
        scene.pairs.posted, {"terms": "", "signed_on": timezone.localdate(), "valid_until": None},
        by=scene.people.post, upload=SimpleUploadedFile("协议.pdf", b"%PDF-1.4 %%EOF"),
    )  # fmt: skip


def case(line, scene) -> TypicalCase:
    """The county's: a draft, or as far as the line is about."""
    found = stored(TypicalCase).filter(unit=scene.org.east).first()
    if found is None:
        said = {"title": "一个好做法", "text": TEXT, "names_cleared": False}
        found = cases.save(None, said, by=scene.people.county, unit=scene.org.east)
    if found.state == "draft" and line.case in {"publish", "published"}:
        found = cases.nominate(found, by=scene.people.county)
    if found.state == "nominated" and line.case == "published":
        found = cases.publish(found, by=scene.people.leader)
    return found


def paper_of(line, scene) -> list:
    return [pair(line, scene).uuid, "agreement" if line.case else "project", "new"]


ADDRESSES: dict[str, Callable] = {
    "pairing:paper": paper_of,
    "pairing:agreement_print": lambda line, scene: [pair(line, scene).uuid, "new"],
    "pairing:paper_file": lambda line, scene: ["agreement", agreement(scene).uuid],
    "pairing:card": lambda line, scene: [pair(line, scene).uuid],
    "pairing:project": lambda line, scene: [project(scene).uuid],
    "pairing:project_row": lambda line, scene: [project(scene).uuid, "milestone", "new"],
    "pairing:case": lambda line, scene: [case(line, scene).uuid],
    "pairing:case_step": lambda line, scene: [case(line, scene).uuid, line.case or "nominate"],
}
BODIES: dict[str, Callable] = {
    "pairing:paper": lambda line, scene: {
        **PROJECT,
        "year": timezone.localdate().year,
        "terms": "",
    },
    "pairing:project_row": lambda line, scene: {"name": "联系讲师"},
    "pairing:case_new": lambda line, scene: {"title": "一个好做法", "text": TEXT},
    "pairing:case_step": lambda line, scene: {"version": case(line, scene).version},
}
PREPARE: dict[str, Callable] = {
    "pairing:paper_file": lambda line, scene: agreement(scene),
    "pairing:project": lambda line, scene: project(scene),
    "pairing:project_row": lambda line, scene: project(scene),
    "pairing:case": case,
    "pairing:case_step": case,
}
