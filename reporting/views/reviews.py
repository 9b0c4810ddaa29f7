"""审核: the form as printed, every cell returnable with a reason, next and previous in one walk."""

from django.core.exceptions import PermissionDenied
from django.urls import reverse

from federation.idempotency import new_key
from reporting import paper, rights, workflow
from reporting.history import events_of
from reporting.models import State, Submission
from reporting.views.submissions import VIEW, SubmissionPage


def queue(user, submission: Submission):
    """What waits for the same reviewer on the same annex, in the order of the tree."""
    return (
        Submission.objects.visible_to(user, "review")
        .filter(annex=submission.annex, period=submission.period, reviewer=submission.reviewer)
        .waiting()
        .order_by("unit__path")
    )


def next_waiting(user, submission: Submission) -> Submission | None:
    """The next waiting submission after this one, else the first one still waiting."""
    waiting = queue(user, submission).exclude(pk=submission.pk)
    return waiting.filter(unit__path__gt=submission.unit.path).first() or waiting.first()


class Review(SubmissionPage):
    policy = VIEW.to("打开审核页")
    template_name = "reporting/review.html"

    def get_object(self, queryset=None):
        submission = super().get_object(queryset)
        if not rights.may_review(self.request.user, submission):
            raise PermissionDenied(f"这份报表由{submission.reviewer}审核，您可以查看。")
        return submission

    def get_title(self):
        return f"审核 {self.object.form.mark} · {self.object.unit.name}"

    def get_context_data(self, **kwargs):
        submission, user = self.object, self.request.user
        steps = {step.code for step in workflow.available(submission, user)}
        url = {
            code: reverse("reporting:step", args=[submission.uuid, code]) if code in steps else None
            for code in ("approve", "return")
        }
        flags = {(c.row_id, c.key): c.reason for c in workflow.open_cells(submission)}
        sheet = paper.of(submission, flags=flags, open="return" in steps)
        return super().get_context_data(
            state=submission.state,
            submission=submission,
            paper=sheet,
            sheet_class=sheet.sheet_class,
            events=events_of(submission),
            version=submission.version,
            idempotency_key=new_key(),
            approve_url=url["approve"],
            return_url=url["return"],
            decided=self._decided(submission, steps),
            print_url=reverse("reporting:print", args=[submission.uuid]),
            **self._walk(submission),
            **kwargs,
        )

    def _decided(self, submission, steps) -> str:
        if submission.state == State.SUBMITTED and "approve" not in steps:
            return "本表由您填写或报送，须由另一人审核通过。"
        return (
            ""
            if steps & {"approve", "return"}
            else f"报表当前为“{submission.get_state_display()}”。"
        )

    def _walk(self, submission) -> dict:
        ids = list(queue(self.request.user, submission).values_list("uuid", flat=True))
        if submission.uuid not in ids:
            following = ids[0] if ids else None
            return {"next_url": following and reverse("reporting:review", args=[following])}
        place = ids.index(submission.uuid)
        before = ids[place - 1] if place else None
        after = ids[place + 1] if place + 1 < len(ids) else None
        return {
            "position": f"第 {place + 1} / {len(ids)} 份",
            "previous_url": before and reverse("reporting:review", args=[before]),
            "next_url": after and reverse("reporting:review", args=[after]),
        }
