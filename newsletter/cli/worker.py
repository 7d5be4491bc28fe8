"""`newsletter worker`: run scheduled and interrupted sends until it is stopped."""

from contextlib import suppress
from functools import partial
from traceback import format_exception
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import bootstrap
from newsletter.cli import output, resources, send_progress
from newsletter.errors import AskedToStopError, NewsletterError

if TYPE_CHECKING:
    from collections.abc import Callable
    from zoneinfo import ZoneInfo

    from newsletter.domain.send import Send
    from newsletter.sending import StopRequests
    from newsletter.settings import Settings

DATABASE_CHECK = 2.0  # seconds between two looks whether the newsletter has a database


def worker(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Run what is due now, then exit (for cron).")] = False,
    log: send_progress.LogFile = None,
    log_addresses: send_progress.LogAddresses = False,
    child_of: Annotated[
        int | None,
        typer.Option("--child-of", metavar="PROCESS", help="For the studio: stop with this process.", hidden=True),
    ] = None,
) -> None:
    """Run scheduled sends, and continue sends that are waiting or were interrupted.

    It also mails notifications, and the links to confirm that the studio or the readers' pages have queued.
    Ctrl-C, SIGTERM or SIGHUP stops it between batches; another worker continues. You can run several at once.
    With --once, it tries every due send, even one that has just failed.
    It then exits with status 1 if a send could not begin or continue, or was too late.

    newsletter worker
    newsletter worker --once
    newsletter worker --log worker.log
    """
    from newsletter.cli.notice_text import notice_message
    from newsletter.publishing.workers.notifier import Notifier
    from newsletter.publishing.workers.worker import Worker
    from newsletter.sending import Observer, stop_requests

    load = partial(resources.load_settings, context)
    with (
        send_progress.event_log(log, addresses=log_addresses) as events,
        stop_requests() as stopping,
        Notifier(notice_message, output.print_error) as notifier,
        suppress(AskedToStopError),  # requested in the middle of a send
    ):
        observer = Observer(notice=output.note, log=events, attended=False)
        if child_of is None:
            load()  # a mistake is an error at the start; later, the file may just be half saved
        else:
            _accompany(child_of, load, stopping)
        loop = Worker(load, resources.open_store, _Printer(), observer=observer, notifier=notifier)
        if not once:
            loop.run(stopping)
        elif not stopping and not loop.run_once():
            raise typer.Exit(1)


def _accompany(parent: int, load: "Callable[[], Settings]", stopping: "StopRequests") -> None:
    """Stop with the studio that has started this worker, and wait until the newsletter has a database.

    The studio shows mistakes in the settings.
    """
    import os
    import signal

    from newsletter.publishing.workers.worker_process import stop_without_parent

    stop_without_parent(parent, lambda: os.kill(os.getpid(), signal.SIGTERM))
    while not stopping:
        with suppress(NewsletterError):
            if bootstrap.has_database(load()):
                return
        stopping.wait(DATABASE_CHECK)


class _Printer:
    """A printer of what the worker reports."""

    def ended(self, send: "Send", zone: "ZoneInfo") -> None:
        """Print the status of a send that has begun or continued."""
        stands = send_progress.status_and_advice(send, zone)
        output.say(f"issue {send.issue}: {stands}; {send.recipients:,} = {send_progress.sum_in_words(send)}")

    def failed(self, send: "Send", why: Exception, zone: "ZoneInfo") -> None:
        """Print why a send can't begin or continue, and when it is tried again."""
        from newsletter.domain.schedule import clock_time

        if isinstance(why, NewsletterError):
            output.print_error(why, before=f"issue {send.issue}: ")
        else:
            output.error(f"issue {send.issue}: {type(why).__name__}: {why}\n{''.join(format_exception(why))}")
        if send.waits_until:
            again = clock_time(send.waits_until, zone, seconds=True)
            output.note(f"issue {send.issue}: next attempt at {again}")

    def paused(self, send: "Send", zone: "ZoneInfo") -> None:
        """Print why a send was paused instead of beginning."""
        output.error(f"issue {send.issue}: {send_progress.status_and_advice(send, zone)}")

    def blocked(self, error: Exception, retry: float) -> None:
        """Print an error that lets no send run."""
        output.print_error(error)
        output.note(f"The worker retries every {retry:g} seconds.")
