"""Fixtures for tests of the studio: the small newsletter's studio, one for each module, with a client and a browser.

Tests of a module share the folder and write files of their own, or write the small newsletter again with ``folder``.
"""

from collections.abc import Iterator

import httpx
import pytest
from playwright.sync_api import Browser, BrowserContext, Page

from tests.make import SECRET
from tests.web.preview.running_preview import NewsletterFolder, write_newsletter
from tests.web.studio.page_errors import page_errors
from tests.web.studio.running_studio import TOKEN, Listening, listening_studio


@pytest.fixture
def secret(monkeypatch: pytest.MonkeyPatch) -> None:
    """Set the secret that signs links and recognises erased readers."""
    monkeypatch.setenv("NEWSLETTER_SECRET", SECRET)


@pytest.fixture(scope="module")
def shared_folder(tmp_path_factory: pytest.TempPathFactory) -> NewsletterFolder:
    """Return a newsletter of two issues, for all tests of the module."""
    return write_newsletter(tmp_path_factory.mktemp("newsletter"))


@pytest.fixture(scope="module")
def studio(shared_folder: NewsletterFolder) -> Iterator[Listening]:
    """Start the studio of the module's newsletter."""
    with listening_studio(shared_folder.root) as at:
        yield at


@pytest.fixture(scope="module")
def editor(studio: Listening) -> Iterator[httpx.Client]:
    """Return a client that has the token and writes as the studio's own pages do."""
    with httpx.Client(base_url=studio.base, headers={"Origin": studio.base}, timeout=30) as client:
        client.get("/", params={"token": TOKEN})
        yield client


@pytest.fixture(scope="module")
def editors_browser(browser: Browser) -> Iterator[tuple[BrowserContext, list[str]]]:
    """Start the browser of the module's editor, who has each script in its cache after the first test."""
    context = browser.new_context(viewport={"width": 1280, "height": 860}, color_scheme="light")
    yield context, page_errors(context)
    context.close()


@pytest.fixture
def desk(editors_browser: tuple[BrowserContext, list[str]], studio: Listening) -> Iterator[Page]:
    """Open the desk in an authorized browser, 1280 px wide, in light mode. Its pages must have no errors.

    Nothing but the cookie is left of earlier tests.
    """
    context, errors = editors_browser
    page = context.new_page()
    page.goto(studio.door)
    yield page
    storage = {"origin": studio.base, "storageTypes": "local_storage"}
    session = context.new_cdp_session(page)
    for opened in context.pages:
        if opened != page:
            opened.close()
    page.goto("about:blank")
    session.send("Storage.clearDataForOrigin", storage)
    page.close()
    found = errors.copy()
    errors.clear()
    assert found == []
