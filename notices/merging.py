"""Two people at one draft: what each typed, joined field by field, and what both changed."""

import json
from collections.abc import Mapping

from notices.forms import HeadForm
from notices.models import Notice


class Merge:
    """What was typed joined with what the draft holds now, field by field.

    ``form`` is bound to the outcome; ``cells`` are the fields that both changed, each otherwise. What
    only the other changed stays hers.
    """

    def __init__(self, notice: Notice, post: Mapping[str, str]):
        self.theirs = HeadForm(instance=notice).texts()
        chosen = {n.removeprefix("choice:"): v for n, v in post.items() if n.startswith("choice:")}
        base = _texts(post.get("base", ""), self.theirs)
        if "mine_values" in post:
            mine = _texts(post["mine_values"], self.theirs)
        else:
            mine = HeadForm(post, instance=notice).texts()
            mine = {n: v if n in post else self.theirs[n] for n, v in mine.items()}
        self.mine, self.cells, outcome = mine, [], {}
        labels = HeadForm(instance=notice).fields
        for name, theirs in self.theirs.items():
            typed, before = mine[name], base[name]
            asked = chosen.get(name)
            outcome[name] = theirs if typed == before or asked == "theirs" else typed
            both = theirs not in (before, typed) and typed != before
            if both and asked is None:
                self.cells.append(
                    {"name": name, "label": labels[name].label or name, "original": before,
                     "theirs": theirs, "mine": typed, "choice": "mine"}
                )  # fmt: skip
        everyone = Notice.objects.unscoped(reason="bound to the outcome; reached in scope before")
        self.form = HeadForm(outcome, instance=everyone.get(pk=notice.pk))


def _texts(given: str, fallback: dict[str, str]) -> dict[str, str]:
    """A JSON object of texts by field; whatever else was sent counts as not given."""
    try:
        found = json.loads(given)
    except (ValueError, RecursionError):
        found = {}
    found = found if isinstance(found, dict) else {}
    return {
        name: found[name] if isinstance(found.get(name), str) else text
        for name, text in fallback.items()
    }
