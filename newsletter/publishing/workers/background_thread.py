"""A thread that runs beside a worker until the worker ends."""

import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager


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
