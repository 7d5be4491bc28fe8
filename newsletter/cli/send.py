"""`newsletter send`: the plan, the question, the send, the summary; or the time at which it is to begin."""

import sys
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli import output, planning, rehearsal, resources, send_progress
from newsletter.cli.later import ScheduledStart
from newsletter.errors import SendError, UsageError

if TYPE_CHECKING:
    from datetime import date

    from newsletter.composing import Composed
    from newsletter.domain.delivery import Send
    from newsletter.domain.issue import Issue
    from newsletter.sending import Plan
    from newsletter.settings import Settings
    from newsletter.store import Store

NOTHING_TO_SEND = 4  # exit status


def send(
    context: typer.Context,
    name: resources.IssueName,
    dry_run: Annotated[bool, typer.Option("--dry-run", help="Show the plan and leave.")] = False,
    yes: Annotated[bool, typer.Option("--yes", "-y", help="Do not ask.")] = False,
    at: Annotated[
        str | None,
        typer.Option("--at", metavar="TIME", help="Begin then, by the newsletter's clock.", show_default=False),
    ] = None,
    local_time: Annotated[
        str | None,
        typer.Option(
            "--local-time", metavar="HH:MM", help="Reach each reader then, by their own clock.", show_default=False
        ),
    ] = None,
    rehearse: Annotated[
        bool, typer.Option("--rehearse", help="Write every message to the outbox, mail nobody and record nothing.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with a send that was interrupted.")] = False,
    once: Annotated[bool, typer.Option("--once", help="Exit with status 0 if the issue was sent before.")] = False,
    any_date: Annotated[
        bool, typer.Option("--any-date", help="With --yes: also another day, or a time far ahead.")
    ] = False,
    log: send_progress.LogFile = None,
    log_addresses: send_progress.LogAddresses = False,
) -> None:
    """Send an issue to its readers, now or at a time.

    Shows the plan, asks, freezes audience and content, sends, and sums up.
    An issue is sent once. Ctrl-C pauses; a second one stops at once, which is as safe as a kill.

    `today` is the issue dated today; without one, nothing is sent and the exit status is 4.

    newsletter send 2026-11-23 --dry-run
    newsletter send next --rehearse
    newsletter send next
    newsletter send 2026-11-23 --resume
    newsletter send 2026-11-23 --at "2026-11-23 06:30"
    newsletter send next --local-time 07:00
    newsletter send today --yes --once    for cron
    """
    # An empty time is a mistake, in a script most often, and never means now.
    is_later = at is not None or local_time is not None
    _refuse_contradictions(resume=resume, rehearse=rehearse, once=once, dry_run=dry_run, later=is_later)
    if at is not None and local_time is not None:
        raise UsageError("--at is one moment, --local-time another in each time zone", hint="give one of them")
    from newsletter import settings as environment

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
        planning.check_provider(settings)
    else:
        environment.signer()  # a missing secret is said before anything is asked
    composed = compose(settings, slug)
    issue, today = composed.issue, resources.today(settings)
    with resources.store(settings) as store:
        later = ScheduledStart(settings, store, composed, at, local_time) if is_later else None
        plan = planning.planned(settings, store, composed, later=later)
        if dry_run:
            return
        day = later.day if later else today
        if yes and issue.date != day and not any_date:
            raise _other_day(issue, day, today)
        if not (yes or _agreed(plan, issue, today, later.question if later else "")):
            return
        if later is not None:
            later.schedule(unasked=yes and not any_date)
            return
        output.say()
        run(settings, store, composed, log, addresses=log_addresses)


def _refuse_contradictions(*, resume: bool, rehearse: bool, once: bool, dry_run: bool, later: bool) -> None:
    if resume and (dry_run or later):
        raise UsageError("--resume goes on with a send, now", hint="leave --dry-run, --at and --local-time out")
    if rehearse and (resume or once or dry_run or later):
        raise UsageError("--rehearse writes files, now", hint="leave the options that are about a send out")


def _to_send(settings: "Settings", name: str, *, once: bool) -> str:
    """Return the slug of the issue to send. Exit with a status of its own if `today` or `next` means none."""
    from newsletter.domain.issue_names import TODAY, NoSuchDayError

    try:
        slug = resources.slug(settings, name)
    except NoSuchDayError as err:
        raise _nothing(str(err)) from err
    if name == TODAY and not once:
        with resources.store(settings) as store:
            before = store.sends.find(slug)
        if before is not None and before.status.ended:
            raise _nothing(f"issue {slug}, dated today, has been sent")
    return slug


def _nothing(why: str) -> typer.Exit:
    output.say(f"Nothing to send: {why}.")
    return typer.Exit(NOTHING_TO_SEND)


def _other_day(issue: "Issue", day: "date", today: "date") -> SendError:
    from newsletter.domain.schedule import day_in_words

    when = f"today is {day_in_words(day)}" if day == today else f"it would go out on {day_in_words(day)}"
    return SendError(
        f"issue {issue.slug} is dated {day_in_words(issue.date)}, and {when}",
        hint="send it on its day, change its date, or add --any-date",
    )


def compose(settings: "Settings", name: str) -> "Composed":
    """The issue, as it would go out now; warnings are said. Raises ManuscriptError where it may not."""
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
    """Begin, stay until the end, sum up, and leave with the status that says how it ended.

    A send that was ``planned`` before begins if nobody has cancelled it since.
    """
    issue = composed.issue.slug
    with (
        resources.post(settings) as post,
        send_progress.summed_up(settings, store, issue),
        send_progress.watched(log, addresses=addresses) as watch,
    ):
        if planned is None:
            begun = send_progress.begin(settings, store, post, composed, watch=watch)
        else:
            local = planned.local_time
            with store.leases.take(planned.id) as lease:
                begun = send_progress.begin_held(settings, store, post, composed, lease, watch=watch, local_time=local)
        ended = send_progress.stay(store, post, begun, watch=watch)
    send_progress.leave(ended)


def go_on(settings: "Settings", issue: str, log: Path | None, *, addresses: bool) -> None:
    """Go on with the send of an issue and stay until its end; one of which nothing is frozen begins, if it is time."""
    with resources.store(settings) as store:
        found = store.sends.find(issue)
        if found is not None and not found.digest:
            found = _to_begin(store, found)
            if found.status.value == "scheduled":
                output.say(f"Issue {issue}: {send_progress.standing(found, settings.newsletter.zone)}.")
                output.note(
                    "`newsletter worker` keeps that; to send it now, give it up before:"
                    f" `newsletter sends cancel {found.id}`"
                )
                return
            composed = compose(settings, issue)
            run(settings, store, composed, log, addresses=addresses, planned=found)
            return
        if found is not None:
            send_progress.say_changes(settings, found)
        with (
            resources.post(settings) as post,
            send_progress.summed_up(settings, store, issue),
            send_progress.watched(log, addresses=addresses) as watch,
        ):
            ended = send_progress.stay(store, post, send_progress.go_on(store, post, issue, watch=watch), watch=watch)
        send_progress.leave(ended)


def _to_begin(store: "Store", send: "Send") -> "Send":
    """A send of which nothing is frozen: *planned* if it begins now, *scheduled* before its time."""

    waits = send.status.value == "scheduled" and send.begins and send.begins > store.now()
    if not (waits or send.status.value == "planned"):
        store.controls.go_on(send.id)
    return store.sends.get(send.id)


def _was_sent(settings: "Settings", issue: str) -> bool:
    """Whether the issue has had a send that came to its end; if so, how that went."""
    with resources.store(settings) as store:
        before = store.sends.find(issue)
    if before is None or not before.status.ended:
        return False
    output.say(f"Issue {issue} was sent before; nothing was sent now.")
    send_progress.report(settings, before)
    return True


def _agreed(plan: "Plan", issue: "Issue", today: "date", when: str) -> bool:
    if not sys.stdin.isatty():
        raise UsageError("a send asks before it begins, and there is nobody to ask", hint="add --yes")
    to = f"{output.count(plan.recipients, 'reader')} in {' and '.join(segment.slug for segment in plan.segments)}"
    return typer.confirm(
        f"Send “{output.plain(issue.subject)}”, dated {planning.dated(issue, today)}, to {to}?{when}", err=True
    )
