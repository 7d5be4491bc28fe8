"""Begin a send, go on with one, stay with it: whoever does holds its lease while messages are under way."""

import gc
import signal
from collections.abc import Sequence
from datetime import datetime, timedelta

from newsletter.audience import Segment
from newsletter.compiled import CompiledIssue
from newsletter.delivery import Send, SendStatus
from newsletter.edition import Tailor
from newsletter.errors import AskedToStopError, ProviderError, SendError, StoppedError
from newsletter.pace import Limits
from newsletter.schedule import LocalTime
from newsletter.sending.breaker import RESUMED, Breaker
from newsletter.sending.interrupts import Requests, requests
from newsletter.sending.journal import Event
from newsletter.sending.letters import links
from newsletter.sending.patience import Patience
from newsletter.sending.plan import refuse_second
from newsletter.sending.post import Post
from newsletter.sending.run import run
from newsletter.sending.watch import Watch, by_the_shared_clock
from newsletter.store import Lease, Store

A_LOOK = 30.0  # seconds after which whoever stays with a waiting send looks whether an operator has changed something


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
    """Freeze audience, editions and content, and send. Returns the send as it ended, or where it has to wait.

    With a ``local`` time each reader is due when it comes to their zone; in a warm-up the newest readers come first.

    Raises SendError where the issue has a send already, is being sent by another process, or this one was interrupted,
    or the database is a copy; ProviderError where the provider refuses altogether. In each case the ledger says what
    was done, and ``resume`` goes on.
    """
    watch = by_the_shared_clock(watch or Watch(), store.now)
    refuse_second(store, compiled.issue)
    store.installation.check()
    said = post.provider.check(compiled.sender.address)
    with requests() as asked:
        patience = Patience(asked, watch)
        planned = patience.while_busy(lambda: _planned(store, post, compiled.issue, segments))
        with patience.while_busy(lambda: store.leases.take(planned.id)) as lease:
            moments = {zone: int(at.timestamp()) for zone, at in local.moments.items()} if local else {}
            per_day = patience.while_busy(lambda: _warm_up(store, post, now))
            frozen = patience.while_busy(
                lambda: store.sends.freeze(
                    compiled=compiled,
                    tailor=tailor,
                    date=now,
                    segments=segments,
                    provider=post.provider_name,
                    base_url=post.base_url,
                    signing_key=post.signer.key,
                    uncertain=post.sending.uncertain,
                    holder=lease.holder,
                    moments=moments,
                    per_day=per_day,
                )
            )
            gc.collect()  # what freezing left behind: a send has its own use for it
            patience.while_busy(store.installation.check)
            watch.journal.say(Event.BEGAN, frozen)
            return _run(store, post, frozen, lease, asked, watch, said)


def resume(store: Store, post: Post, *, issue: str, watch: Watch | None = None) -> Send:
    """Go on with a send that did not end, with the content it froze.

    Raises and returns as ``start`` does, and TokenError where none of the secrets is the one that it began with.
    """
    watch = by_the_shared_clock(watch or Watch(), store.now)
    send = _to_go_on(store, post, issue)
    store.installation.check()
    compiled, _ = store.sends.content(send.id)
    with requests() as asked:
        patience = Patience(asked, watch)
        with patience.while_busy(lambda: store.leases.take(send.id)) as lease:
            send = store.sends.get(send.id)
            if send.status.ended:  # by another process, since it was looked at
                refuse_second(store, issue)
            try:
                said = post.provider.check(compiled.sender.address)
            except ProviderError as err:
                if err.again is None or send.status is not SendStatus.RUNNING:
                    raise
                return _wait(store, send, err, watch)
            patience.while_busy(lambda: store.controls.go_on(send.id))
            patience.while_busy(lambda: store.sends.interrupted(send.id, repeatable=post.provider.repeatable))
            going_on = store.sends.get(send.id)
            watch.journal.say(Event.RESUMED, going_on)
            # A process that died, or an outage, may have been the reason: one message goes first, alone.
            in_vain = RESUMED if send.waits_until else 0
            breaker = Breaker(post.provider.concurrency, probing=True, in_vain=in_vain)
            return _run(store, post, going_on, lease, asked, watch, said, breaker)


def stay(store: Store, post: Post, send: Send, *, watch: Watch) -> Send:
    """Stay with a send that waits, and go on with it each time, until it ends or somebody pauses or cancels it.

    Raises as ``resume`` does, and AskedToStopError as soon as somebody asks.
    """
    watch = by_the_shared_clock(watch, store.now)
    while send.status is SendStatus.RUNNING and send.waits_until is not None:
        until = send.waits_until
        watch.notice(f"waits until {until:%Y-%m-%d %H:%M:%S} UTC: {send.reason}")
        post.provider.close()  # no server keeps a connection open for that long
        with requests() as asked:
            while send.waits_until == until and (left := (until - watch.clock()).total_seconds()) > 0:
                asked.wait(min(left, A_LOOK))
                if asked:
                    raise _asked_to_stop(store, send, asked, watch)
                send = store.sends.get(send.id)
        if send.status is SendStatus.RUNNING:
            send = resume(store, post, issue=send.issue, watch=watch)
    return send


def _wait(store: Store, send: Send, err: ProviderError, watch: Watch) -> Send:
    """Put a running send down until its provider may be there again."""
    until = watch.clock() + timedelta(seconds=err.again or 0)
    store.controls.wait(send.id, until, err.what)
    waiting = store.sends.get(send.id)
    watch.journal.say(Event.WAITS, waiting)
    return waiting


def _run(
    store: Store,
    post: Post,
    send: Send,
    lease: Lease,
    asked: Requests,
    watch: Watch,
    said: Limits | None,
    breaker: Breaker | None = None,
) -> Send:
    try:
        ended = run(store, post, send, lease, asked, watch, said, breaker)
    except AskedToStopError:
        raise _asked_to_stop(store, send, asked, watch) from None
    except StoppedError:
        stands = store.sends.get(send.id)
        if stands.holder != lease.holder:
            watch.journal.say(Event.LEASE_LOST, stands)
        raise
    finally:
        stands = store.sends.get(send.id)
        event = {SendStatus.RUNNING: Event.WAITS, SendStatus.PAUSED: Event.PAUSED}.get(stands.status, Event.FINISHED)
        watch.journal.say(event, stands)
    return ended


def _asked_to_stop(store: Store, send: Send, asked: Requests, watch: Watch) -> AskedToStopError:
    """Whoever pauses will go on; a service that is stopped goes on by itself when it is back."""
    if asked.signal is signal.SIGINT and watch.attended:
        patience = Patience(asked, watch)
        patience.whatever_it_takes(lambda: store.controls.pause(send.id, "stopped by Ctrl-C"))
        watch.journal.say(Event.PAUSED, store.sends.get(send.id))
    return AskedToStopError(
        "stopped on request; what was under way is written down",
        mend=f"go on with `newsletter send {send.issue} --resume`",
    )


def _planned(store: Store, post: Post, issue: str, segments: Sequence[Segment]) -> Send:
    try:
        return store.sends.plan(issue=issue, provider=post.provider_name, segments=segments)
    except SendError:
        refuse_second(store, issue)  # of two that begin at once, the second hears who the first is
        raise


def _warm_up(store: Store, post: Post, now: datetime) -> Sequence[int]:
    if not post.sending.warm_up:
        return ()
    return store.paces.left_of_warm_up(post.provider_name, post.sending.warm_up, now.timestamp())


def _to_go_on(store: Store, post: Post, issue: str) -> Send:
    send = store.sends.find(issue)
    if send is None:
        raise SendError(f"issue {issue} has no send to resume", mend=f"start one: `newsletter send {issue}`")
    if send.status.ended or send.status is SendStatus.CANCELLED:
        refuse_second(store, issue)
    if not send.digest:
        raise SendError(f"nothing of issue {issue} is frozen yet", mend=f"begin: `newsletter send {issue}`")
    if send.provider != post.provider_name:
        raise SendError(
            f"the send of issue {issue} began with the provider {send.provider}, the settings now name"
            f" {post.provider_name}",
            mend="a send ends with the provider that it began with: set [provider] name back until it has",
        )
    links(post, send)  # a secret that is missing is said before anything is changed
    return send
