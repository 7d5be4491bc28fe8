"""Changes of fields, lists and whole texts: what is in the file afterwards, and what a refused change leaves there."""

import errno
import os
import threading
from pathlib import Path

import pytest

from newsletter.content import InvalidValueError, UnreadableFileError
from newsletter.domain.changes import FieldValue, SetField
from newsletter.domain.issue import Entry
from newsletter.domain.people import ForbiddenError
from newsletter.editing import (
    BusyFileError,
    ConflictError,
    Editing,
    FileGoneError,
    NothingToUndoError,
    Save,
    TooLongError,
    UndoConflictError,
    UneditablePathError,
    UnsavedError,
    digest_of,
)
from newsletter.files.newsletter_lock import LockedError, newsletter_lock
from tests.command_line import files
from tests.editing.newsletters import ADA, BEN, ENTRY, ENTRY_TEXT, FRAMING, ISSUE, ISSUE_TEXT, NOW, WRITER, newsletter


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Make a newsletter."""
    return newsletter(tmp_path)


@pytest.fixture
def saves() -> list[Save]:
    """Return the list of announced saves."""
    return []


@pytest.fixture
def editing(root: Path, saves: list[Save]) -> Editing:
    """Return the editing of the newsletter."""
    return Editing(root, saved=saves.append, patience=60)


def put(name: str, value: FieldValue) -> SetField:
    return SetField(name=name, value=value)


def test_a_field_is_set_and_the_save_is_announced(root: Path, editing: Editing, saves: list[Save]) -> None:
    changed = editing.change(ADA, ENTRY, put("title", "The sleeper returns"), seen="The night train returns", now=NOW)
    assert (root / ENTRY).read_text() == ENTRY_TEXT.replace("The night train returns", "The sleeper returns")
    assert (changed.path, changed.value, changed.merged, changed.notes) == (ENTRY, "The sleeper returns", False, ())
    assert changed.digest == editing.read(ENTRY).digest == editing.digest(ENTRY)
    assert saves == [Save(person=ADA, paths=(ENTRY,), at=NOW)]


def test_the_same_value_again_writes_nothing(root: Path, editing: Editing, saves: list[Save]) -> None:
    before = (root / ENTRY).stat()
    changed = editing.change(ADA, ENTRY, put("minutes", "7"), seen="5", session="a", now=NOW)
    assert (changed.value, changed.undo) == (7, "")
    assert (root / ENTRY).stat().st_ino == before.st_ino
    assert saves == []


def test_a_field_that_somebody_else_has_changed_is_a_conflict_with_both_texts(
    root: Path, editing: Editing, saves: list[Save]
) -> None:
    editing.change(BEN, ENTRY, put("title", "Ben's"), now=NOW)
    before = files(root)
    with pytest.raises(ConflictError) as caught:
        editing.change(ADA, ENTRY, put("title", "Ada's"), seen="The night train returns", session="a", now=NOW)
    err = caught.value
    assert (err.field, err.mine, err.theirs, err.base) == ("title", "Ada's", "Ben's", "The night train returns")
    assert files(root) == before
    assert len(saves) == 1
    with pytest.raises(NothingToUndoError):
        editing.undo(ADA, "a", now=NOW)


def test_fields_beside_each_other_are_no_conflict(root: Path, editing: Editing) -> None:
    editing.change(BEN, ENTRY, put("title", "Ben's"), seen="The night train returns", now=NOW)
    editing.change(ADA, ENTRY, put("source", "The Fast Line"), seen="The Slow Line", now=NOW)
    text = (root / ENTRY).read_text()
    assert "Ben's" in text
    assert "source: The Fast Line" in text


def test_what_a_form_sends_is_compared_as_the_editor_sees_it(root: Path, editing: Editing) -> None:
    changed = editing.change(ADA, ENTRY, put("topics", "Railways"), seen="Railways, Cities", now=NOW)
    assert changed.value == ("Railways",)
    changed = editing.change(ADA, ENTRY, put("minutes", "9"), seen="7", now=NOW)
    assert changed.value == 9
    changed = editing.change(ADA, ENTRY, put("author", "Zoe"), seen="", now=NOW)
    assert changed.value == "Zoe"
    typed = FRAMING.replace("\n", "\r\n")
    changed = editing.change(ADA, ENTRY, put("framing", f"{typed}\r\n\r\nNow."), seen=typed, now=NOW)
    assert changed.value == f"{FRAMING}\n\nNow."


def test_texts_merge_by_paragraph(root: Path, editing: Editing) -> None:
    editing.change(BEN, ENTRY, put("framing", FRAMING.replace("nine", "ten")), seen=FRAMING, now=NOW)
    mine = FRAMING.replace("back", "back again")
    changed = editing.change(ADA, ENTRY, put("framing", mine), seen=FRAMING, session="a", now=NOW)
    both = mine.replace("nine", "ten")
    assert (changed.value, changed.merged) == (both, True)
    assert (root / ENTRY).read_text() == ENTRY_TEXT.replace(FRAMING, both)
    with pytest.raises(ConflictError):
        editing.change(BEN, ENTRY, put("framing", FRAMING.replace("back", "here")), seen=FRAMING, now=NOW)
    editing.undo(ADA, "a", now=NOW)
    assert (root / ENTRY).read_text() == ENTRY_TEXT.replace("nine", "ten")


def test_undo_restores_the_file_to_the_byte_in_reverse_order_and_20_times_at_most(root: Path, editing: Editing) -> None:
    texts = []
    for number in range(25):
        texts.append((root / ENTRY).read_text())
        editing.change(ADA, ENTRY, put("title", f"Title {number}"), session="a", now=NOW)
    for text in reversed(texts[5:]):
        editing.undo(ADA, "a", now=NOW)
        assert (root / ENTRY).read_text() == text
    with pytest.raises(NothingToUndoError):
        editing.undo(ADA, "a", now=NOW)


def test_sessions_undo_their_own_changes(root: Path, editing: Editing) -> None:
    editing.change(ADA, ENTRY, put("title", "Ada's"), session="a", now=NOW)
    named = editing.change(ADA, ENTRY, put("source", "Ada's source"), session="a", now=NOW)
    editing.change(BEN, ENTRY, put("minutes", 9), session="b", now=NOW)
    editing.change(BEN, ENTRY, put("author", "Zoe"), now=NOW)
    assert editing.undo(ADA, "a", only=named.undo, now=NOW).value == "The Slow Line"
    assert editing.undo(ADA, "a", now=NOW).value == "The night train returns"
    assert (root / ENTRY).read_text() == ENTRY_TEXT.replace("minutes: 7", "minutes: 9").replace(
        "topics:", "author: Zoe\ntopics:"
    )
    with pytest.raises(NothingToUndoError):
        editing.undo(ADA, "a", only=named.undo, now=NOW)


def test_nobody_pushes_the_undo_of_others_out_with_many_sessions(root: Path, editing: Editing) -> None:
    editing.change(ADA, ENTRY, put("minutes", "9"), session="a", now=NOW)
    for number in range(201):
        editing.change(BEN, ENTRY, put("title", f"Title {number}"), session=str(number), now=NOW)
    editing.undo(ADA, "a", now=NOW)
    assert "minutes: 7" in (root / ENTRY).read_text()
    editing.undo(BEN, "200", now=NOW)
    with pytest.raises(NothingToUndoError):
        editing.undo(BEN, "0", now=NOW)


def test_undo_of_what_somebody_else_has_changed_since_is_a_conflict(root: Path, editing: Editing) -> None:
    editing.change(ADA, ENTRY, put("minutes", 8), session="a", now=NOW)
    editing.change(ADA, ENTRY, put("title", "Ada's"), session="a", now=NOW)
    editing.change(BEN, ENTRY, put("title", "Ben's"), session="b", now=NOW)
    before = files(root)
    with pytest.raises(UndoConflictError) as caught:
        editing.undo(ADA, "a", now=NOW)
    err = caught.value
    assert (err.mine, err.theirs, err.base) == ("The night train returns", "Ben's", "Ada's")
    assert files(root) == before
    assert editing.undo(ADA, "a", now=NOW).value == 7  # the change before it can be undone


def test_undo_of_what_is_undone_already_changes_nothing(root: Path, editing: Editing) -> None:
    editing.change(ADA, ENTRY, put("minutes", 8), session="a", now=NOW)
    editing.change(BEN, ENTRY, put("minutes", 7), now=NOW)
    editing.change(BEN, ENTRY, put("title", "Ben's"), now=NOW)
    before = files(root)
    assert editing.undo(ADA, "a", now=NOW).value == 7
    assert files(root) == before


def test_a_whole_text_is_replaced_if_the_file_is_as_it_was_seen(
    root: Path, editing: Editing, saves: list[Save]
) -> None:
    seen = editing.read(ISSUE)
    new = ISSUE_TEXT.replace("Good morning.", "Good evening.")
    editing.replace_text(ADA, ISSUE, new.replace("\n", "\r\n"), seen_digest=seen.digest, session="a", now=NOW)
    assert (root / ISSUE).read_text() == new
    with pytest.raises(ConflictError) as caught:
        editing.replace_text(BEN, ISSUE, "Ben's", seen_digest=seen.digest, now=NOW)
    assert (caught.value.field, caught.value.mine, caught.value.theirs) == ("text", "Ben's", new)
    assert (root / ISSUE).read_text() == new
    editing.undo(ADA, "a", now=NOW)
    assert (root / ISSUE).read_text() == ISSUE_TEXT
    assert len(saves) == 2


def test_a_replaced_text_keeps_the_files_line_ends_and_mark_unless_it_is_exact(root: Path, editing: Editing) -> None:
    written = ("\ufeff" + ENTRY_TEXT.replace("\n", "\r\n")).encode()
    (root / ENTRY).write_bytes(written)
    edited = ENTRY_TEXT.replace("hums", "sings")
    editing.replace_text(ADA, ENTRY, edited, seen_digest=editing.digest(ENTRY), session="a", now=NOW)
    assert (root / ENTRY).read_bytes() == written.replace(b"hums", b"sings")
    editing.undo(ADA, "a", now=NOW)
    assert (root / ENTRY).read_bytes() == written
    editing.replace_text(ADA, ENTRY, edited, seen_digest=editing.digest(ENTRY), exact=True, now=NOW)
    assert (root / ENTRY).read_bytes() == edited.encode()


def test_a_deleted_file_can_be_brought_back(root: Path, editing: Editing, saves: list[Save]) -> None:
    (root / ENTRY).unlink()
    assert editing.digest(ENTRY) == ""
    with pytest.raises(FileGoneError):
        editing.replace_text(ADA, ENTRY, ENTRY_TEXT, seen_digest="0" * 64, now=NOW)
    editing.replace_text(ADA, ENTRY, ENTRY_TEXT, seen_digest="", now=NOW)
    assert (root / ENTRY).read_text() == ENTRY_TEXT
    assert saves == [Save(person=ADA, paths=(ENTRY,), at=NOW)]
    with pytest.raises(ConflictError):
        editing.replace_text(BEN, ENTRY, "Ben's", seen_digest="", now=NOW)


@pytest.mark.parametrize(
    "broken", [b"---\ntitle: [\n---\n", b"no front matter\n", b"---\ntitle: A\n---\n<<<<<<< HEAD\n"]
)
def test_a_file_that_cannot_be_parsed_can_be_replaced_as_text(root: Path, editing: Editing, broken: bytes) -> None:
    (root / ENTRY).write_bytes(broken)
    with pytest.raises(UnreadableFileError) as caught:
        editing.change(ADA, ENTRY, put("title", "New"), seen="Old", now=NOW)
    assert all(finding.place.path == ENTRY for finding in caught.value.findings)
    assert (root / ENTRY).read_bytes() == broken
    seen = editing.read(ENTRY)
    assert seen.text.encode() == broken
    editing.replace_text(ADA, ENTRY, ENTRY_TEXT, seen_digest=seen.digest, now=NOW)
    assert (root / ENTRY).read_text() == ENTRY_TEXT


@pytest.mark.parametrize("unreadable", [b"---\ntitle: \xff\n---\n", b"x" * 70_000])
def test_a_file_that_is_no_text_stays_until_it_is_replaced(root: Path, editing: Editing, unreadable: bytes) -> None:
    (root / ENTRY).write_bytes(unreadable)
    for operation in (
        lambda: editing.read(ENTRY),
        lambda: editing.change(ADA, ENTRY, put("title", "New"), now=NOW),
        lambda: editing.replace_text(ADA, ENTRY, ENTRY_TEXT, seen_digest="0" * 64, now=NOW),
    ):
        with pytest.raises(UnreadableFileError):
            operation()
    assert (root / ENTRY).read_bytes() == unreadable
    editing.replace_text(ADA, ENTRY, ENTRY_TEXT, seen_digest=editing.digest(ENTRY), now=NOW)
    assert (root / ENTRY).read_text() == ENTRY_TEXT


@pytest.mark.parametrize(
    "path",
    [
        "issues/entries/../../newsletter.toml",
        "/etc/passwd.md",
        "issues/notes.txt",
        "issues/deep/2026-11-30.md",
        "issues/.hidden.md",
        "issues/entries/.git/a.md",
        "issues/entries/",
        "issues/a\0.md",
        "",
    ],
)
def test_only_manuscripts_can_be_edited(root: Path, editing: Editing, path: str) -> None:
    with pytest.raises(UneditablePathError):
        editing.change(ADA, path, put("title", "New"), now=NOW)
    with pytest.raises(UneditablePathError):
        editing.replace_text(ADA, path, "New", seen_digest="", now=NOW)


def test_a_link_that_leads_out_is_refused_and_one_inside_stays_a_link(
    root: Path, editing: Editing, saves: list[Save], tmp_path_factory: pytest.TempPathFactory
) -> None:
    outside = tmp_path_factory.mktemp("outside") / "night-train.md"
    outside.write_text(ENTRY_TEXT)
    (root / ENTRY).unlink()
    (root / ENTRY).symlink_to(outside)
    for seen_digest in ("", digest_of_file(outside)):
        with pytest.raises(UnreadableFileError, match="leads out"):
            editing.replace_text(ADA, ENTRY, "New", seen_digest=seen_digest, now=NOW)
    assert outside.read_text() == ENTRY_TEXT
    (root / ENTRY).unlink()
    (root / "shared").mkdir()
    outside.rename(root / "shared/train.md")
    (root / ENTRY).symlink_to("../../shared/train.md")
    editing.change(ADA, ENTRY, put("title", "New"), now=NOW)
    assert (root / ENTRY).is_symlink()
    assert 'title: "New"' in (root / "shared/train.md").read_text()
    assert saves[-1].paths == (ENTRY, "shared/train.md")


@pytest.mark.parametrize("target", ["newsletter.toml", ".git/config", ".hidden.md"])
def test_a_link_to_a_file_that_is_no_manuscript_is_refused(root: Path, editing: Editing, target: str) -> None:
    (root / target).parent.mkdir(exist_ok=True)
    (root / target).write_text("theirs")
    (root / ENTRY).unlink()
    (root / ENTRY).symlink_to(f"../../{target}")
    with pytest.raises(UnreadableFileError, match="no manuscript"):
        editing.read(ENTRY)
    with pytest.raises(UnreadableFileError, match="no manuscript"):
        editing.replace_text(ADA, ENTRY, "New", seen_digest=digest_of(b"theirs"), now=NOW)
    assert (root / target).read_text() == "theirs"


def digest_of_file(path: Path) -> str:
    return digest_of(path.read_bytes())


def test_a_deleted_file_a_folder_and_a_pipe_are_refused(root: Path, editing: Editing) -> None:
    (root / ENTRY).unlink()
    with pytest.raises(FileGoneError):
        editing.change(ADA, ENTRY, put("title", "New"), now=NOW)
    assert not (root / ENTRY).exists()
    os.mkfifo(root / ENTRY)
    with pytest.raises(UnreadableFileError):
        editing.change(ADA, ENTRY, put("title", "New"), now=NOW)
    (root / ENTRY).unlink()
    (root / ENTRY).mkdir()
    with pytest.raises(UnreadableFileError):
        editing.change(ADA, ENTRY, put("title", "New"), now=NOW)


def test_permissions_stay(root: Path, editing: Editing) -> None:
    (root / ENTRY).chmod(0o600)
    editing.change(ADA, ENTRY, put("title", "New"), now=NOW)
    assert (root / ENTRY).stat().st_mode & 0o777 == 0o600


@pytest.mark.parametrize("number", [errno.ENOSPC, errno.EROFS, errno.EACCES, errno.EIO])
def test_a_save_that_the_system_refuses_leaves_the_file_and_the_undo(
    root: Path, editing: Editing, saves: list[Save], monkeypatch: pytest.MonkeyPatch, number: int
) -> None:
    editing.change(ADA, ENTRY, put("minutes", 8), session="a", now=NOW)
    before = files(root)

    def refused(handle: int) -> None:
        raise OSError(number, os.strerror(number))

    monkeypatch.setattr(os, "fsync", refused)
    with pytest.raises(UnsavedError) as caught:
        editing.change(ADA, ENTRY, put("title", "New"), now=NOW)
    assert (caught.value.path, "[Errno" in str(caught.value)) == (ENTRY, False)
    with pytest.raises(UnsavedError):
        editing.undo(ADA, "a", now=NOW)
    assert files(root) == before
    assert len(saves) == 1
    monkeypatch.undo()
    assert editing.undo(ADA, "a", now=NOW).value == 7


def test_a_read_only_file_is_refused(root: Path, editing: Editing, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(os, "access", lambda path, mode: False)  # root may write everything
    with pytest.raises(UnsavedError, match="the file is read-only"):
        editing.change(ADA, ENTRY, put("title", "New"), now=NOW)
    assert (root / ENTRY).read_text() == ENTRY_TEXT


def test_a_text_that_is_too_long_is_refused(root: Path, editing: Editing) -> None:
    with pytest.raises(InvalidValueError):
        editing.change(ADA, ENTRY, put("framing", "long " * 20_000), now=NOW)
    with pytest.raises(TooLongError):
        editing.replace_text(ADA, ENTRY, "x" * 70_000, seen_digest=editing.digest(ENTRY), now=NOW)
    assert (root / ENTRY).read_text() == ENTRY_TEXT


def test_a_held_lock_is_named_and_nothing_is_changed(root: Path, saves: list[Save]) -> None:
    caught: list[LockedError] = []

    def change() -> None:
        try:
            Editing(root, patience=0.01).change(ADA, ENTRY, put("title", "New"), now=NOW)
        except LockedError as err:
            caught.append(err)

    with newsletter_lock(root):
        thread = threading.Thread(target=change)
        thread.start()
        thread.join()
    assert len(caught) == 1
    assert (root / ENTRY).read_text() == ENTRY_TEXT


@pytest.mark.parametrize("in_place", [False, True], ids=["by renaming", "in place"])
def test_a_file_that_is_replaced_between_reading_and_saving_keeps_the_other_change(
    root: Path, monkeypatch: pytest.MonkeyPatch, in_place: bool
) -> None:
    """As `git pull` or a text editor does it, which don't take the lock."""
    theirs = ENTRY_TEXT.replace("minutes: 7", "minutes: 12")

    def pull(save: Save) -> None:
        if pulled:
            return
        if in_place:
            (root / ENTRY).write_text(theirs)
        else:
            (root / "swap").write_text(theirs)
            (root / "swap").rename(root / ENTRY)
        pulled.append(save)

    pulled: list[Save] = []
    editing = Editing(root, saving=pull)
    editing.change(ADA, ENTRY, put("title", "New"), seen="The night train returns", now=NOW)
    assert (root / ENTRY).read_text() == theirs.replace("The night train returns", "New")


def test_a_field_that_is_replaced_between_reading_and_saving_is_a_conflict(root: Path) -> None:
    theirs = ENTRY_TEXT.replace("The night train returns", "Theirs")
    editing = Editing(root, saving=lambda _save: (root / ENTRY).write_text(theirs))
    with pytest.raises(ConflictError) as caught:
        editing.change(ADA, ENTRY, put("title", "Mine"), seen="The night train returns", now=NOW)
    assert (caught.value.mine, caught.value.theirs) == ("Mine", "Theirs")
    assert (root / ENTRY).read_text() == theirs


def test_a_file_that_is_deleted_between_reading_and_saving_stays_deleted(root: Path) -> None:
    editing = Editing(root, saving=lambda _save: (root / ENTRY).unlink())
    with pytest.raises(FileGoneError):
        editing.change(ADA, ENTRY, put("title", "Mine"), now=NOW)
    assert not (root / ENTRY).exists()


def test_a_file_that_another_program_keeps_writing_is_given_up(root: Path) -> None:
    numbers = iter(range(100))
    editing = Editing(root, saving=lambda _save: (root / ENTRY).write_text(f"{ENTRY_TEXT}\n{next(numbers)}\n"))
    with pytest.raises(BusyFileError):
        editing.change(ADA, ENTRY, put("title", "Mine"), now=NOW)
    assert "The night train returns" in (root / ENTRY).read_text()


def test_what_a_role_may_not_do_changes_nothing(root: Path, editing: Editing) -> None:
    before = files(root)
    for operation in (
        lambda: editing.change(WRITER, ENTRY, put("title", "New"), now=NOW),
        lambda: editing.change(WRITER, ISSUE, put("subject", "New"), now=NOW),
        lambda: editing.replace_text(WRITER, ISSUE, "New", seen_digest=editing.digest(ISSUE), now=NOW),
        lambda: editing.create_issue(WRITER, lambda: root / "never", now=NOW),
    ):
        with pytest.raises(ForbiddenError):
            operation()
    assert files(root) == before


def test_an_entry_and_an_issue_are_created(root: Path, editing: Editing, saves: list[Save]) -> None:
    entry = Entry(slug="two-clocks", title="Two clocks", url="https://example.org/clocks", source="The Pendulum")
    path = editing.create_entry(WRITER, entry, now=NOW)
    assert (root / path).read_text().startswith("---\ntitle: Two clocks\n")

    def write() -> Path:
        (root / "issues/2026-12-01.md").write_text(ISSUE_TEXT)
        return root / "issues/2026-12-01.md"

    assert editing.create_issue(ADA, write, now=NOW) == "issues/2026-12-01.md"
    assert [save.paths for save in saves] == [("issues/entries/two-clocks.md",), ("issues/2026-12-01.md",)]


def test_another_authors_change_is_announced_before_the_file_is_written(root: Path) -> None:
    texts: list[tuple[str, str]] = []
    editing = Editing(root, saving=lambda save: texts.append((save.person.name, (root / ENTRY).read_text())))
    editing.change(ADA, ENTRY, put("title", "Ada's"), now=NOW)
    editing.change(BEN, ENTRY, put("title", "Ben's"), now=NOW)
    assert texts == [("Ada", ENTRY_TEXT), ("Ben", ENTRY_TEXT.replace("The night train returns", "Ada's"))]


def test_a_new_file_is_announced_before_it_is_written(root: Path) -> None:
    announced: list[tuple[tuple[str, ...], bool]] = []
    new = "issues/entries/brought-back.md"
    editing = Editing(root, saving=lambda save: announced.append((save.paths, (root / new).exists())))
    editing.replace_text(ADA, new, ENTRY_TEXT, seen_digest="", now=NOW)
    assert announced == [((new,), False)]


def test_content_is_on_the_disk_before_the_name(root: Path, editing: Editing, monkeypatch: pytest.MonkeyPatch) -> None:
    order: list[str] = []
    rename = Path.replace

    def renamed(source: Path, target: Path) -> Path:
        order.append("renamed")
        return rename(source, target)

    monkeypatch.setattr(os, "fsync", lambda handle: order.append("synced"))
    monkeypatch.setattr(Path, "replace", renamed)
    editing.change(ADA, ENTRY, put("title", "New"), now=NOW)
    assert (order[0], order[-2:]) == ("synced", ["renamed", "synced"])


def test_the_settings_are_no_manuscript(root: Path, editing: Editing) -> None:
    (root / "newsletter.toml").write_text('name = "Ours"\n')
    with pytest.raises(UneditablePathError):
        editing.change(ADA, "newsletter.toml", put("title", "New"), now=NOW)
    with pytest.raises(ForbiddenError):
        editing.replace_text(ADA, "newsletter.toml", "", seen_digest="", now=NOW)
    assert (root / "newsletter.toml").read_text() == 'name = "Ours"\n'
