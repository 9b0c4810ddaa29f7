"""Whose pages are asked for, and which."""

from http.cookies import SimpleCookie

from django.conf import settings
from django.test import Client

from federation.models import User

#: Fifty rows, as the peer shows them.
ROWS = 50
PAGE = f"/submissions/?per_page={ROWS}"


def account(username: str) -> User:
    return User.objects.get(username=username)


def cookie(username: str) -> str:
    """A signed-in session of ``username`` as the header a browser would send."""
    client = Client()
    client.force_login(account(username))
    session: SimpleCookie = client.cookies
    return f"{settings.SESSION_COOKIE_NAME}={session[settings.SESSION_COOKIE_NAME].value}"
