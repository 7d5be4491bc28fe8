"""Every page of an empty, a full and a broken newsletter fits its window, and axe finds nothing.

Pages of a typical newsletter, and what is done there, have such assertions in their own tests; so has the compose page.
``renew_screenshots`` looks at everything, in all widths and schemes.
"""

from itertools import cycle

import httpx
import pytest
from playwright.sync_api import Browser, expect

from tests.web.axe import LOOKS, looks, violations
from tests.web.preview.running_preview import NewsletterFolder
from tests.web.studio.page_errors import no_page_errors
from tests.web.studio.renew_screenshots import SCREENS, door, scene

# What a state's pages have in common with those of another state or of a typical newsletter.
SAME = {
    "empty": {"compose", "settings"},
    "full": {"compose", "all-reports", "readers-upload"},
    "broken": {
        "compose",
        *("links", "readers", "reader", "readers-upload", "segment-list", "topic-list", "topic", "settings"),
        *("reports", "report", "people", "audit", "account"),
    },
}


@pytest.mark.parametrize("state", ["empty", "full", "broken"])
def test_pages_of_every_newsletter_are_accessible_and_fit(browser: Browser, state: str) -> None:
    context = browser.new_context(reduced_motion="reduce")
    with scene(state) as at, no_page_errors(context):
        page = context.new_page()
        screens = [screen for name, screen in SCREENS.items() if name not in SAME[state] and screen.path(at)]
        bases = {visitor: door(context, at, visitor) for visitor in {screen.visitor for screen in screens}}
        places = {bases[screen.visitor] + screen.path(at) for screen in screens}
        for path, look in zip(sorted(places), cycle(LOOKS)):
            page.goto(path)
            expect(page.locator("main")).to_be_visible()
            for width, scheme in looks(page, look):
                assert page.evaluate("document.documentElement.scrollWidth") <= width, (path, look)
                assert violations(page, frames=False) == [], (path, scheme)
    context.close()


def test_issues_of_any_length_and_direction_are_shown(editor: httpx.Client, shared_folder: NewsletterFolder) -> None:
    title = "הרכבת שיוצאת בחצות"
    slugs = [f"long-{number}" for number in range(100)]
    for slug in slugs:
        shared_folder.entry(slug, title=title)
    for count in (0, 1, 4, 15, 100):
        shared_folder.issue("2026-11-24", *slugs[:count], subject=title)
        page, desk = editor.get("/issues/2026-11-24").text, editor.get("/").text
        assert page.count('id="item-long-') == count
        assert f"<b>{count}</b> {'entry' if count == 1 else 'entries'}" in page
        assert f"<span>{count} {'entry' if count == 1 else 'entries'}</span>" in desk
        assert f'dir="auto">{title}</span>' in desk
