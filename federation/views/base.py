"""Bases of every page: a view is a declaration of model, policy and words.

A scoped view never sees a row outside ``visible_to``; the object page asks the same queryset, so
an object is in reach exactly if the list would show it (404 otherwise).
"""

from __future__ import annotations

from typing import ClassVar
from urllib.parse import urlencode

from django.core.exceptions import ValidationError
from django.core.paginator import EmptyPage, Paginator
from django.http import Http404
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.functional import cached_property
from django.views.generic import DetailView, TemplateView
from django.views.generic.base import ContextMixin, View
from django_filters.views import FilterView
from django_tables2 import RequestConfig, SingleTableMixin
from django_tables2.data import TableQuerysetData

from federation.models import SavedQuery
from federation.policy import Policy

PAGE_SIZES = (20, 50, 100)
COUNTED = 10_000  # rows a capped list counts; it says 10000+ beyond


class Page(ContextMixin):
    """Title, breadcrumb and primary action, the same words on every kind of page."""

    title = ""
    scope_word = ""

    def get_title(self) -> str:
        return self.title

    def get_crumbs(self) -> list[tuple[str, str]]:
        return []

    def get_primary_action(self) -> dict | None:
        return None

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            **{
                "title": self.get_title(),
                "crumbs": self.get_crumbs(),
                "scope_word": self.scope_word,
                "primary_action": self.get_primary_action(),
                **kwargs,
            }
        )


class ScopedMixin:
    """Rows through ``visible_to`` alone; ``action`` is the second half of the policy's word."""

    policy: ClassVar[Policy]
    model: ClassVar[type]

    def scope_action(self) -> str:
        return self.policy.action.split("_", 1)[1] if self.policy.action else "view"

    def get_queryset(self):
        return self.model.objects.visible_to(self.request.user, self.scope_action())


class ScopedDetailView(ScopedMixin, Page, DetailView):
    """One row in reach, addressed by its ``uuid``."""

    slug_field = slug_url_kwarg = "uuid"

    def get_object(self, queryset=None):
        return get_object_or_404(queryset or self.get_queryset(), uuid=self.kwargs["uuid"])


class ForgivingPaginator(Paginator):
    """A page beyond the end shows the last one: rows vanish while people read.

    The size is one of ours: django-tables2 hands on whatever number the address names.
    """

    def __init__(self, object_list, per_page, **kwargs):
        size = per_page if per_page in PAGE_SIZES else PAGE_SIZES[0]
        super().__init__(object_list, size, **kwargs)

    @property
    def capped(self) -> bool:
        """Whether there are more rows than were counted."""
        return getattr(getattr(self.object_list, "data", None), "capped", False)

    def page(self, number):
        try:
            return super().page(number)
        except EmptyPage:
            return super().page(self.num_pages)


class CappedData(TableQuerysetData):
    """Counts 10,000 rows and no further: a register of 300,000 is not counted for each page of 20.

    Whoever looks for row 10,001 narrows the query.
    """

    @cached_property
    def _asked(self) -> int:
        return self.data.order_by().values("pk")[: COUNTED + 1].count()

    @property
    def capped(self) -> bool:
        return self._asked > COUNTED

    def __len__(self) -> int:
        return min(self._asked, COUNTED)


class ListPage(Page, SingleTableMixin, FilterView):
    """列表: query bar, chips, table, 共 N 条. Give ``filterset_class``, ``table_class``, ``model``."""

    template_name = "kinds/list.html"
    strict = False
    empty_text = "这里还没有内容。"
    empty_action: dict | None = None
    layout: ClassVar[tuple[str, ...]] = ()  # filters that order or lay out, and narrow nothing
    capped = False  # a list of which there may be hundreds of thousands

    def page_size(self) -> int:
        asked = whole_number(self.request.GET.get("per_page", ""))
        return asked if asked in PAGE_SIZES else PAGE_SIZES[0]

    def get_table_data(self):
        found = super().get_table_data()
        return CappedData(found) if self.capped else found

    def get_table(self, **kwargs):
        table = self.get_table_class()(data=self.get_table_data(), **kwargs)
        paginate = {"per_page": self.page_size(), "paginator_class": ForgivingPaginator}
        return RequestConfig(self.request, paginate=paginate).configure(table)

    def get_tools(self) -> list[dict]:
        return []

    def chips(self) -> list[tuple[str, str]]:
        """What the query bar has chosen, each with the address that takes it away."""
        form = self.filterset.form
        if not form.is_bound or not form.is_valid():
            return []
        found = []
        for name, value in form.cleaned_data.items():
            if value in (None, "", []) or name in self.layout:
                continue
            field = form.fields[name]
            choices = dict(getattr(field, "choices", []))
            shown = choices.get(getattr(value, "pk", value)) or choices.get(str(value)) or value
            rest = self.request.GET.copy()
            rest.pop(name, None)
            rest.pop("page", None)
            found.append((f"{field.label}：{shown}", f"?{rest.urlencode()}"))
        return found

    def get_context_data(self, **kwargs):
        context = super().get_context_data(**kwargs)
        table = context["table"]
        page = self.request.resolver_match.view_name
        return {
            **context,
            "total": table.paginator.count if hasattr(table, "paginator") else len(table.rows),
            "more": getattr(getattr(table, "paginator", None), "capped", False),
            "chips": self.chips(),
            "tools": self.get_tools(),
            "page_sizes": PAGE_SIZES,
            "per_page": self.page_size(),
            "saved_queries": [
                {
                    "name": saved.name,
                    "url": f"{self.request.path}?{saved.query}",
                    "delete_url": reverse("drop_query", args=[saved.pk]),
                }
                for saved in SavedQuery.objects.filter(user=self.request.user, page=page)
            ],
            "saved_query_page": page,
            "save_query_url": reverse("save_query"),
            "query": urlencode(
                [(k, v) for k, vs in self.request.GET.lists() for v in vs if k != "page"]
            ),
            "empty": {"text": self.empty_text, "action": self.empty_action},
        }


class ScopedListView(ScopedMixin, ListPage):
    """A list of rows in reach."""


class PlainPage(Page, TemplateView):
    """A page without a model. Parameters of the address stay in ``self.kwargs``."""

    def get(self, request, *args, **kwargs):
        return self.render_to_response(self.get_context_data())


class ActView(ScopedMixin, View):
    """A view that only acts (POST) on one row in reach."""

    http_method_names: ClassVar[list[str]] = ["post"]

    def get_object(self):
        return get_object_or_404(self.get_queryset(), uuid=self.kwargs["uuid"])


def whole_number(text: str) -> int | None:
    """``text`` as a number from 0, None when it is none: ``isdigit`` alone also takes ① and ²."""
    return int(text) if text.isascii() and text.isdigit() and len(text) <= 18 else None


def uuid_or_404(model, queryset, value):
    """The row of ``queryset`` with external id ``value``, or 404, also for malformed ids."""
    try:
        return queryset.get(uuid=value)
    except (model.DoesNotExist, ValueError, ValidationError) as error:
        raise Http404 from error
