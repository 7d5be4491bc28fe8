"""`newsletter sends`: what was sent, how it stands, and what an operator does about it."""

import sys
from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime
from typing import TYPE_CHECKING, Annotated
from zoneinfo import ZoneInfo

import typer

from newsletter.cli import output, resources, send_progress
from newsletter.cli import send as sending_command
from newsletter.domain.delivery import DRAFT, DeliveryStatus, SendStatus, Uncertainty, status_in_words
from newsletter.errors import SendError, UsageError

if TYPE_CHECKING:
    from newsletter.domain.delivery import Send
    from newsletter.settings import Settings
    from newsletter.store import Store

app = typer.Typer(help="What was sent, how it stands; pause, go on, give up, try again.")

Which = Annotated[
    str,
    typer.Argument(
        metavar="N",
        help="The number of a send, or its issue; “latest” is the one sent last.",
        autocompletion=resources.issues_like,
        show_default=False,
    ),
]
MOST_REASONS = 20


@app.callback(invoke_without_command=True)
def sends(context: typer.Context, json: resources.AsJson = False) -> None:
    """List the sends, the latest first.

    newsletter sends
    newsletter sends show latest
    newsletter sends --json
    """
    if context.invoked_subcommand is not None:
        if json:
            raise UsageError("--json belongs behind the command", hint=f"sends {context.invoked_subcommand} … --json")
        return
    settings = resources.settings(context)
    zone = settings.newsletter.zone
    with resources.store(settings) as store:
        found = list(store.sends.each())
        if not json:
            send_progress.say_held(store)
    if json:
        output.as_json([_facts(send) for send in found])
        return
    output.table(
        ["Send", "Issue", "Began", "Status", "Provider", "Segments", "Recipients", "Deliveries"],
        [
            (
                send.id,
                send.issue,
                output.minute(send.created, zone) if send.digest else "",
                _status(send, zone),
                send.provider,
                ", ".join(send.segments),
                send.recipients,
                ", ".join(f"{send.counts[status]:,} {status}" for status in DeliveryStatus if send.counts.get(status)),
            )
            for send in found
        ],
    )


@app.command("show")
def show(context: typer.Context, name: Which, json: resources.AsJson = False) -> None:
    """How a send stands: counts, rate, time left, what went wrong by reason.

    newsletter sends show 3
    newsletter sends show latest --json
    """
    settings = resources.settings(context)
    with resources.store(settings) as store:
        send = _found(settings, store, name)
        reasons = _reasons(store, send)
        holder, now = store.leases.holder(send.id), store.now()
        if not json:
            send_progress.say_held(store)
    left_alone = send.status is SendStatus.RUNNING and send.waits_until is None and not holder
    rate, left = (None, None) if left_alone else _pace(send, now)
    if json:
        facts = {"reasons": reasons, "per_second": rate, "seconds_left": left, "holder": holder}
        output.as_json(_facts(send) | facts)
        return
    send_progress.report(settings, send)
    output.facts(
        ({"Run by": holder} if holder else {})
        | ({"Run by": f"nobody: `newsletter sends resume {send.id}`, or the worker, goes on"} if left_alone else {})
        | ({"Rate": f"{rate:,.1f} a second"} if rate else {})
        | ({"Time left": output.duration(left)} if left is not None and not send.status.ended else {})
    )
    if reasons:
        output.say()
        rows = sorted(reasons.items(), key=lambda pair: -pair[1])[:MOST_REASONS]
        output.table(["Reason", "Deliveries"], rows)
    send_progress.say_changes(settings, send)


@app.command("pause")
def pause(context: typer.Context, name: Which) -> None:
    """Hand over nothing more until somebody goes on. What is under way is finished.

    newsletter sends pause 3
    """
    settings = resources.settings(context)
    with resources.store(settings) as store:
        send = _found(settings, store, name)
        store.controls.pause(send.id, "paused by an operator")
        holder = store.leases.holder(send.id)
    output.say(f"The send of issue {send.issue} is paused: `newsletter sends resume {send.id}` goes on.")
    if holder and send.digest:
        output.note(f"{holder} still finishes the batches that are under way.")


@app.command("resume")
def resume(
    context: typer.Context,
    name: Which,
    log: send_progress.LogFile = None,
    log_addresses: send_progress.LogAddresses = False,
) -> None:
    """Go on with a send that is paused or was interrupted, and stay until its end.

    newsletter sends resume 3
    """
    settings = resources.settings(context)
    with resources.store(settings) as store:
        issue = _found(settings, store, name).issue
    sending_command.go_on(settings, issue, log, addresses=log_addresses)


@app.command("cancel")
def cancel(
    context: typer.Context,
    name: Which,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
) -> None:
    """Cancel a send. Readers not mailed yet will not get it.

    newsletter sends cancel 3
    """
    from newsletter import sending

    settings = resources.settings(context)
    with resources.store(settings) as store:
        send = _found(settings, store, name)
        sending.refuse_if_over(send)
        if not (yes or _agreed(f"Cancel the send of issue {send.issue}? {_before_a_cancel(store, send)}")):
            output.say("Nothing was changed.")
            return
        cancelled = sending.cancel(store, send.id, notice=output.note)
    output.say(_after_a_cancel(cancelled))


@app.command("retry")
def retry(
    context: typer.Context,
    name: Which,
    failed: Annotated[bool, typer.Option("--failed", help="The refused ones.")] = False,
    log: send_progress.LogFile = None,
    log_addresses: send_progress.LogAddresses = False,
) -> None:
    """Hand over again what was refused, once what was wrong is fixed. Suppressed addresses are skipped.

    newsletter sends retry 3 --failed
    """
    if not failed:
        raise UsageError("which deliveries?", hint="--failed tries the refused ones again")
    settings = resources.settings(context)
    with resources.store(settings) as store:
        send = _found(settings, store, name)
        queued = store.controls.retry(send.id)
    again = f"{output.count(queued, 'delivery')} of issue {send.issue} queued again."
    output.say(again if queued else f"No delivery of issue {send.issue} is refused.")
    if queued:
        sending_command.go_on(settings, send.issue, log, addresses=log_addresses)


@app.command("settle")
def settle(
    context: typer.Context,
    name: Which,
    resend: Annotated[bool, typer.Option("--resend", help="Hand them over again; some may arrive twice.")] = False,
    hold: Annotated[bool, typer.Option("--hold", help="Never again, whatever the settings say.")] = False,
    log: send_progress.LogFile = None,
    log_addresses: send_progress.LogAddresses = False,
) -> None:
    """Decide about deliveries of which nobody knows whether they arrived.

    newsletter sends settle 3 --resend
    newsletter sends settle 3 --hold
    """
    if resend == hold:
        raise UsageError("what is to be done with the uncertain ones?", hint="give --resend or --hold")
    settings = resources.settings(context)
    with resources.store(settings) as store:
        send = _found(settings, store, name)
        number = store.controls.settle(send.id, Uncertainty.RESEND if resend else Uncertainty.HOLD)
    deliveries = output.count(number, "uncertain delivery")
    settled = f"{deliveries} of issue {send.issue} {'queued again' if resend else 'held'}."
    output.say(settled if number else f"No delivery of issue {send.issue} is uncertain.")
    if resend and number:
        sending_command.go_on(settings, send.issue, log, addresses=log_addresses)


@app.command("deliveries")
def deliveries(
    context: typer.Context,
    name: Which,
    status: Annotated[
        DeliveryStatus | None,
        typer.Option(
            metavar="STATUS",
            help="Only deliveries that are queued, submitting, submitted, refused, deferred, uncertain or skipped.",
            show_default=False,
        ),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV, for a spreadsheet.")] = False,
    json: resources.AsJson = False,
) -> None:
    """List the deliveries of a send: to whom, how they stand, and what the provider said.

    newsletter sends deliveries latest --status refused
    newsletter sends deliveries 3 --csv
    """
    settings = resources.settings(context)
    with resources.store(settings) as store:
        rows = store.sends.deliveries(_found(settings, store, name).id, status=status)
        if csv:
            _as_csv(rows)
        elif json:
            output.as_json_array(
                {"address": address, "status": stands, "detail": detail} for address, stands, detail in rows
            )
        else:
            output.table(["Reader", "Delivery", "Detail"], rows)


def _found(settings: "Settings", store: "Store", name: str) -> "Send":
    """A send by its number or its issue. Raises SendError, or UsageError where there is no such issue."""
    if name.isdecimal():
        return store.sends.get(int(name))
    send = store.sends.find(name)
    if send is None:
        issue = resources.sent(settings, store, name)
        send = store.sends.find(issue)
        if send is None:
            raise SendError(f"issue {issue} has no send", hint=f"start one: `newsletter send {issue}`")
    return send


def _reasons(store: "Store", send: "Send") -> Mapping[str, int]:
    """How many deliveries went otherwise than they should, by the reason."""
    from newsletter.domain.addresses import address_key
    from newsletter.domain.bounce_reasons import explained

    then = {suppressed.address_key: "; suppressed" for suppressed in store.suppressions.of_issue(send.issue)}
    then |= {held.address_key: "; held until you decide" for held in store.held_bounces.each()}
    counted: Counter[str] = Counter()
    for status in send_progress.REASONED:
        if send.counts.get(status):
            for address, _, detail in store.sends.deliveries(send.id, status=status):
                why = explained(detail)
                counted[f"{status}: {why.words}{then.get(address_key(address), '') if why.gone else ''}"] += 1
    return counted


def _pace(send: "Send", now: datetime) -> tuple[float | None, float | None]:
    """Deliveries a second of the run that is under way or was last, and how many seconds are left at that pace."""
    idle = send.status is not SendStatus.RUNNING and not send.finished
    if send.resumed is None or idle or send.settled <= send.settled_before:
        return None, None
    ended = send.finished or now
    rate = (send.settled - send.settled_before) / max((ended - send.resumed).total_seconds(), 0.001)
    return rate, (send.recipients - send.settled) / rate


def _before_a_cancel(store: "Store", send: "Send") -> str:
    """Return what cancelling a send would mean for its readers, in words."""
    if not send.digest:
        return "Nothing has been sent"
    left = store.controls.untouched(send.id)
    return f"{output.count(left, 'reader')} will not get it" if left else "Every message has been handed over already"


def _after_a_cancel(send: "Send") -> str:
    """Return what came of a cancelled send for each of its readers, in words."""
    counts = Counter(send.counts)
    mailed, uncertain = counts[DeliveryStatus.SUBMITTED], counts[DeliveryStatus.UNCERTAIN]
    without = counts[DeliveryStatus.SKIPPED] + counts[DeliveryStatus.REFUSED]
    sentences = ["Cancelled."]
    if mailed:
        sentences.append(f"Sent to {output.count(mailed, 'reader')}.")
    elif not uncertain:
        sentences.append("Nothing had been sent.")
    if without:
        sentences.append(f"{output.count(without, 'reader')} will not get it.")
    if uncertain:
        sentences.append(f"{output.count(uncertain, 'reader')} may have got it: no answer to the message ever came.")
    return " ".join(sentences)


def _agreed(question: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("this asks before it does anything, and there is nobody to ask", hint="add --yes")
    return typer.confirm(question, err=True)


def _as_csv(rows: Iterable[tuple[str, DeliveryStatus, str]]) -> None:
    from csv import writer

    from newsletter.subscriber_files import quoted

    out = writer(sys.stdout, lineterminator="\n")
    out.writerow(["address", "status", "detail"])
    for address, stands, detail in rows:
        out.writerow([quoted(address), stands.value, quoted(detail)])


def _status(send: "Send", zone: ZoneInfo) -> str:
    """Return how a send stands. An issue may be a draft, because nothing was frozen; its send never is."""
    words = status_in_words(send, zone)
    return send.status if words == DRAFT else words


def _facts(send: "Send") -> dict[str, object]:
    return {
        "send": send.id,
        "issue": send.issue,
        "status": send.status,
        "reason": send.reason,
        "provider": send.provider,
        "segments": send.segments,
        "created": send.created.isoformat(),
        "begins": send.begins.isoformat() if send.begins else None,
        "local_time": send.local_time or None,
        "waits_until": send.waits_until.isoformat() if send.waits_until else None,
        "finished": send.finished.isoformat() if send.finished else None,
        "recipients": send.recipients,
        "counts": send.counts,
        "digest": send.digest,
    }
