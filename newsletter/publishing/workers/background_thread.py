"""Threads beside a worker: one that runs until the worker ends, and work that is done when it is due."""

import threading
from abc import ABC, abstractmethod
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from typing import ClassVar

from newsletter import bootstrap
from newsletter.errors import BusyError, NewsletterError
from newsletter.settings import Settings
from newsletter.store import Store

AT_THE_END = 30.0  # seconds to wait for the thread before the process ends


@contextmanager
def background_thread(name: str, run: Callable[[threading.Event], object]) -> Iterator[None]:
    """Call ``run`` in a thread for as long as this context lasts; it has to return soon after its event is set."""
    ended = threading.Event()
    thread = threading.Thread(target=run, args=(ended,), name=name, daemon=True)
    thread.start()
    try:
        yield
    finally:
        ended.set()
        thread.join()


class BackgroundWork(ABC):
    """Work that is done in a thread when it is due, so that sends don't wait for it. The thread has its own store.

    ``report`` is called once with each error, which begins with ``trouble``; none stops anything else.
    """

    name: ClassVar[str]
    trouble: ClassVar[str]

    def __init__(self, report: Callable[[NewsletterError], object]) -> None:
        self._report = report
        self._thread: threading.Thread | None = None
        self._reported = ""
        self._starting = threading.Lock()

    @abstractmethod
    def is_due(self, settings: Settings, store: Store) -> bool:
        """Return whether there is something to do."""

    @abstractmethod
    def do(self, settings: Settings, store: Store) -> None:
        """Do what is due."""

    def start(self, settings: Settings, store: Store) -> None:
        """Do the work that is due in a thread, unless one is already at it. Any thread may call this."""
        with self._starting:
            if (self._thread is None or not self._thread.is_alive()) and self.is_due(settings, store):
                self._thread = threading.Thread(target=self._run, args=(settings,), name=self.name, daemon=True)
                self._thread.start()

    def wait(self, seconds: float = AT_THE_END) -> None:
        """Wait a limited time for the thread to end; another process does what is left."""
        if self._thread is not None:
            self._thread.join(seconds)

    def _run(self, settings: Settings) -> None:
        try:
            with bootstrap.open_store(settings) as store:
                self.do(settings, store)
        except BusyError:
            return  # a send is using the database; the next call tries again
        except Exception as err:  # noqa: BLE001  nothing here may disturb a send
            trouble = f"{self.trouble}: {err or type(err).__name__}"
            if trouble != self._reported:
                self._report(NewsletterError(trouble))
            self._reported = trouble
        else:
            self._reported = ""
