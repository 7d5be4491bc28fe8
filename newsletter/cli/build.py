"""`newsletter build`: an issue as files, without a reader."""

from datetime import datetime, time
from pathlib import Path
from typing import Annotated
from zoneinfo import ZoneInfo

import typer

from newsletter.cli import opening, printing


def build(
    context: typer.Context,
    name: opening.IssueName,
    out: Annotated[Path, typer.Option(metavar="DIR", help="The folder that the files go to; made if need be.")],
) -> None:
    """Write an issue as HTML, plain text and a message.

    They are what a reader without a name would get. The same files give the same bytes. The links in it open nothing.

    newsletter build 2026-11-23 --out built
    newsletter build latest --out built/latest
    """
    from newsletter import composing
    from newsletter.message import Recipient, Wire, filled, filled_html
    from newsletter.tokens import Signer

    settings = opening.settings(context)
    composed = composing.compose(settings.root, settings.newsletter, name, segments=tuple(settings.segments))
    printing.warnings(composed.findings)
    email, issue = composed.email, composed.issue
    nobody = "0" * 32
    links = Signer("signs links that open nothing").links(settings.newsletter.base_url, issue.slug)(nobody)
    values = links | {"subscriber.email": "reader@example.com"}
    date = datetime.combine(issue.date, time(6), tzinfo=ZoneInfo(settings.newsletter.time_zone))
    recipient = Recipient(subscriber=0, key=nobody, address="reader@example.com", values=values)
    parts = {
        "html": filled_html(email.html, values).encode(),
        "txt": filled(email.text, values).encode(),
        "eml": Wire(email, date).message(recipient),
    }
    out.mkdir(parents=True, exist_ok=True)
    files = {out / f"{issue.slug}.{ending}": content for ending, content in parts.items()}
    printing.write_whole(files)
    for path in files:
        printing.say(str(path))
