"""牵线搭桥: who suits whom and why, and what a unit gives or a village needs."""

from __future__ import annotations

from typing import Any, ClassVar

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.core.paginator import Paginator
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse
from django.utils import timezone

from federation import scope
from federation.idempotency import idempotent, new_key
from federation.models import OrgUnit
from federation.policy import Policy
from federation.views.base import PlainPage, uuid_or_404
from federation.views.units import with_places
from pairing import blank, matching
from pairing.models import SupportProfile
from pairing.views.tracking_forms import SmallFormPage, VersionForm
from pairing.views.tracking_links import pair_url
from registry.refusal import Refused

ROWS, OF_ONE = 10, 10
Side = SupportProfile.Side


def helpers_of(user):
    return blank.asked(user).filter(scope.reach(scope.granted_paths(user, "pairing_edit"), "path"))


def villages_of(user):
    found = scope.granted_units(user, "pairing_edit").open_now()
    return found.filter(unit_type__level="village", unit_type__group="federation")


class Matches(PlainPage):
    """For each unit without a pair the villages that suit it best; or all of one unit or village."""

    policy = Policy("pairing_edit", resource="match", sensitivity=3).to(
        get="查看牵线搭桥", post="提出结对建议"
    )
    template_name = "pairing/matches.html"
    title = "牵线搭桥"
    scope_word = "含下级"

    def get_context_data(self, **kwargs):
        with scope.asked_once():
            found = self.found()
        return super().get_context_data(
            **found, weights=matching.weights(), idempotency_key=new_key(), **kwargs
        )

    def found(self) -> dict[str, Any]:
        user, asked = self.request.user, self.request.GET
        if "recipient" in asked:
            village = uuid_or_404(OrgUnit, villages_of(user), asked["recipient"])
            rows = matching.proposals(
                list(helpers_of(user)), [village], to=user, by="recipient", most=OF_ONE
            )
            need = matching.needs([village], to=user).get(village.pk)
            return {"groups": [_group(village, rows, need, Side.NEED)], "page": None}
        if "helper" in asked:
            units, page = [uuid_or_404(OrgUnit, helpers_of(user), asked["helper"])], None
            villages, most = villages_of(user), OF_ONE
        else:
            waiting = blank.posts(user).filter(pk__in=helpers_of(user).values("pk"))
            page = Paginator(waiting.order_by("path"), ROWS).get_page(asked.get("page"))
            units, most = list(page), matching.SHOWN
            villages = villages_of(user) & blank.villages(user)
        rows = matching.proposals(units, list(villages), to=user, most=most) if units else {}
        offers = matching.offers(units, to=user)
        groups = [_group(unit, rows, offers.get(unit.pk), Side.OFFER) for unit in units]
        return {"groups": groups, "page": page}

    @idempotent
    def post(self, request):
        user = request.user
        helper = uuid_or_404(OrgUnit, helpers_of(user), request.POST.get("helper", ""))
        village = uuid_or_404(OrgUnit, villages_of(user), request.POST.get("recipient", ""))
        try:
            pair = matching.pick(helper, village, by=user)
        except Refused as refused:
            messages.error(request, str(refused))
            return redirect(f"{reverse('pairing:matches')}?helper={helper.uuid}")
        messages.success(request, "已提出，请双方确认。")
        return redirect(pair_url(pair))


def _group(unit: OrgUnit, rows: dict, profile: matching.Profile | None, side: str) -> dict:
    """One unit with what it gives or needs, and who suits it, with the place of each."""
    other = "recipient" if side == Side.OFFER else "helper"
    found = rows.get(unit.pk, [])
    places = {one.pk: place for one, place in with_places([getattr(row, other) for row in found])}
    return {
        "unit": unit,
        "side": side,
        "supports": [
            name for code, name in matching.SUPPORTS.items() if profile and code in profile.supports
        ],
        "sectors": [
            name for code, name in matching.SECTORS.items() if profile and code in profile.sectors
        ],
        "profile": profile,
        "rows": [
            {"one": row, "other": getattr(row, other), "place": places[getattr(row, other).pk]}
            for row in found
        ],
        "url": reverse("pairing:profile", args=[unit.uuid, side]),
    }


class ProfileForm(VersionForm):
    supports = forms.MultipleChoiceField(
        label="牵手内容", required=False, widget=forms.CheckboxSelectMultiple,
        choices=list(matching.SUPPORTS.items()),
    )  # fmt: skip
    sectors = forms.MultipleChoiceField(
        label="领域", required=False, widget=forms.CheckboxSelectMultiple,
        choices=list(matching.SECTORS.items()),
    )  # fmt: skip
    text = forms.CharField(
        label="说明", max_length=500, required=False, widget=forms.Textarea(attrs={"rows": 4}),
        help_text="能提供或需要什么、多少。不写个人姓名、电话。",
    )  # fmt: skip


class ProfilePage(SmallFormPage, PlainPage):
    """What one unit gives, or one village needs, this year."""

    policy = Policy("pairing_view", resource="match", sensitivity=3).to(
        get="查看可提供、需要的内容", post="填报可提供、需要的内容"
    )
    sample: ClassVar = {"side": "need"}
    template_name = "pairing/profile.html"
    scope_word = "本级"
    http_method_names = ("get", "post", "head", "options")

    def dispatch(self, request, *args, **kwargs):
        if kwargs["side"] not in Side.values:
            raise Http404
        units = scope.granted_units(request.user, "pairing_view").open_now()
        self.unit = uuid_or_404(OrgUnit, units, kwargs["uuid"])
        self.year = timezone.localdate().year
        return super().dispatch(request, *args, **kwargs)

    def row(self) -> SupportProfile | None:
        rows = SupportProfile.objects.visible_to(self.request.user)
        return rows.filter(unit=self.unit, side=self.kwargs["side"], year=self.year).first()

    def get_title(self):
        return f"{self.unit}{self.year}年{Side(self.kwargs['side']).label}"

    def back(self):
        if scope.may(self.request.user, "pairing_edit"):
            return reverse("pairing:matches")
        return reverse("pairing:pairs")

    def make_form(self, data=None):
        row = self.row()
        if row is not None:
            values = {"supports": row.supports, "sectors": row.sectors, "text": row.text}
            return ProfileForm(data, initial={**values, "version": row.version})
        known = matching.offers([self.unit], to=self.request.user).get(self.unit.pk)
        if known is None or self.kwargs["side"] == Side.NEED:
            return ProfileForm(data, initial={"version": 0})
        values = {"supports": known.supports, "sectors": known.sectors, "text": known.text[:500]}
        return ProfileForm(data, initial={**values, "version": 0})

    def words_of(self, row):
        return {
            "supports": "、".join(matching.SUPPORTS[code] for code in row.supports),
            "sectors": "、".join(matching.SECTORS[code] for code in row.sectors),
            "text": row.text,
        }

    def act(self, data):
        matching.type_profile(
            self.unit, side=self.kwargs["side"], year=self.year, by=self.request.user, **data
        )
        return "已保存，牵线搭桥时按它配对。"

    def get_context_data(self, **kwargs):
        may = matching.may_type(self.request.user, self.unit)
        return super().get_context_data(may_type=may, **kwargs)

    @idempotent
    def post(self, request, uuid, side):
        if not matching.may_type(request.user, self.unit):
            raise PermissionDenied
        return self.answer(request)
