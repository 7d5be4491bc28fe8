"""The archive in a real Chromium: accessible, narrow enough, usable without JavaScript, and safe from scripts."""

import json
import os
from collections.abc import Iterator
from itertools import cycle

import pytest
from playwright.sync_api import expect

from newsletter import settings
from newsletter.tokens import Purpose
from tests.web.axe import LOOKS, looks, violations
from tests.web.preview.running_preview import write_newsletter
from tests.web.preview.test_scripts_from_outside import PAYLOADS
from tests.web.public.public_pages import HOST, Opened, Public, public
from tests.web.sent_issues import freeze_as_sent


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Public]:
    """Send three issues: one corrected, one with sections, one full of script payloads."""
    folder = write_newsletter(tmp_path_factory.mktemp("archive"))
    (folder.root / "issues/2026-11-23.md").unlink()
    sections = [
        {"title": "One", "entries": ["night-train", "good-soil"]},
        {"title": "Two", "entries": ["tired-bridge"]},
    ]
    folder.issue("2026-11-23", entries=None, sections=sections)
    correction = [
        {"date": "2026-11-24", "text": "It was an *atlas*.", "entry": "old-map"},
        {"date": "2026-11-25", "text": "B."},
    ]
    folder.issue("2026-11-22", "old-map", number=6, corrections=correction)
    for number, payload in enumerate(PAYLOADS):
        fields = {"title": payload, "source": payload, "author": payload, "topics": [payload, "Soil"]}
        folder.entry(f"evil-{number}", body=f"{payload}\n\n> {payload}\n", **fields)
    slugs = [f"evil-{number}" for number in range(len(PAYLOADS))]
    notes = [{"date": "2026-11-25", "text": payload, "entry": "evil-1"} for payload in PAYLOADS]
    folder.issue("2026-11-24", *slugs, subject=PAYLOADS[0] + PAYLOADS[3], preheader=PAYLOADS[6], corrections=notes)
    with public(folder.root, newsletter=settings.load(folder.root).newsletter) as at:
        at.reader()
        for slug in ("2026-11-22", "2026-11-23"):
            freeze_as_sent(at, slug)
        yield at


PATHS = (
    "/",
    "/issues/2026-11-22/",
    "/issues/2026-11-23/",
    "/months/2026-11/",
    "/topics/",
    "/topics/railways/",
    "/search?q=train",
    "/search",
    "/issues/nothing/",
)


@pytest.mark.parametrize("script", [True, False], ids=["with script", "without script"])
def test_archive_pages_are_accessible_and_fit_the_screen(opened: Opened, script: bool) -> None:
    shots = os.environ.get("SCREENSHOTS")
    page = opened("/", script=script)
    # Each page in one look with JavaScript, and in the other width and scheme without.
    for path, look in zip(PATHS, cycle(LOOKS if script else LOOKS[1:] + LOOKS[:1]), strict=False):
        page.goto(f"https://{HOST}{path}")
        for width, scheme in looks(page, look):
            assert violations(page, script=script) == [], (path, width, scheme)
            assert page.evaluate("document.documentElement.scrollWidth") <= width, path
            if shots:
                name = path.strip("/").replace("/", "-").replace("?", "-") or "front"
                page.screenshot(path=f"{shots}/{name}-{width}-{scheme}.png", full_page=True)


def test_the_content_security_policy_allows_json_ld_but_no_script(opened: Opened) -> None:
    page = opened("/issues/2026-11-22/")
    blocked: list[str] = []
    page.on("console", lambda message: blocked.append(message.text))
    page.reload()
    data = page.locator('script[type="application/ld+json"]').text_content()
    assert data is not None
    assert json.loads(data)["@type"] == "Article"
    assert [text for text in blocked if "Content Security Policy" in text] == []
    page.evaluate(
        "const s = document.createElement('script'); s.textContent = 'window.ran = 1'; document.body.append(s)"
    )
    assert page.evaluate("window.ran") is None


def test_the_archive_works_without_javascript(opened: Opened) -> None:
    page = opened("/", script=False, width=1280)
    page.get_by_role("link", name="What happened until 2026-11-22").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What happened until 2026-11-22")
    expect(page.get_by_role("heading", name="Corrections")).to_be_visible()
    page.get_by_role("link", name="Later").click()
    expect(page.get_by_role("heading", level=1)).to_have_text("What happened until 2026-11-23")
    page.get_by_role("link", name="Search").click()
    page.get_by_label("Search all issues").fill("BRIDGE")
    page.get_by_role("button", name="Search").click()
    expect(page.get_by_role("status")).to_have_text("1 result")
    page.get_by_role("link", name="About tired-bridge").click()
    expect(page.get_by_role("heading", name="About tired-bridge")).to_be_in_viewport()
    page.get_by_role("navigation", name="Archive").get_by_role("link", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Subscribe")).to_be_visible()


def test_view_in_browser_shows_the_email(opened: Opened, pages: Public) -> None:
    (reader,) = pages.store.subscribers.stream()
    page = opened(pages.link(Purpose.BROWSER, reader), width=375)
    expect(page.get_by_role("heading", name="About night-train")).to_be_visible()
    assert page.evaluate("document.documentElement.scrollWidth") <= 375
    page.get_by_role("link", name="Unsubscribe").click()
    expect(page.get_by_role("button", name="Email me the link")).to_be_visible()


def test_authors_text_never_runs_as_script(opened: Opened, pages: Public) -> None:
    freeze_as_sent(pages, "2026-11-24")
    (reader,) = pages.store.subscribers.stream()
    ran: list[str] = []
    page = opened("/")
    page.expose_function("ran", lambda what: ran.append(what))
    for path in (
        "/",
        "/issues/2026-11-24/",
        "/topics/",
        "/topics/soil/",
        "/topics/soil/2/",
        "/search?q=ran",
        "/search?q=%22%3E%3Cscript%3Eran()%3C/script%3E",
        pages.link(Purpose.BROWSER, reader, "2026-11-24"),
    ):
        page.goto(f"https://{HOST}{path}")
        page.evaluate("document.querySelectorAll('details, [autofocus]').forEach(element => element.focus())")
        assert ran == [], path
        assert page.locator("iframe, object, embed, svg, math, form:not([role=search])").count() == 0, path
