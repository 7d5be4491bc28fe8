"""Who is in a hosted studio, and on which page: known by their open streams of changes.

All of this runs in the server's event loop, so nothing needs a lock.
"""

import asyncio
import json
from collections import Counter
from collections.abc import AsyncGenerator, AsyncIterator, Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace

from newsletter.domain.people import Person

GRACE_S = 5
"""How long a person stays without a stream: the page that they go to opens another."""

PageFor = Callable[[Person, str], tuple[str, str]]
"""Return the label of a page and its path as far as a person may know them; both are "" if they may not."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Present:
    """A person who is here, and the path of the page that they opened last, in whichever tab."""

    name: str
    path: str = ""
    person: Person = field(compare=False)


class Presence:
    """The people whose streams are open. ``changed`` wakes all streams up, so that they tell of it."""

    def __init__(self, changed: Callable[[], object], page_for: PageFor) -> None:
        self._changed, self._page_for = changed, page_for
        self._streams: Counter[int] = Counter()
        self._people: dict[int, Present] = {}
        self._opened: dict[int, str] = {}  # also of those who have no stream yet
        self._leaving: dict[int, asyncio.TimerHandle] = {}

    def visited(self, person: Person, path: str) -> None:
        """Note that a person has opened a page in a tab."""
        self._opened[person.id] = path
        known = self._people.get(person.id)
        if known is not None and known.path != path:
            self._people[person.id] = replace(known, path=path)
            self._changed()

    @contextmanager
    def stream(self, person: Person) -> Iterator[None]:
        """Count a person as here as long as one of their streams is open, and a little longer."""
        loop = asyncio.get_running_loop()
        self._streams[person.id] += 1
        if leaving := self._leaving.pop(person.id, None):
            leaving.cancel()
        present = Present(name=person.name, path=self._opened.get(person.id, ""), person=person)
        if self._people.get(person.id) != present:
            self._people[person.id] = present
            self._changed()
        try:
            yield
        finally:
            self._streams[person.id] -= 1
            if not self._streams[person.id]:
                del self._streams[person.id]
                if not loop.is_closed():
                    self._leaving[person.id] = loop.call_later(GRACE_S, self._leave, person.id)

    def _leave(self, number: int) -> None:
        del self._leaving[number], self._people[number]
        self._changed()

    def others(self, viewer: Person) -> list[dict[str, str]]:
        """Return the others who are here as a viewer may see them, by name: scripts show it."""
        shown = []
        for number, present in self._people.items():
            if number != viewer.id:
                is_refused = not self._page_for(present.person, present.path)[1]  # they were shown why, and no page
                label, path = ("", "") if is_refused else self._page_for(viewer, present.path)
                shown.append({"name": present.name, "page": label, "path": path})
        return sorted(shown, key=lambda other: (other["name"].casefold(), other["page"]))

    async def events(self, viewer: Person, changes: AsyncIterator[str]) -> AsyncGenerator[str]:
        """Yield a stream of changes, with an event of who else is here at its beginning and whenever that changes."""
        with self.stream(viewer):
            told: list[dict[str, str]] | None = None
            async for change in changes:
                yield change
                others = self.others(viewer)
                if others != told:
                    told = others
                    yield f"event: people\ndata: {json.dumps(others)}\n\n"
