"""Start a send, resume it and wait for it. The process that runs a send holds its lease meanwhile."""

import gc
import signal
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime, timedelta

from newsletter.domain.edition import Tailor
from newsletter.domain.rate_limits import Limits
from newsletter.domain.schedule import LocalTime, clock_time, lateness
from newsletter.domain.segment import Segment
from newsletter.domain.send import Send, SendStatus
from newsletter.domain.send_errors import (
    InterruptedSendError,
    NotBegunError,
    NothingToResumeError,
    ProviderChangedError,
)
from newsletter.errors import (
    AskedToStopError,
    HeldError,
    LateError,
    OutageError,
    ProviderError,
    SendError,
    StoppedError,
)
from newsletter.message.compiled_issue import CompiledIssue
from newsletter.sending.circuit_breaker import RESUMED, Breaker
from newsletter.sending.context import Post
from newsletter.sending.dispatch import run
from newsletter.sending.event_log import LogEvent
from newsletter.sending.messages import links
from newsletter.sending.observer import Watch, by_the_shared_clock
from newsletter.sending.plan import refuse_second
from newsletter.sending.retrying import Patience
from newsletter.sending.stop_signals import Requests, requests
from newsletter.store import Lease, Store

A_LOOK = 30.0  # seconds after which a waiting command checks whether an operator has changed the send


def start(
    store: Store,
    post: Post,
    *,
    compiled: CompiledIssue,
    tailor: Tailor,
    segments: Sequence[Segment],
    now: datetime,
    local: LocalTime | None = None,
    watch: Watch | None = None,
) -> Send:
    """Freeze audience, editions and content, and send. Return the send when it has ended or has to wait.

    With a ``local`` time each reader is due at that time in their own time zone. In a warm-up the newest readers come
    first.

    Raise SendError if the issue already has a send, another process is sending it, somebody interrupts this one, or the
    database is a copy. Raise ProviderError if the provider refuses altogether. The ledger then has everything that was
    done, and ``resume`` continues.
    """
    watch = by_the_shared_clock(watch or Watch(), store.now)
    refuse_second(store, compiled.issue, post.zone)
    store.installation.check()
    before = store.sends.find(compiled.issue)
    with requests() as stop:
        patience = Patience(stop, watch)
        limits = post.provider.check(compiled.sender.address)
        if before is None or before.status is not SendStatus.PLANNED:
            before = patience.while_busy(lambda: _planned(store, post, compiled.issue, segments))
        planned = before.id
        with patience.while_busy(lambda: store.leases.take(planned)) as lease:
            freeze = _Freeze(store, post, lease, watch, compiled, tailor, segments, now, local, None)
            return _run(store, post, freeze.patiently(stop), lease, stop, watch, limits)


def begin(
    store: Store,
    post: Post,
    lease: Lease,
    *,
    compiled: CompiledIssue,
    tailor: Tailor,
    segments: Sequence[Segment],
    now: datetime,
    local: LocalTime | None = None,
    appointment: Send | None = None,
    watch: Watch | None = None,
) -> Send:
    """Start a planned send as ``start`` does, under a lease that this process already holds.

    ``appointment`` is the scheduled send that is due, as read under the lease. Raise LateError if its deadline has
    passed, and StoppedError if somebody has paused, cancelled or rescheduled it meanwhile.
    """
    watch = by_the_shared_clock(watch or Watch(), store.now)
    store.installation.check()
    limits = post.provider.check(compiled.sender.address)
    with requests() as stop:
        freeze = _Freeze(store, post, lease, watch, compiled, tailor, segments, now, local, appointment)
        return _run(store, post, freeze.patiently(stop), lease, stop, watch, limits)


def resume(store: Store, post: Post, *, issue: str, watch: Watch | None = None) -> Send:
    """Resume an unfinished send on a person's request, with its frozen content, even if it is paused.

    If a running send's provider can't be reached, the send waits. Return and raise as ``start`` does, and raise
    TokenError if the secret that the send began with is missing.
    """
    watch = by_the_shared_clock(watch or Watch(), store.now)
    send = _find_resumable(store, post, issue)
    store.installation.check()
    with requests() as stop:
        patience = Patience(stop, watch)
        with patience.while_busy(lambda: store.leases.take(send.id)) as lease:
            send = store.sends.get(send.id)
            if send.status.ended:  # another process has finished it in the meantime
                refuse_second(store, issue, post.zone)
            if send.status is not SendStatus.RUNNING:
                limits = _check_provider(store, post, send)
                patience.while_busy(lambda: store.controls.go_on(send.id))
                return _resumed(store, post, send, lease, stop, watch, limits)
            return _carried_on(store, post, send, lease, stop, watch)


def carry_on(store: Store, post: Post, lease: Lease, *, watch: Watch | None = None) -> Send:
    """Resume a running send under a lease that this process already holds, unless somebody has paused or cancelled it.

    If the provider can't be reached, the send waits. Raise StoppedError if the send is paused or cancelled, and
    otherwise as ``resume`` does.
    """
    watch = by_the_shared_clock(watch or Watch(), store.now)
    send = store.sends.get(lease.send_id)
    _refuse_other_provider(post, send)
    store.installation.check()
    with requests() as stop:
        return _carried_on(store, post, send, lease, stop, watch)


def _carried_on(store: Store, post: Post, send: Send, lease: Lease, stop: Requests, watch: Watch) -> Send:
    patience = Patience(stop, watch)
    try:
        limits = _check_provider(store, post, send)
    except ProviderError as err:
        if not (isinstance(err, OutageError) or err.again is not None):
            raise
        why, again, now = err.what, err.again or 0, watch.clock()
        if isinstance(err, OutageError):
            patience.while_busy(lambda: store.controls.put_off(send.id, why, now=now, holder=lease.holder))
        else:
            until = now + timedelta(seconds=again)
            patience.while_busy(lambda: store.controls.wait(send.id, until, why, holder=lease.holder))
        waiting = store.sends.get(send.id)
        watch.journal.say(LogEvent.PAUSED if waiting.status is SendStatus.PAUSED else LogEvent.WAITS, waiting)
        return waiting
    patience.while_busy(lambda: store.controls.carry_on(send.id, holder=lease.holder))
    return _resumed(store, post, send, lease, stop, watch, limits)


def stay(store: Store, post: Post, send: Send, *, watch: Watch) -> Send:
    """Wait for a deferred send and resume it whenever it is due, until it finishes, is paused or is cancelled.

    If a worker resumes it first, wait for the worker. Raise as ``carry_on`` does, and AskedToStopError as soon as
    somebody asks to stop.
    """
    watch = by_the_shared_clock(watch, store.now)
    with requests() as stop:
        last_notice: object = None
        while send.status is SendStatus.RUNNING:
            until = send.waits_until
            left = (until - watch.clock()).total_seconds() if until else 0.0
            if stop:
                raise _stop_on_request(store, send, stop, watch)
            if until and left > 0:
                if last_notice != until:
                    watch.notice(f"waits until {clock_time(until, post.zone, seconds=True)}: {send.reason}")
                    post.provider.close()  # no server keeps a connection open for that long
                    last_notice = until
                stop.wait(min(left, A_LOOK))
                send = store.sends.get(send.id)
                continue
            try:
                with store.leases.take(send.id) as lease:
                    send = carry_on(store, post, lease, watch=watch)
            except HeldError as err:
                if last_notice != err.what:
                    watch.notice(f"{err.what}; this command waits for it")
                    last_notice = err.what
                stop.wait(A_LOOK)
                send = store.sends.get(send.id)
    return send


def _resumed(
    store: Store, post: Post, send: Send, lease: Lease, stop: Requests, watch: Watch, limits: Limits | None
) -> Send:
    patience = Patience(stop, watch)
    patience.while_busy(lambda: store.sends.interrupted(send.id, deduplicates=post.provider.deduplicates))
    going_on = store.sends.get(send.id)
    watch.journal.say(LogEvent.RESUMED, going_on)
    # The last process may have died in an outage, so one message goes first, alone.
    in_vain = RESUMED if send.waits_until else 0
    breaker = Breaker(post.provider.concurrency, post.provider.batch_size, probing=True, in_vain=in_vain)
    return _run(store, post, going_on, lease, stop, watch, limits, breaker)


@dataclass(frozen=True, slots=True)
class _Freeze:
    """A send's audience and content on their way into the ledger."""

    store: Store
    post: Post
    lease: Lease
    watch: Watch
    compiled: CompiledIssue
    tailor: Tailor
    segments: Sequence[Segment]
    now: datetime
    local: LocalTime | None
    appointment: Send | None

    def patiently(self, stop: Requests) -> Send:
        """Freeze the send once the database is free, unless somebody asks to stop or its deadline passes."""
        patience = Patience(stop, self.watch)
        moments = {zone: int(at.timestamp()) for zone, at in self.local.moments.items()} if self.local else {}
        per_day = patience.while_busy(lambda: _warm_up(self.store, self.post, self.now))
        frozen = patience.while_busy(lambda: self._frozen(stop, moments, per_day))
        gc.collect()  # free the memory that freezing used, before the send needs it
        patience.while_busy(self.store.installation.check)
        self.watch.journal.say(LogEvent.BEGAN, frozen)
        return frozen

    def _frozen(self, stop: Requests, moments: Mapping[str, int], per_day: Sequence[int]) -> Send:
        if stop:
            raise AskedToStopError("stopped on request before the send began", hint="nothing was sent")
        if self.appointment is not None:
            self._begin_scheduled(self.appointment)
        return self.store.sends.freeze(
            compiled=self.compiled,
            tailor=self.tailor,
            date=self.now,
            segments=self.segments,
            provider=self.post.provider_name,
            base_url=self.post.base_url,
            signing_key=self.post.signer.key,
            uncertain=self.post.sending.uncertain,
            holder=self.lease.holder,
            moments=moments,
            per_day=per_day,
        )

    def _begin_scheduled(self, appointment: Send) -> None:
        """Begin a scheduled send that is due. Raise LateError if its deadline has passed."""
        begins = appointment.begins
        if begins and (late := lateness(begins, appointment.deadline, self.watch.clock(), self.post.zone)):
            raise LateError(late, issue=appointment.issue)
        self.store.controls.begin(appointment.id, begins=begins, holder=self.lease.holder)


def _check_provider(store: Store, post: Post, send: Send) -> Limits | None:
    compiled, _ = store.frozen.content(send.id)
    return post.provider.check(compiled.sender.address)


def _run(
    store: Store,
    post: Post,
    send: Send,
    lease: Lease,
    stop: Requests,
    watch: Watch,
    limits: Limits | None,
    breaker: Breaker | None = None,
) -> Send:
    try:
        ended = run(store, post, send, lease, stop, watch, limits, breaker)
    except AskedToStopError:
        raise _stop_on_request(store, send, stop, watch) from None
    except StoppedError:
        stands = store.sends.get(send.id)
        if stands.holder != lease.holder:
            watch.journal.say(LogEvent.LEASE_LOST, stands)
        raise
    finally:
        stands = store.sends.get(send.id)
        event = {SendStatus.RUNNING: LogEvent.WAITS, SendStatus.PAUSED: LogEvent.PAUSED}.get(
            stands.status, LogEvent.FINISHED
        )
        watch.journal.say(event, stands)
    return ended


def _stop_on_request(store: Store, send: Send, stop: Requests, watch: Watch) -> AskedToStopError:
    """Return the error for a stop on request. After a person's Ctrl-C, pause the send, since a person will resume it.

    A service that is stopped resumes the send itself when it is back.
    """
    if stop.signal is signal.SIGINT and watch.attended:
        patience = Patience(stop, watch)
        with suppress(SendError):  # it has already ended, or somebody has paused or cancelled it
            patience.whatever_it_takes(lambda: store.controls.pause(send.id, "stopped by Ctrl-C"))
        watch.journal.say(LogEvent.PAUSED, store.sends.get(send.id))
    return InterruptedSendError(issue=send.issue)


def _planned(store: Store, post: Post, issue: str, segments: Sequence[Segment]) -> Send:
    try:
        deadline = round(post.sending.deadline.total_seconds())
        return store.sends.plan(issue=issue, provider=post.provider_name, segments=segments, deadline=deadline)
    except SendError:
        refuse_second(store, issue, post.zone)  # if two processes begin at once, tell the second which one was first
        raise


def _warm_up(store: Store, post: Post, now: datetime) -> Sequence[int]:
    if not post.sending.warm_up:
        return ()
    return store.paces.left_of_warm_up(post.provider_name, post.sending.warm_up, now.timestamp())


def _find_resumable(store: Store, post: Post, issue: str) -> Send:
    send = store.sends.find(issue)
    if send is None:
        raise NothingToResumeError(issue=issue)
    if send.status.ended or send.status is SendStatus.CANCELLED:
        refuse_second(store, issue, post.zone)
    if not send.digest:
        raise NotBegunError(issue=issue)
    _refuse_other_provider(post, send)
    return send


def _refuse_other_provider(post: Post, send: Send) -> None:
    """Raise SendError if the provider differs from the one the send began with, TokenError if its secret is missing."""
    if send.provider != post.provider_name:
        raise ProviderChangedError(issue=send.issue, provider=send.provider, now=post.provider_name)
    links(post, send)
