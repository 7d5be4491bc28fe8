"""The send page's part about links: what checking them finds, as it comes, in a browser and without scripts."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, expect

from newsletter import bootstrap, settings
from newsletter.domain.subscriber import Subscriber
from tests.web.axe import violations
from tests.web.preview.running_preview import Listening, NewsletterFolder, morning, write_newsletter
from tests.web.studio.captured_pages import PARAGRAPHS, CapturedPages, article, captured_pages
from tests.web.studio.page_errors import no_page_errors
from tests.web.studio.running_studio import TOKEN, listening_studio

PAGE = "/issues/2026-11-23/send"
LONG = (*PARAGRAPHS, *(f"Paragraph {number} says a few more things about trains at night." for number in range(12)))
HOSTILE = "<img src=x onerror=alert(1)>"


@pytest.fixture
def pages() -> Iterator[CapturedPages]:
    """A web server with the pages of an issue's three entries: one quoted, one missing, one that keeps programs out."""
    with captured_pages() as served:
        served.pages["/night-train"] = article("Night train", paragraphs=LONG)
        served.pages["/shy"] = f"<html><head><title>Just a moment...</title></head><body>{HOSTILE}</body></html>"
        yield served


@pytest.fixture
def folder(tmp_path: Path, pages: CapturedPages) -> NewsletterFolder:
    """A newsletter with a reader, whose issue of today links to the pages."""
    written = write_newsletter(tmp_path)
    quoted = f"> Nobody slept well on it, she says. The timetable was made by people who liked arriving {HOSTILE}.\n"
    written.entry("night-train", body=quoted, url=pages.url("/night-train"))
    written.entry("good-soil", url=pages.url("/missing"))
    written.entry("tired-bridge", url=pages.url("/shy"))
    with bootstrap.open_store(settings.load(tmp_path)) as store:
        store.subscribers.add(Subscriber(address="ada@example.com"), now=morning())
    return written


@pytest.fixture
def studio(folder: NewsletterFolder, pages: CapturedPages) -> Iterator[Listening]:
    """The studio of that newsletter, which loads the pages from here."""
    with listening_studio(folder.root, web_client=pages.client) as at:
        yield at


def test_without_scripts_the_page_waits_for_all_links(studio: Listening) -> None:
    with httpx.Client(base_url=studio.base) as editor:
        editor.get("/", params={"token": TOKEN})
        page = editor.get(PAGE, params={"plan": "yes"}).text
    assert "“Nobody slept well on” is now “Nobody sleeps well on”" in page
    assert "doesn&#39;t exist (status 404)" in page
    assert '<a class="place" href="/entries/good-soil">good-soil</a>' in page
    assert "1 page couldn’t be compared" in page
    assert HOSTILE not in page


def test_results_come_one_after_the_other_and_are_checked_again(
    studio: Listening, pages: CapturedPages, browser: Browser
) -> None:
    pages.held.add("/night-train")
    context = browser.new_context(viewport={"width": 375, "height": 800})
    with no_page_errors(context):
        page = context.new_page()
        page.goto(studio.door)
        page.goto(f"{studio.base}{PAGE}")
        part = page.locator("#send-checks")
        expect(part).to_contain_text("2 of 3 links checked")
        expect(part).to_contain_text("status 404")
        pages.go.set()
        expect(part).to_contain_text("is now “Nobody sleeps well on")
        part.get_by_text("1 page couldn’t be compared").click()
        expect(part).to_contain_text("Just a moment...")
        assert violations(page) == []
        pages.pages["/missing"] = article("It was only moved", paragraphs=LONG)
        part.get_by_role("button", name="Check again").click()
        expect(part).not_to_contain_text("status 404")
        expect(part).to_contain_text("no longer on the page")
    context.close()


def test_without_a_connection_the_page_says_so_once(folder: NewsletterFolder, pages: CapturedPages) -> None:
    with (
        listening_studio(folder.root, web_client=pages.offline) as at,
        httpx.Client(base_url=at.base) as editor,
    ):
        editor.get("/", params={"token": TOKEN})
        page = editor.get(PAGE, params={"plan": "yes"}).text
    assert "No server answered, so nothing was checked." in page
    assert "isn&#39;t on the public internet" not in page
