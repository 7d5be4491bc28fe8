"""Run a send in the foreground, with a progress bar and a summary; or schedule it for a worker."""

from pathlib import Path
from typing import TYPE_CHECKING

from newsletter import bootstrap
from newsletter.cli import output, resources, send_progress
from newsletter.domain.send import SendStatus

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from newsletter.composing import Composed
    from newsletter.domain.send import Send
    from newsletter.publishing.sends.send_preparing import PreparedSend
    from newsletter.sending import Observer, SendContext
    from newsletter.settings import Settings
    from newsletter.store import Store

    Act = Callable[[SendContext, Observer], Send]


def compose(settings: "Settings", name: str) -> "Composed":
    """Compose an issue as it would be sent now and print warnings. Raises FindingsError if it can't be sent."""
    composed = resources.compose_issue(settings, name)
    output.print_warnings(composed.findings)
    return composed


def send_or_schedule(
    settings: "Settings",
    store: "Store",
    prepared: "PreparedSend",
    log: Path | None,
    *,
    addresses: bool,
    without_approval: str = "",
) -> None:
    from newsletter.publishing.sends import send_issue, send_schedule

    person = bootstrap.local_person(settings.root)
    if prepared.start is not None:
        scheduled = send_schedule.schedule_send(
            person, settings, store, prepared, without_approval=without_approval, now=store.now()
        )
        _print_scheduled(scheduled, settings.newsletter.zone)
        return
    output.say()

    def begin(context: "SendContext", observer: "Observer") -> "Send":
        return send_issue.send_now(
            person,
            settings,
            store,
            context,
            prepared,
            without_approval=without_approval,
            now=store.now(),
            observer=observer,
        )

    _run(settings, store, prepared.plan.issue, log, addresses=addresses, act=begin)


def _print_scheduled(send: "Send", zone: "ZoneInfo") -> None:
    begins = output.clock_time(send.begins, zone) if send.begins else ""
    output.say(f"Issue {send.issue} is scheduled for {begins}: send {send.id}.")
    output.note(
        "You can edit until then: files are read when the send begins. `newsletter worker` must be running then,"
        f" or `worker --once` from cron. To cancel: `newsletter sends cancel {send.id}`."
    )


def resume_send(
    settings: "Settings", issue: str, log: Path | None, *, addresses: bool, without_approval: str = ""
) -> None:
    """Resume the send of an issue and wait until it ends. If nothing is frozen yet, begin it when it is due."""
    from newsletter.publishing.sends import send_controls, send_issue

    person = bootstrap.local_person(settings.root)
    with resources.open_store(settings) as store:
        send = store.sends.of_issue(issue)
        if send is not None and not send.digest:
            planned = send_controls.reactivate(person, store, send, now=store.now())
            if planned.status is SendStatus.SCHEDULED:
                _print_not_due(planned, settings.newsletter.zone)
                return
            composed = compose(settings, issue)

            def begin(context: "SendContext", observer: "Observer") -> "Send":
                return send_issue.begin_planned(
                    person,
                    settings,
                    store,
                    context,
                    composed,
                    planned,
                    without_approval=without_approval,
                    now=store.now(),
                    observer=observer,
                )

            _run(settings, store, issue, log, addresses=addresses, act=begin)
            return
        if send is not None:
            send_progress.print_changes(settings, send)

        def resume(context: "SendContext", observer: "Observer") -> "Send":
            return send_issue.resume_send(person, store, context, issue, observer=observer)

        _run(settings, store, issue, log, addresses=addresses, act=resume)


def _run(settings: "Settings", store: "Store", issue: str, log: Path | None, *, addresses: bool, act: "Act") -> None:
    """Send with a progress bar until the send ends, print a summary, and exit with the matching status.

    ``act`` begins or resumes the send, and returns it when it has ended.
    """
    with (
        bootstrap.open_send_context(settings) as context,
        send_progress.summary_at_the_end(settings, store, issue),
        send_progress.observed(log, addresses=addresses) as observer,
    ):
        ended = act(context, observer)
    send_progress.exit_with_status(ended)


def _print_not_due(send: "Send", zone: "ZoneInfo") -> None:
    output.say(f"Issue {send.issue}: {send_progress.status_and_advice(send, zone)}.")
    output.note(
        "`newsletter worker` will send it. To send it now, cancel the schedule first:"
        f" `newsletter sends cancel {send.id}`."
    )
