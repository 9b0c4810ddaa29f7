"""Jobs: exports, imports and compilations that outlive the request which asked for them."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q
from django.db.models.functions import Now
from django.utils import timezone

from federation.models import OrgUnit


class JobState(models.TextChoices):
    QUEUED = "queued", "排队中"
    RUNNING = "running", "进行中"
    DONE = "done", "已完成"
    FAILED = "failed", "未成功"
    DENIED = "denied", "未获准"
    EXPIRED = "expired", "已过期"


OPEN = (JobState.QUEUED, JobState.RUNNING)


class JobQuerySet(models.QuerySet):
    def of(self, user):
        """The jobs a person asked for: the only ones she is ever shown."""
        return self.filter(requester=user)

    def open(self):
        return self.filter(state__in=OPEN)

    def claimable(self):
        """Queued, or left running by a worker whose lease ran out (database clock)."""
        return self.filter(
            Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, lease_until__lt=Now()),
            attempts__lt=settings.JOB_MAX_ATTEMPTS,
        )

    def worn_out(self):
        """Left behind by their last permitted attempt."""
        return self.filter(
            Q(state=JobState.QUEUED) | Q(state=JobState.RUNNING, lease_until__lt=Now()),
            attempts__gte=settings.JOB_MAX_ATTEMPTS,
        )

    def past_keeping(self):
        return self.filter(state=JobState.DONE, expires_at__lte=Now())


class Job(models.Model):
    """One piece of work asked for by one person; the row is the outbox and the truth.

    Whoever raised ``token`` last is the only worker that may write to the row (see
    :mod:`reporting.jobs.leases`). ``params`` hold ids and words, never personal values.
    ``artefact`` is the name of the finished file on disk, ``file_name`` the name people see.
    """

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    kind = models.CharField("作业", max_length=60)
    dedupe_key = models.CharField(max_length=200)
    requester = models.ForeignKey(
        "federation.User", models.PROTECT, verbose_name="申请人", related_name="jobs"
    )
    unit = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="范围", null=True, blank=True, related_name="+"
    )
    params = models.JSONField(default=dict, blank=True)
    state = models.CharField(
        "状态", max_length=10, choices=JobState.choices, default=JobState.QUEUED, editable=False
    )
    token = models.PositiveIntegerField(default=0, editable=False)
    lease_until = models.DateTimeField(null=True, editable=False)
    attempts = models.PositiveSmallIntegerField(default=0, editable=False)
    sent_at = models.DateTimeField(null=True, db_default=Now(), editable=False)
    done = models.PositiveIntegerField(default=0, editable=False)
    total = models.PositiveIntegerField(default=0, editable=False)
    doing = models.CharField(max_length=60, blank=True, editable=False)
    error_code = models.CharField(max_length=40, blank=True, editable=False)
    error = models.CharField("原因", max_length=300, blank=True, editable=False)
    created_at = models.DateTimeField("申请时间", db_default=Now(), editable=False)
    started_at = models.DateTimeField("开始时间", null=True, editable=False)
    finished_at = models.DateTimeField("完成时间", null=True, editable=False)
    artefact = models.UUIDField(null=True, editable=False)
    file_name = models.CharField("文件", max_length=200, blank=True, editable=False)
    content_type = models.CharField(max_length=100, blank=True, editable=False)
    size = models.PositiveBigIntegerField(null=True, editable=False)
    sha256 = models.CharField(max_length=64, blank=True, editable=False)
    expires_at = models.DateTimeField("保留至", null=True, editable=False)
    detail = models.JSONField(default=dict, blank=True, editable=False)

    objects = JobQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "作业"
        ordering = ("-pk",)
        constraints = [
            # Per person: sharing one job between two people would share its file, too.
            models.UniqueConstraint(
                fields=("requester", "dedupe_key"),
                condition=Q(state__in=["queued", "running"]),
                name="reporting_one_open_job",
            ),
            models.CheckConstraint(
                name="reporting_running_job_has_lease",
                condition=~Q(state="running") | Q(lease_until__isnull=False),
            ),
            models.CheckConstraint(
                name="reporting_job_done_within_total", condition=Q(done__lte=F("total"))
            ),
        ]
        indexes = [
            models.Index(
                fields=("sent_at",),
                condition=Q(state__in=["queued", "running"]),
                name="reporting_job_open",
            ),
            models.Index(fields=("requester", "-id"), name="reporting_job_history"),
        ]

    def __str__(self) -> str:
        return f"{self.kind} {self.number}"

    @property
    def number(self) -> str:
        """What a clerk reads out on the telephone: the first eight digits of the uuid."""
        return self.uuid.hex[:8].upper()

    @property
    def stalled(self) -> bool:
        """Running by name only: the worker stopped renewing its lease."""
        return (
            self.state == JobState.RUNNING
            and self.lease_until is not None
            and self.lease_until < timezone.now()
        )

    @property
    def shown_state(self) -> str:
        """The state as people see it: waiting for another worker is waiting, too old is expired."""
        if self.is_past_keeping:
            return JobState.EXPIRED
        return JobState.QUEUED if self.stalled else self.state

    @property
    def is_open(self) -> bool:
        return self.state in OPEN

    @property
    def is_past_keeping(self) -> bool:
        return self.state == JobState.EXPIRED or (
            self.state == JobState.DONE
            and self.expires_at is not None
            and self.expires_at <= timezone.now()
        )

    @property
    def elapsed(self):
        """Time since it was asked for, until it ended; a timedelta."""
        return (self.finished_at or timezone.now()) - self.created_at
