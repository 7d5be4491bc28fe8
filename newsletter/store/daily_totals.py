"""Daily totals of readers: each day is counted once, when it is over, and never again.

Counting reads what is there: consent records, new rows of readers, suppressions. Readers who are erased later stay in
the totals of the days on which they joined and left, and nothing there names them.
"""

from collections import Counter, defaultdict
from collections.abc import Mapping, Sequence
from datetime import date, datetime, time, timedelta
from time import monotonic
from zoneinfo import ZoneInfo

import sqlalchemy as sa

from newsletter.domain.growth import ChangeCounts, DayTotals, ReaderChange, TotalKind
from newsletter.store.database import Database
from newsletter.store.reader_changes import CountedRange, Total, changes_in, readers_now, topics_now
from newsletter.store.row_writes import insert_new, insert_rows
from newsletter.store.tables import consent, subscriber
from newsletter.store.total_tables import counted_day, daily_total

LONGEST = timedelta(days=3653)  # before today: earlier days aren't counted
_DAY = ("day", "readers", "last_reader")
_TOTAL = ("day", "change", "kind", "mark", "readers")
_MANY = 1000  # changes of a day; fewer are counted again each time
_SHARE = 20  # for how many times the time that it took a count is kept
_KEPT: dict[tuple[str, date, str], tuple[float, DayTotals]] = {}  # a page opens the database anew
FOLLOW = "follow"  # in the column ``change``: who followed a topic at the end of the day


class DailyTotals:
    """The totals of all days, in the newsletter's time zone."""

    def __init__(self, database: Database) -> None:
        self._database = database

    def is_due(self, today: date) -> bool:
        """Return whether yesterday hasn't been counted, though there are readers."""
        with self._database.reading() as connection:
            counted = connection.scalar(sa.select(sa.func.max(counted_day.c.day)))
            if counted is not None:
                return bool(counted < today - timedelta(days=1))
            return bool(connection.scalar(sa.select(sa.exists(sa.select(subscriber.c.id)))))

    def count_days(self, today: date, zone: ZoneInfo) -> int:
        """Count the days before ``today`` that haven't been counted yet, and return their number.

        The first time, count all days since the first reader. Another process may do the same: one of them stores it.
        """
        with self._database.reading() as connection:
            before = _last_counted(connection)
            first = before[0] + timedelta(days=1) if before else _first_day(connection, today, zone)
            if first is None or first >= today:
                return 0
            last = today - timedelta(days=1)
            of_days = CountedRange(
                since=_begins(first, zone) if before else None,
                before=_begins(today, zone),
                after_reader=before[1] if before else 0,
                zone=zone,
                first=first,
                last=last,
            )
            totals = changes_in(connection, of_days)
            so_far = changes_in(connection, _today_after(totals.last_reader, today, zone), (TotalKind.SOURCE,))
            readers = readers_now(connection) - _net(so_far.totals)
            followed = [
                (last, FOLLOW, TotalKind.TOPIC.value, topic, number) for topic, number in topics_now(connection).items()
            ]
        by_day = _by_day(totals.totals)
        rows = [(total.day, total.change.value, total.kind.value, total.mark, total.readers) for total in totals.totals]
        counted = []
        for back in range((last - first).days + 1):
            day = last - timedelta(days=back)
            counted.append((day, max(readers, 0), totals.last_reader))
            readers -= by_day[day]
        with self._database.writing() as connection:
            newest = dict(zip(_DAY, counted[0], strict=True))
            if not insert_new(connection, counted_day, newest):
                return 0
            for table, names, new in ((counted_day, _DAY, counted[1:]), (daily_total, _TOTAL, [*rows, *followed])):
                if new:
                    insert_rows(connection, table, names, new)
        return len(counted)

    def of_days(self, first: date, last: date) -> list[DayTotals]:
        """Return the totals of the days in this range that were counted, the oldest first."""
        sums = (
            sa.select(daily_total.c.day, daily_total.c.change, sa.func.sum(daily_total.c.readers))
            .where(daily_total.c.day.between(first, last), daily_total.c.kind == TotalKind.SOURCE.value)
            .group_by(daily_total.c.day, daily_total.c.change)
        )
        days = sa.select(counted_day).where(counted_day.c.day.between(first, last)).order_by(counted_day.c.day)
        with self._database.reading() as connection:
            changes: defaultdict[date, dict[str, int]] = defaultdict(dict)
            for day, change, readers in connection.execute(sums):
                changes[day][change] = int(readers)
            return [DayTotals(day=row.day, readers=row.readers, **changes[row.day]) for row in connection.execute(days)]

    def sums(self, kind: TotalKind, first: date, last: date) -> Mapping[str, ChangeCounts]:
        """Return the sums of a range of days by source or topic."""
        query = (
            sa.select(daily_total.c.mark, daily_total.c.change, sa.func.sum(daily_total.c.readers))
            .where(
                daily_total.c.day.between(first, last),
                daily_total.c.kind == kind.value,
                daily_total.c.change != FOLLOW,
            )
            .group_by(daily_total.c.mark, daily_total.c.change)
        )
        sums: defaultdict[str, dict[str, int]] = defaultdict(dict)
        with self._database.reading() as connection:
            for mark, change, readers in connection.execute(query):
                sums[mark][change] = int(readers)
        return {mark: ChangeCounts(**changes) for mark, changes in sums.items()}

    def of_today(self, today: date, zone: ZoneInfo) -> DayTotals:
        """Return the changes of a day that isn't over. The number of readers follows from the day before.

        On a day with many changes they may be from some seconds ago.
        """
        key, began = (str(self._database.engine.url), today, zone.key), monotonic()
        until, kept = _KEPT.get(key, (0.0, None))
        if kept is not None and began < until:
            return kept
        counted = self._count_today(today, zone)
        if counted.joined + counted.left + counted.bounced + counted.complained >= _MANY:
            _KEPT.clear()  # earlier days
            _KEPT[key] = (began + _SHARE * (monotonic() - began), counted)
        return counted

    def _count_today(self, today: date, zone: ZoneInfo) -> DayTotals:
        with self._database.reading() as connection:
            before = _last_counted(connection)
            if before is None:
                return DayTotals(day=today, readers=None)
            totals = changes_in(connection, _today_after(before[1], today, zone), (TotalKind.SOURCE,)).totals
            readers = connection.scalar(sa.select(counted_day.c.readers).where(counted_day.c.day == before[0]))
        by_change: Counter[str] = Counter()
        for total in totals:
            if total.kind is TotalKind.SOURCE:
                by_change[total.change.value] += total.readers
        standing = DayTotals(day=today, readers=None, **by_change)
        return DayTotals(day=today, readers=max((readers or 0) + standing.net, 0), **by_change)

    def followers(self) -> Mapping[str, int]:
        """Return the number of readers who followed each topic, by slug, at the end of the last counted day."""
        latest = sa.select(sa.func.max(counted_day.c.day)).scalar_subquery()
        query = sa.select(daily_total.c.mark, daily_total.c.readers)
        of_day = query.where(daily_total.c.day == latest, daily_total.c.change == FOLLOW)
        with self._database.reading() as connection:
            return dict(connection.execute(of_day).all())

    def first_day(self) -> date | None:
        """Return the first day that was counted, or None."""
        with self._database.reading() as connection:
            first: date | None = connection.scalar(sa.select(sa.func.min(counted_day.c.day)))
        return first


def _today_after(last_reader: int, today: date, zone: ZoneInfo) -> CountedRange:
    return CountedRange(
        since=_begins(today, zone), before=None, after_reader=last_reader, zone=zone, first=today, last=today
    )


def _last_counted(connection: sa.Connection) -> tuple[date, int] | None:
    row = connection.execute(sa.select(counted_day).order_by(counted_day.c.day.desc()).limit(1)).first()
    return (row.day, row.last_reader) if row else None


def _first_day(connection: sa.Connection, today: date, zone: ZoneInfo) -> date | None:
    """Return the day of the first reader or consent, at most ten years before today; None without readers."""
    first = [
        connection.scalar(sa.select(sa.func.min(subscriber.c.created))),
        connection.scalar(sa.select(sa.func.min(consent.c.at))),
    ]
    known: Sequence[datetime] = [at for at in first if at is not None]
    return max(min(known).astimezone(zone).date(), today - LONGEST) if known else None


def _begins(day: date, zone: ZoneInfo) -> datetime:
    return datetime.combine(day, time.min, zone)


def _by_day(totals: Sequence[Total]) -> Mapping[date, int]:
    """Return the net change of each day."""
    net: Counter[date] = Counter()
    for total in totals:
        if total.kind is TotalKind.SOURCE:
            net[total.day] += total.readers if total.change is ReaderChange.JOINED else -total.readers
    return net


def _net(totals: Sequence[Total]) -> int:
    return sum(_by_day(totals).values())
