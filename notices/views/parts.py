"""What hangs on a draft: addressees, contacts, attachments and duties, one page for each."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponseRedirect

from federation.idempotency import idempotent, new_key
from federation.views.base import whole_number
from notices import drafting
from notices.duty_form import DutyForm
from notices.forms import AddresseeForm, AttachmentForm, ContactForm
from notices.models import Duty
from notices.views import beside
from notices.views.editing import ISSUE, DraftPage, edit_url, show_errors

FORMS = {
    "addressee": AddresseeForm,
    "contact": ContactForm,
    "attachment": AttachmentForm,
    "duty": DutyForm,
}


class PartPage(DraftPage):
    """Shared by the form of a part, its removal and the preview of a duty."""

    word = ""

    def prepare(self) -> None:
        super().prepare()
        self.kind, line = self.kwargs["kind"], self.kwargs["line"]
        if self.kind not in FORMS:
            raise Http404
        number = whole_number(line)
        if line != "new" and number is None:
            raise Http404
        parts = drafting.PARTS[self.kind].objects.filter(notice=self.object)
        self.part = parts.filter(pk=number).first() if number is not None else None
        self.gone = line != "new" and self.part is None

    def make_form(self, data=None, files=None):
        start = {"instance": self.part} if self.part else {}
        return FORMS[self.kind](data, files, notice=self.object, **start)


class PartEdit(PartPage):
    """One addressee, contact, attachment or duty: added (``line`` new) or changed."""

    policy = ISSUE.to(get="打开通知的一项", post="添加、修改通知的一项")
    template_name = "notices/part.html"
    sample = {"kind": "contact", "line": "new"}

    def get(self, request, *args, **kwargs):
        self.prepare()
        if not self.object.is_draft:
            return self.frozen()
        if self.gone:
            raise Http404
        return self.render_to_response(self.page(self.make_form()))

    def get_title(self):
        return f"{'修改' if self.part else '添加'}{FORMS[self.kind].word}"

    def get_crumbs(self):
        return [*super().get_crumbs(), ("草稿", edit_url(self.object))]

    def page(self, form, **more) -> dict:
        duty = self.kind == "duty"
        return self.get_context_data(
            form=form, sections=form.sections(), kind=self.kind, part=self.part,
            mark=drafting.mark(self.part) if self.part else "",
            idempotency_key=new_key(), submit_label="保存", no_paper_switch=True,
            cancel_url=edit_url(self.object, self.kind),
            preview=beside.preview_of(form) if duty else None, **more,
        )  # fmt: skip

    @idempotent
    def post(self, request, *args, **kwargs):
        self.prepare()
        if not self.object.is_draft:
            return self.frozen()
        form = self.make_form(request.POST, request.FILES)
        if "preview" in request.POST:
            return self.render_to_response(self.page(form))
        if self.overtaken():
            return self.render_to_response(self.page(form, overtaken=self.overtaken()), status=409)
        if form.is_valid():
            try:
                drafting.put(
                    self.object, self.kind, form.values(), by=request.user, part=self.part,
                    upload=form.cleaned_data.get("upload"),
                )  # fmt: skip
            except ValidationError as error:
                show_errors(form, error)
            else:
                messages.success(request, f"{form.word}已保存。")
                return HttpResponseRedirect(edit_url(self.object, self.kind))
        return self.render_to_response(self.page(form), status=422)

    def overtaken(self) -> str:
        """A sentence when somebody changed or removed the part since the page was opened."""
        if self.gone:
            return "有人已经删除了这一项。您填的都还在；再按一次“保存”，就重新添加。"
        if self.part and self.request.POST.get("mark") != drafting.mark(self.part):
            last = drafting.last_change(self.object)
            who = last.actor if last and last.actor else "他人"
            return (
                f"您填写期间，{who}改过这一项，现在是“{self.part}”。您填的都还在下面；"
                "核对以后再按一次“保存”，就以您填的为准。"
            )
        return ""


class PartRemove(PartPage):
    policy = ISSUE.to("删去通知的一项")
    http_method_names = ("post",)
    sample = {"kind": "contact", "line": "1"}

    @idempotent
    def post(self, request, *args, **kwargs):
        self.prepare()
        if not self.object.is_draft:
            return self.frozen()
        if self.part is None:
            raise Http404
        word = str(self.part)
        try:
            drafting.take_out(self.object, self.part, by=request.user)
        except ValidationError as error:
            messages.error(request, error.messages[0])
        else:
            messages.success(request, f"已删去：{word}。")
        return HttpResponseRedirect(edit_url(self.object, self.kind))


class DutyPreview(DraftPage):
    """What the duty being typed would mean: its days, and who owes it.  A part of the form's page."""

    policy = ISSUE.to("预览交办事项")
    template_name = "notices/_preview.html"

    def get(self, request, *args, **kwargs):
        self.prepare()
        number = whole_number(request.GET.get("part", ""))
        part = Duty.objects.filter(notice=self.object, pk=number).first() if number else None
        start = {"instance": part} if part else {}
        form = DutyForm(request.GET, notice=self.object, **start)
        return self.render_to_response({"preview": beside.preview_of(form)})
