"""What strangers can bring about any number of times, as one line a minute."""

import asyncio
from collections.abc import Callable

A_MINUTE = 60.0  # seconds


class Tally:
    """A count of one thing, told when it happens first and then once a minute. Belongs to one event loop."""

    def __init__(self, say: Callable[[str], object], what: str) -> None:
        self._say, self._what = say, what
        self._number = 0
        self._quiet: asyncio.TimerHandle | None = None

    def count(self) -> None:
        """Note that it happened."""
        self._number += 1
        if self._quiet is None:
            self._tell()

    def _tell(self) -> None:
        self._quiet = None
        if self._number:
            self._say(f"{self._what}: {self._number}")
            self._number = 0
            self._quiet = asyncio.get_running_loop().call_later(A_MINUTE, self._tell)
