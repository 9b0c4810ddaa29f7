"""The readable history of a task, for parts/history.html."""

from notices.models import Task, TaskEvent

Kind = TaskEvent.Kind
TONES = {
    Kind.DONE: "ok",
    Kind.RETURNED: "warn",
    Kind.REPORTED: "info",
    Kind.EXTENDED: "violet",
    Kind.VOIDED: "late",
}
# What is said beside the word only where it is news: every task has a day from the beginning.
DATED = frozenset({Kind.RETURNED, Kind.EXTENDED, Kind.CREATED})


def events_of(task: Task) -> list[dict]:
    """Newest first: ``who, at, word, reason, tone``; one query."""
    found = []
    for event in task.events.select_related("by"):
        lines = [event.reason] if event.reason else []
        if event.kind in DATED and event.due_on:
            lines.append(f"截止 {event.due_on:%Y-%m-%d}")
        found.append(
            {
                "who": str(event.by or "系统"),
                "at": event.at,
                "word": event.get_kind_display(),
                "reason": "\n".join(lines),
                "tone": TONES.get(Kind(event.kind), "muted"),
            }
        )
    return found[::-1]
