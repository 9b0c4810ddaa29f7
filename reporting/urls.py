"""Pages of submissions, collections, consolidated tables and jobs."""

from django.urls import path

from reporting.urls_incoming import patterns as incoming
from reporting.urls_jobs import patterns
from reporting.views import (
    collections,
    exporting,
    filling,
    health,
    reviews,
    rows,
    submissions,
    tables,
)

app_name = "reporting"
urlpatterns = [
    path("submissions/", submissions.SubmissionList.as_view(), name="submissions"),
    path("submissions/<uuid:uuid>/", submissions.SubmissionRecord.as_view(), name="submission"),
    path("submissions/<uuid:uuid>/print/", submissions.SubmissionPrint.as_view(), name="print"),
    path("submissions/<uuid:uuid>/fill/", filling.FormFill.as_view(), name="form_fill"),
    path("submissions/<uuid:uuid>/autosave/", filling.Autosave.as_view(), name="autosave"),
    path("submissions/<uuid:uuid>/table/", tables.TableFill.as_view(), name="table_fill"),
    path("submissions/<uuid:uuid>/review/", reviews.Review.as_view(), name="review"),
    path(
        "submissions/<uuid:uuid>/steps/<slug:step>/",
        submissions.SubmissionStep.as_view(),
        name="step",
    ),
    path("rows/return/", rows.ReturnRows.as_view(), name="return_rows"),
    path("rows/<uuid:uuid>/correct/", rows.CorrectRow.as_view(), name="correct_row"),
    path("rows/<uuid:uuid>/move/", rows.MoveRow.as_view(), name="move_row"),
    path("rows/<uuid:uuid>/remove/", rows.RemoveRow.as_view(), name="remove_row"),
    path("rows/<uuid:uuid>/return/", rows.ReturnRow.as_view(), name="return_row"),
    path("rows/<uuid:uuid>/cells/<slug:key>/", rows.Cell.as_view(), name="cell"),
    path("collections/", collections.CollectionList.as_view(), name="collections"),
    path("collections/<uuid:uuid>/", collections.Board.as_view(), name="collection"),
    path("tables/", tables.TableList.as_view(), name="tables"),
    path("tables/<slug:code>/<slug:period>/", tables.ConsolidatedTable.as_view(), name="table"),
    path("healthz", health.Health.as_view(), name="healthz"),
    path("readyz", health.Ready.as_view(), name="readyz"),
    path("exports/", exporting.Export.as_view(), name="export"),
    *incoming,
    *patterns,
]
