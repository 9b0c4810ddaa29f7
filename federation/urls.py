"""Pages of the frame and of the unit directory."""

from django.urls import path

from federation.views import audit, home, units

urlpatterns = [
    path("", home.Home.as_view(), name="home"),
    path("login/", home.Login.as_view(), name="login"),
    path("logout/", home.Logout.as_view(), name="logout"),
    path("act-as/", home.ActAs.as_view(), name="act_as"),
    path("elder/", home.Elder.as_view(), name="elder"),
    path("search/", home.Search.as_view(), name="search"),
    path("queries/", home.SaveQuery.as_view(), name="save_query"),
    path("queries/<int:pk>/drop/", home.DropQuery.as_view(), name="drop_query"),
    path("units/", units.UnitList.as_view(), name="units"),
    path("units/pick/", units.UnitPick.as_view(), name="unit_pick"),
    path("units/<uuid:uuid>/", units.UnitRecord.as_view(), name="unit"),
    path("audit/", audit.AuditList.as_view(), name="audit"),
]
