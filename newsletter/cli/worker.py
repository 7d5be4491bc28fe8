"""`newsletter worker`: run scheduled and interrupted sends until it is stopped."""

from contextlib import suppress
from traceback import format_exception
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli import output, resources, send_progress
from newsletter.domain.send import SendStatus
from newsletter.errors import AskedToStopError, NewsletterError

if TYPE_CHECKING:
    from newsletter.domain.send import Send
    from newsletter.publishing.notifier import Notifier
    from newsletter.sending import Observer
    from newsletter.settings import Settings
    from newsletter.store import Store

LONGEST_PAUSE, SHORTEST_PAUSE = 10.0, 0.5  # seconds between two checks for due sends


def worker(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Run what is due now, then exit (for cron).")] = False,
    log: send_progress.LogFile = None,
    log_addresses: send_progress.LogAddresses = False,
) -> None:
    """Run scheduled sends, and continue sends that are waiting or were interrupted.

    Ctrl-C, SIGTERM or SIGHUP stops it between batches; another worker continues. You can run several at once.
    With --once, it tries every due send, even one that has just failed.
    It then exits with status 1 if a send could not begin or continue, or was too late.

    newsletter worker
    newsletter worker --once
    newsletter worker --log worker.log
    """
    from newsletter.cli.notice_text import notice_message
    from newsletter.publishing.notifier import Notifier
    from newsletter.sending import Observer, stop_requests

    with (
        send_progress.event_log(log, addresses=log_addresses) as events,
        stop_requests() as stopping,
        Notifier(notice_message, output.print_error) as notifier,
        suppress(AskedToStopError),  # requested in the middle of a send
    ):
        observer = Observer(notice=output.note, log=events, attended=False)
        resources.load_settings(context)  # a mistake is an error at the start; later, the file may just be half saved
        reported: set[str] = set()  # since the last success; a cause may produce several messages
        while not stopping:
            pause, went_well = LONGEST_PAUSE, True
            try:
                settings = resources.load_settings(context)  # again, so that a send begins with the current ones
                with resources.open_store(settings) as store:
                    pause, went_well = _run_due(settings, store, observer, notifier, at_once=once)
                    if once:
                        notifier.wait()
                        notifier.start(settings, store)
                reported.clear()
            except AskedToStopError:
                raise
            except (NewsletterError, OSError) as err:
                if once:
                    raise
                if str(err) not in reported:
                    output.print_error(err)
                    output.note(f"The worker retries every {LONGEST_PAUSE:g} seconds.")
                reported.add(str(err))
            if once:
                if not went_well:
                    raise typer.Exit(1)
                return
            stopping.wait(min(pause, LONGEST_PAUSE))


def _run_due(
    settings: "Settings", store: "Store", observer: "Observer", notifier: "Notifier", *, at_once: bool = False
) -> tuple[float, bool]:
    """Run due sends; return the seconds until the next one is due, and whether all went well."""
    from newsletter.publishing.due_sends import run_due_sends

    printer = _Printer(settings, store, notifier)
    following = run_due_sends(
        settings,
        store,
        observer=observer,
        ended=printer.print_status,
        failed=printer.print_failure,
        late=printer.print_late,
        at_once=at_once,
    )
    notifier.start(settings, store)
    left = LONGEST_PAUSE if following is None else (following - store.now()).total_seconds()
    return max(left, SHORTEST_PAUSE), not printer.trouble


class _Printer:
    """A printer of what happens to due sends. ``trouble`` tells whether any of them needs a person's attention."""

    def __init__(self, settings: "Settings", store: "Store", notifier: "Notifier") -> None:
        self._settings, self._store, self._notifier = settings, store, notifier
        self._zone = settings.newsletter.zone
        self.trouble = False

    def print_status(self, send: "Send") -> None:
        """Print the status of a send that has begun or continued."""
        self.trouble |= send.failing_since is not None or send.status is SendStatus.PAUSED
        stands = send_progress.status_in_words(send, self._zone)
        output.say(f"issue {send.issue}: {stands}; {send.recipients:,} = {send_progress.sum_in_words(send)}")

    def print_failure(self, send: "Send", why: Exception) -> None:
        """Print why a send can't begin or continue, and when it is tried again."""
        from newsletter.domain.schedule import clock_time

        self.trouble = True
        if isinstance(why, NewsletterError):
            output.print_error(why, before=f"issue {send.issue}: ")
        else:
            output.error(f"issue {send.issue}: {type(why).__name__}: {why}\n{''.join(format_exception(why))}")
        self._notifier.start(self._settings, self._store)
        if send.waits_until:
            again = clock_time(send.waits_until, self._zone, seconds=True)
            output.note(f"issue {send.issue}: next attempt at {again}")

    def print_late(self, send: "Send") -> None:
        """Print that a send was paused because its deadline has passed."""
        self.trouble = True
        output.error(f"issue {send.issue}: {send_progress.status_in_words(send, self._zone)}")
        self._notifier.start(self._settings, self._store)
