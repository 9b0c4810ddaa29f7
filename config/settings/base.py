"""Settings shared by every way of running. What differs by place comes from the environment.

``DATABASE_URL`` and ``REDIS_URL`` choose PostgreSQL and Redis; without them the portal runs on
SQLite with a filesystem queue below ``FULIAN_VAR`` (a first look, one machine, one web process).
"""

from pathlib import Path

import environ
from csp.constants import NONE, SELF

BASE_DIR = Path(__file__).resolve().parent.parent.parent
env = environ.Env()

VAR_DIR = Path(env("FULIAN_VAR", default=str(BASE_DIR / "var")))
VAR_DIR.mkdir(parents=True, exist_ok=True)

DEBUG = False
REAL_USE = False  # config.settings.prod
SECRET_KEY = env("SECRET_KEY", default="")
ALLOWED_HOSTS = env.list("ALLOWED_HOSTS", default=[])

INSTALLED_APPS = [
    "django.contrib.auth",
    "django.contrib.contenttypes",
    "django.contrib.sessions",
    "django.contrib.messages",
    "django.contrib.staticfiles",
    "django.contrib.humanize",
    "django.forms",
    "guardian",
    "treebeard",
    "django_htmx",
    "django_filters",
    "django_tables2",
    "import_export",
    "csp",
    "django_otp",
    "django_otp.plugins.otp_totp",
    "federation",
    "notices",
    "reporting",
    "registry",
    "pairing",
    "administration",
]

MIDDLEWARE = [
    "django.middleware.security.SecurityMiddleware",
    "whitenoise.middleware.WhiteNoiseMiddleware",
    "csp.middleware.CSPMiddleware",
    "federation.middleware.NoStoreMiddleware",
    "django.contrib.sessions.middleware.SessionMiddleware",
    "django.middleware.common.CommonMiddleware",
    "django.middleware.csrf.CsrfViewMiddleware",
    "django.contrib.auth.middleware.AuthenticationMiddleware",
    "federation.middleware.SessionLimitsMiddleware",
    "federation.middleware.SignInMiddleware",
    "django.contrib.messages.middleware.MessageMiddleware",
    "django.middleware.clickjacking.XFrameOptionsMiddleware",
    "django_htmx.middleware.HtmxMiddleware",
    "federation.middleware.PlainTextMiddleware",
    "federation.middleware.ActingMiddleware",
    "federation.row_security.RowSecurityMiddleware",
    "federation.middleware.PolicyMiddleware",
]

ROOT_URLCONF = "config.urls"
WSGI_APPLICATION = "config.wsgi.application"
FORM_RENDERER = "django.forms.renderers.TemplatesSetting"

TEMPLATES = [
    {
        "BACKEND": "django.template.backends.django.DjangoTemplates",
        "DIRS": [BASE_DIR / "templates"],
        "APP_DIRS": True,
        "OPTIONS": {
            "context_processors": [
                "django.template.context_processors.request",
                "django.contrib.auth.context_processors.auth",
                "django.contrib.messages.context_processors.messages",
                "federation.frame.frame",
            ],
            "builtins": ["federation.templatetags.portal"],
        },
    }
]

# -- Database -------------------------------------------------------------------------------------
# Persistent connections double the pages per second; IMMEDIATE makes SQLite writers queue up
# instead of failing with "database is locked".
DATABASES = {"default": env.db("DATABASE_URL", default=f"sqlite:///{VAR_DIR / 'portal.sqlite3'}")}
if DATABASES["default"]["ENGINE"] == "django.db.backends.sqlite3":
    DATABASES["default"]["OPTIONS"] = {
        "transaction_mode": "IMMEDIATE",
        "timeout": 20,
        "init_command": "PRAGMA journal_mode=WAL;PRAGMA synchronous=NORMAL;",
    }
else:
    DATABASES["default"]["CONN_MAX_AGE"] = 60
    DATABASES["default"]["CONN_HEALTH_CHECKS"] = True
# Row-level security (docs/decisions/0010): on only after `manage.py row_security apply`. The role is
# what a request's transaction becomes; none where DATABASE_URL itself names a role without rights.
ROW_SECURITY = env.bool("ROW_SECURITY", default=False)
ROW_SECURITY_ROLE = env("ROW_SECURITY_ROLE", default="")
DEFAULT_AUTO_FIELD = "django.db.models.BigAutoField"

# -- Accounts -------------------------------------------------------------------------------------
AUTH_USER_MODEL = "federation.User"
# Grants are asked through federation.scope alone; guardian's backend answers no has_perm() here.
AUTHENTICATION_BACKENDS = ["django.contrib.auth.backends.ModelBackend"]
SILENCED_SYSTEM_CHECKS = ["guardian.W001"]
ANONYMOUS_USER_NAME = None
GUARDIAN_MONKEY_PATCH_USER = GUARDIAN_MONKEY_PATCH_GROUP = False
LOGIN_URL = "login"
LOGIN_REDIRECT_URL = "home"
LOGOUT_REDIRECT_URL = "login"
# 等保 level: at 3 passwords have 10 characters of three kinds and are changed every 90 days.
DJBH_LEVEL = env.int("DJBH_LEVEL", default=2)
PASSWORD_MAX_DAYS = env.int("PASSWORD_MAX_DAYS", default=90 if DJBH_LEVEL >= 3 else 0)  # 0: never
AUTH_PASSWORD_VALIDATORS = [
    {"NAME": "federation.passwords.Strength"},
    {
        "NAME": "django.contrib.auth.password_validation.UserAttributeSimilarityValidator",
        "OPTIONS": {"user_attributes": ("username", "display_name", "phone", "email")},
    },
    {"NAME": "django.contrib.auth.password_validation.CommonPasswordValidator"},
    {"NAME": "federation.passwords.Refused"},
]
# Passwords tried in any 60 seconds; beyond it the answer is the same and nothing is hashed.
LOGIN_PER_MINUTE = {"account": 6, "address": 30, "all": 300}
# 动态口令. Who must have it: city (市级以上), administrators, export, reveal; others may.
SECOND_FACTOR_REQUIRED_FOR = env.list(
    "SECOND_FACTOR_REQUIRED_FOR",
    default=["city", "administrators", "export", "reveal"] if DJBH_LEVEL >= 3 else [],
)
# Phones' secrets are derived from it; empty means SECRET_KEY. Changed, all set theirs up anew.
SECOND_FACTOR_KEY = env("SECOND_FACTOR_KEY", default="")
# Days for which one's own computer is not asked for the code; 0 asks each time.
SECOND_FACTOR_REMEMBER_DAYS = env.int("SECOND_FACTOR_REMEMBER_DAYS", default=0)
TRUSTED_COOKIE_NAME = "trusted"
OTP_TOTP_ISSUER = "妇联工作台"
OTP_TOTP_SYNC = False  # a phone is at most half a minute out, today and always
# Networks whose X-Forwarded-For is believed ("unix": whoever holds the socket file).
TRUSTED_PROXIES = env.list("TRUSTED_PROXIES", default=[])
# Where the seals of the audit trail are kept off the database: best on a disk of another machine.
AUDIT_ANCHOR_FILE = env("AUDIT_ANCHOR_FILE", default="")
# Whose archives were erased (registry/tombstones.py), for a restore to erase again: not among the backups.
ERASURE_LOG_FILE = env("ERASURE_LOG_FILE", default=str(VAR_DIR / "erased.txt"))
DEVICE_COOKIE_NAME = "device"
ACCOUNT_COOKIE_NAME = "account"  # read by the pages' scripts; names nobody
# The keys of sealed values, outside database and backups: `manage.py make_keys` (docs/deployment.md).
FIELD_KEYS_FILE = env("FIELD_KEYS_FILE", default=str(VAR_DIR / "keys.json"))
# Acts before which a person shows again who she is, and how long that holds. Empty: none.
CONFIRM_AGAIN_FOR = env.list(
    "CONFIRM_AGAIN_FOR", default=["approve", "grant", "export", "publish", "reveal"]
)
# Seconds each further miss takes who asked for more than 60 addresses in vain in ten minutes.
MISS_DELAY = env.float("MISS_DELAY", default=1.0)
CONFIRM_MINUTES = env.int("CONFIRM_MINUTES", default=10)
SESSION_IDLE_MINUTES = env.int("SESSION_IDLE_MINUTES", default=30)
SESSION_HOURS = 12
SESSION_COOKIE_AGE = SESSION_HOURS * 3600

# -- Language and time ----------------------------------------------------------------------------
LANGUAGE_CODE = "zh-hans"
TIME_ZONE = "Asia/Shanghai"
USE_TZ = True
USE_I18N = True
USE_THOUSAND_SEPARATOR = False
FORMAT_MODULE_PATH = ["config.formats"]
LOCALE_PATHS = [BASE_DIR / "locale"]

# -- Files ----------------------------------------------------------------------------------------
STATIC_URL = "/static/"
STATIC_ROOT = VAR_DIR / "static"
STATICFILES_DIRS = [BASE_DIR / "static"]
STATICFILES_FINDERS = [
    "django.contrib.staticfiles.finders.FileSystemFinder",
    "django.contrib.staticfiles.finders.AppDirectoriesFinder",
    "config.assets.NodeAssetsFinder",
]
STORAGES = {
    "default": {"BACKEND": "django.core.files.storage.FileSystemStorage"},
    "staticfiles": {"BACKEND": "whitenoise.storage.CompressedManifestStaticFilesStorage"},
}
# No MEDIA_URL: made and uploaded files are served by scope-checking views alone.
MEDIA_ROOT = Path(env("MEDIA_ROOT", default=str(VAR_DIR / "media")))
DATA_UPLOAD_MAX_MEMORY_SIZE = 10 * 1024 * 1024
DATA_UPLOAD_MAX_NUMBER_FIELDS = 5000
# Returns by mail (reporting/intake): files and MB of one batch, files one person may send in an hour.
INCOMING_FILES = env.int("INCOMING_FILES", default=500)
INCOMING_MEGABYTES = env.int("INCOMING_MEGABYTES", default=300)
INCOMING_AN_HOUR = env.int("INCOMING_AN_HOUR", default=2000)
DATA_UPLOAD_MAX_NUMBER_FILES = INCOMING_FILES
# What one incoming file may hold, where an annex should take other than it says itself (20,000 rows
# and 10 MB; ledgers 200,000 and 40 MB): {"pairing-summary": {"rows": 5000, "bytes": 5 << 20}}.
ANNEX_CAPS = env.json("ANNEX_CAPS", default={})
# Rows of one register of persons (台账导入); a longer file is refused whole.
REGISTER_ROWS = env.int("REGISTER_ROWS", default=200_000)

# 回访抽查 (pairing/callbacks): percent of a month's logged contacts asked about by phone, 3 to 5.
PAIRING_CALLBACK_PERCENT = env.float("PAIRING_CALLBACK_PERCENT", default=5.0)

# -- Browser --------------------------------------------------------------------------------------
CONTENT_SECURITY_POLICY = {
    "DIRECTIVES": {
        "default-src": [NONE],
        "script-src": [SELF],
        "style-src": [SELF],
        "style-src-attr": ["'unsafe-inline'"],
        "img-src": [SELF, "data:", "blob:"],
        "font-src": [SELF],
        "connect-src": [SELF],
        "manifest-src": [SELF],
        "worker-src": [SELF],
        "form-action": [SELF],
        "frame-ancestors": [NONE],
        "base-uri": [NONE],
        "object-src": [NONE],
    }
}
X_FRAME_OPTIONS = "DENY"
SECURE_REFERRER_POLICY = "same-origin"
SECURE_CONTENT_TYPE_NOSNIFF = True
SESSION_COOKIE_HTTPONLY = True
SESSION_COOKIE_SAMESITE = "Lax"
CSRF_COOKIE_SAMESITE = "Lax"
CSRF_FAILURE_VIEW = "federation.views.errors.csrf_failure"
MESSAGE_STORAGE = "django.contrib.messages.storage.session.SessionStorage"

# -- Jobs -----------------------------------------------------------------------------------------
# The job row is the truth; the broker only wakes a worker sooner (docs/decisions/0003-jobs.md).
REDIS_URL = env("REDIS_URL", default="")
CELERY_TASK_IGNORE_RESULT = True
CELERY_ACCEPT_CONTENT = ["json"]
CELERY_TASK_SERIALIZER = "json"
CELERY_WORKER_PREFETCH_MULTIPLIER = 1
CELERY_BROKER_CONNECTION_MAX_RETRIES = None
CELERY_BROKER_CONNECTION_RETRY_ON_STARTUP = True
CELERY_WORKER_HIJACK_ROOT_LOGGER = False
# Whoever can write to the broker could otherwise shut every worker down.
CELERY_WORKER_ENABLE_REMOTE_CONTROL = False
CELERY_TIMEZONE = TIME_ZONE
if REDIS_URL:
    CELERY_BROKER_URL = REDIS_URL
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "socket_timeout": 5,
        "socket_connect_timeout": 2,
        "health_check_interval": 25,
    }
else:
    BROKER_DIR = VAR_DIR / "broker"
    for _name in ("queue", "control"):
        (BROKER_DIR / _name).mkdir(parents=True, exist_ok=True)
    CELERY_BROKER_URL = "filesystem://"
    CELERY_BROKER_TRANSPORT_OPTIONS = {
        "data_folder_in": str(BROKER_DIR / "queue"),
        "data_folder_out": str(BROKER_DIR / "queue"),
        "control_folder": str(BROKER_DIR / "control"),
        "polling_interval": 0.1,
    }
JOB_LEASE_SECONDS = 30
JOB_MAX_ATTEMPTS = 3
JOB_KEEP_HOURS = 24
# Periodic work of federation.housekeeping beside the dispatcher of jobs, in every worker.
HOUSEKEEPING = True

# -- Mail and bots --------------------------------------------------------------------------------
# Where people open the portal (https://…), for the links in mails; empty: mails carry none.
PORTAL_URL = env("PORTAL_URL", default="")
# Reminders by mail go through this server; none named, none are sent.
EMAIL_HOST = env("EMAIL_HOST", default="")
EMAIL_PORT = env.int("EMAIL_PORT", default=465)
EMAIL_HOST_USER = env("EMAIL_HOST_USER", default="")
EMAIL_HOST_PASSWORD = env("EMAIL_HOST_PASSWORD", default="")
EMAIL_USE_SSL = env.bool("EMAIL_USE_SSL", default=EMAIL_PORT == 465)
EMAIL_USE_TLS = env.bool("EMAIL_USE_TLS", default=EMAIL_PORT == 587)
EMAIL_TIMEOUT = 10
DEFAULT_FROM_EMAIL = env("DEFAULT_FROM_EMAIL", default=EMAIL_HOST_USER or "fulian@localhost")
# Hosts (host or host:port) of the own network that a unit's bot may live at; http is allowed there.
WEBHOOK_ALLOWED_HOSTS = env.list("WEBHOOK_ALLOWED_HOSTS", default=[])

DJANGO_TABLES2_TEMPLATE = "kinds/_table.html"

LOGGING = {
    "version": 1,
    "disable_existing_loggers": False,
    "formatters": {"plain": {"format": "{asctime} {levelname} {name} {message}", "style": "{"}},
    "handlers": {"console": {"class": "logging.StreamHandler", "formatter": "plain"}},
    "root": {"handlers": ["console"], "level": "WARNING"},
    "loggers": {
        "fulian": {"level": "INFO"},
        # A refused page is an everyday answer here, not an incident.
        "django.request": {"level": "ERROR"},
    },
}
