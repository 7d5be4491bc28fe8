"""A cached archive, reloaded when files or sends change."""

import threading
import time
from collections.abc import Callable, Sequence
from pathlib import Path

from newsletter import content
from newsletter.archive.model import Archive, collect
from newsletter.archive.reading import read_archive
from newsletter.archive.search import SearchIndex
from newsletter.domain.issue import Issue
from newsletter.domain.publication import Newsletter
from newsletter.domain.send import PublishedIssue
from newsletter.errors import StoreError
from newsletter.files.file_state import file_states
from newsletter.files.newsletter_folder import IMAGES

CHECK_EVERY = 5.0  # seconds after which a new issue or correction is shown at the latest


class ArchiveCache:
    """A cache of the archive. It checks for changes every few seconds, and reloads the files if there are any."""

    def __init__(
        self,
        root: Path,
        newsletter: Newsletter,
        published: Callable[[], Sequence[PublishedIssue]],
        *,
        every: float = CHECK_EVERY,
    ) -> None:
        self._root, self._newsletter, self._published = root, newsletter, published
        self._every = every
        self._lock = threading.Lock()
        self._checked_at = -every
        self._state: object = None
        self._loaded = _Loaded(collect((), (), newsletter))

    @property
    def archive(self) -> Archive:
        """Return the current archive. While one thread reloads it, others get the old one, if there is one."""
        return self._current().archive

    def latest_issue(self, language: str) -> Issue | None:
        """Return the latest issue for a reader of a language, or None if none has been sent."""
        latest = self.archive.latest(language)
        return latest.issue if latest else None

    @property
    def index(self) -> SearchIndex:
        """Return the search index of the current archive."""
        return self._current().index

    def _current(self) -> "_Loaded":
        if time.monotonic() - self._checked_at < self._every:
            return self._loaded
        if self._lock.acquire(blocking=self._state is None):
            try:
                self._check()
            finally:
                self._lock.release()
        return self._loaded

    def _check(self) -> None:
        try:
            published = self._published()
        except StoreError:
            if self._state is None:
                raise
            return  # keep the old archive; the next request checks again
        pictures = file_states((self._root / IMAGES,))
        state = (content.manuscript_states(self._root), pictures, tuple(published))
        if state != self._state:
            self._loaded = _Loaded(read_archive(self._root, self._newsletter, published))
            self._state = state
        self._checked_at = time.monotonic()


class _Loaded:
    def __init__(self, archive: Archive) -> None:
        self.archive = archive
        self._index: SearchIndex | None = None
        self._lock = threading.Lock()

    @property
    def index(self) -> SearchIndex:
        """Return the search index, built at the first search."""
        with self._lock:
            if self._index is None:
                self._index = SearchIndex(self.archive)
            return self._index
