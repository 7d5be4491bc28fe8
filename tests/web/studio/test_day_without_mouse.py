"""A day at the studio without a mouse: from a link in the clipboard to the commit, by keys and then by touch."""

import subprocess
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import pytest
from playwright.sync_api import Browser, Locator, Page, expect

from tests.web.preview.running_preview import NewsletterFolder, write_newsletter
from tests.web.studio.captured_pages import CapturedPages, article, captured_pages
from tests.web.studio.fingers import dragging
from tests.web.studio.page_errors import no_page_errors
from tests.web.studio.running_studio import Listening, listening_studio

SKELETONS = """
[skeletons.default]
sections = ["On the move", "At rest"]
"""
TITLE = "The quiet return of the night train"
QUOTATION = (
    "An aeroplane gives you back the hours it did not use. . . ."
    "\n\nThe attendant has worked the line to Lisbon for twenty-six years."
)
FRAMING = "Nobody sleeps well on it, and everybody goes again."
ISSUE = """
number: 8
subject: Slow things, and what they cost
preheader: What a night costs.
sections:
- title: On the move
  entries:
  - slow-boat
  - the-quiet-return-of-the-night-train
- title: At rest
  entries:
  - new-map
pinned: [slow-boat]
---
"""
MOST_TABS = 120
SELECT = """
passage => {
  const node = [...document.querySelectorAll("main p")].find(p => p.textContent.includes(passage)).firstChild;
  const start = node.data.indexOf(passage);
  getSelection().setBaseAndExtent(node, start, node, start + passage.length);
}
"""

Role = Literal["button", "combobox", "link", "option", "tab", "textbox"]


@pytest.fixture(scope="module")
def gazette() -> Iterator[CapturedPages]:
    with captured_pages() as at:
        at.pages["/night"] = article(TITLE)
        yield at


@pytest.fixture
def folder(tmp_path: Path) -> NewsletterFolder:
    """Write a newsletter with skeletons in a repository of Ada's."""
    folder = write_newsletter(tmp_path)
    with (tmp_path / "newsletter.toml").open("a", encoding="utf-8") as settings:
        settings.write(SKELETONS)
    for slug in ("new-map", "slow-boat"):
        folder.entry(slug)
    (tmp_path / ".gitignore").write_text(".newsletter\n*.db*\n", encoding="utf-8")
    for command in (
        ("init", "--quiet"),
        ("config", "user.name", "Ada Lovelace"),
        ("config", "user.email", "ada@example.org"),
        ("add", "."),
        ("commit", "--quiet", "--message", "Begin"),
    ):
        _git(tmp_path, *command)
    return folder


@pytest.fixture
def studio(folder: NewsletterFolder, gazette: CapturedPages) -> Iterator[Listening]:
    with listening_studio(folder.root, web_client=gazette.client) as at:
        yield at


def _git(root: Path, *arguments: str) -> str:
    return subprocess.run(["git", *arguments], cwd=root, check=True, capture_output=True, text=True).stdout


def _arrive(landmark: Locator) -> None:
    """Wait for the next page, which has an element that this one hasn't, and for its scripts."""
    expect(landmark).to_be_visible()
    landmark.page.wait_for_load_state()


@dataclass(frozen=True, slots=True)
class Keyboard:
    """An editor with a keyboard only, who knows elements by their roles and names."""

    page: Page

    def press(self, *keys: str) -> None:
        """Press keys one after the other."""
        for key in keys:
            self.page.keyboard.press(key)

    def type(self, text: str) -> None:
        """Type into what has the focus."""
        self.page.keyboard.type(text)

    def go(self, target: Locator, *, key: str = "Tab") -> None:
        """Press a key until an element has the focus."""
        expect(target).to_be_visible()
        for _ in range(MOST_TABS):
            if target.evaluate("element => element === document.activeElement"):
                return
            self.page.keyboard.press(key)
        raise AssertionError(f"{target} isn't reached with {key}")

    def says(self, text: str) -> None:
        """Wait until a screen reader is told something."""
        expect(self.page.locator("#announcements")).to_contain_text(text)


def test_a_day_by_keys(browser: Browser, studio: Listening, folder: NewsletterFolder, gazette: CapturedPages) -> None:
    context = browser.new_context(
        viewport={"width": 1280, "height": 860}, permissions=["clipboard-read", "clipboard-write"]
    )
    with no_page_errors(context):
        page = context.new_page()
        page.goto(studio.door)
        at = Keyboard(page)
        _catch(at, gazette.url("/night"))
        _quote_and_frame(at, folder)
        _compose(at, folder)
    context.close()
    assert _git(folder.root, "log", "--format=%an <%ae> %s").splitlines() == [
        "Ada Lovelace <ada@example.org> Add 24 November",
        "Ada Lovelace <ada@example.org> Add The quiet return of the night train",
        "Ada Lovelace <ada@example.org> Begin",
    ]
    assert _git(folder.root, "status", "--porcelain") == ""


def _catch(at: Keyboard, url: str) -> None:
    """Paste a link on the desk, save what was read from its page, and make it an entry."""
    page = at.page
    page.evaluate("text => navigator.clipboard.writeText(text)", f"{url}?utm_source=feed")
    at.press("Control+v")
    _arrive(page.get_by_role("button", name="Save"))
    expect(page.get_by_label("Link", exact=True)).to_have_value(url)
    expect(page.get_by_label("Title", exact=True)).to_have_value(TITLE)
    expect(page.get_by_label("Author", exact=True)).to_have_value("Ada Writer")
    expect(page.get_by_label("Date", exact=True)).to_have_value("2026-11-17")
    at.press("Enter")
    at.says("Saved")
    at.go(page.get_by_role("link", name="Show it"))
    at.press("Enter")
    card = page.get_by_role("listitem", name=TITLE)
    _arrive(card)
    expect(card).to_contain_text("The Gazette")
    expect(card).to_be_focused()
    at.press("x")
    expect(page.get_by_role("checkbox", name=f"Tick “{TITLE}”")).to_be_checked()
    at.press("x", "Enter")
    page.wait_for_url("**/entries/the-quiet-return-of-the-night-train")


def _quote_and_frame(at: Keyboard, folder: NewsletterFolder) -> None:
    """Quote two sentences of the piece, write the framing, and choose topics."""
    page = at.page
    at.go(page.get_by_role("group", name="The piece"))
    at.press("ArrowDown", "q")
    at.says("Quoted")
    at.press("ArrowDown", "ArrowDown", "q")
    at.says("Added to the quotation")
    expect(page.get_by_label("Quotation", exact=True)).to_have_value(QUOTATION)
    at.go(page.get_by_role("textbox", name="Framing", exact=True))
    at.type(FRAMING)
    topics = page.get_by_role("combobox", name="Topics")
    at.go(topics)
    at.type("rail")
    expect(page.get_by_role("option", name="Railways")).to_be_visible()
    at.press("Enter")
    expect(page.get_by_role("button", name="Remove Railways")).to_be_visible()
    expect(topics).to_be_focused()
    at.press("Control+s")
    at.says("Saved and committed.")
    _has_quotation_and_framing(folder)


def _has_quotation_and_framing(folder: NewsletterFolder) -> None:
    text = (folder.root / "issues/entries/the-quiet-return-of-the-night-train.md").read_text(encoding="utf-8")
    quoted = QUOTATION.replace("\n\n", "\n>\n> ")
    assert f"\n---\n{FRAMING}\n\n> {quoted}\n" in text
    assert "author: Ada Writer\ndate: 2026-11-17\n" in text
    assert "topics: [Railways]\n" in text


def _compose(at: Keyboard, folder: NewsletterFolder) -> None:
    """Make an issue from its weekday's skeleton, fill it from the shelf, and put it in order."""
    page = at.page
    path = folder.root / "issues/2026-11-24.md"
    at.press("Escape", "g", "d")
    page.wait_for_url("**/")
    at.press("i")
    at.go(page.get_by_role("textbox", name="Subject"))
    at.type("Slow things, and what they cost")
    at.press("Enter")
    page.wait_for_url("**/issues/2026-11-24")
    for name in (TITLE, "About new-map", "About slow-boat"):
        at.go(page.get_by_role("button", name=f"Add {name}"), key="j")
        at.press("Enter")
        at.says(f"{name}, ")
    train = page.get_by_role("link", name=TITLE)
    at.go(train, key="k")
    at.press("Alt+ArrowDown")
    at.says(f"{TITLE}, 2 of 3, At rest.")
    at.press("Alt+Shift+ArrowUp")
    at.says(f"{TITLE}, 1 of 1, On the move.")
    at.go(page.get_by_role("link", name="About slow-boat"), key="j")
    at.press("m", "ArrowUp", "ArrowUp")
    at.says("About slow-boat, 2 of 2, On the move.")
    at.press("ArrowUp", "Enter")
    at.says("About slow-boat, 1 of 2, On the move.")
    at.press("*")
    at.says("About slow-boat is pinned.")
    expect(page.get_by_role("listitem").filter(has=train)).to_be_visible()
    finding = page.get_by_role("listitem").filter(has_text="preheader")
    at.go(finding, key="F8")
    preheader = page.get_by_role("textbox", name="Preheader")
    at.go(preheader, key="Shift+Tab")
    at.type("What a night costs.")
    at.press("Control+s")
    expect(finding).to_have_count(0)
    at.says("Saved and committed.")
    assert path.read_text(encoding="utf-8").endswith(ISSUE)
    at.go(page.get_by_role("link", name="Whole preview"))
    at.press("Enter")
    page.wait_for_url("**/preview/issues/2026-11-24*")
    email = page.frame_locator("iframe[title]")
    expect(email.get_by_role("link", name=TITLE)).to_be_visible()
    at.go(page.get_by_role("link", name="Compose"))
    at.press("Enter")
    page.wait_for_url("**/issues/2026-11-24")


def test_a_day_by_touch(browser: Browser, studio: Listening, folder: NewsletterFolder, gazette: CapturedPages) -> None:
    context = browser.new_context(viewport={"width": 375, "height": 720}, has_touch=True, is_mobile=True)
    with no_page_errors(context):
        page = context.new_page()
        page.goto(studio.door)
        at = Finger(page)
        _catch_by_touch(at, gazette.url("/night"))
        _quote_and_frame_by_touch(at)
        _compose_by_touch(at)
        at.tap("button", "Keyboard shortcuts and settings")
        at.tap("button", "Save and commit")
        at.says("Saved and committed.")
    context.close()
    _has_quotation_and_framing(folder)
    assert (folder.root / "issues/2026-11-24.md").read_text(encoding="utf-8").endswith(ISSUE)
    assert _git(folder.root, "log", "-1", "--format=%an %s") == (
        "Ada Lovelace Add 24 November; add The quiet return of the night train\n"
    )
    assert _git(folder.root, "status", "--porcelain") == ""


@dataclass(frozen=True, slots=True)
class Finger:
    """An editor with a phone, who taps what has a role and a name, and types with its keyboard."""

    page: Page

    def tap(self, role: Role, name: str) -> None:
        """Tap an element."""
        self.page.get_by_role(role, name=name, exact=True).tap()

    def write(self, field: str, text: str, role: Role = "textbox") -> None:
        """Tap a field and type a text, as a phone's keyboard does: whole words at once."""
        self.tap(role, field)
        self.page.keyboard.insert_text(text)

    def says(self, text: str) -> None:
        """Wait until a screen reader is told something."""
        expect(self.page.locator("#announcements")).to_contain_text(text)


def _catch_by_touch(at: Finger, url: str) -> None:
    page = at.page
    at.write("Paste a link to catch it", url)
    at.tap("button", "Catch")
    _arrive(page.get_by_role("button", name="Save"))
    expect(page.get_by_label("Author", exact=True)).to_have_value("Ada Writer")
    at.tap("button", "Save")
    at.tap("link", "Show it")
    _arrive(page.get_by_role("listitem", name=TITLE))
    at.tap("button", "Make an entry")
    _arrive(page.get_by_role("group", name="The piece"))


def _quote_and_frame_by_touch(at: Finger) -> None:
    page = at.page
    for number, passage in enumerate(QUOTATION.replace(" . . .", "").split("\n\n")):
        page.evaluate(SELECT, passage)  # the phone's own handles aren't part of the page
        at.tap("button", "Quote q")
        at.says("Added to the quotation" if number else "Quoted")
    expect(page.get_by_label("Quotation", exact=True)).to_have_value(QUOTATION)
    at.write("Framing", FRAMING)
    at.write("Topics", "rail", "combobox")
    at.tap("option", "Railways")
    expect(page.get_by_role("button", name="Remove Railways")).to_be_visible()


def _compose_by_touch(at: Finger) -> None:
    page = at.page
    at.tap("link", "Desk")
    at.tap("link", "New issue")
    at.write("Subject", "Slow things, and what they cost")
    at.tap("button", "Create issue")
    _arrive(page.get_by_role("tab", name="Shelf"))
    at.tap("tab", "Shelf")
    for name in (TITLE, "About new-map", "About slow-boat"):
        at.tap("button", f"Add {name}")
        at.says(f"{name}, ")
    at.tap("tab", "Issue")
    train, boat = (page.get_by_role("link", name=name) for name in (TITLE, "About slow-boat"))
    page.get_by_label(f"Move or change {TITLE}").tap()
    page.get_by_role("combobox", name="Section").select_option("On the move")
    at.tap("button", "Move there")
    at.says(f"{TITLE}, 1 of 1, On the move.")
    items = page.get_by_role("listitem")
    boat.scroll_into_view_if_needed()
    with dragging(page, items.filter(has=boat), items.filter(has=train)):
        moving = page.get_by_role("list", name="On the move").get_by_role("link", include_hidden=True)
        expect(moving.first).to_have_text("About slow-boat")
    at.says("About slow-boat, 1 of 2, On the move.")
    pinned = page.get_by_text("Pinned: every reader gets it")
    _pin_by_touch(at)
    expect(pinned).to_be_visible()
    at.tap("button", "Undo")
    expect(pinned).to_have_count(0)
    _pin_by_touch(at)
    expect(pinned).to_be_visible()
    at.write("Preheader", "What a night costs.")
    at.tap("tab", "Preview")
    expect(page.frame_locator("iframe[title='The email']").get_by_role("link", name=TITLE)).to_be_visible()
    expect(page.get_by_role("group", name="As an inbox lists it")).to_contain_text("What a night costs.")


def _pin_by_touch(at: Finger) -> None:
    at.page.get_by_label("Move or change About slow-boat").tap()
    at.tap("button", "Pin for every reader")
    at.says("About slow-boat is pinned.")
