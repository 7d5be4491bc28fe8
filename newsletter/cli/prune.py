"""`newsletter prune`: delete old event details and anonymise clicks and opens."""

import typer

from newsletter.cli import output, resources
from newsletter.domain.plurals import counted


def prune(context: typer.Context) -> None:
    """Delete event details older than `keep_days` and anonymise clicks and opens.

    Totals are kept. Run this daily.

    newsletter prune
    """
    settings = resources.load_settings(context)
    with resources.open_store(settings) as store:
        before = store.now() - settings.feedback.keep
        deleted, anonymised = store.events.prune(before), store.clicks_and_opens.anonymise(before)
        store.scrub()
    if anonymised:
        output.say(f"Anonymised {counted(anonymised, 'click')} and opens.")
    output.say(f"Deleted {counted(deleted, 'event')}.")
