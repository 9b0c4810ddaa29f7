"""导入账号: the template, the upload, what it would do, and the first passwords shown once."""

from django.contrib import messages
from django.core.exceptions import ValidationError
from django.http import Http404, HttpResponseRedirect
from django.shortcuts import get_object_or_404, redirect, render
from django.urls import reverse
from django.utils import timezone
from django.views.generic import View
from django.views.generic.base import TemplateResponseMixin

from administration import imports
from administration.models import AccountImport
from federation.administrators import Administrator
from federation.confirmation import confirmed_recently
from federation.idempotency import done, idempotent, new_key
from federation.models import Appointment
from federation.scope import OutOfReach
from federation.views.accounts import MANAGERS
from federation.views.base import Page, PlainPage
from reporting.template_lists import ListForm, template
from reporting.workbook import UnreadableWorkbook


class Upload(Page, TemplateResponseMixin, View):
    policy = MANAGERS.to(get="打开“导入账号”", post="上传名单核对", sensitivity=3)
    http_method_names = ("get", "post", "head", "options")
    template_name = "administration/import_upload.html"
    title = "导入账号"

    def get_crumbs(self):
        return [("账号与任职", reverse("accounts"))]

    def get(self, request):
        return self.show(ListForm())

    @idempotent
    def post(self, request):
        form = ListForm(request.POST, request.FILES)
        if not form.is_valid():
            return self.show(form, status=422)
        try:
            found = imports.upload(form.cleaned_data["file"].read(), by=request.user)
        except UnreadableWorkbook as error:
            form.add_error("file", str(error))
            return self.show(form, status=422)
        return redirect("administration:import_preview", found.uuid)

    def show(self, form, status=200):
        context = self.get_context_data(
            form=form,
            idempotency_key=new_key(),
            submit_label="上传核对",
            cancel_url=reverse("accounts"),
            no_paper_switch=True,
            template_url=reverse("administration:import_template"),
            columns=imports.COLUMNS,
            posts=Administrator(self.request.user).posts(),
            most=imports.MOST_PEOPLE,
        )
        return self.render_to_response(context, status=status)


class Template(View):
    """The empty sheet to fill, its headings those that are read back."""

    policy = MANAGERS.to("下载导入模板", sensitivity=1)
    http_method_names = ("get", "head", "options")

    def get(self, request):
        return template(imports.TITLE, imports.COLUMNS)


class Preview(PlainPage):
    policy = MANAGERS.to("核对要导入的名单", sensitivity=3)
    http_method_names = ("get", "head", "options")
    template_name = "administration/import_preview.html"
    title = "核对名单"

    def get_crumbs(self):
        return [
            ("账号与任职", reverse("accounts")),
            ("导入账号", reverse("administration:import_upload")),
        ]

    def get_context_data(self, **kwargs):
        found = uploaded(self.request, self.kwargs["uuid"])
        return super().get_context_data(
            found=found,
            outcome=found.outcome,
            idempotency_key=new_key(),
            again_url=reverse("administration:import_upload"),
            **kwargs,
        )


class Confirm(View):
    policy = MANAGERS.to("导入名单", sensitivity=3)
    http_method_names = ("post", "options")

    @confirmed_recently("grant")
    @idempotent
    def post(self, request, uuid):
        found = uploaded(request, uuid)
        preview = redirect("administration:import_preview", found.uuid)
        try:
            given = imports.confirm(found, by=request.user, sha256=request.POST.get("sha256", ""))
        except OutOfReach as error:
            raise Http404 from error
        except ValidationError as error:
            messages.error(request, error.messages[0])
            return preview
        if given is None:
            messages.error(request, "核对以后情况有变，一条也没有导入。请看下面列出的各处。")
            return preview
        if not given:
            messages.success(request, "名单已导入，没有新开账号。")
            return HttpResponseRedirect(reverse("accounts"))
        return done(self.passwords(request, given), again_at=reverse("accounts"))

    def passwords(self, request, given):
        seats = Appointment.objects.filter(user__in=[user for user, _ in given])
        held = {seat.user_id: seat for seat in seats.select_related("unit", "post").order_by("-pk")}
        context = {
            "title": "初始密码，只显示这一次",
            "crumbs": [("账号与任职", reverse("accounts"))],
            "given": [(user, held[user.pk], password) for user, password in given],
            "back_url": reverse("accounts"),
        }
        return render(request, "administration/import_passwords.html", context)


def uploaded(request, uuid) -> AccountImport:
    """The person's own upload of the last hour; any other is not there."""
    since = timezone.now() - imports.KEPT
    return get_object_or_404(AccountImport, uuid=uuid, by=request.user, created_at__gt=since)
