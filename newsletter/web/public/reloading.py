"""The public pages, rebuilt whenever newsletter.toml or a template changes."""

import threading
from collections.abc import Callable
from contextlib import ExitStack, suppress
from pathlib import Path
from types import TracebackType
from typing import Self

from fastapi import FastAPI
from starlette.types import Receive, Scope, Send

from newsletter import bootstrap, rendering, settings
from newsletter.archive import ArchiveCache, Cards
from newsletter.errors import NewsletterError, SettingsError
from newsletter.files.file_state import FileState, file_states
from newsletter.files.newsletter_folder import SETTINGS_FILE, TEMPLATES
from newsletter.pictures import picture_library
from newsletter.publishing.workers.notifier import Notifier
from newsletter.settings import Settings
from newsletter.store import Store
from newsletter.subscriptions import ServiceMailer
from newsletter.web.public.app import public_app
from newsletter.web.public.pages import PageTemplates, Site
from newsletter.web.public.webhooks import Webhooks

Say = Callable[[str], object]

EVERY = 2.0  # seconds between checks of the files
FOR_NOTICES = 2.0  # seconds to wait for [notify] messages when the server stops


class ReloadingApp:
    """An ASGI application that reloads its settings, and keeps the old ones while the new ones can't be used.

    Between ``__enter__`` and ``__exit__`` it also sends service mail and notifications. The store must stay open; it
    opens and closes its provider itself. ``say`` is called when it has reloaded, ``refused`` with the error if it
    can't, and ``log`` with other errors, without addresses.
    """

    def __init__(
        self,
        settings: Settings,
        store: Store,
        *,
        say: Say,
        log: Say,
        notifier: Notifier,
        refused: Callable[[NewsletterError], object],
    ) -> None:
        self._root, self._settings, self._store = settings.root, settings, store
        self._say, self._log, self._refused = say, log, refused
        self._state = _state(settings.root)
        self._current = _Generation(settings, store, log)
        self._notifier = notifier  # a webhook call may cause held bounces
        self._stop = threading.Event()
        self._watcher = threading.Thread(target=self._watch, name="settings")

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer a request with the current settings."""
        await self._current.app(scope, receive, send)

    def __enter__(self) -> Self:
        self._current.start()
        self._watcher.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._stop.set()
        self._watcher.join()
        self._current.end()

    def _watch(self) -> None:
        while not self._stop.wait(EVERY):
            state = _state(self._root)
            if state != self._state:
                self._state = state
                self._reload()
            with suppress(NewsletterError):  # the database is busy or unreachable; try again next time
                self._notifier.start(self._settings, self._store)
        self._notifier.wait(FOR_NOTICES)

    def _reload(self) -> None:
        try:
            changed = settings.load(self._root)
            if changed.database != self._settings.database:
                raise SettingsError("the database has changed", hint="restart the server")
            later = _Generation(changed, self._store, self._log)
        except NewsletterError as err:
            self._refused(err)
            return
        before, self._current, self._settings = self._current, later, changed
        later.start()
        before.end()
        self._say("Reloaded newsletter.toml and the templates.")


class _Generation:
    """The pages and service mail for one version of the settings. Raises NewsletterError if they can't be used."""

    def __init__(self, settings: Settings, store: Store, log: Say) -> None:
        self._stack = ExitStack()
        try:
            self.app, self._mailer = build_app(settings, store, self._stack, log)
        except BaseException:
            self._stack.close()
            raise
        self._thread = threading.Thread(target=self._mailer.run, name="service messages")

    def start(self) -> None:
        """Start to send service mail."""
        self._thread.start()

    def end(self) -> None:
        """Finish the service mail in progress and close the provider."""
        self._mailer.stop()
        self._thread.join()
        self._stack.close()


def build_app(settings: Settings, store: Store, stack: ExitStack, log: Say) -> tuple[FastAPI, ServiceMailer]:
    """Return the public application for these settings, and its sender of service mail, which isn't running yet.

    The provider stays open until the ``stack`` closes. Raise SettingsError, SecretError or FindingsError.
    """
    newsletter = settings.newsletter
    theme = rendering.load_theme(settings.root, newsletter)
    for language in newsletter.languages:
        theme.in_language(language)  # now, as a page couldn't be shown if the theme's files had a mistake by then
    hooks = bootstrap.open_webhooks(settings)
    context = stack.enter_context(bootstrap.open_send_context(settings))
    archive_cache = ArchiveCache(settings.root, newsletter, store.sends.published_issues)
    mailer = bootstrap.service_mailer(newsletter, store, context, theme, log, latest=archive_cache.latest_issue)
    prose = rendering.PageText(newsletter, theme)
    site = Site(
        newsletter=newsletter,
        store=store,
        signer=context.signer,
        pages=PageTemplates(settings.root, newsletter, theme),
        archive_cache=archive_cache,
        prose=prose,
        cards=Cards(settings.root, newsletter, prose),
        pictures=picture_library(settings.root),
        clock=store.cached_now,  # the service mail's thread keeps it in sync with the database's clock
        wake=mailer.wake,
        kept=bootstrap.open_kept_messages(settings),
    )
    webhooks = Webhooks(hooks, bootstrap.feedback_recorder(settings, store, context.signer), site.clock)
    return public_app(site, proxies=settings.proxies, hooks=webhooks, log=log), mailer


def _state(root: Path) -> frozenset[FileState]:
    """Return the state of newsletter.toml and the templates."""
    return file_states((root / SETTINGS_FILE, root / TEMPLATES))
