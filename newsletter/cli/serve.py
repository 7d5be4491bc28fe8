"""`newsletter serve`: the public pages."""

from typing import Annotated

import typer

from newsletter.cli import opening, printing


def serve(
    context: typer.Context,
    host: Annotated[str, typer.Option(metavar="ADDRESS", help="Where to listen.")] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=1, max=65535, metavar="N", help="Which port.")] = 8026,
) -> None:
    """Serve the readers' pages: the archive, sign up, preferences, unsubscribe; and take what the provider posts.

    They answer to the host of base_url only. Put a web server with TLS before it. Ctrl-C ends it.

    newsletter serve
    newsletter serve --host 0.0.0.0 --port 8080
    """
    import threading

    from newsletter import rendering
    from newsletter.archiving import Keeper
    from newsletter.feedback import Feedback
    from newsletter.subscribing import Mailing
    from newsletter.web.hooks import Hooks
    from newsletter.web.public import listen, public_app, serve_public
    from newsletter.web.site import Pages, Site

    settings = opening.settings(context)
    newsletter = settings.newsletter
    theme = rendering.load_theme(settings.root, newsletter)
    hooks = opening.hooks(settings)
    with opening.post(settings) as post, opening.store(settings) as store:
        listening = listen(host, port)
        mailing = Mailing(
            store=store,
            provider=post.provider,
            signer=post.signer,
            newsletter=newsletter,
            theme=theme,
            say=printing.error,
            return_path=post.return_path,
        )
        site = Site(
            newsletter=newsletter,
            store=store,
            signer=post.signer,
            pages=Pages(settings.root, newsletter, theme),
            keeper=Keeper(settings.root, newsletter, store.sends.published),
            prose=rendering.Prose(newsletter, theme),
            wake=mailing.wake,
        )

        feedback = Feedback(store, post.signer, soft_bounces=settings.feedback.soft_bounces)
        app = public_app(site, proxies=settings.proxies, hooks=Hooks(hooks, feedback, site.clock), say=printing.error)

        def ready() -> None:
            printing.say(f"{newsletter.base_url} is served at {host}:{port}  (Ctrl-C ends it)")

        thread = threading.Thread(target=mailing.run, name="service messages")
        thread.start()
        try:
            serve_public(app, listening, ready=ready)
        finally:
            mailing.end()
            thread.join()
