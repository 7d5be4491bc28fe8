"""`newsletter editions`: who would get which entries of an issue."""

import typer

from newsletter.cli import context as opening
from newsletter.cli import edition_table as matrix
from newsletter.cli import output as printing

LARGEST = 20  # editions that the table shows


def editions(context: typer.Context, name: opening.IssueName, json: opening.AsJson = False) -> None:
    """Count the editions of a tailored issue, and the readers of each.

    A line for each edition, the largest first, with a mark below each entry that it has. Then who reads what.

    newsletter editions 2026-11-23
    newsletter editions latest --json | jq ".editions | length"
    """
    from newsletter import composing, sending

    settings = opening.settings(context)
    composed = composing.draft(
        settings.root, settings.newsletter, opening.slug(settings, name), segments=tuple(settings.segments)
    )
    issue, tailor = composed.issue, composed.tailor
    segments = opening.segments(settings, issue)
    with opening.store(settings) as store:
        overview = sending.overview(store.sends.editions(segments, tailor), tailor)
    if json:
        printing.as_json(matrix.facts(issue, overview))
        return
    matrix.show(issue, overview, largest=LARGEST)
    if tailor.tailoring is None:
        printing.note(f"Issue {issue.slug} is not tailored: everybody gets all of it. `tailored: true` changes that.")
    if not overview.readers and not overview.left_out:
        printing.note("There is no reader yet whom the issue would go to; `newsletter segments` counts them.")
