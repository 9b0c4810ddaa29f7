"""Settings of worker processes in these tests: the kinds of tests/jobs/trial and short leases."""

from config.settings.test import *  # noqa: F403

INSTALLED_APPS = [*INSTALLED_APPS, "tests.jobs.trial"]  # noqa: F405
JOB_LEASE_SECONDS = env.float("JOB_LEASE_SECONDS", default=2)  # noqa: F405
JOB_MAX_ATTEMPTS = env.int("JOB_MAX_ATTEMPTS", default=3)  # noqa: F405
JOB_DISPATCH_SECONDS = 0.5
if (patience := env.int("VISIBILITY_TIMEOUT", default=0)) and REDIS_URL:  # noqa: F405
    CELERY_BROKER_TRANSPORT_OPTIONS["visibility_timeout"] = patience  # noqa: F405
