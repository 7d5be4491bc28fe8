"""The studio's own pages on a phone, in the dark: nothing is too wide, and axe finds nothing."""

from playwright.sync_api import Page, expect

from tests.web.axe import violations
from tests.web.preview.running_preview import NewsletterFolder
from tests.web.studio.running_studio import Listening


def test_pages_fit_a_phone_in_the_dark(desk: Page, studio: Listening, shared_folder: NewsletterFolder) -> None:
    long = "Donaudampfschifffahrtsgesellschaft" * 4
    shared_folder.entry("tired-bridge", title=long, body=f"{long}\n\n> {long}\n", topics=[long])
    shared_folder.issue("2026-11-23", "night-train", "tired-bridge", subject=long)
    desk.set_viewport_size({"width": 375, "height": 700})
    desk.emulate_media(color_scheme="dark", reduced_motion="reduce")
    for path in ("/", "/text/issues/entries/tired-bridge.md", "/history/issues/entries/tired-bridge.md", "/nowhere"):
        desk.goto(studio.base + path)
        expect(desk.locator("main")).to_be_visible()
        assert desk.evaluate("document.documentElement.scrollWidth") <= 375, path
        assert violations(desk) == [], path
    desk.goto(studio.base)
    for width in (600, 375):
        desk.set_viewport_size({"width": width, "height": 700})
        desk.get_by_text("More", exact=True).click()
        expect(desk.get_by_role("link", name="Settings", exact=True)).to_be_in_viewport(ratio=1)
        assert desk.evaluate("document.documentElement.scrollWidth") <= width
        desk.keyboard.press("Escape")
    desk.get_by_role("button", name="Keyboard shortcuts and settings").click()
    expect(desk.get_by_role("dialog", name="Keyboard shortcuts")).to_be_visible()
    assert desk.evaluate("document.documentElement.scrollWidth") <= 375
    assert violations(desk) == []
