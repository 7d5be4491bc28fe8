"""`newsletter bounces`: process bounces and complaints from a mailbox."""

from typing import Annotated

import typer

from newsletter import bootstrap
from newsletter.cli import options, output, resources, send_progress
from newsletter.errors import UsageError


def bounces(
    context: typer.Context,
    mailbox: Annotated[
        str | None,
        typer.Argument(
            metavar="MAILBOX",
            help="A Maildir, an mbox file or imaps://user@host/folder; by default `mailbox` in \\[feedback].",
            show_default=False,
        ),
    ] = None,
    json: options.AsJson = False,
) -> None:
    """Process bounces and complaints from a mailbox.

    Nothing is deleted. Messages that can't be understood are flagged for you to read.

    newsletter bounces
    newsletter bounces ~/Maildir/.bounces
    """
    from newsletter.cli.notice_text import notice_message
    from newsletter.feedback import MailKind
    from newsletter.publishing.bounces import process_bounces
    from newsletter.publishing.workers.notifier import Notifier

    settings = resources.load_settings(context)
    location = mailbox or settings.feedback.mailbox
    if not location:
        raise UsageError("no mailbox is given", hint="name it, or set [feedback] mailbox in newsletter.toml")
    bootstrap.open_signer()  # report a missing secret before opening the database
    with (
        resources.open_store(settings) as store,
        Notifier(notice_message, output.print_error) as notifier,
    ):
        collected = process_bounces(settings, store, location, now=store.now())
        notifier.start(settings, store)
        if not json:
            send_progress.print_held_bounces(store)
    counts = {kind: collected.counts.get(kind, 0) for kind in MailKind}
    applied = collected.applied
    if json:
        output.as_json(
            {kind.replace(" ", "_"): number for kind, number in counts.items()}
            | {"new": applied.new, "settled": applied.settled, "suppressed": applied.suppressed, "held": applied.held}
            | {"unsubscribed": applied.unsubscribed}
        )
        return
    output.facts(
        {f"Messages: {kind}": f"{number:,}" for kind, number in counts.items()}
        | {
            "New events": f"{applied.new:,}",
            "Deliveries settled": f"{applied.settled:,}",
            "Addresses suppressed": f"{applied.suppressed:,}",
            "Bounces held": f"{applied.held:,}",
            "Readers unsubscribed": f"{applied.unsubscribed:,}",
        }
    )
