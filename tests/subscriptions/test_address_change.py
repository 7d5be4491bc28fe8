"""A reader's change of address: confirmed by the new owner, announced to the old one, and undone."""

from dataclasses import replace

import httpx

from newsletter.domain.events import Bounce, Event, EventKind
from newsletter.domain.subscriber import Subscriber, SubscriberStatus
from newsletter.feedback import Feedback
from tests.web.public.public_pages import Public, link_in, only_reader


def test_a_change_of_address_is_confirmed_by_the_new_owner_and_the_old_one_notified(
    pages: Public, visitor: httpx.Client
) -> None:
    reader = pages.reader(topics=("asia",))
    visitor.post(f"{pages.visit(reader)}/address", data={"address": "Ada@New.example.org"})
    (mail,) = pages.mails()
    assert mail["To"] == "Ada@new.example.org"
    assert only_reader(pages).address == "ada@example.com"
    link = link_in(mail)
    assert "Yes, send it here" in visitor.get(link).text
    assert only_reader(pages).address == "ada@example.com"  # a GET changes nothing
    for _ in range(2):
        assert "Your address has been changed" in visitor.post(link).text
    after = only_reader(pages)
    assert replace(after, address="") == replace(reader, address="", id=after.id)
    assert after.address == "Ada@new.example.org"
    (told,) = pages.mails()
    assert told["To"] == "ada@example.com"
    assert "new.example.org" not in told.as_string().casefold()
    assert link_in(told).startswith("/undo-move/")
    assert pages.store.self_service.consents(after.id)[-1].event == "moved"


def moved_to(pages: Public, visitor: httpx.Client, reader: Subscriber, address: str) -> str:
    """Change a reader's address, a second later; return the link in the notice to the old one."""
    visitor.post(f"{pages.visit(reader)}/address", data={"address": address})
    link = link_in(next(mail for mail in pages.mails() if mail["To"] == address))
    pages.clock.move(seconds=1)
    assert visitor.post(link).status_code == 200
    (told,) = pages.mails()
    pages.clock.move(seconds=1)
    return link_in(told)


def test_the_notice_to_the_old_address_can_only_undo_the_change(pages: Public, visitor: httpx.Client) -> None:
    reader = pages.reader(first_name="Zenobia", topics=("nato",))
    before = pages.visit(reader)
    undo = moved_to(pages, visitor, reader, "private@elsewhere.example")
    ticket = undo.rpartition("/")[2]
    for path in (undo, before, f"{before}/download", *(f"/{door}/{ticket}" for door in ("my", "move", "confirm"))):
        answer = visitor.get(path)
        assert answer.status_code == (200 if path is undo else 410 if path.startswith(before) else 404)
        assert "private" not in answer.text
        assert "elsewhere" not in answer.text
        assert "Zenobia" not in answer.text
    for path in (before, f"{before}/erase", f"{before}/address"):
        data = {"sure": "yes", "address": "eve@example.com"}
        assert visitor.post(path, data=data).status_code == 410
    assert only_reader(pages).address == "private@elsewhere.example"  # a GET changes nothing
    assert "ada@example.com" not in visitor.get(undo).text
    for _ in range(2):
        answer = visitor.post(undo)
        assert "has been undone" in answer.text
    (told,) = pages.mails()  # pressed twice, notified once
    assert told["To"] == "private@elsewhere.example"
    assert link_in(told) == "/subscribe"
    for trace in ("ada@example.com", "Zenobia", reader.key):
        assert trace not in told.as_string()
    one_click = told["List-Unsubscribe"].strip("<>").removeprefix("https://news.example.org")
    assert visitor.post(one_click, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    after = only_reader(pages)
    assert after == replace(reader, id=after.id)
    assert [(consent.event, consent.how) for consent in pages.store.self_service.consents(after.id)] == [
        ("moved", "preferences"),
        ("moved", "undo"),
    ]


def test_a_change_of_address_ends_earlier_pending_ones(pages: Public, visitor: httpx.Client) -> None:
    reader = pages.reader()
    visitor.post(f"{pages.visit(reader)}/address", data={"address": "eve@elsewhere.example"})
    (to_eve,) = pages.mails()
    visitor.post(f"{pages.visit(reader)}/address", data={"address": "eva@elsewhere.example"})
    undo = moved_to(pages, visitor, reader, "ada@new.example.org")
    for _ in range(2):  # before and after it is undone
        assert visitor.get(link_in(to_eve)).status_code == 404
        assert visitor.post(link_in(to_eve)).status_code == 404
        assert "eve@elsewhere.example" not in {mail["To"] for mail in pages.mails()}
        assert only_reader(pages).address != "eve@elsewhere.example"
        visitor.post(undo)
    assert only_reader(pages).address == "ada@example.com"


def test_an_undone_change_cannot_be_redone_and_keeps_nothing_of_the_other_address(
    pages: Public, visitor: httpx.Client
) -> None:
    reader = pages.reader()
    theirs = pages.visit(reader)
    visitor.post(f"{theirs}/address", data={"address": "later@elsewhere.example"})
    (later,) = pages.mails()
    undo = moved_to(pages, visitor, reader, "first@elsewhere.example")
    of_first = pages.visit(reader)
    bounced = {"provider": "mail", "kind": EventKind.BOUNCED, "bounce": Bounce.TRANSIENT, "reader": reader.key}
    event = Event(key="1", at=pages.clock(), address="first@elsewhere.example", raw="first@elsewhere", **bounced)  # type: ignore[arg-type]
    Feedback(pages.store, pages.site.signer, soft_bounces=9).record([event], now=pages.clock())
    undo_of_first = moved_to(pages, visitor, reader, "second@elsewhere.example")
    of_second = pages.visit(reader)
    pages.clock.move(seconds=1)
    assert visitor.post(undo).status_code == 200
    for path in (of_first, of_second):
        assert visitor.get(path).status_code == 410
    for path in (undo_of_first, link_in(later)):
        assert visitor.post(path).status_code == 404
    assert only_reader(pages).address == "ada@example.com"
    pages.clock.move(seconds=1)
    stored = visitor.get(f"{pages.visit(reader)}/download").text
    assert "ada@example.com" in stored
    for word in ("first@", "second@", "later@"):
        assert word not in stored


def test_a_change_can_be_undone_for_two_weeks_even_if_the_notice_is_unsubscribed_from(
    pages: Public, visitor: httpx.Client
) -> None:
    reader = pages.reader()
    visitor.post(f"{pages.visit(reader)}/address", data={"address": "new@example.com"})
    visitor.post(link_in(pages.mails()[0]))
    (told,) = pages.mails()
    one_click = told["List-Unsubscribe"].strip("<>").removeprefix("https://news.example.org")
    assert visitor.post(one_click, data={"List-Unsubscribe": "One-Click"}).status_code == 200
    assert only_reader(pages).status is SubscriberStatus.CONFIRMED
    pages.clock.move(days=13)
    assert visitor.get(link_in(told)).status_code == 200
    pages.clock.move(days=2)
    for ask in (visitor.get, visitor.post):
        answer = ask(link_in(told))
        assert (answer.status_code, "can undo an address change for 14 days" in answer.text) == (410, True)
    assert only_reader(pages).address == "new@example.com"


def test_a_change_is_not_undone_if_another_reader_has_the_old_address(pages: Public, visitor: httpx.Client) -> None:
    reader = pages.reader()
    undo = moved_to(pages, visitor, reader, "new@example.com")
    other = pages.reader("ada@example.com")
    answer = visitor.post(undo)
    assert (answer.status_code, "already subscribed" in answer.text) == (409, True)
    assert pages.store.subscribers.get("ada@example.com") == other


def test_another_readers_address_is_refused(pages: Public, visitor: httpx.Client) -> None:
    reader, other = pages.reader(), pages.reader("ben@example.com")
    answer = visitor.post(f"{pages.visit(reader)}/address", data={"address": "ben@example.com"})
    free = visitor.post(f"{pages.visit(reader)}/address", data={"address": "free@example.com"})
    assert answer.text == free.text
    mail = next(mail for mail in pages.mails() if mail["To"] == "ben@example.com")
    taken = visitor.post(link_in(mail))
    assert taken.status_code == 409
    assert "is already subscribed" in taken.text
    assert [subscriber.address for subscriber in pages.store.subscribers.stream()] == [
        "ada@example.com",
        "ben@example.com",
    ]
    assert pages.store.subscribers.get("ben@example.com") == other
