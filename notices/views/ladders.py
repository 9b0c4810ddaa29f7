"""提醒安排 of a draft: which days, and whom; the usual arrangement in one click."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.shortcuts import redirect
from django.urls import reverse

from federation import scope
from federation.idempotency import idempotent, new_key
from federation.policy import Policy
from federation.views.base import ScopedDetailView
from notices import ladder
from notices.audiences import AUDIENCES
from notices.models import Notice, NoticeState

SIDES = (("-1", "截止前"), ("1", "截止后"))
EMPTY_ROWS = 2


class StepForm(forms.Form):
    """One step; a row without days is none."""

    side = forms.ChoiceField(label="", choices=SIDES, required=False)
    days = forms.IntegerField(
        label="第几天", required=False, min_value=0, max_value=ladder.FURTHEST
    )
    to = forms.MultipleChoiceField(
        label="提醒谁",
        required=False,
        choices=[(key, audience.words) for key, audience in AUDIENCES.items()],
        widget=forms.CheckboxSelectMultiple,
    )

    def row(self) -> dict | None:
        data = self.cleaned_data
        if data.get("days") is None:
            return None
        return {"days": data["days"] * int(data["side"] or 1), "to": data["to"]}


Steps = forms.formset_factory(
    StepForm, extra=EMPTY_ROWS, max_num=ladder.MOST, absolute_max=ladder.MOST + EMPTY_ROWS
)


class LadderPage(ScopedDetailView):
    policy = Policy("notices_issue", resource="draft_notice", sensitivity=2).to(
        get="打开“提醒安排”", post="修改提醒安排"
    )
    model = Notice
    template_name = "notices/ladder.html"

    def get_queryset(self):
        mine = scope.units_held(self.request.user, "notices_issue")
        drafts = super().get_queryset().filter(state=NoticeState.DRAFT, issuer__in=mine)
        return drafts.select_related("issuer")

    def get_title(self):
        return "提醒安排"

    def get_crumbs(self):
        draft = self.object
        return [
            ("通知", reverse("notices:notices")),
            (draft.title, reverse("notices:edit", args=[draft.uuid])),
            ("提醒安排", ""),
        ]

    def get_context_data(self, steps=None, problems=(), **kwargs):
        kept = [
            {"side": "-1" if step.days <= 0 else "1", "days": abs(step.days), "to": list(step.to)}
            for step in ladder.steps_of(self.object)
        ]
        return super().get_context_data(
            steps=steps or Steps(initial=kept),
            usual=self.object.ladder is None,
            problems=problems,
            idempotency_key=new_key(),
            **kwargs,
        )

    @idempotent
    def post(self, request, *args, **kwargs):
        self.object = self.get_object()
        steps = Steps(request.POST)
        try:
            ladder.change(self.object, self._asked(request, steps), by=request.user)
        except ValidationError as error:
            context = self.get_context_data(steps=steps, problems=error.messages)
            return self.render_to_response(context, status=422)
        messages.success(request, "提醒安排已保存。")
        return redirect("notices:ladder", self.object.uuid)

    def _asked(self, request, steps):
        if "usual" in request.POST:
            return None
        if not steps.is_valid():
            raise ValidationError(f"天数应是 0 到 {ladder.FURTHEST} 之间的整数。")
        return [row for form in steps if (row := form.row()) is not None]
