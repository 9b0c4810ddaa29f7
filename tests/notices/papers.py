"""Notices and duties to test with."""

import datetime as dt

from django.core.files.uploadedfile import SimpleUploadedFile

from federation import kept_files
from federation.models import OrgUnit, UnitType
from notices.models import Addressee, Attachment, Duty, Notice, Task, TaskQuerySet

PDF = b"%PDF-1.4\n%\xe2\xe3\n"


def tasks(**found) -> TaskQuerySet:
    """Whoever's tasks: a test looks past scope."""
    return Task.objects.unscoped(reason="a test looks at all").filter(**found)


def notice_of(issuer: OrgUnit, **changed) -> Notice:
    values = {
        "title": "关于在全市深入开展“牵手助发展”岗（委）村结对活动的通知",
        "doc_number": "泉妇〔2014〕28号",
        "issuer": issuer,
        "issue_date": dt.date(2014, 4, 24),
        "body": "各县（市、区）妇联：\n现将有关事项通知如下。",
        **changed,
    }
    notice = Notice(**values)
    notice.save()
    return notice


def to_kinds(notice: Notice, *codes: str) -> None:
    for position, code in enumerate(codes, start=1):
        kind = UnitType.objects.get(code=code)
        Addressee.objects.create(notice=notice, unit_type=kind, position=position)


def duty_of(notice: Notice, code: str, **changed) -> Duty:
    values = {
        "title": code,
        "deliverable": "narrative",
        "owed_by": {"rule": "recipients"},
        "due_rule": {"kind": "on_date", "date": "2014-05-25"},
        "due_phrase": "5月25日前",
        **changed,
    }
    duty = Duty(notice=notice, code=code, **values)
    duty.full_clean()
    duty.save()
    return duty


def attached(notice: Notice, title: str = "填报说明", **changed) -> Attachment:
    """An attachment with a file that is really there."""
    kept = kept_files.keep(SimpleUploadedFile(f"{title}.pdf", PDF))
    kind = {"file": kept.file, "file_name": kept.name, "file_size": kept.size}
    return Attachment.objects.create(notice=notice, title=title, **{**kind, **changed})
