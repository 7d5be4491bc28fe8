"""Choose each reader's edition, with the same code for plans and freezes; and read the stored editions of sends.

Readers are streamed by id, one row each, with only what makes a difference to the issue. Equal rows are decided once.
Memory grows only with the number of different editions.
"""

from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import datetime
from functools import lru_cache
from typing import Any

import sqlalchemy as sa

from newsletter.domain.edition import OTHER_TOPICS, Edition, EditionCounts, Tailor
from newsletter.domain.segment import Segment
from newsletter.store.row_writes import insert_rows
from newsletter.store.subscribers.segments import audience_of
from newsletter.store.subscribers.topic_choices import choice_of, mark_of
from newsletter.store.tables import edition, subscriber, subscriber_topic

FULL = 0  # the number of the edition with all entries; the others are numbered in order of appearance
CHUNK = 2_000  # readers read, decided and written at once
_SELECTIONS = 20_000  # different selections of topics whose edition is cached


class Editions:
    """A collection of an issue's editions with their numbers and counts of readers, built as readers are streamed."""

    def __init__(self, tailor: Tailor) -> None:
        self.left_out = 0
        self._tailor = tailor
        self._numbers: dict[Edition, int] = {tailor.full: FULL}
        self._readers = [0]
        self._by_number: list[Edition] = []
        self._decided = lru_cache(maxsize=_SELECTIONS)(self._decide)

    def assign(
        self, connection: sa.Connection, segments: Sequence[Segment], now: datetime
    ) -> Iterator[list[tuple[int, int]]]:
        """Yield chunks of (edition's number, subscriber's id) for the audience ``now``, ordered by subscriber.

        Readers for whom the issue has nothing are only counted, in ``left_out``.
        """
        # Set on the statement, not the connection: PostgreSQL would otherwise stream later writes too.
        query = _select_topics(segments, self._tailor.topics, now).execution_options(yield_per=CHUNK)
        rows = connection.execute(query)
        decided, readers = self._decided, self._readers
        for page in rows.partitions():
            chunk = []
            for id_, marks, follows in page:
                number = decided(marks, follows)
                if number is None:
                    self.left_out += 1
                else:
                    readers[number] += 1
                    chunk.append((number, id_))
            yield chunk

    def count_full_edition(self, readers: int) -> None:
        """Count all readers for the full edition, for an issue that isn't tailored."""
        self._readers[FULL] = readers

    def by_number(self, number: int) -> Edition:
        """Return an edition by its number."""
        if len(self._by_number) < len(self._numbers):
            self._by_number = list(self._numbers)  # in order of insertion, which is the order of the numbers
        return self._by_number[number]

    def counts(self) -> EditionCounts:
        """Return the counts so far, the edition with most readers first."""
        pairs = zip(self._numbers, self._readers, strict=True)
        return _counts([pair for pair in pairs if pair[1]], self.left_out)

    def write(self, connection: sa.Connection, send_id: int) -> None:
        """Store the editions that have readers."""
        rows = [
            (send_id, number, entries, readers)
            for (entries, number), readers in zip(self._numbers.items(), self._readers, strict=True)
            if readers
        ]
        if rows:
            insert_rows(connection, edition, ("send", "number", "entries", "readers"), rows)

    def _decide(self, marks: str | None, follows: int | None) -> int | None:
        choice = choice_of(marks)
        if follows and not choice.follows:
            choice = replace(choice, follows=OTHER_TOPICS)
        chosen = self._tailor.edition(choice)
        if chosen is None:
            return None
        number = self._numbers.setdefault(chosen, len(self._readers))
        if number == len(self._readers):
            self._readers.append(0)
        return number


def frozen_editions(connection: sa.Connection, send_id: int, left_out: int) -> EditionCounts:
    """Return the editions of a send, the one with most readers first."""
    rows = connection.execute(
        sa.select(edition.c.entries, edition.c.readers).where(edition.c.send == send_id).order_by(edition.c.number)
    )
    return _counts([(tuple(entries), readers) for entries, readers in rows], left_out)


def frozen_edition(connection: sa.Connection, send_id: int, number: int) -> Edition:
    """Return an edition of a send by its number."""
    query = sa.select(edition.c.entries).where(edition.c.send == send_id, edition.c.number == number)
    return tuple(connection.scalars(query).one())


def _counts(pairs: list[tuple[Edition, int]], left_out: int) -> EditionCounts:
    return EditionCounts(readers=dict(sorted(pairs, key=lambda pair: -pair[1])), left_out=left_out)


def _select_topics(segments: Sequence[Segment], topics: frozenset[str], now: datetime) -> sa.Select[Any]:
    """Return a query for each reader of the audience: id, their topics among ``topics``, whether they follow any."""
    chosen = subscriber_topic.alias()  # segments refer to the table itself
    topic, excluded = chosen.c.topic, chosen.c.excluded
    mark = sa.case((topic.in_(sorted(topics)), mark_of(topic, excluded)))
    return (
        audience_of(segments, now)
        .outerjoin(chosen, chosen.c.subscriber == subscriber.c.id)
        .add_columns(sa.func.aggregate_strings(mark, " "), sa.func.max(sa.case((~excluded, 1), else_=0)))
        .group_by(subscriber.c.id)
        .order_by(subscriber.c.id)
    )
