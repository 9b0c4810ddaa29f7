"""T9: guessed ids find nothing, take as long for what exists elsewhere, and are noticed."""

import random
import statistics
import time
import uuid

import pytest
from battery import FULL, count, report
from django.urls import reverse

from federation import misses
from federation.models import AuditEvent, LoginCounter

pytestmark = [pytest.mark.django_db, pytest.mark.battery("T9")]
ROUTES = {
    "submission": ("reporting:submission", "reporting:print", "reporting:form_fill"),
    "row": (),
    "unit": ("unit",),
    "job": ("reporting:job", "reporting:job_download", "reporting:job_progress"),
}


def elsewhere(stage) -> list[tuple[str, str]]:
    """(route, uuid) of records that exist and are not the county clerk's."""
    found = []
    for kind, routes in ROUTES.items():
        for thing in stage.things(kind):
            mine = (thing["unit"] or "").startswith("A1") if kind != "job" else False
            if not mine and thing["owner"] != stage.users["county_clerk"].username:
                found += [(route, thing["uuid"]) for route in routes]
    return found


def test_every_guess_is_404_and_takes_as_long_for_what_exists(stage, settings):
    settings.MISS_DELAY = 0
    dice, client, hidden = random.Random(9), stage.reader("county_clerk"), elsewhere(stage)  # noqa: S311
    took: dict[str, list[float]] = {"elsewhere": [], "nowhere": []}
    answers, guesses = set(), count(40, full=10_000)
    for number in range(guesses):
        route, known = dice.choice(hidden)
        kind = ("elsewhere", "nowhere")[number % 2]
        guessed = (
            known if kind == "elsewhere" else str(uuid.UUID(int=dice.getrandbits(128), version=4))
        )
        path = reverse(route, args=[guessed])
        began = time.perf_counter()
        answers.add(client.get(path).status_code)
        took[kind].append(time.perf_counter() - began)

    assert answers == {404}
    medians = {kind: statistics.median(times) * 1000 for kind, times in took.items()}
    apart = abs(medians["elsewhere"] / medians["nowhere"] - 1)
    if FULL:
        assert apart < 0.10
    report(
        "T9",
        f"{guesses:,} guesses: only 404; medians {medians['elsewhere']:.1f} and"
        f" {medians['nowhere']:.1f} ms, {apart:.0%} apart",
    )


def test_numbers_and_other_spellings_of_ids_find_nothing(stage):
    client, tried = stage.client("county_clerk"), 0
    for base in ("/submissions/", "/jobs/", "/units/", "/rows/", "/collections/"):
        for text in ("1", "2", "0", "-1", "1.5", "%00", "a" * 36, "0" * 32, "①", "../1"):
            assert client.get(f"{base}{text}/").status_code == 404
            tried += 1
    report("T9", f"{tried} other spellings: only 404")


def test_after_sixty_misses_each_takes_longer_and_the_auditor_is_told_once(stage, settings):
    settings.MISS_DELAY = 0.05
    client, user = stage.client("county_clerk"), stage.users["county_clerk"]
    told = AuditEvent.objects.filter(actor=user, verb="many_misses")
    slept = []
    for _ in range(misses.ALLOWED):
        assert client.get(f"/units/{uuid.uuid4()}/").status_code == 404
    assert not told.exists()

    for _ in range(5):
        began = time.perf_counter()
        assert client.get(f"/units/{uuid.uuid4()}/").status_code == 404
        slept.append(time.perf_counter() - began)

    assert min(slept) >= 0.05
    assert told.count() == 1
    assert told.get().detail == {"count": 61, "minutes": 10}
    assert client.get("/units/").status_code == 200
    report("T9", f"{misses.ALLOWED} misses free, then each slower; 1 line for the auditor")


def test_misses_of_ten_minutes_ago_are_forgotten(stage, settings, time_machine):
    settings.MISS_DELAY = 0
    client, user = stage.client("county_clerk"), stage.users["county_clerk"]
    for _ in range(misses.ALLOWED):
        client.get(f"/units/{uuid.uuid4()}/")
    (counter,) = [c for c in LoginCounter.objects.all() if len(c.recent) == misses.ALLOWED]
    LoginCounter.objects.filter(pk=counter.pk).update(recent=[m - 601 for m in counter.recent])

    client.get(f"/units/{uuid.uuid4()}/")

    assert not AuditEvent.objects.filter(actor=user, verb="many_misses").exists()


def test_no_more_than_two_requests_are_kept_waiting(stage, settings):
    settings.MISS_DELAY = 0
    client = stage.client("county_clerk")
    for _ in range(misses.ALLOWED):
        client.get(f"/units/{uuid.uuid4()}/")
    held = [misses._waiting.acquire(blocking=False) for _ in range(misses.AT_ONCE)]
    try:
        answer = client.get(f"/units/{uuid.uuid4()}/")
    finally:
        for _ in held:
            misses._waiting.release()

    assert held == [True, True]
    assert (answer.status_code, answer["Retry-After"]) == (429, "10")
    assert client.get(f"/units/{uuid.uuid4()}/").status_code == 404
