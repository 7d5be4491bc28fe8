"""`newsletter proof`: an issue to the editor, the way it will reach a reader."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from newsletter.cli import edition_option, output, resources
from newsletter.errors import ProviderError, UsageError


def proof(
    context: typer.Context,
    name: resources.IssueName,
    to: Annotated[
        list[str],
        typer.Option("--to", metavar="ADDRESS", help="Who gets it; may be repeated.", show_default=False),
    ],
    address: edition_option.AsReader = None,
) -> None:
    """Send an issue to yourself, marked as a proof.

    It goes through the provider, as the send will. Its links open nothing.

    newsletter proof latest --to me@example.org
    newsletter proof latest --to me@example.org --as ada@example.com
    newsletter proof 2026-11-23 --to me@example.org --to you@example.org
    """
    from newsletter import sending
    from newsletter import settings as environment
    from newsletter.domain.addresses import parse_address
    from newsletter.domain.delivery import DeliveryStatus
    from newsletter.domain.subscriber import Subscriber

    settings = resources.settings(context)
    environment.signer()  # a missing secret is said first
    editors = []
    for text in to:
        try:
            editors.append(Subscriber(address=parse_address(text)[0]))
        except ValueError as err:
            raise UsageError(f'"{text}" is {err}', hint="write --to name@example.org") from err
    composed = resources.compose(settings, resources.slug(settings, name))
    output.warnings(composed.findings)
    reader, email = None, composed.email
    if address is not None:
        reader, edition = edition_option.of_reader(settings, composed, address)
        email = composed.compiled.email(edition)
    with resources.post(settings) as post:
        for editor in editors:
            now = datetime.now(tz=UTC)
            receipt = sending.proof(post, email=email, reader=reader or editor, to=editor.address, now=now)
            if receipt.status is not DeliveryStatus.SUBMITTED:
                why = f": {receipt.detail}" if receipt.detail else ""
                raise ProviderError(f"the proof to {editor.address} is {receipt.status}{why}")
            accepted = f"The proof of issue {composed.issue.slug} was accepted for {editor.address}"
            output.say(f"{accepted}: {receipt.provider_id}" if receipt.provider_id else f"{accepted}.")
