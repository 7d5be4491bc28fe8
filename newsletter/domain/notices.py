"""Notifications to publishers and the `[notify]` addresses, about sends, approvals and held bounces. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from enum import StrEnum

from newsletter.domain.send import Send, SendStatus

LATE = timedelta(minutes=15)  # a send that begins later than this is reported, even within its deadline
OUTAGE = timedelta(minutes=15)  # a running send is reported if its provider is unavailable for longer than this
KEPT = timedelta(days=3)  # older notices are not mailed any more


class NoticeKind(StrEnum):
    """A kind of notification."""

    LATE = "late"  # it began late, or too late and is paused
    PAUSED = "paused"  # by the program, so a person has to decide
    FAILED = "failed"  # it couldn't begin or continue; the worker keeps trying
    FINISHED = "finished"  # it is over, with or without failures
    HELD = "held"  # its bounces are held
    OVERRIDE = "override"  # it goes out without the approval that the newsletter requires
    APPROVAL = "approval"  # tomorrow's issue isn't approved
    WEEKLY = "weekly"  # how the week was, for the members of staff who want to know; its reason is the whole text


@dataclass(frozen=True, slots=True, kw_only=True)
class BounceHold:
    """The held bounces of one domain, or of all domains if ``scope`` is empty, with the most common reason."""

    scope: str
    addresses: int
    first: datetime
    last: datetime
    reason: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Notice:
    """A notification about a send (by its number) to one address. ``key`` is the same for each attempt.

    One about an ``issue`` that needs no send has its slug, and 0 for a send.
    """

    id: int
    send: int
    issue: str = ""
    kind: NoticeKind
    reason: str
    at: datetime
    address: str
    key: str
    attempts: int


def is_outdated(notice: Notice, send: Send | None, holds: Sequence[BounceHold]) -> bool:
    """Return whether the failure, pause or holds are over, or a later failure has a notice of its own.

    A reminder is outdated once its issue has a send.
    """
    if notice.kind is NoticeKind.HELD:
        return not holds
    if notice.kind is NoticeKind.APPROVAL:
        return send is not None and bool(send.digest)
    if notice.kind in (NoticeKind.OVERRIDE, NoticeKind.WEEKLY):
        return False
    if send is None:
        return True
    if notice.kind is NoticeKind.FAILED:
        return send.failing_since is None or int(send.failing_since.timestamp()) > int(notice.at.timestamp())
    return notice.kind is NoticeKind.PAUSED and send.status is not SendStatus.PAUSED
