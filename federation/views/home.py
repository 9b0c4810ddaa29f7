"""工作台, search, and the switches of the frame."""

from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.utils.http import url_has_allowed_host_and_scheme
from django.views.generic import View

from federation import frame, scope
from federation.models import OrgUnit, SavedQuery
from federation.policy import SIGNED_IN
from federation.views.base import PlainPage, whole_number
from federation.views.units import with_places

SHOWN = 50


class Home(PlainPage):
    policy = SIGNED_IN.to("打开工作台", resource="home", sensitivity=2)
    template_name = "kinds/home.html"
    title = "工作台"

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            panels=frame.panels_for(self.request), figures=frame.figures_for(self.request), **kwargs
        )


def back(request) -> str:
    """Where the person came from, if that is one of our own pages."""
    target = request.POST.get("next", "")
    return (
        target if url_has_allowed_host_and_scheme(target, {request.get_host()}) else reverse("home")
    )


class ActAs(View):
    """Choose the appointment to act in; only one's own in force can be chosen."""

    policy = SIGNED_IN.to("切换自己的任职", resource="account", sensitivity=2)
    http_method_names = ("post",)

    def post(self, request):
        current = request.user.appointments.current()
        asked = whole_number(request.POST.get("appointment", ""))
        chosen = current.first() if asked is None else get_object_or_404(current, pk=asked)
        if chosen:
            request.session["acting"] = str(chosen.uuid)
        return HttpResponseRedirect(reverse("home"))


class Elder(View):
    """长辈版: larger words and targets, kept in a cookie of this browser."""

    policy = SIGNED_IN.to("切换长辈版", resource="account", sensitivity=1)
    http_method_names = ("post",)

    def post(self, request):
        response = HttpResponseRedirect(back(request))
        on = request.COOKIES.get(frame.ELDER_COOKIE) != "1"
        response.set_cookie(
            frame.ELDER_COOKIE,
            "1" if on else "0",
            max_age=31_536_000,
            secure=request.is_secure(),
            samesite="Lax",
            httponly=True,
        )
        return response


class Search(PlainPage):
    """Units by name, initials or pinyin."""

    policy = SIGNED_IN.to("按名称或拼音查找组织", resource="unit", sensitivity=1)
    template_name = "federation/search.html"
    title = "查找"

    def get_context_data(self, **kwargs):
        words = self.request.GET.get("q", "")[:60]
        found = (
            OrgUnit.objects.open_now().matching(words) if words.strip() else OrgUnit.objects.none()
        )
        shown = list(found.select_related("unit_type", "post_level")[:SHOWN])
        # Names are public, records are not: what is out of reach is told, and leads nowhere.
        reach = scope.granted_units(self.request.user, "federation_view")
        open_to = set(reach.filter(pk__in=[u.pk for u in shown]).values_list("pk", flat=True))
        return super().get_context_data(
            words=words,
            found=[(unit, place, unit.pk in open_to) for unit, place in with_places(shown)],
            full=len(shown) == SHOWN,
            **kwargs,
        )


class SaveQuery(View):
    policy = SIGNED_IN.to("保存常用查询", resource="query", sensitivity=2)
    http_method_names = ("post",)

    def post(self, request):
        page, name = request.POST.get("page", "")[:120], request.POST.get("name", "").strip()[:30]
        if page and name:
            SavedQuery.objects.update_or_create(
                user=request.user,
                page=page,
                name=name,
                defaults={"query": request.POST.get("query", "")[:1000]},
            )
        return HttpResponseRedirect(back(request))


class DropQuery(View):
    policy = SIGNED_IN.to("删除自己的常用查询", resource="query", sensitivity=2)
    http_method_names = ("post",)

    def post(self, request, pk):
        get_object_or_404(SavedQuery, user=request.user, pk=pk).delete()
        return HttpResponseRedirect(back(request))
