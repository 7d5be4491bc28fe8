"""Changes to the newsletter's files, one field at a time and under one lock, so that nothing typed is lost.

``Editing`` has the operations. docs/studio.md describes saving for editors.
"""

from newsletter.editing.errors import (
    BusyFileError,
    ConflictError,
    FileGoneError,
    NothingToUndoError,
    TooLongError,
    UneditablePathError,
    UnsavedError,
)
from newsletter.editing.merging import merge_texts
from newsletter.editing.operations import Editing
from newsletter.editing.values import UNSEEN, Changed, FileText, Save, Unseen, digest_of

__all__ = [
    "UNSEEN",
    "BusyFileError",
    "Changed",
    "ConflictError",
    "Editing",
    "FileGoneError",
    "FileText",
    "NothingToUndoError",
    "Save",
    "TooLongError",
    "UneditablePathError",
    "UnsavedError",
    "Unseen",
    "digest_of",
    "merge_texts",
]
