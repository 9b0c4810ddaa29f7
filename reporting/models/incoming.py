"""来件: files that were mailed or handed over, kept as sent, read, asked about, and taken over."""

import datetime as dt
import uuid
from typing import ClassVar, Self

from django.db import models
from django.db.models import Q
from django.utils import timezone
from django.utils.functional import cached_property

from federation.models import OrgUnit
from federation.scope import ScopedModel, ScopedQuerySet
from reporting import annexes
from reporting.models.jobs import Job
from reporting.models.submissions import Collection, Submission


class FileState(models.TextChoices):
    """Where one file stands; ``asking`` has errors or questions that nobody has settled yet."""

    WAITING = "waiting", "待读"
    ASKING = "asking", "待回答"
    READY = "ready", "可带入"
    APPLIED = "applied", "已带入"
    DECLINED = "declined", "不予带入"
    UNREADABLE = "unreadable", "读不了"


UNSETTLED = (FileState.WAITING, FileState.ASKING, FileState.READY)


# What people write, and the reader does not.
SETTLED = (
    "version", "place", "unit", "unit_chosen", "state", "tries", "answers", "records", "errors",
    "questions", "warnings", "chosen", "replaces", "submission", "submission_version", "outcome",
    "settled_at", "settled_by",
)  # fmt: skip


class Meaning(models.TextChoices):
    """What a file is beside what the unit has reported before."""

    ORIGINAL = "original", "首次报送"
    SUPPLEMENT = "supplement", "补充"
    REPLACEMENT = "replacement", "更正"
    DUPLICATE = "duplicate", "重复"


class Replaces(models.TextChoices):
    """Which rows a replacement takes the place of."""

    FILE = "file", "只代替原来那份文件带入的行"
    ALL = "all", "代替表中全部的行"


class IncomingBatch(ScopedModel):
    """一批来件: files dropped at once by one person, answering one call.

    ``unit`` is where the person stands: senders are that unit or lie below it. ``sender`` is the one
    unit all files are of, where that is known. ``received_on`` is the day the files came.
    """

    # A county sees the file that came for it, not the city's batch; the file is read through its batch,
    # which says when and by whom and holds no word of any file.
    behind_the_wall = False

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    collection = models.ForeignKey(
        Collection, models.PROTECT, verbose_name="收集", related_name="batches"
    )
    unit = models.ForeignKey(OrgUnit, models.PROTECT, verbose_name="范围", related_name="+")
    sender = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="填报单位", null=True, related_name="+"
    )
    by = models.ForeignKey(
        "federation.User", models.PROTECT, verbose_name="上传人", related_name="+"
    )
    received_on = models.DateField("收到日期")
    created_at = models.DateTimeField("上传时间", default=timezone.now)
    job = models.ForeignKey(Job, models.SET_NULL, null=True, related_name="+")

    class Meta:
        verbose_name = verbose_name_plural = "来件批次"
        ordering = ("-pk",)

    def __str__(self) -> str:
        return f"{self.created_at:%Y-%m-%d} {self.collection}"

    @property
    def form(self) -> annexes.Annex:
        return self.collection.form


class IncomingFileQuerySet(ScopedQuerySet):
    def with_words(self) -> Self:
        """Everything but the contents, which are long."""
        return self.defer("reading", "sheets", "answers")

    def taken(self) -> Self:
        """Applied, and not replaced by a later file since."""
        return self.filter(state=FileState.APPLIED, superseded_by=None)


class IncomingFile(ScopedModel):
    """来件: one file as it was sent, what was read in it, what was answered, and what became of it.

    ``place`` is the unit it belongs to: the sender once known, the batch's area before; whoever may
    see reports there sees the file. ``version`` rises with each answer; ``submission_version`` is
    what the submission came to be when the rows were taken over.
    """

    scope_unit = "place"

    uuid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    batch = models.ForeignKey(IncomingBatch, models.PROTECT, related_name="files")
    collection = models.ForeignKey(Collection, models.PROTECT, related_name="+")
    position = models.PositiveIntegerField("序号")
    place = models.ForeignKey(OrgUnit, models.PROTECT, related_name="+")
    unit = models.ForeignKey(
        OrgUnit, models.PROTECT, verbose_name="填报单位", null=True, related_name="+"
    )
    unit_chosen = models.BooleanField(default=False, editable=False)
    name = models.CharField("文件名", max_length=200)
    folder = models.CharField("文件夹", max_length=300, blank=True, editable=False)
    file = models.UUIDField(editable=False)
    size = models.PositiveIntegerField("大小", help_text="字节")
    sha256 = models.CharField("文件校验值", max_length=64, editable=False)
    state = models.CharField(
        "状态", max_length=12, choices=FileState.choices, default=FileState.WAITING, editable=False
    )
    tries = models.PositiveSmallIntegerField(default=0, editable=False)
    version = models.PositiveIntegerField(default=1, editable=False)
    reading = models.JSONField(null=True, editable=False)
    sheets = models.JSONField(null=True, editable=False)
    answers = models.JSONField(default=dict, editable=False)
    records = models.PositiveIntegerField("条数", default=0, editable=False)
    errors = models.PositiveIntegerField("错误", default=0, editable=False)
    questions = models.PositiveIntegerField("待确认", default=0, editable=False)
    warnings = models.PositiveIntegerField("提示", default=0, editable=False)
    said = models.CharField("说明", max_length=500, blank=True, editable=False)
    proposed = models.CharField(max_length=12, choices=Meaning.choices, blank=True, editable=False)
    because = models.CharField(max_length=300, blank=True, editable=False)
    supersedes = models.CharField(max_length=200, blank=True, editable=False)
    chosen = models.CharField(
        "性质", max_length=12, choices=Meaning.choices, blank=True, editable=False
    )
    replaces = models.CharField(
        max_length=6, choices=Replaces.choices, default=Replaces.FILE, editable=False
    )
    submission = models.ForeignKey(
        Submission, models.PROTECT, null=True, related_name="incoming", editable=False
    )
    submission_version = models.PositiveIntegerField(null=True, editable=False)
    outcome = models.JSONField(default=dict, editable=False)
    settled_at = models.DateTimeField("办理时间", null=True, editable=False)
    settled_by = models.ForeignKey(
        "federation.User", models.PROTECT, null=True, related_name="+", editable=False
    )
    superseded_by = models.ForeignKey(
        "self", models.PROTECT, null=True, related_name="+", editable=False
    )

    objects: ClassVar = IncomingFileQuerySet.as_manager()

    class Meta:
        verbose_name = verbose_name_plural = "来件"
        ordering = ("batch", "position")
        constraints = [
            models.UniqueConstraint(
                fields=("batch", "position"), name="reporting_one_file_a_position"
            ),
            # Two people who take the same file over at once: the second finds it taken.
            models.UniqueConstraint(
                fields=("collection", "unit", "sha256"),
                condition=Q(state="applied", superseded_by__isnull=True),
                name="reporting_a_file_is_taken_once",
            ),
            models.CheckConstraint(
                name="reporting_taken_file_has_submission",
                condition=~Q(state="applied")
                | Q(submission__isnull=False, settled_at__isnull=False),
            ),
        ]
        indexes = [models.Index(fields=("collection", "unit", "state"))]

    def __str__(self) -> str:
        return self.name

    @property
    def form(self) -> annexes.Annex:
        return self.collection.form

    def keep_settled(self) -> None:
        """Save what people settle, at the next version; what was read stays as it was written."""
        self.version += 1
        self.save(update_fields=SETTLED)

    @property
    def meaning(self) -> str:
        """What the person chose, else what was proposed."""
        return self.chosen or self.proposed or Meaning.ORIGINAL

    @cached_property
    def submission_of_unit(self) -> Submission | None:
        """The report the file belongs to; ``None`` while its unit is not known or owes none."""
        if self.unit_id is None:
            return None
        found = self.collection.submissions.filter(unit=self.unit_id)
        return found.select_related("unit", "reviewer", "collection").first()

    @property
    def is_open(self) -> bool:
        return self.state in UNSETTLED

    @property
    def received_on(self) -> dt.date:
        return self.batch.received_on
