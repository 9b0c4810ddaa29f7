"""What every page must be, whoever looks and however wide her screen is."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

WIDE, PHONE = {"width": 1440, "height": 900}, {"width": 390, "height": 844}
AXE = Axe()
SERIOUS = {"serious", "critical"}
# Room for the rounding of a browser, none for a scroll bar.
TOO_WIDE = "document.documentElement.scrollWidth - document.documentElement.clientWidth"


def faults(page: Page, *, phone: bool = True, axe_at: str | None = None) -> list[str]:
    """What is wrong with the page as it stands, wide and on a phone; empty when it is fit to show.

    axe looks in both widths or in the one named.
    """
    found = list(_unnamed(page))
    if axe_at in {None, "1440", "390"}:
        page.evaluate(AXE.axe_script)
    for name, size in {"1440": WIDE, "390": PHONE}.items() if phone else {"1440": WIDE}.items():
        page.set_viewport_size(size)
        unfit = list(_sideways(page))
        if axe_at in {None, name}:
            unfit += _unreachable(page)
        found += [f"{name} px: {fault}" for fault in unfit]
    page.set_viewport_size(WIDE)
    return [f"{page.url}: {fault}" for fault in found]


def _unnamed(page: Page):
    if not page.title().strip(" ·"):
        yield "no title"
    for tag in ("h1", "main"):
        count = page.locator(tag).count()
        if count != 1:
            yield f"{count} × <{tag}>"


def _sideways(page: Page):
    if (over := page.evaluate(TOO_WIDE)) > 0:
        yield f"the page scrolls sideways by {over} px"


def _unreachable(page: Page):
    answer = page.evaluate("axe.run({resultTypes: ['violations']})")
    for violation in answer["violations"]:
        if violation["impact"] in SERIOUS:
            where = "; ".join(node["html"][:160] for node in violation["nodes"][:3])
            yield f"{violation['id']} ({violation['impact']}): {violation['help']} — {where}"
