"""What tests of pages begin with: a newsroom, its preview, and clients that were let in; public pages, and visitors.

Of either kind there is one for HTTP, and one a real browser.
"""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Browser, Page

from newsletter.domain.publication import Newsletter
from tests import make
from tests.web.preview.newsroom import TOKEN, Listening, Newsroom, listening, newsroom
from tests.web.public.public_pages import Opened, Public, opening, public


@pytest.fixture
def room(tmp_path: Path) -> Newsroom:
    """A newsletter of two issues."""
    return newsroom(tmp_path)


@pytest.fixture
def preview(room: Newsroom) -> Iterator[Listening]:
    """The preview of the room, listening."""
    with listening(room.root) as at:
        yield at


@pytest.fixture
def client(preview: Listening) -> Iterator[httpx.Client]:
    """A client that holds the token."""
    with httpx.Client(base_url=preview.base) as client:
        client.get("/", params={"token": TOKEN})
        yield client


@pytest.fixture
def reading(page: Page, preview: Listening) -> Page:
    """A page of a browser that was let in, at the list of issues."""
    page.goto(preview.door)
    return page


@pytest.fixture
def newsletter() -> Newsletter:
    """The newsletter that has public pages; a module may have another."""
    return make.newsletter()


@pytest.fixture
def pages(tmp_path: Path, newsletter: Newsletter) -> Iterator[Public]:
    """Public pages without a reader."""
    with public(tmp_path, newsletter=newsletter) as at:
        yield at


@pytest.fixture
def visitor(pages: Public) -> Iterator[httpx.Client]:
    """A browser at the public pages, as far as HTTP goes."""
    with pages.client() as client:
        yield client


@pytest.fixture
def opened(browser: Browser, pages: Public) -> Iterator[Opened]:
    """Opens a public page in a real browser."""
    with opening(browser, pages) as open_page:
        yield open_page
