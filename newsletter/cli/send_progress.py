"""What `send`, `sends resume` and `worker` share: how a send runs, what is said meanwhile, and how it ended."""

import sys
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated, TypedDict

import typer

from newsletter.cli import output, resources
from newsletter.domain.delivery import DeliveryStatus, SendStatus
from newsletter.errors import NewsletterError

if TYPE_CHECKING:
    from datetime import datetime
    from zoneinfo import ZoneInfo

    from newsletter.composing import Composed
    from newsletter.domain.delivery import Send
    from newsletter.domain.edition import Tailor
    from newsletter.domain.schedule import LocalTime
    from newsletter.domain.subscriber import Segment
    from newsletter.message.compiled_issue import CompiledIssue
    from newsletter.sending import Journal, Post, Watch
    from newsletter.settings import Settings
    from newsletter.store import Lease, Store

WITH_FAILURES = 3  # exit status
REASONED = (DeliveryStatus.REFUSED, DeliveryStatus.DEFERRED, DeliveryStatus.UNCERTAIN, DeliveryStatus.SKIPPED)

LogFile = Annotated[
    Path | None,
    typer.Option("--log", metavar="FILE", help="Append a JSON line for each event; “-” is stderr.", show_default=False),
]
LogAddresses = Annotated[bool, typer.Option("--log-addresses", help="With readers' addresses in it.")]


def begin(
    settings: "Settings", store: "Store", post: "Post", composed: "Composed", *, watch: "Watch", local_time: str = ""
) -> "Send":
    """Freeze an issue and send it, as far as it goes without waiting. Raises as ``sending.start`` does."""
    from newsletter import sending

    return sending.start(store, post, **_to_freeze(settings, store, composed, local_time), watch=watch)


def begin_held(
    settings: "Settings",
    store: "Store",
    post: "Post",
    composed: "Composed",
    lease: "Lease",
    *,
    watch: "Watch",
    local_time: str = "",
    appointment: "Send | None" = None,
) -> "Send":
    """Do the same with a planned send whose lease this process holds. Raises as ``sending.begin`` does."""
    from newsletter import sending

    frozen = _to_freeze(settings, store, composed, local_time)
    return sending.begin(store, post, lease, **frozen, appointment=appointment, watch=watch)


class ToFreeze(TypedDict):
    """What a send freezes."""

    compiled: "CompiledIssue"
    tailor: "Tailor"
    segments: "list[Segment]"
    now: "datetime"
    local: "LocalTime | None"


def _to_freeze(settings: "Settings", store: "Store", composed: "Composed", local_time: str) -> "ToFreeze":
    """Return what a send of a composed issue freezes."""
    from newsletter.message import link_tracking

    segments = resources.segments(settings, composed.issue)
    return {
        "compiled": link_tracking.outgoing(composed.compiled, composed.issue, settings.newsletter),
        "tailor": composed.tailor,
        "segments": segments,
        "now": store.now(),
        "local": local_moments(settings, composed, local_time, store.sends.zones(segments)) if local_time else None,
    }


def local_moments(settings: "Settings", composed: "Composed", local_time: str, zones: Iterable[str]) -> "LocalTime":
    """When a local time comes to the readers' zones on the issue's date. Raises UsageError where it is none."""
    from newsletter.domain import schedule

    at, home = schedule.parse_local_time(local_time), settings.newsletter.zone
    return schedule.by_zone(composed.issue.date, at, zones, home=home)


def go_on(store: "Store", post: "Post", issue: str, *, watch: "Watch") -> "Send":
    """Go on with a send, as far as it goes without waiting. Raises as ``sending.resume`` does."""
    from newsletter import sending

    return sending.resume(store, post, issue=issue, watch=watch)


def stay(store: "Store", post: "Post", send: "Send", *, watch: "Watch") -> "Send":
    """Stay with a send that waits, until its end. Raises as ``sending.stay`` does."""
    from newsletter import sending

    return sending.stay(store, post, send, watch=watch)


def say_changes(settings: "Settings", send: "Send") -> None:
    """A note where files or settings have changed since the send was frozen: they change nothing of what goes out."""
    from newsletter import composing
    from newsletter.message import link_tracking

    if not send.digest or send.status.ended or send.status is SendStatus.CANCELLED:
        return
    try:
        composed = composing.compose(settings.root, settings.newsletter, send.issue, segments=tuple(settings.segments))
        compiled = link_tracking.outgoing(composed.compiled, composed.issue, settings.newsletter)
        changed = compiled.digest != send.digest or settings.newsletter.base_url != send.base_url
    except NewsletterError:
        changed = True
    if changed:
        output.note(
            f"The files of issue {send.issue}, or the settings, have changed since its send began:"
            " what goes out is what was frozen then.",
            style="yellow",
        )


@contextmanager
def watched(log: Path | None, *, addresses: bool) -> Iterator["Watch"]:
    """A bar, notices, and the journal."""
    from newsletter.sending import Watch

    with journal(log, addresses=addresses) as kept, output.progress("Sending") as progress:
        yield Watch(progress=progress, notice=output.note, journal=kept)


@contextmanager
def journal(log: Path | None, *, addresses: bool) -> Iterator["Journal"]:
    """The journal that the command line asks for; says in the end if lines could not be written."""
    from newsletter.sending import Journal, open_journal

    if log is None or str(log) == "-":
        kept = Journal(None if log is None else sys.stderr.buffer, addresses=addresses)
        yield kept
    else:
        with open_journal(log, addresses=addresses) as kept:
            yield kept
    if kept.unwritten:
        output.note(f"warning: {output.count(kept.unwritten, 'line')} of the log could not be written", style="yellow")


def say_held(store: "Store") -> None:
    """Tell the operator that bounces wait for a decision, if any do."""
    number = sum(hold.addresses for hold in store.held_bounces.holds())
    if number:
        bounces = output.count(number, "permanent bounce")
        words = "far more than usual bounced, so nobody is suppressed for them until you decide"
        output.note(f"Held: {bounces}; {words}: see `newsletter suppressions held`", style="yellow")


@contextmanager
def summed_up(settings: "Settings", store: "Store", issue: str) -> Iterator[None]:
    """However a send ends, how it stands then; an error is said after it."""
    try:
        yield
    finally:
        send = store.sends.find(issue)
        if send and send.digest:
            report(settings, send)
            say_held(store)


def leave(send: "Send") -> None:
    """Leave with the status that tells a script how a send ended."""
    if send.status is SendStatus.FAILURES:
        raise typer.Exit(WITH_FAILURES)


def report(settings: "Settings", send: "Send") -> None:
    """How a send stands, in numbers that add up, and where to look next."""
    zone = settings.newsletter.zone
    counts = {status: send.counts.get(status, 0) for status in DeliveryStatus}
    output.facts(
        {"Issue": send.issue, "Send": str(send.id), "Status": standing(send, zone)}
        | ({"Finished": output.minute(send.finished, zone)} if send.finished else {})
        | ({"Recipients": f"{send.recipients:,}"} if send.digest else {})
        | {label(status).capitalize(): f"{number:,}" for status, number in counts.items() if number}
    )
    if send.recipients:
        output.say(f"{send.recipients:,} = {sum_of(send)}")
    if counts[DeliveryStatus.SUBMITTED] and send.provider == settings.provider_name == "outbox":
        folder = resources.shown(settings.root / str(settings.provider.get("path", "outbox")) / send.issue)
        output.note(f"The outbox mails nobody: the messages are files in {folder}")
    for status in REASONED:
        if counts[status]:
            output.note(
                f"`newsletter sends deliveries {send.id} --status {status}` lists the {status} ones, with the reason"
            )
    if send.status is SendStatus.CANCELLED and counts[DeliveryStatus.SUBMITTING]:
        output.note(
            "The submitting ones were under way when the send was cancelled: their answers come, or, if that process"
            f" is dead, `newsletter sends cancel {send.id}` says that they are uncertain"
        )
    if counts[DeliveryStatus.UNCERTAIN] and send.status is not SendStatus.CANCELLED:
        output.note(
            "Nobody knows whether the uncertain ones arrived, so they are held:"
            f" `newsletter sends settle {send.id} --resend` sends them again, and some may get the issue twice"
        )
    if send.status.ended and counts[DeliveryStatus.REFUSED]:
        output.note(f"`newsletter sends retry {send.id} --failed` tries the refused ones again, once that is fixed")


def standing(send: "Send", zone: "ZoneInfo") -> str:
    """Return the status of a send, with the reason, and what ends it. Times are by the clock of ``zone``."""
    if send.begins and send.status in (SendStatus.SCHEDULED, SendStatus.PLANNED):
        local = f" ({send.local_time} in each reader's own time zone)" if send.local_time else ""
        begins = f"{output.minute(send.begins, zone)}{local}"
        if not send.waits_until:
            return f"{send.status}, begins {begins}"
        return f"late, scheduled for {begins}; tried again at {output.minute(send.waits_until, zone)}: {send.reason}"
    if send.waits_until:
        return f"running, waits until {output.minute(send.waits_until, zone)}: {send.reason}"
    if send.reason:
        return f"{send.status}: {send.reason}; `newsletter sends resume {send.id}` goes on"
    return send.status.value


def label(status: str) -> str:
    """How a delivery's status is called in a sum: uncertain ones are held."""
    return "held (uncertain)" if status == "uncertain" else status


def sum_of(send: "Send") -> str:
    """``9 submitted + 1 refused``: every delivery of the send, once."""
    parts = [f"{send.counts[status]:,} {label(status)}" for status in DeliveryStatus if send.counts.get(status)]
    return " + ".join(parts) or "none"
