"""A newsroom for each test, and clients that were let into its preview: one for HTTP, one a real browser."""

from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest
from playwright.sync_api import Page

from tests.web.newsroom import TOKEN, Listening, Newsroom, listening, newsroom


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
