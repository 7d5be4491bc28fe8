"""Prove which message of ours a returned message is about, by the signatures in it."""

from collections import defaultdict
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass

from newsletter.domain.consent import SERVICE
from newsletter.domain.mail_reports import MailReport
from newsletter.domain.subscriber import Subscriber
from newsletter.message.verp import is_message_mac, issue_of, issue_unsubscribed, subscriber_key_in
from newsletter.store import Store
from newsletter.tokens import Signer


@dataclass(frozen=True, slots=True, kw_only=True)
class SentMessage:
    """A message of ours: its issue, the reader's key in it, and the address that it is proven to have gone to.

    The key in a message about a sign-up belongs to no reader yet.
    """

    key: str
    issue: str
    address: str


def readers_named(store: Store, report: MailReport) -> Mapping[str, Subscriber]:
    """Return the readers whose keys a report contains, by key, whether proven or not."""
    keys = [*map(subscriber_key_in, report.signatures), *(key for _, key, _ in report.deliveries)]
    return {key: reader for key in keys if (reader := store.subscribers.by_key(key)) is not None}


def reported_message(
    store: Store, signer: Signer, report: MailReport, readers: Mapping[str, Subscriber]
) -> SentMessage | None:
    """Return the message of ours that a report is about, proven by a signed return path or Message-ID, else None.

    A key that belongs to no reader may be that of a service message, whose signature covers only the address.
    """
    for key, signatures in _by_reader(report.signatures).items():
        reader = readers.get(key)
        issues = _issues(store, reader) if reader else [SERVICE]
        for address in _addresses(reader, report):
            issue = issue_of(signatures, signer, issues, key=key, address=address)
            if issue:
                return SentMessage(key=key, issue=issue, address=address)
    for issue, key, mac in report.deliveries:
        reader = readers.get(key)
        for address in _addresses(reader, report) if reader or issue == SERVICE else ():
            if is_message_mac(mac, signer, issue=issue, key=key, address=address):
                return SentMessage(key=key, issue=issue, address=address)
    return None


def unsubscribed_message(store: Store, signer: Signer, report: MailReport) -> SentMessage | None:
    """Return the message of ours to whose signed unsubscribe address a person or their mail client wrote, else None."""
    for key, signatures in _by_reader(report.addressed).items():
        reader = store.subscribers.by_key(key)
        issue = issue_unsubscribed(signatures, signer, _issues(store, reader), key=key) if reader else ""
        if reader and issue:
            return SentMessage(key=reader.key, issue=issue, address=reader.address)
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
