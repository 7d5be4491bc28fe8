"""Confusable addresses at every entry point, on both databases: mail goes only to stored addresses."""

from collections.abc import Iterator
from email.message import EmailMessage
from itertools import count
from pathlib import Path

import httpx
import pytest

from newsletter import subscriber_files
from newsletter.domain.addresses import address_key, parse_address
from newsletter.domain.consent import UnsubscribeRequest
from newsletter.domain.events import Bounce, Event, EventKind
from newsletter.domain.subscriber import Subscriber, SubscriberStatus, SuppressionReason
from newsletter.feedback import Feedback
from newsletter.message.encoding import ascii_domain
from tests import make
from tests.confusables import DIFFERENT, SAME
from tests.web.public.public_pages import Public, link_in, public

CLIENTS = count(1)


@pytest.fixture
def pages(tmp_path: Path, database_url: str) -> Iterator[Public]:
    """Start public pages on a database of each kind, with a reader for each address of the corpus."""
    with public(tmp_path, database=database_url) as at:
        yield at


def readers(pages: Public, pairs: tuple[tuple[str, str], ...], **some: object) -> dict[str, Subscriber]:
    """Add a reader for the first address of each pair."""
    pages.store.subscribers.merge([[make_reader(stored, **some) for stored, _ in pairs]], now=pages.clock())
    by_address = {reader.address: reader for reader in pages.store.subscribers.stream()}
    return {stored: by_address[parse_address(stored)] for stored, _ in pairs}


def make_reader(address: str, **some: object) -> Subscriber:
    """Return a reader with an address in the form that the pages store."""
    return Subscriber(address=parse_address(address), **some)  # type: ignore[arg-type]


@pytest.fixture
def visitor(pages: Public) -> Iterator[httpx.Client]:
    """Return a client whose requests each come from another network: rate limits are tested elsewhere."""

    def elsewhere(request: httpx.Request) -> None:
        number = next(CLIENTS)
        request.headers["X-Forwarded-For"] = f"10.{number >> 8}.{number & 255}.1"

    with pages.client() as client:
        client.event_hooks["request"].append(elsewhere)
        yield client


def mails(pages: Public) -> dict[str, EmailMessage]:
    """Return the service messages that go out now, by recipient."""
    received = pages.mails()
    by_address = {str(mail["To"]): mail for mail in received}
    assert len(by_address) == len(received)
    return by_address


def mailed(address: str) -> str:
    """Return an address as a message is addressed to it."""
    return ascii_domain(parse_address(address))


def test_a_link_is_mailed_only_to_the_stored_address(pages: Public, visitor: httpx.Client) -> None:
    stored = readers(pages, DIFFERENT + SAME)
    answers = {visitor.post("/preferences", data={"address": other}).text for _, other in DIFFERENT}
    assert len(answers) == 1
    assert mails(pages) == {}
    assert {visitor.post("/preferences", data={"address": other}).text for _, other in SAME} == answers
    assert set(mails(pages)) == {ascii_domain(stored[address].address) for address, _ in SAME}


def test_a_sign_up_never_matches_a_look_alike_address(pages: Public, visitor: httpx.Client) -> None:
    stored = readers(pages, DIFFERENT + SAME)
    left = [UnsubscribeRequest(key=reader.key, how="page") for reader in stored.values()]
    pages.store.self_service.unsubscribe(left, pages.clock())
    for _, other in DIFFERENT + SAME:
        assert pages.sign_up(visitor, address=other).status_code == 200
    received = mails(pages)
    assert set(received) == {mailed(other) for _, other in DIFFERENT} | {mailed(address) for address, _ in SAME}
    for mail in received.values():
        assert visitor.post(link_in(mail), data={}).status_code == 200
    after = {reader.address: reader for reader in pages.store.subscribers.stream()}
    for address, other in DIFFERENT:
        assert after[stored[address].address].status is SubscriberStatus.UNSUBSCRIBED
        assert after[parse_address(other)].status is SubscriberStatus.CONFIRMED
    for address, _ in SAME:
        assert after[stored[address].address].status is SubscriberStatus.CONFIRMED
    assert len(after) == len(stored) + len(DIFFERENT)


def test_a_reader_can_move_to_a_look_alike_address_but_not_to_another_readers(
    pages: Public, visitor: httpx.Client
) -> None:
    stored = readers(pages, DIFFERENT + SAME)
    addresses = [(f"mover{number}@example.org", other) for number, (_, other) in enumerate(DIFFERENT + SAME)]
    added = readers(pages, tuple(addresses))
    movers = {other: added[address] for address, other in addresses}
    for other, mover in movers.items():
        visitor.post(f"{pages.visit(mover)}/address", data={"address": other})
    received = mails(pages)
    assert set(received) == {mailed(other) for _, other in DIFFERENT} | {mailed(address) for address, _ in SAME}
    statuses = {address: visitor.post(link_in(mail)).status_code for address, mail in received.items()}
    assert statuses == {mailed(other): 200 for _, other in DIFFERENT} | {mailed(address): 409 for address, _ in SAME}
    now = {reader.key: reader.address for reader in pages.store.subscribers.stream()}
    for address, other in DIFFERENT:
        assert (now[stored[address].key], now[movers[other].key]) == (stored[address].address, parse_address(other))
    for address, other in SAME:
        assert (now[stored[address].key], now[movers[other].key]) == (stored[address].address, movers[other].address)


def test_an_import_restores_no_departed_reader_and_adds_no_duplicates(pages: Public, tmp_path: Path) -> None:
    stored = readers(pages, DIFFERENT + SAME, first_name="Theirs")
    erased = [stored.pop(address) for address, _ in SAME[::2]]
    for reader in erased:
        pages.store.self_service.erase(reader.key, make.WHEN, pages.site.signer.fingerprints)
    for address, _ in SAME[1::2]:
        pages.store.suppressions.add(address, SuppressionReason.COMPLAINED, now=pages.clock())
    file = tmp_path / "readers.csv"
    file.write_text("email,first_name\n" + "".join(f"{other},Other\n" for _, other in DIFFERENT + SAME))
    form = subscriber_files.OwnFormat(topics=make.topics())
    report = subscriber_files.import_readers(
        pages.store.subscribers.merge, [file], form, signer=pages.site.signer, now=pages.clock()
    )
    assert (report.added, report.kept_away, report.refused) == (len(DIFFERENT), len(SAME), 0)
    after = {reader.address: reader for reader in pages.store.subscribers.stream()}
    assert {after[reader.address].first_name for reader in stored.values()} == {"Theirs"}
    assert {after[parse_address(other)].first_name for _, other in DIFFERENT} == {"Other"}
    assert not {reader.address for reader in erased} & after.keys()


def test_a_bounce_suppresses_only_its_own_address(pages: Public) -> None:
    stored = readers(pages, DIFFERENT + SAME)
    events = [
        Event(
            key=other,
            provider="ses",
            kind=EventKind.BOUNCED,
            at=pages.clock(),
            address=other,
            bounce=Bounce.PERMANENT,
        )
        for _, other in DIFFERENT + SAME
    ]
    Feedback(pages.store, pages.site.signer, soft_bounces=3).record(events, now=pages.clock())
    suppressed = {suppressed_one.address_key for suppressed_one in pages.store.suppressions.stream()}
    assert suppressed == {address_key(other) for _, other in DIFFERENT + SAME}
    for address, _ in DIFFERENT:
        assert not pages.store.suppressions.has(stored[address].address)
    for address, _ in SAME:
        assert pages.store.suppressions.has(stored[address].address)
