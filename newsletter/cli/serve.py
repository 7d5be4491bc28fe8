"""`newsletter serve`: serve the public pages."""

from typing import Annotated

import typer

from newsletter.cli import output, resources
from newsletter.errors import NewsletterError


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="The address to listen on.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, metavar="N", help="The port to listen on.")] = 8026,
) -> None:
    """Serve the public pages and the provider's webhook.

    The pages are the archive, sign-up, preferences and unsubscribing.
    Run this behind a web server with TLS; it only answers requests for the host in base_url.
    It reloads newsletter.toml and the templates when they change. Press Ctrl-C to stop.

    newsletter serve
    newsletter serve --host 0.0.0.0 --port 8080
    """
    from newsletter.cli.notice_text import notice_message
    from newsletter.publishing.workers.notifier import Notifier
    from newsletter.web.http.server import listen
    from newsletter.web.public.reloading import ReloadingApp
    from newsletter.web.public.server import serve_public

    settings = resources.load_settings(context)

    def ready() -> None:
        output.say(f"Serving {settings.newsletter.base_url} at {host}:{port}  (Ctrl-C to stop)")

    def refused(err: NewsletterError) -> None:
        output.print_error(err, before="can't apply the changes: ")

    with resources.open_store(settings) as store:
        pages = ReloadingApp(
            settings,
            store,
            say=output.say,
            log=output.error,
            notifier=Notifier(notice_message, output.print_error),
            refused=refused,
        )
        listening = listen(host, port)
        with pages:
            serve_public(pages, listening, ready=ready, log=output.error)
