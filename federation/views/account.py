"""登录, 退出, and a person's own account: her password and her open sessions."""

from django import forms
from django.conf import settings
from django.contrib import messages
from django.contrib.auth import login as auth_login
from django.contrib.auth.decorators import login_not_required
from django.contrib.auth.forms import AuthenticationForm, PasswordChangeForm
from django.contrib.auth.views import (
    LoginView,
    LogoutView,
    PasswordChangeView,
    RedirectURLMixin,
    redirect_to_login,
)
from django.core.exceptions import ValidationError
from django.http import HttpResponse, HttpResponseRedirect, JsonResponse
from django.shortcuts import get_object_or_404
from django.urls import reverse, reverse_lazy
from django.utils.decorators import method_decorator
from django.views.generic import View

from federation import audit, demo, login, passwords, scope, second_factor, sessions
from federation.middleware import owed_by
from federation.models import LiveSession
from federation.policy import PUBLIC, SIGNED_IN
from federation.views.base import Page, PlainPage


class LoginForm(AuthenticationForm):
    """Whatever is wrong (name, password, account, too often), the sentence is one and the same."""

    error_messages = {
        "invalid_login": "用户名或密码不对，或尝试过于频繁；请核对后稍候再试。",
        "inactive": "用户名或密码不对，或尝试过于频繁；请核对后稍候再试。",
    }

    def clean(self):
        username = self.cleaned_data.get("username")
        if not username or not self.cleaned_data.get("password"):
            return self.cleaned_data
        address = login.address_of(self.request)
        device = login.known_device(self.request, username)
        attempt = login.admit(username, address=address, device=device)
        if attempt is None:
            raise self.get_invalid_login_error()
        try:
            cleaned = super().clean()
        except ValidationError:
            login.failed(username, address=address)
            raise
        login.succeeded(attempt)
        return cleaned


class Login(LoginView):
    policy = PUBLIC.to(get="打开登录页", post="登录", resource="account", sensitivity=1)
    http_method_names = ("get", "post", "head", "options")  # Django's form views also take PUT
    authentication_form = LoginForm
    redirect_authenticated_user = True

    def get_context_data(self, **kwargs):
        shown = demo.accounts_to_show(demo.read()) if settings.DEMO else ()
        accounts = [{"username": username, "note": note} for username, note in shown]
        return super().get_context_data(
            demo_accounts=accounts, demo_password=demo.PASSWORD, **kwargs
        )

    def form_valid(self, form):
        user = form.get_user()
        factor = second_factor.of(user)
        if factor is None or second_factor.is_trusted(self.request, user, factor):
            return entered(self.request, user, self.get_success_url())
        second_factor.wait_for_code(self.request, user)
        return redirect_to_login(self.get_redirect_url() or "/", reverse("login_code"))


def entered(request, user, page: str) -> HttpResponseRedirect:
    """All that was asked for has been shown: the session begins, and leads to ``page``."""
    auth_login(request, user)
    audit.record(user, "login", by=user)
    response = HttpResponseRedirect(page)
    login.remember_device(request, response, user.username)
    return response


class Logout(LogoutView):
    policy = PUBLIC.to("退出", resource="account", sensitivity=1)
    http_method_names = ("post", "options")

    def post(self, request, *args, **kwargs):
        if request.user.is_authenticated:
            audit.record(request.user, "logout", by=request.user)
        response = super().post(request, *args, **kwargs)
        response["Clear-Site-Data"] = '"cache", "storage"'
        return response


OWED = {
    "password_change": "须先修改密码",
    "second_factor": "须先设置动态口令（二次验证）",
}


@method_decorator(login_not_required, name="dispatch")
class SessionCheck(View):
    """204 while one is logged in, else 401: a page asks before it sends what was typed.

    403 while something is owed before all else, with a sentence and where it is done: the words stay
    on their page meanwhile.
    """

    policy = PUBLIC.to("询问是否仍在登录", resource="account", sensitivity=1)
    http_method_names = ("get", "head")

    def get(self, request):
        owed = owed_by(request.live_session) if request.live_session else ""
        if owed:
            return JsonResponse({"words": OWED[owed], "url": reverse(owed)}, status=403)
        return HttpResponse(status=204 if request.user.is_authenticated else 401)


class Account(PlainPage):
    policy = SIGNED_IN.to("查看自己的账号和登录", resource="account", sensitivity=2)
    template_name = "federation/account.html"
    title = "我的账号"

    def _advised(self) -> bool:
        """Administrators are told to have one even where nothing requires it."""
        return any(scope.may(self.request.user, act) for act in second_factor.ADMINISTRATORS)

    def get_primary_action(self):
        return {"label": "修改密码", "url": reverse("password_change"), "icon": "key"}

    def get_context_data(self, **kwargs):
        here = self.request.live_session
        open_now = sessions.within_limits().filter(user=self.request.user)
        shown = [
            {
                "uuid": live.uuid,
                "device": sessions.device_words(live.agent),
                "address": live.address,
                "began_at": live.began_at,
                "seen_at": live.seen_at,
                "here": live.pk == here.pk,
            }
            for live in open_now
        ]
        shown.sort(key=lambda line: not line["here"])
        return super().get_context_data(
            account=self.request.user,
            appointments=self.request.user.appointments.current().select_related("unit", "post"),
            open_sessions=shown,
            second_factor=second_factor.of(self.request.user),
            second_factor_advised=self._advised(),
            **kwargs,
        )


class EndSession(View):
    policy = SIGNED_IN.to("结束自己的一处登录", resource="session", sensitivity=2)
    http_method_names = ("post",)

    def post(self, request, uuid):
        ending = get_object_or_404(LiveSession, user=request.user, uuid=uuid)
        if ending.pk == request.live_session.pk:
            messages.info(request, "这是您正在用的，请点“退出”。")
        else:
            ending.delete()
            audit.record(request.user, "end_session", by=request.user)
            messages.success(request, "已结束那一处登录。")
        return HttpResponseRedirect(reverse("account"))


class EndOthers(View):
    policy = SIGNED_IN.to("结束自己的其他登录", resource="session", sensitivity=2)
    http_method_names = ("post",)

    def post(self, request):
        if count := sessions.end_all(request.user, keep=request.live_session):
            audit.record(request.user, "end_session", by=request.user, detail={"count": count})
        messages.success(request, f"已结束其他 {count} 处登录。")
        return HttpResponseRedirect(reverse("account"))


class NewPasswordForm(PasswordChangeForm):
    """The old password is guessed no faster here than at the door."""

    field_order = ("old_password", "new_password1", "new_password2")

    def __init__(self, user, *args, live_session, **kwargs):
        super().__init__(user, *args, **kwargs)
        self.live_session = live_session
        self.fields["old_password"].label = "原密码"
        self.fields["new_password1"].label = "新密码"
        self.fields["new_password2"].label = "再输一次新密码"
        self.fields["new_password2"].help_text = ""
        self.fields["new_password1"].help_text = "".join(
            v.get_help_text() for v in (passwords.Strength(), passwords.Refused())
        )

    def clean_old_password(self):
        desk = str(self.live_session.uuid)
        attempt = login.admit(self.user.username, address="", device=desk)
        wrong = ValidationError("原密码不对，或尝试过于频繁；请核对后稍候再试。")
        if attempt is None or not self.user.check_password(self.cleaned_data["old_password"]):
            raise wrong
        login.succeeded(attempt)
        return self.cleaned_data["old_password"]

    def clean(self):
        cleaned = super().clean()
        new = cleaned.get("new_password1")
        if new and new == cleaned.get("old_password"):
            self.add_error("new_password1", forms.ValidationError("新密码不能与原密码相同。"))
        return cleaned


class PasswordChange(Page, RedirectURLMixin, PasswordChangeView):
    policy = SIGNED_IN.to(
        get="打开修改密码页", post="修改自己的密码", resource="account", sensitivity=2
    )
    http_method_names = ("get", "post", "head", "options")
    form_class = NewPasswordForm
    template_name = "registration/password_change.html"
    title = "修改密码"
    next_page = reverse_lazy("account")

    def get_success_url(self):
        return RedirectURLMixin.get_success_url(self)

    def get_form_kwargs(self):
        return {**super().get_form_kwargs(), "live_session": self.request.live_session}

    def get_context_data(self, **kwargs):
        user, live = self.request.user, self.request.live_session
        owed = passwords.must_change(user, getattr(live.user, "login_state", None))
        return super().get_context_data(
            owed=owed,
            submit_label="修改密码",
            cancel_url=None if owed else reverse("account"),
            no_paper_switch=True,
            next=self.get_redirect_url(),
            **kwargs,
        )

    def form_valid(self, form):
        response = super().form_valid(form)
        passwords.changed(self.request.user, by=self.request.user, keep=self.request.live_session)
        messages.success(self.request, "密码已修改，其他地方的登录已全部结束。")
        return response
