"""Moving an item from one issue to another changes both files, or neither."""

from pathlib import Path

import pytest

from newsletter.content import MissingItemError, UnreadableFileError
from newsletter.domain.people import ForbiddenError
from newsletter.editing import Editing, Save, move_between_issues
from tests.editing.newsletters import ADA, ISSUE, ISSUE_TEXT, NOW, WRITER, newsletter

NEXT = "issues/2026-12-01.md"
NEXT_TEXT = "---\ndate: 2026-12-01\nsubject: Moss\nentries:\n  - moss\n---\n"


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a newsletter of two issues."""
    (newsletter(tmp_path) / NEXT).write_text(NEXT_TEXT)
    return tmp_path


def test_an_item_goes_before_another_one_and_leaves_its_issue(root: Path) -> None:
    editing = Editing(root, patience=60)
    _, changed = move_between_issues(
        editing, ADA, "tram", source=ISSUE, target=NEXT, section="#1", before="moss", session="ada", now=NOW
    )
    assert (root / NEXT).read_text() == NEXT_TEXT.replace("  - moss\n", "  - tram\n  - moss\n")
    assert (root / ISSUE).read_text() == ISSUE_TEXT.replace("      - tram\n", "")
    assert changed.path == NEXT
    for _ in range(2):
        editing.undo(ADA, "ada", now=NOW)
    assert ((root / NEXT).read_text(), (root / ISSUE).read_text()) == (NEXT_TEXT, ISSUE_TEXT)


def test_nothing_is_moved_if_it_cannot_leave_its_issue(root: Path) -> None:
    broken = f"<<<<<<< ours\n{ISSUE_TEXT}=======\n{ISSUE_TEXT}>>>>>>> theirs\n"

    def merge_meanwhile(save: Save) -> None:
        if save.paths == (NEXT,):
            (root / ISSUE).write_text(broken)

    editing = Editing(root, patience=60, saving=merge_meanwhile)
    with pytest.raises(UnreadableFileError):
        move_between_issues(editing, ADA, "tram", source=ISSUE, target=NEXT, section="#1", now=NOW)
    assert ((root / NEXT).read_text(), (root / ISSUE).read_text()) == (NEXT_TEXT, broken)


def test_a_missing_item_and_a_writer_move_nothing(root: Path) -> None:
    editing = Editing(root, patience=60)
    with pytest.raises(MissingItemError):
        move_between_issues(editing, ADA, "moss", source=ISSUE, target=NEXT, section="#1", now=NOW)
    with pytest.raises(ForbiddenError):
        move_between_issues(editing, WRITER, "tram", source=ISSUE, target=NEXT, section="#1", now=NOW)
    assert ((root / NEXT).read_text(), (root / ISSUE).read_text()) == (NEXT_TEXT, ISSUE_TEXT)
