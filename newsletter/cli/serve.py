"""`newsletter serve`: the public pages."""

from typing import Annotated

import typer

from newsletter.cli import opening, printing


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, metavar="N", help="Which port.")] = 8026,
) -> None:
    """Serve the readers' pages: sign up, preferences, unsubscribe.

    They answer to the host of base_url only. Put a web server with TLS before it. Ctrl-C ends it.

    newsletter serve
    newsletter serve --host 0.0.0.0 --port 8080
    """
    from newsletter import rendering
    from newsletter import settings as environment
    from newsletter.web.public import listen, public_app, serve_public
    from newsletter.web.site import Pages, Site

    settings = opening.settings(context)
    signer = environment.signer()
    newsletter = settings.newsletter
    pages = Pages(settings.root, newsletter, rendering.load_theme(settings.root, newsletter))
    with opening.store(settings) as store:
        site = Site(newsletter=newsletter, store=store, signer=signer, pages=pages)
        app = public_app(site, proxies=settings.proxies, say=printing.error)

        def ready() -> None:
            printing.say(f"{newsletter.base_url} is served at {host}:{port}  (Ctrl-C ends it)")

        serve_public(app, listen(host, port), ready=ready)
