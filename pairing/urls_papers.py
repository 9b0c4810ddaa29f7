"""Addresses of what is put in writing: agreements, plans, projects, cards, typical cases."""

from django.urls import URLPattern, path

from pairing.views import cards, cases, papers, projects

PAIR = "pairs/<uuid:uuid>"
PROJECT = "pairs/projects/<uuid:uuid>"

urlpatterns: list[URLPattern] = [
    path(f"{PAIR}/papers/<slug:part>/<slug:key>/", papers.PaperPage.as_view(), name="paper"),
    path(f"{PAIR}/agreement/<slug:key>/print/", papers.AgreementPrint.as_view(), name="agreement_print"),
    path("pairs/files/<slug:part>/<uuid:uuid>/", papers.PaperFile.as_view(), name="paper_file"),
    path(f"{PAIR}/card/", cards.Card.as_view(), name="card"),
    path(f"{PROJECT}/", projects.ProjectRecord.as_view(), name="project"),
    path(f"{PROJECT}/<slug:part>/<slug:key>/", projects.ProjectRow.as_view(), name="project_row"),
    path("pairs/cases/", cases.CaseList.as_view(), name="cases"),
    path("pairs/cases/new/", cases.CaseNew.as_view(), name="case_new"),
    path("pairs/cases/<uuid:uuid>/", cases.CaseRecord.as_view(), name="case"),
    path("pairs/cases/<uuid:uuid>/<slug:step>/", cases.CaseStep.as_view(), name="case_step"),
]  # fmt: skip
