"""提醒方式: by which ways a unit's people are told, set by who issues or supervises at the unit."""

from django import forms
from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404
from django.shortcuts import redirect
from django.urls import reverse

from federation import scope
from federation.idempotency import idempotent, new_key
from federation.models import OrgUnit
from federation.policy import Policy
from federation.views.base import PlainPage, uuid_or_404
from notices import channels
from notices.models import Channel

KEEP = "不改可以不填"


class ChannelForm(forms.Form):
    """One channel; the address and secret kept are never filled in again."""

    on = forms.BooleanField(label="启用", required=False)

    def __init__(self, *args, row, **kwargs):
        super().__init__(*args, prefix=row.channel, initial={"on": row.on}, **kwargs)
        self.row = row

    def changes(self) -> dict:
        return {"on": self.cleaned_data["on"]}


class EmailForm(ChannelForm):
    address = forms.CharField(
        label="单位公用邮箱",
        required=False,
        max_length=200,
        help_text="各人的提醒发到本人账号中的邮箱；本人没有邮箱的，发到这里。可以不填。",
    )

    def __init__(self, *args, row, **kwargs):
        super().__init__(*args, row=row, **kwargs)
        self.initial["address"] = row.where

    def changes(self) -> dict:
        return {**super().changes(), "address": self.cleaned_data["address"]}


class WebhookForm(ChannelForm):
    address = forms.CharField(
        label="机器人地址",
        required=False,
        max_length=500,
        help_text="在群里添加机器人后，完整复制它的 Webhook 地址，以 https:// 开头。保存后不再显示。",
        widget=forms.TextInput(attrs={"autocomplete": "off", "inputmode": "url"}),
    )
    secret = forms.CharField(
        label="加签密钥",
        required=False,
        max_length=200,
        help_text="机器人要求“加签”时填写。保存后不再显示。",
        widget=forms.PasswordInput(attrs={"autocomplete": "new-password"}),
    )

    def __init__(self, *args, row, **kwargs):
        super().__init__(*args, row=row, **kwargs)
        if row.address:
            self.fields["address"].widget.attrs["placeholder"] = f"已保存，{KEEP}"
        if row.secret:
            self.fields["secret"].widget.attrs["placeholder"] = f"已保存，{KEEP}"

    def changes(self) -> dict:
        typed = {name: self.cleaned_data[name] or None for name in ("address", "secret")}
        return {**super().changes(), **typed}


FORMS = {Channel.IN_APP: ChannelForm, Channel.EMAIL: EmailForm, Channel.WEBHOOK: WebhookForm}
TOLD = {
    Channel.IN_APP: "显示在“消息”中。邮件没有发成的，也会显示在这里。",
    Channel.EMAIL: "每个工作日 8:30 后发一封，只有事项和日期。",
    Channel.WEBHOOK: "每个工作日 8:30 后，把本单位的事项发到群里一次。企业微信和说同样话的机器人都可以。",
}


class Channels(PlainPage):
    policy = Policy("notices_issue", or_action="notices_supervise").to(
        get="查看提醒方式", post="修改提醒方式", resource="channel", sensitivity=2
    )
    template_name = "notices/channels.html"
    title = "提醒方式"

    def units(self):
        user = self.request.user
        held = scope.units_held(user, "notices_issue") | scope.units_held(user, "notices_supervise")
        return OrgUnit.objects.filter(pk__in=held).open_now()

    def unit(self) -> OrgUnit:
        asked = self.request.GET.get("unit")
        if asked:
            return uuid_or_404(OrgUnit, self.units(), asked)
        if (acting := getattr(self.request, "acting", None)) and (
            found := self.units().filter(pk=acting.unit_id).first()
        ):
            return found
        first = self.units().first()
        if first is None:
            raise Http404
        return first

    def get_context_data(self, bound=None, **kwargs):
        unit = self.unit()
        rows = channels.of(unit)
        made = [
            bound if bound and bound.row.channel == row.channel else FORMS[channel](row=row)
            for channel, row in rows.items()
        ]
        blocks = [{"form": form, "row": form.row, "told": TOLD[form.row.channel]} for form in made]
        return super().get_context_data(
            unit=unit,
            units=list(self.units()),
            blocks=blocks,
            email_ready=channels.email_ready(),
            idempotency_key=new_key(),
            **kwargs,
        )

    @idempotent
    def post(self, request):
        unit, channel = self.unit(), request.POST.get("channel")
        if channel not in FORMS:
            raise Http404
        form = FORMS[channel](request.POST, row=channels.of(unit)[channel])
        if form.is_valid():
            try:
                channels.change(unit, channel, by=request.user, **form.changes())
            except ValidationError as error:
                form.add_error(None, error)
            else:
                messages.success(request, f"{unit}的“{Channel(channel).label}”已保存。")
                return redirect(f"{reverse('notices:channels')}?unit={unit.uuid}")
        return self.render_to_response(self.get_context_data(bound=form), status=422)
