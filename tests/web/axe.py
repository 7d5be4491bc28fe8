"""Accessibility violations that axe-core reports for a page, with and without JavaScript."""

from collections.abc import Iterator
from functools import cache
from typing import Literal

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page

Look = tuple[int, Literal["light", "dark"]]
"""A window's width and the system's color scheme."""

LOOKS: tuple[Look, ...] = ((1280, "light"), (375, "dark"), (375, "light"), (1280, "dark"))
"""Both widths in both schemes. Pages that share their style sheet can take turns: axe is slow."""

# With scripts off, Chromium runs no timers, which axe waits with; but it still runs promises.
_WITHOUT_TIMERS = """
window.setTimeout = (then, _, ...values) => { Promise.resolve().then(() => then(...values)); return 0; };
"""

_FIRST_NODES = """
async options => (await axe.run(options)).violations.map(({id, nodes}) => [id, nodes[0].html.slice(0, 160)])
"""


def violations(page: Page, *, script: bool = True, frames: bool = True) -> list[tuple[str, str]]:
    """Return the rules that a page breaks and where first.

    ``script``: whether JavaScript is on. ``frames``: whether to check the documents in its frames too.
    """
    if not script:
        page.evaluate(_WITHOUT_TIMERS)
    if not page.evaluate("'axe' in window"):
        _load_axe(page)
    broken: list[tuple[str, str]] = page.evaluate(_FIRST_NODES, {"resultTypes": ["violations"], "iframes": frames})
    return [(rule, html) for rule, html in broken]


def _load_axe(page: Page) -> None:
    """Run axe's script in a page: Playwright's own ``evaluate`` parses its 570 kB twice more, each time anew."""
    session = page.context.new_cdp_session(page)
    answer = session.send("Runtime.evaluate", {"expression": _axe_script()})
    session.detach()
    assert "exceptionDetails" not in answer, answer


@cache
def _axe_script() -> str:
    return f"{Axe().axe_script};0"


def looks(page: Page, *some: Look) -> Iterator[Look]:
    """Show an open page in some widths and color schemes, and yield each; by default on a computer in light mode and
    on a phone in dark mode."""
    for width, scheme in some or ((1280, "light"), (375, "dark")):
        page.emulate_media(color_scheme=scheme)
        page.set_viewport_size({"width": width, "height": 800})
        yield width, scheme
