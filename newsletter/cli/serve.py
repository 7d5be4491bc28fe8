"""`newsletter serve`: the public pages."""

from typing import Annotated

import typer

from newsletter.cli import output, resources


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, metavar="N", help="Which port.")] = 8026,
) -> None:
    """Serve the readers' pages: the archive, sign up, preferences, unsubscribe; and take what the provider posts.

    They answer to the host of base_url only, and follow newsletter.toml and the templates as you change them.
    Put a web server with TLS in front. Ctrl-C stops it.

    newsletter serve
    newsletter serve --host 0.0.0.0 --port 8080
    """
    from newsletter.cli.serving import Served
    from newsletter.web.http.server import listen
    from newsletter.web.public.app import serve_public

    settings = resources.settings(context)

    def ready() -> None:
        output.say(f"{settings.newsletter.base_url} is served at {host}:{port}  (Ctrl-C ends it)")

    with resources.store(settings) as store:
        served = Served(settings, store)
        listening = listen(host, port)
        with served:
            serve_public(served, listening, ready=ready, say=output.error)
