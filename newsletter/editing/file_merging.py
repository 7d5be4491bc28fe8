"""Merge a file that was changed here and at the remote, by line where that is safe and else field by field. No I/O.

What can't be merged is a conflict, as a value: nothing here ever writes a conflict marker.
"""

import re
from collections import Counter
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass
from enum import StrEnum
from pathlib import PurePosixPath

from newsletter.content import FieldType, FileKind, field_type, field_value, kind_of, outline
from newsletter.content.blocks import parse_block
from newsletter.content.body_edits import body_regions
from newsletter.content.entries import parse_entry
from newsletter.content.field_types import BODY_NAMES, field_order, meaning
from newsletter.content.files import FILE_LIMIT
from newsletter.content.frontmatter import Table, parse_front_matter
from newsletter.content.issues import parse_draft
from newsletter.content.source_text import unix_lines
from newsletter.domain.blocks import Block
from newsletter.domain.changes import FieldValue, MoveItem, SetField
from newsletter.editing.applying import apply_to_current
from newsletter.editing.errors import ConflictError
from newsletter.editing.list_merging import list_changes, places_in
from newsletter.errors import Finding, NewsletterError

WHOLE = "text"
"""The field of a conflict about a whole file."""


class Side(StrEnum):
    """A side of a merge."""

    MINE = "mine"  # this working tree
    THEIRS = "theirs"  # the remote


Choice = FieldValue | Side
"""What an editor has chosen for a field in conflict: a value, or that of a side."""


_COMMENT = re.compile(r"(?:^|[ \t])(#.*)$", re.MULTILINE)  # or text in quotes that looks like one, to be safe
_PASSAGES = tuple(f"{kind}{number}" for number in ("", "-2", "-3", "-4") for kind in ("framing", "quotation"))


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncConflict:
    """A field that was changed here and at the remote in ways that can't be merged; ``text`` is the whole file.

    ``mine`` is the value here, ``theirs`` that of the remote and ``base`` the one before both; None where it doesn't
    exist. If the file isn't text, ``is_text`` is False and the values are None.
    """

    path: str
    field: str
    mine: FieldValue
    theirs: FieldValue
    base: FieldValue
    is_text: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class FileVersions:
    """A file's bytes before both changes, here, and at the remote; None where it doesn't exist."""

    path: str
    base: bytes | None
    mine: bytes | None
    theirs: bytes | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MergedFile:
    """A merged file; ``content`` is None if it is to be deleted. It doesn't count if there are ``conflicts``."""

    content: bytes | None
    conflicts: tuple[SyncConflict, ...] = ()


def merge_file(
    file: FileVersions,
    *,
    choices: Mapping[str, Choice],
    merge_lines: Callable[[bytes, bytes, bytes], bytes | None],
) -> MergedFile:
    """Return a file with the changes of both sides, or its conflicts.

    ``choices`` are the values that an editor has chosen for fields in conflict, and ``merge_lines`` merges the lines of
    base, mine and theirs, or returns None.
    """
    if WHOLE in choices:
        return MergedFile(content=_chosen(file, choices[WHOLE]))
    if file.mine is None or file.theirs is None:
        return MergedFile(content=None, conflicts=(_whole(file),))
    kind = kind_of(file.path)
    if b"\0" not in file.mine + file.theirs:
        merged = merge_lines(file.base or b"", file.mine, file.theirs)
        if merged is not None and (kind is None or _is_sound(merged, file)):
            return MergedFile(content=merged)
    texts = [_decoded(content) for content in (file.base, file.mine, file.theirs)]
    if kind is None or any(text is None for text in texts):
        return MergedFile(content=None, conflicts=(_whole(file),))
    base, mine, theirs = (text or "" for text in texts)
    try:
        return _by_field(file, kind, base, mine, theirs, choices)
    except NewsletterError:  # something in it can't be changed by itself
        return MergedFile(content=None, conflicts=(_whole(file),))


def _by_field(
    file: FileVersions, kind: FileKind, base: str, mine: str, theirs: str, choices: Mapping[str, Choice]
) -> MergedFile:
    """Change in the text here what the remote's differs in from the base."""
    if not file.base or not _differ_only_in_fields(kind, base, theirs):
        return MergedFile(content=None, conflicts=(_whole(file),))
    conflicts = []
    for name in _names(kind, base, theirs):
        before, after = (field_value(text, name, kind, path=file.path) for text in (base, theirs))
        if before == after:
            continue
        if name in choices:
            choice = choices[name]
            if choice is not Side.MINE:
                value = after if isinstance(choice, Side) else choice
                mine = apply_to_current(mine, SetField(name=name, value=value), kind, path=file.path).text
            continue
        current = field_value(mine, name, kind, path=file.path)
        if field_type(name) is FieldType.WORDS and current != before:
            before, after = current, _merged_words(before, current, after)
        try:
            change = SetField(name=name, value=after)
            mine = apply_to_current(mine, change, kind, path=file.path, seen=before).text
        except ConflictError as err:
            conflicts.append(SyncConflict(path=file.path, field=name, mine=err.theirs, theirs=err.mine, base=err.base))
    merged = _with_lists(kind, base, mine, theirs, file.path)
    if merged is None or Counter(_comments(theirs)) - Counter(_comments(base)) - Counter(_comments(merged)):
        return MergedFile(content=None, conflicts=(_whole(file),))
    return MergedFile(content=merged.encode("utf-8"), conflicts=tuple(conflicts))


def _with_lists(kind: FileKind, base: str, mine: str, theirs: str, path: str) -> str | None:
    """Return an issue's text with their operations on its list, or None if they can't be told."""
    if kind is not FileKind.ISSUE or outline(base, path=path) == outline(theirs, path=path):
        return mine
    changes = list_changes(base, theirs, path=path)
    if changes is None:
        return None
    for change in changes:
        gone = isinstance(change, MoveItem) and change.item not in places_in(outline(mine, path=path))
        if not gone:  # what was removed here stays removed
            mine = apply_to_current(mine, change, kind, path=path).text
    return mine


def _merged_words(before: FieldValue, mine: FieldValue, theirs: FieldValue) -> tuple[str, ...]:
    """Return a list with the words that either side has added and without those that either has removed."""
    old, here, there = (value if isinstance(value, tuple) else () for value in (before, mine, theirs))
    kept = [word for word in here if word in there or word not in old]
    return (*kept, *(word for word in there if word not in old and word not in kept))


def _names(kind: FileKind, base: str, theirs: str) -> Iterator[str]:
    """Yield the names of all fields that can be set one by one."""
    yield from (name for name in field_order(kind, ("",)) if field_type(name) is not FieldType.STRUCTURE)
    if kind is FileKind.ENTRY:
        yield from _PASSAGES
        return
    yield BODY_NAMES[kind]
    if kind is FileKind.ISSUE:
        overrides: dict[str, None] = {}
        for text in (base, theirs):
            overrides |= dict.fromkeys(_override_names(_table(text)))
        yield from overrides


def _override_names(table: Table | None) -> Iterator[str]:
    overrides = table.values.get("overrides") if table else None
    if isinstance(overrides, Table):
        for slug, fields in overrides.values.items():
            if isinstance(fields, Table):
                yield from (f"overrides.{slug}.{name}" for name in fields.values)


def _differ_only_in_fields(kind: FileKind, base: str, theirs: str) -> bool:
    """Return whether nothing would be lost if only single fields and operations on lists were taken from theirs."""
    old, new = _table(base), _table(theirs)
    if old is None or new is None:
        return False
    settable = {name for name in field_order(kind, ("",)) if field_type(name) is not FieldType.STRUCTURE}
    settable |= {"overrides", "entries", "sections"} if kind is FileKind.ISSUE else set()
    rest = [
        {name: meaning(value) for name, value in table.values.items() if name not in settable} for table in (old, new)
    ]
    if kind is FileKind.ENTRY and any(len(body_regions(_body(text))) > len(_PASSAGES) for text in (base, theirs)):
        return False
    return rest[0] == rest[1]


def _comments(text: str) -> list[str]:
    front, _, _ = text.removeprefix("---").partition("\n---")
    return [comment.rstrip() for comment in _COMMENT.findall(front)]


def _body(text: str) -> str:
    return parse_front_matter(unix_lines(text), path="").body


def _table(text: str) -> Table | None:
    return parse_front_matter(unix_lines(text), path="").fields


def _is_sound(merged: bytes, file: FileVersions) -> bool:
    """Return whether merging by line has broken nothing: no new findings, and no item of an issue twice."""
    text = _decoded(merged)
    if text is None or len(merged) > FILE_LIMIT:
        return False
    rules, repeated = _soundness(file.path, text)
    for content in (file.mine, file.theirs):
        side = _decoded(content)
        if side is not None:
            own_rules, own_repeated = _soundness(file.path, side)
            rules, repeated = rules - own_rules, repeated - own_repeated
    return not rules and not repeated


def _soundness(path: str, text: str) -> tuple[set[str], set[str]]:
    """Return the rules that a file breaks, and the items that it lists more than once."""
    plain = unix_lines(text)
    slug, kind = PurePosixPath(path).stem, kind_of(path)
    findings: tuple[Finding, ...]
    items: Counter[str] = Counter()
    if kind is FileKind.ENTRY:
        findings = parse_entry(plain, slug=slug, path=path)[1]
    elif kind is FileKind.BLOCK:
        findings = parse_block(plain, slug=slug, path=path)[1]
    else:
        draft = parse_draft(plain, slug=slug, path=path)
        findings = draft.findings
        items.update(
            item.name if isinstance(item, Block) else item.text for section in draft.listed for item in section.items
        )
    return {finding.rule for finding in findings}, {name for name, number in items.items() if number > 1}


def _whole(file: FileVersions) -> SyncConflict:
    texts = [_decoded(content) for content in (file.mine, file.theirs, file.base)]
    contents = (file.mine, file.theirs, file.base)
    if any(text is None and content is not None for text, content in zip(texts, contents, strict=True)):
        return SyncConflict(path=file.path, field=WHOLE, mine=None, theirs=None, base=None, is_text=False)
    mine, theirs, base = texts
    return SyncConflict(path=file.path, field=WHOLE, mine=mine, theirs=theirs, base=base)


def _chosen(file: FileVersions, choice: Choice) -> bytes | None:
    """Return the bytes for a chosen text; the choice of one side is kept to the byte, and None deletes the file."""
    if isinstance(choice, Side):
        return file.mine if choice is Side.MINE else file.theirs
    for content in (file.mine, file.theirs):
        if content is not None and _decoded(content) == choice:
            return content
    return None if choice is None else str(choice).encode("utf-8", "replace")


def _decoded(content: bytes | None) -> str | None:
    if content is None or b"\0" in content:
        return None
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        return None
