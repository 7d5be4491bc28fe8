"""Unsubscribing, undoing it, and pausing instead, over a socket."""

from datetime import timedelta
from pathlib import Path

import httpx
import pytest

from newsletter.domain.consent import SERVICE
from newsletter.domain.leaving import REASONS
from newsletter.domain.publication import Newsletter
from newsletter.domain.subscriber import Frequency, SubscriberStatus
from newsletter.subscriptions import stored_about
from newsletter.tokens import Purpose, Signer, TicketPurpose
from tests import make
from tests.rows import fetch
from tests.web.public.public_pages import Public, hidden, public

ONE_CLICK = {"List-Unsubscribe": "One-Click"}


@pytest.fixture
def newsletter() -> Newsletter:
    """Return a newsletter with a weekly digest."""
    return make.newsletter(weekly_digest=True)


def status(pages: Public) -> SubscriberStatus:
    (reader,) = pages.store.subscribers.stream()
    return reader.status


@pytest.mark.parametrize("body", ["List-Unsubscribe=One-Click", "", "anything", "\0\xff"])
@pytest.mark.parametrize("kind", ["application/x-www-form-urlencoded", "multipart/form-data; boundary=x", "text/plain"])
def test_a_post_unsubscribes_at_once(pages: Public, visitor: httpx.Client, body: str, kind: str) -> None:
    link = pages.link(Purpose.UNSUBSCRIBE, pages.reader())
    for _ in range(2):
        answer = visitor.post(link, content=body.encode("latin-1"), headers={"Content-Type": kind})
        assert answer.status_code == 200
        assert not {"set-cookie", "location", "refresh"} & set(answer.headers)
    assert status(pages) is SubscriberStatus.UNSUBSCRIBED
    (reader,) = pages.store.subscribers.stream()
    (gone,) = pages.store.self_service.consents(reader.id)
    assert (gone.event, gone.how, gone.issue) == ("unsubscribed", "one click", "2026-11-23")


def test_a_get_changes_nothing_and_shows_a_button_that_needs_a_person(pages: Public, visitor: httpx.Client) -> None:
    link = pages.link(Purpose.UNSUBSCRIBE, pages.reader())
    for method in ("GET", "HEAD"):
        assert visitor.request(method, link).status_code == 200
    assert status(pages) is SubscriberStatus.CONFIRMED
    page = visitor.get(link).text
    assert "a•••@e•••.com" in page
    assert "ada@example.com" not in page
    assert "<script" not in page
    assert "http-equiv" not in page


def test_an_unsubscribe_link_never_expires_even_after_a_change_of_secret(tmp_path: Path) -> None:
    signer = Signer("a newer secret, as long as one", make.SECRET)
    with public(tmp_path, signer=signer) as pages, pages.client() as visitor:
        reader = pages.reader()
        old = Signer(make.SECRET).sign(Purpose.UNSUBSCRIBE, "1999-01-01", reader.key)
        pages.clock.move(days=365 * 20)
        assert visitor.post(f"/unsubscribe/1999-01-01/{old}", data=ONE_CLICK).status_code == 200
        assert status(pages) is SubscriberStatus.UNSUBSCRIBED


@pytest.mark.parametrize("issue", ["%00reader%002026-11-23", "%00reader%00", "2026-11-23%00"])
def test_the_token_of_a_tracked_link_cannot_unsubscribe(pages: Public, visitor: httpx.Client, issue: str) -> None:
    links = pages.site.signer.links("https://news.example.org", "2026-11-23", naming=True)(pages.reader().key)
    assert visitor.post(f"/unsubscribe/{issue}/{links['links.reader']}", data=ONE_CLICK).status_code == 404
    assert status(pages) is SubscriberStatus.CONFIRMED


def test_an_unknown_reader_gets_the_same_responses(pages: Public, visitor: httpx.Client) -> None:
    reader = pages.reader()
    link = pages.link(Purpose.UNSUBSCRIBE, reader)
    visitor.post(link, data=ONE_CLICK)
    left = [
        visitor.get(link).text,
        visitor.post(link, data=ONE_CLICK).text,
        visitor.post(link, data={"by": "page"}).text,
    ]
    pages.store.subscribers.remove(reader.address)
    gone = [
        visitor.get(link).text,
        visitor.post(link, data=ONE_CLICK).text,
        visitor.post(link, data={"by": "page"}).text,
    ]
    assert gone == left


def test_unsubscribing_can_be_undone_for_an_hour(pages: Public, visitor: httpx.Client) -> None:
    link = pages.link(Purpose.UNSUBSCRIBE, pages.reader())
    undo = {"undo": hidden(visitor.post(link, data={"by": "page"}).text, "undo")}
    assert "subscribed again" in visitor.post(f"{link}/undo", data=undo).text
    assert status(pages) is SubscriberStatus.CONFIRMED
    undo = {"undo": hidden(visitor.post(link, data={"by": "page"}).text, "undo")}
    pages.clock.move(minutes=61)
    late = visitor.post(f"{link}/undo", data=undo)
    assert (late.status_code, 'href="/subscribe"' in late.text) == (410, True)
    assert status(pages) is SubscriberStatus.UNSUBSCRIBED


def test_a_forwarded_link_cannot_resubscribe(pages: Public, visitor: httpx.Client) -> None:
    reader = pages.reader()
    link = pages.link(Purpose.UNSUBSCRIBE, reader)
    visitor.post(link, data=ONE_CLICK)
    assert 'name="undo"' not in visitor.post(link, data={"by": "page"}).text
    assert 'name="undo"' not in visitor.get(link).text
    other = pages.site.signer.ticket(TicketPurpose.UNDO, "f" * 32, pages.clock())
    for undo in ("", other, link.rpartition("/")[2]):
        assert visitor.post(f"{link}/undo", data={"undo": undo}).status_code == 404
    visitor.post(f"{link}/fewer", data={"how": "pause"})
    assert status(pages) is SubscriberStatus.UNSUBSCRIBED


def test_a_weekly_digest_can_be_chosen_instead_of_leaving(pages: Public, visitor: httpx.Client) -> None:
    link = pages.link(Purpose.UNSUBSCRIBE, pages.reader())
    assert "Switch to a weekly digest" in visitor.get(link).text
    assert "until December 23, 2026" in visitor.post(f"{link}/fewer", data={"how": "pause"}).text
    (reader,) = pages.store.subscribers.stream()
    assert reader.status is SubscriberStatus.CONFIRMED
    assert reader.paused_until == make.WHEN.replace(hour=0, minute=0) + timedelta(days=30)
    assert "once a week" in visitor.post(f"{link}/fewer", data={"how": "weekly"}).text
    (reader,) = pages.store.subscribers.stream()
    assert reader.frequency is Frequency.WEEKLY


def test_a_pause_instead_of_leaving_ends_on_the_stated_day(tmp_path: Path) -> None:
    newsletter = make.newsletter(time_zone="America/New_York")
    with public(tmp_path, newsletter=newsletter) as pages, pages.client() as visitor:
        reader = pages.reader()
        link = pages.link(Purpose.UNSUBSCRIBE, reader)
        assert "until December 23, 2026" in visitor.post(f"{link}/fewer", data={"how": "pause"}).text
        assert 'value="2026-12-23"' in visitor.get(pages.link(Purpose.PREFERENCES, reader)).text


@pytest.mark.parametrize("purpose", [Purpose.PREFERENCES, Purpose.BROWSER])
def test_no_other_token_unsubscribes(pages: Public, visitor: httpx.Client, purpose: Purpose) -> None:
    reader = pages.reader()
    token = pages.site.signer.sign(purpose, "2026-11-23", reader.key)
    tickets = [pages.site.signer.ticket(errand, reader.key, pages.clock()) for errand in TicketPurpose]
    for guess in (token, *tickets, "x" * 48, "é" * 48, "%00", "a" * 5000):
        for method in ("GET", "POST"):
            assert visitor.request(method, f"/unsubscribe/2026-11-23/{guess}").status_code == 404
    assert (
        visitor.post(pages.link(Purpose.UNSUBSCRIBE, reader, "other").replace("/other/", "/2026-11-23/")).status_code
        == 404
    )
    assert status(pages) is SubscriberStatus.CONFIRMED


def test_unsubscribing_leaves_no_personal_data_in_logs(
    pages: Public, visitor: httpx.Client, capfd: pytest.CaptureFixture[str]
) -> None:
    reader = pages.reader()
    link = pages.link(Purpose.UNSUBSCRIBE, reader)
    visitor.get(link)
    visitor.post(link, data=ONE_CLICK)
    visitor.post(link + "x")
    pages.store.close()
    out, err = capfd.readouterr()
    output = out + err + "".join(pages.logged)
    assert link.rpartition("/")[2] not in output
    assert "ada@" not in output


def reasons(pages: Public, issue: str = "2026-11-23") -> dict[str, int]:
    return {given.reason: given.readers for given in pages.store.leaving.reasons(issue)}


def test_readers_who_left_may_say_why_once(pages: Public, visitor: httpx.Client) -> None:
    link = pages.link(Purpose.UNSUBSCRIBE, pages.reader())
    page = visitor.post(link, data={"by": "page"}).text
    assert all(words in page for words in REASONS.values())
    undo = hidden(page, "undo")
    thanks = visitor.post(f"{link}/reason", data={"reason": "time", "undo": undo}).text
    assert "Thank you for telling us" in thanks
    assert "Would you tell us why" not in thanks
    assert hidden(thanks, "undo") == undo
    for answer in ("time", "often"):
        assert visitor.post(f"{link}/reason", data={"reason": answer}).status_code == 200
    assert reasons(pages) == {"time": 1}
    assert "Would you tell us why" not in visitor.get(link).text


def test_readers_who_left_by_one_click_are_asked_when_they_open_the_page(pages: Public, visitor: httpx.Client) -> None:
    links = [pages.link(Purpose.UNSUBSCRIBE, pages.reader(f"r{number}@example.com")) for number in range(4)]
    for link in links:
        assert "why" not in visitor.post(link, data=ONE_CLICK).text
    for link in links[:3]:
        assert "Would you tell us why" in visitor.get(link).text
        visitor.post(f"{link}/reason", data={"reason": "often"})
    pages.clock.move(days=3, hours=1)
    assert "Would you tell us why" not in visitor.get(links[3]).text
    visitor.post(f"{links[3]}/reason", data={"reason": "often"})
    assert reasons(pages) == {"often": 3}


@pytest.mark.parametrize("form", [{}, {"reason": ""}, {"reason": "<b>"}, {"reason": "Often"}])
def test_only_the_newsletters_reasons_are_counted(pages: Public, visitor: httpx.Client, form: dict[str, str]) -> None:
    link = pages.link(Purpose.UNSUBSCRIBE, pages.reader())
    visitor.post(link, data=ONE_CLICK)
    visitor.post(f"{link}/reason", data=form)
    assert reasons(pages) == {}


def test_a_reader_who_has_not_left_gives_no_reason(pages: Public, visitor: httpx.Client) -> None:
    reader = pages.reader()
    link = pages.link(Purpose.UNSUBSCRIBE, reader)
    visitor.post(f"{link}/reason", data={"reason": "often"})
    assert reasons(pages) == {}
    assert status(pages) is SubscriberStatus.CONFIRMED
    for wrong in (pages.link(Purpose.PREFERENCES, reader).replace("preferences", "unsubscribe"), f"{link[:-3]}abc"):
        assert visitor.post(f"{wrong}/reason", data={"reason": "often"}).status_code == 404


def test_a_reason_is_stored_without_the_reader(pages: Public, visitor: httpx.Client) -> None:
    reader = pages.reader()
    link = pages.link(Purpose.UNSUBSCRIBE, reader)
    visitor.post(link, data=ONE_CLICK)
    pages.clock.move(hours=20)
    visitor.post(f"{link}/reason", data={"reason": "often"})
    (row,) = fetch(pages.store, "SELECT * FROM leaving_reason")
    assert tuple(row) == (pages.clock().date().isoformat(), "2026-11-23", "often", 1)
    assert "often" not in str(stored_about(pages.store, reader))
    pages.clock.move(days=8)
    pages.mails()  # the server's hourly work
    assert fetch(pages.store, "SELECT * FROM allowance") == []


def test_readers_who_left_by_service_mail_are_asked_in_their_language(pages: Public, visitor: httpx.Client) -> None:
    link = pages.link(Purpose.UNSUBSCRIBE, pages.reader(language="de-AT"), issue=SERVICE)
    assert "Zu viele E-Mails" in visitor.post(link, data={"by": "page"}).text
    visitor.post(f"{link}/reason", data={"reason": "often"})
    counts = pages.store.leaving.other_reasons(since=pages.clock().date(), before=None)
    assert [(given.reason, given.readers) for given in counts] == [("often", 1)]


def test_a_newsletter_has_its_own_reasons_or_none(tmp_path: Path) -> None:
    own = make.newsletter(leaving_reasons=("often", "I <3 the podcast"))
    with public(tmp_path, newsletter=own) as pages, pages.client() as visitor:
        link = pages.link(Purpose.UNSUBSCRIBE, pages.reader())
        page = visitor.post(link, data={"by": "page"}).text
        assert (REASONS["often"] in page, REASONS["time"] in page) == (True, False)
        assert "I &lt;3 the podcast" in page
        visitor.post(f"{link}/reason", data={"reason": "I <3 the podcast"})
        assert reasons(pages) == {"I <3 the podcast": 1}
    with public(tmp_path, newsletter=make.newsletter(leaving_reasons=())) as pages, pages.client() as visitor:
        page = visitor.post(pages.link(Purpose.UNSUBSCRIBE, pages.reader("b@example.com")), data={"by": "page"}).text
        assert "why" not in page
