"""The parts of a file that a change touches, to find out whether somebody else has changed the same since. No I/O."""

from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.content import FileKind, OutlinedSection, field_value, outline
from newsletter.domain.changes import (
    AddItem,
    AddSection,
    Change,
    MoveItem,
    MoveSection,
    RemoveItem,
    RemoveSection,
    RenameSection,
    Reversal,
    SetField,
    SetMember,
    Several,
)
from newsletter.editing.field_values import text_of_field

_Neighbours = tuple[str | None, str | None]


@dataclass(frozen=True, slots=True, kw_only=True)
class Trace:
    """The state of what a change touches. ``field`` names it, and ``words`` show its state to an editor.

    ``place`` says in which section an item is, for instance, and is empty if it is nowhere; ``neighbours`` are the keys
    before and after it. Somebody who adds an item beside it changes one of the neighbours, and hasn't moved it.
    """

    field: str
    words: str
    place: tuple[str, ...]
    neighbours: _Neighbours = (None, None)

    def is_still(self, other: "Trace") -> bool:
        """Return whether another trace of the same change shows the same state."""
        pairs = zip(self.neighbours, other.neighbours, strict=True)
        return self.place == other.place and (self.neighbours == other.neighbours or any(a == b for a, b in pairs))


def traces(text: str, change: Change, kind: FileKind, *, path: str) -> tuple[Trace, ...]:
    """Return what a change touches in a file's text: one trace for each of the single changes that it consists of."""
    match change:
        case Several():
            return tuple(trace for part in change.changes for trace in traces(text, part, kind, path=path))
        case Reversal():
            return traces(text, change.undone, kind, path=path)
        case SetField():
            value = text_of_field(field_value(text, change.name, kind, path=path))
            return (Trace(field=change.name, words=value, place=(value,)),)
        case SetMember():
            words = field_value(text, change.name, kind, path=path)
            present = isinstance(words, tuple) and change.word in words
            state = "yes" if present else "no"
            return (Trace(field=f"{change.name}: {change.word}", words=state, place=(state,)),)
        case AddItem() | RemoveItem() | MoveItem():
            return (_trace_of_item(change.item, outline(text, path=path)),)
        case _:
            return (_trace_of_section(change, outline(text, path=path)),)


def _trace_of_item(item: str, sections: Sequence[OutlinedSection]) -> Trace:
    for number, section in enumerate(sections, 1):
        keys = [listed.key for listed in section.items]
        if item in keys:
            before, after = _neighbours(keys, item)
            named = f"in “{section.title}”" if section.title else f"in section {number}"
            where = f"before “{after}”" if after else "at the end"
            return Trace(field=item, words=f"{named}, {where}", place=(section.key,), neighbours=(before, after))
    return Trace(field=item, words="not in this issue", place=())


def _trace_of_section(
    change: AddSection | RenameSection | MoveSection | RemoveSection, sections: Sequence[OutlinedSection]
) -> Trace:
    keys = [section.key for section in sections]
    match change:
        case MoveSection(section=key) if key in keys and not key.startswith("#"):
            before, after = _neighbours(keys, key)
            where = f"before “{after}”" if after else "at the end"
            return Trace(field=key, words=where, place=(key,), neighbours=(before, after))
        case AddSection(title=key) | RemoveSection(section=key) if key and not key.startswith("#"):
            items = next((section.items for section in sections if section.key == key), None)
            if items is None:
                return Trace(field=key, words="no such section", place=())
            listed = tuple(item.key for item in items)
            return Trace(field=key, words=", ".join(listed) or "a section without entries", place=("section", *listed))
        case RenameSection(section=old, title=new) if new and not old.startswith("#"):
            words = new if new in keys else old if old in keys else "no such section"
            return Trace(field=new, words=words, place=(str(old in keys), str(new in keys)))
        case _:  # a section without a title has a number, and any change of sections may give it another one
            return Trace(field="sections", words=", ".join(keys), place=tuple(keys))


def _neighbours(keys: Sequence[str], key: str) -> _Neighbours:
    padded = [None, *keys, None]
    at = padded.index(key)
    return padded[at - 1], padded[at + 1]
