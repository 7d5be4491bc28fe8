"""Report on an issue: its deliveries, bounces, complaints and clicks, compared with earlier issues."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from statistics import median

from newsletter.domain.bounce_groups import BounceGroup
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.events import Outcome
from newsletter.domain.issue import Issue
from newsletter.domain.leaving import ReasonCount
from newsletter.domain.people import Act, Person, require
from newsletter.domain.polls import AnswerCount
from newsletter.domain.publication import Newsletter
from newsletter.domain.send import Send
from newsletter.domain.tracking import TrackingCount
from newsletter.errors import NotFoundError
from newsletter.reports.counting import counts_of
from newsletter.reports.issue_counts import IssueCounts
from newsletter.store import Store

_D = DeliveryStatus
LAST = 5  # earlier issues that an issue is compared with
TREND = 12  # earlier issues that its trend shows


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A set of figures for one issue.

    ``recipients`` is the size of the audience: the sum of ``submitted``, ``refused``, ``skipped``, ``held`` and, during
    the send, ``open`` deliveries. The other figures are about submitted messages: ``delivered`` if the provider reports
    that, ``bounced`` hard, ``bounced_softly`` and never delivered, ``complained``, and ``unsubscribed`` through the
    message. ``clicks`` and ``opens`` are counted by people and by machines, and have the number of readers.
    """

    issue: str
    began: datetime
    recipients: int
    submitted: int
    refused: int
    skipped: int
    held: int
    delivered: int
    bounced: int
    bounced_softly: int
    complained: int
    unsubscribed: int
    clicks: TrackingCount
    opens: TrackingCount

    @property
    def open(self) -> int:
        """The number of deliveries without a result yet."""
        return self.recipients - self.submitted - self.refused - self.skipped - self.held

    def number(self, name: str) -> int:
        """Return the figure with a name; clicks and opens are those by people."""
        figure: int | TrackingCount = getattr(self, name)
        return figure.people if isinstance(figure, TrackingCount) else figure

    def share(self, number: int) -> float | None:
        """Return a number's share of submitted messages, or None if there are none."""
        return number / self.submitted if self.submitted else None


@dataclass(frozen=True, slots=True, kw_only=True)
class ReportLine:
    """A count of people's clicks on an entry, a position, a topic or a link. ``mark`` is its slug or number."""

    mark: str
    name: str
    clicks: int


@dataclass(frozen=True, slots=True, kw_only=True)
class FigureRow:
    """A row of a report's figures: the ``name`` of the figure, its label, the number and its share of messages.

    ``usual`` is the median share of the issues that it is compared with, ``trend`` the shares of all earlier issues and
    this one, the oldest first. They are None and empty for figures that aren't shares of submitted messages.
    """

    name: str
    label: str
    number: int
    share: float | None = None
    usual: float | None = None
    trend: tuple[float | None, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Report:
    """A report on an issue, with ``earlier`` issues for the trend (the latest first).

    It is compared with the first few of those (``compared``). ``links`` has the links outside entries: in sponsors,
    lists of links, notes and the footer. ``bounces`` has the messages that failed, by reason and provider. ``answers``
    has the votes in its poll, and ``leaving`` the reasons of readers who unsubscribed by its messages;
    ``leaving_otherwise`` those of readers who did it by service mail or their preferences, until the next issue.
    ``suppressed`` is the number of addresses that its bounces and complaints suppressed, and ``held`` the number of
    bounces that wait for an operator's decision.
    """

    figures: Figures
    subject: str = ""
    earlier: tuple[Figures, ...] = ()
    entries: tuple[ReportLine, ...] = ()
    positions: tuple[ReportLine, ...] = ()
    topics: tuple[ReportLine, ...] = ()
    links: tuple[ReportLine, ...] = ()
    bounces: tuple[BounceGroup, ...] = ()
    answers: tuple[AnswerCount, ...] = ()
    leaving: tuple[ReasonCount, ...] = ()
    leaving_otherwise: tuple[ReasonCount, ...] = ()
    suppressed: int = 0
    held: int = 0

    @property
    def compared(self) -> tuple[Figures, ...]:
        """Return the issues that this one is compared with."""
        return self.earlier[:LAST]

    def reasons_for_leaving(self) -> Iterator[tuple[str, Sequence[ReasonCount]]]:
        """Yield the title and the counts of each table of reasons that isn't empty."""
        if self.leaving:
            yield "Reasons for leaving", self.leaving
        if self.leaving_otherwise:
            yield "Reasons for leaving by service mail or preferences", self.leaving_otherwise

    def usual_share(self, name: str) -> float | None:
        """Return the median share of a figure in the compared issues, or None if there are none."""
        shares = [share for before in self.compared if (share := before.share(before.number(name))) is not None]
        return median(shares) if shares else None

    def trend(self, name: str) -> tuple[float | None, ...]:
        """Return the shares of a figure in the earlier issues and this one, the oldest first."""
        return tuple(issue.share(issue.number(name)) for issue in (*reversed(self.earlier), self.figures))

    def is_counted(self, name: str) -> bool:
        """Return whether anybody counts a figure.

        Not every newsletter counts every figure, and 0 would claim that nobody clicked when nobody counted.
        """
        return name not in _OPTIONAL or any(counted.number(name) for counted in (self.figures, *self.earlier))

    def rows(self) -> Iterator[FigureRow]:
        """Yield a row for each figure that is counted."""
        figures = self.figures
        yield FigureRow(name="recipients", label="Recipients", number=figures.recipients)
        for name, label in _AUDIENCE_LABELS.items():
            number = figures.number(name)
            if number or name == "submitted":
                yield FigureRow(name=name, label=label, number=number)
        for name, label in SUBMITTED_LABELS.items():
            if self.is_counted(name):
                number = figures.number(name)
                yield FigureRow(
                    name=name,
                    label=label,
                    number=number,
                    share=figures.share(number),
                    usual=self.usual_share(name),
                    trend=self.trend(name),
                )


_AUDIENCE_LABELS: Mapping[str, str] = {
    "submitted": "Submitted",
    "refused": "Refused",
    "skipped": "Skipped",
    "held": "Uncertain",
    "open": "Pending",
}
SUBMITTED_LABELS: Mapping[str, str] = {
    "delivered": "Delivered",
    "bounced": "Hard bounces",
    "bounced_softly": "Soft bounces",
    "complained": "Complaints",
    "unsubscribed": "Unsubscribed",
    "clicks": "Clicks",
    "opens": "Opens",
}
_OPTIONAL = frozenset({"delivered", "clicks", "opens"})


class NoReportError(NotFoundError):
    """An issue without a report, because it has not been sent."""

    code = "report-missing"

    def __init__(self, *, issue: str) -> None:
        self.issue = issue
        super().__init__(f"issue {issue} has not been sent")


def report(person: Person, store: Store, newsletter: Newsletter, issues: Sequence[Issue], slug: str) -> Report:
    """Count the results of issue ``slug`` and earlier ones, and return its report; ``issues`` are all with files.

    Raise NoReportError if it wasn't sent, ForbiddenError.
    """
    sends = sends_for(person, store, slug)
    return report_of(store, newsletter, issues, sends, counts_of(store, newsletter, issues, sends, now=store.now()))


def sends_for(person: Person, store: Store, slug: str) -> list[Send]:
    """Return the send of an issue and the earlier ones of its trend, the latest first.

    Raise NoReportError if it wasn't sent, ForbiddenError.
    """
    require(person, Act.SEE_REPORTS)
    sends = frozen_sends(store)
    at = next((at for at, send in enumerate(sends) if send.issue == slug), None)
    if at is None:
        raise NoReportError(issue=slug)
    return sends[max(0, at - TREND) : at + 1][::-1]


def frozen_sends(store: Store) -> list[Send]:
    """Return all sends that have begun, the oldest first."""
    return sorted((send for send in store.sends.listed() if send.digest), key=lambda send: send.created)


def report_of(
    store: Store,
    newsletter: Newsletter,
    issues: Sequence[Issue],
    sends: Sequence[Send],
    counted: Mapping[int, IssueCounts],
) -> Report:
    """Return the report of the first of these sends, compared with the others, from results that were counted."""
    send, counts = sends[0], counted[sends[0].id]
    issue = next((issue for issue in issues if issue.slug == send.issue), None)
    titles = {entry.slug: entry.title for other in (*issues, *filter(None, (issue,))) for entry in other.entries}
    after = [later for later in frozen_sends(store) if later.created > send.created][:1]
    since, *before = (begun.created.astimezone(newsletter.zone).date() for begun in (send, *after))
    at_position: Counter[int] = Counter()
    for row in counts.entries:
        at_position[row.position] += row.clicks
    first_at = {row.position: row.entry for row in reversed(counts.entries)}
    return Report(
        figures=figures_of(send, counts),
        subject=issue.subject if issue else "",
        earlier=tuple(figures_of(other, counted[other.id]) for other in sends[1:] if other.id in counted),
        entries=tuple(
            ReportLine(mark=row.entry, name=titles.get(row.entry) or row.entry, clicks=row.clicks)
            for row in sorted(counts.entries, key=lambda row: -row.clicks)
        ),
        positions=tuple(
            ReportLine(mark=str(position), name=titles.get(first_at[position]) or first_at[position], clicks=clicks)
            for position, clicks in sorted(at_position.items())
        ),
        topics=tuple(
            ReportLine(mark=topic, name=newsletter.topics.resolve(topic).name, clicks=clicks)
            for topic, clicks in counts.topics.items()
        ),
        links=tuple(ReportLine(mark=str(row.number), name=row.url, clicks=row.clicks) for row in counts.links),
        bounces=counts.bounces,
        answers=store.polls.counts(send.issue),
        leaving=tuple(store.leaving.reasons(send.issue)),
        leaving_otherwise=tuple(store.leaving.other_reasons(since=since, before=before[0] if before else None)),
        suppressed=counts.suppressed,
        held=sum(1 for bounce in store.held_bounces.stream() if bounce.issue == send.issue),
    )


def figures_of(send: Send, counts: IssueCounts) -> Figures:
    """Return the figures of a send."""
    return Figures(
        issue=send.issue,
        began=send.created,
        recipients=send.recipients,
        submitted=send.counts.get(_D.SUBMITTED, 0),
        refused=send.counts.get(_D.REFUSED, 0),
        skipped=send.counts.get(_D.SKIPPED, 0),
        held=send.counts.get(_D.UNCERTAIN, 0),
        delivered=counts.having(Outcome.DELIVERED, Outcome.BOUNCED),
        bounced=counts.having(Outcome.BOUNCED),
        bounced_softly=counts.having(Outcome.BOUNCED_SOFTLY, Outcome.BOUNCED | Outcome.DELIVERED),
        complained=counts.having(Outcome.COMPLAINED),
        unsubscribed=counts.unsubscribed,
        clicks=counts.clicks,
        opens=counts.opens,
    )


def percent(share: float | None) -> str:
    """Return a share in percent, or "" if it isn't known: ``12.5%``, ``0.03%``.

    Mailbox providers act on complaints of 0.1%, so one digit after the point says too little of what is below 1%.
    """
    if share is None:
        return ""
    return f"{share:.2%}" if 0 < share < 0.01 else f"{share:.1%}"
