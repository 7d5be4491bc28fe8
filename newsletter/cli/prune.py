"""`newsletter prune`: delete old event details and anonymise clicks and opens."""

import typer

from newsletter.cli import output, resources
from newsletter.domain.plurals import counted


def prune(context: typer.Context) -> None:
    """Delete event details older than `keep_days` and anonymise clicks and opens.

    Votes in polls that have closed are anonymised too, and texts of captured pieces are deleted after 30 days. Totals
    are kept. Run this daily.

    newsletter prune
    """
    from newsletter import feedback

    settings = resources.load_settings(context)
    with resources.open_store(settings) as store:
        pruning = feedback.prune(store, keep=settings.feedback.keep, now=store.now())
    if pruning.anonymised:
        output.say(f"Anonymised {counted(pruning.anonymised, 'click')} and opens.")
    if pruning.votes:
        output.say(f"Anonymised {counted(pruning.votes, 'vote')}.")
    if pruning.texts:
        output.say(f"Deleted the text of {counted(pruning.texts, 'captured piece')}.")
    output.say(f"Deleted {counted(pruning.deleted, 'event')}.")
