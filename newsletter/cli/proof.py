"""`newsletter proof`: send an issue to the editor as readers will get it."""

from datetime import UTC, datetime
from typing import Annotated

import typer

from newsletter import bootstrap
from newsletter.cli import edition_option, output, resources
from newsletter.errors import ProviderError, UsageError


def proof(
    context: typer.Context,
    name: resources.IssueName,
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
    from newsletter import sending
    from newsletter import settings as environment
    from newsletter.domain.addresses import parse_address
    from newsletter.domain.delivery import DeliveryStatus
    from newsletter.domain.subscriber import Subscriber

    settings = resources.settings(context)
    environment.signer()  # report a missing secret first
    editors = []
    for text in to:
        try:
            editors.append(Subscriber(address=parse_address(text)))
        except ValueError as err:
            raise UsageError(f'"{text}" is {err}', hint="write --to name@example.org") from err
    composed = resources.compose(settings, resources.slug(settings, name))
    output.warnings(composed.findings)
    reader, email = None, composed.email
    if address is not None:
        reader, edition = edition_option.of_reader(settings, composed, address)
        email = composed.compiled.email(edition)
    with bootstrap.open_send_context(settings) as post:
        for editor in editors:
            now = datetime.now(tz=UTC)
            receipt = sending.send_proof(post, email=email, reader=reader or editor, to=editor.address, now=now)
            if receipt.status is not DeliveryStatus.SUBMITTED:
                why = f": {receipt.detail}" if receipt.detail else ""
                raise ProviderError(f"the proof to {editor.address} was {receipt.status}{why}")
            accepted = f"Sent a proof of issue {composed.issue.slug} to {editor.address}"
            output.say(f"{accepted}: {receipt.provider_id}" if receipt.provider_id else f"{accepted}.")
