"""请确认是您本人: the page that asks for it when no interrupted act carries the question."""

from django.contrib.auth.views import RedirectURLMixin
from django.http import HttpResponseRedirect
from django.shortcuts import render
from django.urls import reverse, reverse_lazy
from django.views.generic import View

from federation import confirmation
from federation.policy import SIGNED_IN


class Confirm(RedirectURLMixin, View):
    policy = SIGNED_IN.to(
        get="打开再次确认页", post="再次确认本人", resource="account", sensitivity=2
    )
    http_method_names = ("get", "post", "head")
    next_page = reverse_lazy("home")

    def get(self, request, wrong=False):
        context = {
            **confirmation.question(request, wrong=wrong),
            "next": self.get_redirect_url(),
            "form_url": reverse("confirm"),
            "cancel_url": self.get_success_url(),
        }
        return render(request, "registration/confirm.html", context)

    def post(self, request):
        if not confirmation.prove(request, request.POST.get(confirmation.FIELD, "")):
            return self.get(request, wrong=True)
        return HttpResponseRedirect(self.get_success_url())
