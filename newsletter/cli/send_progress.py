"""The running of a send, its progress and its summary, as used by `send`, `sends resume` and `worker`."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli import output, resources
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.send import SendStatus
from newsletter.errors import NewsletterError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from newsletter.composing import Composed
    from newsletter.domain.send import Send
    from newsletter.sending import EventLog, FreezeRequest, Observer, Outcome, SendContext
    from newsletter.settings import Settings
    from newsletter.store import Lease, Store

WITH_FAILURES = 3  # exit status

LogFile = Annotated[
    Path | None,
    typer.Option(
        "--log", metavar="FILE", help="Append events to this file as JSON; “-” is stderr.", show_default=False
    ),
]
LogAddresses = Annotated[bool, typer.Option("--log-addresses", help="Include readers' addresses in the log.")]


def begin(
    settings: "Settings",
    store: "Store",
    post: "SendContext",
    composed: "Composed",
    *,
    watch: "Observer",
    local_time: str = "",
) -> "Send":
    """Freeze an issue and send it until it finishes or must wait. Raises the errors of ``sending.start``."""
    from newsletter import sending

    request = _freeze_request(settings, store, composed, local_time)
    return sending.start(store, post, request, observer=watch).result()


def begin_held(
    settings: "Settings",
    store: "Store",
    post: "SendContext",
    composed: "Composed",
    lease: "Lease",
    *,
    watch: "Observer",
    local_time: str = "",
    scheduled: "Send | None" = None,
) -> "Outcome":
    """Begin a planned send whose lease this process holds. Raises the errors of ``sending.start_planned``."""
    from newsletter import sending

    request = _freeze_request(settings, store, composed, local_time)
    return sending.start_planned(store, post, request, lease, scheduled=scheduled, observer=watch)


def _freeze_request(settings: "Settings", store: "Store", composed: "Composed", local_time: str) -> "FreezeRequest":
    """Return the request to freeze a composed issue."""
    from newsletter.message import link_tracking
    from newsletter.publishing.audience import segments_of
    from newsletter.publishing.start_time import local_moments
    from newsletter.sending import FreezeRequest

    segments, now = segments_of(settings, composed.issue), store.now()
    zones = store.sends.zones(segments, now) if local_time else {}
    return FreezeRequest(
        compiled=link_tracking.with_tracking(composed.compiled, composed.issue, settings.newsletter),
        tailor=composed.tailor,
        segments=segments,
        now=now,
        local=local_moments(settings, composed.issue, local_time, zones) if local_time else None,
    )


def go_on(store: "Store", post: "SendContext", issue: str, *, watch: "Observer") -> "Send":
    """Continue a send until it finishes or must wait. Raises the errors of ``sending.resume``."""
    from newsletter import sending

    return sending.resume(store, post, issue=issue, observer=watch).result()


def stay(store: "Store", post: "SendContext", send: "Send", *, watch: "Observer") -> "Send":
    """Wait for a deferred send and resume it whenever it is due. Raises its errors."""
    from newsletter import sending

    return sending.wait_until_ended(store, post, send, observer=watch).result()


def say_changes(settings: "Settings", send: "Send") -> None:
    """Print a note if files or settings have changed since the send was frozen: the changes won't be sent."""
    from newsletter import composing
    from newsletter.message import link_tracking

    if not send.digest or send.status.ended or send.status is SendStatus.CANCELLED:
        return
    try:
        composed = composing.compose(settings.root, settings.newsletter, send.issue, segments=tuple(settings.segments))
        compiled = link_tracking.with_tracking(composed.compiled, composed.issue, settings.newsletter)
        changed = compiled.digest != send.digest or settings.newsletter.base_url != send.base_url
    except NewsletterError:
        changed = True
    if changed:
        output.note(
            f"The files of issue {send.issue} or the settings have changed since the send began."
            " The send keeps the content it began with.",
            style="yellow",
        )


@contextmanager
def watched(log: Path | None, *, addresses: bool) -> Iterator["Observer"]:
    """Yield an observer that shows a progress bar, prints notices and writes the log."""
    from newsletter.sending import Observer

    with journal(log, addresses=addresses) as events, output.progress("Sending") as progress:
        yield Observer(progress=progress, notice=output.note, log=events)


@contextmanager
def journal(log: Path | None, *, addresses: bool) -> Iterator["EventLog"]:
    """Open the log that ``--log`` requests; at the end, warn if lines couldn't be written."""
    from newsletter.sending import EventLog, open_event_log

    if log is None or str(log) == "-":
        events = EventLog(None if log is None else sys.stderr.buffer, addresses=addresses)
        yield events
    else:
        with open_event_log(log, addresses=addresses) as events:
            yield events
    if events.unwritten:
        lines = output.count(events.unwritten, "line")
        output.note(f"warning: {lines} of the log couldn't be written", style="yellow")


def say_held(store: "Store") -> None:
    """Print a note if held bounces are waiting for a decision."""
    number = sum(hold.addresses for hold in store.held_bounces.holds())
    if number:
        bounces = output.count(number, "hard bounce")
        output.note(
            f"Held: {bounces}. That is far more than usual, so nobody is suppressed until you decide:"
            " `newsletter suppressions held`.",
            style="yellow",
        )


@contextmanager
def summed_up(settings: "Settings", store: "Store", issue: str) -> Iterator[None]:
    """Print the summary of a send however it ends; an error is printed after it."""
    try:
        yield
    finally:
        send = store.sends.find(issue)
        if send and send.digest:
            report(settings, send)
            say_held(store)


def leave(send: "Send") -> None:
    """Exit with status 3 if deliveries of the send failed."""
    if send.status is SendStatus.FAILURES:
        raise typer.Exit(WITH_FAILURES)


def report(settings: "Settings", send: "Send") -> None:
    """Print the status and counts of a send, and hints on what to do next."""
    from newsletter.publishing.send_details import REASONED

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
        output.note(f"Nobody was mailed: the outbox wrote the messages to {folder}")
    for status in REASONED:
        if counts[status]:
            command = f"`newsletter sends deliveries {send.id} --status {status}`"
            output.note(f"To list the {status} deliveries with their reasons: {command}")
    if send.status is SendStatus.CANCELLED and counts[DeliveryStatus.SUBMITTING]:
        output.note(
            "Submitting: these messages were being handed over when the send was cancelled, and will be settled soon."
            f" If that process has died, `newsletter sends cancel {send.id}` marks them as uncertain."
        )
    if counts[DeliveryStatus.UNCERTAIN] and send.status is not SendStatus.CANCELLED:
        output.note(
            "Uncertain: these messages may or may not have arrived, so they are held."
            f" To send them again: `newsletter sends settle {send.id} --resend`. Some readers may get the issue twice."
        )
    if send.status.ended and counts[DeliveryStatus.REFUSED]:
        output.note(
            f"When you have fixed the cause, retry the refused deliveries: `newsletter sends retry {send.id} --failed`"
        )


def standing(send: "Send", zone: "ZoneInfo") -> str:
    """Return the status of a send with its reason and what to do. Times are in ``zone``."""
    if send.begins and send.status in (SendStatus.SCHEDULED, SendStatus.PLANNED):
        local = f" ({send.local_time} in each reader's own time zone)" if send.local_time else ""
        begins = f"{output.minute(send.begins, zone)}{local}"
        if not send.waits_until:
            return f"{send.status}, begins {begins}"
        return f"late, scheduled for {begins}; next attempt at {output.minute(send.waits_until, zone)}: {send.reason}"
    if send.waits_until:
        return f"running, waits until {output.minute(send.waits_until, zone)}: {send.reason}"
    if send.reason:
        return f"{send.status}: {send.reason}; continue with `newsletter sends resume {send.id}`"
    return send.status.value


def label(status: str) -> str:
    """Return the name of a delivery's status in a sum: uncertain deliveries are held."""
    return "held (uncertain)" if status == "uncertain" else status


def sum_of(send: "Send") -> str:
    """Return a sum that includes every delivery of the send once, such as ``9 submitted + 1 refused``."""
    parts = [f"{send.counts[status]:,} {label(status)}" for status in DeliveryStatus if send.counts.get(status)]
    return " + ".join(parts) or "none"
