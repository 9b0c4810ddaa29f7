"""A phone without signal: logs written under every misfortune arrive once each, and what it keeps is sealed."""

import json
import random
import uuid
from collections import Counter
from pathlib import Path

import pytest
from battery import count, report
from django.utils import timezone
from playwright.sync_api import Error, expect

from federation import sessions
from federation.models import LiveSession
from pairing.models import Liaison, Pairing, Term
from registry.models import Person
from tests.faults.at_once import browser, cookie_of, together
from tests.pairing.of_phone import keeps_itself, opened, portal, rows, signed_in, waiting, write

pytestmark = [
    pytest.mark.browser,
    pytest.mark.battery("T23"),
    pytest.mark.django_db(transaction=True),
]
PASSWORD = "test-password"
SIZE = {
    "viewport": {"width": 390, "height": 844},
    "locale": "zh-CN",
    "timezone_id": "Asia/Shanghai",
}


@pytest.fixture
def five(pairs, people, archives):
    """Five pairs that the volunteer carries."""
    for person in (archives.woman, archives.teen, archives.child2):
        one = Pairing(
            kind=pairs.elderly.kind, state="active", unit=pairs.elderly.unit, helper=pairs.volunteer,
            recipient_unit=pairs.elderly.recipient_unit, person=person, recipient_is="person",
        )  # fmt: skip
        one.save()
        since = Term.objects.unscoped(reason="a test sets the stage").first().starts_on
        Term(pairing=one, starts_on=since).save()
        Liaison(pairing=one, user=people.volunteer, since=since).save()
    return people.volunteer


def logs_in(page, url: str) -> None:
    page.goto(f"{url}/login/?next=/m/")
    page.get_by_label("账号").fill("volunteer")
    page.get_by_label("密码").fill(PASSWORD)
    page.get_by_role("button", name="登录").click()
    expect(page.locator("html[data-ready]")).to_have_count(1, timeout=60_000)


def sends_all(page) -> None:
    """Press 立即上传 until nothing waits."""
    for _ in range(60):
        if waiting(page) == 0:
            return
        if page.locator("#queue").is_hidden():
            page.locator("#waiting").click()
        if page.locator("#send").is_visible():
            page.locator("#send").click()
        page.wait_for_timeout(500)
    raise AssertionError(page.locator("body").inner_text())


def test_logs_written_under_every_misfortune_arrive_once_each(chromium, five):
    wanted, done = count(14, full=200), Counter()
    luck = random.Random(2026)  # noqa: S311 -- mishaps, the same each time
    with portal() as (server, wire):
        context = chromium.new_context(**SIZE)
        context.set_default_timeout(60_000)
        signed_in(context, five, wire.url)
        tabs = [opened(context.new_page(), wire.url) for _ in range(2)]
        keeps_itself(tabs[0])
        misfortunes = misfortunes_of(server, wire, context)
        mishaps = iter(luck.sample(range(wanted), k=max(6, wanted // 8)))
        at = {next(mishaps): name for name in ("restarts", "expires") * count(1, full=3)}
        for number in range(wanted):
            # A third without signal, a third with, and on the way back and forth what may go wrong.
            context.set_offline(number % 12 < 5)
            if luck.random() < 0.25:
                wire.loses += 1
            if name := at.get(number):
                misfortunes[name](five)
                done[name] += 1
            place = luck.randrange(2)
            write(tabs[place], luck.randrange(5), f"第{number}条")
            if luck.random() < 0.2:
                tabs[place] = killed(tabs[place], context, wire.url, luck)
                done["pages killed"] += 1
        context.set_offline(False)
        wire.loses = 0
        server.wait()
        logs_in(tabs[0], wire.url)
        sends_all(tabs[0])
        opened(tabs[1], wire.url)
        left = [waiting(tab) for tab in tabs]
        context.close()
        lost = wire.lost

    times = Counter(rows())
    report(
        "T23",
        f"phone: {wanted} logs over 5 pairs in 2 tabs, {done['pages killed']} pages killed, "
        f"{done['restarts']} servers killed, {lost} answers lost after the commit, "
        f"{done['expires']} sessions ended: {sum(times.values())} rows, {len(times)} different",
    )
    assert left == [0, 0]
    assert times == {f"第{number}条": 1 for number in range(wanted)}


def misfortunes_of(server, wire, context) -> dict:
    def restarts(user):
        server.restart()

    def expires(user):
        LiveSession.objects.filter(user=user).delete()

    return {"restarts": restarts, "expires": expires}


def killed(page, context, url: str, luck):
    """The page dies, closed or crashed, and is opened again, with or without signal."""
    if luck.random() < 0.5:
        page.close()
    else:
        with pytest.raises(Error):
            page.goto("chrome://crash")
        page.close()
    return opened(context.new_page(), url)


def test_fifty_sendings_of_one_log_at_once_are_one_row(five):
    cookie = cookie_of(five)
    pair = Pairing.objects.carried_by(five).first()
    log = {"key": str(uuid.uuid4()), "pair": str(pair.uuid), "kind": "contact",
           "on": timezone.localdate().isoformat(), "summary": "只此一条"}  # fmt: skip
    batch = json.dumps({"who": sessions.mark_of(five), "logs": [log]})

    answers = together([lambda: browser(cookie).post("/m/logs/", {"batch": batch})] * 50)
    states = Counter(answer.json()["answers"][0]["state"] for answer in answers)

    report("T15", f"phone: 50 sendings of one log at once, {len(rows())} row")
    assert rows() == ["只此一条"]
    assert states.total() == 50
    assert set(states) <= {"saved", "already"}


def test_a_lost_phone_tells_nothing(chromium, browser_path, five, live_server, tmp_path):
    """Its whole profile is searched while logs wait: no number, no address, no name, no word."""
    profile, words = tmp_path / "profile", "她说的要紧话"
    args = ["--no-sandbox", "--disable-gpu", "--disable-dev-shm-usage"]
    context = chromium.browser_type.launch_persistent_context(
        profile, executable_path=browser_path, args=args, **SIZE
    )
    signed_in(context, five, live_server.url)
    page = opened(context.pages[0], live_server.url)
    keeps_itself(page)
    names = page.locator(".m-card h2").all_inner_texts()
    context.set_offline(True)
    write(page, 0, words)
    expect(page.locator("#count")).to_have_text("1")
    key = page.evaluate(
        "phone.state.store.list(phone.state.who).then(() => new Promise((yes) => {"
        " const open = indexedDB.open('phone'); open.onsuccess = () => {"
        " const all = open.result.transaction('kept').objectStore('kept').getAll();"
        " all.onsuccess = () => yes(all.result.filter((r) => r.key).map((r) => r.key.extractable)); }; }))"
    )
    context.close()
    canaries = [*names, words]
    for person in Person.objects.unscoped(reason="a test searches for them"):
        sealed = (person.id_number, person.phone, person.address, person.health)
        canaries += [value.open() for value in sealed if value]
    kept = [file.read_bytes() for file in Path(profile).rglob("*") if file.is_file()]
    told = [
        c
        for c in canaries
        if any(c.encode(e) in file for e in ("utf-8", "utf-16-le") for file in kept)
    ]

    assert key == [False]
    assert any(b"phone" in file for file in kept)
    assert len(names) == 5
    assert told == []
    report(
        "T23",
        f"phone: {len(canaries)} canaries in {len(kept)} files of a profile, {len(told)} found",
    )


def test_without_https_logs_wait_in_the_tab_alone_and_she_is_told(
    chromium, browser_path, five, live_server
):
    """A host name on plain http: no worker, no sealing, no randomUUID."""
    host = live_server.url.replace("localhost", "127.0.0.1").split(":")[-1]
    args = ["--no-sandbox", "--disable-gpu", "--host-resolver-rules=MAP phone.test 127.0.0.1"]
    plain = chromium.browser_type.launch(executable_path=browser_path, args=args)
    context = plain.new_context(**SIZE)
    url = f"http://phone.test:{host}"
    signed_in(context, five, url)
    page = opened(context.new_page(), url)
    secure = page.evaluate(
        "[window.isSecureContext, 'serviceWorker' in navigator, Boolean(crypto.subtle)]"
    )
    expect(page.locator('[data-note="unsealed"]')).to_contain_text("不能加密保存")
    context.set_offline(True)
    write(page, 0, "没有加密的一条")
    expect(page.locator("#count")).to_have_text("1")
    context.set_offline(False)
    page.reload()
    expect(page.locator("#count")).to_have_text("0", timeout=30_000)
    plain.close()

    assert secure == [False, False, False]
    assert rows() == ["没有加密的一条"]
