"""Report over time: how readers came and went, which topics they follow, and what became of the issues."""

from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta

from newsletter.domain.bounce_groups import BounceGroup, FailureKind
from newsletter.domain.growth import ChangeCounts, DayTotals, TotalKind
from newsletter.domain.issue import Issue
from newsletter.domain.people import Act, Person, require
from newsletter.domain.publication import Newsletter
from newsletter.domain.send import Send
from newsletter.errors import UsageError
from newsletter.reports.counting import count_again, is_due, kept_counts
from newsletter.reports.issue_counts import IssueCounts
from newsletter.reports.issue_report import Figures, ReportLine, figures_of, frozen_sends
from newsletter.store import Store

USUAL_DAYS = 90


class BadRangeError(UsageError):
    """A range of days that ends before it begins."""

    code = "range-backwards"

    def __init__(self, *, first: date, last: date) -> None:
        self.first, self.last = first, last
        super().__init__(f"{first} is after {last}", hint="give the earlier day first")


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRange:
    """A range of days, both included."""

    first: date
    last: date

    def __post_init__(self) -> None:
        if self.first > self.last:
            raise BadRangeError(first=self.first, last=self.last)

    @classmethod
    def until(cls, last: date, days: int = USUAL_DAYS) -> "DayRange":
        """Return the range of this many days that ends on ``last``."""
        return cls(first=last - timedelta(days=days - 1), last=last)

    @property
    def days(self) -> int:
        """Return the number of its days."""
        return (self.last - self.first).days + 1


@dataclass(frozen=True, slots=True, kw_only=True)
class DayRow:
    """A day's totals. ``other`` is the change of readers that they don't explain.

    Those were erased, removed, suppressed or lifted by hand.
    """

    totals: DayTotals
    other: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicRow:
    """A topic over time: its followers now, the entries about it that were printed, clicks on those, and changes.

    ``followers`` is None until a day has been counted.
    """

    slug: str
    name: str
    followers: int | None
    printed: int
    clicks: int
    changes: ChangeCounts


@dataclass(frozen=True, slots=True, kw_only=True)
class OverTime:
    """A report over a range of days. ``issues`` are those sent in it, the oldest first.

    ``sources`` has the changes by source, ``topics`` the topics with most followers first. ``entries`` and
    ``positions`` have people's clicks: the most clicked entries first, positions from the top of the issues down.
    ``first_day`` is the first day that was counted, None if none was.
    """

    range: DayRange
    days: tuple[DayRow, ...]
    sources: Mapping[str, ChangeCounts]
    topics: tuple[TopicRow, ...]
    issues: tuple[Figures, ...]
    subjects: Mapping[str, str]
    bounces: tuple[BounceGroup, ...]
    entries: tuple[ReportLine, ...]
    positions: tuple[ReportLine, ...]
    first_day: date | None

    @property
    def readers(self) -> int | None:
        """Return the readers at the end of the range, None if that isn't known."""
        return self.days[-1].totals.readers if self.days else None

    def total(self, name: str) -> int:
        """Return the sum of a change (``joined``, ``left``, ``bounced``, ``complained``) over all days."""
        return sum(getattr(row.totals, name) for row in self.days)

    @property
    def other(self) -> int:
        """Return the sum of the changes that nothing explains."""
        return sum(row.other for row in self.days)

    @property
    def growth(self) -> int:
        """Return how many readers more there are than before the range."""
        return sum(row.totals.net + row.other for row in self.days)


def over_time(
    person: Person,
    store: Store,
    newsletter: Newsletter,
    issues: Sequence[Issue],
    range_: DayRange,
    *,
    now: datetime,
) -> OverTime:
    """Count what has not been counted, and return the report. Raise ForbiddenError."""
    require(person, Act.SEE_REPORTS)
    bring_up_to_date(store, newsletter, issues, now=now)
    return over_time_as_counted(person, store, newsletter, issues, range_, now=now)


def bring_up_to_date(store: Store, newsletter: Newsletter, issues: Sequence[Issue], *, now: datetime) -> None:
    """Count the days that are over, and issues whose results may have changed. It may take long the first time."""
    store.daily_totals.count_days(now.astimezone(newsletter.zone).date(), newsletter.zone)
    stored = store.issue_totals.times()
    due = [send for send in frozen_sends(store) if is_due(send, stored.get(send.id), now)]
    count_again(store, newsletter, issues, due, now=now)


def needs_counting(store: Store, newsletter: Newsletter, *, now: datetime) -> bool:
    """Return whether ``bring_up_to_date`` has something to do."""
    if store.daily_totals.is_due(now.astimezone(newsletter.zone).date()):
        return True
    stored = store.issue_totals.times()
    return any(is_due(send, stored.get(send.id), now) for send in frozen_sends(store))


def expected_seconds(store: Store, *, now: datetime) -> float:
    """Return how long it took to count the issues that are due, when they were counted last."""
    stored = store.issue_totals.times()
    due = (stored[send.id] for send in frozen_sends(store) if send.id in stored and is_due(send, stored[send.id], now))
    return sum(totals.milliseconds for totals in due) / 1000


def lacks_counts(store: Store) -> bool:
    """Return whether the days or an issue have never been counted."""
    stored = store.issue_totals.times()
    return store.daily_totals.first_day() is None or any(send.id not in stored for send in frozen_sends(store))


def over_time_as_counted(
    person: Person,
    store: Store,
    newsletter: Newsletter,
    issues: Sequence[Issue],
    range_: DayRange,
    *,
    now: datetime,
) -> OverTime:
    """Return the report from what has been counted, which is fast. Raise ForbiddenError."""
    require(person, Act.SEE_REPORTS)
    zone, totals = newsletter.zone, store.daily_totals
    today = now.astimezone(zone).date()
    days = totals.of_days(range_.first - timedelta(days=1), range_.last)
    if range_.first <= today <= range_.last and days:
        days.append(totals.of_today(today, zone))
    sends = [
        send for send in frozen_sends(store) if range_.first <= send.created.astimezone(zone).date() <= range_.last
    ]
    counted = kept_counts(store.issue_totals.all(), sends)
    return OverTime(
        range=range_,
        days=_rows(days, range_.first),
        sources=totals.sums(TotalKind.SOURCE, range_.first, range_.last),
        topics=_topics(store, newsletter, issues, range_, sends, counted),
        issues=tuple(figures_of(send, counted[send.id]) for send in sends if send.id in counted),
        subjects={issue.slug: issue.subject for issue in issues},
        bounces=_bounces(counted.values()),
        entries=_entries(issues, counted.values()),
        positions=_positions(counted.values()),
        first_day=totals.first_day(),
    )


def _rows(days: Sequence[DayTotals], first: date) -> tuple[DayRow, ...]:
    rows = []
    before: DayTotals | None = None
    for day in days:
        other = 0
        if before is not None and before.readers is not None and day.readers is not None:
            other = day.readers - before.readers - day.net
        if day.day >= first:
            rows.append(DayRow(totals=day, other=other))
        before = day
    return tuple(rows)


def _topics(
    store: Store,
    newsletter: Newsletter,
    issues: Sequence[Issue],
    range_: DayRange,
    sends: Sequence[Send],
    counted: Mapping[int, IssueCounts],
) -> tuple[TopicRow, ...]:
    topics = newsletter.topics
    followers, printed, clicks = Counter[str](), Counter[str](), Counter[str]()
    is_counted = store.daily_totals.first_day() is not None
    for slug, readers in store.daily_totals.followers().items():
        followers[topics.current(slug)] += readers
    changes: dict[str, ChangeCounts] = {}
    for slug, sums in store.daily_totals.sums(TotalKind.TOPIC, range_.first, range_.last).items():
        changes[topics.current(slug)] = changes.get(topics.current(slug), ChangeCounts()) + sums
    sent = {send.issue for send in sends}
    for issue in issues:
        if issue.slug in sent:
            printed.update(topics.resolve(topic).slug for entry in issue.entries for topic in entry.topics)
    for counts in counted.values():
        for slug, number in counts.topics.items():
            clicks[topics.current(slug)] += number
    declared = {topic.slug for topic in topics}
    rows = [
        TopicRow(
            slug=slug,
            name=topics.resolve(slug).name,
            followers=followers[slug] if is_counted else None,
            printed=printed[slug],
            clicks=clicks[slug],
            changes=changes.get(slug, ChangeCounts()),
        )
        for slug in declared | followers.keys() | printed.keys() | clicks.keys() | changes.keys()
    ]
    return tuple(sorted(rows, key=lambda row: (-(row.followers or 0), -row.printed, row.name)))


def _bounces(counted: Iterable[IssueCounts]) -> tuple[BounceGroup, ...]:
    """Return the failures of all issues, the most common first."""
    sums: Counter[tuple[FailureKind, str, str]] = Counter()
    for counts in counted:
        for group in counts.bounces:
            sums[group.kind, group.reason, group.provider] += group.messages
    return tuple(
        BounceGroup(kind=kind, reason=reason, provider=provider, messages=messages)
        for (kind, reason, provider), messages in sums.most_common()
    )


def _entries(issues: Sequence[Issue], counted: Iterable[IssueCounts]) -> tuple[ReportLine, ...]:
    titles = {entry.slug: entry.title for issue in issues for entry in issue.entries}
    clicks: Counter[str] = Counter()
    for counts in counted:
        for row in counts.entries:
            clicks[row.entry] += row.clicks
    return tuple(
        ReportLine(mark=slug, name=titles.get(slug) or slug, clicks=number) for slug, number in clicks.most_common()
    )


def _positions(counted: Iterable[IssueCounts]) -> tuple[ReportLine, ...]:
    clicks: Counter[int] = Counter()
    for counts in counted:
        for row in counts.entries:
            clicks[row.position] += row.clicks
    return tuple(
        ReportLine(mark=str(position), name=f"Entry {position}", clicks=number)
        for position, number in sorted(clicks.items())
    )
