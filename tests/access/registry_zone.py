"""How the pages of ``registry/urls_zone.py`` are tried: by address name, see ``of_rooms``."""

from collections.abc import Callable

from django.core.files.uploadedfile import SimpleUploadedFile
from django.utils import timezone

from registry import consents, erasing
from registry.models import Consent, Erasure
from tests.access.village import chair

WHY = {"why": "verify", "text": "核对演示补助名单"}


def woman(line, scene):
    return [scene.archives.woman.uuid]


def child(line, scene):
    return [scene.archives.child.uuid]


def consent(scene) -> Consent:
    """The woman's consent with its scan, recorded by her village."""
    rows = Consent.objects.unscoped(reason="a test sets the stage")
    found = rows.filter(person=scene.archives.woman).exclude(scan=None).first()
    return found or consents.record(
        scene.archives.woman, by=chair(scene), basis="consent", purposes=["register"],
        given_on=timezone.localdate(),
        upload=SimpleUploadedFile("同意书.pdf", b"%PDF-1.4 %%EOF"),
    )  # fmt: skip


def erasure(scene) -> Erasure:
    """What the village proposed, for another to confirm."""
    rows = Erasure.objects.unscoped(reason="a test sets the stage")
    found = rows.waiting().filter(person=scene.archives.elder).first()
    return found or erasing.propose(
        scene.archives.elder, by=chair(scene), reason="家属来函要求删除"
    )


# name → arguments of its address; fields of its form; what must stand before. Each is given the
# line of the matrix and the scene, whose ``archives`` are those of ``of_registry.build``.
ADDRESSES: dict[str, Callable] = {
    "registry:open": child,
    "registry:reveal": lambda line, scene: [scene.archives.woman.uuid, "phone"],
    "registry:carers": woman,
    "registry:consents": woman,
    "registry:erase": woman,
    "registry:consent_scan": lambda line, scene: [consent(scene).uuid],
}
BODIES: dict[str, Callable] = {
    "registry:open": lambda line, scene: WHY,
    "registry:reveal": lambda line, scene: WHY,
    "registry:carers": lambda line, scene: {
        "user": getattr(scene.people, "volunteer", chair(scene)).uuid,
        "starts_on": timezone.localdate(),
    },
    "registry:consents": lambda line, scene: {
        "basis": "consent",
        "purposes": ["register", "contact"],
        "notice_version": consents.NOTICE_VERSION,
        "given_on": timezone.localdate(),
    },
    "registry:erase": lambda line, scene: {
        "reason": "家属来函要求删除",
        "due_on": timezone.localdate(),
    },
    "registry:erasures": lambda line, scene: {
        "step": "confirm",
        "erasure": erasure(scene).uuid,
    },
    "registry:authorisations": lambda line, scene: {
        "user": chair(scene).uuid,
        "unit": scene.org.east_village.uuid,
        "given_by": "郭演丁酉",
        "purpose": "演示督查",
        "starts_on": timezone.localdate(),
        "ends_on": timezone.localdate(),
    },
}
PREPARE: dict[str, Callable] = {
    "registry:consent_scan": lambda line, scene: consent(scene),
    "registry:erasures": lambda line, scene: erasure(scene),
}
