"""发布、更正、撤回、删除草稿: the acts that change what a notice is, each asked before it is done."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import HttpResponseRedirect
from django.shortcuts import redirect
from django.urls import reverse

from federation.confirmation import confirmed_recently
from federation.idempotency import idempotent, new_key
from federation.policy import Policy
from notices import drafting, liability, publishing, revisions
from notices.models import NoticeState
from notices.views import beside
from notices.views.editing import ISSUE, DraftPage, edit_url
from notices.views.notices import notice_url

IN_FORCE = Policy("notices_issue", resource="notice", sensitivity=2)


class NoticePublish(DraftPage):
    """Everything that stands against publishing at once; or what would follow, to be agreed to."""

    policy = ISSUE.to(get="检查通知", post="发布通知")
    template_name = "notices/publish.html"
    title = "检查并发布"

    def get_title(self):
        return "检查并发布更正" if self.object.version > 1 else "检查并发布"

    def get_crumbs(self):
        return [*super().get_crumbs(), ("草稿", edit_url(self.object))]

    def get(self, request, *args, **kwargs):
        self.prepare()
        if not self.object.is_draft:
            return self.frozen()
        return self.render_to_response(self.page())

    def page(self) -> dict:
        notice = self.object
        receivers = liability.recipients(notice)
        return self.get_context_data(
            problems=publishing.problems(notice),
            mark=drafting.mark_of_all(notice),
            receivers=len(receivers),
            first=[unit.name for unit in list(receivers)[: beside.NAMED]],
            asked=beside.asked_by(notice),
            idempotency_key=new_key(),
            back_url=edit_url(notice),
            state="draft",
        )

    @confirmed_recently("publish")
    @idempotent
    def post(self, request, *args, **kwargs):
        self.prepare()
        if not self.object.is_draft:
            return self.frozen()
        if request.POST.get("seen") != drafting.mark_of_all(self.object):
            messages.warning(request, "您检查之后草稿又有修改，还没有发布；请再核对一遍。")
            return self.render_to_response(self.page(), status=409)
        try:
            publishing.publish(self.object, by=request.user)
        except ValidationError:
            # The page lists the problems anew, all of them.
            return self.render_to_response(self.page(), status=422)
        messages.success(request, "已发布，收文单位现在可以签收。")
        return HttpResponseRedirect(notice_url(self.object))


class AskFirst(DraftPage):
    """A question with its consequence and, where one is asked for, the reason."""

    template_name = "kinds/confirm.html"
    verb = ""
    ask = ""
    danger = False

    def fits(self) -> bool:
        """Whether the notice stands where this can be done."""
        return self.object.state == NoticeState.PUBLISHED

    def question(self) -> str:
        raise NotImplementedError

    def consequence(self) -> str:
        return ""

    def act(self) -> str:
        """Do it; returns the address to go on to. ``ValidationError`` with what stands against it."""
        raise NotImplementedError

    def get_title(self):
        return self.verb

    def get(self, request, *args, **kwargs):
        self.prepare()
        if not self.fits():
            return self.elsewhere()
        return self.render_to_response(self.page())

    def elsewhere(self):
        word = self.object.get_state_display()
        messages.info(self.request, f"这份通知当前为“{word}”，不能{self.verb}。")
        return redirect(notice_url(self.object))

    def page(self, **more) -> dict:
        context = {
            "question": self.question(), "consequence": self.consequence(), "verb": self.verb,
            "danger": self.danger, "ask_reason": self.ask, "idempotency_key": new_key(),
            "cancel_url": notice_url(self.object), "typed": self.request.POST.get("reason", ""),
        }  # fmt: skip
        return self.get_context_data(**{**context, **more})

    @idempotent
    def post(self, request, *args, **kwargs):
        self.prepare()
        if not self.fits():
            return self.elsewhere()
        try:
            return HttpResponseRedirect(self.act())
        except ValidationError as error:
            answered = getattr(error, "code", "") == "answered"
            context = self.page(reason_error=error.messages[0], ask_although=answered)
            return self.render_to_response(context, status=422)


class NoticeCorrect(AskFirst):
    policy = IN_FORCE.to(get="打开更正页", post="更正通知")
    template_name = "notices/ask.html"
    verb, ask = "更正", "更正了什么（各收文单位会看到）"

    def question(self):
        return f"更正“{self.object.title}”？"

    def consequence(self):
        return (
            "会照原样做出下一版的草稿，由您修改；更正稿发布以前，现在这一版继续有效。"
            "发布以后，各单位要重新签收，已报的仍然算数。"
        )

    def act(self):
        made = revisions.correct(
            self.object, changes=self.request.POST.get("reason", "")[:2000], by=self.request.user
        )
        messages.success(self.request, f"已做出第 {made.version} 版的草稿，请修改后发布。")
        return edit_url(made)


class NoticeWithdraw(AskFirst):
    policy = IN_FORCE.to(get="打开撤回页", post="撤回通知")
    template_name = "notices/ask.html"
    verb, ask, danger = "撤回", "撤回的原因（各收文单位会看到）", True

    def question(self):
        return f"撤回“{self.object.title}”？"

    def consequence(self):
        return (
            "没有办完的任务一律取消；已报的内容仍可查看，不再统计。撤回以后不能恢复，只能另发通知。"
        )

    def act(self):
        revisions.withdraw(
            self.object,
            reason=self.request.POST.get("reason", ""),
            by=self.request.user,
            although_answered=bool(self.request.POST.get("although")),
        )
        messages.success(self.request, "已撤回。")
        return notice_url(self.object)


class NoticeDiscard(AskFirst):
    policy = ISSUE.to(get="打开删除草稿页", post="删除通知草稿")
    template_name = "notices/ask.html"
    verb, danger = "删除草稿", True

    def fits(self):
        return self.object.is_draft

    def question(self):
        return f"删除草稿“{self.object.title}”？"

    def consequence(self):
        return "正文、附件和交办事项一起删除，不能恢复。"

    def act(self):
        drafting.discard(self.object, by=self.request.user)
        messages.success(self.request, "草稿已删除。")
        return reverse("notices:notices")
