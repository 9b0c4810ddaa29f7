"""Forms of 督办."""

import datetime as dt

from django import forms
from django.utils import timezone

from notices import wording
from notices.supervising import MOST_WORDS

SHOWN = 200  # late tasks offered on one page; a unit chosen narrows them
ANSWER_IN = dt.timedelta(days=7)


class WordsForm(forms.Form):
    """The words of one step."""

    text = forms.CharField(max_length=MOST_WORDS, widget=forms.Textarea(attrs={"rows": 4}))

    def __init__(self, *args, label="说明", required=True, **kwargs):
        super().__init__(*args, **kwargs)
        self.fields["text"].label = label
        self.fields["text"].required = required

    def clean_text(self):
        return self.cleaned_data["text"].strip()


class OptionalWordsForm(WordsForm):
    def __init__(self, *args, **kwargs):
        super().__init__(*args, required=False, **kwargs)


class ReturnForm(WordsForm):
    answer_by = forms.DateField(
        label="重新答复期限", widget=forms.DateInput(attrs={"type": "date"})
    )

    def __init__(self, *args, **kwargs):
        super().__init__(*args, label="退回的原因", **kwargs)
        self.fields["answer_by"].initial = timezone.localdate() + ANSWER_IN


class TaskChoices(forms.ModelMultipleChoiceField):
    def label_from_instance(self, task):
        return f"{task.unit} {wording.subject(task)} 截止 {task.due_on:%Y-%m-%d}"


class IssueForm(forms.Form):
    tasks = TaskChoices(
        label="督办事项",
        queryset=None,
        to_field_name="uuid",
        widget=forms.CheckboxSelectMultiple,
        error_messages={"required": "请至少勾选一项逾期的任务。"},
    )
    requirement = forms.CharField(
        label="办理要求",
        max_length=MOST_WORDS,
        widget=forms.Textarea(attrs={"rows": 4}),
        initial="请查明原因，尽快报送，并在期限内答复办理情况。",
    )
    answer_by = forms.DateField(label="答复期限", widget=forms.DateInput(attrs={"type": "date"}))

    def __init__(self, *args, late, unit="", chosen=(), **kwargs):
        super().__init__(*args, **kwargs)
        if unit:
            late = late.filter(unit__uuid__in=[u for u in [unit] if _is_uuid(u)])
        self.fields["tasks"].queryset = late if self.is_bound else late[:SHOWN]
        self.fields["tasks"].initial = list(chosen)
        self.fields["answer_by"].initial = timezone.localdate() + ANSWER_IN

    def clean_tasks(self):
        return list(self.cleaned_data["tasks"])


def _is_uuid(text: str) -> bool:
    try:
        forms.UUIDField().clean(text)
    except forms.ValidationError:
        return False
    return True
