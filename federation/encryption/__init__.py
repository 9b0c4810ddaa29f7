"""Values that are never plain in the database: field encryption and blind indexes (SECURITY §4.3).

A model declares::

    id_number = EncryptedTextField("身份证号", null=True, blank=True)
    id_number_index = BlindIndexField(of="id_number", kind="identity_number", normalise=normalised)

and derives from :class:`SealedModel`. ``person.id_number`` is a :class:`Sealed`: it prints as
``［已加密］``, and only ``person.id_number.open()`` gives the value. Equality is asked of the index:
``filter(id_number_index__in=blind_indexes("identity_number", typed))``.
"""

from federation.encryption.fields import (
    BlindIndexField,
    EncryptedTextField,
    Sealed,
    SealedModel,
)
from federation.encryption.keys import (
    KeyProblem,
    KeyRing,
    blind_indexes,
    ring,
)
from federation.encryption.ring_file import new_ring_file
from federation.encryption.suites import SUITES, Suite

__all__ = [
    "SUITES",
    "BlindIndexField",
    "EncryptedTextField",
    "KeyProblem",
    "KeyRing",
    "Sealed",
    "SealedModel",
    "Suite",
    "blind_indexes",
    "new_ring_file",
    "ring",
]
