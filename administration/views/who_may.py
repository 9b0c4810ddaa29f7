"""谁能做什么: what people in each place may do, which 岗位 may do what, and one person's own rights."""

from django import forms
from django.http import HttpResponseRedirect
from django.shortcuts import get_object_or_404
from django.urls import reverse
from django.views.generic import View

from administration import holders, pages, things
from federation.confirmation import confirmed_recently
from federation.idempotency import idempotent, new_key
from federation.permissions import known_actions
from federation.policy import SENSITIVITY, Policy
from federation.views.base import PlainPage
from reporting.jobs import request_job

TABS = {"things": "办什么事", "posts": "什么岗位", "person": "某个人"}
READERS = Policy("federation_audit", or_action="federation_grant", resource="access", sensitivity=2)


class Wanted(forms.Form):
    """The query bar; what it does not know is no filter."""

    room = forms.ChoiceField(label="所属", required=False)
    action = forms.ChoiceField(label="所需权限", required=False)
    sensitivity = forms.ChoiceField(label="敏感级", required=False)

    def __init__(self, *args, **kwargs):
        super().__init__(*args, **kwargs)
        every = ("", "全部")
        self.fields["room"].choices = [every, *pages.rooms().items()]
        self.fields["action"].choices = [every, *known_actions().items()]
        levels = [(str(level), f"{level} {word}") for level, word in SENSITIVITY.items()]
        self.fields["sensitivity"].choices = [every, *levels]


class Name(forms.Form):
    who = forms.CharField(label="姓名或用户名", required=False, max_length=60)


class WhoMay(PlainPage):
    policy = READERS.to("查看谁能做什么")
    template_name = "administration/who_may.html"
    title = "谁能做什么"

    def get_context_data(self, **kwargs):
        asked = self.request.GET
        tab = asked.get("tab") if asked.get("tab") in TABS else "things"
        return super().get_context_data(
            tab=tab,
            tabs=[(code, word, f"{self.request.path}?tab={code}") for code, word in TABS.items()],
            tools=[self._export()],
            **getattr(self, f"_{tab}")(asked),
            **kwargs,
        )

    def _things(self, asked) -> dict:
        form = Wanted(asked)
        form.is_valid()
        found = things.things(
            room=form.cleaned_data.get("room", ""),
            action=form.cleaned_data.get("action", ""),
            sensitivity=int(form.cleaned_data.get("sensitivity") or 0),
        )
        return {
            "form": form,
            "things": found,
            "total": len(found),
            "relations": pages.RELATIONS.values(),
            "rooms": pages.rooms(),
        }

    def _posts(self, asked) -> dict:
        return {"posts": holders.posts()}

    def _person(self, asked) -> dict:
        people = holders.people_of(self.request.user, self.policy.actions)
        form = Name(asked)
        form.is_valid()
        context = {"form": form, "found": holders.named(people, form.cleaned_data.get("who", ""))}
        if name := asked.get("person", ""):
            person = get_object_or_404(people, username=name)
            context |= {"person": person, "holdings": holders.holdings(person)}
        return context

    def _export(self) -> dict:
        return {
            "label": "导出",
            "url": reverse("administration:export_who_may"),
            "icon": "download",
            "method": "post",
            "fields": {"idempotency_key": new_key()},
        }


class ExportWhoMay(View):
    policy = READERS.to("导出谁能做什么")
    http_method_names = ("post",)

    @confirmed_recently("export")
    @idempotent
    def post(self, request):
        job = request_job(
            "who_may_export",
            requester=request.user,
            params={},
            dedupe_key=f"{request.user.pk}",
        )
        return HttpResponseRedirect(reverse("reporting:job", args=[job.uuid]))
