"""Start the send of an issue as its page does: in a minute or at a chosen time, after what should be confirmed was."""

from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from newsletter import content
from newsletter.composing import Composed
from newsletter.domain.issue import Issue
from newsletter.domain.people import Act, Person, require
from newsletter.domain.send import Send
from newsletter.domain.send_errors import NeverSentError
from newsletter.errors import SendError
from newsletter.publishing.calendar import calendar_of
from newsletter.publishing.sends.plan_differences import refuse_unusual_audience
from newsletter.publishing.sends.send_preparing import (
    PreparedSend,
    compose_issue,
    prepare_send,
    refuse_unexpected_day,
    refuse_unexpected_start,
)
from newsletter.publishing.sends.send_schedule import reschedule_send, schedule_send
from newsletter.publishing.sends.start_time import StartTime, start_at, start_at_local_time, start_soon
from newsletter.settings import Settings
from newsletter.store import Store


class StartKind(StrEnum):
    """A way to say when a send begins."""

    SOON = "soon"  # in a minute
    AT = "at"  # at one moment
    LOCAL = "local"  # at a local time in each reader's time zone


@dataclass(frozen=True, slots=True, kw_only=True)
class StartRequest:
    """A person's request to start a send: when, and what they have confirmed.

    ``time`` is a date and time, or a local time. ``seen`` is the digest of the issue that they looked at. ``any_date``
    confirms an issue of another day or a start far ahead, ``any_audience`` an unusual number of readers.
    ``without_approval`` is the reason to send it without the approval that newsletter.toml requires.
    """

    kind: StartKind
    time: str = ""
    seen: str = ""
    any_date: bool = False
    any_audience: bool = False
    without_approval: str = ""


class ChangedSinceSeenError(SendError):
    """An issue that has changed since the person who starts its send has looked at it."""

    code = "send-changed"

    def __init__(self, *, issue: str) -> None:
        self.issue = issue
        super().__init__(f"issue {issue} has changed since you looked at it", hint="look at the plan again")


def planned_send(
    person: Person, settings: Settings, store: Store, composed: Composed, *, now: datetime
) -> PreparedSend:
    """Return the plan of a send that begins in a minute. Nothing is stored. Raise the errors of ``prepare_send``."""
    require(person, Act.SEE_REPORTS)
    today = now.astimezone(settings.newsletter.zone).date()
    soon = start_soon(settings, now=now)
    return prepare_send(person, settings, store, composed, today=today, now=now, start=soon)


def start_send(
    person: Person, settings: Settings, store: Store, issue: str, request: StartRequest, *, now: datetime
) -> Send:
    """Schedule the send of an issue, and return it.

    Raise ForbiddenError and ConfirmationNeededError; FindingsError with every error that prevents sending;
    ChangedSinceSeenError; the errors of ``start_of``, ``prepare_send`` and ``schedule_send``; and WrongDateError,
    FarAheadError or UnusualAudienceError for what the person should confirm.
    """
    require(person, Act.SEND)
    today = now.astimezone(settings.newsletter.zone).date()
    composed = compose_issue(settings, issue, calendar=calendar_of(store, today=today))
    if request.seen and composed.compiled.digest != request.seen:
        raise ChangedSinceSeenError(issue=issue)
    start = start_of(settings, store, composed.issue, request, now=now)
    prepared = prepare_send(person, settings, store, composed, today=today, now=now, start=start)
    if not request.any_date:
        refuse_unexpected_day(prepared)
    if not request.any_audience:
        refuse_unusual_audience(prepared.differences)
    return schedule_send(person, settings, store, prepared, without_approval=request.without_approval, now=now)


def move_send(
    person: Person, settings: Settings, store: Store, issue: str, request: StartRequest, *, now: datetime
) -> Send:
    """Give the send of an issue another start, and return it; what is sent to whom stays as it was planned.

    Raise ForbiddenError and ConfirmationNeededError; the errors of ``start_of`` and ``reschedule_send``; and
    WrongDateError or FarAheadError for what the person should confirm.
    """
    require(person, Act.SEND)
    send = store.sends.of_issue(issue)
    if send is None:
        raise NeverSentError(issue=issue)
    manuscript = content.read_manuscripts(settings.root).issue(issue)
    start = start_of(settings, store, manuscript, request, now=now)
    if not request.any_date:
        refuse_unexpected_start(manuscript, start, today=now.astimezone(settings.newsletter.zone).date())
    reason = request.without_approval
    return reschedule_send(person, settings, store, send, start, without_approval=reason, now=now)


def start_of(settings: Settings, store: Store, issue: Issue, request: StartRequest, *, now: datetime) -> StartTime:
    """Return the start that a request names. Raise the errors of ``start_time``'s functions."""
    if request.kind is StartKind.AT:
        return start_at(settings, request.time, now=now)
    if request.kind is StartKind.LOCAL:
        return start_at_local_time(settings, store, issue, request.time, now=now)
    return start_soon(settings, now=now)
