"""The progress, the log and the summary of a send, as `send`, `sends` and `worker` print them."""

import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli import output
from newsletter.domain.delivery import DeliveryStatus
from newsletter.domain.plurals import counted
from newsletter.domain.send import DRAFT, SendStatus, status_in_words
from newsletter.files.newsletter_folder import shorter_path

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from newsletter.domain.send import Send
    from newsletter.sending import EventLog, Observer
    from newsletter.settings import Settings
    from newsletter.store import Store

WITH_FAILURES = 3  # exit status

LogFile = Annotated[
    Path | None,
    typer.Option(
        "--log", metavar="FILE", help="Append events to this file as JSON; “-” is stderr.", show_default=False
    ),
]
LogAddresses = Annotated[bool, typer.Option("--log-addresses", help="Include readers' addresses in the log.")]


def print_changes(settings: "Settings", send: "Send") -> None:
    """Print a note if files or settings have changed since the send was frozen: the changes won't be sent."""
    from newsletter.publishing.sends.frozen_content import has_changed

    if has_changed(settings, send):
        output.note(
            f"The files of issue {send.issue} or the settings have changed since the send began."
            " The send keeps the content it began with.",
            style="yellow",
        )


@contextmanager
def observed(log: Path | None, *, addresses: bool) -> Iterator["Observer"]:
    """Yield an observer that shows a progress bar, prints notices and writes the log."""
    from newsletter.sending import Observer

    with event_log(log, addresses=addresses) as events, output.progress("Sending") as progress:
        yield Observer(progress=progress, notice=output.note, log=events)


@contextmanager
def event_log(log: Path | None, *, addresses: bool) -> Iterator["EventLog"]:
    """Open the log that ``--log`` requests; at the end, warn if lines couldn't be written."""
    from newsletter.sending import EventLog, open_event_log

    if log is None or str(log) == "-":
        events = EventLog(None if log is None else sys.stderr.buffer, addresses=addresses)
        yield events
    else:
        with open_event_log(log, addresses=addresses) as events:
            yield events
    if events.unwritten:
        lines = counted(events.unwritten, "line")
        output.note(f"warning: {lines} of the log couldn't be written", style="yellow")


def print_held_bounces(store: "Store") -> None:
    """Print a note if held bounces are waiting for a decision."""
    number = sum(hold.addresses for hold in store.held_bounces.holds())
    if number:
        bounces = counted(number, "hard bounce")
        output.note(
            f"Held: {bounces}. That is far more than usual, so nobody is suppressed until you decide:"
            " `newsletter suppressions held`.",
            style="yellow",
        )


@contextmanager
def summary_at_the_end(settings: "Settings", store: "Store", issue: str) -> Iterator[None]:
    """Print the summary of a send however it ends; an error is printed after it."""
    try:
        yield
    finally:
        send = store.sends.of_issue(issue)
        if send and send.digest:
            print_summary(settings, send)
            print_held_bounces(store)


def exit_with_status(send: "Send") -> None:
    """Exit with status 3 if deliveries of the send failed."""
    if send.status is SendStatus.FAILURES:
        raise typer.Exit(WITH_FAILURES)


def print_summary(settings: "Settings", send: "Send") -> None:
    """Print the status and counts of a send, and hints on what to do next."""
    from newsletter.publishing.sends.send_details import REASONED

    zone = settings.newsletter.zone
    counts = {status: send.counts.get(status, 0) for status in DeliveryStatus}
    output.facts(
        {"Issue": send.issue, "Send": str(send.id), "Status": status_and_advice(send, zone)}
        | ({"Finished": output.clock_time(send.finished, zone)} if send.finished else {})
        | ({"Recipients": f"{send.recipients:,}"} if send.digest else {})
        | {_label(status).capitalize(): f"{number:,}" for status, number in counts.items() if number}
    )
    if send.recipients:
        output.say(f"{send.recipients:,} = {sum_in_words(send)}")
    if counts[DeliveryStatus.SUBMITTED] and send.provider == settings.provider_name == "outbox":
        folder = shorter_path(settings.root / str(settings.provider.get("path", "outbox")) / send.issue, Path.cwd())
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


def send_in_words(send: "Send", zone: "ZoneInfo") -> str:
    """Return a send's status. An issue without frozen content is a draft, but its send is never called that."""
    words = status_in_words(send, zone, totals=True)
    return send.status.value if words == DRAFT else words


def status_and_advice(send: "Send", zone: "ZoneInfo") -> str:
    """Return the status of a send with its reason and what to do. Its counts are printed next to it.

    Times are in ``zone``.
    """
    if send.begins and send.status in (SendStatus.SCHEDULED, SendStatus.PLANNED):
        words = send_in_words(send, zone)
        again = output.clock_time(send.waits_until, zone) if send.waits_until else ""
        return f"{words}; next attempt at {again}" if again else words
    if send.waits_until:
        since = f"; since {output.clock_time(send.failing_since, zone)}" if send.failing_since else ""
        return f"running, waits until {output.clock_time(send.waits_until, zone)}: {send.reason}{since}"
    if send.reason:
        return f"{send.status}: {send.reason}; continue with `newsletter sends resume {send.id}`"
    return send.status.value


def _label(status: str) -> str:
    """Return the name of a delivery's status in a sum: uncertain deliveries are held."""
    return "held (uncertain)" if status == "uncertain" else status


def sum_in_words(send: "Send") -> str:
    """Return a sum that includes every delivery of the send once, such as ``9 submitted + 1 refused``."""
    parts = [f"{send.counts[status]:,} {_label(status)}" for status in DeliveryStatus if send.counts.get(status)]
    return " + ".join(parts) or "none"
