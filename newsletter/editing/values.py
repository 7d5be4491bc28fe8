"""What editing takes and returns: the text of a file, a finished change, an announced save."""

import datetime
import hashlib
from dataclasses import dataclass
from enum import Enum

from newsletter.domain.changes import Change, FieldValue
from newsletter.domain.people import Person
from newsletter.domain.settings_changes import SettingsChange


class Unseen(Enum):
    """The absence of a value that the editor saw, since None is one."""

    UNSEEN = "unseen"  # the change applies whatever the field's value is


UNSEEN = Unseen.UNSEEN


@dataclass(frozen=True, slots=True, kw_only=True)
class Save:
    """Files that a person is about to write or has written; ``paths`` are relative to the newsletter's folder."""

    person: Person
    paths: tuple[str, ...]
    at: datetime.datetime


@dataclass(frozen=True, slots=True, kw_only=True)
class FileText:
    """A file's whole text, with its own line ends, and the digest to save it against."""

    path: str
    text: str
    digest: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Changed:
    """A finished change.

    ``value`` is the field's value in the file now, None for changes of lists. ``digest`` is the file's. ``undo`` names
    the change for undo; it is empty if there is nothing to undo, for instance because the file already was as wanted.
    ``merged`` says that the value is a merge with somebody else's text. ``notes`` are sentences for the editor about
    what somebody else had changed meanwhile. ``change`` is the one that was made or undone, None for a whole text.
    """

    path: str
    digest: str
    change: Change | SettingsChange | None = None
    value: FieldValue = None
    undo: str = ""
    merged: bool = False
    notes: tuple[str, ...] = ()


def digest_of(data: bytes) -> str:
    """Return the digest of a file's bytes: their SHA-256 in hexadecimal."""
    return hashlib.sha256(data).hexdigest()
