"""Providers' events in both databases: each is stored once, and their order doesn't matter."""

import tempfile
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from functools import cache
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.domain.consent import (
    SERVICE,
    Confirmation,
    ConfirmationKind,
    ConsentEvent,
    MailRequest,
    ServiceKind,
    ServiceMessage,
    SignUpChoices,
)
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.events import Bounce, Event, EventEffects, EventKind, Outcome
from newsletter.domain.segment import EVERYONE
from newsletter.domain.send import SendStatus
from newsletter.domain.subscriber import Subscriber, SubscriberStatus, SuppressionReason
from newsletter.store import Store, open_store
from newsletter.store.event_tables import event
from newsletter.store.tables import consent, delivery, subscriber, suppression
from newsletter.tokens import Signer
from tests import ledger, make
from tests.rows import database_of, execute, fetch, fetch_column, query_plans, stored_events

K, S = EventKind, DeliveryStatus
ISSUE = "2026-11-23"
KEYS = ("a" * 32, "b" * 32, "c" * 32)
ADDRESSES = ("ada@example.com", "ben@example.net", "cleo@example.org")


def sent(store: Store, status: DeliveryStatus = S.SUBMITTED) -> list[Subscriber]:
    """Send an issue to three readers and give their deliveries this status."""
    readers = [
        store.subscribers.add(Subscriber(address=address, key=key), now=make.WHEN)
        for address, key in zip(ADDRESSES, KEYS, strict=True)
    ]
    send = store.sends.freeze(
        compiled=make.compiled(),
        tailor=make.tailor(),
        date=make.WHEN,
        segments=[EVERYONE],
        provider="ses",
        now=make.WHEN,
    )
    ledger.claim(store, send.id, size=3)
    if status is not S.SUBMITTING:
        execute(store, sa.update(delivery).values(status=status.value))
    return readers


def reported(kind: EventKind = K.DELIVERED, who: int = 0, /, **some: Any) -> Event:
    """Return an event of SES about a reader's delivery."""
    values: dict[str, Any] = {
        "key": f"sns:{kind}:{who}:0",
        "provider": "ses",
        "at": make.WHEN + timedelta(minutes=5),
        "address": ADDRESSES[who],
        "issue": ISSUE,
        "reader": KEYS[who],
        "raw": '{"eventType": "…"}',
    }
    return Event(kind=kind, **(values | some))


def bounce(how: Bounce = Bounce.PERMANENT, **some: Any) -> Event:
    """Return a bounce of the first reader."""
    return reported(K.BOUNCED, bounce=how, status="5.1.1", detail="550 5.1.1 no such user", **some)


def take(store: Store, *events: Event, soft_bounces: int = 7) -> EventEffects:
    """Apply events as the webhook does."""
    return store.events.record(
        events, soft_bounces=soft_bounces, fingerprints=Signer(make.SECRET).fingerprints, now=make.WHEN
    )


def deliveries(store: Store) -> list[tuple[DeliveryStatus, Outcome]]:
    """Return the status and outcome of each reader's delivery."""
    rows = fetch(store, sa.select(delivery.c.status, delivery.c.outcome).order_by(delivery.c.subscriber))
    return [(S(row.status), Outcome(row.outcome)) for row in rows]


def suppressed(store: Store) -> dict[str, SuppressionReason]:
    """Return the suppressed addresses with their reasons."""
    return {suppression.address_key: suppression.reason for suppression in store.suppressions.stream()}


def test_an_event_is_stored_once_with_all_its_data(store: Store) -> None:
    sent(store)
    received_event = bounce()
    assert take(store, received_event, received_event) == EventEffects(new=1, repeated=1, suppressed=1)
    assert take(store, received_event) == EventEffects(repeated=1)
    assert stored_events(store) == [received_event]
    assert stored_events(store, address="Ada@Example.com") == [received_event]
    assert stored_events(store, address="ben@example.net") == []
    assert deliveries(store)[0] == (S.SUBMITTED, Outcome.BOUNCED)
    assert suppressed(store) == {"ada@example.com": SuppressionReason.BOUNCED}


def test_an_event_of_an_unknown_kind_is_stored_without_effect(store: Store) -> None:
    sent(store)
    received_event = reported(
        K.UNKNOWN, key="sns:x:0", address="", issue="", reader="", raw='{"eventType": "Telepathy"}'
    )
    assert take(store, received_event) == EventEffects(new=1)
    assert stored_events(store) == [received_event]
    assert {outcome for _, outcome in deliveries(store)} == {Outcome(0)}


def test_a_complaint_suppresses_unless_it_reports_not_spam(store: Store) -> None:
    sent(store)
    take(store, reported(K.COMPLAINED, 0, feedback="abuse"), reported(K.COMPLAINED, 1, feedback="not-spam"))
    assert suppressed(store) == {"ada@example.com": SuppressionReason.COMPLAINED}
    assert [outcome for _, outcome in deliveries(store)][:2] == [Outcome.COMPLAINED, Outcome.DELIVERED]
    assert store.subscribers.get("ben@example.net") is not None


def test_a_complaint_replaces_a_bounce_but_no_manual_suppression(store: Store) -> None:
    sent(store)
    store.suppressions.add("cleo@example.org", SuppressionReason.MANUAL, now=make.WHEN)
    both = [bounce(), *(reported(K.COMPLAINED, who, feedback="abuse") for who in range(3))]
    take(store, *both)
    complained = SuppressionReason.COMPLAINED
    assert suppressed(store) == {
        "ada@example.com": complained,
        "ben@example.net": complained,
        "cleo@example.org": SuppressionReason.MANUAL,
    }


def soft(day: int, /, status: str = "4.2.1", detail: str = "452 4.2.1 mailbox disabled", **some: Any) -> Event:
    """Return a soft bounce of the first reader, for the issue of a day."""
    at = LONG_AGO + timedelta(days=day)
    values: dict[str, Any] = {"key": f"soft {day}", "issue": f"issue-{day}", "at": at, "bounce": Bounce.TRANSIENT}
    return reported(K.BOUNCED, status=status, detail=detail, **(values | some))


def arrived(day: int) -> Event:
    return reported(key=f"arrived {day}", issue=f"issue-{day}", at=LONG_AGO + timedelta(days=day, hours=1))


LONG_AGO = make.WHEN - timedelta(days=400)  # no issue was sent then that could have been delivered
BOUNCED = {"ada@example.com": SuppressionReason.BOUNCED}


def test_soft_bounces_suppress_after_seven_issues_and_a_fortnight_without_a_delivery(store: Store) -> None:
    sent(store)
    fortnight = [soft(day) for day in range(15)]
    assert take(store, *fortnight[:14], soft(13, key="again")).suppressed == 0
    assert suppressed(store) == {}
    assert take(store, fortnight[14]).suppressed == 1
    (suppression,) = store.suppressions.stream()
    assert (suppression.reason, suppression.since, suppression.issue) == (
        SuppressionReason.BOUNCED,
        fortnight[14].at,
        "issue-14",
    )
    assert (
        suppression.explanation
        == "15 issues in a row bounced, the last one with: 452 4.2.1: for now, the mailbox is disabled"
    )


def test_a_delivery_resets_the_count_of_soft_bounces(store: Store) -> None:
    sent(store)
    take(store, *(soft(day) for day in range(10)), arrived(10), *(soft(day) for day in range(11, 24)))
    assert suppressed(store) == {}
    take(store, soft(24), soft(25))
    assert suppressed(store) == BOUNCED
    assert take(store, arrived(20)).suppressed == 0
    assert suppressed(store) == {}


def test_an_issue_without_a_bounce_counts_as_delivered_without_a_report(store: Store) -> None:
    sent(store)  # its issue is current
    near = [soft(day, at=datetime.now(UTC) + timedelta(days=day - 7)) for day in range(15)]
    take(store, *near)
    assert suppressed(store) == {}
    take(store, soft(7, key="the issue itself", issue=ISSUE, at=datetime.now(UTC)))
    assert suppressed(store) == BOUNCED


@pytest.mark.parametrize(
    ("status", "detail"),
    [
        ("", "General"),  # SES reports automatic replies this way
        ("", ""),
        ("4.4.7", "550 4.4.7 message expired"),
        ("5.7.1", "550 5.7.1 looks like spam"),
        ("5.2.3", "552 5.2.3 message too large"),
        ("5.1.8", "553 5.1.8 sender address rejected: domain not found"),
        ("5.1.0", "553 5.1.0 after MAIL FROM: sender domain does not exist"),
        ("4.2.2", "452 4.2.2 mailbox full"),
        ("", "the mailbox is full"),
    ],
)
def test_bounces_during_a_holiday_do_not_suppress(store: Store, status: str, detail: str) -> None:
    sent(store)
    take(store, *(soft(day, status, detail) for day in range(45)))
    assert suppressed(store) == {}


def test_a_mailbox_that_stays_full_is_suppressed(store: Store) -> None:
    sent(store)
    take(store, *(soft(day, "4.2.2", "452 4.2.2 over quota") for day in range(61)))
    assert suppressed(store) == BOUNCED


def test_lifting_a_suppression_resets_the_count(store: Store) -> None:
    sent(store)
    bounces = [soft(day) for day in range(20)]
    take(store, *bounces[:15])
    assert store.suppressions.remove("Ada@example.com")
    assert not store.suppressions.remove("ada@example.com")
    take(store, *bounces)
    assert suppressed(store) == {}


def test_a_fresh_double_opt_in_lifts_bounces_and_not_complaints(store: Store) -> None:
    sent(store)
    take(store, bounce(), *(soft(day, key=f"ben {day}", address=ADDRESSES[1], reader=KEYS[1]) for day in range(15)))
    take(store, reported(K.COMPLAINED, 2, feedback="abuse"))
    assert len(suppressed(store)) == 3
    for number, address in enumerate(ADDRESSES):
        pending = Confirmation(
            kind=ConfirmationKind.SIGN_UP,
            key=f"{number:032x}",
            address=address,
            requested=make.WHEN,
            how="form",
            choices=SignUpChoices(),
        )
        about = ServiceMessage(kind=ServiceKind.CONFIRM, address=address, created=make.WHEN, about=pending.key)
        assert store.confirmations.request([MailRequest(message=about, about=pending)]) == [None]
        store.self_service.confirm(pending, SignUpChoices(), make.WHEN)
    assert suppressed(store) == {"cleo@example.org": SuppressionReason.COMPLAINED}
    take(store, soft(16, key="one more", address=ADDRESSES[1], reader=KEYS[1]))
    assert suppressed(store) == {"cleo@example.org": SuppressionReason.COMPLAINED}


def many(store: Store, number: int) -> list[str]:
    """Add this number of readers, each at another domain, and return the keys of their addresses."""
    store.subscribers.merge([[Subscriber(address=f"r@d{at}.example") for at in range(number)]], now=make.WHEN)
    return [reader.key for reader in store.subscribers.stream()]


def burst(keys: Sequence[str], *, minutes: int = 1, issue: str = ISSUE) -> list[Event]:
    """Return a permanent bounce of each reader, one after the other."""
    return [
        bounce(
            key=f"burst {issue} {at}",
            reader=key,
            issue=issue,
            address=f"r@d{at}.example",
            at=make.WHEN + timedelta(minutes=minutes * at),
        )
        for at, key in enumerate(keys)
    ]


@pytest.mark.parametrize("batch", [1, 100])
def test_a_jump_of_permanent_bounces_within_an_hour_is_held(store: Store, batch: int) -> None:
    keys = many(store, 100)
    events = burst(keys)[:30]
    applied = sum((take(store, *events[at : at + batch]) for at in range(0, 30, batch)), EventEffects())
    assert (applied.new, applied.held) == (30, 30)
    assert suppressed(store) == {}
    assert [hold.addresses for hold in store.held_bounces.holds()] == [30]
    take(store, *burst(keys)[30:33], reported(K.COMPLAINED, 0, reader=keys[40], address="r@d40.example"))
    assert suppressed(store) == {"r@d40.example": SuppressionReason.COMPLAINED}
    assert len(list(store.held_bounces.stream())) == 33


def issues(store: Store, *names: str) -> None:
    """Send issues to all readers, with one bounced address each."""
    for name in names:
        frozen = store.sends.freeze(
            compiled=replace(make.compiled(), issue=name),
            tailor=make.tailor(),
            date=make.WHEN,
            segments=[EVERYONE],
            provider="ses",
            now=make.WHEN,
        )
        execute(store, sa.update(delivery).where(delivery.c.send == frozen.id).values(status=S.SUBMITTED.value))
        store.suppressions.add(f"gone@{name}.example", SuppressionReason.BOUNCED, now=make.WHEN)
        gone = suppression.c.address_key == f"gone@{name}.example"
        execute(store, sa.update(suppression).where(gone).values(issue=name))


def test_a_few_bounces_suppress_at_once_and_many_are_held_at_any_pace(store: Store) -> None:
    keys = many(store, 250)
    take(store, *burst(keys[:12]))
    assert len(suppressed(store)) == 12
    assert take(store, *burst(keys, minutes=30)[12:25]).held == 25
    assert suppressed(store) == {}
    assert [hold.addresses for hold in store.held_bounces.holds()] == [25]
    store.held_bounces.apply()
    take(store, *burst(keys)[25:40])  # bounces that an operator confirmed count as usual
    assert len(suppressed(store)) == 40


@pytest.mark.parametrize(("answered", "held"), [(20, 15), (300, 0)])
def test_bounces_are_compared_with_the_messages_sent_so_far(store: Store, answered: int, held: int) -> None:
    keys = many(store, 300)
    send = store.sends.freeze(
        compiled=make.compiled(),
        tailor=make.tailor(),
        date=make.WHEN,
        segments=[EVERYONE],
        provider="ses",
        now=make.WHEN,
    )
    first = sa.select(subscriber.c.id).order_by(subscriber.c.id).limit(answered)
    theirs = sa.and_(delivery.c.send == send.id, delivery.c.subscriber.in_(first))
    execute(store, sa.update(delivery).where(theirs).values(status=S.SUBMITTED.value))
    assert take(store, *burst(keys[:15])).held == held
    assert len(suppressed(store)) == 15 - held


def test_bounces_are_compared_with_those_of_earlier_issues(store: Store) -> None:
    keys = many(store, 250)
    issues(store, "2026-11-18", "2026-11-19", "2026-11-20", "2026-11-21")
    assert take(store, *burst(keys[:12])).held == 12
    store.held_bounces.discard()
    assert take(store, *burst(keys[:4], issue="2026-11-22")).suppressed == 4


def test_a_jump_at_one_domain_is_held_without_affecting_others(store: Store) -> None:
    keys = many(store, 40)
    small = [store.subscribers.add(Subscriber(address=f"r{at}@small.example"), now=make.WHEN) for at in range(4)]
    issues(store, "2026-11-22", ISSUE)
    theirs = [
        bounce(key=f"small {at}", reader=reader.key, address=reader.address, at=make.WHEN + timedelta(hours=at))
        for at, reader in enumerate(small)
    ]
    take(store, *burst(keys[:1]), *theirs[:2])
    assert store.held_bounces.holds() == []
    for late in theirs[2:]:
        take(store, late)
    assert [(hold.scope, hold.addresses) for hold in store.held_bounces.holds()] == [("small.example", 4)]
    assert SuppressionReason.BOUNCED is suppressed(store)["r@d0.example"]


def test_jumps_at_five_domains_hold_the_bounces_of_all(store: Store) -> None:
    many(store, 2000)
    for at in range(15):
        domain = f"c{at // 3}.example"
        reader = store.subscribers.add(Subscriber(address=f"r{at}@{domain}"), now=make.WHEN)
        take(store, bounce(key=f"bounce {at}", reader=reader.key, address=reader.address))
        scopes = {hold.scope for hold in store.held_bounces.holds()}
        assert scopes >= {""} if at == 14 else "" not in scopes


def test_bounced_confirmations_hold_nothing(store: Store) -> None:
    events = [
        reported(
            K.BOUNCED,
            key=f"typo {at}",
            reader="",
            issue=SERVICE,
            address=f"typo{at}@d.example",
            bounce=Bounce.PERMANENT,
        )
        for at in range(30)
    ]
    take(store, *events)
    assert len(suppressed(store)) == 30


def test_held_bounces_of_an_erased_reader_are_deleted(store: Store) -> None:
    keys = many(store, 20)
    take(store, *burst(keys))
    assert store.self_service.erase(keys[3], make.WHEN, Signer(make.SECRET).fingerprints)
    assert "r@d3.example" not in [bounce.address_key for bounce in store.held_bounces.stream()]


@pytest.mark.parametrize(
    ("kind", "status"),
    [
        (K.SUBMITTED, S.SUBMITTED),
        (K.DELIVERED, S.SUBMITTED),
        (K.DEFERRED, S.SUBMITTED),
        (K.BOUNCED, S.SUBMITTED),
        (K.COMPLAINED, S.SUBMITTED),
        (K.OPENED, S.SUBMITTED),
        (K.REJECTED, S.REFUSED),
        (K.UNRENDERED, S.REFUSED),
    ],
)
def test_events_settle_uncertain_deliveries(store: Store, kind: EventKind, status: DeliveryStatus) -> None:
    sent(store, S.UNCERTAIN)
    how = Bounce.PERMANENT if kind is K.BOUNCED else None
    assert take(store, reported(kind, 1, bounce=how, message_id="0100")).settled == 1
    assert [status_now for status_now, _ in deliveries(store)] == [S.UNCERTAIN, status, S.UNCERTAIN]
    assert store.sends.get(1).counts == {S.UNCERTAIN: 2, status: 1}


def test_a_send_with_failures_is_finished_once_events_settle_them(store: Store) -> None:
    sent(store, S.UNCERTAIN)
    execute(store, "UPDATE send SET status = 'finished with failures'")
    take(store, *(reported(K.DELIVERED, who) for who in range(2)))
    assert store.sends.get(1).status is SendStatus.FAILURES
    take(store, reported(K.DELIVERED, 2))
    send = store.sends.get(1)
    assert (send.status, send.counts) == (SendStatus.FINISHED, {S.SUBMITTED: 3})


def test_a_delivery_that_was_never_handed_over_is_still_handed_over(store: Store) -> None:
    sent(store, S.QUEUED)
    execute(store, sa.update(delivery).values(attempt=0))
    assert take(store, reported()).settled == 0
    assert deliveries(store)[0][0] is S.QUEUED


def test_an_answer_after_the_event_changes_nothing(store: Store) -> None:
    readers = sent(store, S.SUBMITTING)
    take(store, reported(K.DELIVERED, 0), reported(K.REJECTED, 1))
    ledger.record(store, 1, [Receipt(subscriber=row.id, status=S.UNCERTAIN) for row in readers])
    assert [row for row, _ in deliveries(store)] == [S.SUBMITTED, S.REFUSED, S.UNCERTAIN]


def test_an_event_affects_only_its_own_delivery(store: Store) -> None:
    sent(store)
    take(store, reported(issue="2026-01-01"), reported(K.DELIVERED, 1, key="x", issue=""))
    assert {outcome for _, outcome in deliveries(store)} == {Outcome(0)}


def test_unsubscribing_at_the_provider_unsubscribes_unless_the_reader_returned_since(store: Store) -> None:
    ada, ben, _ = sent(store)
    take(store, reported(K.UNSUBSCRIBED, 0))
    assert store.subscribers.by_key(ada.key).status is SubscriberStatus.UNSUBSCRIBED  # type: ignore[union-attr]
    (left,) = store.self_service.consents(ada.id)
    assert (left.event, left.how, left.issue) == (ConsentEvent.UNSUBSCRIBED, "ses", ISSUE)
    assert store.events.count_unsubscribed(ISSUE) == 1
    back = {"subscriber": ben.id, "at": make.WHEN + timedelta(days=1), "event": "returned"}
    execute(store, sa.insert(consent).values(**back, how="undo", wording="", issue=""))
    assert take(store, reported(K.UNSUBSCRIBED, 1)).unsubscribed == 0
    assert store.subscribers.by_key(ben.key).status is SubscriberStatus.CONFIRMED  # type: ignore[union-attr]


def test_the_providers_opens_and_clicks_are_stored_without_readers(store: Store) -> None:
    sent(store)
    link = "https://example.org/review"
    opened = reported(K.OPENED, 0, detail="ua")
    clicked = [reported(K.CLICKED, who, link=link) for who in (0, 1)]
    take(store, opened, *clicked)
    assert [(stored.address, stored.reader, stored.raw, stored.detail) for stored in stored_events(store)] == [
        ("", "", "", "")
    ] * 3
    assert store.events.clicks(ISSUE) == {link: 2}


def test_later_events_never_restore_an_erased_readers_address(store: Store) -> None:
    signer = Signer(make.SECRET)
    sent(store)
    take(store, bounce(Bounce.TRANSIENT))
    assert store.self_service.erase(KEYS[0], make.WHEN, signer.fingerprints)
    assert stored_events(store) == []
    assert take(store, bounce(key="later")) == EventEffects(new=1)
    (kept,) = stored_events(store)
    assert (kept.address, kept.reader, kept.raw, kept.detail) == ("", "", "", "")
    assert suppressed(store) == {}


def test_a_bounce_of_a_removed_reader_suppresses_the_address(store: Store) -> None:
    sent(store)
    store.subscribers.remove("ada@example.com")
    take(store, bounce())
    assert suppressed(store) == {"ada@example.com": SuppressionReason.BOUNCED}


def test_pruning_deletes_events_but_not_their_effects(store: Store) -> None:
    sent(store)
    take(store, bounce())
    (received,) = fetch_column(store, sa.select(event.c.received))
    assert store.events.prune(received) == 0
    assert store.events.prune(received + timedelta(seconds=1)) == 1
    assert stored_events(store) == []
    assert suppressed(store) == {"ada@example.com": SuppressionReason.BOUNCED}
    with query_plans(store) as plans:
        assert store.events.outcomes(ISSUE) == {Outcome.BOUNCED: 1, Outcome(0): 2}
    assert plans
    assert not any("B-TREE FOR" in plan for plan in plans)  # in which SQLite would keep a million rows
    assert store.events.outcomes("2020-01-01") == {}


def test_threads_that_take_the_same_events_lose_and_double_none(store: Store) -> None:
    sent(store, S.UNCERTAIN)
    events = [reported(kind, who) for kind in (K.SUBMITTED, K.DELIVERED) for who in range(3)]
    with ThreadPoolExecutor(6) as pool:
        applied = list(pool.map(lambda some: take(store, *some), [events, events[::-1]] * 3))
    assert sum(effects.new for effects in applied) == len(events)
    assert sum(effects.settled for effects in applied) == 3
    assert deliveries(store) == [(S.SUBMITTED, Outcome.SUBMITTED | Outcome.DELIVERED)] * 3


# Any order and any repetition ----------------------------------------------------------------------------------------

_kinds = st.sampled_from(list(K))


@st.composite
def some_events(draw: st.DrawFn) -> list[Event]:
    """Draw events of all kinds about three readers, close together in time."""
    events = []
    for number in range(draw(st.integers(1, 12))):
        kind, who = draw(_kinds), draw(st.integers(0, 2))
        events.append(
            reported(
                kind,
                who,
                key=f"k{number}",
                at=make.WHEN + timedelta(hours=draw(st.integers(0, 24 * 60))),
                issue=draw(st.sampled_from([ISSUE, "2026-11-22", "2026-11-21", ""])),
                reader=draw(st.sampled_from([KEYS[who], ""])),
                bounce=draw(st.sampled_from(list(Bounce))) if kind is K.BOUNCED else None,
                status="4.2.1" if kind is K.BOUNCED else "",
                detail=draw(st.sampled_from(["", "452 4.2.1 disabled"])),
                feedback=draw(st.sampled_from(["abuse", "not-spam", ""])) if kind is K.COMPLAINED else "",
            )
        )
    return events


def state(events: Sequence[Sequence[Event]], status: DeliveryStatus) -> list[object]:
    """Return the state that a new store has after applying events in these batches."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "newsletter.db"
        path.write_bytes(before(status))
        return taken(path, events)


@cache
def before(status: DeliveryStatus) -> bytes:
    """Return the file of a store after a send, before any events."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / "newsletter.db"
        with open_store(f"sqlite:///{path}") as store:
            sent(store, status)
        return path.read_bytes()


def taken(path: Path, events: Sequence[Sequence[Event]]) -> list[object]:
    """Return the state of a store after it applied these batches."""
    with open_store(f"sqlite:///{path}?timeout=60") as store:
        for batch in events:
            take(store, *batch, soft_bounces=2)
        with database_of(store).reading() as connection:
            return [
                deliveries(store),
                connection.execute(sa.select(suppression).order_by(suppression.c.address_key)).all(),
                connection.execute(sa.select(subscriber.c.status).order_by(subscriber.c.id)).all(),
                sorted(stored.key for stored in stored_events(store)),
                store.sends.get(1).counts,
            ]


@settings(deadline=None, max_examples=25, suppress_health_check=list(HealthCheck))
@given(
    events=some_events(),
    data=st.data(),
    status=st.sampled_from([S.SUBMITTED, S.UNCERTAIN, S.SUBMITTING, S.QUEUED, S.REFUSED]),
)
def test_any_order_and_repetition_of_events_leads_to_the_same_state(
    events: list[Event], data: st.DataObject, status: DeliveryStatus
) -> None:
    once = state([events], status)
    shuffled = data.draw(st.permutations(events + data.draw(st.lists(st.sampled_from(events), max_size=6))))
    cuts = sorted(data.draw(st.sets(st.integers(0, len(shuffled)), max_size=4)) | {0, len(shuffled)})
    batches = [shuffled[begin:end] for begin, end in pairwise(cuts)]
    assert state(batches, status) == once
