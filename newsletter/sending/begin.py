"""Begin a send, or go on with one: whoever does holds its lease meanwhile."""

from collections.abc import Sequence
from datetime import UTC, datetime

from newsletter.audience import Segment
from newsletter.compiled import CompiledIssue
from newsletter.delivery import Send, Uncertainty
from newsletter.edition import Tailor
from newsletter.errors import SendError
from newsletter.sending.interrupts import requests
from newsletter.sending.patience import Notice, Patience
from newsletter.sending.plan import refuse_second
from newsletter.sending.post import Post
from newsletter.sending.run import Clock, Progress, Watch, run
from newsletter.store import Store


def utc_now() -> datetime:
    """The time of this machine."""
    return datetime.now(UTC)


def silent(_notice: str) -> None:
    """For whoever has nobody to tell."""


def start(
    store: Store,
    post: Post,
    *,
    compiled: CompiledIssue,
    tailor: Tailor,
    segments: Sequence[Segment],
    now: datetime,
    progress: Progress,
    notice: Notice = silent,
    clock: Clock = utc_now,
    uncertain: Uncertainty = Uncertainty.HOLD,
) -> Send:
    """Freeze audience, editions and content, and send. Returns the send as it ended, or where it has to wait.

    Raises SendError where the issue has a send already, is being sent by another process, or this one was interrupted;
    ProviderError where the provider refuses altogether. In each case the ledger says what was done, and ``resume`` goes
    on.
    """
    refuse_second(store, compiled.issue)
    post.provider.check(compiled.sender.address)
    with requests() as asked:
        patience = Patience(asked, notice)
        send = patience.while_busy(
            lambda: store.sends.plan(issue=compiled.issue, provider=post.provider_name, segments=segments)
        )
        with patience.while_busy(lambda: store.leases.take(send.id)) as lease:
            frozen = patience.while_busy(
                lambda: store.sends.freeze(
                    compiled=compiled,
                    tailor=tailor,
                    date=now,
                    segments=segments,
                    provider=post.provider_name,
                    base_url=post.base_url,
                    signing_key=post.signer.key,
                    uncertain=uncertain,
                    holder=lease.holder,
                )
            )
            return run(store, post, frozen, lease, asked, Watch(progress=progress, notice=notice, clock=clock))


def resume(
    store: Store, post: Post, *, issue: str, progress: Progress, notice: Notice = silent, clock: Clock = utc_now
) -> Send:
    """Go on with a send that did not end, with the content it froze. Raises and returns as ``start`` does."""
    send = store.sends.find(issue)
    if send is None:
        raise SendError(f"issue {issue} has no send to resume", mend=f"start one: `newsletter send {issue}`")
    if send.status.ended:
        refuse_second(store, issue)
    if not send.digest:
        raise SendError(f"nothing of issue {issue} is frozen yet", mend=f"begin: `newsletter send {issue}`")
    if send.provider != post.provider_name:
        raise SendError(
            f"the send of issue {issue} began with the provider {send.provider}, the settings now name"
            f" {post.provider_name}",
            mend="a send ends with the provider that it began with: set [provider] name back until it has",
        )
    compiled, _ = store.sends.content(send.id)
    post.provider.check(compiled.sender.address)
    with requests() as asked:
        patience = Patience(asked, notice)
        with patience.while_busy(lambda: store.leases.take(send.id)) as lease:
            patience.while_busy(lambda: store.controls.go_on(send.id))
            patience.while_busy(lambda: store.sends.interrupted(send.id, repeatable=post.provider.repeatable))
            going_on = store.sends.get(send.id)
            return run(store, post, going_on, lease, asked, Watch(progress=progress, notice=notice, clock=clock))
