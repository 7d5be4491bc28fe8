"""The public pages in a real Chromium: accessible, narrow enough, usable without JavaScript."""

import os
import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from newsletter.consent import Departure, ServiceKind
from newsletter.message import filled
from newsletter.rendering import load_theme, service_email
from newsletter.tokens import Purpose
from tests import make
from tests.web.public import HOST, Opened, Public, link_in, public

WIDTHS = (375, 1280)


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Public]:
    """Public pages, with a weekly digest to choose."""
    with public(tmp_path_factory.mktemp("public"), newsletter=make.newsletter(weekly_digest=True)) as at:
        yield at


def _paths(pages: Public, number: int) -> list[str]:
    """Every kind of page that a link leads to."""
    address = f"reader{number}@example.com"
    reader = pages.store.subscribers.get(address) or pages.reader(
        address, first_name="Ada", last_name="Lovelace", topics=("asia",), excludes=("nato",)
    )
    left = f"left{number}@example.com"
    gone = pages.store.subscribers.get(left) or pages.reader(left)
    pages.store.readers.leave([Departure(key=gone.key, how="page")], pages.clock())
    with pages.client(**{"X-Forwarded-For": f"198.51.{number}.1"}) as client:
        pages.sign_up(client, address=f"new{number}@example.com", name="Neu", topic="asia")
        confirm = link_in(next(mail for mail in pages.mails() if mail["To"] == f"new{number}@example.com"))
        client.post(f"{pages.visit(reader)}/address", data={"address": f"moved{number}@example.com"})
        move = link_in(next(mail for mail in pages.mails() if mail["To"] == f"moved{number}@example.com"))
    return [
        "/subscribe",
        "/help",
        "/nowhere",
        "/preferences",
        confirm,
        move,
        pages.link(Purpose.UNSUBSCRIBE, reader),
        pages.link(Purpose.UNSUBSCRIBE, gone),
        pages.link(Purpose.PREFERENCES, reader),
        pages.link(Purpose.PREFERENCES, gone),
        pages.visit(reader),
    ]


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
@pytest.mark.parametrize("width", WIDTHS)
def test_axe_finds_nothing_and_no_page_is_wider_than_the_screen(
    pages: Public, opened: Opened, width: int, dark: bool
) -> None:
    shots = os.environ.get("SCREENSHOTS")
    for number, path in enumerate(_paths(pages, WIDTHS.index(width) * 2 + dark)):
        page = opened(path, width=width, dark=dark)
        page.evaluate("document.querySelectorAll('details').forEach(one => one.open = true)")
        violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [(one["id"], one["nodes"][0]["html"][:160]) for one in violations] == [], path
        assert page.evaluate("document.documentElement.scrollWidth") <= width, path
        if shots:
            name = re.sub(r"[^a-z]+", "-", path.rsplit("/", 1)[0] if path.count("/") > 1 else path)
            page.screenshot(path=f"{shots}/{number:02}{name}-{width}-{'dark' if dark else 'light'}.png", full_page=True)


def test_a_reader_without_javascript_signs_up_chooses_and_leaves(pages: Public, opened: Opened) -> None:
    page = opened("/subscribe", script=False)
    page.get_by_label("Your email address").fill("noscript@example.com")
    page.get_by_label("Your name").fill("Nora Script")
    page.get_by_label("NATO").check()
    page.get_by_label("A digest once a week").check()
    pages.clock.move(seconds=10)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading", name="Look into your inbox")).to_be_visible()
    confirm = link_in(next(mail for mail in pages.mails() if mail["To"] == "noscript@example.com"))
    page = opened(confirm, script=False)
    page.get_by_role("button", name="Yes, subscribe me").click()
    page.get_by_role("link", name="Choose topics").click()
    expect(page.get_by_label("NATO").first).to_be_checked()
    expect(page.get_by_label("A digest once a week")).to_be_checked()
    page.get_by_label("Pause until").fill("2026-12-24")
    page.get_by_label("Afghanistan").first.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    page.get_by_role("link", name="Unsubscribe").click()
    page.get_by_role("button", name="Unsubscribe").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="You are subscribed, as before")).to_be_visible()
    reader = pages.store.subscribers.get("noscript@example.com")
    assert reader is not None
    assert (reader.first_name, reader.topics, reader.frequency) == ("Nora", ("afghanistan", "nato"), "weekly")


def test_a_mistake_is_told_beside_its_field(pages: Public, opened: Opened) -> None:
    page = opened("/preferences", script=False)
    page.get_by_label("The address at which").evaluate("field => field.type = 'text'")
    page.get_by_label("The address at which").fill("nonsense")
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("ada@example.org")
    expect(page.get_by_label("The address at which")).to_have_attribute("aria-invalid", "true")


def test_nothing_that_a_reader_typed_runs(pages: Public, opened: Opened) -> None:
    payloads = (
        '"><img src=x onerror=alert(1)>',
        "<script>alert(1)</script>",
        "javascript:alert(1)",
        "' onfocus=alert(1) x='",
    )
    for number, payload in enumerate(payloads):
        reader = pages.reader(f"payload{number}@example.com", first_name=payload, last_name=payload, language=payload)
        page = opened(pages.visit(reader), width=1280)
        page.on("dialog", lambda dialog: pytest.fail(f"it ran: {dialog.message}"))
        page.get_by_label("Your name").focus()
        assert page.get_by_label("Your name").input_value() == f"{payload} {payload}"


def test_pages_are_small(pages: Public) -> None:
    for path in _paths(pages, 9):
        with pages.client() as client:
            assert len(client.get(path).content) + len(pages.site.pages.css.encode()) <= 30_000, path


@pytest.mark.parametrize("dark", [False, True], ids=["light", "dark"])
def test_service_messages_are_accessible(browser: Browser, tmp_path: Path, dark: bool) -> None:
    newsletter = make.newsletter()
    theme = load_theme(tmp_path, newsletter)
    context = browser.new_context(viewport={"width": 375, "height": 800}, color_scheme="dark" if dark else "light")
    page = context.new_page()
    for kind in ServiceKind:
        email = service_email(kind, f"https://{HOST}/confirm/{'x' * 56}", newsletter, theme)
        page.set_content(filled(email.html, {}))
        violations = Axe().run(page, options={"resultTypes": ["violations"]}).response["violations"]
        assert [one["id"] for one in violations] == [], kind
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        if shots := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{shots}/mail-{kind}-{'dark' if dark else 'light'}.png", full_page=True)
    context.close()
