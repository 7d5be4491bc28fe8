"""Errors about sends, with the send or issue concerned as fields. No I/O."""

from collections.abc import Mapping, Sequence
from datetime import date, datetime
from zoneinfo import ZoneInfo

from newsletter.domain.date_words import day_in_words
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.schedule import clock_time
from newsletter.domain.send import Send, SendStatus
from newsletter.errors import AskedToStopError, SendError, UnreachableError


class UnknownSendError(SendError):
    """A send that doesn't exist."""

    code = "send-unknown"

    def __init__(self, *, send: int) -> None:
        self.send = send
        super().__init__(f"there is no send {send}")


class NeverSentError(SendError):
    """An issue without a send, where one is needed."""

    code = "issue-not-sent"

    def __init__(self, *, issue: str) -> None:
        self.issue = issue
        super().__init__(f"issue {issue} has not been sent")


class NothingToResumeError(SendError):
    """A request to resume the send of an issue that has none."""

    code = "send-missing"

    def __init__(self, *, issue: str) -> None:
        self.issue = issue
        super().__init__(f"issue {issue} has no send to resume")


class NobodyError(SendError):
    """An issue that nobody would get; ``why`` is the reason, if known."""

    code = "send-nobody"

    def __init__(self, *, issue: str, why: str = "") -> None:
        self.issue, self.why = issue, why
        because = f": {why}" if why else ""
        hint = "import readers, or choose other segments in the issue"
        super().__init__(f"nobody would get issue {issue}{because}", hint=hint)


class NoMatchError(SendError):
    """A tailored issue without a matching entry for any of its readers."""

    code = "send-no-match"

    def __init__(self, *, issue: str, readers: int) -> None:
        self.issue = issue
        self.readers = readers
        super().__init__(
            f"nobody would get issue {issue}: no entry matches any of its {readers} readers",
            hint="write `otherwise: full` below `tailored:` in the issue, or fix its topics",
        )


class AudienceChangedError(SendError):
    """A send that would go to many more or fewer readers than a person has agreed to."""

    code = "send-audience-changed"

    def __init__(self, *, issue: str, planned: int, recipients: int) -> None:
        self.issue, self.planned, self.recipients = issue, planned, recipients
        readers = "reader" if recipients == 1 else "readers"
        super().__init__(
            f"{recipients:,} {readers} would get issue {issue} now, and {planned:,} when it was planned",
            hint="check the last import and the segments; to send it to them, resume it or give it another start",
        )


class WrongDateError(SendError):
    """An issue that is dated another day than the one on which it would be sent."""

    code = "issue-date-wrong"

    def __init__(self, *, issue: str, dated: date, day: date, today: date) -> None:
        self.issue, self.dated, self.day, self.today = issue, dated, day, today
        when = f"today is {day_in_words(day)}" if day == today else f"it would be sent on {day_in_words(day)}"
        super().__init__(
            f"issue {issue} is dated {day_in_words(dated)}, but {when}", hint="send it on its day, or change its date"
        )


class EmbargoedError(SendError):
    """An ``entry`` that would be sent before its embargo ends; ``until`` is a local time in ``zone``."""

    code = "entry-embargoed"

    def __init__(self, *, issue: str, entry: str, until: datetime, zone: ZoneInfo) -> None:
        self.issue, self.entry, self.until, self.zone = issue, entry, until, zone
        super().__init__(
            f"{entry} in issue {issue} may not be published before {until:%Y-%m-%d %H:%M} ({zone.key})",
            hint="send the issue later, or take the entry out",
        )


class FarAheadError(SendError):
    """A start so far ahead that it looks like a typing mistake; ``days`` is the number of days from now."""

    code = "send-far-ahead"

    def __init__(self, *, issue: str, days: int) -> None:
        self.issue, self.days = issue, days
        super().__init__(f"issue {issue} would begin {days:,} days from now", hint="check the year")


class SecondSendError(SendError):
    """A second send of an issue that has one: ``send`` is the id of the first."""

    code = "send-second"

    def __init__(self, first: Send, what: str, *, hint: str) -> None:
        self.issue = first.issue
        self.send = first.id
        super().__init__(what, hint=hint)


class SentError(SecondSendError):
    """An issue that was sent before; it is never sent twice."""

    code = "send-finished"

    def __init__(self, send: Send, finished: datetime, zone: ZoneInfo) -> None:
        self.finished = finished
        super().__init__(
            send,
            f"issue {send.issue} was sent on {clock_time(finished, zone)} to {_so_far(send)}",
            hint="to send a correction, make a new issue",
        )


class CancelledError(SecondSendError):
    """An issue whose send was cancelled after it had begun; it is never sent twice."""

    code = "send-cancelled"

    def __init__(self, send: Send) -> None:
        super().__init__(
            send,
            f"the send of issue {send.issue} was cancelled after {_so_far(send)}",
            hint="to mail the other readers, make a new issue",
        )


class ScheduledError(SecondSendError):
    """An issue that is scheduled to be sent later."""

    code = "send-scheduled"

    def __init__(self, send: Send, begins: datetime, zone: ZoneInfo) -> None:
        self.begins = begins
        super().__init__(
            send,
            f"issue {send.issue} is scheduled for {clock_time(begins, zone)}",
            hint="the worker will send it; cancel that first to send it now",
        )


class UnfinishedError(SecondSendError):
    """An issue whose send has begun and not ended: it is paused, waits or was interrupted. It can be resumed."""

    code = "send-unfinished"

    def __init__(self, send: Send, zone: ZoneInfo) -> None:
        self.waits_until = send.waits_until
        how = f"is paused ({send.reason})" if send.status is SendStatus.PAUSED else "was interrupted"
        if send.waits_until:
            how = f"waits until {clock_time(send.waits_until, zone)} ({send.reason})"
        what = f"the send of issue {send.issue} {how} after {_so_far(send)}"
        super().__init__(send, what, hint="resume it")


class AboutToBeSentError(SecondSendError):
    """An issue that another process has planned to send, a moment ago."""

    code = "send-planned"

    def __init__(self, send: Send) -> None:
        super().__init__(send, f"another process is about to send issue {send.issue}", hint="wait for it")


_UTC = ZoneInfo("UTC")


def second_send_error(send: Send, zone: ZoneInfo = _UTC) -> SecondSendError:
    """Return the error for a second send of an issue that has this one. Times are in ``zone``."""
    if send.status.ended and send.finished:
        return SentError(send, send.finished, zone)
    if send.status is SendStatus.CANCELLED:
        return CancelledError(send)
    if send.status is SendStatus.SCHEDULED and send.begins:
        return ScheduledError(send, send.begins, zone)
    if send.status is SendStatus.PLANNED:
        return AboutToBeSentError(send)
    return UnfinishedError(send, zone)


class UnsettledError(SendError):
    """A send that can't be finished, because some deliveries have no answer yet; ``left`` counts them in words."""

    code = "send-unsettled"

    def __init__(self, *, send: int, left: Sequence[str]) -> None:
        self.send, self.left = send, tuple(left)
        super().__init__(f"not every delivery is settled: {', '.join(left)}", hint="resume the send, now or later")


class NotBegunError(SendError):
    """A send without frozen content, which can't be resumed: it is planned, or was cancelled before it began."""

    code = "send-not-begun"

    def __init__(self, *, issue: str, cancelled: bool = False) -> None:
        self.issue, self.cancelled = issue, cancelled
        how = "is cancelled" if cancelled else "has not begun yet"
        super().__init__(f"the send of issue {issue} {how}", hint="start it")


class BegunError(SendError):
    """A send that can't be undone or rescheduled, because it has begun; ``status`` is what it is now."""

    code = "send-begun"

    def __init__(self, *, issue: str, status: SendStatus) -> None:
        self.issue, self.status = issue, status
        super().__init__(f"the send of issue {issue} has begun", hint="pause or cancel it")


class ProviderChangedError(SendError):
    """A send that began with another ``provider`` than the settings name ``now``."""

    code = "send-provider-changed"

    def __init__(self, *, issue: str, provider: str, now: str) -> None:
        self.issue, self.provider, self.now = issue, provider, now
        super().__init__(
            f"the send of issue {issue} began with the provider {provider}, but the settings now name {now}",
            hint=f'set [provider] name back to "{provider}" until the send has finished',
        )


class TransitionError(SendError):
    """A change from a ``status`` ``to`` another that isn't allowed."""

    code = "send-status"

    def __init__(self, *, issue: str, status: SendStatus, to: SendStatus) -> None:
        self.issue, self.status, self.to = issue, status, to
        why = f"already {status}" if to is status else f"{status}: {_IMPOSSIBLE[to]}"
        super().__init__(f"the send of issue {issue} is {why}")


_IMPOSSIBLE: Mapping[SendStatus, str] = {
    SendStatus.PLANNED: "it has begun",
    SendStatus.SCHEDULED: "it has begun",
    SendStatus.RUNNING: "it can't be resumed",
    SendStatus.PAUSED: "there is nothing left to pause",
    SendStatus.CANCELLED: "there is nothing left to cancel",
    SendStatus.FINISHED: "it isn't running",
    SendStatus.FAILURES: "it isn't running",
}


class LeaseExpiredError(UnreachableError):
    """A send that stops because its lease has expired and the database doesn't answer."""

    code = "lease-expired"

    def __init__(self, *, issue: str) -> None:
        self.issue = issue
        super().__init__(
            "the lease of this send has expired, and the database doesn't answer",
            hint="nothing more was handed over here",
        )


class InterruptedSendError(AskedToStopError):
    """A send that stopped on request, with every answer recorded."""

    code = "send-interrupted"

    def __init__(self, *, issue: str) -> None:
        self.issue = issue
        super().__init__("stopped on request; all answers are recorded", hint="the send can be resumed")


class UnansweredCancelError(AskedToStopError):
    """A request to stop that came while a cancelled send still had messages in flight."""

    code = "cancel-unanswered"

    def __init__(self, *, send: int, holder: str) -> None:
        self.send = send
        self.holder = holder
        super().__init__(f"the send is cancelled, but messages in flight may still go out: {holder}")


def _so_far(send: Send) -> str:
    return f"{send.counts.get(DeliveryStatus.SUBMITTED, 0):,} of {send.recipients:,} readers"
