"""The services the tests run on are the ones the design asks for."""

import os
import re

import pytest
from django.conf import settings
from django.db import connection
from longest import LONGEST


@pytest.mark.django_db
def test_the_database_is_postgresql_and_compares_chinese_words():
    """With the C locale or PostgreSQL's builtin provider pg_trgm finds nothing in Chinese."""
    with connection.cursor() as cursor:
        cursor.execute("CREATE EXTENSION IF NOT EXISTS pg_trgm")
        cursor.execute("SELECT similarity('浙江省妇联', '浙江妇联')")
        assert cursor.fetchone()[0] > 0


def test_the_queue_is_a_redis():
    import redis  # noqa: PLC0415

    client = redis.Redis.from_url(os.environ["REDIS_URL"])
    assert client.ping()
    client.close()


@pytest.mark.django_db(transaction=True)
def test_a_celery_worker_comes_up_on_the_test_database(celery_worker_process):
    with celery_worker_process(connection.settings_dict["NAME"]) as worker:
        assert re.search(r"ready\.$", worker.lines[-1])
        assert worker.poll() is None


@pytest.mark.browser
def test_the_browser_renders_chinese(page_for):
    page = page_for("phone")
    page.set_content("<p>妇联工作台</p>")
    assert page.inner_text("p") == "妇联工作台"
    assert page.evaluate("innerWidth") == 390


@pytest.mark.browser
def test_the_browser_has_a_font_for_chinese_characters(page_for):
    """Without one every character is the same box, as high and wide as any other."""
    page = page_for()
    draw = """text => {
        const canvas = document.createElement("canvas");
        const pen = canvas.getContext("2d");
        pen.font = "40px sans-serif";
        pen.fillText(text, 0, 60);
        return canvas.toDataURL();
    }"""
    assert page.evaluate(draw, "妇") != page.evaluate(draw, "联")


def test_every_file_that_is_handed_out_first_is_there():
    assert [name for name in LONGEST if not (settings.BASE_DIR / name).is_file()] == []
