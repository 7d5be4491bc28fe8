"""Whose entry it is: writers change their own entries in every way there is, and nobody else's in any."""

from collections.abc import Callable
from dataclasses import replace
from pathlib import Path

import pytest

from newsletter.content import read_manuscripts
from newsletter.domain.changes import SetField, SetMember
from newsletter.domain.issue import Entry
from newsletter.domain.people import ForbiddenError, Person, Role
from newsletter.editing import Editing, NothingToUndoError, OwnerChangeError, bring_back, seen_versions
from newsletter.errors import NewsletterError, NotFoundError
from newsletter.git import file_versions
from tests.editing.newsletters import ADA, ENTRY, ENTRY_TEXT, NOW, WRITER, newsletter
from tests.git.repositories import checkout

OWN = "issues/entries/own.md"
MEMBER = replace(WRITER, id=7)
Change = Callable[[Editing, Person, str], object]


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a newsletter with an entry of the writer's."""
    newsletter(tmp_path)
    (tmp_path / OWN).write_text(owned_by(MEMBER.address))
    return tmp_path


def owned_by(address: str) -> str:
    return ENTRY_TEXT.replace("minutes: 7\n", f"minutes: 7\nby: {address}\n")


def set_title(editing: Editing, person: Person, path: str) -> object:
    return editing.change(person, path, SetField(name="title", value="Another"), now=NOW)


def add_topic(editing: Editing, person: Person, path: str) -> object:
    return editing.change(person, path, SetMember(name="topics", word="Trains", present=True), now=NOW)


def set_framing(editing: Editing, person: Person, path: str) -> object:
    return editing.change(person, path, SetField(name="framing", value="New words."), now=NOW)


def replace_text(editing: Editing, person: Person, path: str) -> object:
    file = editing.read(path)
    text = file.text.replace("Slow Line", "Fast Line")
    return editing.replace_text(person, path, text, seen_digest=file.digest, now=NOW)


CHANGES = (set_title, add_topic, set_framing, replace_text)


@pytest.mark.parametrize("change", CHANGES)
def test_a_writer_changes_their_own_entry_and_no_other(root: Path, change: Change) -> None:
    editing = Editing(root)
    before = (root / ENTRY).read_bytes()
    change(editing, MEMBER, OWN)
    assert (root / OWN).read_text() != owned_by(MEMBER.address)
    with pytest.raises(ForbiddenError):
        change(editing, MEMBER, ENTRY)  # nobody's
    (root / OWN).write_text(owned_by("ben@example.org"))
    with pytest.raises(ForbiddenError):
        change(editing, MEMBER, OWN)  # it was theirs when the page was shown
    assert ((root / ENTRY).read_bytes(), (root / OWN).read_text()) == (before, owned_by("ben@example.org"))


@pytest.mark.parametrize("spelling", ["WIM@example.org", "wim@EXAMPLE.org", '"wim@example.org"'])
def test_an_owner_in_another_spelling_is_the_same_person(root: Path, spelling: str) -> None:
    (root / OWN).write_text(owned_by(spelling))
    set_title(Editing(root), MEMBER, OWN)
    assert read_manuscripts(root).entries["own"].title == "Another"


@pytest.mark.parametrize("by", ["ben@example.org", "", "[wim@example.org, ben@example.org]", "x wim@example.org"])
def test_no_text_gives_a_writers_entry_another_owner(root: Path, by: str) -> None:
    editing, before = Editing(root), (root / OWN).read_text()
    with pytest.raises(OwnerChangeError):
        editing.replace_text(MEMBER, OWN, owned_by(by), seen_digest=editing.digest(OWN), now=NOW)
    with pytest.raises(OwnerChangeError):
        editing.change(MEMBER, OWN, SetField(name="by", value=by or None), now=NOW)
    assert (root / OWN).read_text() == before


def test_a_writer_cannot_break_their_entry_so_that_its_owner_is_unknown(root: Path) -> None:
    editing, before = Editing(root), (root / OWN).read_text()
    with pytest.raises(OwnerChangeError):
        editing.replace_text(MEMBER, OWN, "---\ntitle: [\n---\n", seen_digest=editing.digest(OWN), now=NOW)
    assert (root / OWN).read_text() == before


def test_an_editor_gives_an_entry_to_somebody_and_takes_it_back(root: Path) -> None:
    editing = Editing(root)
    editing.change(ADA, ENTRY, SetField(name="by", value=MEMBER.address), session="tab", now=NOW)
    assert read_manuscripts(root).entries["night-train"].by == MEMBER.address
    set_title(editing, MEMBER, ENTRY)
    editing.undo(ADA, "tab", now=NOW)
    with pytest.raises(ForbiddenError):
        set_title(editing, MEMBER, ENTRY)


def test_what_a_member_creates_is_theirs_and_what_is_created_here_is_nobodys(root: Path) -> None:
    editing = Editing(root)
    new = Entry(slug="new", title="New", url="https://example.org/new", source="A Paper", by="ben@example.org")
    path = editing.create_entry(MEMBER, new, now=NOW)
    assert (root / path).read_text().endswith("by: wim@example.org\n---\n")
    set_title(editing, MEMBER, path)
    here = editing.create_entry(replace(ADA, role=Role.ADMIN), replace(new, slug="here", by=""), now=NOW)
    assert "by:" not in (root / here).read_text()


def test_undo_asks_again_and_belongs_to_one_person(root: Path) -> None:
    editing = Editing(root)
    editing.change(ADA, ENTRY, SetField(name="title", value="Hers"), session="forms", now=NOW)
    for other in (MEMBER, replace(ADA, address="ben@example.org")):
        with pytest.raises(NothingToUndoError):
            editing.undo(other, "forms", now=NOW)
    lowered = replace(ADA, role=Role.WRITER)
    with pytest.raises(ForbiddenError):
        editing.undo(lowered, "forms", now=NOW)
    assert read_manuscripts(root).entries["night-train"].title == "Hers"
    editing.undo(ADA, "forms", now=NOW)
    assert (root / ENTRY).read_text() == ENTRY_TEXT


def test_a_writer_cannot_undo_a_change_of_an_entry_that_is_no_longer_theirs(root: Path) -> None:
    editing = Editing(root)
    editing.change(MEMBER, OWN, SetField(name="title", value="Mine"), session="tab", now=NOW)
    editing.change(ADA, OWN, SetField(name="by", value="ben@example.org"), now=NOW)
    with pytest.raises(ForbiddenError):
        editing.undo(MEMBER, "tab", now=NOW)
    assert read_manuscripts(root).entries["own"].title == "Mine"


def test_an_earlier_version_brings_back_no_earlier_owner(tmp_path: Path) -> None:
    made = checkout(tmp_path, files={OWN: owned_by(MEMBER.address)})
    made.write(OWN, owned_by("ben@example.org"))
    made.git("commit", "--quiet", "--all", "--message=Second")
    repository, editing = made.repository(), Editing(made.folder)
    ben, wim = (version.sha for version in file_versions(repository, OWN))

    def restore(person: Person, sha: str) -> None:
        bring_back(editing, repository, person, OWN, sha, seen_digest=editing.digest(OWN), now=NOW)

    with pytest.raises(ForbiddenError):
        restore(MEMBER, wim)
    restore(ADA, wim)
    with pytest.raises(OwnerChangeError):
        restore(MEMBER, ben)
    (made.folder / OWN).unlink()
    with pytest.raises(ForbiddenError):
        restore(MEMBER, ben)
    restore(MEMBER, wim)
    assert read_manuscripts(made.folder).entries["own"].by == MEMBER.address


def test_a_version_under_a_name_that_a_person_may_not_see_is_no_version_for_them(tmp_path: Path) -> None:
    made = checkout(tmp_path, files={"passwords.md": owned_by(MEMBER.address)})
    (made.folder / OWN).parent.mkdir(parents=True)
    made.git("mv", "passwords.md", OWN)
    made.git("commit", "--quiet", "--all", "--message=Moved")
    repository, editing = made.repository(), Editing(made.folder)
    first = file_versions(repository, OWN)[-1]
    assert first.path == "passwords.md"
    assert [version.path for version in seen_versions(repository, MEMBER, OWN)] == [OWN]
    with pytest.raises(NotFoundError):
        bring_back(editing, repository, MEMBER, OWN, first.sha, seen_digest=editing.digest(OWN), now=NOW)


def test_an_owner_is_no_override(root: Path) -> None:
    with pytest.raises(NewsletterError):
        Editing(root).change(
            ADA, "issues/2026-11-30.md", SetField(name="overrides.night-train.by", value="x@example.org"), now=NOW
        )
