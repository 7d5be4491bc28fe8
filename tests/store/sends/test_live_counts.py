"""Counts of large sends under way, for lists and reports."""

from newsletter.domain.delivery import DeliveryStatus
from newsletter.store import Store
from newsletter.store.sends.live_counts import LiveCounts
from tests.rows import database_of
from tests.store.sends.test_controls import S, frozen, settle


def test_counts_of_a_small_send_are_exact(store: Store) -> None:
    send = frozen(store)
    settle(store, send, S.SUBMITTED, S.REFUSED, S.SUBMITTED)
    assert store.sends.listed() == store.sends.all()
    assert store.sends.listed()[0].counts == {S.SUBMITTED: 2, S.REFUSED: 1}


def test_counts_of_a_large_send_are_kept_for_a_moment_and_then_counted_again(store: Store) -> None:
    send, time = frozen(store), [0.0]
    counts = LiveCounts(database_of(store), lambda: time[0], large=3, patience=60)
    expected: dict[float, dict[DeliveryStatus, int]] = {0.0: {S.QUEUED: 3}, 0.9: {S.QUEUED: 3}, 1.0: {S.SUBMITTED: 3}}
    for moment, deliveries in expected.items():
        time[0] = moment
        with database_of(store).reading() as connection:
            assert counts.of(connection, send.id) == deliveries
        if moment == 0.0:
            settle(store, send, S.SUBMITTED, S.SUBMITTED, S.SUBMITTED)


def test_everything_is_queued_until_a_large_send_is_counted_for_the_first_time(store: Store) -> None:
    send = frozen(store)
    with database_of(store).reading() as connection:
        counts = LiveCounts(database_of(store), lambda: 0.0, large=3, patience=0).of(connection, send.id)
    assert counts == {S.QUEUED: 3}
