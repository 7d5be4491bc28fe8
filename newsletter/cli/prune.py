"""`newsletter prune`: forget what need not be known any more."""

from datetime import UTC, datetime

import typer

from newsletter.cli import opening, printing


def prune(context: typer.Context) -> None:
    """Forget events that are older than [feedback] keep_days. What came of them stays.

    newsletter prune
    """
    settings = opening.settings(context)
    with opening.store(settings) as store:
        gone = store.events.prune(datetime.now(UTC) - settings.feedback.keep)
    printing.say(f"{printing.count(gone, 'event')} forgotten.")
