"""`newsletter send`: show the plan, ask, then send the issue and sum up, or schedule it."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import bootstrap
from newsletter.cli import output, rehearsal, resources, send_plan, send_progress
from newsletter.cli.advice import error_lines
from newsletter.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from newsletter.composing import Composed
    from newsletter.domain.send import Send
    from newsletter.publishing.send_issue import PreparedSend
    from newsletter.publishing.start_time import StartTime
    from newsletter.settings import Settings
    from newsletter.store import Store

NOTHING_TO_SEND = 4  # exit status


def send(
    context: typer.Context,
    name: resources.IssueName,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and stop.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Don't ask for confirmation.")] = False,
    at: Annotated[
        str | None,
        typer.Option(
            "--at", metavar="TIME", help="Schedule the send, in the newsletter's time zone.", show_default=False
        ),
    ] = None,
    local_time: Annotated[
        str | None,
        typer.Option(
            "--local-time", metavar="HH:MM", help="Schedule it in each reader's own time zone.", show_default=False
        ),
    ] = None,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Write every message to a file without sending anything.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Resume a paused or interrupted send.")] = False,
    once: Annotated[
        bool, typer.Option("--once", help="Exit with status 0 if the issue has already been sent.")
    ] = False,
    any_date: Annotated[
        bool, typer.Option("--any-date", help="With --yes, allow an issue of another day or a time far ahead.")
    ] = False,
    log: send_progress.LogFile = None,
    log_addresses: send_progress.LogAddresses = False,
) -> None:
    """Send an issue to its readers, now or at a scheduled time.

    Shows the plan and asks for confirmation.
    An issue is sent only once, with the readers and content it has when the send begins.
    Press Ctrl-C to pause, or twice to stop at once; `--resume` continues safely either way.

    `today` is the issue dated today; if there is none, nothing is sent and the exit status is 4.

    newsletter send 2026-11-23 --dry-run
    newsletter send next --rehearse
    newsletter send next
    newsletter send 2026-11-23 --resume
    newsletter send 2026-11-23 --at "2026-11-23 06:30"
    newsletter send next --local-time 07:00
    newsletter send today --yes --once    for cron
    """
    # An empty time is a mistake, usually in a script; it never means now.
    is_later = at is not None or local_time is not None
    _refuse_contradictions(resume=resume, rehearse=rehearse, once=once, dry_run=dry_run, later=is_later)
    if at is not None and local_time is not None:
        raise UsageError("--at and --local-time can't be combined", hint="leave one of them out")
    from newsletter import settings as environment
    from newsletter.publishing import send_issue

    settings = resources.settings(context)
    if resume:
        with resources.store(settings) as store:
            begun = resources.sent(settings, store, name)
        go_on(settings, begun, log, addresses=log_addresses)
        return
    if rehearse:
        rehearsal.rehearse(settings, compose(settings, resources.slug(settings, name)))
        return
    slug = _to_send(settings, name, once=once)
    if once and _was_sent(settings, slug):
        return
    if dry_run:
        send_plan.check_provider(settings)
    else:
        environment.signer()  # report a missing secret before asking anything
    composed = compose(settings, slug)
    with resources.store(settings) as store:
        start = _start_time(settings, store, composed, at, local_time)
        send_progress.say_held(store)
        prepared = send_issue.prepare_send(
            settings, store, composed, today=resources.today(settings), now=store.now(), start=start
        )
        _print_prepared(prepared, settings.newsletter.zone)
        if dry_run:
            return
        if yes and not any_date:
            send_issue.refuse_unexpected_day(prepared)
        if not (yes or _confirmed(prepared, settings.newsletter.zone)):
            return
        if start is not None:
            _print_scheduled(send_issue.schedule_send(settings, store, prepared), settings.newsletter.zone)
            return
        output.say()
        run(settings, store, composed, log, addresses=log_addresses)


def _refuse_contradictions(*, resume: bool, rehearse: bool, once: bool, dry_run: bool, later: bool) -> None:
    if resume and (dry_run or later):
        raise UsageError("--resume continues a send now", hint="leave out --dry-run, --at and --local-time")
    if rehearse and (resume or once or dry_run or later):
        raise UsageError("--rehearse only writes files", hint="leave out the options for sending")


def _to_send(settings: "Settings", name: str, *, once: bool) -> str:
    """Return the slug of the issue to send. Exit with status 4 if `today` or `next` matches none."""
    from newsletter.domain.issue_names import TODAY, NoSuchDayError

    try:
        slug = resources.slug(settings, name)
    except NoSuchDayError as err:
        raise _nothing_to_send("; ".join(error_lines(err))) from err
    if name == TODAY and not once:
        with resources.store(settings) as store:
            before = store.sends.find(slug)
        if before is not None and before.status.ended:
            raise _nothing_to_send(f"issue {slug}, dated today, has been sent")
    return slug


def _nothing_to_send(why: str) -> typer.Exit:
    output.say(f"Nothing to send: {why}.")
    return typer.Exit(NOTHING_TO_SEND)


def _start_time(
    settings: "Settings", store: "Store", composed: "Composed", at: str | None, local_time: str | None
) -> "StartTime | None":
    """Return the scheduled start, or None to begin now. Raises UsageError."""
    from newsletter.publishing.start_time import start_at, start_at_local_time

    if at is not None:
        return start_at(settings, at, now=store.now())
    if local_time is not None:
        return start_at_local_time(settings, store, composed.issue, local_time, now=store.now())
    return None


def _print_prepared(prepared: "PreparedSend", zone: "ZoneInfo") -> None:
    send_plan.print_plan(prepared.composed, prepared.plan, today=prepared.today)
    if prepared.start:
        send_plan.print_start(prepared.start, zone)
    send_plan.print_outbox_note(prepared.plan)


def _print_scheduled(send: "Send", zone: "ZoneInfo") -> None:
    begins = output.minute(send.begins, zone) if send.begins else ""
    output.say(f"Issue {send.issue} is scheduled for {begins}: send {send.id}.")
    output.note(
        "You can edit until then: files are read when the send begins. `newsletter worker` must be running then,"
        f" or `worker --once` from cron. To cancel: `newsletter sends cancel {send.id}`."
    )


def compose(settings: "Settings", name: str) -> "Composed":
    """Compose an issue as it would be sent now and print warnings. Raises ManuscriptError if it can't be sent."""
    composed = resources.compose(settings, name)
    output.warnings(composed.findings)
    return composed


def run(
    settings: "Settings",
    store: "Store",
    composed: "Composed",
    log: Path | None,
    *,
    addresses: bool,
    planned: "Send | None" = None,
) -> None:
    """Send an issue, wait until the send ends, print a summary, and exit with the matching status.

    A ``planned`` send begins unless it was cancelled in the meantime.
    """
    issue = composed.issue.slug
    with (
        bootstrap.open_send_context(settings) as post,
        send_progress.summed_up(settings, store, issue),
        send_progress.watched(log, addresses=addresses) as watch,
    ):
        if planned is None:
            begun = send_progress.begin(settings, store, post, composed, watch=watch)
        else:
            local = planned.local_time
            with store.leases.take(planned.id) as lease:
                begun = send_progress.begin_held(
                    settings, store, post, composed, lease, watch=watch, local_time=local
                ).result()
        ended = send_progress.stay(store, post, begun, watch=watch)
    send_progress.leave(ended)


def go_on(settings: "Settings", issue: str, log: Path | None, *, addresses: bool) -> None:
    """Continue the send of an issue and wait until it ends. If nothing is frozen yet, begin it when it is due."""
    with resources.store(settings) as store:
        existing = store.sends.find(issue)
        if existing is not None and not existing.digest:
            existing = _to_begin(store, existing)
            if existing.status.value == "scheduled":
                output.say(f"Issue {issue}: {send_progress.standing(existing, settings.newsletter.zone)}.")
                output.note(
                    "`newsletter worker` will send it. To send it now, cancel the schedule first:"
                    f" `newsletter sends cancel {existing.id}`."
                )
                return
            composed = compose(settings, issue)
            run(settings, store, composed, log, addresses=addresses, planned=existing)
            return
        if existing is not None:
            send_progress.say_changes(settings, existing)
        with (
            bootstrap.open_send_context(settings) as post,
            send_progress.summed_up(settings, store, issue),
            send_progress.watched(log, addresses=addresses) as watch,
        ):
            ended = send_progress.stay(store, post, send_progress.go_on(store, post, issue, watch=watch), watch=watch)
        send_progress.leave(ended)


def _to_begin(store: "Store", send: "Send") -> "Send":
    """Return a send that isn't frozen yet: *planned* if it begins now, *scheduled* if it isn't due."""
    early = send.status.value == "scheduled" and send.begins and send.begins > store.now()
    if not (early or send.status.value == "planned"):
        store.controls.go_on(send.id)
    return store.sends.get(send.id)


def _was_sent(settings: "Settings", issue: str) -> bool:
    """Return whether the issue has a finished send, and print its summary if so."""
    with resources.store(settings) as store:
        before = store.sends.find(issue)
    if before is None or not before.status.ended:
        return False
    output.say(f"Issue {issue} has already been sent; nothing was sent now.")
    send_progress.report(settings, before)
    return True


def _confirmed(prepared: "PreparedSend", zone: "ZoneInfo") -> bool:
    if not sys.stdin.isatty():
        raise UsageError("a send asks for confirmation, which needs a terminal", hint="add --yes")
    issue, plan, start = prepared.composed.issue, prepared.plan, prepared.start
    to = f"{output.count(plan.recipients, 'reader')} in {' and '.join(segment.slug for segment in plan.segments)}"
    question = f"Send “{output.plain(issue.subject)}”, dated {send_plan.date_in_words(issue, prepared.today)}, to {to}?"
    if start and start.is_far_ahead:
        question += f" It will begin at {output.minute(start.begins, zone)}, {start.days:,} days from now."
    return typer.confirm(question, err=True)
