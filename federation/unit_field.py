"""A form field that takes one unit out of a person's own, with the picker of parts/combobox.html."""

from django import forms
from django.core.exceptions import ValidationError
from django.db.models import Q, QuerySet
from django.urls import reverse_lazy

from federation.models import OrgUnit
from federation.scope import OutOfReach

UNKNOWN = "没有叫这个名称的组织，请从列出的里面选"


class UnitWidget(forms.Widget):
    """Sends ``<name>_unit`` (an id, or nothing without script) and ``<name>_text``."""

    template_name = "federation/unit_widget.html"

    def __init__(self, url, attrs=None):
        super().__init__(attrs)
        self.url = url

    def value_from_datadict(self, data, files, name):
        return {
            "unit": data.get(f"{name}_unit", ""),
            "text": data.get(f"{name}_text", "").strip()[:100],
        }

    def value_omitted_from_data(self, data, files, name):
        return f"{name}_text" not in data

    def get_context(self, name, value, attrs):
        if isinstance(value, OrgUnit):
            value = {"unit": str(value.uuid), "text": value.name}
        context = super().get_context(name, value, attrs)
        described, invalid = (
            context["widget"]["attrs"].get(key) for key in ("aria-describedby", "aria-invalid")
        )
        return {
            **context,
            "url": self.url,
            "items": [value] if value else [],
            "described": described or "",
            "invalid": invalid == "true",
            "unknown": UNKNOWN,
        }


class UnitField(forms.Field):
    """One unit of ``queryset``. An id beyond it raises ``OutOfReach``: nobody types an id."""

    def __init__(self, queryset: QuerySet[OrgUnit] | None = None, **kwargs):
        url = kwargs.pop("url", reverse_lazy("account_units"))
        super().__init__(widget=UnitWidget(url), **kwargs)
        self.queryset = queryset if queryset is not None else OrgUnit.objects.none()

    def clean(self, value) -> OrgUnit | None:
        chosen, text = (value or {}).get("unit", ""), (value or {}).get("text", "")
        if not text:
            if self.required:
                raise ValidationError("请选择组织。", code="required")
            return None
        units = self.queryset.select_related("unit_type")
        if chosen:
            try:
                return units.get(uuid=chosen)
            except (OrgUnit.DoesNotExist, ValueError, ValidationError) as error:
                raise OutOfReach("所选组织不在您的管辖范围内。") from error
        found = list(units.open_now().filter(Q(name=text) | Q(short_name=text))[:2])
        if not found:
            raise ValidationError(f"没有找到“{text}”。请输入名称、拼音或首字母，从列出的里面选。")
        if len(found) > 1:
            raise ValidationError(f"叫“{text}”的不止一个，请从列出的里面选，看清上级。")
        return found[0]
