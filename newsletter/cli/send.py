"""`newsletter send`: the plan, the question, the send, the summary."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli import matrix, opening, printing
from newsletter.errors import UsageError

if TYPE_CHECKING:
    from newsletter.delivery import Send
    from newsletter.sending import Plan
    from newsletter.settings import Settings
    from newsletter.store import Store

LARGEST = 10  # editions that the plan shows


def send(
    context: typer.Context,
    name: opening.IssueName,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and leave.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a send that was interrupted.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Leave with status 0 if the issue was sent before.")] = False,
) -> None:
    """Send an issue to its readers.

    Shows the plan, asks, freezes audience and content, sends, sums up.
    An issue is sent once. A send that was interrupted goes on with --resume.

    newsletter send 2026-11-23 --dry-run
    newsletter send latest
    newsletter send 2026-11-23 --resume
    newsletter send latest --yes --once    for cron
    """
    if dry_run and resume:
        raise UsageError("--dry-run plans a new send, --resume goes on with one", mend="give one of them")
    settings = opening.settings(context)
    if resume:
        _resume(settings, name)
    elif not (once and _was_sent(settings, name)):
        _start(settings, name, dry_run=dry_run, yes=yes)


def _start(settings: "Settings", name: str, *, dry_run: bool, yes: bool) -> None:
    from newsletter import composing, sending
    from newsletter import settings as environment

    signer = None if dry_run else environment.signer()
    composed = composing.compose(settings.root, settings.newsletter, name, segments=tuple(settings.segments))
    printing.warnings(composed.findings)
    segments = opening.segments(settings, composed.issue)
    with opening.store(settings) as store:
        plan = sending.plan(
            store,
            issue=composed.issue.slug,
            segments=segments,
            provider=settings.provider_name,
            tailor=composed.tailor,
        )
        if plan.editions:
            matrix.show(composed.issue, sending.overview(plan.editions, composed.tailor), largest=LARGEST)
            printing.say()
        _show(plan)
        if signer is None or not (yes or _agreed(plan)):
            return
        printing.say()
        with (
            opening.post(settings, signer) as post,
            _summary(settings, store, plan.issue),
            printing.progress("Sending") as progress,
        ):
            now = datetime.now(tz=UTC)
            sending.start(
                store,
                post,
                compiled=composed.compiled,
                tailor=composed.tailor,
                segments=segments,
                now=now,
                progress=progress,
            )


def _resume(settings: "Settings", name: str) -> None:
    from newsletter import sending
    from newsletter import settings as environment

    signer = environment.signer()
    issue = opening.slug(settings, name)
    with (
        opening.store(settings) as store,
        opening.post(settings, signer) as post,
        _summary(settings, store, issue),
        printing.progress("Sending") as progress,
    ):
        sending.resume(store, post, issue=issue, progress=progress)


def _was_sent(settings: "Settings", name: str) -> bool:
    """Whether the issue has had a send that came to its end; if so, how that went."""
    from newsletter.delivery import SendStatus

    issue = opening.slug(settings, name)
    with opening.store(settings) as store:
        before = store.sends.find(issue)
    if before is None or before.status is not SendStatus.FINISHED:
        return False
    printing.say(f"Issue {issue} was sent before; nothing was sent now.")
    _report(settings, before)
    return True


@contextmanager
def _summary(settings: "Settings", store: "Store", issue: str) -> Iterator[None]:
    """However the send ends, how it stands then; an error is said after it."""
    try:
        yield
    finally:
        send = store.sends.find(issue)
        if send:
            _report(settings, send)


def _agreed(plan: "Plan") -> bool:
    if not sys.stdin.isatty():
        raise UsageError("a send asks before it begins, and there is nobody to ask", mend="add --yes")
    return typer.confirm(f"Send it to {printing.count(plan.recipients, 'reader')}?", err=True)


def _show(plan: "Plan") -> None:
    """Who would get it: the segments overlap, the recipients are counted once."""
    audience = plan.audience
    printing.table(
        ["Segment", "Name", "Readers"],
        [(segment.slug, segment.name, audience.by_segment[segment.slug]) for segment in plan.segments],
        title=f"Issue {plan.issue}",
    )
    for segment in plan.segments:
        if not audience.by_segment[segment.slug]:
            printing.note(f"warning: nobody is in the segment {segment.slug}", style="yellow")
    overlap = sum(audience.by_segment.values()) - audience.recipients
    printing.facts(
        {
            "Recipients": f"{plan.recipients:,}"
            + (f", {printing.count(overlap, 'overlap')} counted once" if overlap else ""),
            "Suppressed": f"{audience.suppressed:,}",
            "Provider": plan.provider,
            "Expected duration": _duration(plan.seconds) if plan.seconds is not None else "not known yet",
        }
    )


def _duration(seconds: float) -> str:
    if seconds < 1:
        return "under a second"
    minutes, rest = divmod(round(seconds), 60)
    return f"{minutes} min {rest} s" if minutes else f"{rest} s"


def _report(settings: "Settings", send: "Send") -> None:
    """How the send ended, and where to look next."""
    from newsletter.delivery import DeliveryStatus

    ended = f"{send.finished:%Y-%m-%d %H:%M} UTC" if send.finished else "not finished"
    counts = {status: send.counts.get(status, 0) for status in DeliveryStatus}
    printing.facts(
        {"Issue": send.issue, "Finished": ended, "Recipients": f"{send.recipients:,}"}
        | {status.capitalize(): f"{number:,}" for status, number in counts.items() if number}
    )
    if counts[DeliveryStatus.SUBMITTED] and send.provider == settings.provider_name == "outbox":
        folder = opening.shown(settings.root / str(settings.provider.get("path", "outbox")) / send.issue)
        printing.note(f"The outbox mails nobody: the messages are files in {folder}")
    unsettled = [status for status, number in counts.items() if number and status is not DeliveryStatus.SUBMITTED]
    for status in unsettled:
        printing.note(f"`newsletter sends {send.issue} --status {status}` lists the {status} ones, with the reason")
