"""Changes to an entry's or an issue's file, as values. The command line, scripts and the studio make the same ones.

A change names what it is about by *keys* and not by positions, so that it still fits when somebody else has changed
the file meanwhile. An item's key is its slug; a block without a file has a key made from what it says. A section's key
is its title, or ``#`` and its number from 1 if it has no title or shares it. An issue without sections has one, ``#1``.
No I/O.
"""

import datetime
from dataclasses import dataclass

FieldValue = str | int | bool | datetime.date | tuple[str, ...] | None
"""A field's value; None for a field that isn't there, and removes it."""


@dataclass(frozen=True, slots=True, kw_only=True)
class SetField:
    """Set a field.

    ``name`` is a field of the front matter; ``note`` for an issue's body; ``framing`` and ``quotation`` for an entry's
    first passage of that kind, ``framing-2`` for the second; ``text`` for a block's body; ``overrides.<slug>.<field>``
    for an override. Text for a date, number, switch or list is converted; "" leaves the field empty.
    """

    name: str
    value: FieldValue


@dataclass(frozen=True, slots=True, kw_only=True)
class SetMember:
    """Add a word to a list of words (``topics``, ``segments``, ``pinned``), or remove it."""

    name: str
    word: str
    present: bool


@dataclass(frozen=True, slots=True, kw_only=True)
class AddItem:
    """Add an entry or block to a section, ``before`` an item or at its end.

    ``source`` is the YAML of a block without a file, or of an item with comments, as in a list of its own: ``- note:``
    with its text, and its other lines indented by two spaces. ``item`` is then its key.
    """

    item: str
    section: str = "#1"
    before: str | None = None
    source: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveItem:
    """Remove an item from the issue; its file stays."""

    item: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveItem:
    """Move an item into a section, ``before`` another item or to its end."""

    item: str
    section: str
    before: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class AddSection:
    """Add an empty section, ``before`` another or at the end."""

    title: str
    before: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RenameSection:
    """Give a section a title; an empty one removes it."""

    section: str
    title: str


@dataclass(frozen=True, slots=True, kw_only=True)
class MoveSection:
    """Move a section ``before`` another, or to the end."""

    section: str
    before: str | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class RemoveSection:
    """Remove a section; its items go to the end of the section before it, or to the start of the one after it."""

    section: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Several:
    """Make several changes to a file as one: all of them, or none."""

    changes: tuple["Change", ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Reversal:
    """Undo a change.

    If the file's text still has the SHA-256 ``digest`` that the change left it with, ``text`` goes back in place of the
    characters from ``start`` to ``end``: the file is what it was, to the byte. Otherwise ``change`` undoes it in the
    file as it is now. ``undone`` is the change that is undone, and does it again.
    """

    change: "Change"
    undone: "Change"
    digest: str
    start: int
    end: int
    text: str


Change = (
    SetField
    | SetMember
    | AddItem
    | RemoveItem
    | MoveItem
    | AddSection
    | RenameSection
    | MoveSection
    | RemoveSection
    | Several
    | Reversal
)
