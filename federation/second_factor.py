"""动态口令, the second factor: setting it up, asking for it, and losing the phone.

A code of the phone counts once, in its own half minute and the one before and after. A recovery
code counts once at all. Whoever may guess how often is said by :mod:`federation.login` and by
django-otp's own delays.
"""

import base64
import secrets
import unicodedata

import qrcode
from django.conf import settings
from django.contrib.auth.signals import user_logged_in
from django.core import signing
from django.db import transaction
from django.dispatch import receiver
from django.utils import timezone
from django.utils.crypto import constant_time_compare, salted_hmac
from django_otp.plugins.otp_totp.models import default_key

from federation import audit, login, scope, sessions
from federation.models import LiveSession, OrgUnit, RecoveryCode, SecondFactor, User
from federation.models.units import UnitLevel, UnitType
from federation.passwords import ALPHABET

CODES = 10
CODE_LETTERS = 10
ADMINISTRATORS = ("federation_manage", "federation_grant", "federation_audit")
TRUSTED_SALT = "federation.trusted_computer"
HALF = "half_in"  # the session's word for who has shown her password and not yet her code
HALF_SECONDS = 300
WRONG = "口令不对、已用过，或尝试过于频繁；请等手机上换出新的口令再试。"


def of(user: User) -> SecondFactor | None:
    return SecondFactor.objects.filter(user=user, confirmed=True).first()


# -- Who needs it ---------------------------------------------------------------------------------
def required_of(user: User) -> bool:
    """Whether ``settings.SECOND_FACTOR_REQUIRED_FOR`` names a kind of person that ``user`` is."""
    named = set(settings.SECOND_FACTOR_REQUIRED_FOR)
    if not named or (settings.DEMO and user.synthetic):
        return False
    held = held_by(user)
    return (
        ("administrators" in named and not held.isdisjoint(ADMINISTRATORS))
        or ("export" in named and any(action.endswith("_export") for action in held))
        or ("reveal" in named and any(action.endswith("_reveal") for action in held))
        or ("city" in named and sits_at_city(user))
    )


def held_by(user: User) -> set[str]:
    """Every action ``user`` holds anywhere today."""
    return {action for action, _, _, _ in scope.grants_of(user)}


def sits_at_city(user: User) -> bool:
    """Whether she is appointed at a city's or a province's federation, or in a department of one."""
    upper = {UnitLevel.CITY, UnitLevel.PROVINCE}
    for appointment in user.appointments.current().select_related("unit__unit_type"):
        unit = appointment.unit
        part = unit.unit_type.group in {UnitType.Group.DEPARTMENT, UnitType.Group.DIRECT}
        if part and not unit.unit_type.level:
            above = OrgUnit.objects.filter(path=unit.path[: -OrgUnit.steplen])
            unit = above.select_related("unit_type").first() or unit
        if unit.unit_type.level in upper:
            return True
    return False


def owed_by(user: User) -> bool:
    """Whether ``user`` may do nothing before she has set it up; no question where nobody must."""
    return bool(settings.SECOND_FACTOR_REQUIRED_FOR) and of(user) is None and required_of(user)


def ask_to_set_up(live: LiveSession) -> None:
    """In this session nothing else is opened before."""
    LiveSession.objects.filter(pk=live.pk).update(owes_second_factor=True)


@receiver(user_logged_in, dispatch_uid="federation.second_factor.owed")
def note_what_is_owed(sender, request, user, **kwargs) -> None:
    if owed_by(user):
        live = LiveSession.objects.get(uuid=request.session[sessions.KEY])
        ask_to_set_up(live)


# -- Setting it up --------------------------------------------------------------------------------
def proposed(user: User, salt: str) -> SecondFactor:
    """The phone ``user`` is about to set up; nothing is saved."""
    return SecondFactor(user=user, key=salt, name="手机", confirmed=False)


new_salt = default_key


def key_in_groups(factor: SecondFactor) -> str:
    """The secret as it is typed by who has no camera: ``ABCD EFGH …``."""
    text = base64.b32encode(factor.bin_key).decode()
    return " ".join(text[at : at + 4] for at in range(0, len(text), 4))


def qr_path(factor: SecondFactor) -> tuple[str, int]:
    """The QR code as the path of an SVG, and the side of its square in modules."""
    code = qrcode.QRCode(border=2, error_correction=qrcode.ERROR_CORRECT_M)
    code.add_data(factor.config_url)
    code.make(fit=True)
    rows = code.get_matrix()
    dark = [
        f"M{x} {y}h1v1h-1z" for y, row in enumerate(rows) for x, module in enumerate(row) if module
    ]
    return "".join(dark), len(rows)


@transaction.atomic
def enrol(user: User, salt: str, code: str, *, keep: LiveSession) -> list[str] | None:
    """Set up the phone that shows ``code``; her recovery codes, or None when the code is wrong.

    Her other sessions end: they were begun with the password alone.
    """
    User.objects.select_for_update().get(pk=user.pk)
    attempt = login.admit(user.username, address="", device=f"enrol:{user.pk}")
    if attempt is None:
        return None
    factor = proposed(user, salt)
    factor.throttling_failure_count = 0
    factor.confirmed = True
    with transaction.atomic():
        SecondFactor.objects.filter(user=user).delete()
        factor.save()
        if not factor.verify_token(plain(code)):
            transaction.set_rollback(True)
            return None
    login.succeeded(attempt)
    audit.record(user, "enrol_second_factor", by=user)
    LiveSession.objects.filter(user=user).update(owes_second_factor=False)
    sessions.end_all(user, keep=keep)
    return renew_codes(user, by=user)


@transaction.atomic
def renew_codes(user: User, *, by: User) -> list[str]:
    """New recovery codes, returned once and kept nowhere; the old ones are void."""
    RecoveryCode.objects.filter(user=user).delete()
    codes = ["".join(secrets.choice(ALPHABET) for _ in range(CODE_LETTERS)) for _ in range(CODES)]
    RecoveryCode.objects.bulk_create(
        RecoveryCode(user=user, hashed=hashed(user, code)) for code in codes
    )
    audit.record(user, "renew_recovery_codes", by=by)
    return [f"{code[:5]}-{code[5:]}" for code in codes]


@transaction.atomic
def reset(user: User, *, by: User | None) -> None:
    """The phone is lost: she logs in by her password alone, and sets up another where it is required.

    For the administrator above her, and for herself. Ends every session of hers but the one in
    which she does it.
    """
    SecondFactor.objects.filter(user=user).delete()
    RecoveryCode.objects.filter(user=user).delete()
    sessions.end_for_less(user)
    audit.record(user, "reset_second_factor", by=by)


def codes_left(user: User) -> int:
    return RecoveryCode.objects.filter(user=user, used_at=None).count()


# -- Asking for it --------------------------------------------------------------------------------
def verify(user: User, typed: str) -> bool:
    """Whether ``typed`` is her phone's code of now, or a recovery code; either is then used up."""
    code = plain(typed)
    attempt = login.admit(user.username, address="", device=f"code:{user.pk}")
    if attempt is None:
        return False
    with transaction.atomic():
        if code.isdigit():
            held = SecondFactor.objects.select_for_update().filter(user=user, confirmed=True)
            factor = held.first()
            right = factor is not None and len(code) == factor.digits and factor.verify_token(code)
        else:
            right = use_recovery_code(user, code)
    if right:
        login.succeeded(attempt)
    else:
        audit.record(user, "code_failed", by=None)
    return right


def use_recovery_code(user: User, code: str) -> bool:
    unused = RecoveryCode.objects.filter(user=user, used_at=None, hashed=hashed(user, code))
    if not unused.update(used_at=timezone.now()):
        return False
    audit.record(user, "use_recovery_code", by=user, detail={"left": codes_left(user)})
    return True


def plain(typed: str) -> str:
    """``typed`` without what people put between, full-width letters made narrow."""
    narrow = unicodedata.normalize("NFKC", typed).casefold()
    return "".join(letter for letter in narrow if letter.isascii() and letter.isalnum())


def hashed(user: User, code: str) -> str:
    value = f"{user.pk}:{code}"
    return salted_hmac("federation.recovery_code", value, algorithm="sha256").hexdigest()


# -- Between the password and the code ------------------------------------------------------------
def wait_for_code(request, user: User) -> None:
    """Her password was right. The session is still a stranger's, with a new key of its own."""
    request.session.cycle_key()
    proof = user.get_session_auth_hash()
    request.session[HALF] = [user.pk, proof, timezone.now().timestamp()]


def waiting_in(request) -> User | None:
    """Who showed her password here in the last five minutes, unless it has changed since."""
    key, proof, since = request.session.get(HALF) or (None, "", 0)
    if key is None or timezone.now().timestamp() - since > HALF_SECONDS:
        return None
    user = User.objects.filter(pk=key, is_active=True).first()
    if user is None or not constant_time_compare(proof, user.get_session_auth_hash()):
        return None
    return user


def stop_waiting(request) -> None:
    del request.session[HALF]


# -- A computer that need not be asked ------------------------------------------------------------
def _trust_mark(user: User, factor: SecondFactor) -> str:
    """Changes with the password and with the phone, so that either ends the trust."""
    value = f"{user.pk}:{factor.pk}:{factor.key}:{user.get_session_auth_hash()}"
    return salted_hmac(TRUSTED_SALT, value, algorithm="sha256").hexdigest()


def is_trusted(request, user: User, factor: SecondFactor) -> bool:
    """Whether she said on this computer, not too long ago, that it is her own."""
    days = settings.SECOND_FACTOR_REMEMBER_DAYS
    kept = request.COOKIES.get(settings.TRUSTED_COOKIE_NAME, "")
    if not days or not kept:
        return False
    try:
        mark = signing.TimestampSigner(salt=TRUSTED_SALT).unsign(kept, max_age=days * 86_400)
    except signing.BadSignature:
        return False
    return mark == _trust_mark(user, factor)


def trust(response, user: User) -> None:
    factor = of(user)
    if factor is None or not settings.SECOND_FACTOR_REMEMBER_DAYS:
        return
    response.set_cookie(
        settings.TRUSTED_COOKIE_NAME,
        signing.TimestampSigner(salt=TRUSTED_SALT).sign(_trust_mark(user, factor)),
        max_age=settings.SECOND_FACTOR_REMEMBER_DAYS * 86_400,
        secure=settings.SESSION_COOKIE_SECURE,
        httponly=True,
        samesite="Lax",
    )
