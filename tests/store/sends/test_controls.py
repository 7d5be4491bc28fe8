"""An operator's actions on a whole send."""

import itertools
from contextlib import nullcontext

import pytest

from newsletter.domain.delivery import BatchResult, DeliveryStatus, Receipt, Uncertainty
from newsletter.domain.segment import EVERYONE
from newsletter.domain.send import SEND_TRANSITIONS, Send, SendStatus
from newsletter.domain.subscriber import Subscriber, SuppressionReason
from newsletter.errors import PausedError, SendError
from newsletter.store import Store
from newsletter.store.sends.controls import _change_status
from tests import ledger, make
from tests.rows import database_of, execute

S = DeliveryStatus


def frozen(store: Store, readers: int = 3) -> Send:
    store.subscribers.merge([[Subscriber(address=f"r{at}@example.com") for at in range(1, readers + 1)]], now=make.WHEN)
    return store.sends.freeze(
        compiled=make.compiled(),
        tailor=make.tailor(),
        date=make.WHEN,
        segments=[EVERYONE],
        provider="outbox",
        now=make.WHEN,
    )


def settle(store: Store, send: Send, *statuses: DeliveryStatus) -> None:
    """Claim all deliveries and record these answers in order."""
    batch = ledger.claim(store, send.id, size=100)
    receipts = [
        Receipt(subscriber=delivery.subscriber, status=status) for delivery, status in zip(batch, statuses, strict=True)
    ]
    ledger.record(store, send.id, receipts, batch=batch)


def test_a_send_that_begins_after_failed_tries_no_longer_waits(store: Store) -> None:
    planned = store.sends.plan(issue=make.compiled().issue, provider="outbox", now=make.WHEN)
    store.subscribers.merge([[Subscriber(address="ada@example.com")]], now=make.WHEN)
    with store.leases.acquire(planned.id) as lease:
        assert store.controls.postpone(planned.id, "the relay is away", now=make.WHEN, holder=lease.holder)
        send = store.sends.freeze(
            compiled=make.compiled(),
            tailor=make.tailor(),
            date=make.WHEN,
            segments=[EVERYONE],
            provider="outbox",
            holder=lease.holder,
            now=make.WHEN,
        )
    assert (send.status, send.reason, send.waits_until, send.failing_since) == (SendStatus.RUNNING, "", None, None)


def test_a_paused_send_claims_nothing_until_resumed(store: Store) -> None:
    send = frozen(store)
    store.controls.pause(send.id, "lunch")
    assert (store.sends.get(send.id).status, store.sends.get(send.id).reason) == (SendStatus.PAUSED, "lunch")
    with pytest.raises(PausedError, match=r"is paused: lunch") as caught:
        ledger.claim(store, send.id, size=10)
    assert caught.value.fields == {"issue": send.issue, "status": "paused", "reason": "lunch"}
    store.controls.resume(send.id, now=make.WHEN)
    assert len(ledger.claim(store, send.id, size=10)) == 3


def test_a_cancelled_send_skips_the_remaining_readers(store: Store) -> None:
    send = frozen(store)
    first = ledger.claim(store, send.id, size=1)
    assert store.controls.cancel(send.id) == 2
    ledger.record(store, send.id, [Receipt(subscriber=first[0].subscriber, status=S.SUBMITTED)], batch=first)
    ended = store.sends.get(send.id)
    assert (ended.status, ended.counts) == (SendStatus.CANCELLED, {S.SUBMITTED: 1, S.SKIPPED: 2})
    with pytest.raises(SendError, match="is cancelled: it can't"):
        store.controls.resume(send.id, now=make.WHEN)
    with pytest.raises(SendError, match="already cancelled"):
        store.controls.cancel(send.id)
    with pytest.raises(SendError, match="was cancelled after 1 of 3 readers"):
        store.sends.plan(issue=send.issue, provider="outbox", now=make.WHEN)


def test_deliveries_deferred_or_returned_after_a_cancellation_are_skipped(store: Store) -> None:
    send = frozen(store)
    batch = ledger.claim(store, send.id, size=2)
    store.controls.cancel(send.id)
    put_off, given_back = (delivery.subscriber for delivery in batch)
    answered = BatchResult(
        batch=batch,
        receipts=[Receipt(subscriber=put_off, status=S.DEFERRED, detail="450 4.2.1")],
        due={put_off: 60},
        returned=[given_back],
    )
    store.deliveries.record_and_claim(send.id, [answered], slots=(), size=0, now=make.WHEN)
    assert store.sends.get(send.id).counts == {S.SKIPPED: 3}


def test_a_send_cancelled_before_it_was_frozen_can_be_planned_again(store: Store) -> None:
    planned = store.sends.schedule(
        issue="2026-11-23", provider="outbox", segments=[EVERYONE], begins=make.WHEN, deadline=3600, now=make.WHEN
    )
    assert planned.status is SendStatus.SCHEDULED
    store.controls.cancel(planned.id)
    assert store.sends.plan(issue="2026-11-23", provider="outbox", now=make.WHEN).status is SendStatus.PLANNED
    assert frozen(store).id == planned.id


def test_retrying_queues_refused_deliveries_again(store: Store) -> None:
    send = frozen(store)
    settle(store, send, S.SUBMITTED, S.REFUSED, S.REFUSED)
    assert store.sends.finish(send.id, now=make.WHEN).status is SendStatus.FAILURES
    store.suppressions.add("r3@example.com", SuppressionReason.BOUNCED, now=make.WHEN)
    assert store.controls.retry_refused(send.id) == 2
    assert store.sends.get(send.id).status is SendStatus.RUNNING
    settle(store, send, S.SUBMITTED)
    ended = store.sends.finish(send.id, now=make.WHEN)
    assert (ended.status, ended.counts) == (SendStatus.FINISHED, {S.SUBMITTED: 2, S.SKIPPED: 1})


@pytest.mark.parametrize("decision", list(Uncertainty))
def test_uncertain_deliveries_are_held_or_resent_as_decided(store: Store, decision: Uncertainty) -> None:
    send = frozen(store)
    settle(store, send, S.SUBMITTED, S.UNCERTAIN, S.UNCERTAIN)
    store.sends.finish(send.id, now=make.WHEN)
    assert store.controls.settle_uncertain(send.id, decision) == 2
    settled = store.sends.get(send.id)
    if decision is Uncertainty.HOLD:
        assert (settled.status, settled.counts) == (SendStatus.FAILURES, {S.SUBMITTED: 1, S.UNCERTAIN: 2})
    else:
        assert (settled.status, settled.counts) == (SendStatus.RUNNING, {S.SUBMITTED: 1, S.QUEUED: 2})
        again = ledger.claim(store, send.id, size=10)
        assert [delivery.attempt for delivery in again] == [2, 2]


def test_an_answer_to_an_earlier_attempt_changes_nothing(store: Store) -> None:
    send = frozen(store, 1)
    first = ledger.claim(store, send.id, size=1)
    store.deliveries.settle_interrupted(send.id, deduplicates=False)
    store.controls.settle_uncertain(send.id, Uncertainty.RESEND)
    second = ledger.claim(store, send.id, size=1)
    late = [Receipt(subscriber=first[0].subscriber, status=S.REFUSED, detail="too late")]
    ledger.record(store, send.id, late, batch=first)
    assert store.sends.get(send.id).counts == {S.SUBMITTING: 1}
    ledger.record(store, send.id, [Receipt(subscriber=first[0].subscriber, status=S.SUBMITTED)], batch=second)
    assert store.sends.get(send.id).counts == {S.SUBMITTED: 1}


def test_a_late_answer_settles_an_uncertain_delivery(store: Store) -> None:
    send = frozen(store, 1)
    batch = ledger.claim(store, send.id, size=1)
    store.deliveries.settle_interrupted(send.id, deduplicates=False)
    ledger.record(store, send.id, [Receipt(subscriber=batch[0].subscriber, status=S.SUBMITTED)], batch=batch)
    assert store.sends.get(send.id).counts == {S.SUBMITTED: 1}


def test_a_deferred_delivery_is_not_claimed_early(store: Store) -> None:
    send = frozen(store, 1)
    batch = ledger.claim(store, send.id, size=1, now=1000)
    later = [Receipt(subscriber=batch[0].subscriber, status=S.DEFERRED)]
    ledger.record(store, send.id, later, batch=batch, due={batch[0].subscriber: 1060})
    assert store.deliveries.next_due(send.id) == 1060
    assert ledger.claim(store, send.id, size=1, now=1059) == ()
    assert [delivery.attempt for delivery in ledger.claim(store, send.id, size=1, now=1060)] == [2]


def test_a_send_changes_its_status_only_as_the_table_allows(store: Store) -> None:
    send = store.sends.plan(issue="2026-11-23", provider="outbox", now=make.WHEN)
    for before, after in itertools.product(SendStatus, SendStatus):
        execute(store, f"UPDATE send SET status = '{before.value}'")
        allowed = after in SEND_TRANSITIONS[before]
        refused = nullcontext() if allowed else pytest.raises(SendError, match=str(before))
        with refused, database_of(store).writing() as connection:
            _change_status(connection, send.id, after)
        assert store.sends.get(send.id).status is (after if allowed else before), (before, after)
