"""Pages of the frame and of the unit directory."""

from django.urls import path

from federation.views import (
    account,
    account_acts,
    accounts,
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
    path("accounts/", accounts.AccountList.as_view(), name="accounts"),
    path("accounts/units/", accounts.UnitsToSeat.as_view(), name="account_units"),
    path("accounts/new/", account_acts.Open.as_view(), name="account_new"),
    path("accounts/<uuid:uuid>/", accounts.AccountRecord.as_view(), name="account_record"),
    path("accounts/<uuid:uuid>/details/", account_acts.Change.as_view(), name="account_details"),
    path("accounts/<uuid:uuid>/appoint/", account_acts.Appoint.as_view(), name="account_appoint"),
    path("accounts/<uuid:uuid>/second/", account_acts.Second.as_view(), name="account_second"),
    path(
        "accounts/<uuid:uuid>/deputise/", account_acts.Deputise.as_view(), name="account_deputise"
    ),
    path(
        "accounts/<uuid:uuid>/transfer/", account_acts.Transfer.as_view(), name="account_transfer"
    ),
    path("accounts/<uuid:uuid>/leave/", account_acts.Leave.as_view(), name="account_leave"),
    path("accounts/<uuid:uuid>/password/", account_acts.Reset.as_view(), name="account_password"),
    path("accounts/<uuid:uuid>/disable/", account_acts.Disable.as_view(), name="account_disable"),
    path("accounts/<uuid:uuid>/enable/", account_acts.Enable.as_view(), name="account_enable"),
    path("seats/<uuid:uuid>/end/", account_acts.EndSeat.as_view(), name="seat_end"),
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
