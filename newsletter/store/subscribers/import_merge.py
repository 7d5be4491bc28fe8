"""The rules for merging readers from a file into the store, and their execution."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from itertools import chain

import sqlalchemy as sa

from newsletter.domain.addresses import address_key
from newsletter.domain.consent import Consent
from newsletter.domain.subscriber import Frequency, Subscriber, SubscriberStatus, SuppressionReason
from newsletter.store.subscribers import rows
from newsletter.store.subscribers.consents import consents_of, record
from newsletter.store.subscribers.erasures import Fingerprint, address_hashes, erased_among
from newsletter.store.subscribers.suppressions import suppress
from newsletter.store.tables import subscriber, subscriber_topic, suppression

_S = SubscriberStatus
_RANK = {_S.UNCONFIRMED: 0, _S.CONFIRMED: 1, _S.UNSUBSCRIBED: 2}


@dataclass(frozen=True, slots=True, kw_only=True)
class ImportedDetails:
    """Data in a file about a reader that a Subscriber doesn't hold: suppression, consent events, frequency.

    Each is None or empty if the file doesn't have it.
    """

    suppressed: SuppressionReason | None = None
    consents: tuple[Consent, ...] = ()
    frequency: Frequency | None = None

    def joined(self, later: "ImportedDetails") -> "ImportedDetails":
        """Return two lines about a reader combined: the first suppression and frequency, and all consent events."""
        return ImportedDetails(
            suppressed=self.suppressed or later.suppressed,
            consents=tuple(dict.fromkeys(self.consents + later.consents)),
            frequency=self.frequency or later.frequency,
        )


_NOTHING = ImportedDetails()


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeCounts:
    """The results of a merge.

    Readers ``kept_away`` had unsubscribed, are suppressed or were erased, and stay that way. ``repeated`` ones came
    more than once.
    """

    added: int
    changed: int
    unchanged: int
    kept_away: int
    repeated: int


def merged(present: Subscriber, incoming: Subscriber, *, away: bool, frequency: Frequency | None = None) -> Subscriber:
    """Return the ``present`` reader merged with the ``incoming`` one; ``away`` means that they are suppressed.

    ``frequency`` is None if the file doesn't have it; the frequency of ``incoming`` is ignored.

    Values in the file replace those in the store: topics as a whole, attributes one by one. Empty ones change nothing,
    except that a topic the file excludes is no longer followed, and the other way round. A status only moves forward:
    unconfirmed, confirmed, unsubscribed. A reader who unsubscribed or is suppressed doesn't change, except that a file
    can still unsubscribe them.
    """
    if away or present.status is _S.UNSUBSCRIBED:
        return replace(present, status=_S.UNSUBSCRIBED) if incoming.status is _S.UNSUBSCRIBED else present
    excludes = set(incoming.excludes) or set(present.excludes).difference(incoming.topics)
    return replace(
        present,
        first_name=incoming.first_name or present.first_name,
        last_name=incoming.last_name or present.last_name,
        status=max(present.status, incoming.status, key=_RANK.__getitem__),
        topics=tuple(sorted(set(incoming.topics or present.topics) - excludes)),
        excludes=tuple(sorted(excludes)),
        language=incoming.language or present.language,
        time_zone=incoming.time_zone or present.time_zone,
        frequency=frequency or present.frequency,
        paused_until=incoming.paused_until or present.paused_until,
        attributes={**present.attributes, **{name: value for name, value in incoming.attributes.items() if value}},
    )


class _Seen:
    """The readers met so far in a merge: a bit for each id, which takes little memory, and keys of those without."""

    def __init__(self) -> None:
        self._bits = bytearray()
        self.strangers: set[str] = set()
        self._rehearsed: set[int] = set()  # hashes, since addresses would take three times the memory

    def __contains__(self, id_: int) -> bool:
        return id_ >> 3 < len(self._bits) and bool(self._bits[id_ >> 3] >> (id_ & 7) & 1)

    def rehearsed(self, keys: Iterable[str]) -> None:
        """Remember readers whom a dry run would have added: they have no id."""
        self._rehearsed.update(map(hash, keys))

    def would_be_there(self, key: str) -> bool:
        return hash(key) in self._rehearsed

    def add(self, id_: int) -> None:
        if id_ >> 3 >= len(self._bits):
            self._bits.extend(bytes((id_ >> 3) + 1 - len(self._bits) + len(self._bits) // 4))
        self._bits[id_ >> 3] |= 1 << (id_ & 7)


class ImportMerge:
    """A merge of readers into the store, batch by batch; a ``rehearsal`` only counts and writes nothing.

    If a reader comes twice, the first line counts, but an unsubscription counts in any line. ``fingerprints`` is needed
    to recognise erased readers; None if there are none.
    """

    def __init__(
        self,
        details: Mapping[str, ImportedDetails],
        fingerprints: Fingerprint | None,
        *,
        now: datetime,
        rehearsal: bool = False,
    ) -> None:
        self._details, self._fingerprints, self._rehearsal = details, fingerprints, rehearsal
        self._now = now
        self._seen = _Seen()
        self._counts: Counter[str] = Counter()

    def result(self) -> MergeCounts:
        """Return the counts so far."""
        names = ("added", "changed", "unchanged", "kept_away", "repeated")
        return MergeCounts(**{name: self._counts[name] for name in names})

    def merge_batch(self, connection: sa.Connection, batch: Sequence[Subscriber]) -> None:
        """Merge a batch of readers. If one comes twice in it, a later line only counts if it unsubscribes them."""
        first: dict[str, Subscriber] = {}
        unsubscribed: dict[str, Subscriber] = {}
        for reader in batch:
            if first.setdefault(address_key(reader.address), reader) is reader:
                continue
            if reader.status is _S.UNSUBSCRIBED:
                unsubscribed.setdefault(address_key(reader.address), reader)
            self._counts["repeated"] += 1
        self._merge(connection, first)
        if unsubscribed:
            self._merge(connection, unsubscribed)
            self._counts["repeated"] -= len(unsubscribed)  # _merge has counted them again

    def _merge(self, connection: sa.Connection, incoming: Mapping[str, Subscriber]) -> None:
        present, suppressed, erased = self._present(connection, list(incoming))
        away = suppressed | erased
        recorded = self._recorded(connection, present)
        added: list[Subscriber] = []
        changed: list[tuple[Subscriber, Subscriber]] = []
        events: list[tuple[int, Consent]] = []
        for key, reader in incoming.items():
            before = present.get(key)
            if before is not None:
                news = self._news(before, reader, recorded.get(before.id, ()), key=key, away=key in away)
                events += news
                after = self._after(before, reader, bool(news), key=key, away=key in away)
                if after != before:
                    changed.append((before, after))
            elif self._seen.would_be_there(key):
                self._counts["repeated"] += 1
            elif key not in away:
                frequency = self._details_of(key).frequency
                added.append(replace(reader, frequency=frequency) if frequency else reader)
            else:
                self._counts["repeated" if key in self._seen.strangers else "kept_away"] += 1
                self._seen.strangers.add(key)
        self._counts["added"] += len(added)
        if self._rehearsal:
            self._seen.rehearsed(address_key(reader.address) for reader in added)
            return
        for key, id_ in rows.insert(connection, added, self._now).items():
            self._seen.add(id_)
            events += [(id_, event) for event in self._details_of(key).consents]
        self._update(connection, changed)
        record(connection, events)
        # Nothing is stored about erased readers, not even a suppression.
        kept = [key for key in incoming if key not in erased]
        suppress(connection, {key: reason for key in kept if (reason := self._details_of(key).suppressed)}, self._now)

    def _details_of(self, key: str) -> ImportedDetails:
        return self._details.get(key, _NOTHING)

    def _recorded(
        self, connection: sa.Connection, present: Mapping[str, Subscriber]
    ) -> Mapping[int, Sequence[Consent]]:
        """Return the stored consent records of those readers for whom the file has consent events."""
        with_events = [reader.id for key, reader in present.items() if self._details_of(key).consents]
        return consents_of(connection, with_events) if with_events else {}

    def _news(
        self, before: Subscriber, incoming: Subscriber, recorded: Sequence[Consent], *, key: str, away: bool
    ) -> list[tuple[int, Consent]]:
        """Return a reader's consent events in the file that the store doesn't have; none if they are kept away."""
        if self._would_be_mailed(incoming, key) and (away or before.status is _S.UNSUBSCRIBED):
            return []
        return [(before.id, event) for event in self._details_of(key).consents if event not in recorded]

    def _would_be_mailed(self, incoming: Subscriber, key: str) -> bool:
        """Return whether the file neither unsubscribes nor suppresses a reader."""
        return incoming.status is not _S.UNSUBSCRIBED and not self._details_of(key).suppressed

    def _present(self, connection: sa.Connection, keys: list[str]) -> tuple[dict[str, Subscriber], set[str], set[str]]:
        """Return the stored readers by address key, the suppressed keys and the erased keys."""
        known = rows.read(connection, rows.in_parameter(subscriber.c.address_key, "keys"), keys=keys)
        query = sa.select(suppression.c.address_key).where(rows.in_parameter(suppression.c.address_key, "keys"))
        suppressed = set(connection.scalars(query, {"keys": keys}))
        return {address_key(reader.address): reader for reader in known}, suppressed, self._erased(connection, keys)

    def _erased(self, connection: sa.Connection, keys: list[str]) -> set[str]:
        if self._fingerprints is None:
            return set()
        hashes = {key: address_hashes(key, self._fingerprints) for key in keys}
        erased = erased_among(connection, list(chain.from_iterable(hashes.values())))
        return {key for key in keys if not erased.isdisjoint(hashes[key])}

    def _after(self, before: Subscriber, incoming: Subscriber, news: bool, *, key: str, away: bool) -> Subscriber:
        """Return a stored reader as merged, and count them."""
        if before.id in self._seen:
            self._counts["repeated"] += 1
            return merged(before, incoming, away=True)
        self._seen.add(before.id)
        after = merged(before, incoming, away=away, frequency=self._details_of(key).frequency)
        if self._would_be_mailed(incoming, key) and (away or before.status is _S.UNSUBSCRIBED):
            self._counts["kept_away"] += 1
        else:
            self._counts["changed" if news or after != before else "unchanged"] += 1
        return after

    def _update(self, connection: sa.Connection, changed: Sequence[tuple[Subscriber, Subscriber]]) -> None:
        if not changed:
            return
        connection.execute(
            sa.update(subscriber).where(subscriber.c.id == sa.bindparam("which")),
            [
                {"which": after.id} | dict(zip(rows.CHANGEABLE, rows.values(after, self._now), strict=True))
                for _, after in changed
            ],
        )
        others = {
            after.id: after
            for before, after in changed
            if (after.topics, after.excludes) != (before.topics, before.excludes)
        }
        replaced = sa.delete(subscriber_topic).where(rows.in_parameter(subscriber_topic.c.subscriber, "readers"))
        connection.execute(replaced, {"readers": list(others)})
        rows.insert_topics(connection, others.items())
