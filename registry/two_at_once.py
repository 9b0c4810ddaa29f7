"""Two people at one form: what each typed, joined field by field, and what both changed.

A form carries what stood in it when it was opened (``base``); of sealed values a digest, so that it
is known whether somebody changed them and not to what.
"""

from __future__ import annotations

import datetime as dt
import hashlib
import json
from collections.abc import Callable, Mapping
from typing import Any

from django import forms
from django.utils.datastructures import MultiValueDict

from federation.models import OrgUnit
from registry.forms import ArchiveForm

NOT_SHOWN = "［不显示］"


def texts_of(form: ArchiveForm) -> dict[str, str]:
    """Every field as one text: what was typed, or what the row holds."""
    return {name: _text(form[name].value()) for name in form.fields}


def _text(value: Any) -> str:
    if isinstance(value, OrgUnit):
        value = {"unit": str(value.uuid), "text": value.name}
    if isinstance(value, dict):
        return json.dumps(value, ensure_ascii=False, sort_keys=True) if value.get("text") else ""
    if isinstance(value, bool):
        return "1" if value else ""
    if isinstance(value, dt.date):
        return value.isoformat()
    if hasattr(value, "pk"):
        return str(value.pk)
    return "" if value is None else str(value).replace("\r\n", "\n")


def base_of(form: ArchiveForm) -> str:
    """What stands in the row now, for the hidden field ``base``."""
    return json.dumps(_held(form), ensure_ascii=False)


def _held(form: ArchiveForm) -> dict[str, str]:
    held = texts_of(form)
    for name in form.secrets:
        if name in held:
            kept = getattr(form.row, name)
            held[name] = hashlib.sha256(kept.token.encode()).hexdigest()[:16] if kept else ""
    return held


class TwoAtOnce:
    """What was typed joined with what the row holds now.

    ``form`` is bound to the outcome; ``cells`` are the fields that both changed, each otherwise. What
    only the other changed stays hers.
    """

    def __init__(self, make: Callable[..., ArchiveForm], post: Mapping[str, str]):
        fresh = make()
        self.theirs, base = _held(fresh), _loaded(post.get("base", ""))
        given = _loaded(post["mine_values"]) if "mine_values" in post else None
        self.mine = {n: given.get(n, "") for n in fresh.fields} if given else texts_of(make(post))
        self.cells, outcome = [], dict(self.mine)
        for name in fresh.fields:
            asked = post.get(f"choice:{name}")
            before, theirs = base.get(name, self.theirs[name]), self.theirs[name]
            secret = name in fresh.secrets
            touched = bool(self.mine[name]) if secret else self.mine[name] != before
            changed = theirs != before
            if asked == "theirs" or (changed and not touched):
                outcome[name] = "" if secret else theirs
            elif changed and touched and asked is None and self.mine[name] != theirs:
                self.cells.append(self._cell(fresh, name, before))
        self.outcome = outcome
        self.form = make(posted(fresh, outcome))

    def _cell(self, form: ArchiveForm, name: str, before: str) -> dict[str, str]:
        secret = name in form.secrets

        def say(text: str) -> str:
            return NOT_SHOWN if secret else _words(form, name, text)

        return {
            "name": name, "label": str(form.fields[name].label), "original": say(before),
            "theirs": say(self.theirs[name]), "mine": _words(form, name, self.mine[name]),
            "choice": "mine",
        }  # fmt: skip

    @property
    def kept(self) -> list[tuple[str, str]]:
        """Hidden fields of the page that asks: what is joined so far stands against what is held now."""
        return [
            ("mine_values", json.dumps(self.outcome, ensure_ascii=False)),
            ("base", json.dumps(self.theirs, ensure_ascii=False)),
        ]


def posted(form: ArchiveForm, texts: Mapping[str, str]) -> MultiValueDict:
    """``texts`` as the form would have sent them."""
    data: MultiValueDict = MultiValueDict()
    for name, text in texts.items():
        html = form.add_prefix(name)
        if form.fields[name].widget.template_name == "federation/unit_widget.html":
            pair = _loaded(text)
            data[f"{html}_unit"], data[f"{html}_text"] = pair.get("unit", ""), pair.get("text", "")
        elif not isinstance(form.fields[name], forms.BooleanField) or text:
            data[html] = text
    return data


def _words(form: ArchiveForm, name: str, text: str) -> str:
    """``text`` as people read it: a choice by its word, a unit by its name."""
    field = form.fields[name]
    if field.widget.template_name == "federation/unit_widget.html":
        return _loaded(text).get("text", "")
    if isinstance(field, forms.BooleanField):
        return "是" if text else "否"
    return str(dict(getattr(field, "choices", ())).get(text, text))


def _loaded(given: str) -> dict[str, str]:
    """A JSON object of texts; whatever else was sent counts as nothing."""
    try:
        found = json.loads(given)
    except (ValueError, RecursionError):
        return {}
    if not isinstance(found, dict):
        return {}
    return {name: text for name, text in found.items() if isinstance(text, str)}
