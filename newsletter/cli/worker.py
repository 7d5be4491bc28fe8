"""`newsletter worker`: run scheduled and interrupted sends until it is stopped."""

from contextlib import suppress
from traceback import format_exception
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter import bootstrap
from newsletter.cli import output, resources, send_progress
from newsletter.domain.send import SendStatus
from newsletter.errors import AskedToStopError, NewsletterError

if TYPE_CHECKING:
    from newsletter.domain.send import Send
    from newsletter.publishing.notifier import Notifier
    from newsletter.sending import Observer, Outcome
    from newsletter.settings import Settings
    from newsletter.store import Lease, Store

A_LOOK, SHORTEST = 10.0, 0.5  # seconds between two checks for due sends: the most and the least


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
        send_progress.journal(log, addresses=log_addresses) as journal,
        stop_requests() as stopping,
        Notifier(notice_message, output.problem) as notifier,
        suppress(AskedToStopError),  # requested in the middle of a send
    ):
        watch = Observer(notice=output.note, log=journal, attended=False)
        resources.settings(context)  # a mistake is an error at the start; later, the file may just be half saved
        reported: set[str] = set()  # since the last success; a cause may produce several messages
        while not stopping:
            waits, fine = A_LOOK, True
            try:
                settings = resources.settings(context)  # reloaded each time, so that a send begins with current ones
                with resources.store(settings) as store:
                    waits, fine = _look(settings, store, watch, notifier, at_once=once)
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
                    output.problem(err)
                    output.note(f"The worker retries every {A_LOOK:g} seconds.")
                reported.add(str(err))
            if once:
                if not fine:
                    raise typer.Exit(1)
                return
            stopping.wait(min(waits, A_LOOK))


def _look(
    settings: "Settings", store: "Store", watch: "Observer", notifier: "Notifier", *, at_once: bool = False
) -> tuple[float, bool]:
    """Run due sends; return the seconds until the next one is due, and whether all went well."""
    from newsletter.sending import run_due_sends

    hands = _Hands(settings, store, watch, notifier)
    following = run_due_sends(store, hands.all, store.now, at_once=at_once)
    notifier.start(settings, store)
    left = A_LOOK if following is None else (following - store.now()).total_seconds()
    return max(left, SHORTEST), not hands.trouble


class _Hands:
    """The worker's callbacks for a send."""

    def __init__(self, settings: "Settings", store: "Store", watch: "Observer", notifier: "Notifier") -> None:
        from newsletter.sending import WorkerCallbacks

        self._settings, self._store, self._watch = settings, store, watch
        self._notifier = notifier
        self.trouble = False
        self._zone = settings.newsletter.zone
        self.all = WorkerCallbacks(
            start=self._start,
            resume=self._resume,
            ended=self._tell,
            failed=self._failed,
            late=self._late,
            zone=self._zone,
        )

    def _start(self, send: "Send", lease: "Lease") -> "Outcome":
        from newsletter import composing

        settings, store = self._settings, self._store
        composed = composing.compose(
            settings.root, settings.newsletter, send.issue, segments=tuple(settings.segments), mails=settings.mails
        )
        with bootstrap.open_send_context(settings) as post:
            local = send.local_time
            return send_progress.begin_held(
                settings, store, post, composed, lease, watch=self._watch, local_time=local, scheduled=send
            )

    def _resume(self, _send: "Send", lease: "Lease") -> "Outcome":
        from newsletter import sending

        with bootstrap.open_send_context(self._settings) as post:
            return sending.resume_running(self._store, post, lease, observer=self._watch)

    def _tell(self, send: "Send") -> None:
        """Print the status of a send that has begun or continued."""
        self.trouble |= send.failing_since is not None or send.status is SendStatus.PAUSED
        stands = send_progress.standing(send, self._zone)
        output.say(f"issue {send.issue}: {stands}; {send.recipients:,} = {send_progress.sum_of(send)}")

    def _failed(self, send: "Send", why: Exception) -> None:
        from newsletter.domain.schedule import clock_time

        self.trouble = True
        if isinstance(why, NewsletterError):
            output.problem(why, before=f"issue {send.issue}: ")
        else:
            output.error(f"issue {send.issue}: {type(why).__name__}: {why}\n{''.join(format_exception(why))}")
        self._notifier.start(self._settings, self._store)
        if send.waits_until:
            again = clock_time(send.waits_until, self._zone, seconds=True)
            output.note(f"issue {send.issue}: next attempt at {again}")

    def _late(self, send: "Send") -> None:
        self.trouble = True
        output.error(f"issue {send.issue}: {send_progress.standing(send, self._zone)}")
        self._notifier.start(self._settings, self._store)
