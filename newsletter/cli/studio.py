"""`newsletter studio`: make issues in a browser, on this computer only."""

from contextlib import suppress
from typing import Annotated

import typer

from newsletter.cli import output, resources


def studio(
    context: typer.Context,
    port: Annotated[
        int | None,
        typer.Option(
            min=1,
            max=65535,
            metavar="N",
            help="The port; by default 8027, or a free one if that is taken.",
            show_default=False,
        ),
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Print the address without opening a browser.")] = False,
) -> None:
    """Catch links, write entries and compose issues in a browser.

    Works on the same files as the command line. Only this computer can open it. Press Ctrl-C to stop.

    newsletter studio
    newsletter studio --port 9000 --no-open
    """
    import webbrowser

    from newsletter import settings
    from newsletter.errors import NewsletterError
    from newsletter.web.studio.app import serve_studio

    with suppress(NewsletterError):  # the page shows it
        resources.warn_of_library(resources.load_settings(context))
    serve_studio(
        settings.find_root(context.obj),  # without loading the settings: the page shows their errors
        port=port,
        open_page=(lambda _address: None) if no_open else webbrowser.open,
        say=lambda address: output.say(f"The studio is at {address}  (Ctrl-C to stop)"),
    )
