"""Put the send of an issue into a stage, in the database of a newsletter on disk, for tests and pictures."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from pathlib import Path

import sqlalchemy as sa

from newsletter import bootstrap, settings
from newsletter.domain.delivery import DeliveryStatus, Receipt
from newsletter.domain.people import Person
from newsletter.domain.send import Send
from newsletter.publishing.sends.frozen_content import freeze_request
from newsletter.publishing.sends.send_controls import cancel_send, pause_send
from newsletter.publishing.sends.send_preparing import compose_issue, prepare_send
from newsletter.publishing.sends.send_schedule import schedule_send
from newsletter.publishing.sends.start_time import StartTime
from newsletter.sending import FreezeRequest
from newsletter.store import Store
from newsletter.store.tables import metadata
from tests import ledger
from tests.make import SECRET
from tests.rows import execute
from tests.web.studio.screenshot_newsletters import NOW

ADA = Person(name="Ada Marsh", address="ada@lantern.example.org")
_S = DeliveryStatus
_FULL = "552 5.2.2 Mailbox full"
_POLICY = "550 5.7.1 Message rejected by policy"
_HOLDER = "mail-1 4127 boot/1 99 abcd"


def schedule(store: Store, root: Path, issue: str, begins: datetime, now: datetime) -> Send:
    """Schedule the send of an issue."""
    loaded = settings.load(root)
    zone = loaded.newsletter.zone
    start = StartTime(begins=begins, day=begins.astimezone(zone).date(), days=0)
    today = now.astimezone(zone).date()
    prepared = prepare_send(ADA, loaded, store, compose_issue(loaded, issue), today=today, now=now, start=start)
    return schedule_send(ADA, loaded, store, prepared, now=now)


def freeze(store: Store, root: Path, send: Send, now: datetime) -> Send:
    """Begin a send as a worker does that is on another machine, and return it; the worker holds it for an hour."""
    loaded = settings.load(root)
    request: FreezeRequest = freeze_request(loaded, store, compose_issue(loaded, send.issue), now=now)
    execute(store, f"UPDATE send SET holder = '{_HOLDER}', held_until = 4e9 WHERE id = {send.id}")
    store.controls.begin_scheduled(send.id, begins=send.begins, now=now, holder=_HOLDER)
    return store.sends.freeze(
        compiled=request.compiled,
        tailor=request.tailor,
        date=now,
        now=now,
        segments=request.segments,
        provider=loaded.provider_name,
        base_url=loaded.newsletter.base_url,
        signing_key=SECRET[:4],
        holder=_HOLDER,
    )


def answer(store: Store, send: Send, shares: Mapping[tuple[DeliveryStatus, str], int], now: datetime) -> None:
    """Record so many answers of each kind; the last deliveries stay open."""
    answers = [kind for kind, number in shares.items() for _ in range(number)]
    batch = ledger.claim(store, send.id, size=len(answers), now=int(now.timestamp()), holder=_HOLDER)
    receipts = [
        Receipt(subscriber=delivery.subscriber, status=status, detail=detail)
        for delivery, (status, detail) in zip(batch, answers, strict=False)
    ]
    ledger.record(store, send.id, receipts, batch=batch, now=now)


def _begun(store: Store, root: Path, issue: str, now: datetime, *, seconds: int = 20) -> Send:
    began = now - timedelta(seconds=seconds)
    return freeze(store, root, schedule(store, root, issue, began, began - timedelta(minutes=1)), began)


def _mostly(recipients: int) -> int:
    return recipients * 6 // 10


def _scheduled(store: Store, root: Path, issue: str, now: datetime) -> None:
    schedule(store, root, issue, now + timedelta(hours=3, minutes=19), now - timedelta(minutes=40))


def _counting(store: Store, root: Path, issue: str, now: datetime) -> None:
    schedule(store, root, issue, now + timedelta(seconds=42), now - timedelta(seconds=18))


def _failing(store: Store, root: Path, issue: str, now: datetime) -> None:
    send = schedule(store, root, issue, now - timedelta(minutes=3), now - timedelta(hours=1))
    with store.leases.acquire(send.id) as lease:
        why = "the SMTP relay mail.example.org doesn't answer"
        for failed in (now - timedelta(minutes=2), now - timedelta(seconds=10)):
            store.controls.postpone(send.id, why, now=failed, holder=lease.holder)


def _sending(store: Store, root: Path, issue: str, now: datetime) -> None:
    send = _begun(store, root, issue, now)
    answer(store, send, {(_S.SUBMITTED, ""): _mostly(send.recipients), (_S.DEFERRED, _FULL): 2}, now)
    ledger.claim(store, send.id, size=5, now=int(now.timestamp()), holder=_HOLDER)


def _outage(store: Store, root: Path, issue: str, now: datetime) -> None:
    """Have the provider been unreachable for 40 seconds, while the worker that runs the send goes on trying."""
    _sending(store, root, issue, now)
    send = store.sends.of_issue(issue)
    assert send is not None
    why, began, until = (
        "smtp gives no clear answer: timed out",
        now - timedelta(seconds=40),
        now + timedelta(seconds=16),
    )
    store.controls.begin_outage(send.id, why, until, now=began, holder=_HOLDER)


def _paused(store: Store, root: Path, issue: str, now: datetime) -> None:
    send = _begun(store, root, issue, now, seconds=400)
    answer(store, send, {(_S.SUBMITTED, ""): 30, (_S.REFUSED, _POLICY): 12}, now)
    execute(store, f"UPDATE send SET holder = '' WHERE id = {send.id}")
    pause_send(ADA, store, send.id, now=now)
    execute(store, "UPDATE send SET reason = '12 of the first 42 messages were refused: rejected by policy'")


def _failures(store: Store, root: Path, issue: str, now: datetime) -> None:
    send = _begun(store, root, issue, now, seconds=60)
    kinds = {(_S.REFUSED, _POLICY): 2, (_S.REFUSED, _FULL): 1, (_S.UNCERTAIN, "no answer after the last line"): 2}
    answer(store, send, {(_S.SUBMITTED, ""): send.recipients - 5} | kinds, now)
    execute(store, f"UPDATE send SET holder = '' WHERE id = {send.id}")
    store.sends.finish(send.id, now=now)


def _sent(store: Store, root: Path, issue: str, now: datetime) -> None:
    send = _begun(store, root, issue, now, seconds=60)
    answer(store, send, {(_S.SUBMITTED, ""): send.recipients}, now)
    execute(store, f"UPDATE send SET holder = '' WHERE id = {send.id}")
    store.sends.finish(send.id, now=now)


def _cancelled(store: Store, root: Path, issue: str, now: datetime) -> None:
    send = _begun(store, root, issue, now, seconds=60)
    answer(store, send, {(_S.SUBMITTED, ""): 20}, now)
    execute(store, f"UPDATE send SET holder = '' WHERE id = {send.id}")
    cancel_send(ADA, store, send.id, now=now)


def _undone(store: Store, root: Path, issue: str, now: datetime) -> None:
    """Leave the issue as one that can be sent."""


def _compared(store: Store, root: Path, issue: str, now: datetime) -> None:
    """Have two earlier issues been sent, to fewer readers than this one would go to."""
    for earlier in ("2026-11-21", "2026-11-22"):
        send = _begun(store, root, earlier, now - timedelta(days=1), seconds=60)
        answer(store, send, {(_S.SUBMITTED, ""): send.recipients}, now)
        execute(store, f"UPDATE send SET holder = '', created = resumed WHERE id = {send.id}")
        store.sends.finish(send.id, now=now - timedelta(days=1))


STAGES: Mapping[str, Callable[[Store, Path, str, datetime], None]] = {
    "unsent": _undone,
    "scheduled": _scheduled,
    "counting": _counting,
    "failing": _failing,
    "sending": _sending,
    "outage": _outage,
    "paused": _paused,
    "failures": _failures,
    "sent": _sent,
    "cancelled": _cancelled,
    "compared": _compared,
}


def _of_sends() -> list[sa.Table]:
    """Return the tables of sends and of what refers to them, in the order in which they can be emptied."""
    names = {"send", "worker", "notice"}
    for table in metadata.sorted_tables:
        if any(key.column.table.name in names for key in table.foreign_keys):
            names.add(table.name)
    return [table for table in reversed(metadata.sorted_tables) if table.name in names]


def put(root: Path, issue: str, stage: str, *, worker: bool = True, now: datetime = NOW) -> None:
    """Put the send of an issue into a stage, whatever was before; with ``worker``, one is running somewhere."""
    with bootstrap.open_store(settings.load(root)) as store:
        execute(store, *(sa.delete(table) for table in _of_sends()))
        if worker:
            store.workers.beat(_HOLDER, now=now)
        STAGES[stage](store, root, issue, now)
