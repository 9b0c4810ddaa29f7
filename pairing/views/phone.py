"""The phone's page, its service worker, and what its script asks and sends."""

from __future__ import annotations

import json
from typing import Any, ClassVar
from urllib.parse import urlencode

from django.contrib.auth.decorators import login_not_required
from django.http import HttpResponse, JsonResponse
from django.middleware.csrf import get_token
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.generic import View

from federation import sessions
from federation.policy import PUBLIC, SIGNED_IN, Policy
from federation.views.base import uuid_or_404
from pairing import calling, phone, phone_shell
from pairing.models import Pairing
from registry.refusal import Refused

EXPIRED = "登录已过期，请重新登录；手机上的记录都还在。"
DISABLED = "账号已停用，本机不再显示对子和记录。"
ANOTHER = "现在登录的是另一个账号，这些记录只能由本人登录后上传。"
BAD = "送来的内容不完整，没有保存。"


class OfScript(View):
    """What the page's script asks: a stranger is answered in words, not with the login page."""

    @classmethod
    def stranger(cls, request) -> HttpResponse:
        disabled = phone.is_disabled(request.headers.get("X-Phone", ""))
        login = f"{reverse('login')}?{urlencode({'next': reverse('pairing:phone')})}"
        told = {"words": DISABLED if disabled else EXPIRED, "login": login, "disabled": disabled}
        return JsonResponse(told, status=401)


class Phone(View):
    """The page without anybody's data: the same for all, so that the phone may keep it."""

    policy = Policy("pairing_log", resource="pairing", sensitivity=1).to("打开手机页")
    http_method_names: ClassVar = ["get", "head"]

    def get(self, request):
        return HttpResponse(phone_shell.page())


@method_decorator(login_not_required, name="dispatch")
class Worker(View):
    """Public: a browser asks for it again when nobody is logged in. It names files, no person."""

    policy = PUBLIC.to("取手机页的离线程序", resource="pairing", sensitivity=1)
    http_method_names: ClassVar = ["get", "head"]

    def get(self, request):
        script = HttpResponse(phone_shell.worker(), content_type="text/javascript; charset=utf-8")
        script["Service-Worker-Allowed"] = reverse("pairing:phone")
        return script


class PhonePairs(OfScript):
    policy = Policy("pairing_log", resource="pairing", sensitivity=4).to("取自己联系的对子")
    http_method_names: ClassVar = ["get", "head"]

    def get(self, request):
        get_token(request)  # the cookie with which the logs will be sent
        return JsonResponse(phone.given(request.user))


class PhoneSend(OfScript):
    """A batch of logs, each with its own key; open to who lost her seat, whose logs are put aside."""

    policy = SIGNED_IN.to("上传手机上的联系记录", resource="log", sensitivity=4)
    http_method_names: ClassVar = ["post"]

    def post(self, request):
        try:
            batch: Any = json.loads(request.POST.get("batch", ""))
            who, sent = str(batch["who"]), list(batch["logs"])
        except (ValueError, TypeError, KeyError, RecursionError):
            return JsonResponse({"words": BAD}, status=400)
        if sent and who != sessions.mark_of(request.user):
            return JsonResponse({"words": ANOTHER}, status=409)
        return JsonResponse({"answers": phone.take(sent, request.FILES, by=request.user)})


class PhoneNumber(OfScript):
    """By POST: a number is shown on demand, and each time leaves its line."""

    policy = Policy("pairing_log", resource="pairing", sensitivity=4).to("取对子的联系电话")
    http_method_names: ClassVar = ["post"]

    def post(self, request, uuid):
        pair = uuid_or_404(Pairing, phone.carried(request.user), uuid)
        try:
            whom, number = calling.number_of(pair, by=request.user)
        except Refused as refused:
            return JsonResponse({"words": str(refused)}, status=422)
        return JsonResponse({"whom": whom, "number": number})
