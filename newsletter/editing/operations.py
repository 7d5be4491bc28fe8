"""The operations that change manuscripts: the command line, scripts and the studio call the same ones."""

import datetime
from collections.abc import Callable
from pathlib import Path

from newsletter.domain.changes import Change, FieldValue
from newsletter.domain.issue import Entry
from newsletter.domain.people import Person
from newsletter.editing.values import UNSEEN, Changed, FileText, Save, Unseen
from newsletter.files.newsletter_lock import PATIENCE


def _ignore(_save: Save) -> None:
    """Do nothing about a save."""


class Editing:
    """Everything that changes the manuscripts of the newsletter in a folder, under its lock.

    ``saving`` is called under the lock before a file is written, so that another author's changes can be committed
    first; ``saved`` is called after it, without the lock. Neither may fail. One object serves many threads.
    """

    def __init__(
        self,
        root: Path,
        *,
        saved: Callable[[Save], object] = _ignore,
        saving: Callable[[Save], object] = _ignore,
        patience: float = PATIENCE,
    ) -> None:
        self.root = root
        self._saved, self._saving, self._patience = saved, saving, patience

    def read(self, path: str) -> FileText:
        """Return a manuscript's text with its digest. Raise FileGoneError, UneditablePathError, UnreadableFileError."""
        raise NotImplementedError

    def change(
        self,
        person: Person,
        path: str,
        change: Change,
        *,
        seen: FieldValue | Unseen = UNSEEN,
        session: str = "",
        now: datetime.datetime,
    ) -> Changed:
        """Make a change to the manuscript at a path relative to the newsletter's folder.

        ``seen`` is the value of a SetField's field that the person saw. If the file has another one, texts (note,
        framing, quotation) are merged by paragraph. ``session`` is a key of the caller's for ``undo``; without it the
        change can't be undone. Changes of lists apply to whatever is there, and ``Changed.notes`` says what differed.

        Raise ConflictError; ForbiddenError; FileGoneError, UneditablePathError, UnreadableFileError; InvalidValueError,
        MissingItemError, MissingSectionError, TooLongError; LockedError, NoLockError, BusyFileError, UnsavedError. None
        of them has changed anything.
        """
        raise NotImplementedError

    def undo(self, person: Person, session: str, *, only: str = "", now: datetime.datetime) -> Changed:
        """Undo the latest change of a session, or ``only`` the one that a ``Changed.undo`` names.

        Raise NothingToUndoError, ConflictError if somebody else has changed the same thing since, and the errors of
        ``change``. After a ConflictError the change can't be undone any more; after the others it can.
        """
        raise NotImplementedError

    def replace_text(
        self,
        person: Person,
        path: str,
        text: str,
        *,
        seen_digest: str,
        exact: bool = False,
        session: str = "",
        now: datetime.datetime,
    ) -> Changed:
        """Replace the whole text of the file whose digest is ``seen_digest``; "" for one that doesn't exist.

        The text may come from a form: it gets the file's line ends and byte order mark, unless it is ``exact``. It need
        not be readable as a manuscript. Raise ConflictError with the field ``text`` if the file has another digest, and
        the errors of ``change``.
        """
        raise NotImplementedError

    def create_entry(self, person: Person, entry: Entry, *, now: datetime.datetime) -> str:
        """Write a new entry's file and return its path. Raise the errors of ``content.new_entry``."""
        raise NotImplementedError

    def create_issue(self, person: Person, write: Callable[[], Path], *, now: datetime.datetime) -> str:
        """Let ``write`` write a new issue's file under the lock, and return its path.

        ``write`` returns the file's path; it is a call of ``publishing.next_issue.create_issue``, for instance, whose
        errors are passed on.
        """
        raise NotImplementedError
