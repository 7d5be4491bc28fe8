"""The public pages in a real Chromium: accessible, narrow enough, usable without JavaScript."""

import os
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from email.message import EmailMessage
from pathlib import Path

import pytest
from playwright.sync_api import Browser, Dialog, Page, expect

from newsletter.domain.consent import (
    Confirmation,
    ConfirmationKind,
    MailRequest,
    ServiceKind,
    ServiceMessage,
    SignUpChoices,
    UnsubscribeRequest,
)
from newsletter.domain.segment import EVERYONE
from newsletter.domain.topics import Topic, Topics
from newsletter.domain.tracking import TrackingLevel, TrackingSettings
from newsletter.message.link_slots import vote_slot
from newsletter.message.template import Slot, fill_text
from newsletter.rendering import default_templates, load_theme, service_email, welcome_email
from newsletter.tokens import Purpose
from newsletter.web.public.local_pages import LocalPages
from tests import make
from tests.web.axe import LOOKS, looks, violations
from tests.web.preview.test_scripts_from_outside import PAYLOADS
from tests.web.public.public_pages import HOST, Opened, Public, link_in, opening, public

PUBLIC = default_templates() / "pages/public"
OF_THE_ARCHIVE = {
    "archive",
    "archive-parts",
    "feed-entry",
    "feed-facts",
    "feed-issue",
    "front",
    "issue",
    "issue-items",
    "month",
    "search",
    "topic",
    "topics",
}


@pytest.fixture(scope="module")
def pages(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Public]:
    """Start public pages of a newsletter with a weekly digest, and a poll in an issue that was sent."""
    counting = TrackingSettings(clicks=TrackingLevel.AGGREGATE)
    newsletter = make.newsletter(weekly_digest=True, counting=counting)
    with public(tmp_path_factory.mktemp("public"), newsletter=newsletter) as at:
        at.reader("first@example.com")
        at.store.sends.freeze(
            compiled=make.compiled(html=(Slot(VOTE), Slot("links.unsubscribe"), "\n")),
            tailor=make.tailor(),
            date=at.clock(),
            segments=[EVERYONE],
            provider="outbox",
            now=at.clock(),
        )
        yield at


VOTE = vote_slot("Yes, and with recipes")
_RULES_BY_WIDTH = """() => [...document.styleSheets].flatMap(sheet => [...sheet.cssRules])
  .filter(rule => rule instanceof CSSMediaRule && /width/.test(rule.conditionText)).map(rule => rule.cssText)
"""


def _vote(pages: Public, key: str, issue: str = "2026-11-23") -> str:
    return pages.site.signer.links("", issue, votes=[VOTE])(key)[VOTE]


def _paths(pages: Public, number: int) -> list[str]:
    """Return the path of every kind of page."""
    address = f"reader{number}@example.com"
    reader = pages.store.subscribers.get(address) or pages.reader(
        address, first_name="Ada", last_name="Lovelace", topics=("asia",), excludes=("nato",)
    )
    left = f"left{number}@example.com"
    gone = pages.store.subscribers.get(left) or pages.reader(left)
    pages.store.self_service.unsubscribe([UnsubscribeRequest(key=gone.key, how="page")], pages.clock())
    with pages.client(**{"X-Forwarded-For": f"198.51.{number}.1"}) as client:
        pages.sign_up(client, address=f"new{number}@example.com", name="Neu", topic="asia")
        confirm = link_in(next(mail for mail in pages.mails() if mail["To"] == f"new{number}@example.com"))
        client.post(f"{pages.visit(reader)}/address", data={"address": f"moved{number}@example.com"})
        move = link_in(next(mail for mail in pages.mails() if mail["To"] == f"moved{number}@example.com"))
    return [
        _vote(pages, reader.key),
        _vote(pages, reader.key, "2026-11-23-proof"),
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


@dataclass(frozen=True, slots=True, kw_only=True)
class _Looking:
    """A checker of pages without JavaScript, of which they have none: accessible, and not wider than a phone.

    Axe sees them in different looks by turns. They share one style sheet, and no color depends on the width.
    """

    page: Page
    seen: set[tuple[str, ...]] = field(default_factory=set)

    def at(self, path: str) -> Page:
        """Open a page and check it."""
        self.page.goto(f"https://{HOST}{path}")
        return self.here()

    def here(self) -> Page:
        """Check the open page, unless an equal one was checked already."""
        heading = self.page.get_by_role("heading", level=1).inner_text()
        shown = (heading, *self.page.locator("h2, legend, label, button, .notice").all_inner_texts())
        if shown in self.seen:
            return self.page
        self.seen.add(shown)
        assert self.page.locator("script, noscript").count() == 0
        self.page.evaluate("document.querySelectorAll('details').forEach(element => element.open = true)")
        for width, scheme in looks(self.page, (375, "light"), LOOKS[len(self.seen) % len(LOOKS)]):
            assert self.page.evaluate("document.documentElement.scrollWidth") <= width, heading
            if shots := os.environ.get("SCREENSHOTS"):
                name = re.sub(r"[^a-z]+", "-", heading.lower())
                self.page.screenshot(path=f"{shots}/{len(self.seen):02}-{name}-{width}-{scheme}.png", full_page=True)
        assert violations(self.page, script=False) == [], (heading, width, scheme)
        return self.page

    def pressed(self, button: str) -> Page:
        """Press the first button of a name and check the resulting page."""
        self.page.get_by_role("button", name=button, exact=True).first.click()
        return self.here()


def test_public_pages_are_accessible_and_fit_the_screen(
    pages: Public, opened: Opened, monkeypatch: pytest.MonkeyPatch
) -> None:
    rendered: set[str] = set()
    render = LocalPages.render

    def noted(local: LocalPages, page: str, /, **values: object) -> str:
        rendered.add(page)
        return render(local, page, **values)

    monkeypatch.setattr(LocalPages, "render", noted)
    looking = _Looking(page=opened("/help", script=False))
    name = "looked"
    paths = _paths(pages, 1)
    for path in paths:
        looking.at(path)
    page = looking.at("/subscribe")
    page.get_by_label("Your email address").fill(f"{name}@example.com")
    if not page.get_by_label("Your name").is_visible():
        page.get_by_text("Choose topics").click()
    page.get_by_label("Your name").fill("www.advert.example")
    page = looking.pressed("Subscribe")  # too quick, and without a name
    expect(page.get_by_role("alert")).to_contain_text("Please enter a name without an address")
    page.get_by_label("Your name").fill("Ada")
    pages.clock.move(seconds=10)
    looking.pressed("Subscribe")
    looking.at(link_in(next(mail for mail in pages.mails() if mail["To"] == f"{name}@example.com")))
    looking.pressed("Yes, subscribe me")
    reader = pages.store.subscribers.get(f"{name}@example.com")
    assert reader is not None
    looking.at(pages.link(Purpose.PREFERENCES, reader))
    looking.pressed("Email me the link")
    told: list[EmailMessage] = []
    for address in (f"{name}.moved@example.com", "reader1@example.com"):
        page = looking.at(pages.visit(reader))
        looking.pressed("Save")
        page.get_by_label("Your new address").fill(address)
        looking.pressed("Change address")
        looking.at(link_in(next(mail for mail in pages.mails() if mail["To"] == address)))
        looking.pressed("Yes, send it here")
        told += pages.mails()
    expect(page.get_by_role("heading", level=1)).to_have_text("That address is already subscribed")
    looking.at(link_in(told[0]))
    looking.pressed("Yes, send it here again")
    expect(page.get_by_role("heading", level=1)).to_have_text("The address change has been undone")
    for less in ("Pause for 30 days", "Switch to a weekly digest"):
        looking.at(pages.link(Purpose.UNSUBSCRIBE, reader))
        looking.pressed(less)
    looking.at(pages.link(Purpose.UNSUBSCRIBE, reader))
    looking.pressed("Unsubscribe")
    looking.pressed("Too many emails")
    looking.pressed("Undo")
    looking.at(paths[0])
    looking.pressed("Send my answer")
    own = pages.visit(reader)
    page = looking.at(own)
    looking.pressed("Delete my data")
    expect(page.get_by_role("alert")).to_contain_text("Please tick the box")
    page.get_by_label("Yes, delete everything about me").check()
    looking.pressed("Delete my data")
    looking.at(own)
    pages.clock.move(hours=80)
    looking.at(own)
    looking.at(next(path for path in paths if path.startswith("/confirm/")))
    own_pages = {path.stem for path in PUBLIC.glob("*.html")}
    rendered.add("error")  # the server renders it once and keeps it; "/nowhere" is one of the paths
    assert rendered == own_pages - OF_THE_ARCHIVE - {"base", "parts"}


def test_no_color_depends_on_the_width(opened: Opened) -> None:
    page = opened("/subscribe", width=1280)
    rules = page.evaluate(_RULES_BY_WIDTH)
    assert rules
    assert not re.search(r"color|background|opacity|filter|shadow|border|outline|--", " ".join(rules)), rules


def test_the_sign_up_button_is_on_the_first_screen_of_a_phone(opened: Opened) -> None:
    button = opened("/subscribe", width=375).get_by_role("button", name="Subscribe").bounding_box()
    assert button
    assert button["y"] + button["height"] < 667


def test_nothing_is_wider_than_the_screen_from_right_to_left(browser: Browser, tmp_path: Path) -> None:
    newsletter = make.newsletter(language="he", description="קריאה אחת בכל ערב.", frequency="בכל יום בשבע")
    with public(tmp_path, newsletter=newsletter) as pages, opening(browser, pages) as opened:
        for path in ("/subscribe", "/", "/nowhere"):
            assert opened(path).evaluate("document.documentElement.scrollWidth") <= 375, path


def test_signing_up_choosing_and_leaving_work_without_javascript(pages: Public, opened: Opened) -> None:
    page = opened("/subscribe", script=False)
    address = page.get_by_label("Your email address")
    address.fill("zoë.müller@example.net")  # the browser accepts what the server accepts
    assert address.evaluate("field => field.checkValidity()")
    address.fill("noscript@example.com")
    page.get_by_text("Choose topics").click()
    page.get_by_label("Your name").fill("Nora Script")
    page.get_by_label("NATO").check()
    page.get_by_label("A digest once a week").check()
    pages.clock.move(seconds=10)
    page.get_by_role("button", name="Subscribe").first.click()
    expect(page.get_by_role("heading", name="Check your inbox")).to_be_visible()
    confirm = link_in(next(mail for mail in pages.mails() if mail["To"] == "noscript@example.com"))
    page = opened(confirm, script=False)
    page.get_by_role("button", name="Yes, subscribe me").click()
    page.get_by_role("link", name="Choose your topics").click()
    expect(page.get_by_label("NATO").first).to_be_checked()
    expect(page.get_by_label("A digest once a week")).to_be_checked()
    page.get_by_label("Pause until").fill("2026-12-24")
    page.get_by_label("Afghanistan").first.check()
    page.get_by_role("button", name="Save").click()
    expect(page.get_by_role("status")).to_contain_text("Saved")
    page.get_by_role("link", name="Unsubscribe").click()
    page.get_by_role("button", name="Unsubscribe").click()
    page.get_by_role("button", name="Undo").click()
    expect(page.get_by_role("heading", name="You’re subscribed again")).to_be_visible()
    reader = pages.store.subscribers.get("noscript@example.com")
    assert reader is not None
    assert (reader.first_name, reader.topics, reader.frequency) == ("Nora", ("afghanistan", "nato"), "weekly")


def test_a_mistake_is_explained_beside_its_field(pages: Public, opened: Opened) -> None:
    page = opened("/preferences", script=False)
    page.get_by_label("The address you subscribed with").fill("nonsense")
    page.get_by_role("button").click()
    expect(page.get_by_role("alert")).to_contain_text("ada@example.org")
    expect(page.get_by_label("The address you subscribed with")).to_have_attribute("aria-invalid", "true")


def test_typed_text_never_runs_as_script(browser: Browser, tmp_path: Path) -> None:
    """Each payload as a reader's name, language and consent, as a topic, as the newsletter's own name: on pages whose
    Content-Security-Policy is switched off, so that escaping alone must do it."""
    everything = "".join(PAYLOADS)
    topics = Topics(Topic(slug=f"t{number}", name=payload) for number, payload in enumerate(PAYLOADS))
    newsletter = make.newsletter(name=everything, postal_address=everything, topics=topics, weekly_digest=True)
    with public(tmp_path, newsletter=newsletter) as pages, opening(browser, pages, bypass_csp=True) as open_page:
        reader = pages.reader(first_name=everything, last_name=everything, language=everything)
        given = Confirmation(
            key="1" * 32,
            kind=ConfirmationKind.SIGN_UP,
            address="eve@example.com",
            requested=pages.clock(),
            how="api",
            wording=everything,
            choices=SignUpChoices(first_name=everything, topics=tuple(topic.slug for topic in topics)),
        )
        message = ServiceMessage(
            kind=ServiceKind.CONFIRM, address=given.address, created=given.requested, about=given.key
        )
        assert pages.store.confirmations.request([MailRequest(message=message, about=given)]) == [None]
        eve = pages.store.self_service.confirm(given, given.choices, given.requested, wording=everything)
        ran: list[str] = []
        page = open_page("/help", width=1280)

        def closed(dialog: Dialog) -> None:
            ran.append(dialog.message)
            dialog.dismiss()

        page.expose_function("ran", lambda what: ran.append(what))
        page.on("dialog", closed)

        def look() -> None:
            page.wait_for_load_state("load")
            page.evaluate("for (const one of document.querySelectorAll('input, a, details, summary')) one.focus()")
            assert page.locator("script, iframe, object, embed, img, svg, math, base, [onerror], [onload]").count() == 0
            assert page.locator("meta[http-equiv], [href^='javascript:' i], [action^='javascript:' i]").count() == 0

        for path in ("/subscribe", "/help", pages.visit(reader), pages.visit(eve), "/nowhere"):
            page.goto(f"https://{HOST}{path}")
            look()
        page.goto(f"https://{HOST}{pages.visit(reader)}")
        assert page.get_by_label("Your name").input_value() == f"{everything} {everything}"
        page.get_by_role("button", name="Save").click()  # an invalid name is shown again, beside its field
        expect(page.get_by_role("alert")).to_contain_text("Please enter a name")
        look()
        for path, field_name in (
            ("/subscribe", "Your email address"),
            ("/preferences", "The address you subscribed with"),
        ):
            page.goto(f"https://{HOST}{path}")
            page.locator("form").evaluate("form => form.noValidate = true")
            typed = page.get_by_label(field_name)
            typed.evaluate("(field, text) => { field.removeAttribute('maxlength'); field.value = text }", everything)
            page.locator("main form button").first.click()
            expect(page.get_by_role("alert")).to_be_visible()
            look()
        assert ran == []


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
    link = f"https://{HOST}/confirm/{'x' * 56}"
    links = {"links.preferences": link, "links.unsubscribe": link}
    for kind in ServiceKind:
        welcomes = kind is ServiceKind.WELCOME
        email = (
            welcome_email(make.issue(), links, newsletter, theme)
            if welcomes
            else service_email(kind, link, newsletter, theme)
        )
        page.set_content(fill_text(email.html, {}))
        assert violations(page) == [], kind
        assert page.evaluate("document.documentElement.scrollWidth") <= 375
        if shots := os.environ.get("SCREENSHOTS"):
            page.screenshot(path=f"{shots}/mail-{kind}-{'dark' if dark else 'light'}.png", full_page=True)
    context.close()
