"""Errors of editing. None of them changes a file, and the studio keeps what was typed."""

import errno
from typing import ClassVar

from newsletter.domain.changes import FieldValue
from newsletter.errors import NewsletterError, NotFoundError, Place, UsageError
from newsletter.files import library_errors


class ConflictError(NewsletterError):
    """A field that somebody else has changed since the editor saw it, in a way that can't be merged.

    ``mine`` is the value that wasn't saved, ``theirs`` the one in the file, ``base`` the one that the editor saw; None
    if it isn't known. ``field`` is ``text`` for a whole file, and an item's or a section's key for a place in an issue.
    """

    code = "conflict"
    _what: ClassVar = "somebody else has changed {field} meanwhile; nothing was saved"
    _hint: ClassVar = "compare the two, and save the one you want"

    def __init__(self, *, path: str, field: str, mine: FieldValue, theirs: FieldValue, base: FieldValue) -> None:
        self.path, self.field = path, field
        self.mine, self.theirs, self.base = mine, theirs, base
        super().__init__(self._what.format(field=field), hint=self._hint, place=Place(path=path))


class UndoConflictError(ConflictError):
    """A change that can't be undone, because something else has changed the same field or place since.

    ``mine`` is what undoing would bring back, ``theirs`` what the file has, and ``base`` what the change made of it.
    """

    code = "undo-conflict"
    _what = "{field} has been changed again since, so this can't be undone; nothing was changed"
    _hint = "change it by hand if you want it back"


class FileGoneError(NotFoundError):
    """A file that doesn't exist, perhaps because somebody has deleted or renamed it meanwhile."""

    code = "file-gone"

    def __init__(self, *, path: str) -> None:
        self.path = path
        super().__init__(
            "there is no such file; nothing was saved",
            hint="if it was renamed, open it under its new name",
            place=Place(path=path),
        )


class UneditablePathError(NotFoundError):
    """A path that isn't one of an entry, a block, an issue or the settings, or not one that a change is meant for."""

    code = "path-uneditable"

    def __init__(self, *, path: str) -> None:
        self.path = path
        super().__init__(f'"{path}" is not the file of an entry, a block or an issue', hint="open it from a list")


class OwnerChangeError(NewsletterError):
    """A change of an entry's owner, the field ``by``, by a person who may not edit all entries."""

    code = "owner-change"

    def __init__(self) -> None:
        super().__init__(
            "not saved: your role may not change whose entry this is (by)",
            hint="leave the line by as it is, or ask an editor",
        )


class SideNeededError(NewsletterError):
    """A text for a conflict in a file that may decide what the server runs, by a person who isn't at the server."""

    code = "side-needed"

    def __init__(self, *, path: str) -> None:
        self.path = path
        super().__init__(f"{path} can't be written here", hint="keep one of the two versions, or edit it on the server")


class UnsavedError(NewsletterError):
    """A file that the system refuses to write; ``reason`` is in plain words. The old file stays."""

    code = "unsaved"

    def __init__(self, *, path: str, reason: str, hint: str) -> None:
        self.path, self.reason = path, reason
        super().__init__(f"not saved: {reason}", hint=hint, place=Place(path=path))


def unsaved(path: str, cause: OSError) -> UnsavedError:
    """Return the error for a file that the system refuses to write."""
    hint = _HINTS.get(cause.errno or 0, "fix that and save again")
    return UnsavedError(path=path, reason=library_errors.of_system(cause), hint=hint)


class TooLongError(UsageError):
    """A text that would make a file larger than manuscripts may be; ``limit`` is in bytes."""

    code = "text-too-long"

    def __init__(self, *, path: str, limit: int) -> None:
        self.path, self.limit = path, limit
        super().__init__(
            f"not saved: the file would be larger than {limit // 1024} KiB",
            hint="shorten the text, or remove a pasted image",
            place=Place(path=path),
        )


class BusyFileError(NewsletterError):
    """A file that another program keeps replacing while it is being saved."""

    code = "file-busy"

    def __init__(self, *, path: str) -> None:
        self.path = path
        super().__init__(
            "not saved: another program keeps writing this file", hint="save again", place=Place(path=path)
        )


class NothingToUndoError(UsageError):
    """A session without a change that can be undone, or without the one that was named."""

    code = "undo-nothing"

    def __init__(self) -> None:
        super().__init__("there is nothing to undo", hint="only the last 20 changes since you opened it can be undone")


_HINTS = {
    errno.ENOSPC: "make room on the disk and save again",
    errno.EDQUOT: "make room on the disk and save again",
    errno.EFBIG: "make room on the disk and save again",
    errno.EACCES: "change the permissions of the file and its folder, and save again",
    errno.EPERM: "change the permissions of the file and its folder, and save again",
    errno.EROFS: "the newsletter is in a read-only folder; use one that can be written to",
}
