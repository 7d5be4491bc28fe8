"""Report on an issue: its deliveries, bounces, complaints and clicks, compared with earlier issues."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import datetime
from statistics import median

from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.events import Outcome
from newsletter.domain.issue import Issue
from newsletter.domain.leaving import ReasonCount
from newsletter.domain.polls import AnswerCount
from newsletter.domain.publication import Newsletter
from newsletter.domain.send import Send
from newsletter.domain.tracking import IssueTracking, Link, LinkCount, TrackingCount
from newsletter.errors import NotFoundError
from newsletter.store import Store, Suppression

_D = DeliveryStatus
_NONE = Outcome(0)
LAST = 5  # earlier issues that an issue is compared with


@dataclass(frozen=True, slots=True, kw_only=True)
class Figures:
    """A set of figures for one issue.

    ``frozen`` is the size of the audience: the sum of ``submitted``, ``refused``, ``skipped``, ``held`` and, during the
    send, ``open`` deliveries. The other figures are about submitted messages: ``delivered`` if the provider reports
    that, ``bounced`` hard, ``bounced_softly`` and never delivered, ``complained``, and ``unsubscribed`` through the
    message. ``clicks`` and ``opens`` are counted by people and by machines, and have the number of readers.
    """

    issue: str
    began: datetime
    frozen: int
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
        return self.frozen - self.submitted - self.refused - self.skipped - self.held

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
class Report:
    """A report on an issue, with the ``earlier`` issues that it is compared with (the latest first).

    ``links`` has the links outside entries: in sponsors, lists of links, notes and the footer. ``answers`` has the
    votes in its poll, and ``leaving`` the reasons of readers who unsubscribed by its messages; ``leaving_otherwise``
    those of readers who did it by service mail or their preferences, until the next issue. ``suppressed`` has the
    addresses that its bounces and complaints suppressed, and ``held`` is the number of bounces that wait for an
    operator's decision.
    """

    figures: Figures
    subject: str = ""
    earlier: tuple[Figures, ...] = ()
    entries: tuple[ReportLine, ...] = ()
    positions: tuple[ReportLine, ...] = ()
    topics: tuple[ReportLine, ...] = ()
    links: tuple[ReportLine, ...] = ()
    answers: tuple[AnswerCount, ...] = ()
    leaving: tuple[ReasonCount, ...] = ()
    leaving_otherwise: tuple[ReasonCount, ...] = ()
    suppressed: tuple[Suppression, ...] = ()
    held: int = 0

    def reasons(self) -> list[tuple[str, str, int]]:
        """Return the reasons for suppressions with their details and the number of addresses, the most common first."""
        counts = Counter((suppression.reason.value, suppression.explanation) for suppression in self.suppressed)
        return [(reason, why, number) for (reason, why), number in counts.most_common()]

    def reasons_for_leaving(self) -> Iterator[tuple[str, Sequence[ReasonCount]]]:
        """Yield the title and the counts of each table of reasons that isn't empty."""
        if self.leaving:
            yield "Reasons for leaving", self.leaving
        if self.leaving_otherwise:
            yield "Reasons for leaving by service mail or preferences", self.leaving_otherwise

    def median_share(self, name: str) -> float | None:
        """Return the median share of a figure in the earlier issues, or None if there are none."""
        shares = [share for before in self.earlier if (share := before.share(before.number(name))) is not None]
        return median(shares) if shares else None

    def rows(self) -> Iterator[tuple[str, int, float | None, float | None]]:
        """Yield a row for each figure: its label, the number, its share of submitted messages, and the median share.

        Not every newsletter counts every figure, so one that has never been above 0 has no row: 0 would claim that
        nobody clicked when nobody counted.
        """
        figures = self.figures
        yield "Recipients", figures.frozen, None, None
        for name, words in _AUDIENCE_LABELS.items():
            number = figures.number(name)
            if number or name == "submitted":
                yield words, number, None, None
        for name, words in _SUBMITTED_LABELS.items():
            number = figures.number(name)
            if name in _OPTIONAL and not any(counted.number(name) for counted in (figures, *self.earlier)):
                continue
            yield words, number, figures.share(number), self.median_share(name)


_AUDIENCE_LABELS: Mapping[str, str] = {
    "submitted": "Submitted",
    "refused": "Refused",
    "skipped": "Skipped",
    "held": "Held",
    "open": "Pending",
}
_SUBMITTED_LABELS: Mapping[str, str] = {
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


def report(store: Store, newsletter: Newsletter, issues: Sequence[Issue], slug: str) -> Report:
    """Return the report of issue ``slug``; ``issues`` are all issues with files.

    Raise NoReportError if it wasn't sent.
    """
    sends = sorted((send for send in store.sends.all() if send.digest), key=lambda send: send.created)
    at = next((at for at, send in enumerate(sends) if send.issue == slug), None)
    if at is None:
        raise NoReportError(issue=slug)
    files = {issue.slug: issue for issue in issues}
    issue = files.get(slug)
    counts = _counts(store, slug, issue)
    titles = {entry.slug: entry.title for entry in issue.entries} if issue else {}
    days = [send.created.astimezone(newsletter.zone).date() for send in sends[at : at + 2]]
    at_position = {counted.link.position: counted.link.entry for counted in counts.links}
    return Report(
        figures=_figures(store, sends[at], counts),
        subject=issue.subject if issue else "",
        earlier=tuple(
            _figures(store, send, _counts(store, send.issue, files.get(send.issue)))
            for send in reversed(sends[max(0, at - LAST) : at])
        ),
        entries=tuple(
            ReportLine(mark=entry, name=titles.get(entry, entry), clicks=clicks)
            for entry, clicks in sorted(counts.by_entry().items(), key=lambda pair: -pair[1])
        ),
        positions=tuple(
            ReportLine(mark=str(position), name=titles.get(at_position[position], at_position[position]), clicks=clicks)
            for position, clicks in sorted(counts.by_position().items())
        ),
        topics=tuple(
            ReportLine(mark=topic, name=newsletter.topics.resolve(topic).name, clicks=clicks)
            for topic, clicks in counts.by_topic().items()
        ),
        links=_outside_entries(counts, newsletter),
        answers=store.polls.counts(slug),
        leaving=tuple(store.leaving.reasons(slug)),
        leaving_otherwise=tuple(store.leaving.other_reasons(since=days[0], before=days[1] if days[1:] else None)),
        suppressed=tuple(store.suppressions.of_issue(slug)),
        held=sum(1 for bounce in store.held_bounces.stream() if bounce.issue == slug),
    )


def _outside_entries(counts: IssueTracking, newsletter: Newsletter) -> tuple[ReportLine, ...]:
    """Return the clicks on each address outside entries, the most clicked first.

    A provider also counts links to the newsletter's own pages, which are different for each reader.
    """
    own, lines = f"{newsletter.base_url}/", dict[str, ReportLine]()
    for row in counts.links:
        url = row.link.url
        if row.link.entry or f"{url}/".startswith(own):
            continue
        line = lines.get(url, ReportLine(mark=str(row.link.number), name=url, clicks=0))
        lines[url] = replace(line, clicks=line.clicks + row.count.people)
    return tuple(sorted(lines.values(), key=lambda line: -line.clicks))


def _figures(store: Store, send: Send, counts: IssueTracking) -> Figures:
    outcomes = store.events.outcomes(send.issue)

    def having(some: Outcome, without: Outcome = _NONE) -> int:
        return sum(number for outcome, number in outcomes.items() if outcome & some and not outcome & without)

    return Figures(
        issue=send.issue,
        began=send.created,
        frozen=send.recipients,
        submitted=send.counts.get(_D.SUBMITTED, 0),
        refused=send.counts.get(_D.REFUSED, 0),
        skipped=send.counts.get(_D.SKIPPED, 0),
        held=send.counts.get(_D.UNCERTAIN, 0),
        delivered=having(Outcome.DELIVERED, Outcome.BOUNCED),
        bounced=having(Outcome.BOUNCED),
        bounced_softly=having(Outcome.BOUNCED_SOFTLY, Outcome.BOUNCED | Outcome.DELIVERED),
        complained=having(Outcome.COMPLAINED),
        unsubscribed=store.events.count_unsubscribed(send.issue),
        clicks=counts.clicks,
        opens=counts.opens,
    )


def _counts(store: Store, slug: str, issue: Issue | None) -> IssueTracking:
    """Return our own counts, or else the provider's, which know a link only by its URL."""
    counts = store.clicks_and_opens.counts(slug)
    clicks_by_url = {} if counts.links else store.events.clicks(slug)
    if not clicks_by_url:
        return counts
    entries = enumerate(issue.entries, 1) if issue else ()
    places = {entry.gift or entry.url: (position, entry) for position, entry in entries}
    links = []
    for number, (url, clicks) in enumerate(sorted(clicks_by_url.items()), 1):
        link = Link(number=number, url=url)
        if url in places:
            position, entry = places[url]
            link = replace(link, entry=entry.slug, position=position, topics=entry.topics)
        links.append(LinkCount(link=link, count=TrackingCount(people=clicks)))
    return IssueTracking(
        links=tuple(links), clicks=TrackingCount(people=sum(clicks_by_url.values())), opens=counts.opens
    )


def percent(share: float | None) -> str:
    """Return a share in percent, such as ``12.5%``, or "" if it isn't known."""
    return "" if share is None else f"{share:.1%}"
