"""A segment's rule in the database selects the same readers as ``Segment.admits``."""

import sqlalchemy as sa
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from newsletter.domain.reader_rules import ReaderFacts
from newsletter.domain.segment import EVERYONE, Segment
from newsletter.domain.subscriber import Subscriber, SubscriberStatus, SuppressionReason
from newsletter.store import Store
from newsletter.store.tables import subscriber, subscriber_topic, suppression
from tests import make
from tests.rows import execute

TOPICS = ("asia", "nato", "sport", "film")
groups = st.lists(st.frozensets(st.sampled_from(TOPICS), max_size=3), max_size=2).map(tuple)
segments = st.lists(
    st.builds(Segment, slug=st.uuids().map(str), name=st.just(""), any=groups, all=groups, none=groups), max_size=3
)
readers = st.lists(
    st.tuples(
        st.dictionaries(st.sampled_from(TOPICS), st.booleans()).map(
            lambda topics: tuple(
                tuple(sorted(topic for topic in topics if topics[topic] is excluded)) for excluded in (False, True)
            )
        ),
        st.sampled_from([SubscriberStatus.CONFIRMED] * 3 + [*SubscriberStatus]),
        st.booleans(),
    ),
    max_size=12,
)


def admits(segment: Segment, follows: tuple[str, ...]) -> bool:
    return segment.admits(ReaderFacts(reader=Subscriber(address="a@example.com", topics=follows), now=make.WHEN))


def emptied(store: Store) -> None:
    execute(store, *(sa.delete(table) for table in (subscriber_topic, subscriber, suppression)))


@settings(max_examples=60, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(segments=segments, rows=readers)
def test_the_database_selects_the_readers_that_the_rule_admits(
    store: Store,
    segments: list[Segment],
    rows: list[tuple[tuple[tuple[str, ...], tuple[str, ...]], SubscriberStatus, bool]],
) -> None:
    emptied(store)
    store.subscribers.merge(
        [
            [
                Subscriber(address=f"r{at}@example.com", topics=row[0][0], excludes=row[0][1], status=row[1])
                for at, row in enumerate(rows)
            ]
        ],
        now=make.WHEN,
    )
    for at, row in enumerate(rows):
        if row[2]:
            store.suppressions.add(f"r{at}@example.com", SuppressionReason.BOUNCED, now=make.WHEN)

    confirmed = [row for row in rows if row[1] is SubscriberStatus.CONFIRMED]
    mailable = [row for row in confirmed if not row[2]]
    wanted = [row for row in confirmed if any(admits(segment, row[0][0]) for segment in segments)]
    audience = store.sends.count_audience(segments, now=make.WHEN)
    assert audience.by_segment == {
        segment.slug: sum(admits(segment, row[0][0]) for row in mailable) for segment in segments
    }
    assert audience.recipients == sum(not row[2] for row in wanted)
    assert audience.suppressed == sum(row[2] for row in wanted)
    assert store.subscribers.counts(segments, now=make.WHEN) == audience.by_segment
    for segment in segments:
        assert [reader.address for reader in store.subscribers.stream(segment=segment, now=make.WHEN)] == [
            f"r{at}@example.com" for at, row in enumerate(rows) if admits(segment, row[0][0])
        ]


def test_everyone_is_every_confirmed_reader_and_no_segment_selects_none(store: Store) -> None:
    store.subscribers.merge([[Subscriber(address="a@example.com")]], now=make.WHEN)
    assert store.sends.count_audience([EVERYONE], now=make.WHEN).recipients == 1
    assert store.sends.count_audience([], now=make.WHEN).recipients == 0
    assert store.subscribers.counts([], now=make.WHEN) == {}
