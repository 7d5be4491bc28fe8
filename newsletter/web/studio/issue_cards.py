"""The cards of the next issues on the desk."""

import datetime
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.issue import Issue
from newsletter.domain.issue_stages import IssueStage
from newsletter.domain.people import Act, Person, may
from newsletter.domain.plurals import FEW
from newsletter.domain.send import Send, SendStatus, details_in_words
from newsletter.domain.send_stages import stage_of
from newsletter.domain.skeletons import skeleton_of
from newsletter.errors import Finding, FindingsError, Severity
from newsletter.web.preview.snapshot import Snapshot

_MOST = 6  # cards
_EARLIER = 5
_SOON = ("today", "tomorrow")


@dataclass(frozen=True, slots=True, kw_only=True)
class FindingsTally:
    """The numbers of errors and warnings in an issue and its parts."""

    errors: int
    warnings: int


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCard:
    """A card of an issue on the desk.

    ``when`` is *today* and so on, ``details`` says more of a send than its stage does. ``begins`` is the time at
    which it goes out, and ``ready_by`` that at which it should be ready. ``has_send`` says that its send page has news.
    ``sent`` of
    ``recipients`` have it while it is being sent, in percent for those who may not see totals; both are 0 otherwise.
    ``tally`` and ``stage`` are None until they are known.
    """

    issue: Issue
    when: str
    details: str = ""
    begins: datetime.datetime | None = None
    ready_by: datetime.datetime | None = None
    sent: int = 0
    recipients: int = 0
    tally: FindingsTally | None = None
    has_send: bool = False
    stage: IssueStage | None = None

    @property
    def needs_approval_soon(self) -> bool:
        """Return whether an approval is missing today or tomorrow."""
        return self.when in _SOON and self.stage is not None and bool(self.stage.missing)


def issues_on_the_desk(snapshot: Snapshot, sends: Mapping[str, Send], now: datetime.datetime) -> tuple[Issue, ...]:
    """Return the issues from today on and any older one whose send isn't over, by date, as many as the desk shows."""
    today = now.astimezone(snapshot.settings.zone).date()
    unfinished = {slug for slug, send in sends.items() if not _is_over(send)}
    return tuple(issue for issue in snapshot.calendar if issue.date >= today or issue.slug in unfinished)[:_MOST]


def earlier_issues(snapshot: Snapshot, cards: Iterable[IssueCard], today: datetime.date) -> tuple[Issue, ...]:
    """Return the latest issues from before today that have no card, the newest first."""
    shown = {card.issue.slug for card in cards}
    earlier = [issue for issue in snapshot.calendar if issue.date < today and issue.slug not in shown]
    return tuple(reversed(earlier[-_EARLIER:]))


def tally_of(snapshot: Snapshot, slug: str) -> FindingsTally:
    """Return the numbers of findings in an issue; the first call for a state of the files compiles the issue."""
    return snapshot.once(_key(slug), lambda: _tally(_findings(snapshot, slug)))


def _key(slug: str) -> str:
    return f"tally of {slug}"


def _findings(snapshot: Snapshot, slug: str) -> tuple[Finding, ...]:
    try:
        return snapshot.compose(slug).findings
    except FindingsError as err:
        return err.findings


def _tally(findings: Iterable[Finding]) -> FindingsTally:
    severities = [finding.severity for finding in findings]
    return FindingsTally(errors=severities.count(Severity.ERROR), warnings=severities.count(Severity.WARNING))


def _is_over(send: Send) -> bool:
    return send.status.ended or send.status is SendStatus.CANCELLED


def issue_card(
    snapshot: Snapshot,
    issue: Issue,
    send: Send | None,
    person: Person,
    now: datetime.datetime,
    stage: IssueStage | None,
) -> IssueCard:
    """Return an issue's card. It has numbers of readers for those who may see them."""
    zone, send_stage = snapshot.settings.zone, stage_of(send, now)
    running = send is not None and bool(send.digest) and not _is_over(send)
    begins = send.begins if send and send.status is SendStatus.SCHEDULED else None
    totals = may(person, Act.SEE_REPORTS)
    details = details_in_words(send, zone, totals=totals) if send and not begins else ""
    sent = send.counts.get(DeliveryStatus.SUBMITTED, 0) if send and running else 0
    recipients = send.recipients if send and running else 0
    if not totals:  # a bar of few readers would tell how many
        sent, recipients = (round(100 * sent / recipients), 100) if recipients >= FEW else (0, 0)
    return IssueCard(
        issue=issue,
        when=_when(issue.date, now.astimezone(zone).date()),
        details=details,
        begins=begins.astimezone(zone) if begins else None,
        ready_by=None if send_stage.has_send else _ready_by(snapshot, issue),
        sent=sent,
        recipients=recipients,
        tally=snapshot.once_known(_key(issue.slug)),
        has_send=send_stage.has_send,
        stage=stage,
    )


def _ready_by(snapshot: Snapshot, issue: Issue) -> datetime.datetime | None:
    newsletter = snapshot.settings.newsletter
    skeleton = skeleton_of(newsletter.skeletons, issue.date)
    if skeleton is None or skeleton.deadline is None:
        return None
    return datetime.datetime.combine(issue.date, skeleton.deadline, tzinfo=newsletter.zone)


def _when(date: datetime.date, today: datetime.date) -> str:
    """Return a date as people say it: *today*, *tomorrow*, *in 3 days*."""
    days = (date - today).days
    if near := {0: "today", 1: "tomorrow", -1: "yesterday"}.get(days):
        return near
    return f"in {days} days" if days > 0 else f"{-days} days ago"


def duration(until: datetime.datetime, now: datetime.datetime) -> str:
    """Return the time until a moment in words: *in 3 h 12 min*, *in 2 days*, or *now* and afterwards *10 min ago*."""
    minutes = round((until - now).total_seconds() / 60)
    if not minutes:
        return "now"
    hours, rest = divmod(abs(minutes), 60)
    if hours >= 48:
        words = f"{hours // 24} days"
    elif hours:
        words = f"{hours} h {rest} min" if rest else f"{hours} h"
    else:
        words = f"{rest} min"
    return f"in {words}" if minutes > 0 else f"{words} ago"
