"""Tests: real services, fast password hashing, plain static files."""

from config.settings.base import *  # noqa: F403

SECRET_KEY = "test-only-" + "x" * 50
ALLOWED_HOSTS = ["*"]
DEMO = False
TESTING = True
HOUSEKEEPING = False
PASSWORD_HASHERS = ["django.contrib.auth.hashers.MD5PasswordHasher"]
STORAGES = {
    **STORAGES,  # noqa: F405
    "staticfiles": {"BACKEND": "django.contrib.staticfiles.storage.StaticFilesStorage"},
}
WHITENOISE_USE_FINDERS = True
WHITENOISE_AUTOREFRESH = False
# whitenoise warns of a folder that is not there, and warnings are errors.
STATIC_ROOT.mkdir(parents=True, exist_ok=True)  # noqa: F405
MISS_DELAY = 0  # tests of guessing set it
