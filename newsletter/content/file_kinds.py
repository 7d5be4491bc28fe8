"""The kinds of manuscripts, and which path is of which kind. No I/O."""

from enum import StrEnum
from pathlib import PurePosixPath

from newsletter.files.newsletter_folder import BLOCKS, ENTRIES, ISSUES


class FileKind(StrEnum):
    """A kind of file that can be changed."""

    ENTRY = "entry"  # in issues/entries
    ISSUE = "issue"  # in issues
    BLOCK = "block"  # in issues/blocks


def kind_of(path: str) -> FileKind | None:
    """Return the kind of manuscript that is read at a path in the newsletter's folder, or None."""
    if not path.endswith(".md"):
        return None
    if path.startswith(f"{ENTRIES}/"):
        return FileKind.ENTRY
    if path.startswith(f"{BLOCKS}/"):
        return FileKind.BLOCK
    return FileKind.ISSUE if str(PurePosixPath(path).parent) == ISSUES else None
