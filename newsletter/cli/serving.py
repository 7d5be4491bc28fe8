"""The application behind `newsletter serve`, rebuilt whenever newsletter.toml or a template changes."""

import threading
from contextlib import ExitStack, suppress
from pathlib import Path
from typing import TYPE_CHECKING, Self

from newsletter import bootstrap
from newsletter.cli import output
from newsletter.cli.notifying import Notifier
from newsletter.errors import NewsletterError, SettingsError
from newsletter.files.file_state import FileState, file_states
from newsletter.files.newsletter_folder import SETTINGS_FILE, TEMPLATES

if TYPE_CHECKING:
    from types import TracebackType

    from fastapi import FastAPI
    from starlette.types import Receive, Scope, Send

    from newsletter.settings import Settings
    from newsletter.store import Store
    from newsletter.subscriptions import Mailing

EVERY = 2.0  # seconds between checks of the files
FOR_NOTICES = 2.0  # seconds to wait for [notify] messages when the server stops


class Served:
    """An ASGI application that reloads its settings, and keeps the old ones while the new ones can't be used."""

    def __init__(self, settings: "Settings", store: "Store") -> None:
        self._root, self._settings, self._store = settings.root, settings, store
        self._state = _state(settings.root)
        self._now = _Generation(settings, store)
        self._notifier = Notifier()  # a webhook call may cause held bounces
        self._stop = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="settings")

    async def __call__(self, scope: "Scope", receive: "Receive", send: "Send") -> None:
        """Answer a request with the current settings."""
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
            with suppress(NewsletterError):  # the database is busy or unreachable; try again next time
                self._notifier.start(self._settings, self._store)
        self._notifier.wait(FOR_NOTICES)

    def _renew(self) -> None:
        from newsletter import settings

        try:
            changed = settings.load(self._root)
            if changed.database != self._settings.database:
                raise SettingsError("the database has changed", hint="restart `newsletter serve`")
            later = _Generation(changed, self._store)
        except NewsletterError as err:
            output.problem(err, before="can't apply the changes: ")
            return
        before, self._now, self._settings = self._now, later, changed
        later.start()
        before.end()
        output.say("Reloaded newsletter.toml and the templates.")


class _Generation:
    """The pages and service mail for one version of the settings. Raises NewsletterError if they can't be used."""

    def __init__(self, settings: "Settings", store: "Store") -> None:
        self._stack = ExitStack()
        try:
            self.app, self._mailing = _built(settings, store, self._stack)
        except BaseException:
            self._stack.close()
            raise
        self._thread = threading.Thread(target=self._mailing.run, name="service messages")

    def start(self) -> None:
        """Start to send service mail."""
        self._thread.start()

    def end(self) -> None:
        """Finish the service mail in progress and close the provider."""
        self._mailing.end()
        self._thread.join()
        self._stack.close()


def _built(settings: "Settings", store: "Store", stack: ExitStack) -> "tuple[FastAPI, Mailing]":
    from newsletter import rendering
    from newsletter.archive import Keeper
    from newsletter.web.public.app import public_app
    from newsletter.web.public.pages import PageTemplates, Site
    from newsletter.web.public.webhooks import Hooks

    newsletter = settings.newsletter
    theme = rendering.load_theme(settings.root, newsletter)
    hooks = bootstrap.open_webhooks(settings)
    post = stack.enter_context(bootstrap.open_post(settings))
    mailing = bootstrap.service_mail(settings, store, post, theme, output.error)
    site = Site(
        newsletter=newsletter,
        store=store,
        signer=post.signer,
        pages=PageTemplates(settings.root, newsletter, theme),
        keeper=Keeper(settings.root, newsletter, store.sends.published),
        prose=rendering.Prose(newsletter, theme),
        clock=store.now_at_once,  # the service mail's thread keeps it in sync with the database's clock
        wake=mailing.wake,
        kept=bootstrap.open_kept_messages(settings),
    )
    posts = Hooks(hooks, bootstrap.feedback(settings, store, post.signer), site.clock)
    return public_app(site, proxies=settings.proxies, hooks=posts, say=output.error), mailing


def _state(root: Path) -> frozenset[FileState]:
    """Return the state of newsletter.toml and the templates."""
    return file_states((root / SETTINGS_FILE, root / TEMPLATES))
