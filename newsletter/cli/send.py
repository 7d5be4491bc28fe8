"""`newsletter send`: show the plan, ask, then send the issue and sum up, or schedule it."""

from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import bootstrap
from newsletter.cli import link_checks, options, output, rehearsal, resources, send_plan, send_progress
from newsletter.cli import send_runs as runs
from newsletter.cli.advice import error_lines
from newsletter.domain.plurals import counted
from newsletter.errors import UsageError

if TYPE_CHECKING:
    from zoneinfo import ZoneInfo

    from newsletter.composing import Composed
    from newsletter.publishing.sends.send_preparing import PreparedSend
    from newsletter.publishing.sends.start_time import StartTime
    from newsletter.settings import Settings
    from newsletter.store import Store

NOTHING_TO_SEND = 4  # exit status


def send(
    context: typer.Context,
    name: options.IssueName,
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
    any_audience: Annotated[
        bool,
        typer.Option(
            "--any-audience", help="With --yes, allow 20% more or fewer recipients than the last sends had, or worse."
        ),
    ] = False,
    links: Annotated[
        bool | None,
        typer.Option(
            "--links/--no-links",
            help="Load the issue's links first and compare its quotations; done anyway before a question.",
            show_default=False,
        ),
    ] = None,
    without_approval: options.WithoutApproval = None,
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
    newsletter send next --without-approval "the editor is on a train"
    newsletter send today --yes --once    for cron
    """
    # An empty time is a mistake, usually in a script; it never means now.
    is_later = at is not None or local_time is not None
    _refuse_contradictions(resume=resume, rehearse=rehearse, once=once, dry_run=dry_run, later=is_later)
    if at is not None and local_time is not None:
        raise UsageError("--at and --local-time can't be combined", hint="leave one of them out")
    reason = options.parse_reason(without_approval)
    settings = resources.load_settings(context)
    if resume:
        with resources.open_store(settings) as store:
            begun = resources.sent_issue_slug(settings, store, name)
        runs.resume_send(settings, begun, log, addresses=log_addresses, without_approval=reason)
        return
    if rehearse:
        rehearsal.rehearse(settings, runs.compose(settings, resources.issue_slug(settings, name)))
        return
    slug = _to_send(settings, name, once=once)
    if once and _was_sent(settings, slug):
        return
    if dry_run:
        send_plan.check_provider(settings)
    else:
        bootstrap.open_signer()  # report a missing secret before asking anything
    composed = runs.compose(settings, slug)
    with resources.open_store(settings) as store:
        start = _start_time(settings, store, composed, at, local_time)
        prepared = _prepare(settings, store, composed, start)
        _check_approval(settings, store, prepared, dry_run=dry_run, without_approval=reason)
        asks = not (yes or dry_run) and output.can_ask()
        if asks if links is None else links:
            link_checks.print_dead_links(composed.issue)
        if dry_run:
            return
        if yes:
            _refuse_unexpected(prepared, any_date=any_date, any_audience=any_audience)
        if yes or _confirm(prepared, settings.newsletter.zone):
            runs.send_or_schedule(settings, store, prepared, log, addresses=log_addresses, without_approval=reason)


def _refuse_contradictions(*, resume: bool, rehearse: bool, once: bool, dry_run: bool, later: bool) -> None:
    if resume and (dry_run or later):
        raise UsageError("--resume continues a send now", hint="leave out --dry-run, --at and --local-time")
    if rehearse and (resume or once or dry_run or later):
        raise UsageError("--rehearse only writes files", hint="leave out the options for sending")


def _refuse_unexpected(prepared: "PreparedSend", *, any_date: bool, any_audience: bool) -> None:
    """Raise SendError for what a person should confirm, unless an option allows it."""
    from newsletter.publishing.sends import send_preparing
    from newsletter.publishing.sends.plan_differences import refuse_unusual_audience

    if not any_date:
        send_preparing.refuse_unexpected_day(prepared)
    if not any_audience:
        refuse_unusual_audience(prepared.differences)


def _to_send(settings: "Settings", name: str, *, once: bool) -> str:
    """Return the slug of the issue to send. Exit with status 4 if `today` or `next` matches none."""
    from newsletter.domain.issue_names import TODAY, NoSuchDayError
    from newsletter.publishing.sends.send_issue import finished_send

    try:
        slug = resources.issue_slug(settings, name)
    except NoSuchDayError as err:
        raise _nothing_to_send("; ".join(error_lines(err))) from err
    if name == TODAY and not once:
        with resources.open_store(settings) as store:
            before = finished_send(store, slug)
        if before is not None:
            raise _nothing_to_send(f"issue {slug}, dated today, has been sent")
    return slug


def _nothing_to_send(why: str) -> typer.Exit:
    output.say(f"Nothing to send: {why}.")
    return typer.Exit(NOTHING_TO_SEND)


def _start_time(
    settings: "Settings", store: "Store", composed: "Composed", at: str | None, local_time: str | None
) -> "StartTime | None":
    """Return the scheduled start, or None to begin now. Raises UsageError."""
    from newsletter.publishing.sends.start_time import start_at, start_at_local_time

    if at is not None:
        return start_at(settings, at, now=store.now())
    if local_time is not None:
        return start_at_local_time(settings, store, composed.issue, local_time, now=store.now())
    return None


def _prepare(settings: "Settings", store: "Store", composed: "Composed", start: "StartTime | None") -> "PreparedSend":
    """Print the plan of a send, and its start if it is scheduled, and return them. Raises SendError."""
    from newsletter.publishing.sends.send_preparing import prepare_send

    today = resources.today(settings)
    send_progress.print_held_bounces(store)
    person = bootstrap.local_person(settings.root)
    prepared = prepare_send(person, settings, store, composed, today=today, now=store.now(), start=start)
    send_plan.print_plan(composed, prepared.plan, today=today)
    if start:
        send_plan.print_start(start, settings.newsletter.zone)
    send_plan.print_differences(prepared.differences)
    send_plan.print_outbox_note(prepared.plan)
    return prepared


def _check_approval(
    settings: "Settings", store: "Store", prepared: "PreparedSend", *, dry_run: bool, without_approval: str
) -> None:
    """Raise NotApprovedError before anything is asked, unless there is a reason to send without the approval.

    In a dry run, print it instead.
    """
    from newsletter.publishing.reviews.approvals import approval_problem
    from newsletter.publishing.sends.send_schedule import start_to_approve

    start = start_to_approve(prepared, now=store.now())
    problem = approval_problem(settings, store, prepared.composed, start)
    if problem is None:
        return
    if dry_run or without_approval:
        output.note("; ".join(error_lines(problem)) if dry_run else f"warning: {problem.what}", style="yellow")
        return
    raise problem


def _was_sent(settings: "Settings", issue: str) -> bool:
    """Return whether the issue has a finished send, and print its summary if so."""
    from newsletter.publishing.sends.send_issue import finished_send

    with resources.open_store(settings) as store:
        before = finished_send(store, issue)
    if before is None:
        return False
    output.say(f"Issue {issue} has already been sent; nothing was sent now.")
    send_progress.print_summary(settings, before)
    return True


def _confirm(prepared: "PreparedSend", zone: "ZoneInfo") -> bool:
    """Ask whether to send the issue, and return the answer. Raises UsageError without a terminal."""
    issue, plan, start = prepared.composed.issue, prepared.plan, prepared.start
    to = f"{counted(plan.recipients, 'reader')} in {' and '.join(segment.slug for segment in plan.segments)}"
    to += f" whose language is {issue.language}" if any(segment.language for segment in plan.segments) else ""
    question = f"Send “{output.plain(issue.subject)}”, dated {send_plan.date_in_words(issue, prepared.today)}, to {to}?"
    if start and start.is_far_ahead:
        question += f" It will begin at {output.clock_time(start.begins, zone)}, {start.days:,} days from now."
    if alarm := prepared.differences.alarm:
        question += f" That is {alarm.than_usual}."
    return output.confirm(question)
