"""The numbers of topics' followers, kept for a minute: counting those of a million readers takes seconds."""

import threading
import time
from collections.abc import Callable, Mapping

from newsletter.domain.topic_changes import FollowerCounts
from newsletter.publishing.topics.topic_list import by_current_slug
from newsletter.web.preview.snapshot import Snapshot

_FRESH_S = 60.0


class TopicNumbers:
    """A cache of the followers by topic. It is thread-safe; ``clock`` returns seconds and never goes back."""

    def __init__(self, clock: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._kept: tuple[float, Mapping[str, FollowerCounts]] | None = None
        self._guard = threading.Lock()

    def known(self, snapshot: Snapshot) -> Mapping[str, FollowerCounts] | None:
        """Return the numbers by current slugs if they were counted in the last minute, else None."""
        kept = self._kept
        if kept is None or self._clock() - kept[0] > _FRESH_S:
            return None
        return by_current_slug(snapshot.settings.newsletter.topics, kept[1])

    def counted(self, snapshot: Snapshot) -> Mapping[str, FollowerCounts] | None:
        """Return the numbers by current slugs, None if there is no database. Raise StoreError."""
        if not snapshot.settings.has_database():
            return None
        with self._guard:
            known = self.known(snapshot)
            if known is not None:
                return known
            with snapshot.settings.open_store() as store:
                self._kept = (self._clock(), store.topic_followers.counts())
        return self.known(snapshot)

    def forget(self) -> None:
        """Forget the numbers, since followers have moved."""
        self._kept = None
