"""`newsletter editions`: show which readers get which entries of an issue."""

import typer

from newsletter.cli import edition_table, options, output, resources

LARGEST = 20  # editions shown in the table


def editions(context: typer.Context, name: options.IssueName, json: options.AsJson = False) -> None:
    """List the editions of a tailored issue, with the number of readers of each.

    Each row is an edition, the largest first, with a mark for each entry it includes.
    A second table counts the readers of each entry.

    newsletter editions 2026-11-23
    newsletter editions latest --json | jq ".editions | length"
    """
    from newsletter import composing, sending
    from newsletter.checks import CheckContext
    from newsletter.publishing.audience import segments_of

    settings = resources.load_settings(context)
    composed = composing.compose_draft(
        settings.root,
        settings.newsletter,
        resources.issue_slug(settings, name),
        CheckContext(segments=settings.segments),
    )
    issue, tailor = composed.issue, composed.tailor
    segments = segments_of(settings, issue)
    with resources.open_store(settings) as store:
        overview = sending.summarize_editions(store.sends.count_editions(segments, tailor, store.now()), tailor)
    if json:
        output.as_json(edition_table.as_json_values(issue, overview))
        return
    edition_table.print_editions(issue, overview, largest=LARGEST)
    if tailor.tailoring is None:
        output.note(f"Issue {issue.slug} isn't tailored: everybody gets all of it. `tailored: true` changes that.")
    if not overview.readers and not overview.left_out:
        output.note("Nobody would get this issue yet; `newsletter segments` counts your readers.")
