"""After an erasure no file of the newsletter has the reader's addresses in any encoding, even after late events."""

from collections.abc import Iterator
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from urllib.parse import quote

import httpx
import sqlalchemy as sa

from newsletter import subscriber_files
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.events import Bounce, Event, EventKind
from newsletter.domain.segment import EVERYONE
from newsletter.domain.send import Send
from newsletter.domain.subscriber import Subscriber, SuppressionReason
from newsletter.feedback import Feedback
from newsletter.message.mime import Wire
from newsletter.providers import open_provider
from newsletter.store.tables import send
from newsletter.tokens import Signer
from tests import ledger, make
from tests.rows import execute
from tests.subscriptions.address_encodings import BEFORE, NOW, traces
from tests.web.public.public_pages import Public, link_in, only_reader


def event(key: str, at: datetime, **some: object) -> Event:
    """Return an event of a provider."""
    return Event(**({"key": key, "provider": "ses", "at": at} | some))  # type: ignore[arg-type]


def late(address: str, key: str, at: datetime) -> Iterator[Event]:
    """Return all events that may still come for an erased reader's address."""
    raw = f'{{"destination": ["{address}"], "quoted": "{quote(address)}"}}'
    for kind in EventKind:
        bounce = Bounce.PERMANENT if kind is EventKind.BOUNCED else None
        common = {"kind": kind, "bounce": bounce, "detail": f"<{address}>", "raw": raw, "issue": "2026-11-23"}
        link = f"https://example.org/?to={quote(address)}" if kind is EventKind.CLICKED else ""
        for name, reader in (("named", key), ("unnamed", "")):
            yield event(f"{kind}-{name}-{address == NOW}", at, address=address, reader=reader, link=link, **common)
    yield event(f"unreadable-{address == NOW}", at, kind=EventKind.UNKNOWN, raw=raw)


def test_no_file_contains_an_erased_readers_addresses(pages: Public, visitor: httpx.Client, tmp_path: Path) -> None:
    pages.sign_up(visitor, name="Zenobia Quill", address=BEFORE)
    visitor.post(link_in(pages.mails()[0]), data={"name": "Zenobia Quill"})
    (reader,) = pages.store.subscribers.stream()
    pages.store.subscribers.merge([[make_other(number) for number in range(300)]], now=pages.clock())
    # An issue in the outbox, another one in flight, and a mailed link in the outbox.
    provider = open_provider("outbox", {"path": "outbox"}, root=pages.root, environment={})
    done, flying = (frozen(pages, issue) for issue in ("2026-11-23", "2026-11-24"))
    batch = ledger.claim(pages.store, done.id, size=400)
    everybody = [
        replace(make.recipient(), subscriber=delivery.subscriber, key=delivery.key, address=delivery.address)
        for delivery in batch
    ]
    receipts = list(provider.submit(make.letters(Wire(make.email(), make.WHEN), everybody)))
    ledger.record(pages.store, done.id, receipts, batch=batch)
    late_batch = ledger.claim(pages.store, flying.id, size=400)
    assert len(receipts) == len(late_batch) == 301
    visitor.post("/preferences", data={"address": BEFORE.upper().replace("Ü", "ü").replace("Ä", "ä")})
    while pages.mailer.send_batch():
        pass
    assert len(list(pages.outbox.glob("service/*"))) == 1
    at = pages.clock()
    Feedback(pages.store, pages.site.signer, soft_bounces=99).record(
        list(late(BEFORE, reader.key, at))[:6], now=pages.clock()
    )
    pages.clock.move(hours=30)
    visitor.post(f"{pages.visit(reader)}/address", data={"address": NOW})
    move = link_in(next(mail for mail in pages.mails() if mail["To"] == NOW))
    visitor.post(move)
    pages.store.suppressions.add(BEFORE, SuppressionReason.COMPLAINED, now=pages.clock())
    pages.clock.move(days=40)  # the confirmations are deleted by now; former addresses are still known, as hashes
    pages.store.confirmations.tidy(pages.clock())
    visitor.post(f"{pages.visit(reader)}/address", data={"address": "zenobia@quillfeather-later.example"})
    reason = f"relay refuses: 554 5.7.1 <{NOW}>: Relay access denied, as for {BEFORE}."
    execute(pages.store, sa.update(send).where(send.c.id == flying.id).values(reason=reason))
    assert traces(pages.root, BEFORE)
    assert traces(pages.root, NOW)

    assert visitor.post(f"{pages.visit(reader)}/erase", data={"sure": "yes"}).status_code == 200
    assert traces(pages.root, BEFORE, NOW) == []

    file = tmp_path.parent / f"{tmp_path.name}.csv"
    file.write_text(f"email,suppressed\n{NOW},\n{BEFORE},complained\nben@example.com,\n")
    for address in (BEFORE, NOW):
        Feedback(pages.store, pages.site.signer, soft_bounces=1).record(
            list(late(address, reader.key, at)), now=pages.clock()
        )
    form = subscriber_files.OwnFormat(topics=make.topics())
    report = subscriber_files.import_readers(
        pages.store.subscribers.merge, [file], form, signer=pages.site.signer, now=pages.clock()
    )
    assert (report.added, report.kept_away) == (1, 2)
    words = {"status": DeliveryStatus.REFUSED, "detail": f"550 <{NOW}> said no", "provider_id": f"<1.{NOW}>"}
    answers = [
        Receipt(subscriber=delivery.subscriber, **(words if delivery.key == reader.key else OK))
        for delivery in late_batch
    ]
    ledger.record(pages.store, flying.id, answers, batch=late_batch)
    ledger.record(pages.store, done.id, [Receipt(subscriber=reader.id, **words)])  # type: ignore[arg-type]
    assert pages.store.scrub()
    assert traces(pages.root, BEFORE, NOW) == []


def test_a_removal_without_a_match_keeps_an_earlier_one_to_be_scrubbed(pages: Public) -> None:
    pages.reader(NOW)
    assert pages.store.subscribers.remove(NOW)
    assert not pages.store.subscribers.remove(NOW)
    assert pages.store.unscrubbed
    assert pages.store.scrub()
    assert not pages.store.unscrubbed


def test_service_messages_to_a_non_ascii_address_are_erased(pages: Public, visitor: httpx.Client) -> None:
    address = "zenobía.quillfeather@example.com"
    reader = pages.reader(address)
    visitor.post("/preferences", data={"address": address})
    while pages.mailer.send_batch():
        pass
    assert traces(pages.outbox, address)
    visitor.post(f"{pages.visit(reader)}/erase", data={"sure": "yes"})
    assert list(pages.outbox.rglob("*.eml")) == []


def test_an_erased_reader_is_not_restored_by_an_import(pages: Public, visitor: httpx.Client, tmp_path: Path) -> None:
    pages.sign_up(visitor, name="Ada Lovelace")
    visitor.post(link_in(pages.mails()[0]), data={"name": "Ada Lovelace"})
    reader = only_reader(pages)
    pages.store.suppressions.add("ada@example.com", SuppressionReason.BOUNCED, now=pages.clock())
    visitor.post(f"{pages.visit(reader)}/address", data={"address": "new@example.com"})
    erase = f"{pages.visit(reader)}/erase"
    assert visitor.post(erase).status_code == 422
    assert only_reader(pages) == reader
    for _ in range(2):
        assert "Your data has been deleted" in visitor.post(erase, data={"sure": "yes"}).text
    assert "No subscription" in visitor.get(pages.visit(reader)).text
    assert pages.mails() == []
    file = tmp_path / "readers.csv"
    file.write_text("email,status\nADA@example.com,confirmed\nben@example.com,\n")
    for signer in (Signer(make.SECRET), Signer("a newer secret, as long as one", make.SECRET)):
        report = subscriber_files.import_readers(
            pages.store.subscribers.merge,
            [file],
            subscriber_files.OwnFormat(topics=make.topics()),
            signer=signer,
            now=pages.clock(),
        )
        assert report.kept_away == 1
    assert only_reader(pages).address == "ben@example.com"
    pages.clock.move(days=2)
    pages.sign_up(visitor)
    visitor.post(link_in(pages.mails()[0]))
    assert pages.store.subscribers.get("ada@example.com") is not None
    assert pages.store.erasures.key_ids() == frozenset()


OK = {"status": DeliveryStatus.SUBMITTED}


def frozen(pages: Public, issue: str) -> Send:
    """Freeze an issue for all readers."""
    compiled = replace(make.compiled(), issue=issue)
    return pages.store.sends.freeze(
        compiled=compiled, tailor=make.tailor(), date=make.WHEN, segments=[EVERYONE], provider="outbox", now=make.WHEN
    )


def make_other(number: int) -> Subscriber:
    """Return another reader, to fill the database's file."""
    return Subscriber(address=f"reader{number}@example.org", first_name="R" * (number % 40))
