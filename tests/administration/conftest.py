"""What the tests of administration need by name."""

import datetime as dt
from types import SimpleNamespace

import pytest

from federation.models import Post

TODAY = dt.date(2014, 6, 1)


@pytest.fixture
def posts(org):
    """The 岗位 by code: ``posts.officer``."""
    return SimpleNamespace(**{post.code: post for post in Post.objects.all()})
