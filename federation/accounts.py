"""Opening, disabling and correcting accounts. Every act asks its actor's reach and leaves its line.

Raises everywhere: ``OutOfReach`` (the page answers 404), ``PermissionDenied`` (403) and
``ValidationError`` with the words for the form.
"""

import datetime as dt
import re

from django.core.exceptions import ValidationError
from django.db import transaction

from federation import appointments, audit, passwords, tree
from federation.administrators import Administrator
from federation.models import Appointment, OrgUnit, Post, User

USERNAME = re.compile(r"[a-z][a-z0-9._-]{2,29}")
NAME = re.compile(r"[\w·•.\- ]{1,30}")
PHONE = re.compile(r"1\d{10}|0\d{2,3}-?\d{7,8}(-\d{1,6})?")


# -- What may be typed ----------------------------------------------------------------------------
def clean_name(text: str) -> str:
    name = " ".join(text.split())
    if not name:
        raise ValidationError("请填写姓名。", code="required")
    if not NAME.fullmatch(name) or name.isdecimal():
        raise ValidationError("姓名只用汉字、字母和间隔号，最多30字。", code="bad_name")
    return name


def clean_phone(text: str) -> str:
    phone = re.sub(r"\s", "", text)
    if phone and not PHONE.fullmatch(phone):
        raise ValidationError(
            "电话写11位手机号，或带区号的座机，如 0595-22276000。", code="bad_phone"
        )
    return phone


def clean_username(text: str, *, taken_by: User | None = None) -> str:
    """``text`` as a new account's name. The same sentence whoever holds a name that is taken."""
    username = text.strip().lower()
    if not USERNAME.fullmatch(username):
        raise ValidationError(
            "用户名用小写字母开头，3至30位，只用小写字母、数字、点和横线，如 zhangsan。",
            code="bad_username",
        )
    held = User.objects.filter(username=username)
    if held.exclude(pk=taken_by.pk if taken_by else None).exists():
        raise ValidationError(
            f"用户名“{username}”已有人使用，可改用“{free_username(username)}”。", code="taken"
        )
    return username


def free_username(wanted: str) -> str:
    """``wanted`` (a username, or a name in Chinese) as a username nobody has yet."""
    stem = wanted if USERNAME.fullmatch(wanted) else tree.pinyin_key(wanted)[0][:26]
    stem = stem if USERNAME.fullmatch(stem) else "user"
    held = set(User.objects.filter(username__startswith=stem).values_list("username", flat=True))
    number = 2
    while stem in held and f"{stem}{number}" in held:
        number += 1
    return f"{stem}{number}" if stem in held else stem


# -- Acts -----------------------------------------------------------------------------------------
@transaction.atomic
def open_account(
    *,
    display_name: str,
    unit: OrgUnit,
    post: Post,
    starts_on: dt.date,
    by: User,
    username: str = "",
    phone: str = "",
    ends_on: dt.date | None = None,
) -> tuple[User, str]:
    """入职: an account with its first appointment, and its first password, returned once.

    Without ``username`` the name's pinyin is taken. She must change the password at her first
    log-in.
    """
    user = enrol(
        display_name=display_name, unit=unit, post=post, starts_on=starts_on, ends_on=ends_on,
        username=username, phone=phone, by=by,
    )  # fmt: skip
    return user, passwords.issue(user, by=by)


@transaction.atomic
def enrol(
    *,
    display_name: str,
    unit: OrgUnit,
    post: Post,
    starts_on: dt.date,
    by: User,
    username: str = "",
    phone: str = "",
    ends_on: dt.date | None = None,
) -> User:
    """An account with its first appointment and no password yet: many get theirs together."""
    admin = Administrator(by)
    admin.require_seat(post, unit)
    user = new(display_name, username, phone)
    appointments.give(user, unit=unit, post=post, starts_on=starts_on, ends_on=ends_on, admin=admin)
    return user


def new(display_name: str, username: str, phone: str) -> User:
    """An account without a seat or a password; the caller gives both. Says all that is wrong at once."""
    errors: dict[str, list[str]] = {}
    values: dict[str, str] = {}
    cleaners = {
        "display_name": lambda: clean_name(display_name),
        "username": lambda: clean_username(username or free_username(display_name)),
        "phone": lambda: clean_phone(phone),
    }
    for field, clean in cleaners.items():
        try:
            values[field] = clean()
        except ValidationError as error:
            errors[field] = error.messages
    if errors:
        raise ValidationError(errors)
    user = User(**values)
    user.set_unusable_password()
    user.save()
    return user


@transaction.atomic
def reset_password(user: User, *, by: User) -> str:
    """A new first password, returned once; all sessions of ``user`` end."""
    user = _locked(user)
    Administrator(by).require_account(user)
    if not user.is_active:
        raise ValidationError("账号已停用，请先启用。", code="disabled")
    return passwords.issue(user, by=by)


@transaction.atomic
def disable(user: User, *, by: User) -> None:
    """She cannot log in; her open sessions end at their next request. Her seats stay as dated."""
    user = _locked(user)
    Administrator(by).require_account(user)
    if not user.is_active:
        raise ValidationError("账号已经停用。", code="disabled")
    switch(user, active=False, by=by)


@transaction.atomic
def enable(user: User, *, by: User) -> None:
    """She can log in again, with the password she had and the seats still in force."""
    user = _locked(user)
    Administrator(by).require_account(user)
    if user.is_active:
        raise ValidationError("账号已经启用。", code="enabled")
    switch(user, active=True, by=by)


def switch(user: User, *, active: bool, by: User) -> None:
    """Write the state and its line; the caller has judged and holds the row."""
    user.is_active = active
    user.save(update_fields=["is_active"])
    verb = "enable_account" if active else "disable_account"
    audit.record(user, verb, by=by, unit=unit_of(user))


@transaction.atomic
def change(user: User, *, display_name: str, phone: str, by: User) -> None:
    """Correct the name or the telephone number. The number itself is not written to the trail."""
    user = _locked(user)
    Administrator(by).require_account(user)
    errors: dict[str, list[str]] = {}
    before = (user.display_name, user.phone)
    for field, clean, text in (
        ("display_name", clean_name, display_name),
        ("phone", clean_phone, phone),
    ):
        try:
            setattr(user, field, clean(text))
        except ValidationError as error:
            errors[field] = error.messages
    if errors:
        raise ValidationError(errors)
    detail: dict[str, str] = {}
    if user.display_name != before[0]:
        detail |= {"from": before[0], "to": user.display_name}
    if user.phone != before[1]:
        detail["field"] = "联系电话"
    if detail:
        user.save(update_fields=["display_name", "phone"])
        audit.record(user, "change_account", by=by, unit=unit_of(user), detail=detail)


def unit_of(user: User) -> OrgUnit | None:
    """Where the account stands in the audit trail: its first seat in force, else its last."""
    seats = Appointment.objects.filter(user=user).select_related("unit")
    seat = seats.live().order_by("starts_on").first() or seats.order_by("-starts_on").first()
    return seat.unit if seat else None


def _locked(user: User) -> User:
    return User.objects.select_for_update().get(pk=user.pk)
