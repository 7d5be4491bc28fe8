"""A day at the studio in a browser without JavaScript: every page is a form."""

from collections.abc import Iterator
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from newsletter import content
from tests.web.axe import violations
from tests.web.preview.running_preview import NewsletterFolder
from tests.web.studio.captured_pages import CapturedPages, article, captured_pages
from tests.web.studio.running_studio import Listening, listening_studio

TITLE = "The quiet return of the night train"


@pytest.fixture(scope="module")
def gazette() -> Iterator[CapturedPages]:
    with captured_pages() as at:
        at.pages["/night"] = article(TITLE)
        yield at


@pytest.fixture(scope="module")
def studio(shared_folder: NewsletterFolder, gazette: CapturedPages) -> Iterator[Listening]:
    with listening_studio(shared_folder.root, web_client=gazette.client) as at:
        yield at


@pytest.fixture
def page(browser: Browser, studio: Listening) -> Iterator[Page]:
    """Open the desk without scripts."""
    context = browser.new_context(java_script_enabled=False, viewport={"width": 1280, "height": 860})
    page = context.new_page()
    page.goto(studio.door)
    yield page
    context.close()


def test_an_issue_is_made_with_forms_alone(
    page: Page, studio: Listening, shared_folder: NewsletterFolder, gazette: CapturedPages
) -> None:
    entry = _capture(page, studio, shared_folder, gazette.url("/night"))
    _edit(page, entry)
    _order(page, studio, shared_folder)


def _capture(page: Page, studio: Listening, folder: NewsletterFolder, url: str) -> Path:
    page.goto(f"{studio.base}/capture")
    page.get_by_label("Link", exact=True).fill(url)
    page.get_by_role("button", name="Read the page").click()
    expect(page.get_by_label("Author", exact=True)).to_have_value("Ada Writer")
    assert violations(page, script=False) == []
    page.get_by_label("Save", exact=True).select_option("as an entry")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("heading", name=TITLE)).to_be_visible()
    path = folder.root / "issues/entries/the-quiet-return-of-the-night-train.md"
    assert "author: Ada Writer\ndate: 2026-11-17\n" in path.read_text(encoding="utf-8")
    return path


def _edit(page: Page, path: Path) -> None:
    """Save a field, meet somebody else's change, and undo one's own."""
    title = page.get_by_label("Title", exact=True)
    title.fill("A quiet return")
    page.get_by_role("button", name="Save title").click()
    expect(title).to_have_value("A quiet return")
    text = path.read_text(encoding="utf-8")
    assert "title: A quiet return\n" in text
    path.write_text(text.replace("Ada Writer", "Bea Writer"), encoding="utf-8")
    page.get_by_label("Author", exact=True).fill("Ada Author")
    page.get_by_role("button", name="Save author").click()
    expect(page.get_by_role("heading", name="Not saved")).to_be_visible()
    expect(page.get_by_label("In the file now")).to_have_value("Bea Writer")
    page.get_by_role("button", name="Save yours").click()
    expect(page.get_by_label("Author", exact=True)).to_have_value("Ada Author")
    _undo(page)
    expect(page.get_by_label("Author", exact=True)).to_have_value("Bea Writer")
    _undo(page)
    expect(title).to_have_value(TITLE)
    assert path.read_text(encoding="utf-8") == text.replace("A quiet return", TITLE).replace("Ada W", "Bea W")


def _order(page: Page, studio: Listening, folder: NewsletterFolder) -> None:
    path = folder.root / "issues/2026-11-23.md"
    before = path.read_text(encoding="utf-8")
    page.goto(f"{studio.base}/issues/2026-11-23")
    assert violations(page, script=False, frames=False) == []
    page.get_by_role("button", name=f"Add {TITLE}").click()
    assert _entries(path)[-1] == "the-quiet-return-of-the-night-train"
    _from_menu(page, TITLE).get_by_role("button", name="Move up").click()
    assert _entries(path)[-2] == "the-quiet-return-of-the-night-train"
    _from_menu(page, TITLE).get_by_role("button", name="Pin").click()
    assert "pinned: [the-quiet-return-of-the-night-train]" in path.read_text(encoding="utf-8")
    _from_menu(page, "About night-train").get_by_role("button", name="To the shelf").click()
    assert _entries(path) == ["good-soil", "the-quiet-return-of-the-night-train", "tired-bridge"]
    for _ in range(4):
        _undo(page)
        page.wait_for_url("**/issues/2026-11-23")
    assert path.read_text(encoding="utf-8") == before
    _undo(page)
    expect(page.get_by_role("heading", name="Not saved")).to_be_visible()


def _from_menu(page: Page, title: str) -> Locator:
    """Open an item's menu, and return the item."""
    item = page.get_by_role("listitem").filter(has=page.get_by_role("link", name=title))
    item.get_by_label(f"Move or change {title}").click()
    return item


def _undo(page: Page) -> None:
    page.get_by_role("button", name="Keyboard shortcuts and settings").click()
    page.get_by_role("button", name="Undo").click()


def _entries(path: Path) -> list[str]:
    return [item.slug for section in content.outline(path.read_text(encoding="utf-8")) for item in section.items]
