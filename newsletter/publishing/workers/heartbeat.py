"""A worker's heartbeat, in a thread of its own, so that a long send doesn't look like a worker that has stopped."""

import threading
from collections.abc import Callable
from contextlib import AbstractContextManager, suppress

from newsletter.domain.workers import BEAT
from newsletter.errors import NewsletterError
from newsletter.publishing.workers.background_thread import background_thread
from newsletter.settings import Settings
from newsletter.store import Store, this_process


def heartbeat(
    load: Callable[[], Settings], open_store: Callable[[Settings], AbstractContextManager[Store]]
) -> AbstractContextManager[None]:
    """Return a context in which this process's heartbeat is in the database. Without a database it stays silent.

    ``load`` and ``open_store`` may raise NewsletterErrors: then the beat is missing, and the next one is tried.
    """
    seconds, name = BEAT.total_seconds(), this_process()

    def run(ended: threading.Event) -> None:
        while not ended.is_set():
            with suppress(NewsletterError, OSError), open_store(load()) as store:
                while True:
                    store.workers.beat(name, now=store.now())
                    if ended.wait(seconds):
                        store.workers.leave(name)
                        return
            ended.wait(seconds)

    return background_thread("heartbeat", run)
