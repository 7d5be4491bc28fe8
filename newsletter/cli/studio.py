"""`newsletter studio`: make issues in a browser, on this computer only."""

from typing import Annotated

import typer

from newsletter.cli import local_server


def studio(
    context: typer.Context,
    port: Annotated[int | None, local_server.port_option(8027)] = None,
    no_open: local_server.NoOpen = False,
) -> None:
    """Catch links, write entries and compose issues in a browser.

    Works on the same files as the command line. Only this computer can open it. Press Ctrl-C to stop.

    newsletter studio
    newsletter studio --port 9000 --no-open
    """
    from newsletter.web.studio.app import serve_studio

    local_server.serve(context, serve_studio, name="studio", port=port, is_opened=not no_open)
