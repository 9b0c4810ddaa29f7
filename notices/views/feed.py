"""日历订阅: the page that makes or ends the link, and the calendar behind it."""

import hashlib

from django.contrib import messages
from django.contrib.auth.decorators import login_not_required
from django.http import Http404, HttpResponse, HttpResponseNotModified
from django.shortcuts import redirect, render
from django.urls import reverse
from django.utils.decorators import method_decorator
from django.views.generic import View

from federation import row_security
from federation.idempotency import done, idempotent, new_key
from federation.policy import PUBLIC, Policy
from federation.views.base import PlainPage
from notices import feeds

OWN = Policy("notices_view", resource="feed", sensitivity=3)


class FeedLink(PlainPage):
    policy = OWN.to(get="打开日历订阅页", post="生成或停用日历订阅")
    template_name = "notices/feed_link.html"
    title = "订阅到手机日历"

    def get_crumbs(self):
        return [("我的待办", reverse("notices:todo")), (self.title, "")]

    def get_context_data(self, **kwargs):
        feed = feeds.live_feed(self.request.user)
        return super().get_context_data(**{"feed": feed, "idempotency_key": new_key(), **kwargs})

    @idempotent
    def post(self, request):
        if "revoke" in request.POST:
            ended = feeds.revoke(request.user)
            messages.success(
                request, "订阅已停用，原链接打不开了。" if ended else "没有正在使用的订阅。"
            )
            return redirect("notices:feed_link")
        token = feeds.create(request.user)
        link = request.build_absolute_uri(reverse("notices:feed", args=[token]))
        page = render(request, self.template_name, self.get_context_data(link=link))
        # A repeat leads to the page without the link: it is shown once.
        return done(page, again_at=reverse("notices:feed_link"))


@method_decorator(login_not_required, name="dispatch")
class Feed(View):
    """The calendar itself, for a phone that cannot log in. Whatever is wrong with the link is 404."""

    policy = PUBLIC.to("凭私人链接读取日历", resource="feed", sensitivity=2)
    sample = {"token": "no-such-token"}

    def get(self, request, token):
        reader = feeds.reader_of(token)
        if reader is None:
            raise Http404
        with row_security.acting_for(reader):
            content = feeds.calendar_of(reader, request.build_absolute_uri("/"))
        tag = f'"{hashlib.sha256(content).hexdigest()[:32]}"'
        if request.headers.get("If-None-Match") == tag:
            return HttpResponseNotModified(headers={"ETag": tag})
        headers = {"ETag": tag, "X-Robots-Tag": "noindex"}
        kind = "text/calendar; charset=utf-8"
        return HttpResponse(content, content_type=kind, headers=headers)
