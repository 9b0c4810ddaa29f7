"""What the small forms of tracking share: a page that shows what the other saved, and loses nothing."""

from __future__ import annotations

from typing import Any

from django import forms
from django.contrib import messages
from django.shortcuts import redirect

from federation.idempotency import new_key
from pairing.changed import Changed
from registry.refusal import Refused


class VersionForm(forms.Form):
    """Carries the version of its row; :meth:`beside` says what the other saved under each field."""

    version = forms.IntegerField(widget=forms.HiddenInput, min_value=0)

    def beside(self, changed: Changed, words: dict[str, str]) -> None:
        self.add_error(None, str(changed))
        self.data = self.data.copy()
        self.data["version"] = str(changed.row.version)
        for name, theirs in words.items():
            self.add_error(name, f"对方填的：{theirs or '（空）'}")


class SmallFormPage:
    """POST acts by :meth:`act`, which returns the sentence of success; else the form comes back."""

    submit_label = "保存"

    def make_form(self, data: Any = None) -> forms.Form | None:
        raise NotImplementedError

    def act(self, data: dict[str, Any]) -> str:
        raise NotImplementedError

    def back(self) -> str:
        raise NotImplementedError

    def words_of(self, row: Any) -> dict[str, str]:
        """What stands in ``row``, by field, as it is read."""
        raise NotImplementedError

    def get_context_data(self, form=None, **kwargs):
        return super().get_context_data(  # type: ignore[misc]
            form=form or self.make_form(), idempotency_key=new_key(),
            submit_label=self.submit_label, cancel_url=self.back(), no_paper_switch=True,
            **kwargs,
        )  # fmt: skip

    def answer(self, request):
        form, status = self.make_form(request.POST), 422
        if form.is_valid():
            try:
                messages.success(request, self.act(form.cleaned_data))
                return redirect(self.back())
            except Changed as changed:
                form.beside(changed, self.words_of(changed.row))
                status = 409
            except Refused as refused:
                form.add_error(None, str(refused))
        return self.render_to_response(self.get_context_data(form=form), status=status)  # type: ignore[attr-defined]
