"""A worker's service mail: links to confirm that the studio or the readers' pages have queued, in a thread."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from newsletter import bootstrap, rendering
from newsletter.archive import ArchiveCache
from newsletter.errors import BusyError, NewsletterError
from newsletter.publishing.workers.background_thread import background_thread
from newsletter.settings import Settings
from newsletter.store import Store

EVERY = 5.0  # seconds between two looks at the queue


class QueuedServiceMail:
    """A sender of queued service mail, also during a long send.

    The readers' pages send the same queue: each message is leased to one of them. ``load`` and ``open_store`` may
    raise NewsletterErrors. ``report`` is called once with each error until sending works again; messages stay queued.
    """

    def __init__(
        self,
        load: Callable[[], Settings],
        open_store: Callable[[Settings], AbstractContextManager[Store]],
        report: Callable[[NewsletterError], object],
        *,
        seconds: float = EVERY,
    ) -> None:
        self._load, self._open_store, self._report, self._seconds = load, open_store, report, seconds
        self._reported: set[str] = set()

    def sending(self) -> AbstractContextManager[None]:
        """Return a context in which queued mail is sent."""
        return background_thread("service mail", self._run)

    def _run(self, ended: threading.Event) -> None:
        while not ended.is_set():
            # The worker reports itself that there are no settings or no database.
            with suppress(NewsletterError, OSError), self._open_store(self._load()) as store:
                while not store.confirmations.has_due(store.now()):
                    if ended.wait(self._seconds):
                        return
                self._send(self._load(), store, ended)
            ended.wait(self._seconds)

    def _send(self, settings: Settings, store: Store, ended: threading.Event) -> None:
        try:
            send_service_mail(settings, store, self._log, stopping=ended.is_set)
        except BusyError:
            return  # the next look tries again
        except NewsletterError as err:
            self._log(err.what, hint=err.hint)
        else:
            self._reported.clear()

    def _log(self, why: str, *, hint: str = "") -> None:
        if why not in self._reported:
            self._reported.add(why)
            self._report(NewsletterError(f"service mail, such as links to confirm, can't be sent: {why}", hint=hint))


def send_service_mail(
    settings: Settings,
    store: Store,
    log: Callable[[str], object],
    *,
    stopping: Callable[[], bool] = lambda: False,
) -> None:
    """Send the service mail that is due, batch by batch. ``log`` gets the errors of single messages.

    Raise SettingsError if a secret is missing, FindingsError if the theme has a mistake, SecretError and StoreError.
    """
    newsletter = settings.newsletter
    theme = rendering.load_theme(settings.root, newsletter)
    latest = ArchiveCache(settings.root, newsletter, store.sends.published_issues).latest_issue
    with bootstrap.open_send_context(settings) as context:
        mailer = bootstrap.service_mailer(newsletter, store, context, theme, log, latest=latest)
        while not stopping() and mailer.send_batch():
            pass
