"""Collections, submissions with their rows and events, incoming files, and jobs."""

from reporting.models.incoming import FileState, IncomingBatch, IncomingFile, Meaning, Replaces
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
    "FileState",
    "IncomingBatch",
    "IncomingFile",
    "Job",
    "JobState",
    "Meaning",
    "Replaces",
    "Review",
    "State",
    "Submission",
    "SubmissionEvent",
    "SubmissionRow",
]
