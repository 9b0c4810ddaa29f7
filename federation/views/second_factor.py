"""动态口令: the page after the password, and setting it up, renewing codes and ending it."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.views import RedirectURLMixin
from django.http import HttpResponseRedirect
from django.shortcuts import redirect, render
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.views.generic import FormView, View

from federation import second_factor
from federation.confirmation import confirmed_recently
from federation.policy import PUBLIC, SIGNED_IN
from federation.views.account import entered
from federation.views.base import Page

SALT = "second_factor_salt"  # the session's word for the phone about to be set up


class CodeForm(forms.Form):
    code = forms.CharField(label="动态口令", max_length=20)
    trust = forms.BooleanField(label="记住这台电脑", required=False)


@method_decorator(login_not_required, name="dispatch")
class LoginCode(RedirectURLMixin, FormView):
    """After the password, before anything else: nobody is logged in yet."""

    policy = PUBLIC.to(
        get="打开手机口令页", post="登录时输入手机口令", resource="account", sensitivity=2
    )
    http_method_names = ("get", "post", "head", "options")
    form_class = CodeForm
    template_name = "registration/login_code.html"
    next_page = reverse_lazy("home")

    def dispatch(self, request, *args, **kwargs):
        self.waiting = second_factor.waiting_in(request)
        if request.method.lower() not in self.http_method_names:
            return self.http_method_not_allowed(request)
        if request.user.is_authenticated or self.waiting is None:
            return redirect("home" if request.user.is_authenticated else "login")
        return super().dispatch(request, *args, **kwargs)

    def get_context_data(self, **kwargs):
        return super().get_context_data(
            next=self.get_redirect_url(),
            remember_days=settings.SECOND_FACTOR_REMEMBER_DAYS,
            codes_left=second_factor.codes_left(self.waiting),
            **kwargs,
        )

    def form_valid(self, form):
        user = self.waiting
        if not second_factor.verify(user, form.cleaned_data["code"]):
            form.add_error("code", second_factor.WRONG)
            return self.form_invalid(form)
        second_factor.stop_waiting(self.request)
        response = entered(self.request, user, self.get_success_url())
        if form.cleaned_data["trust"]:
            second_factor.trust(response, user)
        return response


class SecondFactorPage(Page, RedirectURLMixin, FormView):
    """What there is, or setting it up: a picture for the camera, the key for who has none, a code."""

    policy = SIGNED_IN.to(
        get="查看自己的手机口令", post="绑定手机口令", resource="account", sensitivity=2
    )
    http_method_names = ("get", "post", "head", "options")
    form_class = CodeForm
    template_name = "federation/second_factor.html"
    title = "动态口令"
    next_page = reverse_lazy("account")

    def get_crumbs(self):
        return [("我的账号", reverse("account")), ("动态口令", "")]

    def get_context_data(self, **kwargs):
        user = self.request.user
        held = second_factor.of(user)
        context = super().get_context_data(
            held=held,
            required=second_factor.required_of(user),
            owed=self.request.live_session.owes_second_factor,
            next=self.get_redirect_url(),
            **kwargs,
        )
        if held:
            return {**context, "codes_left": second_factor.codes_left(user)}
        proposed = second_factor.proposed(user, self._salt())
        path, side = second_factor.qr_path(proposed)
        return {
            **context,
            "qr_path": path,
            "qr_side": side,
            "otpauth": proposed.config_url,
            "key": second_factor.key_in_groups(proposed),
        }

    def _salt(self) -> str:
        """The same picture until it is confirmed, or a reload would undo the phone's scan."""
        return self.request.session.setdefault(SALT, second_factor.new_salt())

    def form_valid(self, form):
        user = self.request.user
        if second_factor.of(user):
            return HttpResponseRedirect(reverse("second_factor"))
        live = self.request.live_session
        codes = second_factor.enrol(user, self._salt(), form.cleaned_data["code"], keep=live)
        if codes is None:
            form.add_error("code", second_factor.WRONG)
            return self.form_invalid(form)
        del self.request.session[SALT]
        return show_codes(self.request, codes, new=True, go_on=self.get_success_url())


def show_codes(request, codes, *, new: bool, go_on: str):
    """The one time the recovery codes are seen."""
    context = {
        "title": "动态口令已启用" if new else "新的恢复码",
        "crumbs": [("我的账号", reverse("account")), ("恢复码", "")],
        "codes": codes,
        "go_on": go_on,
    }
    return render(request, "federation/recovery_codes.html", context)


class RenewCodes(View):
    policy = SIGNED_IN.to("换发自己的备用码", resource="account", sensitivity=2)
    http_method_names = ("post",)

    @confirmed_recently("grant")
    def post(self, request):
        if second_factor.of(request.user) is None:
            return HttpResponseRedirect(reverse("second_factor"))
        codes = second_factor.renew_codes(request.user, by=request.user)
        return show_codes(request, codes, new=False, go_on=reverse("account"))


class EndSecondFactor(View):
    """Give it up, where it is not required; with a new phone, set it up anew after that."""

    policy = SIGNED_IN.to("停用自己的手机口令", resource="account", sensitivity=2)
    http_method_names = ("post",)

    @confirmed_recently("grant")
    def post(self, request):
        user = request.user
        if second_factor.of(user) is None:
            return HttpResponseRedirect(reverse("second_factor"))
        second_factor.reset(user, by=user)
        if second_factor.required_of(user):
            second_factor.ask_to_set_up(request.live_session)
        messages.success(request, "原来手机上的动态口令已作废。")
        return HttpResponseRedirect(reverse("second_factor"))
