"""Kinds of job, declared in each app's ``exports`` module and found by name."""

from __future__ import annotations

from collections.abc import Callable
from typing import TYPE_CHECKING, ClassVar

from django.core.exceptions import PermissionDenied
from django.utils.module_loading import autodiscover_modules

from federation import scope

if TYPE_CHECKING:
    from federation.models import User
    from reporting.jobs.work import Work
    from reporting.models import Job


class Denied(PermissionDenied):
    """The requester may not have this, now; carries the sentence she reads."""


class JobFailure(Exception):
    """The job cannot succeed by trying again; carries the sentence the requester reads.

    Anything else a kind raises is an accident: it is tried again, and the clerk reads a
    sentence of ours, because the text of an exception may quote somebody's data.
    """

    def __init__(self, sentence: str, code: str = "refused"):
        super().__init__(sentence)
        self.sentence, self.code = sentence, code


class JobKind:
    """What one kind of job does. Stateless: one instance serves every worker thread."""

    name: ClassVar[str]
    title: ClassVar[str]
    action: ClassVar[str | None]
    makes_file: ClassVar[bool] = True
    #: Whether :meth:`conclude` writes for longer than a lease lasts. Its transaction then ends with the
    #: fence instead of beginning with it: lease and progress are written beside it all the while.
    writes_long: ClassVar[bool] = False

    def heading(self, job: Job) -> str:
        """What people read above this very job; say which paper it is where there are several."""
        return self.title

    def authorise(self, job: Job, user: User) -> None:
        """Raise Denied unless ``user`` may have the result of ``job`` as things stand now.

        Asked when the job is requested, when it runs and at every download. As it stands: she
        holds the kind's action somewhere at, above or below the job's unit; the rows are then
        the matter of ``visible_to`` in :meth:`run`.
        """
        if self.action is None or job.unit is None:
            return
        paths = scope.granted_paths(user, self.action)
        here = job.unit.path
        if not any(here.startswith(path) or path.startswith(here) for path in paths):
            raise Denied(f"您目前没有权限对“{job.unit.short_name}”{self.title}。")

    def run(self, job: Job, work: Work) -> None:
        """Do the work as ``work.user``: read, write ``work.path``, call ``work.progress``.

        Runs in one read-only snapshot on PostgreSQL: what must be written goes to :meth:`conclude`.
        The lease is renewed while the process lives; ``work.progress`` is where the job is
        stopped when it was overtaken or takes too long.
        """
        raise NotImplementedError

    def conclude(self, job: Job, work: Work) -> None:
        """Write to the database what belongs to the result; inside the publishing transaction."""

    def page(self, job: Job) -> str:
        """Address of the page where one goes on from ``job``; "" where its own page is all there is."""
        return ""


_kinds: dict[str, JobKind] = {}


def job_kind(
    name: str, *, title: str, action: str | None
) -> Callable[[type[JobKind]], type[JobKind]]:
    """Register a class as the kind ``name``; ``title`` is a verb phrase people read."""

    def register(declared: type[JobKind]) -> type[JobKind]:
        known = _kinds.get(name)
        if known is not None and type(known).__qualname__ != declared.__qualname__:
            raise ValueError(f"Two kinds of job are called {name}.")
        declared.name, declared.title, declared.action = name, title, action
        _kinds[name] = declared()
        return declared

    return register


def kinds() -> dict[str, JobKind]:
    """All kinds by name; the apps' ``exports`` modules are read at the first question."""
    autodiscover_modules("exports")
    return _kinds


def kind_named(name: str) -> JobKind | None:
    return kinds().get(name)


def heading_of(job: Job) -> str:
    kind = kind_named(job.kind)
    return kind.heading(job) if kind else job.kind


def authorise(job: Job, user: User) -> JobKind:
    """The kind of ``job``, once ``user`` is known to be allowed it; otherwise raises Denied.

    A disabled account and a lost action are refused here, for every kind alike.
    """
    kind = kind_named(job.kind)
    if kind is None:
        raise JobFailure("系统已不再提供这种作业。", code="unknown_kind")
    if not user.is_active:
        raise Denied("申请人的账号已停用，作业没有执行。")
    if kind.action is not None and not scope.may(user, kind.action):
        raise Denied(f"您目前没有“{kind.title}”的权限，作业没有执行。")
    kind.authorise(job, user)
    return kind
