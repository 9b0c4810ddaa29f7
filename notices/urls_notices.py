"""Notices: reading, writing, publishing, 签收."""

from django.urls import URLPattern, path

from notices.views import editing, issuing, notices, parts, receiving

DRAFT = "notices/<uuid:uuid>/edit/"

patterns: list[URLPattern] = [
    path("notices/", notices.NoticeList.as_view(), name="notices"),
    path("notices/<uuid:uuid>/", notices.NoticeRead.as_view(), name="notice"),
    path("notices/<uuid:uuid>/print/", notices.NoticePrint.as_view(), name="notice_print"),
    path("notices/<uuid:uuid>/sign/", receiving.NoticeSign.as_view(), name="sign"),
    path("notices/<uuid:uuid>/receipts/", receiving.Receipts.as_view(), name="receipts"),
    path("notices/new/", editing.NoticeNew.as_view(), name="new"),
    path(DRAFT, editing.NoticeEdit.as_view(), name="edit"),
    path(f"{DRAFT}autosave/", editing.NoticeAutosave.as_view(), name="autosave"),
    path(f"{DRAFT}preview/", parts.DutyPreview.as_view(), name="duty_preview"),
    path(f"{DRAFT}<slug:kind>/<slug:line>/", parts.PartEdit.as_view(), name="part"),
    path(f"{DRAFT}<slug:kind>/<slug:line>/remove/", parts.PartRemove.as_view(), name="part_remove"),
    path("notices/<uuid:uuid>/publish/", issuing.NoticePublish.as_view(), name="publish"),
    path("notices/<uuid:uuid>/correct/", issuing.NoticeCorrect.as_view(), name="correct"),
    path("notices/<uuid:uuid>/withdraw/", issuing.NoticeWithdraw.as_view(), name="withdraw"),
    path("notices/<uuid:uuid>/discard/", issuing.NoticeDiscard.as_view(), name="discard"),
    path(
        "notices/attachments/<uuid:uuid>/",
        receiving.AttachmentFile.as_view(),
        name="attachment",
    ),
]
