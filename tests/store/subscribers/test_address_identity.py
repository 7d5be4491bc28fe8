"""The upgrade to addresses' stricter identity: one key becomes two, two become one, on both databases.

The database has the tables and case-folded keys of the previous version.
"""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from alembic import command
from alembic.config import Config

from newsletter.domain.addresses import address_key
from newsletter.domain.consent import SignUpChoices
from newsletter.domain.segment import EVERYONE
from newsletter.domain.subscriber import Subscriber, SubscriberStatus
from newsletter.store import Store, event_tables, migrate, open_store, tables, upgrade
from newsletter.store.engines import connect
from newsletter.tokens import Signer
from tests import make
from tests.rows import database_of, stored_events

NOW = datetime(2026, 11, 23, 8, tzinfo=UTC)
SIGNER = Signer(make.SECRET)


class Before:
    """A database of the previous version."""

    def __init__(self, url: str) -> None:
        self.url = url
        self.database = connect(url)
        with self.database.exclusive() as connection:
            attributes = {"connection": connection, "version_table": migrate.REVISION_TABLE}
            config = Config(attributes=attributes)
            config.set_main_option("script_location", str(migrate.MIGRATIONS))
            config.set_main_option("path_separator", "os")
            command.upgrade(config, "0005")

    def add(self, table: sa.Table, **values: Any) -> None:
        """Write a row."""
        with self.database.writing() as connection:
            connection.execute(sa.insert(table).values(values))

    def reader(self, id_: int, address: str, key: str = "", status: str = "confirmed") -> None:
        """Write a reader with the key that their address had then."""
        self.add(
            tables.subscriber,
            id=id_,
            key=f"{id_:032x}",
            address=address,
            address_key=key or address.casefold(),
            first_name="",
            last_name="",
            status=status,
            language="",
            attributes={},
            created=NOW,
            changed=NOW,
        )

    def confirmation(self, address: str, confirmed: datetime | None = None) -> None:
        """Write a sign-up and perhaps its confirmation."""
        self.add(
            tables.confirmation,
            key=f"{abs(hash(address)):032x}"[:32],
            kind="sign-up",
            address=address,
            address_key=address.casefold(),
            subscriber="",
            choices=SignUpChoices().to_json(),
            how="form",
            wording="",
            asked=NOW,
            confirmed=confirmed,
        )

    def upgraded(self) -> Store:
        """Upgrade it and open it."""
        self.database.close()
        assert upgrade(self.url)[0] == "0006"
        return open_store(self.url)


@pytest.fixture(params=["sqlite", "postgresql"])
def before(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Before]:
    """Make an empty database of the previous version, of each kind."""
    file = f"sqlite:///{tmp_path / 'newsletter.db'}"
    old = Before(file if request.param == "sqlite" else request.getfixturevalue("empty_postgresql"))
    yield old
    old.database.close()


def listed(store: Store) -> list[tuple[str, str, str]]:
    """Return the collisions that the operator sees."""
    return [(collision.kind.value, collision.address, collision.other) for collision in store.collisions.all()]


def test_every_key_is_recomputed(before: Before) -> None:
    addresses = ("Ada@example.org", "eva@fußball.org", "Jörg@bücher.example", "ﬁona@example.net")
    for number, address in enumerate(addresses, 1):
        before.reader(number, address)
        before.add(tables.suppression, address_key=address.casefold(), reason="bounced", since=NOW)
    with before.upgraded() as store:
        for address in addresses:
            reader = store.subscribers.get(address)
            assert reader is not None
            assert reader.address == address
            assert store.suppressions.has(address)
        assert store.subscribers.get("eva@fussball.org") is store.subscribers.get("fiona@example.net") is None
        # Either may have bounced, so both stay suppressed, and the operator is informed.
        assert store.suppressions.has("eva@fussball.org")
        assert listed(store) == [
            ("suppressed", "eva@fußball.org", "eva@fussball.org"),
            ("suppressed", "ﬁona@example.net", "fiona@example.net"),
        ]
        assert {reader.address for reader in store.subscribers.stream()} == set(addresses)


def test_readers_with_the_same_address_are_merged_and_unsubscribed(before: Before) -> None:
    before.reader(1, "bea@bücher.example")
    before.reader(2, "bea@xn--bcher-kva.example", status="unsubscribed")
    before.reader(3, "cleo@xn--bcher-kva.example")
    before.reader(4, "cleo@bücher.example", status="unconfirmed")
    before.add(tables.consent, subscriber=2, at=NOW, event="unsubscribed", how="page", wording="", issue="")
    with before.upgraded() as store:
        bea, cleo = store.subscribers.stream()
        assert (bea.address, bea.status) == ("bea@bücher.example", SubscriberStatus.UNSUBSCRIBED)
        assert (cleo.id, cleo.status) == (3, SubscriberStatus.CONFIRMED)
        assert [stored.event for stored in store.self_service.consents(bea.id)] == ["unsubscribed"]
        assert listed(store) == [
            ("merged", "bea@bücher.example", "bea@xn--bcher-kva.example"),
            ("merged", "cleo@xn--bcher-kva.example", "cleo@bücher.example"),
        ]
        assert store.sends.count_audience([EVERYONE], now=NOW).recipients == 1
        store.self_service.erase(bea.key, NOW, SIGNER.fingerprints)
        assert [stored.address for stored in store.collisions.all()] == ["cleo@xn--bcher-kva.example"]
        store.collisions.clear()
        assert listed(store) == []


def test_merged_readers_are_not_mailed_twice(before: Before) -> None:
    before.reader(1, "bea@bücher.example")
    before.reader(2, "bea@xn--bcher-kva.example")
    for number, slug in ((1, "2026-11-22"), (2, "2026-11-23")):
        before.add(
            tables.send,
            id=number,
            issue=slug,
            status="paused",
            provider="outbox",
            digest="",
            content="",
            date=NOW,
            segments=[],
            created=NOW,
            left_out=0,
        )
        for reader, status in ((1, "queued"), (2, "submitted" if number == 1 else "queued")):
            row = {
                "send": number,
                "edition": 0,
                "subscriber": reader,
                "status": status,
                "detail": "",
                "provider_id": "",
            }
            before.add(tables.delivery, **row)
    with before.upgraded() as store, database_of(store).reading() as connection:
        query = sa.select(tables.delivery.c.send, tables.delivery.c.subscriber, tables.delivery.c.status)
        statuses = {(row.send, row.subscriber): row.status for row in connection.execute(query)}
        # The second reader is gone, so their queued deliveries are skipped when claimed.
        assert statuses == {(1, 1): "skipped", (1, 2): "submitted", (2, 1): "queued", (2, 2): "queued"}
        assert [reader.id for reader in store.subscribers.stream()] == [1]


def test_a_reader_resubscribed_by_anothers_link_is_unsubscribed_again(before: Before) -> None:
    before.reader(1, "fiona@example.net")
    before.reader(2, "sam@example.net")
    before.reader(3, "ida@fußball.org")
    before.reader(4, "mia@example.net")
    before.confirmation("ﬁona@example.net", NOW)
    before.confirmation("ſam@example.net", NOW)
    before.confirmation("ida@fussball.org", NOW)  # reversed: the plain address is the stranger's
    before.confirmation("mia@example.net", NOW)  # her own
    later = {"subscriber": 2, "at": NOW + timedelta(days=1), "wording": "", "issue": ""}
    before.add(tables.consent, event="confirmed", how="link", **later)  # by himself, since
    with before.upgraded() as store:
        standings = {reader.address: reader.status.value for reader in store.subscribers.stream()}
        assert standings == {
            "fiona@example.net": "unsubscribed",
            "sam@example.net": "confirmed",
            "ida@fußball.org": "unsubscribed",
            "mia@example.net": "confirmed",
        }
        assert sorted(listed(store)) == [
            ("asked", "sam@example.net", "ſam@example.net"),
            ("unsubscribed", "fiona@example.net", "ﬁona@example.net"),
            ("unsubscribed", "ida@fußball.org", "ida@fussball.org"),
        ]
        fiona = store.subscribers.get("fiona@example.net")
        assert fiona is not None
        assert [(stored.event, stored.how) for stored in store.self_service.consents(fiona.id)] == [
            ("unsubscribed", "upgrade")
        ]


def test_events_are_moved_to_the_merged_reader(before: Before) -> None:
    before.reader(1, "eva@fußball.org")
    common = {"provider": "ses", "kind": "bounced", "at": NOW, "received": NOW, "issue": "", "bounce": "transient"}
    common |= {"status": "", "feedback": "", "detail": "", "link": "", "raw": "", "counts": True}
    for number, (reader, key) in enumerate(
        ((1, "eva@fussball.org"), (None, "eva@fussball.org"), (None, "x@bücher.example"))
    ):
        before.add(event_tables.event, key=str(number), subscriber=reader, address_key=key, **common)
    with before.upgraded() as store:
        listed_events = [(stored.key, stored.address) for stored in stored_events(store)]
        assert listed_events == [
            ("0", "eva@xn--fuball-cta.org"),
            ("1", "eva@fussball.org"),
            ("2", "x@xn--bcher-kva.example"),
        ]


def test_an_erased_reader_stays_away_but_can_sign_up_again(before: Before) -> None:
    for address in ("jörg@bücher.example", "eva@fußball.org"):
        hashed = dict(SIGNER.fingerprints(address.casefold()))[SIGNER.key]
        before.add(tables.erasure, hash=hashed, signing_key=SIGNER.key, since=NOW)
    with before.upgraded() as store:
        batch = [
            Subscriber(address=written) for written in ("Jörg@bücher.example", "eva@fußball.org", "ben@example.org")
        ]
        counts = store.subscribers.merge([batch], fingerprints=SIGNER.fingerprints, now=NOW)
        assert (counts.added, counts.kept_away) == (1, 2)
        assert store.erasures.has("jörg@xn--bcher-kva.example", SIGNER.fingerprints)


@pytest.mark.parametrize("status", [SubscriberStatus.CONFIRMED, SubscriberStatus.UNSUBSCRIBED])
def test_an_old_confirmation_is_never_valid_for_another_reader(before: Before, status: SubscriberStatus) -> None:
    before.reader(7, "fiona@example.net", status=status.value)
    before.confirmation("ﬁona@example.net")
    with before.upgraded() as store:
        assert listed(store) == [("asked", "fiona@example.net", "ﬁona@example.net")]
        fiona = store.subscribers.get("fiona@example.net")
        assert fiona is not None
        (pending,) = store.confirmations.of_reader("", "ﬁona@example.net")
        other = store.self_service.confirm(pending, pending.choices, NOW)
        assert other.id != fiona.id
        assert store.subscribers.get("fiona@example.net") == fiona
        assert address_key(other.address) == "ﬁona@example.net"
