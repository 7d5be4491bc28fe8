"""`newsletter proof`: send an issue to the editor as readers will get it."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from newsletter import bootstrap
from newsletter.cli import edition_option, options, output, resources


def proof(
    context: typer.Context,
    name: options.IssueName,
    to: Annotated[
        list[str],
        typer.Option("--to", metavar="ADDRESS", help="Your address; can be repeated.", show_default=False),
    ],
    address: edition_option.AsReader = None,
) -> None:
    """Send yourself a proof of an issue.

    It goes through the provider, as the real send will. Its links don't work.

    newsletter proof latest --to me@example.org
    newsletter proof latest --to me@example.org --as ada@example.com
    newsletter proof 2026-11-23 --to me@example.org --to you@example.org
    """
    from newsletter.publishing.pictures import publish_pictures
    from newsletter.publishing.proofs import mail_proof
    from newsletter.publishing.reviews.review_decisions import record_proof

    settings = resources.load_settings(context)
    bootstrap.open_signer()  # report a missing secret first
    editors = [options.parse_address(text, hint="write --to name@example.org") for text in to]
    composed = resources.compose_issue(settings, resources.issue_slug(settings, name))
    output.print_warnings(composed.findings)
    reader, edition = (
        edition_option.edition_of_reader(settings, composed, address) if address is not None else (None, None)
    )
    publish_pictures(settings, composed)
    with bootstrap.open_send_context(settings) as sending:
        for editor in editors:
            now = datetime.now(tz=UTC)
            receipt = mail_proof(
                sending,
                composed,
                to=editor,
                now=now,
                reader=reader,
                edition=edition,
                language=settings.newsletter.language,
            )
            accepted = f"Sent a proof of issue {composed.issue.slug} to {editor}"
            output.say(f"{accepted}: {receipt.provider_id}" if receipt.provider_id else f"{accepted}.")
    if bootstrap.has_database(settings):  # later changes are then said in words
        person = bootstrap.local_person(settings.root)
        with resources.open_store(settings) as store:
            record_proof(person, settings, store, composed, editors, now=store.now())
