"""What axe-core has against a page, with JavaScript and without."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# Where scripts are off Chromium runs no timers either, which axe waits with; what a promise goes on with it runs.
_WITHOUT_TIMERS = """
window.setTimeout = (then, _, ...values) => { Promise.resolve().then(() => then(...values)); return 0; };
"""


def violations(page: Page, *, script: bool = True) -> list[tuple[str, str]]:
    """Which rules a page breaks, and where first; ``script`` says whether JavaScript is on there."""
    if not script:
        page.evaluate(_WITHOUT_TIMERS)
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    found = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [(one["id"], one["nodes"][0]["html"][:160]) for one in found]
