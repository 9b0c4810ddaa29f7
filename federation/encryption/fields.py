"""Model fields whose value is sealed in its row: nothing plain in the database, a dump or a log."""

from __future__ import annotations

from collections.abc import Callable
from typing import Any, cast
from uuid import UUID

from django.db import models
from django.db.models.query_utils import DeferredAttribute

from federation.encryption.keys import VERSION, ring

SHOWN = "［已加密］"


class Sealed:
    """A value that does not show itself. Holds its plain text only until it has been saved.

    Bound to table, column and row: pasted into another row it does not open.
    """

    __slots__ = ("_bound_to", "_plain", "token")

    def __init__(self, token: str = "", *, plain: str | None = None, bound_to: str = ""):
        self.token, self._plain, self._bound_to = token, plain, bound_to

    def open(self) -> str:
        """The value. :class:`~federation.encryption.KeyProblem` when it cannot be had."""
        if self._plain is not None:
            return self._plain
        return ring().open(self.token, self._bound_to)

    def bound(self, row: str) -> Sealed:
        """This value as one of ``row``, unless it is of another already or not sealed yet."""
        if self._plain is not None or self._bound_to:
            return self
        return Sealed(self.token, bound_to=row)

    def sealed_for(self, bound_to: str) -> str:
        """The token of this value for the row ``bound_to``."""
        if self.token and self._bound_to == bound_to and self._plain is None:
            return self.token
        return ring().seal(self.open(), bound_to)

    @property
    def fresh(self) -> bool:
        """Set in this process and not yet saved."""
        return self._plain is not None

    def __str__(self) -> str:
        return SHOWN

    def __repr__(self) -> str:
        return f"<Sealed {SHOWN}>"

    def __eq__(self, other: object) -> bool:
        return isinstance(other, Sealed) and self.open() == other.open()

    # A hash of the value would be an index of it.
    __hash__ = None  # type: ignore[assignment]

    def __getstate__(self) -> None:
        raise TypeError("a sealed value is not carried out of its process")


class _SealedAttribute(DeferredAttribute):
    """Gives a :class:`Sealed` bound to its row, whatever was set."""

    def __get__(self, instance: Any, cls: Any = None) -> Any:
        held = super().__get__(instance, cls)
        if instance is None or not isinstance(held, Sealed):
            return held
        return held.bound(cast(EncryptedTextField, self.field).bound_to(instance))

    def __set__(self, instance: Any, value: Any) -> None:
        if isinstance(value, str):
            value = Sealed(plain=value) if value else None
        instance.__dict__[self.field.attname] = value


class EncryptedTextField(models.TextField):
    """Text sealed with the row's uuid (SECURITY §4.3). Empty text is stored as NULL.

    Not searchable and not updatable by ``QuerySet.update``: put a :class:`BlindIndexField` beside it,
    save the row.
    """

    descriptor_class = _SealedAttribute
    description = "sealed text"

    def __init__(self, *args: Any, **kwargs: Any):
        kwargs.update(null=True, blank=True, editable=kwargs.get("editable", True))
        super().__init__(*args, **kwargs)

    def bound_to(self, instance: models.Model) -> str:
        return self.bound_to_row(instance.uuid)  # type: ignore[attr-defined]

    def bound_to_row(self, row: UUID) -> str:
        return f"{self.model._meta.db_table}.{self.column}.{row}"

    def from_db_value(self, value: str | None, _expression: Any, _connection: Any) -> Sealed | None:
        return Sealed(value) if value else None

    def to_python(self, value: Any) -> Any:
        return value

    def pre_save(self, model_instance: models.Model, add: bool) -> str | None:
        held = getattr(model_instance, self.attname)
        if held is None:
            return None
        token = held.sealed_for(self.bound_to(model_instance))
        setattr(model_instance, self.attname, Sealed(token))
        return token

    def get_prep_value(self, value: Any) -> Any:
        if value is None or (isinstance(value, str) and value.startswith(f"{VERSION}.")):
            return value
        raise TypeError(f"{self.name} is sealed with its row: set it on the row and save that")

    def value_from_object(self, obj: models.Model) -> Any:
        """What a form shows: opened, because who edits a row may read it."""
        held = getattr(obj, self.attname)
        return held.open() if held is not None else None

    def value_to_string(self, obj: models.Model) -> str:
        raise TypeError("sealed values are not serialised; use manage.py backup")

    def get_lookup(self, lookup_name: str) -> Any:
        return super().get_lookup(lookup_name) if lookup_name == "isnull" else None


class BlindIndexField(models.BinaryField):
    """Keyed digest of another field's value, for equality alone; ``of`` names the field.

    ``normalise`` makes equal what people write in several ways; it returns "" for what has none.
    """

    def __init__(
        self,
        *args: Any,
        of: str = "",
        kind: str = "",
        normalise: Callable[[str], str] | None = None,
        **kwargs: Any,
    ):
        self.of, self.kind, self.normalise = of, kind, normalise
        kwargs.update(null=True, editable=False, max_length=32)
        super().__init__(*args, **kwargs)

    def deconstruct(self) -> Any:
        # What a migration need not know: how the digest is made changes no column.
        return super().deconstruct()

    def pre_save(self, model_instance: models.Model, add: bool) -> bytes | None:
        held = getattr(model_instance, self.of)
        index = self.digest(held.open() if held is not None else "")
        setattr(model_instance, self.attname, index)
        return index

    def digest(self, value: str) -> bytes | None:
        """The index of ``value`` under the current key; None of what has no normal form."""
        plain = self.normalise(value) if self.normalise else value
        return ring().index(self.kind, plain) if plain else None


class SealedModel(models.Model):
    """A model with sealed fields: a save of one of them saves its index, too."""

    class Meta:
        abstract = True

    def save(self, *args: Any, **kwargs: Any) -> None:
        kept = kwargs.get("update_fields")
        if kept is not None:
            beside = {
                field.name
                for field in self._meta.concrete_fields
                if isinstance(field, BlindIndexField) and field.of in kept
            }
            kwargs["update_fields"] = {*kept, *beside}
        super().save(*args, **kwargs)
