"""What `newsletter serve` serves, built again whenever newsletter.toml or a template changes."""

import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from newsletter.cli import output, resources
from newsletter.cli.notifying import Notifier
from newsletter.errors import NewsletterError, SettingsError

if TYPE_CHECKING:
    from types import TracebackType

    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send

    from newsletter.settings import Settings
    from newsletter.store import Store
    from newsletter.subscriptions import Mailing

EVERY = 2.0  # seconds between two looks at the files
FOR_NOTICES = 2.0  # seconds that a server which was asked to stop waits for a relay with its [notify] messages


class Served:
    """An ASGI application that goes on with the settings it has while changed ones can't be used."""

    def __init__(self, settings: "Settings", store: "Store") -> None:
        self._root, self._settings, self._store = settings.root, settings, store
        self._state = _state(settings.root)
        self._now = _Generation(settings, store)
        self._notifier = Notifier()  # a provider's post may hold bounces
        self._stop = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="settings")

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer with the pages as the settings are now."""
        await self._now.app(scope, receive, send)

    def __enter__(self) -> Self:
        self._now.start()
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: "TracebackType | None"
    ) -> None:
        self._stop.set()
        self._watcher.join()
        self._now.end()

    def _watch(self) -> None:
        while not self._stop.wait(EVERY):
            state = _state(self._root)
            if state != self._state:
                self._state = state
                self._renew()
            with suppress(NewsletterError):  # the database is busy or away: the next look tries again
                self._notifier.start(self._settings, self._store)
        self._notifier.wait(FOR_NOTICES)

    def _renew(self) -> None:
        from newsletter import settings

        try:
            changed = settings.load(self._root)
            if changed.database != self._settings.database:
                raise SettingsError("the database is another one", hint="start `newsletter serve` again")
            later = _Generation(changed, self._store)
        except NewsletterError as err:
            for each in (err, *err.others):
                output.error(f"the pages stay as they were: {each}")
            return
        before, self._now, self._settings = self._now, later, changed
        later.start()
        before.end()
        output.say("newsletter.toml or a template has changed: the pages follow it.")


class _Generation:
    """The pages and the service mail of one state of the settings. Raises NewsletterError if they can't be used."""

    def __init__(self, settings: "Settings", store: "Store") -> None:
        self._stack = ExitStack()
        try:
            self.app, self._mailing = _built(settings, store, self._stack)
        except BaseException:
            self._stack.close()
            raise
        self._thread = threading.Thread(target=self._mailing.run, name="service messages")

    def start(self) -> None:
        """Begin to hand service messages over."""
        self._thread.start()

    def end(self) -> None:
        """Finish what is under way and close the provider."""
        self._mailing.end()
        self._thread.join()
        self._stack.close()


def _built(settings: "Settings", store: "Store", stack: ExitStack) -> "tuple[FastAPI, Mailing]":
    from newsletter import rendering
    from newsletter.archive import Keeper
    from newsletter.feedback import Feedback
    from newsletter.subscriptions import Mailing
    from newsletter.web.public.app import public_app
    from newsletter.web.public.pages import PageTemplates, Site
    from newsletter.web.public.webhooks import Hooks

    newsletter = settings.newsletter
    theme = rendering.load_theme(settings.root, newsletter)
    hooks = resources.hooks(settings)
    post = stack.enter_context(resources.post(settings))
    mailing = Mailing(
        store=store,
        provider=post.provider,
        signer=post.signer,
        newsletter=newsletter,
        theme=theme,
        say=output.error,
        return_path=post.return_path,
        clock=store.now,
    )
    site = Site(
        newsletter=newsletter,
        store=store,
        signer=post.signer,
        pages=PageTemplates(settings.root, newsletter, theme),
        keeper=Keeper(settings.root, newsletter, store.sends.published),
        prose=rendering.Prose(newsletter, theme),
        clock=store.now_at_once,  # the service mail's thread keeps it right
        wake=mailing.wake,
        kept=resources.kept_messages(settings),
    )
    feedback = Feedback(store, post.signer, soft_bounces=settings.feedback.soft_bounces)
    posts = Hooks(hooks, feedback, site.clock)
    return public_app(site, proxies=settings.proxies, hooks=posts, say=output.error), mailing


def _state(root: Path) -> frozenset[tuple[str, int, int, int]]:
    """Return what tells newsletter.toml and the templates from those of before, without reading them."""
    found = set()
    for path in (root / "newsletter.toml", *(root / "templates").rglob("*")):
        with suppress(OSError):
            status = path.stat()
            found.add((str(path), status.st_ino, status.st_size, status.st_mtime_ns))
    return frozenset(found)
