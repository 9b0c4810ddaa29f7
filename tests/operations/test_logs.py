"""Logs of real use: a JSON object a line, and nothing of anybody in it."""

import json
import logging
import logging.config
import os
import subprocess
import sys

import pytest
import structlog
from django.conf import settings
from django.test import RequestFactory

from config import logs
from tests.key_files import key_file

PRIVATE = "350102200001010011"
PHONE = "16900000001"
SCRIPT = f"""
import django; django.setup()
import logging
from django.test import Client
from celery.utils.log import get_task_logger
client = Client(raise_request_exception=False, headers={{"x-forwarded-proto": "https"}})
client.get("/healthz?q={PRIVATE}&name=%E6%9E%97", HTTP_HOST="portal.example")
client.get("/nowhere/{PRIVATE}/", HTTP_HOST="portal.example")
try:
    secret = "{PRIVATE}"
    raise ValueError("Key (idno)=({PRIVATE}) already exists")
except ValueError:
    logging.getLogger("django.request").exception("Internal Server Error: %s", "/x/")
    logging.getLogger("anything.else").error("phone {PHONE} of %s", {{"id": "{PRIVATE}"}})
"""


def in_real_use(*command, **more) -> subprocess.CompletedProcess:
    env = {
        **os.environ,
        "DJANGO_SETTINGS_MODULE": "config.settings.prod",
        "SECRET_KEY": "k" * 25 + "0123456789abcdefghijklmnopqrstuvwxyz-_",
        "ALLOWED_HOSTS": "portal.example",
        "FIELD_KEYS_FILE": key_file(),
        **more,
    }
    env.pop("DJANGO_ALLOW_ASYNC_UNSAFE", None)
    env = {name: value for name, value in env.items() if value is not None}
    return subprocess.run(
        [sys.executable, *command],
        cwd=settings.BASE_DIR,
        env=env,
        capture_output=True,
        text=True,
        check=False,
    )


def test_every_line_is_an_object_without_anything_of_anybody():
    done = in_real_use("-c", SCRIPT)

    assert done.returncode == 0, done.stderr
    lines = [json.loads(line) for line in done.stderr.splitlines()]
    told = {line["event"].split(":")[0]: line for line in lines}
    first = next(line for line in lines if line.get("path") == "/healthz")
    assert (first["status"], first["query"], first["user"], first["method"]) == (
        200, ["name", "q"], None, "GET",
    )  # fmt: skip
    assert len(first["request"]) == 16
    assert first["ms"] >= 0
    assert any(line.get("path") == "/nowhere/***/" for line in lines)
    accident = told["Internal Server Error"]["exception"][0]
    assert accident["type"] == "ValueError"
    assert accident["places"]
    for hidden in (PRIVATE, PHONE, "already exists", "secret ="):
        assert hidden not in done.stderr
    assert "林" not in done.stderr


@pytest.mark.parametrize(
    ("written", "told"),
    [
        ("证件35010220000101001X，", "证件***，"),
        ("id_350102200001010011.xlsx", "id_***.xlsx"),
        ("350102 20000101 0011", "***"),
        ("３５０１０２２００００１０１００１１", "***"),
        ("350102000101001", "***"),
        ("350102991301001", "350102991301001"),
        ("电话169-0000-0001", "电话***"),
        ("+86 16900000001", "***"),
        ("座机0595-22276000转", "座机***转"),
        (350102200001010011, "***"),
        ("/persons/01381234-5678-4901-8123-169000000012/", None),
        ("8f2a169000000012 ok", None),
        ("2026-11-23T00:45:06.123456Z", None),
    ],
)
def test_numbers_are_masked_however_they_are_written_and_our_ids_stay(written, told):
    assert logs.mask({"x": [written]}) == {"x": [written if told is None else told]}


def test_the_person_is_a_number_and_the_unit_only_where_it_was_asked(people, client, caplog):
    """RequestLog around a page: who, for which unit."""
    client.force_login(people.county)
    settings_with_log = ["config.logs.RequestLog", *settings.MIDDLEWARE]
    from django.test import override_settings  # noqa: PLC0415

    caplog.set_level(logging.INFO, "fulian.access")
    with override_settings(MIDDLEWARE=settings_with_log):
        answer = client.get("/submissions/?q=林演甲子")

    line = next(record for record in caplog.records if record.name == "fulian.access")
    assert (line.user, line.unit) == (people.county.pk, people.county.appointments.get().unit_id)
    assert line.path == "/submissions/"
    assert line.query == ["q"]
    assert answer["X-Request-ID"]


def test_what_is_logged_in_a_request_carries_its_number(capsys):
    formatter = structlog.stdlib.ProcessorFormatter(
        **{k: v for k, v in logs.config()["formatters"]["json"].items() if k != "()"}
    )
    told = []

    def page(request):
        record = logging.LogRecord("fulian.jobs", 20, __file__, 1, "asked", None, None)
        told.append(json.loads(formatter.format(record)))
        from django.http import HttpResponse  # noqa: PLC0415

        return HttpResponse()

    answer = logs.RequestLog(page)(RequestFactory().get("/"))

    assert told[0]["request"] == answer["X-Request-ID"]
    assert told[0]["logger"] == "fulian.jobs"


@pytest.mark.parametrize(
    ("given", "kept"),
    [
        (f"身份证{PRIVATE}。", "身份证***。"),
        (f"{PRIVATE[:-1]}X", "***"),
        (f"tel:{PHONE},", "tel:***,"),
        (int(PHONE), "***"),
        ({"a": [PRIVATE, 7, None, True]}, {"a": ["***", 7, None, True]}),
        ("2014-05-20 350500000000", "2014-05-20 350500000000"),
        ("f" * 14 + PRIVATE, "f" * 14 + PRIVATE),  # a hash is not a number
    ],
)
def test_the_last_net_masks_numbers_of_people_and_leaves_the_rest(given, kept):
    assert logs.mask(given) == kept


def test_local_variables_and_texts_of_an_exception_stay_out():
    try:
        private = PRIVATE
        raise RuntimeError(private)
    except RuntimeError as error:
        told = logs.exception_by_place(None, "error", {"event": "x", "exc_info": (0, error, 0)})

    assert PRIVATE not in json.dumps(told, default=str)
    assert told["exception"][0]["type"] == "RuntimeError"
