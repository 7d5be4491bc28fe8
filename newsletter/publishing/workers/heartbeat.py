"""A worker's heartbeat, in a thread of its own, so that a long send doesn't look like a worker that has stopped."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress
from types import TracebackType
from typing import Self

from newsletter.domain.workers import BEAT
from newsletter.errors import NewsletterError
from newsletter.settings import Settings
from newsletter.store import Store, this_process


class Heartbeat:
    """A heartbeat in the database for as long as this context lasts. Without a database it stays silent.

    ``load`` and ``open_store`` may raise NewsletterErrors: then the beat is missing, and the next one is tried.
    """

    def __init__(
        self,
        load: Callable[[], Settings],
        open_store: Callable[[Settings], AbstractContextManager[Store]],
        *,
        seconds: float = BEAT.total_seconds(),
    ) -> None:
        self._load, self._open_store, self._seconds = load, open_store, seconds
        self._name = this_process()
        self._ended = threading.Event()
        self._thread = threading.Thread(target=self._run, name="heartbeat", daemon=True)

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._ended.set()
        self._thread.join()

    def _run(self) -> None:
        while not self._ended.is_set():
            with suppress(NewsletterError, OSError), self._open_store(self._load()) as store:
                while True:
                    store.workers.beat(self._name, now=store.now())
                    if self._ended.wait(self._seconds):
                        store.workers.leave(self._name)
                        return
            self._ended.wait(self._seconds)
