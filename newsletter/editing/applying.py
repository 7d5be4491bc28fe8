"""Apply a change to a file's text as it is now, which may differ from what the editor saw. No I/O."""

from dataclasses import dataclass, replace

from newsletter.content import FileKind, OutlinedSection, apply_change, field_value, outline
from newsletter.domain.changes import (
    AddItem,
    AddSection,
    Change,
    FieldValue,
    MoveItem,
    MoveSection,
    RemoveItem,
    RemoveSection,
    Reversal,
    SetField,
    Several,
)
from newsletter.editing.errors import ConflictError
from newsletter.editing.field_values import is_markdown, same_value, text_of_field
from newsletter.editing.merging import merge_texts
from newsletter.editing.values import UNSEEN, Unseen


@dataclass(frozen=True, slots=True, kw_only=True)
class AppliedChange:
    """A file's text with a change.

    ``change`` is the change as it fitted the file and ``inverse`` undoes it; both are None if the file was as wanted
    already, and ``change`` is None for a whole text. ``merged`` and ``notes`` are as in ``Changed``.
    """

    text: str
    change: Change | None = None
    inverse: Reversal | None = None
    merged: bool = False
    notes: tuple[str, ...] = ()


def apply_to_current(
    text: str, change: Change, kind: FileKind, *, path: str, seen: FieldValue | Unseen = UNSEEN
) -> AppliedChange:
    """Return a file's text with a change of one who saw the value ``seen``.

    Raise ConflictError if somebody else has changed the field in a way that can't be merged, and the errors of
    ``apply_change`` if the change doesn't fit any more.
    """
    fitted: Change | None = change
    merged, notes = False, list[str]()
    if isinstance(change, SetField):
        fitted, merged = _compared(text, change, kind, path, seen)
    else:
        fitted = _fitted(text, change, kind, path, notes)
    if fitted is None:
        return AppliedChange(text=text, merged=merged, notes=tuple(notes))
    edited = apply_change(text, fitted, kind, path=path)
    if edited.text == text:
        return AppliedChange(text=text, merged=merged, notes=tuple(notes))
    return AppliedChange(text=edited.text, change=fitted, inverse=edited.inverse, merged=merged, notes=tuple(notes))


def _compared(
    text: str, change: SetField, kind: FileKind, path: str, seen: FieldValue | Unseen
) -> tuple[SetField | None, bool]:
    """Return the change, with a merged value if that was needed; None if the field already has its value."""
    name, mine = change.name, change.value
    theirs = field_value(text, name, kind, path=path)
    if isinstance(seen, Unseen) or same_value(name, theirs, seen):
        return change, False
    if same_value(name, theirs, mine):
        return None, False
    merged = None
    if is_markdown(name):
        merged = merge_texts(*(text_of_field(value).strip("\n") for value in (seen, mine, theirs)))
    if merged is None:
        raise ConflictError(path=path, field=name, mine=mine, theirs=theirs, base=seen)
    return replace(change, value=merged), True


def _fitted(text: str, change: Change, kind: FileKind, path: str, notes: list[str]) -> Change | None:
    """Return a change of lists as it fits the file; None if nothing is left to do. Add notes about what differs."""
    if isinstance(change, Several):
        return _all_fitted(text, change, kind, path, notes)
    if kind is not FileKind.ISSUE:
        return change
    sections = outline(text, path=path)
    match change:
        case AddItem():
            return _fitted_addition(change, sections, notes)
        case MoveItem():
            return _fitted_move(change, sections, notes)
        case RemoveItem() if _section_of(change.item, sections) is None:
            notes.append(f"“{change.item}” had already been removed.")
            return None
        case AddSection() if change.title and any(section.title == change.title for section in sections):
            notes.append(f"There already was a section “{change.title}”.")
            return None
        case RemoveSection() if not _has_section(change.section, sections):
            notes.append(f"The section “{change.section}” had already been removed.")
            return None
        case AddSection() | MoveSection() if change.before and not _has_section(change.before, sections):
            notes.append(f"The section “{change.before}” is no longer there, so this one went to the end.")
            return replace(change, before=None)
        case _:
            return change


def _all_fitted(text: str, change: Several, kind: FileKind, path: str, notes: list[str]) -> Several | None:
    fitted = []
    for part in change.changes:
        fitting = _fitted(text, part, kind, path, notes)
        if fitting is not None:
            text = apply_change(text, fitting, kind, path=path).text
            fitted.append(fitting)
    return Several(changes=tuple(fitted)) if fitted else None


def _fitted_addition(change: AddItem, sections: tuple[OutlinedSection, ...], notes: list[str]) -> AddItem | None:
    if _section_of(change.item, sections) is not None:
        notes.append(f"“{change.item}” was already in this issue.")
        return None
    if sections and not _has_section(change.section, sections):
        notes.append(f"The section “{change.section}” is no longer there, so “{change.item}” went into the last one.")
        change = replace(change, section=sections[-1].key, before=None)
    return replace(change, before=_anchor(change, sections, notes))


def _fitted_move(change: MoveItem, sections: tuple[OutlinedSection, ...], notes: list[str]) -> MoveItem | None:
    if change.before == change.item:  # dropped on itself
        section = _section_of(change.item, sections)
        return None if section is not None and section.key == change.section else replace(change, before=None)
    return replace(change, before=_anchor(change, sections, notes))


def _anchor(change: AddItem | MoveItem, sections: tuple[OutlinedSection, ...], notes: list[str]) -> str | None:
    """Return the item that the change's item goes before, or None for the end of its section."""
    if change.before is None:
        return None
    section = _section_of(change.before, sections)
    if section is not None and section.key == change.section:
        return change.before
    notes.append(f"“{change.before}” is no longer there, so “{change.item}” went to the end of the section.")
    return None


def _section_of(item: str, sections: tuple[OutlinedSection, ...]) -> OutlinedSection | None:
    return next((section for section in sections if any(listed.key == item for listed in section.items)), None)


def _has_section(key: str, sections: tuple[OutlinedSection, ...]) -> bool:
    return any(section.key == key for section in sections)
