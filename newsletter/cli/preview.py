"""`newsletter preview`: the issues in a browser, on this computer only."""

from typing import Annotated

import typer

from newsletter.cli import output


def preview(
    context: typer.Context,
    port: Annotated[
        int | None,
        typer.Option(min=1, max=65535, metavar="N", help="If not 8025 or a free one.", show_default=False),
    ] = None,
    no_open: Annotated[bool, typer.Option("--no-open", help="Only print the address; open no browser.")] = False,
) -> None:
    """Show the issues in a browser.

    Phone and desktop, light and dark, plain text; reloads as files are saved. Ctrl-C ends it.

    newsletter preview
    newsletter preview --port 9000 --no-open
    """
    import webbrowser

    from newsletter import settings
    from newsletter.web.preview.app import serve_preview

    serve_preview(
        settings.find_root(context.obj),  # not the settings: where they are wrong, the page says so
        port=port,
        open_page=(lambda _address: None) if no_open else webbrowser.open,
        say=lambda address: output.say(f"The preview is at {address}  (Ctrl-C ends it)"),
    )
