"""Whatever an issue's file looks like, its items and sections move as asked, and every change can be undone."""

from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from newsletter.content import (
    FileKind,
    OutlinedItem,
    OutlinedSection,
    RepeatedItemError,
    apply_change,
    field_value,
    outline,
)
from newsletter.domain.changes import (
    AddItem,
    AddSection,
    MoveItem,
    MoveSection,
    RemoveItem,
    RemoveSection,
    RenameSection,
)
from tests.content.varied_issues import varied_issues

ISSUE = FileKind.ISSUE
NOTE = "note:11de0034"
IssueChange = AddItem | RemoveItem | MoveItem | AddSection | RenameSection | MoveSection | RemoveSection
Lists = list[tuple[str, list[str]]]
"""An issue's sections: their titles, and their items' slugs or kinds."""


def lists_of(text: str) -> Lists:
    return [(section.title, [name(item) for item in section.items]) for section in outline(text)]


def name(item: OutlinedItem) -> str:
    return item.slug or item.key.partition("#")[0]


@st.composite
def changes(draw: st.DrawFn, sections: tuple[OutlinedSection, ...]) -> IssueChange:
    """Return a change to an issue with these sections."""
    items = [item.key for section in sections for item in section.items]
    section = draw(st.sampled_from(sections))
    followers = [None, *(item.key for item in section.items)]
    other = draw(st.sampled_from([None, *(section.key for section in sections)]))
    kinds = ["add", "block", "add-section", "rename", "move-section", "remove-section"]
    kind = draw(st.sampled_from(kinds + ["move", "move", "move", "remove", "remove"] * bool(items)))
    before = draw(st.sampled_from(followers))
    match kind:
        case "add":
            return AddItem(item=draw(st.sampled_from(("new", "newer"))), section=section.key, before=before)
        case "block":
            return AddItem(
                item="note", section=section.key, before=before, source="- note: |\n    New: one.\n  title: x"
            )
        case "move":
            return MoveItem(item=draw(st.sampled_from(items)), section=section.key, before=before)
        case "remove":
            return RemoveItem(item=draw(st.sampled_from(items)))
        case "add-section":
            return AddSection(title=draw(st.sampled_from(("Fresh", "a: b", "2026", ""))), before=other)
        case "rename":
            return RenameSection(section=section.key, title=draw(st.sampled_from(("Fresh", "a: b", "2026", ""))))
        case "move-section":
            return MoveSection(section=section.key, before=other)
        case _:
            return RemoveSection(section=section.key)


def expected(text: str, change: IssueChange) -> Lists:
    """Return the sections and items after a change, by a model that knows nothing of files."""
    sections = outline(text)
    lists = [(section.title, [name(item) for item in section.items]) for section in sections]
    if isinstance(change, AddItem | RemoveItem | MoveItem):
        with_items(lists, sections, change)
        return lists
    keys = [section.key for section in sections]
    if isinstance(change, AddSection):
        new = (change.title, list[str]())
        is_new = lists == [("", [])] and "sections" not in text
        lists.insert(keys.index(change.before) if change.before else len(lists), new)
        return [new] if is_new else lists
    at = keys.index(change.section)
    if isinstance(change, RenameSection):
        lists[at] = (change.title, lists[at][1])
    elif isinstance(change, MoveSection):
        to = keys.index(change.before) if change.before else len(lists)
        lists.insert(to - (to > at), lists.pop(at))
    elif len(lists) == 1:
        return [("", lists[0][1])]
    else:
        _, gone = lists.pop(at)
        into = lists[max(at - 1, 0)][1]
        into[:] = [*into, *gone] if at else [*gone, *into]
    return lists


def with_items(lists: Lists, sections: tuple[OutlinedSection, ...], change: AddItem | RemoveItem | MoveItem) -> None:
    places = {
        item.key: (at, number) for at, section in enumerate(sections) for number, item in enumerate(section.items)
    }
    moved = NOTE if isinstance(change, AddItem) and change.source else change.item
    if not isinstance(change, AddItem):
        at, number = places[change.item]
        moved, lists[at][1][number] = lists[at][1][number], "(moved)"
    if not isinstance(change, RemoveItem):
        own = lists[[section.key for section in sections].index(change.section)][1]
        before = places[change.before][1] if change.before else len(own)
        own.insert(before, moved)
    for _, items in lists:
        if "(moved)" in items:
            items.remove("(moved)")


@given(text=varied_issues(), data=st.data())
@settings(max_examples=15)
def test_items_and_sections_move_as_asked_and_back(text: str, data: st.DataObject) -> None:
    history: list[tuple[str, Any]] = []
    for _ in range(data.draw(st.integers(1, 4))):
        change = data.draw(changes(outline(text)))
        try:
            edited = apply_change(text, change, ISSUE)
        except RepeatedItemError:
            continue
        assert lists_of(edited.text) == expected(text, change)
        assert others(edited.text) == others(text)
        is_less = isinstance(change, RemoveItem | RemoveSection | RenameSection)
        assert edited.text.count("#") == text.count("#") or is_less
        again = apply_change(edited.text, edited.inverse.change, ISSUE)
        assert lists_of(again.text) == lists_of(text) or is_new_list(text, change) or has_equal_blocks(text)
        history.append((text, edited.inverse))
        text = edited.text
    for before, inverse in reversed(history):
        undone = apply_change(text, inverse, ISSUE)
        assert undone.text == before
        assert apply_change(before, undone.inverse, ISSUE).text == text
        text = before


def others(text: str) -> list[object]:
    names = ("date", "subject", "pinned", "overrides.s1.title", "note")
    return [field_value(text, name, ISSUE) for name in names]


def has_equal_blocks(text: str) -> bool:
    return any("#" in item.key for section in outline(text) for item in section.items)


def is_new_list(text: str, change: IssueChange) -> bool:
    """Return whether a change to an issue's sections can't be undone without the file as it was."""
    return isinstance(change, AddSection) and lists_of(text) == [("", [])]
