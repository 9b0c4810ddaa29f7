"""Pages of blanks made from an annex: the same words, order and rules as the paper.

Nothing is required here: a draft keeps what was typed as it was typed. The rules are the annex's
own and are asked when the form is submitted.
"""

from __future__ import annotations

import json
from typing import Any

from django import forms
from django.urls import reverse

from federation.models import OrgUnit
from federation.views.units import with_places
from reporting.annexes import Annex, Field


class VillageWidget(forms.Widget):
    """A combobox of villages that keeps free text when nothing fits (parts/combobox.html)."""

    template_name = "reporting/widgets/village.html"

    def __init__(self, *, multiple: bool, attrs=None):
        super().__init__(attrs)
        self.multiple = multiple

    def value_from_datadict(self, data, files, name):
        pairs = zip(data.getlist(f"{name}_unit"), data.getlist(f"{name}_text"), strict=False)
        found = [
            {"unit": unit or None, "text": text.strip()} for unit, text in pairs if text.strip()
        ]
        return found if self.multiple else (found[0] if found else None)

    def value_omitted_from_data(self, data, files, name):
        return f"{name}_text" not in data

    def id_for_label(self, id_):
        return id_

    def get_context(self, name, value, attrs):
        context = super().get_context(name, value, attrs)
        entries = value if isinstance(value, list) else [value] if value else []
        entries = [entry for entry in entries if isinstance(entry, dict)]
        context.update(
            items=with_notes(entries),
            multiple=self.multiple,
            url=f"{reverse('unit_pick')}?level=village",
            disabled=bool(context["widget"]["attrs"].get("disabled")),
            described=context["widget"]["attrs"].get("aria-describedby", ""),
            invalid=bool(context["widget"]["attrs"].get("aria-invalid")),
        )
        return context


def with_notes(entries: list[dict]) -> list[dict[str, str]]:
    """Village values with the place of each known unit, county › township, to tell namesakes apart."""
    ids = [entry["unit"] for entry in entries if entry.get("unit")]
    units = OrgUnit.objects.filter(uuid__in=ids) if ids else []
    places = {str(unit.uuid): place for unit, place in with_places(list(units))}
    return [
        {
            "unit": e.get("unit") or "",
            "text": e.get("text", ""),
            "note": places.get(e.get("unit"), ""),
        }
        for e in entries
    ]


class VillageField(forms.Field):
    """Holds ``{"unit": uuid or None, "text": …}`` or a list of those."""


def _form_field(field: Field) -> forms.Field:
    common: dict[str, Any] = {
        "label": field.label,
        "required": False,
        "help_text": field.help_text,
    }
    if field.kind == "village":
        return VillageField(widget=VillageWidget(multiple=field.multiple), **common)
    if field.kind == "choice":
        return forms.CharField(widget=forms.RadioSelect(choices=field.choices), **common)
    if field.kind == "multichoice":
        return forms.MultipleChoiceField(
            choices=field.choices, widget=forms.CheckboxSelectMultiple, **common
        )
    widget: forms.Widget = forms.TextInput(attrs={"maxlength": field.longest})
    if field.kind == "long_text":
        widget = forms.Textarea(attrs={"rows": 6, "maxlength": field.longest})
    elif field.kind == "phone":
        widget = forms.TextInput(attrs={"inputmode": "tel", "maxlength": field.longest})
    elif field.kind == "email":
        widget = forms.TextInput(attrs={"inputmode": "email", "maxlength": field.longest})
    return forms.CharField(widget=widget, strip=False, **common)


class AnnexForm(forms.Form):
    """One respondent's form. ``open_keys`` may be typed in; the others show what they hold.

    ``returns`` is ``{field key: reason}`` of cells sent back, shown beside the field.
    """

    def __init__(
        self,
        data=None,
        *,
        annex: Annex,
        values: dict,
        open_keys: set[str],
        returns: dict[str, str] | None = None,
    ):
        super().__init__(data, initial=values, use_required_attribute=False)
        self.annex, self.returns = annex, returns or {}
        for field in annex.fields:
            if field.readonly:
                continue
            self.fields[field.key] = _form_field(field)
            # Drawn with the star and aria-required of a needed field; enforced by the annex.
            self.fields[field.key].marked = field.required
            self.fields[field.key].disabled = field.key not in open_keys

    def typed(self) -> dict[str, Any]:
        """What was typed into the open fields, untouched."""
        found = {}
        for name, field in self.fields.items():
            if field.disabled or field.widget.value_omitted_from_data(self.data, self.files, name):
                if not field.disabled and isinstance(field.widget, forms.RadioSelect):
                    found[name] = ""
                elif not field.disabled and isinstance(field.widget, forms.CheckboxSelectMultiple):
                    found[name] = []
                continue
            value = field.widget.value_from_datadict(self.data, self.files, name)
            found[name] = _storable(value)
        return found

    def show_errors(self, errors: dict[str, list[str]]) -> None:
        """Put the annex's messages beside their fields."""
        self.full_clean()
        self._errors = self.error_class_dict()
        for key, messages in errors.items():
            self.add_error(key if key in self.fields else None, [str(m) for m in messages])

    def error_class_dict(self):
        return forms.utils.ErrorDict(renderer=self.renderer)

    def sections(self) -> list[dict[str, Any]]:
        """Fields grouped as printed: those under one printed heading stand together.

        A heading that is itself the label of its first field is not said twice.
        """
        found: list[dict[str, Any]] = []
        for field in self.annex.fields:
            if field.key not in self.fields:
                continue
            heading = field.section or (field.label if _heads_next(self.annex, field) else "")
            if not found or found[-1]["heading"] != heading:
                title = "" if heading == field.label else heading
                found.append({"heading": heading, "title": title, "fields": []})
            found[-1]["fields"].append(self[field.key])
        return found


def _heads_next(annex: Annex, field: Field) -> bool:
    return any(other.section == field.label for other in annex.fields)


def _storable(value: Any) -> Any:
    """Text a database can hold: PostgreSQL refuses NUL, and a lone surrogate is no character.

    Line ends become one kind. What else is wrong is the annex's matter when the form is submitted.
    """
    if isinstance(value, str):
        text = value.replace("\r\n", "\n").replace("\x00", "")
        return text.encode("utf-8", "replace").decode("utf-8")[:20_000]
    if isinstance(value, list):
        return [_storable(item) for item in value[:50]]
    if isinstance(value, dict):
        return {_storable(key): _storable(item) for key, item in value.items()}
    # Forms send text alone; of other JSON a database refuses NaN and Infinity.
    return value if value is None else _storable(str(value))


def dumped(values: dict) -> str:
    return json.dumps(values, ensure_ascii=False, sort_keys=True)


def loaded(text: str) -> dict:
    """A JSON object from a hidden field; anything else is an empty one."""
    try:
        found = json.loads(text)
        return _storable(found) if isinstance(found, dict) else {}
    except (ValueError, RecursionError):
        return {}
