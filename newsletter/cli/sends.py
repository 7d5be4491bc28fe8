"""`newsletter sends`: list sends, show their status, and pause, resume, cancel or retry them."""

import sys
from collections import Counter
from collections.abc import Iterable
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import bootstrap
from newsletter.cli import options, output, resources, send_progress
from newsletter.cli.send_runs import resume_send
from newsletter.domain.delivery import DeliveryStatus, Uncertainty
from newsletter.domain.plurals import counted
from newsletter.domain.send_errors import NeverSentError
from newsletter.errors import UsageError

if TYPE_CHECKING:
    from newsletter.domain.send import Send
    from newsletter.domain.send_source import SendSource
    from newsletter.settings import Settings
    from newsletter.store import Store

app = typer.Typer(help="List sends; pause, resume, cancel or retry them.")

SendName = Annotated[
    str,
    typer.Argument(
        metavar="SEND",
        help="A send's number or its issue; “latest” is the issue sent last.",
        autocompletion=options.complete_issues,
        show_default=False,
    ),
]
MOST_REASONS = 20


@app.callback(invoke_without_command=True)
def sends(context: typer.Context, json: options.AsJson = False) -> None:
    """List sends, the latest first.

    newsletter sends
    newsletter sends show latest
    newsletter sends --json
    """
    if context.invoked_subcommand is not None:
        if json:
            hint = f"write: sends {context.invoked_subcommand} … --json"
            raise UsageError("--json must come after the command", hint=hint)
        return
    settings = resources.load_settings(context)
    zone = settings.newsletter.zone
    with resources.open_store(settings) as store:
        all_sends = list(store.sends.all())
        if not json:
            send_progress.print_held_bounces(store)
    if json:
        output.as_json([_facts(send) for send in all_sends])
        return
    output.table(
        ["Send", "Issue", "Began", "Status", "Provider", "Segments", "Recipients", "Deliveries"],
        [
            (
                send.id,
                send.issue,
                output.clock_time(send.created, zone) if send.digest else "",
                send_progress.send_in_words(send, zone),
                send.provider,
                ", ".join(send.segments),
                send.recipients,
                ", ".join(f"{send.counts[status]:,} {status}" for status in DeliveryStatus if send.counts.get(status)),
            )
            for send in all_sends
        ],
    )


@app.command("show")
def show(context: typer.Context, name: SendName, json: options.AsJson = False) -> None:
    """Show a send's status: counts, rate, time left, and the reasons for failures.

    newsletter sends show 3
    newsletter sends show latest --json
    """
    from newsletter.publishing.sends.send_details import send_details

    settings = resources.load_settings(context)
    with resources.open_store(settings) as store:
        details = send_details(store, _send_named(settings, store, name), now=store.now())
        if not json:
            send_progress.print_held_bounces(store)
    send, holder, rate, left = details.send, details.holder, details.per_second, details.seconds_left
    if json:
        facts = {"reasons": details.reasons, "per_second": rate, "seconds_left": left, "holder": holder}
        output.as_json(_facts(send) | facts)
        return
    send_progress.print_summary(settings, send)
    abandoned = f"nobody; the worker or `newsletter sends resume {send.id}` continues it"
    output.facts(
        ({"Run by": holder} if holder else {})
        | ({"Run by": abandoned} if details.is_left_alone else {})
        | ({"Rate": f"{rate:,.1f} a second"} if rate else {})
        | ({"Time left": output.duration(left)} if left is not None and not send.status.ended else {})
        | ({"Made from": _source_in_words(send.source)} if send.source and send.source.kept else {})
    )
    if details.reasons:
        output.say()
        rows = sorted(details.reasons.items(), key=lambda pair: -pair[1])[:MOST_REASONS]
        output.table(["Reason", "Deliveries"], rows)
    send_progress.print_changes(settings, send)


@app.command("pause")
def pause(context: typer.Context, name: SendName) -> None:
    """Pause a send. Messages already being handed over are completed first.

    newsletter sends pause 3
    """
    from newsletter.publishing.sends.send_controls import pause_send

    settings = resources.load_settings(context)
    with resources.open_store(settings) as store:
        send = _send_named(settings, store, name)
        pause_send(bootstrap.local_person(settings.root), store, send.id, now=store.now())
        holder = store.leases.holder(send.id)
    output.say(f"Paused the send of issue {send.issue}. To continue: `newsletter sends resume {send.id}`.")
    if holder and send.digest:
        output.note(f"{holder} is finishing its current batches.")


@app.command("resume")
def resume(
    context: typer.Context,
    name: SendName,
    without_approval: options.WithoutApproval = None,
    log: send_progress.LogFile = None,
    log_addresses: send_progress.LogAddresses = False,
) -> None:
    """Resume a paused or interrupted send and wait until it ends.

    newsletter sends resume 3
    """
    reason = options.parse_reason(without_approval)
    settings = resources.load_settings(context)
    with resources.open_store(settings) as store:
        issue = _send_named(settings, store, name).issue
    resume_send(settings, issue, log, addresses=log_addresses, without_approval=reason)


@app.command("cancel")
def cancel(
    context: typer.Context,
    name: SendName,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask for confirmation.")] = False,
) -> None:
    """Cancel a send. Readers not mailed yet will not get it.

    newsletter sends cancel 3
    """
    from newsletter import sending
    from newsletter.publishing.sends.send_controls import cancel_send

    settings = resources.load_settings(context)
    with resources.open_store(settings) as store:
        send = _send_named(settings, store, name)
        sending.refuse_if_over(send)
        if not (yes or output.confirm(f"Cancel the send of issue {send.issue}? {_before_a_cancel(store, send)}")):
            output.say("Nothing was changed.")
            return
        person = bootstrap.local_person(settings.root)
        cancelled = cancel_send(person, store, send.id, now=store.now(), notice=output.note)
    output.say(_after_a_cancel(cancelled))


@app.command("retry")
def retry(
    context: typer.Context,
    name: SendName,
    failed: Annotated[bool, typer.Option("--failed", help="Retry refused deliveries (required).")] = False,
    log: send_progress.LogFile = None,
    log_addresses: send_progress.LogAddresses = False,
) -> None:
    """Retry refused deliveries after you have fixed the cause. Suppressed addresses are skipped.

    newsletter sends retry 3 --failed
    """
    from newsletter.publishing.sends.send_controls import retry_refused

    if not failed:
        raise UsageError("say which deliveries to retry", hint="--failed retries the refused ones")
    settings = resources.load_settings(context)
    with resources.open_store(settings) as store:
        send = _send_named(settings, store, name)
        queued = retry_refused(bootstrap.local_person(settings.root), store, send.id, now=store.now())
    again = f"Queued {counted(queued, 'delivery')} of issue {send.issue} again."
    output.say(again if queued else f"Issue {send.issue} has no refused deliveries.")
    if queued:
        resume_send(settings, send.issue, log, addresses=log_addresses)


@app.command("settle")
def settle(
    context: typer.Context,
    name: SendName,
    resend: Annotated[bool, typer.Option("--resend", help="Send them again; some may arrive twice.")] = False,
    hold: Annotated[bool, typer.Option("--hold", help="Never send them again, regardless of the settings.")] = False,
    log: send_progress.LogFile = None,
    log_addresses: send_progress.LogAddresses = False,
) -> None:
    """Resend or hold uncertain deliveries, which may or may not have arrived.

    newsletter sends settle 3 --resend
    newsletter sends settle 3 --hold
    """
    from newsletter.publishing.sends.send_controls import settle_uncertain

    if resend == hold:
        raise UsageError("say what to do with the uncertain deliveries", hint="add --resend or --hold")
    settings = resources.load_settings(context)
    with resources.open_store(settings) as store:
        send = _send_named(settings, store, name)
        decision = Uncertainty.RESEND if resend else Uncertainty.HOLD
        number = settle_uncertain(bootstrap.local_person(settings.root), store, send.id, decision, now=store.now())
    deliveries = counted(number, "uncertain delivery")
    settled = f"{'Queued again' if resend else 'Held'}: {deliveries} of issue {send.issue}."
    output.say(settled if number else f"Issue {send.issue} has no uncertain deliveries.")
    if resend and number:
        resume_send(settings, send.issue, log, addresses=log_addresses)


@app.command("deliveries")
def deliveries(
    context: typer.Context,
    name: SendName,
    status: Annotated[
        DeliveryStatus | None,
        typer.Option(
            metavar="STATUS",
            help="Only this status: queued, submitting, submitted, refused, deferred, uncertain or skipped.",
            show_default=False,
        ),
    ] = None,
    csv: Annotated[bool, typer.Option("--csv", help="Print CSV.")] = False,
    json: options.AsJson = False,
) -> None:
    """List the deliveries of a send, with their status and the provider's answer.

    newsletter sends deliveries latest --status refused
    newsletter sends deliveries 3 --csv
    """
    settings = resources.load_settings(context)
    with resources.open_store(settings) as store:
        rows = store.deliveries.stream(_send_named(settings, store, name).id, status=status)
        if csv:
            _as_csv(rows)
        elif json:
            output.as_json_array(
                {"address": address, "status": current, "detail": detail} for address, current, detail in rows
            )
        else:
            output.table(["Reader", "Delivery", "Detail"], rows)


def _send_named(settings: "Settings", store: "Store", name: str) -> "Send":
    """Return a send by its number or its issue. Raises SendError, or UsageError if there is no such issue."""
    if name.isdecimal():
        return store.sends.get(int(name))
    send = store.sends.of_issue(name)
    if send is None:
        issue = resources.sent_issue_slug(settings, store, name)
        send = store.sends.of_issue(issue)
        if send is None:
            raise NeverSentError(issue=issue)
    return send


def _before_a_cancel(store: "Store", send: "Send") -> str:
    """Return a description of the effect that cancelling a send will have on its readers."""
    if not send.digest:
        return "Nothing has been sent"
    left = store.controls.count_unmailed(send.id)
    return f"{counted(left, 'reader')} will not get it" if left else "All messages have already been handed over"


def _after_a_cancel(send: "Send") -> str:
    """Return a description of a cancelled send's effect on its readers."""
    counts = Counter(send.counts)
    mailed, uncertain = counts[DeliveryStatus.SUBMITTED], counts[DeliveryStatus.UNCERTAIN]
    without = counts[DeliveryStatus.SKIPPED] + counts[DeliveryStatus.REFUSED]
    sentences = ["Cancelled."]
    if mailed:
        sentences.append(f"Sent to {counted(mailed, 'reader')}.")
    elif not uncertain:
        sentences.append("Nothing had been sent.")
    if without:
        sentences.append(f"{counted(without, 'reader')} will not get it.")
    if uncertain:
        sentences.append(f"{counted(uncertain, 'reader')} may have got it; the provider never answered.")
    return " ".join(sentences)


def _as_csv(rows: Iterable[tuple[str, DeliveryStatus, str]]) -> None:
    from csv import writer

    from newsletter.subscriber_files import quoted

    out = writer(sys.stdout, lineterminator="\n")
    out.writerow(["address", "status", "detail"])
    for address, status, detail in rows:
        out.writerow([quoted(address), status.value, quoted(detail)])


def _source_in_words(source: "SendSource") -> str:
    commit = f"commit {source.commit[:12]}" if source.commit else "no commit yet"
    return f"{commit}, with changes that weren't committed" if source.is_dirty else commit


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
        "failing_since": send.failing_since.isoformat() if send.failing_since else None,
        "waits_until": send.waits_until.isoformat() if send.waits_until else None,
        "finished": send.finished.isoformat() if send.finished else None,
        "recipients": send.recipients,
        "counts": send.counts,
        "digest": send.digest,
        "commit": send.source.commit or None if send.source else None,
        "dirty": send.source.is_dirty if send.source and send.source.kept else None,
    }
