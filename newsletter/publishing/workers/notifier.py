"""Mail to publishers and the `[notify]` addresses, in a thread, so that a slow mail server doesn't hold up anything."""

from collections.abc import Callable
from datetime import datetime
from types import TracebackType
from typing import Self

from newsletter import bootstrap
from newsletter.errors import NewsletterError
from newsletter.publishing.staff_mail import notified_addresses
from newsletter.publishing.workers.background_thread import BackgroundWork
from newsletter.sending import WriteNotice, notify
from newsletter.settings import Settings
from newsletter.store import Store


class Notifier(BackgroundWork):
    """A background sender of notifications.

    ``write`` returns the subject and the text of a message; ``clock`` returns the time by a store.
    """

    name, trouble = "notices", "notifications can't be mailed"

    def __init__(
        self,
        write: WriteNotice,
        report: Callable[[NewsletterError], object],
        clock: Callable[[Store], datetime] = Store.now,
    ) -> None:
        super().__init__(report)
        self._write, self._clock = write, clock

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.wait()

    def is_due(self, settings: Settings, store: Store) -> bool:  # noqa: ARG002  other work needs them
        """Return whether notifications are due."""
        return store.notices.has_due(self._clock(store))

    def do(self, settings: Settings, store: Store) -> None:
        """Mail the notifications that are due."""
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
