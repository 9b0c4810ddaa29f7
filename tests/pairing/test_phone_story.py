"""The volunteer's day on her phone: her pairs, a call, a log in a few taps, and what she is told."""

import re
from pathlib import Path

import pytest
from battery import report
from django.contrib.staticfiles import finders
from playwright.sync_api import expect

from federation.models import AuditEvent
from pairing.models import ContactLog
from tests.pages.look import AXE, SERIOUS, TOO_WIDE
from tests.pairing.of_phone import opened, rows, signed_in, waiting, write

pytestmark = [pytest.mark.browser, pytest.mark.django_db(transaction=True)]
SMALL_TARGETS = """() => [...document.querySelectorAll('button, a, summary, input, textarea, label.m-file')]
  .filter((one) => one.offsetParent && !one.closest('.m-chips') && !one.matches('.m-hidden'))
  .filter((one) => one.getBoundingClientRect().height < 44)
  .map((one) => `${one.tagName} ${one.textContent || one.id}`)"""
FIRST_VIEW = """() => performance.getEntriesByName('first-contentful-paint')[0].startTime"""
MOST_SCRIPT = 100_000  # bytes, not packed


@pytest.fixture
def phone(chromium, live_server):
    """``phone(user)``: her phone at its page; 390 × 844. What it says on its console fails the test."""
    contexts, said = [], []

    def hers(user, width=390):
        context = chromium.new_context(
            viewport={"width": width, "height": 844}, locale="zh-CN", timezone_id="Asia/Shanghai",
            has_touch=True, accept_downloads=True,
        )  # fmt: skip
        contexts.append(context)
        context.set_default_timeout(20_000)
        if user is not None:
            signed_in(context, user, live_server.url)
        page = context.new_page()
        page.on("pageerror", lambda error: said.append(str(error)))
        page.on("console", lambda line: said.append(line.text) if line.type == "error" else None)
        return opened(page, live_server.url)

    yield hers
    for context in contexts:
        context.close()
    # A phone that is no phone cannot dial; a refused answer is an answer.
    harmless = re.compile(r"Failed to load resource|Failed to launch 'tel:")
    assert [words for words in said if not harmless.search(words)] == []


def note(page, name: str):
    return page.locator(f'[data-note="{name}"]')


def faults(page) -> list[str]:
    page.evaluate(AXE.axe_script)
    answer = page.evaluate("axe.run({resultTypes: ['violations']})")
    wrong = [v for v in answer["violations"] if v["impact"] in SERIOUS]
    found = [f"{v['id']}: {v['nodes'][0]['html'][:120]}" for v in wrong]
    found += page.evaluate(SMALL_TARGETS)
    return found + (["sideways"] if page.evaluate(TOO_WIDE) > 0 else [])


def test_a_day_with_the_phone(phone, pairs, people, archives, tmp_path):
    page = phone(people.volunteer)
    cards = page.locator(".m-card")
    names = sorted(cards.locator("h2").all_inner_texts())
    elder = cards.filter(has_text=archives.elder.name)
    before = faults(page)

    taps = 0
    for button in (elder.get_by_role("button", name="记一笔"), page.locator("#save")):
        if taps == 1:
            before += faults(page)
            page.set_viewport_size({"width": 360, "height": 740})
            before += faults(page)
        button.click()
        taps += 1
    expect(page.locator('[data-note="saved"]')).to_have_text("已上传 1 条。")
    before += faults(page)
    # Last: Chromium on a desk asks which program dials, and waits for the answer.
    elder.get_by_role("button", name="打电话").click()
    expect(page.locator('[data-note="call"] a')).to_have_attribute("href", "tel:16900000012")
    log = ContactLog.objects.unscoped(reason="a test looks").get()
    call = AuditEvent.objects.get(verb="reveal")

    assert names == sorted([archives.elder.name, archives.child.name])
    assert before == []
    assert taps <= 6
    assert (log.pairing, log.by, log.from_phone) == (pairs.elderly, people.volunteer, True)
    assert log.device_at is not None
    assert (call.actor, call.detail) == (people.volunteer, {"field": "phone", "reason": "结对联系"})
    assert waiting(page) == 0


def test_the_page_is_light_and_its_first_view_soon(phone, people, pairs):
    page = phone(people.volunteer)
    files = page.eval_on_selector_all("script[src]", "all => all.map(s => s.src)")
    names = [f"js/{Path(src).name}" for src in files] + ["js/phone-worker.js"]
    size = sum(Path(finders.find(name)).stat().st_size for name in names)
    slow = page.context.new_cdp_session(page)
    slow.send("Emulation.setCPUThrottlingRate", {"rate": 4})
    page.reload()
    expect(page.locator(".m-card h2").first).to_be_visible()

    report("T23", f"phone: {size} bytes of script in {len(names)} files, first view after "
                  f"{page.evaluate(FIRST_VIEW):.0f} ms at a quarter of the CPU")  # fmt: skip
    assert size < MOST_SCRIPT


def test_the_shell_is_the_same_for_all_and_names_nobody(client, pairs, people):
    shells = []
    for user in (people.volunteer, people.post):
        client.force_login(user)
        shells.append(client.get("/m/").content.decode())

    assert shells[0] == shells[1]
    assert people.volunteer.display_name not in shells[0]
    assert "csrf" not in shells[0]
    assert rows() == []


def test_nothing_is_lost_by_leaving_another_s_log_in_a_wrong_day_or_a_disabled_account(
    phone, pairs, people, live_server
):
    page = phone(people.volunteer)
    context = page.context
    context.set_offline(True)
    write(page, 0, "等信号的一条")

    # Leaving asks, and gives her the file first.
    page.locator(".m-more summary").click()
    page.locator("#leave").click()
    expect(page.locator("#ask")).to_contain_text("还有 1 条没有上传", timeout=60_000)
    with page.expect_download() as told:
        page.get_by_role("button", name="先导出未上传记录").click()
    exported = Path(told.value.path()).read_text("utf-8-sig")

    # Another account on the same phone: told of it, not shown it, and does not send it.
    context.set_offline(False)
    signed_in(context, people.village, live_server.url)
    opened(page, live_server.url)
    expect(note(page, "others")).to_contain_text("另一账号未上传的 1 条")
    of_another = (waiting(page), rows(), "等信号的一条" in page.content())

    # She comes back: it goes up by itself.
    signed_in(context, people.volunteer, live_server.url)
    opened(page, live_server.url)
    expect(page.locator("#count")).to_have_text("0")

    # A day that has not come is refused with a sentence, stays, and is corrected.
    page.locator(".m-log").first.click()
    page.evaluate("document.getElementById('on').removeAttribute('max')")
    page.locator("#on").fill("2099-01-01")
    page.locator("#save").click()
    expect(note(page, "refused")).to_contain_text("没有收下")
    page.locator("#waiting").click()
    expect(page.locator("#queued .m-late")).to_contain_text("晚于今天")
    page.get_by_role("button", name="改正").click()
    page.locator("#on").fill(page.evaluate("new Date().toLocaleDateString('sv-SE')"))
    page.locator("#save").click()
    expect(page.locator("#count")).to_have_text("0")

    # Disabled meanwhile: told, and nothing is readable, now or after the page is opened again.
    context.set_offline(True)
    write(page, 1, "停用以前的一条")
    type(people.volunteer).objects.filter(pk=people.volunteer.pk).update(is_active=False)
    context.set_offline(False)
    seen = []
    for _ in range(2):
        opened(page, live_server.url)
        expect(note(page, "locked")).to_contain_text("账号已停用")
        seen += [pairs.elderly.person.name in page.content(), "停用以前" in page.content()]

    assert "内容：等信号的一条" in exported
    assert of_another == (0, [], False)
    assert sorted(rows()) == ["", "等信号的一条"]
    assert seen == [False] * 4
