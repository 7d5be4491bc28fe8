"""The ways to catch a link: the bookmarklet from a page with a strict policy, the share sheet, and forms."""

import json
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page, expect

from newsletter.web.preview.app import preview_settings
from tests.web.axe import violations
from tests.web.preview.running_preview import Listening, NewsletterFolder, morning
from tests.web.studio.captured_pages import PARAGRAPHS, STRICT, CapturedPages, article, captured_pages
from tests.web.studio.running_studio import listening_studio

TITLE = "The quiet return of the night train"


@pytest.fixture(scope="module")
def gazette() -> Iterator[CapturedPages]:
    with captured_pages() as at:
        at.pages["/night"] = article(TITLE)
        at.headers["Content-Security-Policy"] = STRICT
        yield at


@pytest.fixture(scope="module")
def studio(shared_folder: NewsletterFolder, gazette: CapturedPages) -> Iterator[Listening]:
    with listening_studio(shared_folder.root, web_client=gazette.client) as at:
        yield at


def entry(folder: NewsletterFolder, slug: str) -> str:
    return Path(folder.root / f"issues/entries/{slug}.md").read_text(encoding="utf-8")


def test_the_bookmarklet_quotes_from_a_page_with_a_strict_policy(
    desk: Page, studio: Listening, gazette: CapturedPages, shared_folder: NewsletterFolder
) -> None:
    desk.goto(f"{studio.base}/bookmarklet")
    assert violations(desk) == []
    desk.get_by_role("link", name="Catch", exact=True).click()  # here, it explains itself
    expect(desk.locator("#bookmarklet-help")).to_contain_text("Drag it to the bookmarks bar")
    code = desk.get_by_label("Code of the bookmarklet").input_value()
    assert code == desk.get_by_role("link", name="Catch", exact=True).get_attribute("href")

    piece = desk.context.new_page()
    piece.goto(f"{gazette.url('/night', host='127.0.0.1')}?utm_source=feed")
    piece.evaluate("getSelection().selectAllChildren(document.querySelector('p:nth-of-type(2)'))")
    requests: list[str] = []
    with desk.context.expect_page() as opened:
        piece.evaluate(code.removeprefix("javascript:"))  # as from the bookmarks bar, which ignores the page's policy
    window = opened.value
    window.on("request", lambda request: requests.append(request.url))
    expect(window.get_by_label("Quotation")).to_have_value(PARAGRAPHS[1])
    expect(window.get_by_label("Title")).to_have_value(TITLE)
    expect(window.get_by_label("Author")).to_have_value("Ada Writer")
    expect(window.locator("[data-origin-of=title]")).to_have_text("OpenGraph")
    expect(window.get_by_label("Link", exact=True)).to_have_value(gazette.url("/night", host="127.0.0.1"))
    assert window.url == f"{studio.base}/capture"  # neither address nor selection stays in the history
    assert violations(window) == []
    window.get_by_label("Author").fill("Ada W. Writer")
    expect(window.locator("[data-origin-of=author]")).to_have_text("you")
    window.get_by_label("Save", exact=True).select_option("entry")
    window.get_by_label("Author").press("Enter")
    if not window.is_closed():
        window.wait_for_event("close")
    assert not any("attendant" in url for url in requests)
    text = entry(shared_folder, "the-quiet-return-of-the-night-train")
    assert f"title: {TITLE}\n" in text
    assert "author: Ada W. Writer\ndate: 2026-11-17\n" in text
    assert f"> {PARAGRAPHS[1]}\n" in text


def test_a_duplicate_is_shown_before_saving(desk: Page, studio: Listening) -> None:
    desk.goto(f"{studio.base}/capture#url=https%3A%2F%2Fwww.example.org%2Freview%2Fold-map%2F%3Ffbclid%3D1&title=x")
    ran = desk.get_by_role("link", name="Already ran on 22 November 2026")
    expect(ran).to_have_attribute("href", "/issues/2026-11-22")
    expect(desk.locator("#found")).to_contain_text("The page can't be loaded")
    assert violations(desk) == []


def test_a_page_that_cannot_be_read_becomes_an_entry_from_what_the_browser_sent(
    desk: Page, studio: Listening, shared_folder: NewsletterFolder
) -> None:
    desk.goto(f"{studio.base}/capture#url=https://unread.example.org/x&title=Unread&selection=Some%20words")
    desk.get_by_label("Save", exact=True).select_option("entry")
    desk.get_by_role("button", name="Save", exact=True).click()
    expect(desk.get_by_role("heading", name="Saved as an entry.")).to_be_visible()  # a tab can't close itself
    assert violations(desk) == []
    desk.get_by_role("link", name="Show it").click()
    desk.wait_for_url("**/entries/unread")
    assert entry(shared_folder, "unread").endswith("---\n> Some words\n")


def test_the_share_sheet_and_forms_without_scripts(
    browser: Browser, studio: Listening, gazette: CapturedPages, shared_folder: NewsletterFolder
) -> None:
    context = browser.new_context(viewport={"width": 375, "height": 700}, java_script_enabled=False)
    page = context.new_page()
    page.goto(studio.door)
    page.goto(f"{studio.base}/share?title=Shared&text=Look_%20{gazette.url('/night')}")
    expect(page.get_by_label("Link", exact=True)).to_have_value(gazette.url("/night"))
    expect(page.get_by_label("Quotation")).to_have_value("Look\\_")
    page.get_by_role("button", name="Read the page").click()
    expect(page.get_by_label("Author")).to_have_value("Ada Writer")
    assert violations(page, script=False) == []
    page.get_by_label("Title").fill("My own title")
    page.get_by_label("Title").press("Enter")
    page.wait_for_url("**/links#link-*")
    expect(page.get_by_role("link", name="My own title")).to_be_visible()
    context.close()
    with preview_settings(shared_folder.root, morning).open_store() as store:
        (link,) = store.captured_links.waiting(morning().date())
    assert (link.facts.title, link.facts.origins["title"]) == ("My own title", "you")
    assert (link.facts.author, link.facts.origins["author"]) == ("Ada Writer", "page head")


def test_an_installed_studio_takes_shared_links(editor: httpx.Client) -> None:
    answer = editor.get("/manifest.webmanifest")
    assert answer.headers["content-type"].startswith("application/manifest+json")
    assert json.loads(answer.text)["share_target"]["action"] == "/share"


def test_titles_and_names_are_written_from_right_to_left_where_their_script_is(editor: httpx.Client) -> None:
    page = editor.get("/capture").text
    for name in ("title", "source", "author"):
        assert f'name="{name}" type="text" dir="auto"' in page


@pytest.mark.parametrize("url", ["javascript:alert(1)", "nothing", "https://", "file:///etc/passwd", "https://a b/"])
def test_what_is_no_web_page_is_not_saved(editor: httpx.Client, url: str) -> None:
    answer = editor.post("/capture", data={"url": url, "to": "entry"}, headers={"Accept": "application/json"})
    assert answer.status_code == 422
    assert answer.json()["error"]["code"] == "link-none"
