"""What staff see of readers: searches, lists, totals, and everything about one reader."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.composing import Composed
from newsletter.domain.consent import Confirmation, ConfirmationKind, Consent
from newsletter.domain.people import Act, Person, require
from newsletter.domain.staff import AuditEntry
from newsletter.domain.subscriber import Subscriber, SubscriberStatus
from newsletter.publishing.audience import ReaderCopy, reader_copy
from newsletter.publishing.readers.reader_requests import known_reader
from newsletter.settings import Settings
from newsletter.store import ReaderTotals, Store, SuppressedAddress, Suppression

MOST = 50
"""The number of readers on a page of a list."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedReader:
    """A reader in a list, and the suppression of their address, if there is one."""

    reader: Subscriber
    suppression: Suppression | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class FoundReaders:
    """The result of a search: readers, sign-ups that wait, and a suppression of exactly this address without a reader.

    There may be more if ``is_cut``.
    """

    readers: tuple[ListedReader, ...] = ()
    waiting: tuple[Confirmation, ...] = ()
    suppression: Suppression | None = None
    is_cut: bool = False

    def __bool__(self) -> bool:
        return bool(self.readers or self.waiting or self.suppression)


@dataclass(frozen=True, slots=True, kw_only=True)
class ReaderRecord:
    """Everything that staff see about a reader. ``deliveries`` are issue, status and detail, the latest first.

    ``moving_to`` is an address that waits for the reader's confirmation; ``asked_at`` is when a confirmation was last
    mailed to a reader who hasn't confirmed; ``changes`` are those by staff.
    """

    reader: Subscriber
    suppression: Suppression | None
    service_mail_bounced: datetime | None
    consents: tuple[Consent, ...]
    deliveries: tuple[tuple[str, str, str], ...]
    moving_to: str
    asked_at: datetime | None
    changes: tuple[AuditEntry, ...]


def require_sight(person: Person, act: Act = Act.SEE_READERS) -> None:
    """Raise ForbiddenError unless a person may do an act to readers; for pages that have nobody to show yet."""
    require(person, act)


def find_readers(store: Store, person: Person, text: str) -> FoundReaders:
    """Return readers and sign-ups whose address or name begins with a text."""
    require(person, Act.SEE_READERS)
    readers = store.reader_search.find(text, most=MOST + 1)
    waiting = store.reader_search.waiting(text, most=MOST) if text.strip() else []
    return FoundReaders(
        readers=_listed(store, readers[:MOST]),
        waiting=tuple(waiting),
        suppression=None if readers else store.suppressions.get(text),
        is_cut=len(readers) > MOST,
    )


def list_readers(
    store: Store, person: Person, *, status: SubscriberStatus | None = None, before: int = 0
) -> tuple[tuple[ListedReader, ...], int]:
    """Return a page of readers, the latest first, and the id to go on before; 0 if there are no more."""
    require(person, Act.SEE_READERS)
    readers = store.reader_search.page(status=status, before=before, most=MOST + 1)
    return _listed(store, readers[:MOST]), readers[MOST - 1].id if len(readers) > MOST else 0


def list_suppressed(
    store: Store, person: Person, *, before: tuple[datetime, str] | None = None
) -> tuple[tuple[SuppressedAddress, ...], bool]:
    """Return a page of suppressed addresses, the latest first, and whether there are more."""
    require(person, Act.SEE_READERS)
    suppressed = store.reader_search.suppressed(before=before, most=MOST + 1)
    return tuple(suppressed[:MOST]), len(suppressed) > MOST


def list_waiting(store: Store, person: Person) -> tuple[Confirmation, ...]:
    """Return the latest sign-ups that wait for a confirmation."""
    require(person, Act.SEE_READERS)
    return tuple(store.reader_search.waiting("", most=MOST))


def reader_totals(store: Store, person: Person) -> ReaderTotals:
    """Return the numbers of readers by status."""
    require(person, Act.SEE_REPORTS)
    return store.reader_search.totals()


def reader_record(store: Store, person: Person, key: str) -> ReaderRecord:
    """Return everything about a reader. Raise ReaderGoneError."""
    require(person, Act.SEE_READERS)
    reader = known_reader(store, key)
    requests = [item for item in store.confirmations.of_reader(reader.key, reader.address) if item.confirmed is None]
    moves = [item for item in requests if item.kind is ConfirmationKind.MOVE and item.subscriber == reader.key]
    sign_ups = [item for item in requests if item.kind is ConfirmationKind.SIGN_UP]
    return ReaderRecord(
        reader=reader,
        suppression=store.suppressions.get(reader.address),
        service_mail_bounced=store.service_bounces.last(reader.address),
        consents=tuple(store.self_service.consents(reader.id)),
        deliveries=tuple(store.self_service.deliveries_of(reader.id)),
        moving_to=moves[-1].address if moves else "",
        asked_at=sign_ups[-1].requested if sign_ups and reader.status is not SubscriberStatus.CONFIRMED else None,
        changes=tuple(store.audit.entries(thing=f"reader {reader.key}", limit=MOST)),
    )


def copy_for(
    settings: Settings, store: Store, person: Person, composed: Composed, reader: Subscriber, *, now: datetime
) -> ReaderCopy | None:
    """Return what a reader would get of an issue, and why; None if they no longer exist. Raise UnknownSegmentError."""
    require(person, Act.SEE_READERS)
    return reader_copy(settings, store, composed, reader.address, now=now)


def _listed(store: Store, readers: Sequence[Subscriber]) -> tuple[ListedReader, ...]:
    suppressed = store.reader_search.suppressed_among(readers)
    return tuple(ListedReader(reader=reader, suppression=suppressed.get(reader.key)) for reader in readers)
