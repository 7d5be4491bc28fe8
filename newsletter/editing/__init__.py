"""Changes to the newsletter's files, one field at a time and under one lock, so that nothing typed is lost.

``Editing`` has the operations. docs/studio.md describes saving for editors.
"""

from newsletter.editing.bringing_back import bring_back, seen_versions
from newsletter.editing.comparison import Comparison, ComparisonRow, ComparisonSide, RowKind, Span, compare_texts
from newsletter.editing.errors import (
    BusyFileError,
    ConflictError,
    FileGoneError,
    NothingToUndoError,
    OwnerChangeError,
    SideNeededError,
    TooLongError,
    UndoConflictError,
    UneditablePathError,
    UnsavedError,
)
from newsletter.editing.file_merging import Choice, Side, SyncConflict
from newsletter.editing.merging import merge_texts
from newsletter.editing.moving_between import move_between_issues
from newsletter.editing.operations import Editing
from newsletter.editing.permissions import may_edit_entry, may_see, require_sight
from newsletter.editing.settings_texts import apply_settings_change, setting_text
from newsletter.editing.sittings import QUIET, CommitState, Sittings
from newsletter.editing.syncing import Syncing, SyncState
from newsletter.editing.values import UNSEEN, Changed, FileText, Save, Unseen, digest_of

__all__ = [
    "QUIET",
    "UNSEEN",
    "BusyFileError",
    "Changed",
    "Choice",
    "CommitState",
    "Comparison",
    "ComparisonRow",
    "ComparisonSide",
    "ConflictError",
    "Editing",
    "FileGoneError",
    "FileText",
    "NothingToUndoError",
    "OwnerChangeError",
    "RowKind",
    "Save",
    "Side",
    "SideNeededError",
    "Sittings",
    "Span",
    "SyncConflict",
    "SyncState",
    "Syncing",
    "TooLongError",
    "UndoConflictError",
    "UneditablePathError",
    "UnsavedError",
    "Unseen",
    "apply_settings_change",
    "bring_back",
    "compare_texts",
    "digest_of",
    "may_edit_entry",
    "may_see",
    "merge_texts",
    "move_between_issues",
    "require_sight",
    "seen_versions",
    "setting_text",
]
