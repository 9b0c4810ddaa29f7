"""Pages of the frame and of the unit directory."""

from django.urls import path

from federation.views import (
    account,
    audit,
    confirming,
    home,
    second_factor,
    unit_changes,
    units,
)

urlpatterns = [
    path("", home.Home.as_view(), name="home"),
    path("login/", account.Login.as_view(), name="login"),
    path("login/code/", second_factor.LoginCode.as_view(), name="login_code"),
    path("logout/", account.Logout.as_view(), name="logout"),
    path("session/", account.SessionCheck.as_view(), name="session"),
    path("confirm/", confirming.Confirm.as_view(), name="confirm"),
    path("account/", account.Account.as_view(), name="account"),
    path("account/password/", account.PasswordChange.as_view(), name="password_change"),
    path(
        "account/second-factor/",
        second_factor.SecondFactorPage.as_view(),
        name="second_factor",
    ),
    path("account/second-factor/codes/", second_factor.RenewCodes.as_view(), name="renew_codes"),
    path(
        "account/second-factor/end/",
        second_factor.EndSecondFactor.as_view(),
        name="end_second_factor",
    ),
    path("account/sessions/end-others/", account.EndOthers.as_view(), name="end_others"),
    path("account/sessions/<uuid:uuid>/end/", account.EndSession.as_view(), name="end_session"),
    path("act-as/", home.ActAs.as_view(), name="act_as"),
    path("elder/", home.Elder.as_view(), name="elder"),
    path("search/", home.Search.as_view(), name="search"),
    path("queries/", home.SaveQuery.as_view(), name="save_query"),
    path("queries/<int:pk>/drop/", home.DropQuery.as_view(), name="drop_query"),
    path("units/", units.UnitList.as_view(), name="units"),
    path("units/pick/", units.UnitPick.as_view(), name="unit_pick"),
    path("units/<uuid:uuid>/", units.UnitRecord.as_view(), name="unit"),
    path(
        "units/<uuid:uuid>/change/<slug:kind>/",
        unit_changes.ChangeUnit.as_view(),
        name="unit_change",
    ),
    path(
        "units/<uuid:uuid>/change/<slug:kind>/done/",
        unit_changes.ChangeUnitDone.as_view(),
        name="unit_change_done",
    ),
    path("audit/", audit.AuditList.as_view(), name="audit"),
]
