"""Counting of readers who joined, left, bounced or complained in a range of days, by source and by topic.

Times are grouped by quarter of an hour in the database: that is the step of all time zones, so each quarter lies in one
day, and a million rows become some thousand.
"""

from collections import Counter
from collections.abc import Collection, Iterator, Mapping
from dataclasses import dataclass
from datetime import UTC, date, datetime
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from newsletter.domain.consent import ConsentEvent
from newsletter.domain.growth import ADDED, RETURNED, ReaderChange, TotalKind
from newsletter.domain.subscriber import SubscriberStatus, SuppressionReason
from newsletter.store.tables import consent, subscriber, subscriber_topic, suppression

_QUARTER = 900  # seconds
_DECISIONS = [ConsentEvent.CONFIRMED.value, ConsentEvent.RETURNED.value, ConsentEvent.UNSUBSCRIBED.value]


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedRange:
    """The days to count, from ``first`` to ``last``: the moments from ``since`` (None: the beginning) to ``before``.

    New rows of readers are those after the id ``after_reader``.
    """

    since: datetime | None
    before: datetime | None
    after_reader: int
    zone: ZoneInfo
    first: date
    last: date

    def day_of(self, quarter: int) -> date:
        """Return the day of a quarter of an hour; the first day if it is earlier."""
        return max(datetime.fromtimestamp(quarter * _QUARTER, UTC).astimezone(self.zone).date(), self.first)


@dataclass(frozen=True, slots=True, kw_only=True)
class Total:
    """The number of readers with a change on a day, with this source or topic."""

    day: date
    change: ReaderChange
    kind: TotalKind
    mark: str
    readers: int


@dataclass(frozen=True, slots=True, kw_only=True)
class CountedChanges:
    """All totals of a range of days, and the last reader's id by then."""

    totals: tuple[Total, ...]
    last_reader: int


def changes_in(
    connection: sa.Connection, of_days: CountedRange, kinds: Collection[TotalKind] = tuple(TotalKind)
) -> CountedChanges:
    """Count the changes in a range of days, by source, by topic or both."""
    counts: Counter[tuple[date, ReaderChange, TotalKind, str]] = Counter()
    last_reader = of_days.after_reader
    for change, kind, query in _queries(connection.dialect.name, of_days):
        if kind not in kinds:
            continue
        for row in connection.execute(query):
            day = of_days.day_of(int(row.quarter))
            if day <= of_days.last:
                counts[day, change, kind, row.mark] += row.readers
    new = sa.select(sa.func.max(subscriber.c.id)).where(subscriber.c.id > of_days.after_reader)
    if of_days.before is not None:
        new = new.where(_added_at(of_days) < of_days.before)
    last_reader = connection.scalar(new) or of_days.after_reader
    totals = tuple(
        Total(day=day, change=change, kind=kind, mark=mark, readers=readers)
        for (day, change, kind, mark), readers in sorted(counts.items())
    )
    return CountedChanges(totals=totals, last_reader=last_reader)


def readers_now(connection: sa.Connection) -> int:
    """Return the number of readers who can be mailed."""
    return connection.scalar(sa.select(sa.func.count()).select_from(subscriber).where(_CAN_BE_MAILED)) or 0


def topics_now(connection: sa.Connection) -> Mapping[str, int]:
    """Return the number of readers who can be mailed and follow each topic, by its slug."""
    query = (
        sa.select(subscriber_topic.c.topic, sa.func.count())
        .join(subscriber, subscriber.c.id == subscriber_topic.c.subscriber)
        .where(subscriber_topic.c.excluded.is_(sa.false()), _CAN_BE_MAILED)
        .group_by(subscriber_topic.c.topic)
    )
    return dict(connection.execute(query).all())


_CAN_BE_MAILED = sa.and_(
    subscriber.c.status == SubscriberStatus.CONFIRMED.value,
    ~sa.exists().where(suppression.c.address_key == subscriber.c.address_key),
)


def _queries(
    dialect: str, of_days: CountedRange
) -> Iterator[tuple[ReaderChange, TotalKind, sa.Select[tuple[int, str, int]]]]:
    """Yield the queries for each change, by source and by topic; their rows are quarter, mark and readers."""
    for change, at, source, tables, conditions in (
        (ReaderChange.JOINED, consent.c.at, _sign_up_source(), _CONSENTS, _confirmed(of_days)),
        (ReaderChange.JOINED, _added_at(of_days), sa.literal(ADDED), subscriber, _added(of_days)),
        (ReaderChange.LEFT, consent.c.at, consent.c.how, _CONSENTS, _unsubscribed(of_days)),
        (ReaderChange.BOUNCED, suppression.c.since, sa.literal(""), _SUPPRESSED, _lost(of_days, ReaderChange.BOUNCED)),
        (
            ReaderChange.COMPLAINED,
            suppression.c.since,
            sa.literal(""),
            _SUPPRESSED,
            _lost(of_days, ReaderChange.COMPLAINED),
        ),
    ):
        quarter = _quarter(dialect, at).label("quarter")
        number = sa.func.count().label("readers")
        by_source = source.label("mark")
        yield (
            change,
            TotalKind.SOURCE,
            sa.select(quarter, by_source, number).select_from(tables).where(*conditions).group_by("quarter", "mark"),
        )
        followed = tables.join(subscriber_topic, subscriber_topic.c.subscriber == subscriber.c.id)
        by_topic = subscriber_topic.c.topic.label("mark")
        yield (
            change,
            TotalKind.TOPIC,
            sa.select(quarter, by_topic, number)
            .select_from(followed)
            .where(*conditions, subscriber_topic.c.excluded.is_(sa.false()))
            .group_by("quarter", "mark"),
        )


_CONSENTS = consent.join(subscriber, subscriber.c.id == consent.c.subscriber)
_SUPPRESSED = suppression.join(subscriber, subscriber.c.address_key == suppression.c.address_key)


def _quarter(dialect: str, at: sa.ColumnElement[datetime]) -> sa.ColumnElement[int]:
    if dialect == "sqlite":
        seconds: sa.ColumnElement[int] = sa.cast(sa.func.strftime("%s", at), sa.BigInteger)
    else:
        seconds = sa.cast(sa.func.floor(sa.extract("epoch", at)), sa.BigInteger)
    return seconds // _QUARTER


def _within(at: sa.ColumnElement[datetime], of_days: CountedRange) -> list[sa.ColumnElement[bool]]:
    conditions = [] if of_days.since is None else [at >= of_days.since]
    return conditions if of_days.before is None else [*conditions, at < of_days.before]


def _earlier(column: sa.ColumnElement[object], *events: ConsentEvent) -> sa.ScalarSelect[object]:
    """Return a column of the reader's last one of these consent events before the event of the row."""
    before = consent.alias()
    return (
        sa.select(before.c[column.key])  # type: ignore[index]
        .where(
            before.c.subscriber == consent.c.subscriber,
            before.c.id < consent.c.id,
            before.c.event.in_([event.value for event in events]),
        )
        .order_by(before.c.id.desc())
        .limit(1)
        .correlate(consent)
        .scalar_subquery()
    )


def _sign_up_source() -> sa.ColumnElement[str]:
    """Return the way in which the reader signed up, or the word for those who came back."""
    returned = consent.c.event == ConsentEvent.RETURNED.value
    asked_how = sa.func.coalesce(_earlier(consent.c.how, ConsentEvent.ASKED), "")
    return sa.case((returned, RETURNED), else_=asked_how)


def _confirmed(of_days: CountedRange) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for events by which somebody became a reader: readers may confirm another sign-up, too."""
    last = _earlier(consent.c.event, ConsentEvent.CONFIRMED, ConsentEvent.RETURNED, ConsentEvent.UNSUBSCRIBED)
    asked_at = sa.func.coalesce(_earlier(consent.c.at, ConsentEvent.ASKED), consent.c.at)
    new = sa.and_(last.is_(None), subscriber.c.created >= asked_at)
    again = last == ConsentEvent.UNSUBSCRIBED.value
    return [
        consent.c.event.in_([ConsentEvent.CONFIRMED.value, ConsentEvent.RETURNED.value]),
        sa.or_(new, again),
        *_within(consent.c.at, of_days),
    ]


def _unsubscribed(of_days: CountedRange) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for events by which somebody left, unless they weren't mailed any more before."""
    suppressed = sa.exists().where(
        suppression.c.address_key == subscriber.c.address_key, suppression.c.since < consent.c.at
    )
    left = consent.c.event == ConsentEvent.UNSUBSCRIBED.value
    return [left, ~suppressed, *_within(consent.c.at, of_days)]


def _added_at(of_days: CountedRange) -> sa.ColumnElement[datetime]:
    """Return when a reader's row was added. An import may give an earlier time of the sign-up elsewhere."""
    if of_days.since is None:
        return subscriber.c.created
    return sa.case((subscriber.c.created >= of_days.since, subscriber.c.created), else_=subscriber.c.changed)


def _added(of_days: CountedRange) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for new readers who didn't confirm a sign-up in these days."""
    decided = consent.alias()
    since = sa.true() if of_days.since is None else decided.c.at >= of_days.since

    def has(event: ConsentEvent) -> sa.ColumnElement[bool]:
        return sa.exists().where(decided.c.subscriber == subscriber.c.id, decided.c.event == event.value, since)

    was_reader = sa.or_(subscriber.c.status == SubscriberStatus.CONFIRMED.value, has(ConsentEvent.UNSUBSCRIBED))
    within = _within(_added_at(of_days), of_days)
    return [subscriber.c.id > of_days.after_reader, was_reader, ~has(ConsentEvent.CONFIRMED), *within]


def _lost(of_days: CountedRange, change: ReaderChange) -> list[sa.ColumnElement[bool]]:
    """Return the conditions for suppressions of readers who were mailed until then."""
    reasons = {
        ReaderChange.BOUNCED: SuppressionReason.BOUNCED,
        ReaderChange.COMPLAINED: SuppressionReason.COMPLAINED,
    }
    still = sa.or_(
        subscriber.c.status == SubscriberStatus.CONFIRMED.value,
        sa.and_(
            subscriber.c.status == SubscriberStatus.UNSUBSCRIBED.value, subscriber.c.changed >= suppression.c.since
        ),
    )
    return [suppression.c.reason == reasons[change].value, still, *_within(suppression.c.since, of_days)]
