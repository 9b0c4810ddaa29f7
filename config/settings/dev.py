"""A first look on one's own machine: demo data, plain HTTP, no secrets worth the name."""

from config.settings.base import *  # noqa: F403

DEBUG = env.bool("DEBUG", default=False)  # noqa: F405
SECRET_KEY = SECRET_KEY or "dev-only-" + "x" * 50  # noqa: F405
ALLOWED_HOSTS = ["*"]
DEMO = True
