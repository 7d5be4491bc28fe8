"""Note who changes which file, so that nobody approves only their own changes. A failure never fails a save."""

import threading
from collections.abc import Callable
from datetime import datetime

from newsletter.domain.people import Person
from newsletter.domain.reviews import Edit
from newsletter.errors import NewsletterError
from newsletter.store import Store


class EditNotes:
    """The edits of a process that are on their way to the database. ``open_store`` returns None if there is none.

    They are written in the background, so that a busy database doesn't hold up a save, and again if that fails.
    """

    def __init__(self, open_store: Callable[[], Store | None]) -> None:
        self._open_store = open_store
        self._guard, self._writing = threading.Lock(), threading.Lock()
        self._pending: list[Edit] = []
        self._thread: threading.Thread | None = None

    def note(self, person: Person, paths: tuple[str, ...], at: datetime) -> None:
        """Note that a person has changed files."""
        with self._guard:
            self._pending += [Edit(path=path, address=person.address, at=at) for path in paths]
            if self._thread is None or not self._thread.is_alive():
                self._thread = threading.Thread(target=self.flush, name="edit notes", daemon=True)
                self._thread.start()

    def flush(self) -> bool:
        """Write what is pending, and return whether nothing is left. Call this before an approval is judged."""
        with self._writing:
            while True:
                with self._guard:
                    edits = list(self._pending)
                    if not edits:
                        self._thread = None
                        return True
                if not self._write(edits):
                    return False
                with self._guard:
                    del self._pending[: len(edits)]

    def _write(self, edits: list[Edit]) -> bool:
        try:
            store = self._open_store()
            if store is not None:
                with store:
                    store.edits.note(edits)
        except NewsletterError:
            return False
        return True
