"""What the commands share that serve pages on this computer only: the preview and the studio."""

from collections.abc import Callable
from contextlib import suppress
from typing import Annotated, Any

import typer

from newsletter.cli import output, resources

NoOpen = Annotated[bool, typer.Option("--no-open", help="Print the address without opening a browser.")]


def port_option(usual: int) -> Any:
    """Return the option for the port, with the ``usual`` one in its help."""
    text = f"The port; by default {usual}, or a free one if that is taken."
    return typer.Option(min=1, max=65535, metavar="N", help=text, show_default=False)


def serve(
    context: typer.Context,
    pages: Callable[..., object],
    *,
    name: str,
    port: int | None,
    is_opened: bool,
    when_ready: Callable[[], object] = lambda: None,
) -> None:
    """Serve ``pages`` until interrupted, announced by their ``name``, and open them in a browser if ``is_opened``.

    ``when_ready`` is called once they are served.
    """
    import webbrowser

    from newsletter import settings
    from newsletter.errors import NewsletterError

    with suppress(NewsletterError):  # the page shows it
        resources.warn_of_library(resources.load_settings(context))

    def ready(address: str) -> None:
        output.say(f"The {name} is at {address}  (Ctrl-C to stop)")
        when_ready()

    pages(
        settings.find_root(context.obj),  # without loading the settings: the page shows their errors
        port=port,
        open_page=webbrowser.open if is_opened else lambda _address: None,
        say=ready,
    )
