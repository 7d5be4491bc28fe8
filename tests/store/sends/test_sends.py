"""The ledger in both databases: frozen once, claimed by one process, never lost."""

from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import UTC
from pathlib import Path

import pytest
import sqlalchemy as sa

from newsletter.domain.delivery import START, TRANSITIONS, BatchResult, DeliveryPosition, DeliveryStatus, Receipt
from newsletter.domain.segment import EVERYONE, Segment
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.subscriber import Subscriber, SubscriberStatus, SuppressionReason
from newsletter.errors import SendError
from newsletter.store import Store, open_store
from newsletter.tokens import Signer
from tests import ledger, make
from tests.rows import database_of, execute

S = DeliveryStatus
ASIA = Segment(slug="asia", name="Asia", any=(frozenset({"asia"}),))
NATO = Segment(slug="nato", name="NATO", any=(frozenset({"nato"}),))


def filled(store: Store, number: int = 10) -> list[int]:
    """Add readers of Asia, of NATO and of both, and return their ids."""
    followed = (("asia",), ("nato",), ("asia", "nato"))
    store.subscribers.merge(
        [[Subscriber(address=f"r{at}@example.com", topics=followed[at % 3]) for at in range(number)]], now=make.WHEN
    )
    return [row.id for row in store.subscribers.stream()]


def frozen(store: Store, *segments: Segment, issue: str = "2026-11-23") -> Send:
    return store.sends.freeze(
        compiled=make.compiled(issue=issue),
        tailor=make.tailor(),
        date=make.WHEN,
        segments=segments or (EVERYONE,),
        provider="outbox",
        now=make.WHEN,
    )


def claim(store: Store, send_id: int, *, size: int, after: DeliveryPosition = START) -> list[int]:
    """Claim the next batch and return its readers."""
    return [row.subscriber for row in ledger.claim(store, send_id, size=size, after=after)]


def stands(store: Store, issue: str = "2026-11-23") -> dict[DeliveryStatus, int]:
    send = store.sends.of_issue(issue)
    assert send is not None
    return dict(send.counts)


def receipts(subscribers: list[int], status: DeliveryStatus = S.SUBMITTED) -> list[Receipt]:
    return [
        Receipt(subscriber=number, status=status, provider_id=f"<{number}>", detail="250 ok") for number in subscribers
    ]


def test_a_send_freezes_each_reader_of_any_segment_once(store: Store) -> None:
    ids = filled(store)
    store.subscribers.merge(
        [[Subscriber(address="new@example.com", topics=("asia",), status=SubscriberStatus.UNCONFIRMED)]], now=make.WHEN
    )
    store.suppressions.add("r2@example.com", SuppressionReason.BOUNCED, now=make.WHEN)
    send = frozen(store, ASIA, NATO)
    assert send.counts == {S.QUEUED: 9}
    assert (send.status, send.segments, send.provider, send.finished) == (
        SendStatus.RUNNING,
        ("asia", "nato"),
        "outbox",
        None,
    )
    assert claim(store, send.id, size=100) == [reader for reader in ids if reader != ids[2]]


def test_frozen_content_never_changes(store: Store) -> None:
    filled(store)
    send = frozen(store)
    assert store.frozen.content(send.id) == (make.compiled(), make.WHEN)
    assert send.digest == make.compiled().digest
    assert store.sends.of_issue("2026-11-23") == send
    assert store.sends.of_issue("2026-11-24") is None


def test_an_issue_has_one_send(store: Store) -> None:
    filled(store)
    frozen(store)
    with pytest.raises(SendError, match="the send of issue 2026-11-23 was interrupted after 0 of "):
        frozen(store)
    assert [send.issue for send in store.sends.all()] == ["2026-11-23"]


def test_only_one_of_two_simultaneous_freezes_succeeds(database_url: str) -> None:
    def freeze(store: Store) -> str:
        try:
            return frozen(store).issue
        except Exception as err:  # noqa: BLE001  whatever it is, the test looks at it
            return type(err).__name__

    with open_store(database_url) as first, open_store(database_url) as second:
        filled(first, 100)
        with ThreadPoolExecutor(2) as pool:
            came = sorted(pool.map(freeze, [first, second]))
        assert came in (["2026-11-23", "UnfinishedError"], ["2026-11-23", "StoreError"])
        assert stands(first) == {S.QUEUED: 100}


def test_a_send_without_readers_is_refused_without_a_trace(store: Store) -> None:
    with pytest.raises(SendError, match="nobody would get"):
        frozen(store)
    assert store.sends.all() == []


def test_batches_cover_the_audience_exactly_once(store: Store) -> None:
    ids = filled(store, 25)
    send = frozen(store)
    taken: list[int] = []
    while batch := claim(store, send.id, size=10, after=(0, taken[-1] if taken else 0)):
        assert len(batch) <= 10
        taken += batch
        ledger.record(store, send.id, receipts(batch))
    assert taken == ids
    assert stands(store) == {S.SUBMITTED: 25}


@pytest.mark.parametrize("slot", ["first_name", "last_name", "name", "email", "city", "planet"])
def test_a_claimed_delivery_has_its_readers_values_for_the_slots(store: Store, slot: str) -> None:
    attributes = {"city": "Köln", "email": "hides nothing"}
    ada = store.subscribers.add(
        Subscriber(address="ada@example.com", first_name="Ada", last_name="Byron", attributes=attributes), now=make.WHEN
    )
    slots = {f"subscriber.{slot}", "links.unsubscribe"}
    (claimed,) = ledger.claim(store, frozen(store).id, slots=slots, size=5)
    assert (claimed.subscriber, claimed.key, claimed.address) == (ada.id, ada.key, "ada@example.com")
    assert claimed.position == (0, ada.id)
    assert claimed.values == {f"subscriber.{slot}": ada.slot_values().get(f"subscriber.{slot}", "")}


def test_readers_who_left_since_the_freeze_are_skipped(store: Store) -> None:
    ids = filled(store, 12)
    send = frozen(store)
    store.subscribers.remove("r0@example.com")
    store.suppressions.add("r1@example.com", SuppressionReason.COMPLAINED, now=make.WHEN)
    store.subscribers.merge(
        [[Subscriber(address="r2@example.com", status=SubscriberStatus.UNSUBSCRIBED)]], now=make.WHEN
    )
    # All readers of the first batch have left: the next batch is claimed instead.
    assert claim(store, send.id, size=3) == ids[3:6]
    assert stands(store) == {S.SKIPPED: 3, S.SUBMITTING: 3, S.QUEUED: 6}
    left = list(store.deliveries.stream(send.id, S.SKIPPED))
    assert [address for address, _, _ in left] == ["", "r1@example.com", "r2@example.com"]
    assert all("after the audience was frozen" in detail for _, _, detail in left)


def test_two_processes_never_claim_the_same_reader(database_url: str) -> None:
    def claim_all(store: Store) -> list[int]:
        taken: list[int] = []
        while batch := claim(store, 1, size=7, after=(0, taken[-1] if taken else 0)):
            taken += batch
        return taken

    with open_store(database_url) as first, open_store(database_url) as second:
        ids = filled(first, 400)
        frozen(first)
        with ThreadPoolExecutor(2) as pool:
            both = [taken for some in pool.map(claim_all, [first, second]) for taken in some]
        assert max(Counter(both).values()) == 1
        # Deliveries that one skipped because the other was claiming them can still be claimed.
        assert sorted([*both, *claim_all(first)]) == ids


def test_receipts_are_recorded(store: Store) -> None:
    filled(store, 4)
    send = frozen(store)
    ids = claim(store, send.id, size=4)
    answers = [S.SUBMITTED, S.REFUSED, S.DEFERRED, S.UNCERTAIN]
    ledger.record(
        store,
        send.id,
        [
            Receipt(subscriber=id_, status=status, provider_id="id", detail=f"why {status}")
            for id_, status in zip(ids, answers, strict=True)
        ],
    )
    assert [(status, detail) for _, status, detail in store.deliveries.stream(send.id)] == [
        (status, f"why {status}") for status in answers
    ]
    assert [address for address, _, _ in store.deliveries.stream(send.id, S.REFUSED)] == ["r1@example.com"]


@pytest.mark.parametrize("before", S)
def test_a_receipt_changes_only_allowed_statuses(store: Store, before: DeliveryStatus) -> None:
    reader = filled(store, 1)
    for number, answers in enumerate((S.SUBMITTED, S.REFUSED, S.DEFERRED, S.UNCERTAIN)):
        issue = f"issue-{number}"
        send = frozen(store, issue=issue)
        execute(store, f"UPDATE delivery SET status = '{before}' WHERE send = {send.id}")
        ledger.record(store, send.id, receipts(reader, answers))
        # A missing answer doesn't change a delivery that is to be handed over again.
        none = answers is S.UNCERTAIN and before in (S.QUEUED, S.DEFERRED)
        assert stands(store, issue) == {answers if answers in TRANSITIONS[before] and not none else before: 1}


def test_a_nonexistent_address_is_suppressed_with_its_receipt(store: Store) -> None:
    ids = filled(store, 3)
    send = frozen(store)
    store.suppressions.add("r1@example.com", SuppressionReason.COMPLAINED, now=make.WHEN)
    store.subscribers.remove("r2@example.com")
    gone = [Receipt(subscriber=row, status=S.REFUSED, detail="550 5.1.1 no such user", gone=True) for row in ids]
    ledger.record(store, send.id, gone)
    assert [(row.address_key, row.reason) for row in store.suppressions.stream()] == [
        ("r0@example.com", SuppressionReason.BOUNCED),
        ("r1@example.com", SuppressionReason.COMPLAINED),
    ]


def test_only_released_deliveries_are_queued_again(store: Store) -> None:
    filled(store, 6)
    send = frozen(store)
    ids = claim(store, send.id, size=4)
    ledger.record(store, send.id, receipts(ids[:1]))
    store.deliveries.record_and_claim(
        send.id, [BatchResult(batch=(), receipts=(), due={}, returned=ids[:2])], slots=(), size=0, now=make.WHEN
    )
    assert stands(store) == {S.SUBMITTED: 1, S.QUEUED: 3, S.SUBMITTING: 2}
    assert ids[1] in claim(store, send.id, size=4)


@pytest.mark.parametrize(("deduplicates", "status"), [(True, S.QUEUED), (False, S.UNCERTAIN)])
def test_deliveries_claimed_by_a_dead_process_are_settled(
    store: Store, deduplicates: bool, status: DeliveryStatus
) -> None:
    filled(store, 6)
    send = frozen(store)
    ids = claim(store, send.id, size=4)
    ledger.record(store, send.id, receipts(ids[:1]))
    assert store.deliveries.settle_interrupted(send.id, deduplicates=deduplicates) == 3
    assert store.deliveries.settle_interrupted(send.id, deduplicates=deduplicates) == 0
    assert [row[1] for row in store.deliveries.stream(send.id)] == [
        S.SUBMITTED,
        status,
        status,
        status,
        S.QUEUED,
        S.QUEUED,
    ]


def test_a_send_cannot_finish_before_its_deferred_deliveries(store: Store) -> None:
    ids = filled(store, 3)
    send = frozen(store)
    for answers in (S.DEFERRED, S.SUBMITTED):
        with pytest.raises(SendError, match="not every delivery is settled"):
            store.sends.finish(send.id, now=make.WHEN)
        assert claim(store, send.id, size=5) == ids
        ledger.record(store, send.id, receipts(ids, answers))
    finished = store.sends.finish(send.id, now=make.WHEN)
    assert (finished.status, finished.counts, finished.recipients) == (SendStatus.FINISHED, {S.SUBMITTED: 3}, 3)
    assert finished.finished is not None
    assert finished.finished.tzinfo is UTC
    assert store.sends.of_issue("2026-11-23") == finished
    assert store.sends.all() == [finished]


def test_an_answer_after_the_end_still_counts(store: Store) -> None:
    ids = filled(store, 2)
    send = frozen(store)
    claim(store, send.id, size=2)
    ledger.record(store, send.id, receipts(ids, S.UNCERTAIN))
    store.sends.finish(send.id, now=make.WHEN)
    ledger.record(store, send.id, receipts(ids[:1]))
    assert stands(store) == {S.SUBMITTED: 1, S.UNCERTAIN: 1}


def test_the_ledger_outlives_an_erased_reader(store: Store) -> None:
    ids = filled(store, 2)
    send = frozen(store)
    claim(store, send.id, size=2)
    ledger.record(store, send.id, receipts(ids))
    store.subscribers.remove("r0@example.com")
    assert [address for address, _, _ in store.deliveries.stream(send.id)] == ["", "r1@example.com"]
    assert stands(store) == {S.SUBMITTED: 2}


def executed(store: Store) -> list[str]:
    """Return a list to which each statement is added from now on."""
    seen: list[str] = []
    sa.event.listen(
        database_of(store).engine,
        "before_cursor_execute",
        lambda _connection, _cursor, statement, *_: seen.append(statement),
    )
    return seen


def test_a_listing_reuses_counts_of_finished_sends(store: Store) -> None:
    ids = filled(store, 3)
    finished, answered, cancelled, running = (frozen(store, issue=issue) for issue in ("1", "2", "3", "4"))
    for send in (finished, answered):
        claim(store, send.id, size=3)
        ledger.record(store, send.id, receipts(ids, S.UNCERTAIN))
        store.sends.finish(send.id, now=make.WHEN)
    ledger.record(store, answered.id, receipts(ids[:1]))  # after the end
    store.controls.cancel(cancelled.id)
    reader = next(store.subscribers.stream())
    assert store.self_service.erase(reader.key, make.WHEN, Signer(make.SECRET).fingerprints)
    first = store.sends.all()
    assert [dict(send.counts) for send in first] == [
        {S.QUEUED: 3},
        {S.SKIPPED: 3},
        {S.SUBMITTED: 1, S.UNCERTAIN: 2},
        {S.UNCERTAIN: 3},
    ]
    statements = executed(store)
    assert store.sends.all() == first
    assert sum("FROM delivery" in statement for statement in statements) == 1  # of the running one
    ledger.record(store, answered.id, receipts(ids[1:2]))  # later still
    assert store.sends.all()[2].counts == {S.SUBMITTED: 2, S.UNCERTAIN: 1}
    assert running.id == first[0].id


def test_counts_are_not_stored_while_an_answer_is_outstanding(store: Store) -> None:
    ids = filled(store, 3)
    send = frozen(store)
    claim(store, send.id, size=2)
    store.controls.cancel(send.id)
    for _ in range(2):
        assert store.sends.all()[0].counts == {S.SUBMITTING: 2, S.SKIPPED: 1}
    ledger.record(store, send.id, receipts(ids[:2]))
    for _ in range(2):
        assert store.sends.all()[0].counts == {S.SUBMITTED: 2, S.SKIPPED: 1}


def test_a_listing_needs_no_lock(tmp_path: Path) -> None:
    url = f"sqlite:///{tmp_path / 'newsletter.db'}"
    with open_store(url) as store, open_store(f"{url}?timeout=0.1") as other:
        filled(store, 3)
        store.controls.cancel(frozen(store).id)
        with database_of(store).writing():
            assert other.sends.all()[0].counts == {S.SKIPPED: 3}


def test_sends_are_listed_latest_first(store: Store) -> None:
    filled(store, 1)
    for issue in ("one", "two", "three"):
        frozen(store, issue=issue)
    assert [send.issue for send in store.sends.all()] == ["three", "two", "one"]


def test_the_last_late_answer_finishes_a_send_with_failures(store: Store) -> None:
    ids = filled(store, 3)
    send = frozen(store)
    claim(store, send.id, size=3)
    ledger.record(store, send.id, receipts(ids, S.UNCERTAIN))
    assert store.sends.finish(send.id, now=make.WHEN).status is SendStatus.FAILURES
    ledger.record(store, send.id, receipts(ids[:2]))
    assert store.sends.get(send.id).status is SendStatus.FAILURES
    ledger.record(store, send.id, receipts(ids[2:]))
    assert store.sends.get(send.id).status is SendStatus.FINISHED
