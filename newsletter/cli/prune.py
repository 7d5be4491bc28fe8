"""`newsletter prune`: forget what need not be known any more."""

import typer

from newsletter.cli import output, resources


def prune(context: typer.Context) -> None:
    """Forget events that are older than `keep_days`, and who clicked and opened what. What came of them stays.

    newsletter prune
    """
    settings = resources.settings(context)
    with resources.store(settings) as store:
        before = store.now() - settings.feedback.keep
        gone, nameless = store.events.prune(before), store.responses.forget(before)
        store.scrub()
    if nameless:
        output.say(f"Of {output.count(nameless, 'click')} and opens nobody knows any more whose they were.")
    output.say(f"{output.count(gone, 'event')} forgotten.")
