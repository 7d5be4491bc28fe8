"""Whether an issue is approved: exactly its content, its audience and a time, by enough of the right people. No I/O.

Everything follows from the events of its review. Nothing is stored twice, so nothing can be out of date.
"""

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from zoneinfo import ZoneInfo

from newsletter.domain.addresses import address_key
from newsletter.domain.plurals import counted
from newsletter.domain.reviews import ApprovalRules, ApprovedTime, ReviewEvent, ReviewEventKind

OTHER_TIME = "the approval is for another time"


@dataclass(frozen=True, slots=True, kw_only=True)
class ReviewedContent:
    """The digests of a compiled issue and of its audience, which an approval is for, besides a time."""

    issue: str
    content: str
    audience: str

    def is_of(self, event: ReviewEvent) -> bool:
        """Return whether an event was about exactly this."""
        return (event.issue, event.content, event.audience) == (self.issue, self.content, self.audience)


@dataclass(frozen=True, slots=True, kw_only=True)
class PlannedStart:
    """A planned start of a send: at ``begins``, or at a ``local_time`` on the issue's date in the readers' zones.

    A send that ``is_now`` begins as soon as somebody asks for it; others wait for a worker.
    """

    begins: datetime
    issue_date: date
    local_time: str = ""
    is_now: bool = False

    def day(self, zone: ZoneInfo) -> date:
        """Return the day on which readers get the issue."""
        return self.issue_date if self.local_time else self.begins.astimezone(zone).date()


@dataclass(frozen=True, slots=True, kw_only=True)
class ApprovalStanding:
    """The standing of an issue: whether it is approved, by whom, and what is missing.

    ``counted`` are the approvals that count; ``missing`` has a sentence for each thing that is missing. ``requested``
    is the request for changes that stands, ``override`` the decision to send it without the approval.
    """

    counted: tuple[ReviewEvent, ...] = ()
    missing: tuple[str, ...] = ()
    requested: ReviewEvent | None = None
    override: ReviewEvent | None = None

    @property
    def is_complete(self) -> bool:
        """Return whether nothing is missing."""
        return not self.missing


@dataclass(frozen=True, slots=True, kw_only=True)
class Approvers:
    """The people whose approval counts now; ``names`` has a name for each address of staff.

    ``may_approve`` says of an event whether its author may still approve.
    """

    may_approve: Callable[[ReviewEvent], bool]
    names: Mapping[str, str]

    def name(self, address: str) -> str:
        """Return a person's name, or their address if they are not on the staff."""
        return self.names.get(address_key(address)) or address


def covers(time: ApprovedTime, start: PlannedStart, zone: ZoneInfo, deadline: timedelta) -> bool:
    """Return whether an approval for a time covers a start. A send that begins now may be late by the ``deadline``."""
    if time.local_time:
        return (start.local_time, start.issue_date) == (time.local_time, time.day)
    if time.at is None:
        return start.day(zone) == time.day
    if start.local_time:
        return False
    if start.is_now:
        return time.at <= start.begins <= time.at + deadline
    return start.begins == time.at


def standing_of(
    content: ReviewedContent,
    events: Sequence[ReviewEvent],
    rules: ApprovalRules,
    *,
    authors: Collection[str],
    approvers: Approvers,
    start: PlannedStart | None = None,
    zone: ZoneInfo,
    deadline: timedelta,
) -> ApprovalStanding:
    """Return whether an issue is approved as it is now; for a ``start``, whether for that time, too.

    ``events`` are those of its review, the oldest first. ``authors`` are the addresses of those whose changes nobody
    has approved before.
    """
    current = [event for event in events if content.is_of(event)]
    requested = _latest(current, ReviewEventKind.CHANGES_REQUESTED)
    since = requested.id if requested else 0
    by_person = {
        address_key(event.by): event
        for event in current
        if event.kind is ReviewEventKind.APPROVAL and event.id > since and approvers.may_approve(event)
    }
    approvals = tuple(by_person.values())
    counting = tuple(event for event in approvals if _fits(event, start, zone, deadline))
    override = next(
        (
            event
            for event in reversed(current)
            if event.kind is ReviewEventKind.OVERRIDE and start is not None and _fits(event, start, zone, deadline)
        ),
        None,
    )
    missing = list(_missing(counting, rules, authors, approvers))
    if len(approvals) > len(counting) and missing:
        others = _missing(approvals, rules, authors, approvers)
        missing = [OTHER_TIME, *others]
    if requested and not approvals:
        missing.insert(0, f"{requested.name} has asked for changes")
    return ApprovalStanding(
        counted=counting,
        missing=tuple(missing),
        requested=requested if requested and not approvals else None,
        override=override,
    )


def _fits(event: ReviewEvent, start: PlannedStart | None, zone: ZoneInfo, deadline: timedelta) -> bool:
    return start is None or (event.time is not None and covers(event.time, start, zone, deadline))


def _missing(
    approvals: Sequence[ReviewEvent], rules: ApprovalRules, authors: Collection[str], approvers: Approvers
) -> Iterable[str]:
    left = rules.approvals - len(approvals)
    if left > 0:
        yield f"{counted(left, 'approval')} missing"
    elif not rules.own_changes:
        for author in _not_reviewed(approvals, authors):
            yield f"somebody else must approve the changes by {approvers.name(author)}"


def _not_reviewed(approvals: Iterable[ReviewEvent], authors: Collection[str]) -> list[str]:
    """Return the authors whose changes were approved by nobody but themselves."""
    people = {address_key(event.by) for event in approvals}
    return sorted(author for author in authors if not people - {address_key(author)})


def last_complete(
    events: Sequence[ReviewEvent], rules: ApprovalRules, *, other_than: ReviewedContent | None = None
) -> ReviewEvent | None:
    """Return the latest approval that completed one, of another content if ``other_than`` is given; None without.

    It is judged by the authors that it was about. Later changes are those that nobody has approved.
    """
    groups: dict[tuple[str, str, str], list[ReviewEvent]] = {}
    for event in events:
        if event.kind is ReviewEventKind.APPROVAL and not (other_than and other_than.is_of(event)):
            groups.setdefault((event.issue, event.content, event.audience), []).append(event)
    complete = []
    for group in groups.values():
        by_person = {address_key(event.by): event for event in group}
        authors = {author for event in group for author in event.authors}
        is_enough = len(by_person) >= rules.approvals
        if is_enough and (rules.own_changes or not _not_reviewed(by_person.values(), authors)):
            complete.append(group[-1])
    return max(complete, key=lambda event: event.id, default=None)


def _latest(events: Iterable[ReviewEvent], kind: ReviewEventKind) -> ReviewEvent | None:
    return max((event for event in events if event.kind is kind), key=lambda event: event.id, default=None)
