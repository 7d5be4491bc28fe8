"""The numbers of topics' followers, kept for some minutes: counting those of a million readers takes a second."""

import threading
import time
from collections.abc import Callable, Mapping
from contextlib import suppress

from newsletter.domain.topic_changes import FollowerCounts
from newsletter.errors import NewsletterError
from newsletter.publishing.topics.topic_list import by_current_slug
from newsletter.web.preview.snapshot import Snapshot

_FRESH_S = 60.0
_USABLE_S = 600.0  # seconds for which they are still shown while they are counted again


class TopicNumbers:
    """A cache of the followers by topic. It is thread-safe.

    ``clock`` returns seconds and never goes back; ``beside`` runs a function beside the request that needs it.
    """

    def __init__(
        self,
        clock: Callable[[], float] = time.monotonic,
        beside: Callable[[Callable[[], object]], object] = lambda count: threading.Thread(target=count).start(),
    ) -> None:
        self._clock, self._beside = clock, beside
        self._kept: tuple[float, Mapping[str, FollowerCounts]] | None = None
        self._guard = threading.Lock()

    def known(self, snapshot: Snapshot) -> Mapping[str, FollowerCounts] | None:
        """Return the numbers by current slugs if they were counted in the last minute, else None."""
        return self._younger_than(_FRESH_S, snapshot)

    def counted(self, snapshot: Snapshot) -> Mapping[str, FollowerCounts] | None:
        """Return the numbers by current slugs, None if there is no database. Raise StoreError.

        Numbers of more than a minute are returned, and counted again beside.
        """
        if not snapshot.settings.has_database():
            return None
        usable = self._younger_than(_USABLE_S, snapshot)
        if usable is None:
            return self._count(snapshot)
        if self.known(snapshot) is None:
            self._beside(lambda: self._count_again(snapshot))
        return usable

    def _younger_than(self, seconds: float, snapshot: Snapshot) -> Mapping[str, FollowerCounts] | None:
        kept = self._kept
        if kept is None or self._clock() - kept[0] > seconds:
            return None
        return by_current_slug(snapshot.settings.newsletter.topics, kept[1])

    def _count(self, snapshot: Snapshot) -> Mapping[str, FollowerCounts]:
        with self._guard:
            known = self.known(snapshot)  # another thread may have counted them meanwhile
            if known is None:
                with snapshot.settings.open_store() as store:
                    counts = store.topic_followers.counts()
                self._kept = (self._clock(), counts)
                known = by_current_slug(snapshot.settings.newsletter.topics, counts)
        return known

    def _count_again(self, snapshot: Snapshot) -> None:
        with suppress(NewsletterError):  # the next request tries again
            self._count(snapshot)

    def forget(self) -> None:
        """Forget the numbers, since followers have moved."""
        self._kept = None
