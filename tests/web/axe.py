"""Accessibility violations that axe-core reports for a page, with and without JavaScript."""

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

# With scripts off, Chromium runs no timers, which axe waits with; but it still runs promises.
_WITHOUT_TIMERS = """
window.setTimeout = (then, _, ...values) => { Promise.resolve().then(() => then(...values)); return 0; };
"""


def violations(page: Page, *, script: bool = True) -> list[tuple[str, str]]:
    """Return the rules that a page breaks and where first. ``script``: whether JavaScript is on."""
    if not script:
        page.evaluate(_WITHOUT_TIMERS)
    if not page.evaluate("'axe' in window"):
        page.evaluate(Axe().axe_script)
    broken = page.evaluate("axe.run({resultTypes: ['violations']})")["violations"]
    return [(violation["id"], violation["nodes"][0]["html"][:160]) for violation in broken]
