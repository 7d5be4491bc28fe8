"""Change an entry, issue or block in place: only the bytes of what changes, and only if the result reads as meant.

Texts come and go as they are on disk: with their line ends, byte order mark and missing final line breaks. No I/O.
"""

import hashlib
from collections.abc import Sequence
from dataclasses import dataclass

from newsletter.content.body_edits import PASSAGE, body_regions, named_region, with_passage, with_whole_body
from newsletter.content.edit_errors import InvalidValueError, UneditableError
from newsletter.content.field_types import BODY_NAMES, FieldType, field_order, field_type, read_value, typed
from newsletter.content.file_kinds import FileKind
from newsletter.content.files import FILE_LIMIT
from newsletter.content.front_edits import Manuscript, set_field, table_at
from newsletter.content.issue_lists import IssueLists, OutlinedSection
from newsletter.content.item_edits import change_items
from newsletter.content.section_edits import change_sections
from newsletter.content.source_text import Piece, with_line_feeds
from newsletter.domain.changes import (
    AddItem,
    AddSection,
    Change,
    FieldValue,
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
from newsletter.errors import did_you_mean
from newsletter.files.toml_lines import conflict_marker


@dataclass(frozen=True, slots=True, kw_only=True)
class Edited:
    """A file's new text, and the change that undoes the change."""

    text: str
    inverse: Reversal


def apply_change(text: str, change: Change, kind: FileKind, *, path: str = "") -> Edited:
    """Return a file's text with a change. The text is decoded UTF-8, with everything else as it is on disk.

    ``path`` is the file's in findings. Raise UnreadableFileError if the front matter can't be read; InvalidValueError;
    MissingItemError, RepeatedItemError or MissingSectionError if the change doesn't fit; UneditableError if the place
    is written in a way that can't be changed by itself. Nothing is changed then.
    """
    if isinstance(change, Reversal):
        return _reversed(text, change, kind, path)
    new, inverse = _applied(text, change, kind, path)
    _check_limits(text, new, change)
    return Edited(text=new, inverse=_reversal(text, new, change, inverse))


def field_value(text: str, name: str, kind: FileKind, *, path: str = "") -> FieldValue:
    """Return a field's value as an editor sees it, or None if the file hasn't got it.

    Texts are one line; note, framing and quotation are Markdown; an empty field is "". Values that aren't of their
    field's type are text. Raise UnreadableFileError; InvalidValueError if there is no such field.
    """
    manuscript = Manuscript(text, path=path)
    if _is_in_body(name, kind):
        return _body_value(manuscript, name, kind)
    names = _path(name, kind)
    table = table_at(manuscript.table, names[:-1])
    return None if table is None else read_value(name, table)


def outline(text: str, *, path: str = "") -> tuple[OutlinedSection, ...]:
    """Return an issue's sections and items with the keys that changes name them by. Raise UnreadableFileError."""
    return IssueLists(Manuscript(text, path=path)).outline


def _reversal(before: str, after: str, change: Change, inverse: Change) -> Reversal:
    shortest = min(len(before), len(after))
    start = _common(before, after, shortest)
    rest = _common(before[::-1], after[::-1], shortest - start)
    digest = hashlib.sha256(after.encode()).hexdigest()
    text = before[start : len(before) - rest]
    return Reversal(change=inverse, undone=change, digest=digest, start=start, end=len(after) - rest, text=text)


def _common(first: str, second: str, most: int) -> int:
    """Return the number of characters at the beginning that two texts share, up to ``most``."""
    low, high = 0, most
    while low < high:
        middle = (low + high + 1) // 2
        low, high = (middle, high) if first[:middle] == second[:middle] else (low, middle - 1)
    return low


def _reversed(text: str, change: Reversal, kind: FileKind, path: str) -> Edited:
    if hashlib.sha256(text.encode()).hexdigest() != change.digest:
        return apply_change(text, change.change, kind, path=path)
    new = text[: change.start] + change.text + text[change.end :]
    return Edited(text=new, inverse=_reversal(text, new, change.change, change.undone))


def _check_limits(before: str, after: str, change: Change) -> None:
    name = change.name if isinstance(change, SetField) else "file"
    if len(after.encode()) > max(FILE_LIMIT, len(before.encode())):
        what = f"the file would be larger than {FILE_LIMIT // 1024} KiB"
        raise InvalidValueError(what, field=name, hint="shorten the text")
    if conflict_marker(after, alone=True) is not None and conflict_marker(before, alone=True) is None:
        what = "a line consists of a merge conflict marker"
        raise InvalidValueError(what, field=name, hint="delete the lines <<<<<<<, ======= and >>>>>>>")


def _applied(text: str, change: Change, kind: FileKind, path: str) -> tuple[str, Change]:
    """Return the text with a change, and a change that undoes it."""
    match change:
        case Several():
            inverses: list[Change] = []
            for part in change.changes:
                text, inverse = _applied(text, part, kind, path)
                inverses.insert(0, inverse)
            return text, Several(changes=tuple(inverses))
        case Reversal():
            edited = _reversed(text, change, kind, path)
            return edited.text, edited.inverse
        case SetField():
            return _set_field(text, change, kind, path)
        case SetMember():
            return _set_member(text, change, kind, path)
        case AddItem() | RemoveItem() | MoveItem():
            manuscript, undo = change_items(_issue(text, kind, path), change)
            return manuscript.source.original, undo
        case AddSection() | RenameSection() | MoveSection() | RemoveSection():
            manuscript, undo = change_sections(_issue(text, kind, path), change)
            return manuscript.source.original, undo


def _set_field(text: str, change: SetField, kind: FileKind, path: str) -> tuple[str, Change]:
    manuscript = Manuscript(text, path=path)
    name = change.name
    inverse = SetField(name=name, value=field_value(text, name, kind, path=path))
    if _is_in_body(name, kind):
        if not isinstance(change.value, str | None):
            raise InvalidValueError(f"{name} must be text", field=name, hint="write text")
        markdown = with_line_feeds(change.value or "").strip("\n")
        return _set_body(manuscript, name, markdown, kind), inverse
    names = _path(name, kind)
    value = typed(name, change.value)
    if value == inverse.value and type(value) is type(inverse.value):
        return text, inverse
    return set_field(manuscript, names, value, kind).source.original, inverse


def _set_member(text: str, change: SetMember, kind: FileKind, path: str) -> tuple[str, Change]:
    name = change.name
    if field_type(name) is not FieldType.WORDS:
        raise InvalidValueError(f"{name} is not a list of words", field=name, hint="set the field as a whole")
    names = _path(name, kind)
    words = field_value(text, name, kind, path=path) or ()
    assert isinstance(words, tuple)  # noqa: S101 - it is a list of words
    typed_words = typed(name, (change.word,))
    word = typed_words[0] if isinstance(typed_words, tuple) and typed_words else ""
    if not word:
        raise InvalidValueError(f"an empty word for {name}", field=name, hint="write the word")
    inverse = SetMember(name=name, word=word, present=word in words)
    if change.present == inverse.present:
        return text, inverse
    value = (*words, word) if change.present else tuple(other for other in words if other != word)
    return set_field(Manuscript(text, path=path), names, value, kind).source.original, inverse


def _issue(text: str, kind: FileKind, path: str) -> Manuscript:
    if kind is not FileKind.ISSUE:
        raise InvalidValueError("only an issue has items and sections", field="entries", hint="change an issue")
    return Manuscript(text, path=path)


def _set_body(manuscript: Manuscript, name: str, markdown: str, kind: FileKind) -> str:
    try:
        markdown.encode()
    except UnicodeEncodeError as err:
        what = f"{name} has half a character (a lone surrogate)"
        raise InvalidValueError(what, field=name, hint="write the character again") from err
    body, start = manuscript.file.body, manuscript.file.body_start
    if kind is FileKind.ENTRY:
        markdown = markdown.rstrip()
        new = with_passage(body, name, markdown)
    else:
        new = with_whole_body(body, markdown)
    if new == body:
        return manuscript.source.original
    same = _common(body, new, min(len(body), len(new)))
    rest = _common(body[same:][::-1], new[same:][::-1], min(len(body), len(new)) - same)
    begins = "" if manuscript.text[start - 1] == "\n" else "\n"  # the file may end with ---
    piece = Piece(start=start + same, end=start + len(body) - rest, text=begins + new[same : len(new) - rest])
    changed = manuscript.changed([piece])
    if changed.file.body != new or changed.table != manuscript.table:
        raise UneditableError(field=name)
    return changed.source.original


def _body_value(manuscript: Manuscript, name: str, kind: FileKind) -> FieldValue:
    body = manuscript.file.body
    if kind is not FileKind.ENTRY:
        return body.strip("\n") or None
    region = named_region(body_regions(body), name)
    return region.markdown if region else None


def _is_in_body(name: str, kind: FileKind) -> bool:
    return PASSAGE.fullmatch(name) is not None if kind is FileKind.ENTRY else name == BODY_NAMES[kind]


def _path(name: str, kind: FileKind) -> Sequence[str]:
    """Return the names of the tables around a field, and its own. Raise InvalidValueError if there is no such field."""
    if kind is FileKind.ISSUE and name.startswith("overrides."):
        path = ["overrides", *name.removeprefix("overrides.").rsplit(".", 1)]
        if len(path) == 3 and path[2] in field_order(kind, path):
            return path
        known: Sequence[str] = field_order(kind, ("overrides", "", ""))
    else:
        known = field_order(kind, (name,))
        if name in known:
            return [name]
    hint = did_you_mean(name.rpartition(".")[2], known) or f"write one of: {', '.join(known)}"
    raise InvalidValueError(f'there is no field "{name}"', field=name, hint=hint)
