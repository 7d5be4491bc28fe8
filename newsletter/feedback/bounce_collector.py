"""Collect reports and unsubscribe requests from the bounce mailbox.

They count only if they contain a signature from a message of ours.
"""

import hashlib
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from newsletter.domain.addresses import address_key
from newsletter.domain.events import Event, EventEffects, EventKind, storable_text
from newsletter.domain.mail_reports import MailReport
from newsletter.feedback.attribution import SentMessage, readers_named, reported_message, unsubscribed_message
from newsletter.feedback.bounce_mailbox import BounceMailbox
from newsletter.feedback.recording import Feedback
from newsletter.store import Store
from newsletter.tokens import Signer

_RAW = 65_536  # characters
_BATCH = 200  # messages between two commits
_UNSUBSCRIBE = "left"  # in the keys of stored events


class MailKind(StrEnum):
    """A kind of message in the bounce mailbox."""

    REPORT = "report"  # a bounce or a complaint, proven to be about a message of ours
    UNSUBSCRIBE = "unsubscribe request"  # to the signed address that a mail client's button writes to
    REPEATED = "already known"  # its events are stored: an mbox file is read from its beginning each time
    OLD = "too old"  # its events may have been pruned, and would count twice
    AUTOMATIC = "automatic reply"  # out of the office, for example
    NO_READER = "unknown reader"  # it names a reader who is gone
    UNPROVEN = "unproven"  # anybody could have written it
    UNKNOWN = "not understood"  # perhaps a reader's letter, or a form of report that we don't know


_FOR_A_PERSON = (MailKind.UNPROVEN, MailKind.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class CollectedBounces:
    """A summary of one run: the number of messages of each kind, and the changes that they made."""

    counts: Mapping[MailKind, int]
    applied: EventEffects


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
    unsubscribed = unsubscribed_message(store, signer, report)
    if unsubscribed is not None:
        return MailKind.UNSUBSCRIBE, (_unsubscribe_event(unsubscribed, report, digest, now),)
    if not report.recipients:
        return MailKind.AUTOMATIC if report.automatic else MailKind.UNKNOWN, ()
    readers = readers_named(store, report)
    sent = reported_message(store, signer, report, readers)
    if sent is None:
        named = report.signatures or report.deliveries
        return MailKind.NO_READER if named and not readers else MailKind.UNPROVEN, ()
    return MailKind.REPORT, list(_events(sent, report, message, digest, now))


def _event_key(digest: str, what: int | str) -> str:
    """Return the key of an event reported by the message with this digest."""
    return f"mail:{digest}:{what}"


def _unsubscribe_event(sent: SentMessage, report: MailReport, digest: str, now: datetime) -> Event:
    return Event(
        key=_event_key(digest, _UNSUBSCRIBE),
        provider="mail",
        kind=EventKind.UNSUBSCRIBED,
        at=min(report.at or now, now),
        address=sent.address,
        issue=sent.issue,
        reader=sent.key,
    )


def _events(sent: SentMessage, report: MailReport, message: bytes, digest: str, now: datetime) -> Iterator[Event]:
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
