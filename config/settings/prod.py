"""Real use: PostgreSQL, Redis, HTTPS. Refuses to start on what must not be (config/refusals.py)."""

import os

from config import logs, refusals

refusals.leave(refusals.of_settings(os.environ))

from config.settings.base import *  # noqa: E402, F403 -- not before it is known to be fit

REAL_USE = True
DEMO = False
LOGGING = logs.config()
MIDDLEWARE = ["config.logs.RequestLog", *MIDDLEWARE]  # noqa: F405
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
DEVICE_COOKIE_NAME = "__Host-device"
TRUSTED_COOKIE_NAME = "__Host-trusted"
ACCOUNT_COOKIE_NAME = "__Host-account"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)  # noqa: F405
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
# The browsers' preload list is for the owner of the domain to join.
SILENCED_SYSTEM_CHECKS = [*SILENCED_SYSTEM_CHECKS, "security.W021"]  # noqa: F405
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
