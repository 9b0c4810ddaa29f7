"""A person at her desk: a browser of her own, and what she does with it."""

import re
from pathlib import Path

from playwright.sync_api import Locator, Page, expect

PASSWORD = "test-password"
PATIENCE = 30_000  # ms for a job of a busy machine


def named(label: str) -> re.Pattern:
    """A field's whole label, with or without the star of a needed field."""
    return re.compile(rf"^{re.escape(label)}\*?$")


class Desk:
    """``Desk(page_for, live_server.url, "county")`` signs in through the page, as people do."""

    def __init__(self, page_for, address: str, username: str):
        self.page_for, self.address, self.username = page_for, address, username
        self.sit_down()

    def sit_down(self) -> None:
        """A browser just opened, nothing remembered."""
        self.page: Page = self.page_for("office", accept_downloads=True)
        self.page.goto(self.address)
        self.page.get_by_label("账号").fill(self.username)
        self.page.get_by_label("密码").fill(PASSWORD)
        self.press("登录")
        expect(self.page).to_have_title("工作台 · 妇联工作台")

    def close_browser(self) -> None:
        self.page.context.close()

    # -- Moving ---------------------------------------------------------------------------------
    def go_home(self) -> None:
        self.page.goto(self.address)

    def open_from_home(self, panel: str, line: str) -> None:
        """Follow ``line`` of the block ``panel`` of 工作台."""
        self.go_home()
        block = self.page.get_by_role("region", name=re.compile(panel))
        self._leave_by(block.get_by_role("link", name=line, exact=True))

    def menu(self, word: str) -> None:
        self.page.get_by_role("navigation", name="主导航").get_by_role("link", name=word).click()

    def follow(self, words: str) -> None:
        self._leave_by(self.page.get_by_role("main").get_by_role("link", name=words).first)

    def _leave_by(self, link: Locator) -> None:
        """A click returns before the page it leads to is there: what is read next waits for it."""
        left = self.page.url
        link.click()
        expect(self.page).not_to_have_url(left)
        self.page.wait_for_load_state()

    # -- Doing ----------------------------------------------------------------------------------
    def press(self, words: str | re.Pattern, exact: bool = True) -> None:
        self.page.get_by_role("button", name=words, exact=exact).click()

    def agree(self, verb: str) -> None:
        """Answer the question a dangerous act asks."""
        self.page.get_by_role("dialog").get_by_role("button", name=verb, exact=True).click()

    def type_in(self, label: str, words: str) -> None:
        self.page.get_by_label(named(label)).fill(words)

    def tick(self, label: str) -> None:
        self.page.get_by_label(label, exact=True).check()

    def flag_cell(self, label: str, reason: str) -> None:
        """审核: press a cell of the form as printed and say what is wrong with it."""
        self.page.locator(f'[data-label="{label}"].cell').click()
        box = self.page.get_by_role("dialog")
        box.get_by_label("原因").fill(reason)
        box.get_by_role("button", name="标为退回").click()

    def open_cell(self, words: str) -> None:
        """汇总: press a cell; its source opens beside the table."""
        self.page.locator("[data-sheet]").get_by_role("link", name=words, exact=True).click()
        expect(self.panel).to_be_visible()

    @property
    def panel(self):
        return self.page.locator("#side-panel")

    # -- Seeing ---------------------------------------------------------------------------------
    def sees(self, words: str) -> None:
        expect(self.page.get_by_role("main").get_by_text(words).first).to_be_visible()

    def column(self, number: int, lines: int) -> list[str]:
        """The words of one column of the table on the page, from the top, once it has ``lines``."""
        cells = self.page.locator(f"[data-sheet] tbody tr td:nth-child({number + 1}) .clip")
        expect(cells).to_have_count(lines)
        return [text.strip() for text in cells.all_inner_texts()]

    def waits_until_saved(self) -> None:
        expect(self.page.locator("#save-state")).to_contain_text("已保存")

    def waits_for_file(self, folder: Path) -> Path:
        """作业: watch the bar fill, then fetch the file under the name the browser gives it."""
        bar = self.page.get_by_role("progressbar", name="作业进度")
        expect(bar).to_be_visible()
        expect(bar).to_have_attribute("aria-valuenow", "100", timeout=PATIENCE)
        with self.page.expect_download() as download:
            self.page.get_by_role("link", name=re.compile("^下载")).first.click()
        target = folder / download.value.suggested_filename
        download.value.save_as(target)
        return target
