"""Real use: PostgreSQL, Redis, HTTPS. Refuses to start without a secret or a database."""

from django.core.exceptions import ImproperlyConfigured

from config.settings.base import *  # noqa: F403

for _name in ("SECRET_KEY", "DATABASE_URL", "REDIS_URL", "ALLOWED_HOSTS"):
    if not env(_name, default=""):  # noqa: F405
        raise ImproperlyConfigured(f"Set {_name}: the portal does not run for real use without it.")

DEMO = False
SESSION_COOKIE_SECURE = CSRF_COOKIE_SECURE = True
SESSION_COOKIE_NAME = "__Host-sessionid"
CSRF_COOKIE_NAME = "__Host-csrftoken"
DEVICE_COOKIE_NAME = "__Host-device"
ACCOUNT_COOKIE_NAME = "__Host-account"
SECURE_SSL_REDIRECT = env.bool("SECURE_SSL_REDIRECT", default=True)  # noqa: F405
SECURE_HSTS_SECONDS = 31_536_000
SECURE_HSTS_INCLUDE_SUBDOMAINS = True
# The browsers' preload list is for the owner of the domain to join.
SILENCED_SYSTEM_CHECKS = [*SILENCED_SYSTEM_CHECKS, "security.W021"]  # noqa: F405
SECURE_PROXY_SSL_HEADER = ("HTTP_X_FORWARDED_PROTO", "https")
