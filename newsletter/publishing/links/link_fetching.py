"""Fetch the pages of captured links in the background, and fill in what they say about themselves."""

import queue
import threading
from collections import OrderedDict
from collections.abc import Callable, Iterable
from contextlib import suppress
from dataclasses import replace
from datetime import datetime
from typing import Any

from newsletter.capture import Captured, capture, facts_of
from newsletter.domain.captured_links import TEXTS_KEPT, CapturedLink, LinkFacts
from newsletter.errors import NewsletterError
from newsletter.fetching import WebClient
from newsletter.store import Store

TYPED = "you"
"""The origin of a value that a person has typed: no page replaces it."""

_FIELDS = ("title", "source", "author", "date", "language", "minutes", "image", "kind", "paywall")
_WORKERS = 2
_REMEMBERED = 20  # pages that a capture window has read, until its link is saved


class PageReader:
    """A reader of pages through ``client``; without one, it reads none."""

    def __init__(self, client: WebClient | None) -> None:
        self._client = client
        self._lock = threading.Lock()
        self._remembered: OrderedDict[str, Captured] = OrderedDict()

    def read(self, url: str, *, title: str = "") -> Captured:
        """Fetch and read a page; the title that the browser sent stands in for a missing one. It never fails."""
        return capture(url, client=self._client, title=title)

    def read_ahead(self, url: str, *, title: str = "") -> Captured:
        """Do the same, and remember the result until the link is saved."""
        captured = self.read(url, title=title)
        with self._lock:
            self._remembered[captured.url] = captured
            while len(self._remembered) > _REMEMBERED:
                self._remembered.popitem(last=False)
        return captured

    def take(self, url: str) -> Captured | None:
        """Return what ``read_ahead`` has read of a page, once."""
        with self._lock:
            return self._remembered.pop(url, None)


class LinkFetcher:
    """A fetcher of the pages of links, in threads of its own. ``fetched`` is called after each, from one of them."""

    def __init__(
        self,
        reader: PageReader,
        open_store: Callable[[], Store],
        clock: Callable[[], datetime],
        fetched: Callable[[], object],
    ) -> None:
        self._reader, self._open_store, self._clock, self._fetched = reader, open_store, clock, fetched
        self._lock = threading.Lock()
        self._pending: set[int] = set()
        self._tried: set[int] = set()
        self._waiting: queue.SimpleQueue[int] = queue.SimpleQueue()
        self._workers = 0

    def fetch(self, links: Iterable[int]) -> None:
        """Fetch the pages of links, by id, soon; those that are being fetched already are left alone."""
        with self._lock:
            for link in links:
                if link in self._pending:
                    continue
                self._pending.add(link)
                self._tried.add(link)
                self._waiting.put(link)
                if self._workers < _WORKERS:
                    self._workers += 1
                    # A daemon: the studio must be able to stop while a page keeps it waiting.
                    threading.Thread(target=self._work, daemon=True).start()

    def resume(self, links: Iterable[int]) -> None:
        """Fetch the pages of links that an earlier process has left, each once."""
        self.fetch([link for link in links if link not in self._tried])

    def is_fetching(self, link: int) -> bool:
        """Return whether a link's page is being fetched or about to be."""
        return link in self._pending

    def _work(self) -> None:
        try:
            while True:
                link = self._waiting.get()
                try:
                    # A link that was deleted, a database or settings that can't be read now: it can be tried again.
                    with suppress(NewsletterError):
                        self._fetch(link)
                finally:
                    with self._lock:
                        self._pending.discard(link)
                    self._fetched()
        finally:
            with self._lock:
                self._workers -= 1

    def _fetch(self, link_id: int) -> None:
        with self._open_store() as store:
            link = store.captured_links.get(link_id)
        captured = self._reader.take(link.url) or self._reader.read(link.url, title=link.facts.title)
        with self._open_store() as store:
            latest = store.captured_links.get(link_id)
            facts = filled_in(latest, facts_of(captured))
            now = self._clock()
            store.captured_links.record(link_id, facts, now, problem=captured.problem)
            store.captured_links.prune(now - TEXTS_KEPT)  # nobody may run the command


def filled_in(link: CapturedLink, page: LinkFacts) -> LinkFacts:
    """Return a page's facts with the values that a person has typed, and those that the page doesn't have."""
    known = link.facts
    values: dict[str, Any] = {}
    origins = dict(page.origins)
    for name in _FIELDS:
        typed = known.origins.get(name) == TYPED
        if typed or not getattr(page, name):
            values[name] = getattr(known, name)
            if name in known.origins:
                origins[name] = known.origins[name]
    return replace(page, **values, origins=origins)
