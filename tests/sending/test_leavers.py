"""Readers who leave during a send get no further message, except one already handed to the provider."""

import random
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from newsletter import sending
from newsletter.domain.delivery import DeliveryStatus, Uncertainty
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.subscriber import Subscriber, SubscriberStatus, SuppressionReason
from newsletter.providers.smtp.provider import open_smtp
from newsletter.sending import Observer, SendContext
from newsletter.store import Store, open_store
from tests import make
from tests.clock import Clock
from tests.databases import new_sqlite
from tests.rows import database_of, fetch_column
from tests.sending.faults import ISSUE, addresses, fill
from tests.sending.freeze_requests import to_everyone
from tests.smtp_server import CUT, SmtpServer, smtp_server

S = DeliveryStatus
READERS = 90
Leave = Callable[[Store, str], object]


def unsubscribe(store: Store, address: str) -> None:
    store.subscribers.merge([[Subscriber(address=address, status=SubscriberStatus.UNSUBSCRIBED)]], now=make.WHEN)


def complain(store: Store, address: str) -> None:
    store.suppressions.add(address, SuppressionReason.COMPLAINED, now=make.WHEN)


def erase(store: Store, address: str) -> None:
    store.subscribers.remove(address)


WAYS: tuple[Leave, ...] = (unsubscribe, complain, erase)


@contextmanager
def relay(server: SmtpServer, root: Path) -> Iterator[SendContext]:
    """Return everything for a send over two connections, three messages per batch."""
    options = {"host": "127.0.0.1", "port": server.port, "security": "none", "connections": 2, "batch_size": 3}
    provider = open_smtp(options, root=root, environment={}, timer=Clock().timer())
    yield make.send_context(provider, "smtp")
    provider.close()


def begin(store: Store, by: SendContext, observer: Observer | None = None) -> Send:
    return sending.start(store, by, to_everyone(), observer=observer).result()


def statuses(store: Store) -> Mapping[str, DeliveryStatus]:
    """Return the status of each delivery by its reader's original address."""
    values = fetch_column(store, "SELECT status FROM delivery ORDER BY subscriber")
    return {address: S(status) for address, status in zip(addresses(READERS), values, strict=True)}


def assert_only_others_got_it(store: Store, send: Send, server: SmtpServer, left: Mapping[str, DeliveryStatus]) -> None:
    """Assert that only others got the issue. ``left``: each leaver's delivery status when they left."""
    got = [mail.recipients[0] for mail in server.received]
    assert len(got) == len(set(got))
    too_late = {address for address, stood in left.items() if stood in (S.SUBMITTING, S.SUBMITTED)}
    assert set(got) == set(addresses(READERS)) - left.keys() | too_late
    assert send.counts == {S.SUBMITTED: len(got), S.SKIPPED: READERS - len(got)}
    assert {address for address, status in statuses(store).items() if status is S.SKIPPED} == left.keys() - too_late


@pytest.mark.parametrize("leave", WAYS)
def test_no_message_is_sent_after_a_reader_left(store: Store, tmp_path: Path, leave: Leave) -> None:
    fill(store, READERS)
    chance, left = random.Random(1), dict[str, DeliveryStatus]()

    def some_leave(_done: int, _whole: int) -> None:
        for address in chance.sample(addresses(READERS), 3):
            leave(store, address)
            left.setdefault(address, statuses(store)[address])

    with smtp_server() as server, relay(server, tmp_path) as by:
        send = begin(store, by, Observer(progress=some_leave))
        assert {S.QUEUED, S.SUBMITTED} <= set(left.values())
        assert_only_others_got_it(store, send, server, left)


@pytest.mark.parametrize("leave", WAYS)
def test_no_attempt_is_repeated_after_a_reader_left(store: Store, tmp_path: Path, leave: Leave) -> None:
    fill(store, READERS)
    answers: dict[str | tuple[str, str], str] = {
        ("RCPT", "r10@example.com"): "451 4.7.1 greylisted",
        ("END", "r20@example.com"): CUT,
        ("RCPT", "r30@example.com"): "554 5.7.1 not today",
    }
    with smtp_server(answers=answers) as server, relay(server, tmp_path) as by:
        assert begin(store, by).counts == {S.SUBMITTED: READERS - 3, S.DEFERRED: 1, S.UNCERTAIN: 1, S.REFUSED: 1}
        server.script.answers.clear()
        for at in (10, 20, 30):
            leave(store, f"r{at}@example.com")
        store.controls.settle_uncertain(1, Uncertainty.RESEND)
        store.controls.retry_refused(1)
        later = Observer(clock=lambda: datetime.now(UTC) + timedelta(minutes=2))
        send = sending.resume(store, by, issue=ISSUE, observer=later).result()
        # The message that was cut off at its end may have arrived.
        counts = {S.SUBMITTED: READERS - 3, S.SKIPPED: 2, S.UNCERTAIN: 1}
        assert (send.status, send.counts) == (SendStatus.FAILURES, counts)
        assert len(server.received) == READERS - 3


def test_readers_who_leave_during_claims_are_skipped_or_mailed_consistently(tmp_path: Path) -> None:
    left = dict[str, DeliveryStatus]()
    with open_store(new_sqlite(tmp_path / "newsletter.db")) as store, smtp_server() as server:
        fill(store, READERS)
        leaving = random.Random(2).sample(range(1, READERS + 1), READERS // 2)

        def one_leaves() -> None:  # in the server's thread, while this one records and claims
            if leaving:
                reader = leaving.pop()
                with database_of(store).writing() as connection:
                    connection.exec_driver_sql("UPDATE subscriber SET status = 'unsubscribed' WHERE id = ?", (reader,))
                    stood = connection.exec_driver_sql("SELECT status FROM delivery WHERE subscriber = ?", (reader,))
                    left[f"r{reader}@example.com"] = S(stood.scalar_one())

        server.accepting = one_leaves
        with relay(server, tmp_path) as by:
            send = begin(store, by)
        assert_only_others_got_it(store, send, server, left)
    assert {S.QUEUED, S.SUBMITTED} <= set(left.values())
