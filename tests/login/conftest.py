"""A door to knock at: logging in by the page, a clock that moves, and a count of hashings."""

import datetime as dt

import pytest
import time_machine
from django.contrib.auth.hashers import MD5PasswordHasher
from django.test import Client
from django.urls import reverse

PASSWORD = "test-password"
REFUSED = "用户名或密码不对，或尝试过于频繁；请核对后稍候再试。"
MONDAY = dt.datetime(2026, 11, 23, 8, 30, tzinfo=dt.UTC)


@pytest.fixture
def clock():
    """``clock.shift(seconds)`` moves the server's time; it stands still otherwise."""
    with time_machine.travel(MONDAY, tick=False) as traveller:
        yield traveller


@pytest.fixture
def hashed(monkeypatch):
    """Every password that reached the hasher."""
    seen = []
    encode = MD5PasswordHasher.encode

    def counted(hasher, password, salt):
        seen.append(password)
        return encode(hasher, password, salt)

    monkeypatch.setattr(MD5PasswordHasher, "encode", counted)
    return seen


def knock(client, username, password=PASSWORD, *, address="10.1.1.1", **meta):
    """What the login page answers."""
    typed = {"username": username, "password": password}
    return client.post(reverse("login"), typed, REMOTE_ADDR=address, **meta)


def inside(response) -> bool:
    return response.status_code == 302


def visitor(username, **more) -> Client:
    """A browser logged in through the page."""
    client = Client(**more)
    assert inside(knock(client, username))
    return client


def is_in(client) -> bool:
    return client.get(reverse("home")).status_code == 200
