"""Items, sections and words of lists: operations apply to whatever is there, and undo says what others have changed."""

from collections.abc import Callable
from pathlib import Path

import pytest

from newsletter.content import MissingItemError, MissingSectionError, outline
from newsletter.domain.changes import (
    AddItem,
    AddSection,
    Change,
    MoveItem,
    MoveSection,
    RemoveItem,
    RemoveSection,
    RenameSection,
    SetField,
    SetMember,
    Several,
)
from newsletter.editing import Changed, Editing, UndoConflictError
from tests.command_line import files
from tests.editing.newsletters import ADA, BEN, ENTRY, ISSUE, ISSUE_TEXT, NOW, newsletter

Make = Callable[[Change], Changed]
MOVE, SEA = "On the move", "By the sea"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a newsletter."""
    return newsletter(tmp_path)


@pytest.fixture
def editing(root: Path) -> Editing:
    """Return the editing of the newsletter."""
    return Editing(root, patience=60)


@pytest.fixture
def ada(editing: Editing) -> Make:
    """Return what Ada changes in the issue."""
    return lambda change: editing.change(ADA, ISSUE, change, session="ada", now=NOW)


@pytest.fixture
def ben(editing: Editing) -> Make:
    """Return what Ben changes in the issue."""
    return lambda change: editing.change(BEN, ISSUE, change, session="ben", now=NOW)


def listed(root: Path) -> dict[str, list[str]]:
    """Return the issue's items by section."""
    return {section.key: [item.key for item in section.items] for section in outline((root / ISSUE).read_text())}


def test_an_item_moves_with_everything_else_as_it_was(root: Path, editing: Editing, ada: Make) -> None:
    ada(MoveItem(item="tide", section=MOVE, before="tram"))
    assert listed(root) == {MOVE: ["night-train", "tide", "tram"], SEA: ["bell"]}
    assert "  # what opens the day\n" in (root / ISSUE).read_text()
    editing.undo(ADA, "ada", now=NOW)
    assert (root / ISSUE).read_text() == ISSUE_TEXT


@pytest.mark.parametrize(
    "change",
    [
        AddItem(item="moss", section=SEA, before="tide"),
        RemoveItem(item="bell"),
        MoveItem(item="bell", section=SEA),
        SetMember(name="pinned", word="bell", present=True),
        AddSection(title="New", before=SEA),
        RenameSection(section=SEA, title="Ashore"),
        MoveSection(section=SEA, before=MOVE),
        RemoveSection(section=SEA),
        Several(changes=(AddSection(title="New"), MoveItem(item="bell", section="New"), RemoveItem(item="tram"))),
    ],
    ids=lambda change: type(change).__name__,
)
class TestUndo:
    """Undo of each kind of change."""

    def test_restores_the_file_to_the_byte(self, root: Path, editing: Editing, ada: Make, change: Change) -> None:
        assert ada(change).undo
        assert (root / ISSUE).read_text() != ISSUE_TEXT
        editing.undo(ADA, "ada", now=NOW)
        assert (root / ISSUE).read_text() == ISSUE_TEXT

    def test_keeps_what_somebody_else_has_changed_elsewhere(
        self, root: Path, editing: Editing, ada: Make, ben: Make, change: Change
    ) -> None:
        ada(change)
        ben(SetField(name="subject", value="Ben's subject"))
        ben(SetField(name="note", value="Ben's note."))
        ben(AddItem(item="fog", section=MOVE, before="night-train"))
        editing.undo(ADA, "ada", now=NOW)
        text = (root / ISSUE).read_text()
        assert "subject: Ben's subject\n" in text
        assert text.endswith("Ben's note.\n")
        assert listed(root) == {MOVE: ["fog", "night-train", "tram"], SEA: ["bell", "tide"]}
        assert "bell" not in text.split("pinned:")[1:2]


@pytest.mark.parametrize(
    ("mine", "theirs", "field"),
    [
        (MoveItem(item="bell", section=MOVE), MoveItem(item="bell", section=SEA), "bell"),
        (MoveItem(item="bell", section=MOVE), MoveItem(item="bell", section=SEA, before="tide"), None),
        (MoveItem(item="bell", section=MOVE), RemoveItem(item="bell"), "bell"),
        (MoveItem(item="tram", section=SEA), MoveItem(item="tram", section=SEA, before="bell"), "tram"),
        (AddItem(item="moss", section=SEA), MoveItem(item="moss", section=MOVE), "moss"),
        (AddItem(item="moss", section=SEA), RemoveItem(item="moss"), None),
        (RemoveItem(item="tide"), AddItem(item="tide", section=MOVE), "tide"),
        (RemoveItem(item="tide"), AddItem(item="tide", section=SEA), None),
        (RenameSection(section=SEA, title="Ashore"), RenameSection(section="Ashore", title="Inland"), "Ashore"),
        (AddSection(title="New"), MoveItem(item="bell", section="New"), "New"),
        (RemoveSection(section=SEA), AddSection(title=SEA), SEA),
        (MoveSection(section=SEA, before=MOVE), MoveSection(section=SEA), None),
        (
            SetMember(name="pinned", word="bell", present=True),
            SetMember(name="pinned", word="bell", present=False),
            None,
        ),
    ],
)
def test_undo_of_what_somebody_else_has_changed_too(
    root: Path, editing: Editing, ada: Make, ben: Make, mine: Change, theirs: Change, field: str | None
) -> None:
    """It is a conflict that changes nothing, or nothing is left to undo."""
    ada(mine)
    ben(SetField(name="subject", value="Ben's subject"))
    ben(theirs)
    before = files(root)
    if field is None:
        editing.undo(ADA, "ada", now=NOW)
    else:
        with pytest.raises(UndoConflictError) as caught:
            editing.undo(ADA, "ada", now=NOW)
        assert caught.value.field == field
        assert caught.value.mine != caught.value.theirs
    assert files(root) == before


def test_undo_tells_where_an_item_is_and_where_it_would_go(editing: Editing, ada: Make, ben: Make) -> None:
    ada(MoveItem(item="bell", section=MOVE, before="tram"))
    ben(RemoveItem(item="bell"))
    with pytest.raises(UndoConflictError) as caught:
        editing.undo(ADA, "ada", now=NOW)
    err = caught.value
    assert err.mine == "in “By the sea”, before “tide”"
    assert err.theirs == "not in this issue"
    assert err.base == "in “On the move”, before “tram”"


@pytest.mark.parametrize(
    ("change", "note"),
    [
        (AddItem(item="bell", section=MOVE), "“bell” was already in this issue."),
        (RemoveItem(item="moss"), "“moss” had already been removed."),
        (AddSection(title=SEA), "There already was a section “By the sea”."),
        (RemoveSection(section="Gone"), "The section “Gone” had already been removed."),
        (MoveItem(item="bell", section=SEA, before="bell"), None),
        (SetMember(name="pinned", word="bell", present=False), None),
    ],
)
def test_what_is_done_already_changes_nothing_and_is_said(
    root: Path, ada: Make, change: Change, note: str | None
) -> None:
    before = files(root)
    changed = ada(change)
    assert (changed.notes, changed.undo) == ((note,) if note else (), "")
    assert files(root) == before


def test_an_item_goes_to_the_end_if_its_neighbour_or_section_is_gone(root: Path, ada: Make) -> None:
    changed = ada(MoveItem(item="bell", section=MOVE, before="gone"))
    assert changed.notes == ("“gone” is no longer there, so “bell” went to the end of the section.",)
    changed = ada(MoveItem(item="tide", section=MOVE, before="moss"))
    assert listed(root)[MOVE] == ["night-train", "tram", "bell", "tide"]
    changed = ada(AddItem(item="moss", section="Gone", before="bell"))
    assert changed.notes == ("The section “Gone” is no longer there, so “moss” went into the last one.",)
    assert listed(root)[SEA] == ["moss"]
    changed = ada(MoveSection(section=MOVE, before="Gone"))
    assert changed.notes == ("The section “Gone” is no longer there, so this one went to the end.",)
    assert list(listed(root)) == [SEA, MOVE]


def test_a_move_that_no_longer_fits_is_refused_with_its_reason(root: Path, ada: Make) -> None:
    before = files(root)
    with pytest.raises(MissingItemError):
        ada(MoveItem(item="moss", section=MOVE))
    with pytest.raises(MissingSectionError):
        ada(MoveItem(item="bell", section="Gone"))
    with pytest.raises(MissingItemError):
        ada(Several(changes=(RemoveItem(item="bell"), MoveItem(item="moss", section=MOVE))))
    assert files(root) == before


def test_words_of_lists_are_added_by_two_at_the_same_time(root: Path, editing: Editing) -> None:
    for person, word in ((ADA, "Oceans"), (BEN, "Science"), (ADA, "Oceans")):
        editing.change(person, ENTRY, SetMember(name="topics", word=word, present=True), now=NOW)
    editing.change(BEN, ENTRY, SetMember(name="topics", word="Cities", present=False), now=NOW)
    assert "topics: [Railways, Oceans, Science]\n" in (root / ENTRY).read_text()


def test_several_changes_are_made_as_far_as_they_are_left_to_do(root: Path, editing: Editing, ada: Make) -> None:
    changed = ada(Several(changes=(RemoveItem(item="moss"), AddSection(title=SEA), AddItem(item="moss", section=SEA))))
    assert changed.notes == ("“moss” had already been removed.", "There already was a section “By the sea”.")
    assert listed(root)[SEA] == ["bell", "tide", "moss"]
    editing.undo(ADA, "ada", now=NOW)
    assert (root / ISSUE).read_text() == ISSUE_TEXT
