"""The one writer of what readers change with their links, and how often an hour they may."""

import asyncio
from collections import Counter
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import TypeVar, cast

from newsletter.domain.consent import hour_of
from newsletter.subscriptions import TooOftenError
from newsletter.web.http.batching import PATIENCE, Together
from newsletter.web.public.pages import Site

MOST = 60  # changes an hour with links of one kind to one reader
APART = 0.1  # seconds: changes that come together would keep the processor busy, and those who unsubscribe waiting
REMEMBERED = 100_000  # paths that are refused, and readers that are counted

_T = TypeVar("_T")


class Changing:
    """Writes changes one after another, so that those who unsubscribe never wait for more than one of them.

    The links in a reader's messages are counted apart from those mailed to them for their own page: whoever was
    forwarded a message can't keep the reader from the latter.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._together = Together(_carry_out, most=1, patience=PATIENCE)
        self._hour = 0
        self._times = Counter[str]()
        self._begin: dict[str, float] = {}  # when the next change may begin, by the clock of the loop
        self._refused = set[str]()

    async def admit(self, subject: str, path: str) -> None:
        """Count a request with a valid link, and wait for its turn: some time after the one before.

        Raises TooOftenError if there were too many in this hour.
        """
        self._turn(self._site.clock())
        if self._times[subject] >= MOST:
            if len(self._refused) < REMEMBERED:
                self._refused.add(path)
            raise TooOftenError("a link was used too often", hint="try again in an hour")
        if subject in self._times or len(self._times) < REMEMBERED:
            self._times[subject] += 1
            now = asyncio.get_running_loop().time()
            begin = max(now, self._begin.get(subject, now))
            self._begin[subject] = begin + APART
            await asyncio.sleep(begin - now)

    def refuses(self, method: str, path: str) -> bool:
        """Return whether ``admit`` has refused this path in this hour."""
        self._turn(self._site.clock())
        return method == "POST" and path in self._refused

    async def write(self, change: Callable[[], _T]) -> _T:
        """Carry out a change in its turn, in a thread, and return what it returns. Raises what it raises."""
        return cast("_T", await self._together.do(change))

    def _turn(self, now: datetime) -> None:
        """Forget everything once a new hour has begun."""
        if (hour := hour_of(now)) != self._hour:
            self._hour, self._times, self._begin, self._refused = hour, Counter(), {}, set()


def _carry_out(changes: Sequence[Callable[[], object]]) -> Sequence[object]:
    return [change() for change in changes]
