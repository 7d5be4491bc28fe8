"""Write the changes that readers make with their links, one at a time, with an hourly limit."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar, cast

from newsletter.domain.consent import hour_of
from newsletter.subscriptions import TooOftenError
from newsletter.web.http.batching import PATIENCE, Batcher
from newsletter.web.public.pages import Site

MOST_CHANGES = 60  # changes an hour for one reader, with links of one kind
SPACING = 0.1  # seconds between one reader's changes: a burst would keep others from unsubscribing
REMEMBERED = 100_000  # refused paths, and readers counted

_T = TypeVar("_T")


class ChangeWriter:
    """A writer that makes one change at a time, so that an unsubscription waits for one of them at most.

    The links in a reader's messages and the links mailed for their own page have separate limits, so nobody with a
    forwarded message can use up the reader's own.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._batcher = Batcher(_carry_out, most=1, patience=PATIENCE)
        self._hour = 0
        self._counts = Counter[str]()
        self._next_start: dict[str, float] = {}  # when the reader's next change may start, by the loop's clock
        self._refused = set[str]()

    async def admit(self, subject: str, path: str) -> None:
        """Count a request with a valid link, and wait until ``SPACING`` seconds after the reader's previous one.

        Raise TooOftenError if there were too many in this hour.
        """
        self._begin_hour(self._site.clock())
        if self._counts[subject] >= MOST_CHANGES:
            if len(self._refused) < REMEMBERED:
                self._refused.add(path)
            raise TooOftenError("this link was used too often", hint="try again in an hour")
        if subject in self._counts or len(self._counts) < REMEMBERED:
            self._counts[subject] += 1
            now = asyncio.get_running_loop().time()
            begin = max(now, self._next_start.get(subject, now))
            self._next_start[subject] = begin + SPACING
            await asyncio.sleep(begin - now)

    def refuses(self, method: str, path: str) -> bool:
        """Return whether ``admit`` has refused this path in this hour."""
        self._begin_hour(self._site.clock())
        return method == "POST" and path in self._refused

    async def write(self, change: Callable[[], _T]) -> _T:
        """Make a change in its turn, in a thread. Return what it returns, and raise what it raises."""
        return cast("_T", await self._batcher.write(change))

    def _begin_hour(self, now: datetime) -> None:
        """Reset all counters once a new hour has begun."""
        if (hour := hour_of(now)) != self._hour:
            self._hour, self._counts, self._next_start, self._refused = hour, Counter(), {}, set()


def _carry_out(changes: Sequence[Callable[[], object]]) -> Sequence[object]:
    return [change() for change in changes]
