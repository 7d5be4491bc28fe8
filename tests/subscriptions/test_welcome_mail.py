"""The welcome mail: the latest issue, once, for readers who have just confirmed."""

from collections.abc import Iterator
from email.message import EmailMessage
from pathlib import Path

import httpx
import pytest

from newsletter import rendering
from newsletter.domain.blocks import Block, BlockKind
from newsletter.domain.consent import UnsubscribeRequest
from newsletter.domain.issue import Section
from newsletter.domain.subscriber import Subscriber, SubscriberStatus
from newsletter.message.template import fill_html, fill_text
from tests import make
from tests.web.preview.running_preview import NewsletterFolder, write_newsletter
from tests.web.public.public_pages import Public, link_in, public
from tests.web.sent_issues import freeze_as_sent


@pytest.fixture
def folder(tmp_path: Path) -> NewsletterFolder:
    return write_newsletter(tmp_path)


@pytest.fixture
def pages(folder: NewsletterFolder) -> Iterator[Public]:
    with public(folder.root) as at:
        yield at


def confirm(pages: Public, visitor: httpx.Client, address: str = "ada@example.com") -> httpx.Response:
    pages.sign_up(visitor, address=address)
    (mail,) = pages.mails()
    return visitor.post(link_in(mail), data={"name": ""})


def parts(mail: EmailMessage) -> tuple[str, str]:
    text, html = (str(part.get_content()) for part in mail.iter_parts())
    return text, html


def test_a_new_reader_gets_the_latest_issue(pages: Public, visitor: httpx.Client) -> None:
    other = pages.store.subscribers.add(Subscriber(address="other@example.com"), now=pages.clock())
    freeze_as_sent(pages, "2026-11-22")
    freeze_as_sent(pages, "2026-11-23")
    welcome = confirm(pages, visitor).text
    assert "About night-train" in welcome
    assert "/issues/2026-11-23/" in welcome
    (mail,) = pages.mails()
    assert (mail["To"], mail["Subject"]) == ("ada@example.com", "Welcome to The Daily Test")
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    for part in parts(mail):
        assert "What happened until 2026-11-23" in part
        assert "About night-train" in part
        assert "https://news.example.org/issues/2026-11-23/" in part
        assert "https://example.org/review/night-train" in part
        assert "{{" not in part
    reader = next(reader for reader in pages.store.subscribers.stream() if reader.id != other.id)
    unsubscribe = mail["List-Unsubscribe"].strip("<>").removeprefix("https://news.example.org")
    assert unsubscribe in parts(mail)[0]
    assert unsubscribe in parts(mail)[1]
    assert visitor.post(unsubscribe, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    left = pages.store.subscribers.by_key(reader.key)
    assert left is not None
    assert left.status is SubscriberStatus.UNSUBSCRIBED


def test_a_confirmation_welcomes_once(pages: Public, visitor: httpx.Client) -> None:
    pages.reader("other@example.com")
    freeze_as_sent(pages, "2026-11-22")
    pages.sign_up(visitor)
    (asked,) = pages.mails()
    for _ in range(2):
        assert visitor.post(link_in(asked), data={"name": ""}).status_code == 200
    assert len(pages.mails()) == 1


@pytest.mark.parametrize("what", ["nothing sent", "turned off", "unsubscribed"])
def test_nobody_is_welcomed_without_a_reason(folder: NewsletterFolder, what: str) -> None:
    newsletter = make.newsletter(welcome_mail=what != "turned off")
    with public(folder.root, newsletter=newsletter) as pages, pages.client() as visitor:
        pages.reader("other@example.com")
        if what != "nothing sent":
            freeze_as_sent(pages, "2026-11-22")
        confirm(pages, visitor)
        if what == "unsubscribed":
            leaving = [UnsubscribeRequest(key=reader.key, how="link") for reader in pages.store.subscribers.stream()]
            pages.store.self_service.unsubscribe(leaving, pages.clock())
        assert pages.mails() == []
        assert pages.logged == []


def test_the_mail_is_in_the_readers_language_and_the_issue_in_its_own(tmp_path: Path) -> None:
    newsletter = make.newsletter()
    theme = rendering.load_theme(tmp_path, newsletter).in_language("de")
    links = {"links.preferences": "https://example.org/p", "links.unsubscribe": "https://example.org/u"}
    email = rendering.welcome_email(make.issue(), links, newsletter, theme)
    text, html = fill_text(email.text, {}), fill_html(email.html, {})
    assert fill_text(email.subject, {}) == "Willkommen bei „The Daily Test“"
    for part in (text, html):
        assert "Monday, November 23, 2026" in part
        assert "Abbestellen" in part
    assert '<div lang="en" dir="ltr"' in html


def test_a_gift_link_leads_past_the_paywall(tmp_path: Path) -> None:
    newsletter = make.newsletter()
    theme = rendering.load_theme(tmp_path, newsletter)
    links = {"links.preferences": "https://example.org/p", "links.unsubscribe": "https://example.org/u"}
    walled = make.entry("a", url="https://example.org/walled", paywall=True, gift="https://example.org/gift")
    email = rendering.welcome_email(make.issue(walled), links, newsletter, theme)
    for part in (fill_text(email.text, {}), fill_html(email.html, {})):
        assert "https://example.org/gift" in part
        assert "https://example.org/walled" not in part


def test_a_long_issue_is_cut_and_one_without_picks_is_not_empty(tmp_path: Path) -> None:
    newsletter = make.newsletter()
    theme = rendering.load_theme(tmp_path, newsletter)
    links = {"links.preferences": "https://example.org/p", "links.unsubscribe": "https://example.org/u"}
    long = make.issue(*(make.entry(f"e{number}") for number in range(100)))
    assert "and 88 more" in fill_text(rendering.welcome_email(long, links, newsletter, theme).text, {})
    last = make.issue(*(make.entry(f"e{number}") for number in range(13)))
    assert "About e12" in fill_text(rendering.welcome_email(last, links, newsletter, theme).text, {})
    note = Block(kind=BlockKind.NOTE, text="Only words today.")
    bare = make.issue(sections=(Section(title=None, items=(note,)),))
    assert "https://news.example.org/issues/2026-11-23/" in fill_text(
        rendering.welcome_email(bare, links, newsletter, theme).text, {}
    )
