"""Collect reports and unsubscribe requests from the bounce mailbox.

They count only if they contain a signature from a message of ours.
"""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from newsletter.domain.addresses import address_key
from newsletter.domain.consent import SERVICE
from newsletter.domain.events import Event, EventEffects, EventKind, storable_text
from newsletter.domain.mail_reports import MailReport
from newsletter.domain.subscriber import Subscriber
from newsletter.feedback.bounce_mailbox import BounceMailbox
from newsletter.feedback.recording import Feedback
from newsletter.message.verp import is_message_mac, issue_of, issue_unsubscribed, subscriber_key_in
from newsletter.store import Store
from newsletter.tokens import Signer

_RAW = 65_536  # characters
_BATCH = 200  # messages between two commits
_UNSUBSCRIBE = "left"  # in the keys of stored events


class MailKind(StrEnum):
    """A kind of message in the bounce mailbox."""

    REPORT = "report"
    UNSUBSCRIBE = "unsubscribe request"
    REPEATED = "already known"
    OLD = "too old"
    AUTOMATIC = "automatic reply"
    NO_READER = "unknown reader"
    UNPROVEN = "unproven"
    UNKNOWN = "not understood"


_FOR_A_PERSON = (MailKind.UNPROVEN, MailKind.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedBounces:
    """A summary of one run: the number of messages of each kind, and the changes that they made."""

    counts: Mapping[MailKind, int]
    applied: EventEffects


@dataclass(frozen=True, slots=True, kw_only=True)
class _SentMessage:
    """A message of ours: its issue, the reader's key in it, and the address that it is proven to have gone to.

    The key in a message about a sign-up belongs to no reader yet.
    """

    key: str
    issue: str
    address: str


def collect_bounces(
    store: Store,
    signer: Signer,
    feedback: Feedback,
    mailbox: BounceMailbox,
    now: datetime,
    *,
    keep: timedelta,
    signed_paths: bool,
) -> CollectedBounces:
    """Read a mailbox and record what its messages report.

    A message is marked as read once its events are on disk. Messages that can't be understood, or aren't proven to be
    about a message of ours, are flagged for a person.

    With ``signed_paths``, our messages have signed return paths and only those count as proof: a Message-ID also
    appears in every reply to a message and every message that forwards it.

    Messages received more than ``keep`` ago change nothing: their events may have been pruned and would count twice.

    Raise MailboxError or StoreError; running it again continues where it stopped.
    """
    counts: Counter[MailKind] = Counter()
    applied = EventEffects()
    # A generator keeps one message in memory at a time: anybody may send many large ones.
    all_classified = (
        (name, *_classify(store, signer, message, now, keep=keep, signed_paths=signed_paths))
        for name, message in mailbox.unread()
    )
    while classified := list(islice(all_classified, _BATCH)):
        applied += feedback.record([event for _, _, events in classified for event in events], now)
        for name, kind, _ in classified:
            mailbox.mark(name, flagged=kind in _FOR_A_PERSON)
        counts.update(kind for _, kind, _ in classified)
    return CollectedBounces(counts=counts, applied=applied)


def _classify(
    store: Store, signer: Signer, message: bytes, now: datetime, *, keep: timedelta, signed_paths: bool
) -> tuple[MailKind, Sequence[Event]]:
    """Return a message's kind, and the events that it proves."""
    from newsletter.feedback.bounce_parser import parse_report  # slow to import

    digest = hashlib.sha256(message).hexdigest()[:32]
    if store.events.has_any((_event_key(digest, 0), _event_key(digest, _UNSUBSCRIBE))):
        return MailKind.REPEATED, ()  # an mbox file is read from its beginning each time
    report = parse_report(message)
    came = report.came or report.at
    if came is not None and came < now - keep:
        return MailKind.OLD, ()
    if signed_paths:
        report = replace(report, deliveries=())
    unsubscribe = _unsubscribe_event(store, signer, report, digest, now)
    if unsubscribe is not None:
        return MailKind.UNSUBSCRIBE, (unsubscribe,)
    if not report.recipients:
        return MailKind.AUTOMATIC if report.automatic else MailKind.UNKNOWN, ()
    readers = _readers(store, report)
    sent = _proven_message(store, signer, report, readers)
    if sent is None:
        named = report.signatures or report.deliveries
        return MailKind.NO_READER if named and not readers else MailKind.UNPROVEN, ()
    return MailKind.REPORT, list(_events(sent, report, message, digest, now))


def _event_key(digest: str, what: int | str) -> str:
    """Return the key of an event reported by the message with this digest."""
    return f"mail:{digest}:{what}"


def _unsubscribe_event(store: Store, signer: Signer, report: MailReport, digest: str, now: datetime) -> Event | None:
    """Return an unsubscribe event if the message was sent to the signed address of one of our messages, else None."""
    for key, signatures in _by_reader(report.addressed).items():
        reader = store.subscribers.by_key(key)
        issue = issue_unsubscribed(signatures, signer, _issues(store, reader), key=key) if reader else ""
        if reader and issue:
            return Event(
                key=_event_key(digest, _UNSUBSCRIBE),
                provider="mail",
                kind=EventKind.UNSUBSCRIBED,
                at=min(report.at or now, now),
                address=reader.address,
                issue=issue,
                reader=reader.key,
            )
    return None


def _readers(store: Store, report: MailReport) -> dict[str, Subscriber]:
    """Return the readers whose keys a report contains, whether proven or not."""
    keys = [*map(subscriber_key_in, report.signatures), *(key for _, key, _ in report.deliveries)]
    return {key: reader for key in keys if (reader := store.subscribers.by_key(key)) is not None}


def _proven_message(
    store: Store, signer: Signer, report: MailReport, readers: Mapping[str, Subscriber]
) -> _SentMessage | None:
    """Return the message of ours that a report is about, proven by a signed return path or Message-ID, else None.

    A key that belongs to no reader may be that of a service message, whose signature covers only the address.
    """
    for key, signatures in _by_reader(report.signatures).items():
        reader = readers.get(key)
        issues = _issues(store, reader) if reader else [SERVICE]
        for address in _addresses(reader, report):
            issue = issue_of(signatures, signer, issues, key=key, address=address)
            if issue:
                return _SentMessage(key=key, issue=issue, address=address)
    for issue, key, mac in report.deliveries:
        reader = readers.get(key)
        for address in _addresses(reader, report) if reader or issue == SERVICE else ():
            if is_message_mac(mac, signer, issue=issue, key=key, address=address):
                return _SentMessage(key=key, issue=issue, address=address)
    return None


def _by_reader(signatures: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """Return signatures grouped by reader key, so that a reader's issues are read only once."""
    grouped: defaultdict[str, list[str]] = defaultdict(list)
    for signature in signatures:
        grouped[subscriber_key_in(signature)].append(signature)
    return grouped


def _issues(store: Store, reader: Subscriber) -> Sequence[str]:
    return [issue for issue, *_ in store.self_service.deliveries_of(reader.id)]


def _addresses(reader: Subscriber | None, report: MailReport) -> Iterable[str]:
    """Return the addresses that a message may have gone to: the reader's, and those named in the report, because the
    reader may have changed their address since.
    """
    named = [recipient.address for recipient in report.recipients if recipient.address]
    return dict.fromkeys([reader.address, *named] if reader else named)


def _events(sent: _SentMessage, report: MailReport, message: bytes, digest: str, now: datetime) -> Iterator[Event]:
    raw = storable_text(message.decode("utf-8", "replace"), _RAW)
    about = [reported for reported in report.recipients if address_key(reported.address) == address_key(sent.address)]
    for number, reported in enumerate(about or report.recipients):
        yield Event(
            key=_event_key(digest, number),
            provider="mail",
            kind=reported.kind,
            at=min(report.at or now, now),
            address=sent.address,
            issue=sent.issue,
            reader=sent.key,
            bounce=reported.bounce,
            status=reported.status,
            feedback=reported.feedback,
            detail=reported.detail,
            raw=raw,
        )
