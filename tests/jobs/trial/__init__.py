"""An app with kinds of job that exist for the tests: workers of tests/jobs/settings.py load it."""
