"""What becomes of readers whom the store has when a file has them too: the rules of an import, and their execution."""

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
class Aside:
    """What a file says of a reader besides who they are: why never to mail them from now on, what they did about their
    consent, how often they want mail. None and nothing where it does not say.
    """

    suppressed: SuppressionReason | None = None
    consents: tuple[Consent, ...] = ()
    frequency: Frequency | None = None

    def joined(self, later: "Aside") -> "Aside":
        """Both, where the file has two lines of a reader: what is said first counts, and everything they did."""
        return Aside(
            suppressed=self.suppressed or later.suppressed,
            consents=tuple(dict.fromkeys(self.consents + later.consents)),
            frequency=self.frequency or later.frequency,
        )


_NOTHING = Aside()


@dataclass(frozen=True, slots=True, kw_only=True)
class MergeCounts:
    """What a merge did. Readers ``kept_away`` had left, are suppressed or were erased at their wish, and stay so;
    ``repeated`` ones came twice.
    """

    added: int
    changed: int
    unchanged: int
    kept_away: int
    repeated: int


def merged(present: Subscriber, incoming: Subscriber, *, away: bool, frequency: Frequency | None = None) -> Subscriber:
    """A reader whom the store has, after a file said ``incoming`` of them; ``away`` says that they are suppressed.

    ``frequency`` is None where the file does not say it; what ``incoming`` has in its place does not count.

    What the file says replaces what the store has, topics as a whole, attributes one by one; what it leaves empty
    stays, save that a topic that the file excludes is followed no more, and the other way round. A status only goes
    forward: unconfirmed, confirmed, unsubscribed. Of somebody who left or is suppressed nothing changes, save that they
    can still be unsubscribed.
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
    """Who was met in this merge: a bit for each id, so memory stays flat for millions; keys of those without one."""

    def __init__(self) -> None:
        self._bits = bytearray()
        self.strangers: set[str] = set()
        self._rehearsed: set[int] = set()  # hashes: an address itself takes three times the memory

    def __contains__(self, id_: int) -> bool:
        return id_ >> 3 < len(self._bits) and bool(self._bits[id_ >> 3] >> (id_ & 7) & 1)

    def rehearsed(self, keys: Iterable[str]) -> None:
        """Remember readers whom a rehearsal would have added: they have no id."""
        self._rehearsed.update(map(hash, keys))

    def would_be_there(self, key: str) -> bool:
        return hash(key) in self._rehearsed

    def add(self, id_: int) -> None:
        if id_ >> 3 >= len(self._bits):
            self._bits.extend(bytes((id_ >> 3) + 1 - len(self._bits) + len(self._bits) // 4))
        self._bits[id_ >> 3] |= 1 << (id_ & 7)


class Merging:
    """A merge of readers into the store, batch by batch; a ``rehearsal`` counts and writes nothing.

    Who comes twice is taken as first said, but unsubscribing counts wherever it is. ``fingerprints`` tells which
    address keys were erased, None where none was.
    """

    def __init__(
        self,
        asides: Mapping[str, Aside],
        fingerprints: Fingerprint | None,
        *,
        now: datetime,
        rehearsal: bool = False,
    ) -> None:
        self._asides, self._fingerprints, self._rehearsal = asides, fingerprints, rehearsal
        self._now = now
        self._seen = _Seen()
        self._counts: Counter[str] = Counter()

    def result(self) -> MergeCounts:
        """Return what was done so far."""
        names = ("added", "changed", "unchanged", "kept_away", "repeated")
        return MergeCounts(**{name: self._counts[name] for name in names})

    def take(self, connection: sa.Connection, batch: Sequence[Subscriber]) -> None:
        """Merge some readers; of one who comes twice in a batch, only an unsubscription that comes later counts."""
        first: dict[str, Subscriber] = {}
        unsubscribed: dict[str, Subscriber] = {}
        for one in batch:
            if first.setdefault(address_key(one.address), one) is one:
                continue
            if one.status is _S.UNSUBSCRIBED:
                unsubscribed.setdefault(address_key(one.address), one)
            self._counts["repeated"] += 1
        self._merge(connection, first)
        if unsubscribed:
            self._merge(connection, unsubscribed)
            self._counts["repeated"] -= len(unsubscribed)  # counted there again

    def _merge(self, connection: sa.Connection, incoming: Mapping[str, Subscriber]) -> None:
        present, suppressed, erased = self._present(connection, list(incoming))
        away = suppressed | erased
        recorded = self._recorded(connection, present)
        added: list[Subscriber] = []
        changed: list[tuple[Subscriber, Subscriber]] = []
        events: list[tuple[int, Consent]] = []
        for key, said in incoming.items():
            before = present.get(key)
            if before is not None:
                news = self._news(before, said, recorded.get(before.id, ()), key=key, away=key in away)
                events += news
                after = self._after(before, said, bool(news), key=key, away=key in away)
                if after != before:
                    changed.append((before, after))
            elif self._seen.would_be_there(key):
                self._counts["repeated"] += 1
            elif key not in away:
                frequency = self._aside(key).frequency
                added.append(replace(said, frequency=frequency) if frequency else said)
            else:
                self._counts["repeated" if key in self._seen.strangers else "kept_away"] += 1
                self._seen.strangers.add(key)
        self._counts["added"] += len(added)
        if self._rehearsal:
            self._seen.rehearsed(address_key(one.address) for one in added)
            return
        for key, id_ in rows.insert(connection, added, self._now).items():
            self._seen.add(id_)
            events += [(id_, one) for one in self._aside(key).consents]
        self._update(connection, changed)
        record(connection, events)
        # Of who was erased nothing is kept, not even why to mail them no more.
        kept = [key for key in incoming if key not in erased]
        suppress(connection, {key: reason for key in kept if (reason := self._aside(key).suppressed)})

    def _aside(self, key: str) -> Aside:
        return self._asides.get(key, _NOTHING)

    def _recorded(
        self, connection: sa.Connection, present: Mapping[str, Subscriber]
    ) -> Mapping[int, Sequence[Consent]]:
        """What the store knows that those did of whose consent the file says something."""
        asked = [one.id for key, one in present.items() if self._aside(key).consents]
        return consents_of(connection, asked) if asked else {}

    def _news(
        self, before: Subscriber, said: Subscriber, recorded: Sequence[Consent], *, key: str, away: bool
    ) -> list[tuple[int, Consent]]:
        """What the file knows that a reader did and the store does not; of one who is kept away, nothing."""
        if self._comes_back(said, key) and (away or before.status is _S.UNSUBSCRIBED):
            return []
        return [(before.id, one) for one in self._aside(key).consents if one not in recorded]

    def _comes_back(self, said: Subscriber, key: str) -> bool:
        """Whether the file would have a reader mailed."""
        return said.status is not _S.UNSUBSCRIBED and not self._aside(key).suppressed

    def _present(self, connection: sa.Connection, keys: list[str]) -> tuple[dict[str, Subscriber], set[str], set[str]]:
        """Known readers by address key, which of the keys are suppressed, and which were erased."""
        known = rows.read(connection, rows.among(subscriber.c.address_key, "keys"), keys=keys)
        query = sa.select(suppression.c.address_key).where(rows.among(suppression.c.address_key, "keys"))
        suppressed = set(connection.scalars(query, {"keys": keys}))
        return {address_key(one.address): one for one in known}, suppressed, self._erased(connection, keys)

    def _erased(self, connection: sa.Connection, keys: list[str]) -> set[str]:
        if self._fingerprints is None:
            return set()
        hashes = {key: address_hashes(key, self._fingerprints) for key in keys}
        erased = erased_among(connection, list(chain.from_iterable(hashes.values())))
        return {key for key in keys if not erased.isdisjoint(hashes[key])}

    def _after(self, before: Subscriber, said: Subscriber, news: bool, *, key: str, away: bool) -> Subscriber:
        if before.id in self._seen:
            self._counts["repeated"] += 1
            return merged(before, said, away=True)
        self._seen.add(before.id)
        after = merged(before, said, away=away, frequency=self._aside(key).frequency)
        if self._comes_back(said, key) and (away or before.status is _S.UNSUBSCRIBED):
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
        replaced = sa.delete(subscriber_topic).where(rows.among(subscriber_topic.c.subscriber, "readers"))
        connection.execute(replaced, {"readers": list(others)})
        rows.insert_topics(connection, others.items())
