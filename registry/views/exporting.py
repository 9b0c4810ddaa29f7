"""导出台账: what leaves, in which way, for what; the opening password is seen once."""

from django import forms
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse
from django.views.generic import View
from django.views.generic.base import TemplateResponseMixin

from federation import scope
from federation.confirmation import confirmed_recently
from federation.idempotency import done, idempotent, new_key
from federation.models import OrgUnit
from federation.policy import Policy
from federation.scope import asked_once
from federation.views.base import Page, uuid_or_404
from registry import export_requests
from registry.models import Programme
from registry.refusal import Refused
from registry.register_choice import ADULTS, EVERYBODY, MINORS, Choice, Mode

WAYS = {
    Mode.INTERNAL: "与页面上看到的一样，隐去证件号码、电话、住址和健康状况。",
    Mode.REPORT: "专项要求的各栏；证件号码等默认隐去，确需列明时写明用途。",
    Mode.PUBLIC: "只有姓名、性别、村和可以公开的内容；未成年人写作“姓＋某”；没有同意公示的人不列入。",
}
PEOPLE = ((EVERYBODY, "全部"), (ADULTS, "成年人"), (MINORS, "未成年人"))
MOST_UNITS = 400


def units_of(user) -> list[OrgUnit]:
    """Where her registers may be of: her own units and those below, villages where they are few."""
    units = scope.granted_units(user, "registry_export").open_now().order_by("path")
    units = units.filter(unit_type__group__in=("federation", "committee"))
    found = list(units[: MOST_UNITS + 1])
    if len(found) > MOST_UNITS:
        found = list(units.exclude(unit_type__level="village")[:MOST_UNITS])
    return found


class ExportForm(forms.Form):
    mode = forms.ChoiceField(
        label="方式", choices=Mode.choices, widget=forms.RadioSelect, initial=Mode.INTERNAL
    )
    programme = forms.ModelChoiceField(
        Programme.objects.none(),
        label="专项",
        to_field_name="code",
        required=False,
        empty_label="全部档案（只限内部使用）",
    )
    unit = forms.ChoiceField(label="范围")
    people = forms.ChoiceField(label="人员", choices=PEOPLE, required=False)
    former = forms.BooleanField(label="包括已退出、迁出和死亡的", required=False)
    clear = forms.BooleanField(
        label="列明身份证号、电话和住址（只限上报）",
        required=False,
        help_text="须有查看权限，写明用途；其他单位管理的档案还须有查阅授权。每个人的档案上都会留下记录。",
    )
    reason = forms.CharField(
        label="用途",
        max_length=200,
        required=False,
        help_text="给谁、做什么用，如“报省妇联核对救助名单”。列明证件号码时必填。",
    )
    password = forms.BooleanField(
        label="给文件设打开密码",
        required=False,
        help_text="密码由系统生成，只在下一页显示一次，不保存、不发送。列明证件号码的一律要设。",
    )

    def __init__(self, *args, user, **kwargs):
        super().__init__(*args, **kwargs)
        self.units = units_of(user)
        self.fields["programme"].queryset = Programme.objects.filter(is_active=True)
        self.fields["unit"].choices = [(str(unit.uuid), unit.name) for unit in self.units]

    def choice(self) -> Choice:
        said = self.cleaned_data
        return Choice(
            mode=said["mode"],
            unit=next(unit for unit in self.units if str(unit.uuid) == said["unit"]),
            programme=said["programme"],
            people=said["people"],
            former=said["former"],
            clear=said["clear"],
        )


class Export(Page, TemplateResponseMixin, View):
    policy = Policy("registry_export", resource="register", sensitivity=4).to(
        get="打开“导出台账”", post="导出台账"
    )
    http_method_names = ("get", "post", "head", "options")
    template_name = "registry/export.html"
    title = "导出台账"

    def get(self, request):
        asked = {
            key: request.GET[key] for key in ("mode", "programme", "unit") if key in request.GET
        }
        with asked_once():
            return self.show(ExportForm(user=request.user, initial=asked))

    @confirmed_recently("export")
    @idempotent
    def post(self, request):
        form = ExportForm(request.POST, user=request.user)
        if "unit" in request.POST:  # an id nobody is offered: out of reach, not a slip
            units = scope.granted_units(request.user, "registry_export")
            uuid_or_404(OrgUnit, units, request.POST["unit"])
        if not form.is_valid():
            return self.show(form, status=422)
        said = form.cleaned_data
        try:
            job, password = export_requests.request(
                form.choice(),
                by=request.user,
                reason=said["reason"],
                with_password=said["password"],
            )
        except Refused as refusal:
            form.add_error(None, str(refusal))
            return self.show(form, status=422)
        page = reverse("reporting:job", args=[job.uuid])
        if not password:
            return HttpResponseRedirect(page)
        return done(self.password_page(request, password, page), again_at=page)

    def show(self, form, status=200):
        context = self.get_context_data(
            form=form, ways=[(Mode(mode).label, words) for mode, words in WAYS.items()],
            idempotency_key=new_key(), submit_label="导出", no_paper_switch=True,
            cancel_url=reverse("home"),
        )  # fmt: skip
        return self.render_to_response(context, status=status)

    @staticmethod
    def password_page(request, password, page):
        crumbs = [("导出台账", reverse("registry:export"))]
        context = {
            "title": "打开密码，只显示这一次",
            "crumbs": crumbs,
            "password": password,
            "job_url": page,
        }
        return render(request, "registry/export_password.html", context)
