"""Mail that came back: read, held against what was sent, and only then believed."""

import hashlib
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from enum import StrEnum
from itertools import islice

from newsletter.domain.addresses import address_key
from newsletter.domain.consent import SERVICE
from newsletter.domain.events import Applied, Event, EventKind, MailReport, plain
from newsletter.domain.subscriber import Subscriber
from newsletter.feedback.bounce_mailbox import BounceMailbox
from newsletter.feedback.recording import Feedback
from newsletter.message.verp import is_message_mac, issue_left, issue_of, reader_of
from newsletter.store import Store
from newsletter.tokens import Signer

_RAW = 65_536  # characters
_BATCH = 200  # messages between two commits
_LEFT = "left"


class Came(StrEnum):
    """What a message that came back is."""

    REPORT = "report"
    LEAVE = "unsubscribe request"
    REPEATED = "known already"
    OLD = "too old"
    AUTOMATIC = "automatic answer"
    NOBODY = "of no reader"
    UNPROVEN = "unproven"
    UNKNOWN = "not understood"


_FOR_A_PERSON = (Came.UNPROVEN, Came.UNKNOWN)


@dataclass(frozen=True, slots=True, kw_only=True)
class Returned:
    """How many messages were what, and what came of it."""

    counts: Mapping[Came, int]
    applied: Applied


@dataclass(frozen=True, slots=True, kw_only=True)
class _Sent:
    """A message of ours: the key in it and whose that is, its issue, and the address that it is proven to have gone to.

    One about a sign-up is of no reader yet.
    """

    key: str
    issue: str
    address: str


def read_report(message: bytes) -> MailReport:
    """What a message that came back says, whichever mail server wrote it. Never raises: it may be anything."""
    from newsletter.feedback.bounce_parser import parsed  # slow to import

    return parsed(message)


def take_returned(
    store: Store,
    signer: Signer,
    feedback: Feedback,
    mailbox: BounceMailbox,
    now: datetime,
    *,
    keep: timedelta,
    signed_paths: bool,
) -> Returned:
    """Take what a mailbox has. A message is marked once what it reports is on the disk; what cannot be understood, or
    is not proven to be about a message of ours, is flagged and stays for a person.

    ``signed_paths``: messages have signed return paths, and nothing else proves anything. A Message-ID is in every
    answer to a message and in every message that passes it on.

    A message that came before ``keep`` ago changes nothing: its events may have been pruned, and would count again.

    Raises MailboxError, StoreError; doing it again goes on.
    """
    counts: Counter[Came] = Counter()
    applied = Applied()
    messages = mailbox.each()
    # One message at a time is in memory: anybody may send many large ones.
    every = (
        (name, *_judged(store, signer, message, now, keep=keep, signed_paths=signed_paths))
        for name, message in messages
    )
    while judged := list(islice(every, _BATCH)):
        applied += feedback.take([event for _, _, events in judged for event in events])
        for name, came, _ in judged:
            mailbox.mark(name, flagged=came in _FOR_A_PERSON)
        counts.update(came for _, came, _ in judged)
    return Returned(counts=counts, applied=applied)


def _judged(
    store: Store, signer: Signer, message: bytes, now: datetime, *, keep: timedelta, signed_paths: bool
) -> tuple[Came, Sequence[Event]]:
    digest = hashlib.sha256(message).hexdigest()[:32]
    if store.events.has_any((_key(digest, 0), _key(digest, _LEFT))):
        return Came.REPEATED, ()  # an mbox file is read anew each time
    report = read_report(message)
    came = report.came or report.at
    if came is not None and came < now - keep:
        return Came.OLD, ()
    if signed_paths:
        report = replace(report, deliveries=())
    left = _left(store, signer, report, digest, now)
    if left is not None:
        return Came.LEAVE, (left,)
    if not report.recipients:
        return Came.AUTOMATIC if report.automatic else Came.UNKNOWN, ()
    readers = _readers(store, report)
    sent = _sent(store, signer, report, readers)
    if sent is None:
        named = report.signatures or report.deliveries
        return Came.NOBODY if named and not readers else Came.UNPROVEN, ()
    return Came.REPORT, list(_events(sent, report, message, digest, now))


def _key(digest: str, what: int | str) -> str:
    """Return the key of an event that a message, by its digest, reports."""
    return f"mail:{digest}:{what}"


def _left(store: Store, signer: Signer, report: MailReport, digest: str, now: datetime) -> Event | None:
    """Return that a reader unsubscribed, if their mail client wrote to the signed address of one of our messages."""
    for key, signatures in _by_reader(report.addressed).items():
        reader = store.subscribers.by_key(key)
        issue = issue_left(signatures, signer, _issues(store, reader), key=key) if reader else ""
        if reader and issue:
            return Event(
                key=_key(digest, _LEFT),
                provider="mail",
                kind=EventKind.UNSUBSCRIBED,
                at=min(report.at or now, now),
                address=reader.address,
                issue=issue,
                reader=reader.key,
            )
    return None


def _readers(store: Store, report: MailReport) -> dict[str, Subscriber]:
    """Whom a report names, by their keys, whether it proves it or not."""
    keys = [*map(reader_of, report.signatures), *(key for _, key, _ in report.deliveries)]
    return {key: reader for key in keys if (reader := store.subscribers.by_key(key)) is not None}


def _sent(store: Store, signer: Signer, report: MailReport, readers: Mapping[str, Subscriber]) -> _Sent | None:
    """Return the message of ours that a report proves to be about, by a signed return path or a signed Message-ID.

    A key that is no reader's may be a service message's, whose signature is of the address alone that the report names.
    """
    for key, signatures in _by_reader(report.signatures).items():
        reader = readers.get(key)
        issues = _issues(store, reader) if reader else [SERVICE]
        for address in _addresses(reader, report):
            issue = issue_of(signatures, signer, issues, key=key, address=address)
            if issue:
                return _Sent(key=key, issue=issue, address=address)
    for issue, key, mac in report.deliveries:
        reader = readers.get(key)
        for address in _addresses(reader, report) if reader or issue == SERVICE else ():
            if is_message_mac(mac, signer, issue=issue, key=key, address=address):
                return _Sent(key=key, issue=issue, address=address)
    return None


def _by_reader(signatures: Iterable[str]) -> Mapping[str, Sequence[str]]:
    """Return signatures by the key of the reader that each is about: what they are compared with is made once."""
    found: defaultdict[str, list[str]] = defaultdict(list)
    for signature in signatures:
        found[reader_of(signature)].append(signature)
    return found


def _issues(store: Store, reader: Subscriber) -> Sequence[str]:
    return [issue for issue, *_ in store.readers.issues_of(reader.id)]


def _addresses(reader: Subscriber | None, report: MailReport) -> Iterable[str]:
    """Return which addresses a message may have gone to: the reader's, or the one they had before they moved."""
    named = [recipient.address for recipient in report.recipients if recipient.address]
    return dict.fromkeys([reader.address, *named] if reader else named)


def _events(sent: _Sent, report: MailReport, message: bytes, digest: str, now: datetime) -> Iterator[Event]:
    raw = plain(message.decode("utf-8", "replace"), _RAW)
    theirs = [one for one in report.recipients if address_key(one.address) == address_key(sent.address)]
    for number, one in enumerate(theirs or report.recipients):
        yield Event(
            key=_key(digest, number),
            provider="mail",
            kind=one.kind,
            at=min(report.at or now, now),
            address=sent.address,
            issue=sent.issue,
            reader=sent.key,
            bounce=one.bounce,
            status=one.status,
            feedback=one.feedback,
            detail=one.detail,
            raw=raw,
        )
