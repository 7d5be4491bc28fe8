"""Counts of deliveries, and of those of large sends under way for lists and reports."""

from collections import Counter
from collections.abc import Mapping

import pytest

from newsletter.domain.delivery import DeliveryStatus
from newsletter.publishing.sends.send_details import REASONED
from newsletter.store import Store, delivery_counts
from newsletter.store.sends.live_counts import LiveCounts
from tests import make
from tests.rows import database_of, execute, fetch_column, query_plans
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


@pytest.mark.parametrize("bits", [delivery_counts._BITS, 1])  # with one bit, no number fits
def test_every_status_is_counted(store: Store, monkeypatch: pytest.MonkeyPatch, bits: int) -> None:
    send = frozen(store, readers=10)
    statuses = (S.SUBMITTING, S.SUBMITTED, S.SUBMITTED, S.REFUSED, S.DEFERRED, S.UNCERTAIN, S.UNCERTAIN, S.SKIPPED)
    ids = fetch_column(store, "SELECT subscriber FROM delivery ORDER BY subscriber")
    execute(
        store,
        *(
            f"UPDATE delivery SET status = '{status}' WHERE subscriber = {id_}"
            for id_, status in zip(ids, statuses, strict=False)
        ),
    )
    monkeypatch.setattr(delivery_counts, "_BITS", bits)
    assert store.sends.get(send.id).counts == {**Counter(statuses), S.QUEUED: 2}


def test_the_send_that_a_page_watches_is_counted_at_once_and_again_after_a_moment(store: Store) -> None:
    send, time = frozen(store), [0.0]
    counts = LiveCounts(database_of(store), lambda: time[0], large=3, patience=0)

    def recent() -> Mapping[str, int]:
        with database_of(store).reading() as connection:
            return counts.recent(connection, send.id)

    assert recent() == {S.QUEUED: 3}
    settle(store, send, S.SUBMITTED, S.SUBMITTED, S.SUBMITTED)
    time[0] = 0.9
    assert recent() == {S.QUEUED: 3}
    time[0] = 5.0
    assert recent() == {S.SUBMITTED: 3}


def test_a_send_that_has_stopped_is_watched_exactly(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    send = frozen(store)
    monkeypatch.setattr(store.sends, "_live", LiveCounts(database_of(store), lambda: 0.0, large=1))
    assert store.sends.watched(send.issue) == store.sends.of_issue(send.issue)
    settle(store, send, S.SUBMITTED, S.REFUSED, S.SUBMITTED)
    watched = store.sends.watched(send.issue)
    assert watched
    assert watched.counts == {S.QUEUED: 3}  # a moment ago
    store.controls.pause(send.id, "lunch")
    assert store.sends.watched(send.issue) == store.sends.of_issue(send.issue)
    assert store.sends.watched("2026-01-01") is None


@pytest.mark.parametrize("database_url", ["sqlite"], indirect=True)
def test_reasons_are_found_in_an_index_alone(store: Store) -> None:
    send = frozen(store)
    settle(store, send, S.SUBMITTED, S.REFUSED, S.SUBMITTED)
    with query_plans(store) as plans:
        assert store.deliveries.count_details(send.id, REASONED) == [(S.REFUSED, "", 1)]
        assert store.deliveries.count_gone(send.id, S.REFUSED, make.WHEN) == 0
    assert sum("delivery_by_reason" in step for step in plans) == 2
