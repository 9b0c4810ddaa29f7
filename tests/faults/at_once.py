"""Several people at one moment, on whatever database there is (:mod:`tests.faults.on_sqlite`)."""

import threading
import uuid
from collections.abc import Callable, Iterable
from functools import partial

from django.core.exceptions import PermissionDenied, ValidationError
from django.db import connection
from django.test import Client
from world import of, take

from reporting import workflow
from reporting.models import Job

FORM = "pairing-intent"


def together(acts: Iterable[Callable]) -> list:
    """What each act returned or raised, all begun at one moment on connections of their own."""
    acts = list(acts)
    barrier, outcomes = threading.Barrier(len(acts)), [None] * len(acts)

    def run(place: int, act: Callable) -> None:
        connection.ensure_connection()
        barrier.wait()
        try:
            outcomes[place] = act()
        except Exception as error:
            outcomes[place] = error
        finally:
            connection.close()

    threads = [threading.Thread(target=run, args=pair) for pair in enumerate(acts)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    return outcomes


def cookie_of(person) -> str:
    client = Client()
    client.force_login(person)
    return client.cookies["sessionid"].value


def browser(cookie: str) -> Client:
    client = Client(raise_request_exception=False)
    client.cookies["sessionid"] = cookie
    return client


# -- T14 ------------------------------------------------------------------------------------------
def edit_together(unit, people, *, editors: int, rounds: int) -> dict[str, int]:
    """Each editor adds her mark to one field until it is taken; counts of marks, lost and 409.

    A mark is lost when its save was answered as done and it is gone at the end of the round.
    """
    cookies = [cookie_of(person) for person in people]
    url = f"/submissions/{of(unit).uuid}/autosave/"
    found = {"saves": 0, "conflicts": 0, "lost": 0, "other": 0}
    for turn in range(rounds):
        form = of(unit)
        start = body(form.version, project_goal=f"第{turn}轮：")
        browser(cookies[0]).post(url, start)

        def add(mark: str, cookie: str) -> tuple[int, int]:
            client, conflicts = browser(cookie), 0
            while True:
                seen = of(unit)
                text = seen.only_row.values["project_goal"]
                answer = client.post(url, body(seen.version, project_goal=f"{text}{mark}"))
                if answer.status_code != 409:
                    return answer.status_code, conflicts
                conflicts += 1

        marks = [f"〔{number:02d}〕" for number in range(editors)]
        seats = cookies * editors
        answers = together(partial(add, *pair) for pair in zip(marks, seats, strict=False))
        kept = of(unit).only_row.values["project_goal"]
        for mark, answer in zip(marks, answers, strict=True):
            done = isinstance(answer, tuple) and answer[0] == 200
            found["saves"] += done
            found["other"] += not done
            found["conflicts"] += answer[1] if done else 0
            found["lost"] += done and mark not in kept
    return found


def body(version: int, **values) -> dict:
    return {"version": version, "idempotency_key": str(uuid.uuid4()), **values}


# -- T15 ------------------------------------------------------------------------------------------
def click_together(unit, person, *, clicks: int, rounds: int) -> dict[str, int]:
    """One export asked for by many identical requests; counts of rows, answers and replays."""
    cookie = cookie_of(person)
    found = {"jobs": 0, "replays": 0, "places": 0, "other": 0}
    for _ in range(rounds):
        asked = {"annex": FORM, "period": "2014", "unit": str(unit.uuid)}
        asked["idempotency_key"] = str(uuid.uuid4())
        Job.objects.filter(state="queued").update(state="failed")  # or an open one is given again
        before = Job.objects.count()
        answers = together([lambda sent=asked: browser(cookie).post("/exports/", sent)] * clicks)
        fine = [a for a in answers if getattr(a, "status_code", 0) == 302]
        found["jobs"] += Job.objects.count() - before
        found["replays"] += sum("Idempotent-Replay" in a for a in fine)
        found["places"] += len({a["Location"] for a in fine})
        found["other"] += len(answers) - len(fine)
    return found


def click(cookie: str, sent: dict):
    return browser(cookie).post("/exports/", sent)


# -- T16 ------------------------------------------------------------------------------------------
def judge_together(unit, filler, reviewers, *, rounds: int) -> dict[str, int]:
    """Two reviewers judge one submitted form at one moment: one approves, the other returns it."""
    found = {"approve": 0, "return": 0, "both": 0, "neither": 0, "loser_told": 0}
    for turn in range(rounds):
        take("submit", unit, filler)
        form = of(unit)
        first, second = reviewers if turn % 2 else reversed(reviewers)
        acts = {"approve": first, "return": second}
        seen = {"submission": form, "version": form.version, "reason": "请核对"}
        outcomes = together(
            partial(workflow.perform, step, actor=by, **seen) for step, by in acts.items()
        )
        lost = (workflow.Stale, ValidationError, PermissionDenied)
        won = [
            step for step, out in zip(acts, outcomes, strict=True) if not isinstance(out, Exception)
        ]
        found["loser_told"] += sum(isinstance(out, lost) for out in outcomes)
        found[won[0] if len(won) == 1 else "both" if won else "neither"] += 1
        if of(unit).state == "approved":
            take("return", unit, reviewers[0], reason="下一轮")
    return found
