"""`newsletter prune`: forget what need not be known any more."""

import typer

from newsletter.cli import context as opening
from newsletter.cli import output as printing


def prune(context: typer.Context) -> None:
    """Forget events that are older than `keep_days`, and who clicked and opened what. What came of them stays.

    newsletter prune
    """
    settings = opening.settings(context)
    with opening.store(settings) as store:
        before = store.now() - settings.feedback.keep
        gone, nameless = store.events.prune(before), store.responses.forget(before)
        store.scrub()
    if nameless:
        printing.say(f"Of {printing.count(nameless, 'click')} and opens nobody knows any more whose they were.")
    printing.say(f"{printing.count(gone, 'event')} forgotten.")
