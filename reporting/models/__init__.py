"""Collections, submissions with their rows and events, and jobs."""

from reporting.models.jobs import Job, JobState
from reporting.models.submissions import (
    COUNTED,
    DONE_STATES,
    OPEN_STATES,
    CellChange,
    CellReturn,
    Collection,
    Review,
    State,
    Submission,
    SubmissionEvent,
    SubmissionRow,
)

__all__ = [
    "COUNTED",
    "DONE_STATES",
    "OPEN_STATES",
    "CellChange",
    "CellReturn",
    "Collection",
    "Job",
    "JobState",
    "Review",
    "State",
    "Submission",
    "SubmissionEvent",
    "SubmissionRow",
]
