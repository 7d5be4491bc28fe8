"""`newsletter preview`: show the issues in a browser, on this computer only."""

from typing import Annotated

import typer

from newsletter.cli import local_server


def preview(
    context: typer.Context,
    port: Annotated[int | None, local_server.port_option(8025)] = None,
    no_open: local_server.NoOpen = False,
) -> None:
    """Preview the issues in a browser.

    Shows each issue on a phone and a desktop, in light and dark mode, and as plain text.
    Reloads when you save a file. Press Ctrl-C to stop.

    newsletter preview
    newsletter preview --port 9000 --no-open
    """
    from newsletter.web.preview.app import serve_preview

    local_server.serve(context, serve_preview, name="preview", port=port, is_opened=not no_open)
