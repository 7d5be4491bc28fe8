"""Fixtures for tests of pages: a write_newsletter, its preview and authorized clients; public pages and visitors.

Each kind of page has an HTTP client and a real browser.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from newsletter.domain.publication import Newsletter
from tests import make
from tests.web.preview.running_preview import TOKEN, Listening, NewsletterFolder, listening, write_newsletter
from tests.web.public.public_pages import Opened, Public, opening, public


@pytest.fixture
def folder(tmp_path: Path) -> NewsletterFolder:
    """Return a newsletter of two issues."""
    return write_newsletter(tmp_path)


@pytest.fixture
def preview(folder: NewsletterFolder) -> Iterator[Listening]:
    """Start the preview of the small newsletter."""
    with listening(folder.root) as at:
        yield at


@pytest.fixture
def client(preview: Listening) -> Iterator[httpx.Client]:
    """Return a client that has the token."""
    with httpx.Client(base_url=preview.base) as client:
        client.get("/", params={"token": TOKEN})
        yield client


@pytest.fixture
def reading(page: Page, preview: Listening) -> Page:
    """Open the list of issues in an authorized browser."""
    page.goto(preview.door)
    return page


@pytest.fixture
def newsletter() -> Newsletter:
    """Return the newsletter of the public pages; a module can override it."""
    return make.newsletter()


@pytest.fixture
def pages(tmp_path: Path, newsletter: Newsletter) -> Iterator[Public]:
    """Start public pages without readers."""
    with public(tmp_path, newsletter=newsletter) as at:
        yield at


@pytest.fixture
def visitor(pages: Public) -> Iterator[httpx.Client]:
    """Return an HTTP client for the public pages."""
    with pages.client() as client:
        yield client


@pytest.fixture
def opened(browser: Browser, pages: Public) -> Iterator[Opened]:
    """Return a function that opens a public page in a real browser."""
    with opening(browser, pages) as open_page:
        yield open_page
