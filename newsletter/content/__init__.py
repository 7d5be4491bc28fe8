"""Read and write manuscripts: entry files, issue files and printed picks. docs/file-formats.md describes them."""

from newsletter.content.edit_errors import (
    InvalidValueError,
    MissingItemError,
    MissingSectionError,
    RepeatedItemError,
    UneditableError,
    UnreadableFileError,
)
from newsletter.content.edits import Edited, apply_change, field_value, outline
from newsletter.content.field_types import FieldType, field_type
from newsletter.content.file_kinds import FileKind, kind_of
from newsletter.content.files import conflict_findings
from newsletter.content.issue_lists import OutlinedItem, OutlinedSection
from newsletter.content.picks_import import PrintedPick, read_picks, read_picks_file
from newsletter.content.reading import Manuscripts, manuscript_states, read_manuscripts
from newsletter.content.writing import ImportedPick, NewIssue, import_pick, import_picks, new_entry, new_issue

__all__ = [
    "Edited",
    "FieldType",
    "FileKind",
    "ImportedPick",
    "InvalidValueError",
    "Manuscripts",
    "MissingItemError",
    "MissingSectionError",
    "NewIssue",
    "OutlinedItem",
    "OutlinedSection",
    "PrintedPick",
    "RepeatedItemError",
    "UneditableError",
    "UnreadableFileError",
    "apply_change",
    "conflict_findings",
    "field_type",
    "field_value",
    "import_pick",
    "import_picks",
    "kind_of",
    "manuscript_states",
    "new_entry",
    "new_issue",
    "outline",
    "read_manuscripts",
    "read_picks",
    "read_picks_file",
]
