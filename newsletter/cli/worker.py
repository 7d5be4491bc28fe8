"""`newsletter worker`: does what is due, until somebody ends it."""

from contextlib import suppress
from typing import TYPE_CHECKING, Annotated

import typer

from newsletter.cli import opening, printing, running
from newsletter.errors import AskedToStopError

if TYPE_CHECKING:
    from newsletter.delivery import Send
    from newsletter.errors import NewsletterError
    from newsletter.sending import Hands, Watch
    from newsletter.settings import Settings
    from newsletter.store import Store

A_LOOK = 10.0  # seconds after which it looks for what came up meanwhile


def worker(
    context: typer.Context,
    once: Annotated[bool, typer.Option("--once", help="Do what is due now, and leave: for cron.")] = False,
    log: running.LogFile = None,
    log_addresses: running.LogAddresses = False,
) -> None:
    """Send what is scheduled, and go on with sends that wait or were interrupted.

    Ctrl-C or SIGTERM ends it between batches; another one goes on where it was.

    newsletter worker
    newsletter worker --once
    newsletter worker --log worker.log
    """
    from newsletter.sending import Watch, requests

    with (
        running.journal(log, addresses=log_addresses) as journal,
        requests() as asked,
        suppress(AskedToStopError),  # asked for in the middle of a send, which is as well
    ):
        watch = Watch(notice=printing.note, journal=journal, attended=False)
        while not asked:
            settings = opening.settings(context)  # anew each time: files and settings count as they are when it begins
            with opening.store(settings) as store:
                waits = _look(settings, store, watch)
            if once:
                return
            asked.wait(min(waits, A_LOOK))


def _look(settings: "Settings", store: "Store", watch: "Watch") -> float:
    """Do what is due; seconds until the next."""
    from newsletter.sending import look_after

    following = look_after(store, _hands(settings, store, watch), store.now())
    return A_LOOK if following is None else max((following - store.now()).total_seconds(), 0.1)


def _hands(settings: "Settings", store: "Store", watch: "Watch") -> "Hands":
    from newsletter import composing
    from newsletter.sending import Hands

    def begin(send: "Send") -> None:
        composed = composing.compose(
            settings.root, settings.newsletter, send.issue, segments=tuple(settings.segments), mails=settings.mails
        )
        with opening.post(settings) as post:
            _say(running.begin(settings, store, post, composed, watch=watch, local_time=send.local_time))

    def go_on(send: "Send") -> None:
        with opening.post(settings) as post:
            _say(running.go_on(store, post, send.issue, watch=watch))

    def failed(send: "Send", why: "NewsletterError") -> None:
        printing.error(f"issue {send.issue}: {why}")

    return Hands(begin=begin, go_on=go_on, failed=failed)


def _say(send: "Send") -> None:
    printing.say(f"issue {send.issue}: {running.standing(send)}; {send.recipients:,} = {running.sum_of(send)}")
