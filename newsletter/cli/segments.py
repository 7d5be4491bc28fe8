"""`newsletter segments`: count the readers of each segment."""

import typer

from newsletter.cli import options, output, resources


def segments(context: typer.Context, json: options.AsJson = False) -> None:
    """Count the readers in each segment.

    Counts only readers a send would reach now: confirmed, not suppressed and not paused.

    newsletter segments
    newsletter segments --json
    """
    settings = resources.load_settings(context)
    with resources.open_store(settings) as store:
        counts = store.subscribers.counts(tuple(settings.segments.values()), store.now())
    rows = [(segment.slug, segment.name, counts[segment.slug]) for segment in settings.segments.values()]
    if json:
        output.as_json([{"slug": slug, "name": name, "readers": number} for slug, name, number in rows])
    else:
        output.table(["Segment", "Name", "Readers"], rows)
