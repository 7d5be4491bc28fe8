"""Freeze a send: store its audience, each reader's edition and the content, so that none of them changes any more."""

import gc
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from newsletter.domain.edition import Tailor
from newsletter.domain.local_times import LocalTime
from newsletter.domain.schedule import lateness
from newsletter.domain.segment import Segment
from newsletter.domain.send import Send
from newsletter.domain.send_source import SendSource
from newsletter.errors import AskedToStopError, LateError
from newsletter.message.compiled_issue import CompiledIssue
from newsletter.sending.context import SendContext
from newsletter.sending.event_log import LogEvent
from newsletter.sending.run import Run
from newsletter.sending.second_send import refusals_in_zone
from newsletter.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class FreezeRequest:
    """A request to freeze the send of a compiled issue to the readers of some segments.

    ``tailor`` chooses each reader's edition. ``now`` is the date of the messages. With a ``local`` time each reader is
    due at that time in their own time zone. ``source`` says where the content comes from. ``planned_recipients`` is the
    number of readers that a person has agreed to, None if nobody was asked.
    """

    compiled: CompiledIssue
    tailor: Tailor
    segments: Sequence[Segment]
    now: datetime
    local: LocalTime | None = None
    source: SendSource | None = None
    planned_recipients: int | None = None


def freeze(run: Run, request: FreezeRequest, *, scheduled: Send | None = None) -> Send:
    """Freeze a planned or ``scheduled`` send as soon as the database is free, and return it.

    Raise AskedToStopError if somebody asks this process to stop. Raise LateError if the deadline of a scheduled send
    has passed, and StoppedError if somebody has paused, cancelled or rescheduled it. Raise SendError if nobody would
    get it, and AudienceChangedError if many more or fewer readers would get it than a person has agreed to.
    """
    retries = run.retries
    per_day = retries.until_available(lambda: _messages_per_day(run.store, run.context, request.now))
    frozen = retries.until_available(lambda: _try_to_freeze(run, request, scheduled, per_day))
    gc.collect()  # free the memory that freezing used, before the send needs it
    retries.until_available(run.store.installation.verify)
    run.observer.log.write(LogEvent.BEGAN, frozen)
    return frozen


def _messages_per_day(store: Store, context: SendContext, now: datetime) -> Sequence[int]:
    """Return the number of messages on each day that is left of the warm-up; empty without one.

    The newest readers are mailed on its first days.
    """
    if not context.sending.warm_up:
        return ()
    return store.rate_limits.left_of_warm_up(context.provider_name, context.sending.warm_up, now.timestamp())


def _try_to_freeze(run: Run, request: FreezeRequest, scheduled: Send | None, per_day: Sequence[int]) -> Send:
    if run.stop:
        raise AskedToStopError("stopped on request before the send began", hint="nothing was sent")
    if scheduled is not None:
        _begin_scheduled(run, scheduled)
    context = run.context
    with refusals_in_zone(run.store, context.zone):
        return run.store.sends.freeze(
            compiled=request.compiled,
            tailor=request.tailor,
            date=request.now,
            now=run.observer.clock(),
            segments=request.segments,
            provider=context.provider_name,
            base_url=context.base_url,
            signing_key=context.signer.key,
            uncertain=context.sending.uncertain,
            holder=run.lease.holder,
            moments=_due_times(request.local),
            per_day=per_day,
            source=request.source,
            planned_recipients=request.planned_recipients,
        )


def _begin_scheduled(run: Run, scheduled: Send) -> None:
    begins, now = scheduled.begins, run.observer.clock()
    if begins and (late := lateness(begins, scheduled.deadline, now, run.context.zone)):
        raise LateError(late, issue=scheduled.issue)
    run.store.controls.begin_scheduled(scheduled.id, begins=begins, now=now, holder=run.lease.holder)


def _due_times(local: LocalTime | None) -> Mapping[str, int]:
    """Return the Unix time at which deliveries are due, by time zone; empty if all are due at once."""
    return {zone: int(at.timestamp()) for zone, at in local.moments.items()} if local else {}
