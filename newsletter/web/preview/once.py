"""A cache of values that are computed when they are first needed, and only once."""

import threading
from collections.abc import Callable, Hashable
from typing import Any, TypeVar, cast

ValueT = TypeVar("ValueT")


class OnceCache:
    """A cache that several threads may use: they wait for each other's computation of the same value."""

    def __init__(self) -> None:
        self._values: dict[Hashable, Any] = {}
        self._locks: dict[Hashable, threading.Lock] = {}
        self._lock = threading.Lock()

    def get(self, key: Hashable, compute: Callable[[], ValueT]) -> ValueT:
        """Return the value of a key, computed if it isn't known.

        Raise what ``compute`` raises: then nothing is stored, and the next call computes again, so that no two threads
        ever raise the same exception.
        """
        with self._lock:
            lock = self._locks.setdefault(key, threading.Lock())
        with lock:
            if key not in self._values:
                self._values[key] = compute()
            return cast("ValueT", self._values[key])

    def known(self, key: Hashable) -> Any:
        """Return the value of a key if it has been computed, else None."""
        return self._values.get(key)
