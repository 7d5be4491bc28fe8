"""Express how two versions of an issue's list differ as operations, which also fit a third version. No I/O."""

from bisect import bisect_left
from collections.abc import Iterator, Mapping, Sequence

from newsletter.content import FileKind, OutlinedSection, apply_change, outline
from newsletter.domain.changes import (
    AddItem,
    AddSection,
    Change,
    MoveItem,
    RemoveItem,
    RemoveSection,
    RenameSection,
    Several,
)

Places = Mapping[str, str]
"""The section of each item, by their keys."""


def list_changes(base: str, theirs: str, *, path: str) -> tuple[Change, ...] | None:
    """Return the operations on items and sections that lead from one text of an issue to another.

    Return None if there are too many differences to tell: sections in another order, or keys that aren't unique.
    Raise UnreadableFileError.
    """
    old, new = outline(base, path=path), outline(theirs, path=path)
    if not (_is_unique(old) and _is_unique(new)):
        return None
    renamed = _renamed(old, new)
    if renamed is not None:
        rename, key = renamed
        base = apply_change(base, rename, FileKind.ISSUE, path=path).text
        rest = list_changes(base, theirs, path=path)
        return None if rest is None or key not in _keys(outline(base, path=path)) else (rename, *rest)
    if _common(_keys(old), _keys(new)) != _common(_keys(new), _keys(old)):
        return None
    return tuple(_changes(old, new, theirs, path))


def places_in(sections: Sequence[OutlinedSection]) -> dict[str, str]:
    """Return the section of each item, in the order of the items."""
    return {item.key: section.key for section in sections for item in section.items}


def _changes(
    old: Sequence[OutlinedSection], new: Sequence[OutlinedSection], theirs: str, path: str
) -> Iterator[Change]:
    known = _keys(old)
    for at, section in enumerate(new):
        if section.key not in known:
            yield AddSection(
                title=section.title, before=next((key for key in _keys(new)[at + 1 :] if key in known), None)
            )
    before, after = places_in(old), places_in(new)
    yield from (RemoveItem(item=key) for key in before if key not in after)
    staying = _staying(before, after)
    for section in new:
        following: str | None = None
        for item in reversed(section.items):
            if item.key not in before:
                source = _source(theirs, item.key, path)
                yield AddItem(item=item.key, section=section.key, before=following, source=source)
            elif item.key not in staying:
                yield MoveItem(item=item.key, section=section.key, before=following)
            following = item.key
    yield from (RemoveSection(section=key) for key in known if key not in _keys(new))


def _staying(before: Places, after: Places) -> set[str]:
    """Return the most items that can stay where they are, while the others move."""
    order = {key: at for at, key in enumerate(before)}
    kept = [key for key, section in after.items() if before.get(key) == section]
    ends: list[int] = []  # the last positions of the best increasing sequences, by length
    chains: list[list[str]] = []
    for key in kept:
        at = bisect_left(ends, order[key])
        chain = [*(chains[at - 1] if at else []), key]
        ends[at : at + 1] = [order[key]]
        chains[at : at + 1] = [chain]
    return set(chains[-1]) if chains else set()


def _source(text: str, key: str, path: str) -> str:
    """Return an item's YAML as it is in the text, with its comments."""
    inverse = apply_change(text, RemoveItem(item=key), FileKind.ISSUE, path=path).inverse.change
    parts = inverse.changes if isinstance(inverse, Several) else (inverse,)
    return next((part.source for part in parts if isinstance(part, AddItem)), "")


def _renamed(old: Sequence[OutlinedSection], new: Sequence[OutlinedSection]) -> tuple[RenameSection, str] | None:
    """Return the renaming of the one section that has another title at the same place, and its new key."""
    if len(old) != len(new):
        return None
    changed = [(was, now) for was, now in zip(old, new, strict=True) if was.key != now.key]
    if len(changed) != 1 or not changed[0][1].title:
        return None
    was, now = changed[0]
    return RenameSection(section=was.key, title=now.title), now.key


def _is_unique(sections: Sequence[OutlinedSection]) -> bool:
    keys = [item.key for section in sections for item in section.items]
    return len(keys) == len(set(keys))


def _keys(sections: Sequence[OutlinedSection]) -> list[str]:
    return [section.key for section in sections]


def _common(keys: Sequence[str], others: Sequence[str]) -> list[str]:
    return [key for key in keys if key in others]
