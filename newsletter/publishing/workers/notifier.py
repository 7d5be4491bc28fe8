"""Mail to publishers and the `[notify]` addresses, in a thread, so that a slow mail server doesn't hold up anything."""

import threading
from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

from newsletter import bootstrap
from newsletter.errors import BusyError, NewsletterError
from newsletter.publishing.staff_mail import notified_addresses
from newsletter.sending import WriteNotice, notify
from newsletter.settings import Settings
from newsletter.store import Store

AT_THE_END = 30.0  # seconds to wait for the last messages before the process ends


class Notifier:
    """A background sender of notifications.

    ``write`` returns the subject and the text of a message. ``report`` is called once with each error; none stops
    anything else. ``clock`` returns the time by a store; the thread has a store of its own.
    """

    def __init__(
        self,
        write: WriteNotice,
        report: Callable[[NewsletterError], object],
        clock: Callable[[Store], datetime] = Store.now,
    ) -> None:
        self._write = write
        self._report = report
        self._clock = clock
        self._thread: threading.Thread | None = None
        self._trouble = ""

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wait()

    def start(self, settings: Settings, store: Store) -> None:
        """Mail due notifications in a thread, unless one is already running."""
        if (self._thread is None or not self._thread.is_alive()) and store.notices.has_due(self._clock(store)):
            self._thread = threading.Thread(target=self._run, args=(settings,), name="notices", daemon=True)
            self._thread.start()

    def wait(self, seconds: float = AT_THE_END) -> None:
        """Wait a limited time for the thread to end; another process mails what is left."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self, settings: Settings) -> None:
        try:
            with bootstrap.open_store(settings) as store:
                while notify(
                    store,
                    notified_addresses(settings, store),
                    settings.newsletter,
                    lambda: bootstrap.open_provider(settings),
                    self._write,
                    self._report,
                    now=self._clock(store),
                    studio=settings.studio.origin,
                ):
                    pass
        except BusyError:
            return  # a send is using the database; the next call tries again
        except Exception as err:  # noqa: BLE001  a message about a send must never disturb the send
            trouble = f"notifications can't be mailed: {err or type(err).__name__}"
            if trouble != self._trouble:
                self._report(NewsletterError(trouble))
            self._trouble = trouble
        else:
            self._trouble = ""
