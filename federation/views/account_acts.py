"""The acts of 账号与任职: one form a page, judged by the rules below, confirmed and done once."""

from typing import Any, ClassVar

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.views.generic import View
from django.views.generic.base import TemplateResponseMixin

from federation import accounts, appointments, handover
from federation.confirmation import confirmed_recently
from federation.idempotency import done, idempotent, new_key
from federation.models import Appointment, User
from federation.scope import OutOfReach
from federation.views import account_forms as forms
from federation.views.accounts import MANAGERS, AccountScope
from federation.views.base import Page


class AccountAct(AccountScope, Page, TemplateResponseMixin, View):
    """A page with one form about one account.

    Give ``verb`` (the button), ``form_class`` and :meth:`act`, which does it and returns the sentence
    or a page to show. What is out of reach is 404, what is another's to do 403; what is wrong with
    the words comes back in the form with everything typed.
    """

    policy = MANAGERS
    http_method_names = ("get", "post", "head", "options")
    template_name = "federation/account_act.html"
    form_class: ClassVar[type[forms.AccountForm]]
    verb: ClassVar[str]
    lead: ClassVar[str] = ""
    whole = False  # the act is on the account itself, not on one of its seats

    def open(self) -> None:
        self.user = get_object_or_404(self.get_queryset(), uuid=self.kwargs["uuid"])
        judge = self.admin.require_account if self.whole else self.admin.require_sight
        try:
            judge(self.user)
        except OutOfReach as error:
            raise Http404 from error

    def act(self, data: dict[str, Any]) -> str | HttpResponse:
        raise NotImplementedError

    def get_title(self):
        return f"{self.verb}：{self.user}"

    def get_crumbs(self):
        return [("账号与任职", reverse("accounts")), (str(self.user), self.back())]

    def back(self) -> str:
        return reverse("account_record", args=[self.user.uuid])

    def make_form(self, data=None) -> forms.AccountForm:
        return self.form_class(data, admin=self.admin, user=self.user, initial=self.initial())

    def initial(self) -> dict[str, Any]:
        return {}

    def get(self, request, *args, **kwargs):
        self.open()
        return self.show(self.make_form())

    @confirmed_recently("grant")
    @idempotent
    def post(self, request, *args, **kwargs):
        self.open()
        form = self.make_form(request.POST)
        try:
            if not form.is_valid():
                return self.show(form, status=422)
            answer = self.act(form.cleaned_data)
        except OutOfReach as error:
            raise Http404 from error
        except ValidationError as error:
            form.show(error)
            return self.show(form, status=422)
        if isinstance(answer, HttpResponse):
            return done(answer, again_at=self.back())
        messages.success(request, answer)
        return redirect(self.back())

    def show(self, form, status: int = 200):
        context = self.get_context_data(
            form=form,
            lead=self.lead,
            idempotency_key=new_key(),
            submit_label=self.verb,
            cancel_url=self.back(),
            no_paper_switch=True,
        )
        return self.render_to_response(context, status=status)

    def password_page(self, user: User, password: str) -> HttpResponse:
        """The only time the password is seen."""
        context = {
            "title": "初始密码，只显示这一次",
            "crumbs": [("账号与任职", reverse("accounts"))],
            "account": user,
            "seat": user.appointments.live().select_related("unit", "post").first(),
            "password": password,
            "back_url": reverse("account_record", args=[user.uuid]),
        }
        return render(self.request, "federation/account_password.html", context)


class Open(AccountAct):
    policy = MANAGERS.to(get="打开“新增人员”", post="新增人员", sensitivity=3)
    form_class = forms.OpenForm
    verb = "开通账号"
    lead = "开通后会给出一个初始密码，请当面或打电话告诉本人；本人第一次登录时必须改掉。"

    def open(self) -> None:
        self.user = None

    def get_title(self):
        return "新增人员"

    def get_crumbs(self):
        return [("账号与任职", reverse("accounts"))]

    def back(self):
        return (
            reverse("account_record", args=[self.user.uuid]) if self.user else reverse("accounts")
        )

    def act(self, data):
        self.user, password = accounts.open_account(**data, by=self.request.user)
        return self.password_page(self.user, password)


class Change(AccountAct):
    policy = MANAGERS.to(get="打开“修改姓名、电话”", post="修改姓名、电话", sensitivity=3)
    form_class = forms.ChangeForm
    verb = "修改资料"
    whole = True

    def initial(self):
        return {"display_name": self.user.display_name, "phone": self.user.phone}

    def act(self, data):
        accounts.change(self.user, **data, by=self.request.user)
        return "资料已修改。"


class Appoint(AccountAct):
    policy = MANAGERS.to(get="打开“任职”", post="任职")
    form_class = forms.AppointForm
    verb = "任职"
    lead = "在现有任职之外，再任一个岗位（兼任）。要换岗位，请用“调动”。"

    def act(self, data):
        seat = appointments.appoint(self.user, **data, by=self.request.user)
        return f"{self.user}自{seat.starts_on}起任{seat.seat}。"


class Second(AccountAct):
    policy = MANAGERS.to(get="打开“借调”", post="借调")
    form_class = forms.SecondForm
    verb = "借调"
    lead = "借到另一个组织工作一段时间，到期自动结束；原任职照常。"

    def act(self, data):
        seat = appointments.second(self.user, **data, by=self.request.user)
        return f"{self.user}借调到{seat.unit}，至{seat.ends_on}。"


class Deputise(AccountAct):
    policy = MANAGERS.to(get="打开“代理”", post="代理")
    form_class = forms.DeputiseForm
    verb = "代理"

    def act(self, data):
        seat = appointments.deputise(self.user, **data, by=self.request.user)
        return (
            f"{self.user}代理{seat.acting_for.user}（{seat.unit} {seat.post}），至{seat.ends_on}。"
        )


class Transfer(AccountAct):
    policy = MANAGERS.to(get="打开“调动”", post="调动")
    form_class = forms.TransferForm
    verb = "调动"
    lead = "一次办完：原任职到前一天结束，新任职从到任日期开始，账号和密码不变。"

    def act(self, data):
        seat = appointments.transfer(self.user, **data, by=self.request.user)
        return f"{self.user}已调任{seat.seat}，{seat.starts_on}到任。"


class Leave(AccountAct):
    policy = MANAGERS.to(get="查看交接清单", post="离任")
    form_class = forms.FromDayForm
    template_name = "federation/account_leave.html"
    verb = "离任"

    def get_context_data(self, **kwargs):
        seats = handover.ending_with(self.user, self.admin)
        found = handover.holdings(self.user, seats)
        elsewhere = self.user.appointments.live().exclude(pk__in=[seat.pk for seat in seats])
        return super().get_context_data(
            holdings=found,
            orphans=sum(len(holding.orphans) for holding in found),
            elsewhere=elsewhere.count(),
            **kwargs,
        )

    def act(self, data):
        handover.leave(self.user, **data, by=self.request.user)
        self.user.refresh_from_db()
        closed = "账号已停用。" if not self.user.is_active else "她在别处还有任职，账号保留。"
        return f"{self.user}的离任已办好，{closed}"


class Reset(AccountAct):
    policy = MANAGERS.to(get="打开“重置密码”", post="重置密码", sensitivity=3)
    form_class = forms.NothingForm
    verb = "重置密码"
    whole = True
    lead = "给一个新的初始密码，原密码作废，正在登录的全部退出；本人第一次登录时必须改掉。"

    def act(self, data):
        return self.password_page(
            self.user, accounts.reset_password(self.user, by=self.request.user)
        )


class Disable(AccountAct):
    policy = MANAGERS.to(get="打开“停用账号”", post="停用账号")
    form_class = forms.NothingForm
    verb = "停用"
    whole = True
    lead = "停用后不能登录，正在登录的立即退出；任职和办过的事都保留，可以再启用。"

    def act(self, data):
        accounts.disable(self.user, by=self.request.user)
        return f"{self.user}的账号已停用。"


class Enable(AccountAct):
    policy = MANAGERS.to(get="打开“启用账号”", post="启用账号")
    form_class = forms.NothingForm
    verb = "启用"
    whole = True
    lead = "启用后可以用原来的密码登录。忘了密码的，再点“重置密码”。"

    def act(self, data):
        accounts.enable(self.user, by=self.request.user)
        return f"{self.user}的账号已启用。"


class EndSeat(AccountAct):
    policy = MANAGERS.to(get="打开“结束任职”", post="结束任职", resource="appointment")
    form_class = forms.FromDayForm
    verb = "结束任职"
    lead = "只结束这一项任职，其他任职和账号不变。"

    def open(self) -> None:
        seats = Appointment.objects.filter(self.admin.seats()).select_related(
            "user", "unit", "post"
        )
        self.seat = get_object_or_404(seats, uuid=self.kwargs["uuid"])
        self.user = self.seat.user
        try:
            self.admin.require_sight(self.user)
        except OutOfReach as error:
            raise Http404 from error

    def get_title(self):
        return f"结束任职：{self.user} {self.seat.seat}"

    def act(self, data):
        appointments.end(self.seat, **data, by=self.request.user)
        return f"{self.user}不再任{self.seat.seat}。"
