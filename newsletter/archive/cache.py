"""The archive of a newsletter whose files and sends change while its pages are served."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from newsletter import content
from newsletter.archive.model import Archive, collect
from newsletter.archive.search import Index
from newsletter.domain.delivery import Published
from newsletter.domain.issue import Newsletter
from newsletter.errors import StoreError

EVERY = 5.0  # seconds: nobody has to wait longer for what was just sent or corrected


class Keeper:
    """Gives the archive as it stands, and reads the files again where one has changed; it looks once in a while."""

    def __init__(
        self,
        root: Path,
        newsletter: Newsletter,
        published: Callable[[], Sequence[Published]],
        *,
        every: float = EVERY,
        clock: Callable[[], float] = time.monotonic,
    ) -> None:
        self._root, self._newsletter, self._published = root, newsletter, published
        self._every, self._clock = every, clock
        self._lock = threading.Lock()
        self._looked = -every
        self._state: object = None
        self._kept = _Kept(collect((), (), newsletter))

    @property
    def archive(self) -> Archive:
        """As it stands. While one thread reads files, others get it as it was, except for the first time."""
        return self._current().archive

    @property
    def index(self) -> Index:
        """Its words."""
        return self._current().index

    def _current(self) -> "_Kept":
        if self._clock() - self._looked < self._every:
            return self._kept
        if self._lock.acquire(blocking=self._state is None):
            try:
                self._look()
            finally:
                self._lock.release()
        return self._kept

    def _look(self) -> None:
        try:
            published = self._published()
        except StoreError:
            if self._state is None:
                raise
            return  # what was read before is better than nothing; the next one looks again
        state = (content.state(self._root), tuple(published))
        if state != self._state:
            self._kept = _Kept(collect(content.read(self._root).issues, published, self._newsletter))
            self._state = state
        self._looked = self._clock()


class _Kept:
    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._index: Index | None = None

    @property
    def index(self) -> Index:
        """Made when somebody first searches."""
        if self._index is None:
            self._index = Index(self.archive)
        return self._index
