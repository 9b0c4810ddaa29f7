"""What a password must be, when it must be changed, and handing out a first one."""

import datetime as dt
import functools
import re
import secrets
import unicodedata

from django.conf import settings
from django.contrib.auth.hashers import PBKDF2PasswordHasher, get_hasher, make_password
from django.contrib.auth.password_validation import CommonPasswordValidator
from django.core.exceptions import ValidationError
from django.db import transaction
from django.utils import timezone

from federation import audit, sessions
from federation.models import LoginState, User

FILE = settings.BASE_DIR / "fixtures" / "refused_passwords.txt"
# What people write for a letter to please a rule: 妇联 becomes Fu1i@n.
UNDISGUISED = str.maketrans({"@": "a", "4": "a", "0": "o", "1": "l", "!": "i", "3": "e", "$": "s"})
CLASSES = (r"[a-z]", r"[A-Z]", r"[0-9]", r"[^a-zA-Z0-9]")
SHORTEST_WITHOUT_LETTERS = 16
FIRST_ITERATIONS = 20_000  # of a first password; see issue_many
# Without 0/O, 1/l/I: a first password is read out on the telephone.
ALPHABET = "abcdefghjkmnpqrstuvwxyz23456789"


class Strength:
    """At least 8 characters; at 等保 level 3 at least 10, of three kinds. No upper limit."""

    def validate(self, password: str, user: User | None = None) -> None:
        if len(password) < shortest():
            raise ValidationError(f"密码至少 {shortest()} 位。", code="password_too_short")
        kinds = sum(bool(re.search(pattern, password)) for pattern in CLASSES)
        if settings.DJBH_LEVEL >= 3 and kinds < 3:
            raise ValidationError(
                "密码要有大写字母、小写字母、数字、符号中的三种。", code="password_too_plain"
            )

    def get_help_text(self) -> str:
        kinds = "，含大写字母、小写字母、数字、符号中的三种" if settings.DJBH_LEVEL >= 3 else ""
        return f"至少 {shortest()} 位{kinds}；可以用一句话，长一些更好。"


class Refused:
    """Not what a stranger would try first here: the organisation, the place, the year, one's name.

    Letters are compared with figures, signs and disguises taken away, so that ``Fulian@2014`` is
    still 妇联.
    """

    def validate(self, password: str, user: User | None = None) -> None:
        words = refused_words() | own_words(user)
        if any(guessable(bare, words) for bare in bare_forms(password)):
            raise ValidationError(
                "这个密码容易被猜到：不要用单位、地名、年份、姓名或常见密码来拼。",
                code="password_refused",
            )
        digits = not re.search(r"[^\W\d_]", password)
        if digits and len(password) < SHORTEST_WITHOUT_LETTERS:
            raise ValidationError("密码不能只有数字和符号。", code="password_without_letters")

    def get_help_text(self) -> str:
        return "不要用单位、地名、年份、姓名、电话或常见密码。"


def shortest() -> int:
    return 10 if settings.DJBH_LEVEL >= 3 else 8


@functools.cache
def refused_words() -> frozenset[str]:
    """Our own list, one word a line; ``#`` begins a remark."""
    lines = FILE.read_text(encoding="utf-8").splitlines()
    return frozenset(line.strip().casefold() for line in lines if line and line[0] != "#")


@functools.cache
def common_words() -> frozenset[str]:
    return frozenset(CommonPasswordValidator().passwords)


def own_words(user: User | None) -> frozenset[str]:
    """The person's account, name and units, as they are typed in pinyin."""
    # Takes up to a second to load, and most processes are given no password; see tree.pinyin_key.
    from pypinyin import lazy_pinyin  # noqa: PLC0415

    if user is None:
        return frozenset()
    written = [user.username, user.display_name]
    if user.pk:
        written += user.appointments.values_list("unit__short_name", flat=True)
    found = set()
    for text in filter(None, written):
        syllables = lazy_pinyin(text)
        found |= {text, "".join(syllables), "".join(s[0] for s in syllables)}
    bare = {re.sub(r"[\W\d_]", "", word.casefold()) for word in found}
    return frozenset(word for word in bare if len(word) > 1)


def bare_forms(password: str) -> set[str]:
    """The letters of ``password`` alone, as written and with disguises undone."""
    plain = unicodedata.normalize("NFKC", password).casefold()
    ending = re.sub(r"[\W\d_]+$", "", plain)  # a year or ! at the end disguises nothing
    return {re.sub(r"[\W\d_]", "", text) for text in (plain, ending.translate(UNDISGUISED))}


def guessable(bare: str, words: frozenset[str]) -> bool:
    """One common word, or nothing but words of the list one after the other."""
    if not bare:
        return False
    if bare in common_words():
        return True
    reach = {0}
    longest = max(map(len, words), default=0)
    for end in range(1, len(bare) + 1):
        starts = (s for s in range(max(0, end - longest), end) if s in reach)
        if any(bare[start:end] in words for start in starts):
            reach.add(end)
    return len(bare) in reach


# -- Changing -------------------------------------------------------------------------------------
def must_change(user: User, state: LoginState | None) -> bool:
    """Whether ``user`` may do nothing before she has a new password."""
    if settings.DEMO and user.synthetic:
        return False
    if state and state.must_change_password:
        return True
    days = settings.PASSWORD_MAX_DAYS
    if not days:
        return False
    since = state.password_changed_at if state and state.password_changed_at else user.joined_at
    return timezone.now() - since > dt.timedelta(days=days)


@transaction.atomic
def changed(user: User, *, by: User, keep=None) -> None:
    """Her password is now her own: nothing is owed, and her sessions but ``keep`` end."""
    LoginState.objects.update_or_create(
        user=user,
        defaults={"must_change_password": False, "password_changed_at": timezone.now()},
    )
    sessions.end_all(user, keep=keep)
    audit.record(user, "change_password", by=by)


def first_password() -> str:
    """Twelve characters of 31: 59 bits, so that guessing is hopeless however it is hashed."""
    return "-".join("".join(secrets.choice(ALPHABET) for _ in range(4)) for _ in range(3))


@transaction.atomic
def issue(user: User, *, by: User | None) -> str:
    """Give ``user`` a first password, returned once and kept nowhere; she must change it.

    Ends every session of hers. For a new account and for one that forgot.
    """
    password = first_password()
    user.set_password(password)
    user.save(update_fields=["password"])
    LoginState.objects.update_or_create(
        user=user,
        defaults={"must_change_password": True, "password_changed_at": timezone.now()},
    )
    sessions.end_all(user)
    audit.record(user, "issue_password", by=by)
    return password


@transaction.atomic
def issue_many(users: list[User], *, by: User) -> dict[int, str]:
    """First passwords for new accounts, by their keys; each returned once and kept nowhere.

    A slow hash guards what people think up. These are random, live until the first log-in (which
    hashes them anew) and are many: hashed slowly, a county's three hundred would take minutes.
    """
    given = {user.pk: first_password() for user in users}
    for user in users:
        user.password = quick_hash(given[user.pk])
    User.objects.bulk_update(users, ["password"], batch_size=200)
    LoginState.objects.bulk_create(
        LoginState(user=user, must_change_password=True, password_changed_at=timezone.now())
        for user in users
    )
    for user in users:
        audit.record(user, "issue_password", by=by)
    return given


def quick_hash(password: str) -> str:
    hasher = get_hasher()
    if isinstance(hasher, PBKDF2PasswordHasher):
        return hasher.encode(password, hasher.salt(), iterations=FIRST_ITERATIONS)
    return make_password(password)
