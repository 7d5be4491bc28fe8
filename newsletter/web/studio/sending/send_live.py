"""The stream of a send's state: the ledger is read from time to time, for all open pages together."""

import asyncio
import json
import time
from collections.abc import AsyncIterator, Callable
from dataclasses import dataclass, field
from threading import Lock

from fastapi.concurrency import run_in_threadpool
from fastapi.responses import StreamingResponse

from newsletter.domain.people import Act, Person, require
from newsletter.errors import StoreError
from newsletter.publishing.sends.send_watch import SendWatch, watch_send
from newsletter.web.studio.context import Studio

EVERY = 0.5  # seconds between two looks at the ledger, and more if a look takes long
SHARE = 5  # a look may take this part of the time
KEEP_ALIVE = 15.0  # seconds without a change after which a comment keeps the stream open
LONGEST = 600.0  # seconds: then the browser connects again, and its session is looked at again


@dataclass(slots=True)
class _Seen:
    """The latest look at a send, when the next one is due, and the lock under which it is taken."""

    watch: SendWatch | None = None
    due: float = 0.0
    lock: Lock = field(default_factory=Lock)


class SendStream:
    """The streams of all sends. ``part`` makes the part of the page of what the ledger has."""

    def __init__(self, studio: Studio, part: Callable[[SendWatch], str]) -> None:
        self._studio, self._part = studio, part
        self._seen: dict[str, _Seen] = {}

    def response(self, person: Person, slug: str) -> StreamingResponse:
        """Return a stream of server-sent events for a person. Raise ForbiddenError, and NotFoundError for no issue."""
        require(person, Act.SEE_REPORTS)
        self._studio.snapshot.manuscripts.issue(slug)
        return StreamingResponse(self._events(person, slug), media_type="text/event-stream")

    def changed(self, slug: str) -> None:
        """Look at the ledger again at once: this studio has just changed it."""
        if seen := self._seen.get(slug):
            seen.due = 0.0

    async def _events(self, person: Person, slug: str) -> AsyncIterator[str]:
        last, quiet, ends = "", time.monotonic(), time.monotonic() + LONGEST
        yield "retry: 1000\n\n"
        while not self._studio.watcher.is_closed and time.monotonic() < ends:
            try:
                watch = await run_in_threadpool(self._look, person, slug)
            except StoreError:
                watch = None  # busy or away: the page shows the last state until the next look
            text = await run_in_threadpool(self._part, watch) if watch else last
            if text != last:
                last, quiet = text, time.monotonic()
                yield f"event: state\ndata: {json.dumps({'html': text})}\n\n"
            elif time.monotonic() - quiet > KEEP_ALIVE:
                quiet = time.monotonic()
                yield ": still here\n\n"
            await asyncio.sleep(EVERY)

    def _look(self, person: Person, slug: str) -> SendWatch | None:
        """Return what the ledger has, from the latest look if that isn't old."""
        settings = (self._studio.snapshots.latest or self._studio.snapshot).settings
        if not settings.has_database():
            return None
        seen = self._seen.setdefault(slug, _Seen())
        with seen.lock:
            began = time.monotonic()
            if seen.watch is None or began >= seen.due:
                with settings.open_store() as store:
                    seen.watch = watch_send(person, store, slug, now=self._studio.now_of(store))
                seen.due = time.monotonic() + max(EVERY * 0.9, SHARE * (time.monotonic() - began))
            return seen.watch
