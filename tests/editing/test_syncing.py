"""Two editors' clones and a bare remote: fetching, merging, pushing, and conflicts as values."""

from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from functools import partial
from pathlib import Path

import pytest

from newsletter.domain.people import Person
from newsletter.editing import Save, Side, SideNeededError, Sittings, SyncConflict, Syncing
from newsletter.errors import UsageError
from newsletter.git import find_repository
from tests.git.repositories import NOW, Checkout, checkout

ADA = Person(name="Ada Marsh", address="ada@lantern.example.org")
ENTRY = "issues/entries/night-train.md"
ISSUE = "issues/2026-11-30.md"
TEXT = """---
title: Night train
url: https://example.org/night-train
source: The Lamp
topics: [rail]
---
A framing.

> A quotation.
"""
DRAFT = "---\ndate: 2026-11-30\nsubject: Monday\nentries:\n  - a\n  - b\n  - c\n  - d\n---\nA note.\n"
FILES = {"newsletter.toml": "a = 1\nb = 2\nc = 3\n", ".gitignore": ".newsletter/\n", ENTRY: TEXT, ISSUE: DRAFT}


class Desk:
    """A clone with a studio in it, and a colleague with plain git in another."""

    def __init__(self, folder: Path, prefix: str = "") -> None:
        origin = checkout(folder, files={f"{prefix}{path}": text for path, text in FILES.items()} | {"README": "r\n"})
        origin.git("clone", "--quiet", "--bare", ".", str(folder / "remote.git"))
        self.remote = Checkout(folder / "home", folder / "remote.git")
        self.here = self.clone(folder / "here")
        self.there = self.clone(folder / "there")
        self.prefix = prefix
        self.root = self.here.folder / prefix
        self.seconds = 0.0
        self.sittings = Sittings(
            self.root,
            clock=lambda: NOW,
            monotonic=lambda: self.seconds,
            find=partial(find_repository, environment=self.here.environment),
        )
        self.syncing = self.checked(lambda *_: None)

    def checked(self, check: Callable[[str, str], object]) -> Syncing:
        return Syncing(
            self.sittings,
            clock=lambda: NOW + timedelta(seconds=self.seconds),
            protocols=("https", "ssh", "file"),
            check_pulled=check,
        )

    def clone(self, folder: Path) -> Checkout:
        made = Checkout(self.remote.folder.parent / "home", folder)
        made.git("clone", "--quiet", str(self.remote.folder), ".")
        return made

    def save(self, path: str, old: str, new: str) -> None:
        """Change a file in the studio."""
        save = Save(person=ADA, paths=(path,), at=NOW)
        self.sittings.saving(save)
        file = self.root / path
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))
        self.sittings.saved(save)

    def commit(self, path: str, old: str, new: str) -> None:
        """Change a file in the studio, and commit it."""
        self.save(path, old, new)
        self.sittings.commit_now()

    def push(self, path: str, old: str, new: str) -> None:
        """Let the colleague change a file, commit it and push it."""
        self.there.git("pull", "--quiet", "--no-rebase", "--no-edit")
        file = self.there.folder / self.prefix / path
        assert old in file.read_text()
        file.write_text(file.read_text().replace(old, new))
        self.there.git("commit", "--quiet", "--all", "--message=Theirs")
        self.there.git("push", "--quiet")

    def text(self, path: str) -> str:
        return (self.root / path).read_text()

    @property
    def remote_head(self) -> str:
        return self.remote.git("rev-parse", "main")

    def is_synchronised(self) -> bool:
        return self.here.git("status", "--porcelain") == "" and self.here.git("rev-parse", "HEAD") == self.remote_head


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_commits_are_pushed_and_fetched(desk: Desk) -> None:
    desk.commit(ENTRY, "A framing.", "Ours.")
    state = desk.syncing.sync_now()
    assert (state.problem, state.ahead, state.synced_at, state.conflicts) == ("", 0, NOW, ())
    assert state.remote == str(desk.remote.folder)
    assert desk.is_synchronised()
    desk.push(ENTRY, "Ours.", "Theirs.")
    desk.syncing.sync_now()
    assert "Theirs." in desk.text(ENTRY)
    assert desk.is_synchronised()


@pytest.mark.parametrize("prefix", ["", "letters/für/"])
def test_different_files_fields_and_paragraphs_merge(tmp_path: Path, prefix: str) -> None:
    desk = Desk(tmp_path, prefix)
    desk.push(ENTRY, "title: Night train", "title: Day train")
    desk.push("newsletter.toml", "a = 1", "a = 10")
    desk.push(ISSUE, "A note.", "A note.\n\nTheir paragraph.")
    desk.commit(ENTRY, "url: https://example.org/night-train", "url: https://example.org/train")
    desk.commit("newsletter.toml", "c = 3", "c = 30")
    desk.commit(ISSUE, "A note.", "Our note.")
    assert desk.syncing.sync_now().problem == ""
    assert desk.text(ENTRY) == TEXT.replace("Night train", "Day train").replace("/night-train", "/train")
    assert desk.text("newsletter.toml") == "a = 10\nb = 2\nc = 30\n"
    assert desk.text(ISSUE) == DRAFT.replace("A note.", "Our note.\n\nTheir paragraph.")
    assert desk.is_synchronised()
    assert desk.here.git("log", "-1", "--format=%an|%cn|%s|%P").count(" ") > 4


def test_topics_added_on_both_sides_are_all_kept(desk: Desk) -> None:
    desk.push(ENTRY, "[rail]", "[rail, night]")
    desk.commit(ENTRY, "[rail]", "[europe]")
    assert desk.syncing.sync_now().problem == ""
    assert "topics: [europe, night]" in desk.text(ENTRY)


def test_a_contradiction_waits_for_a_choice_without_touching_any_file(desk: Desk) -> None:
    desk.push(ENTRY, "title: Night train", "title: Theirs")
    desk.push(ENTRY, "A framing.", "Their framing.")
    desk.commit(ENTRY, "title: Night train", "title: Mine")
    desk.commit(ENTRY, "A framing.", "My framing.")
    before = desk.text(ENTRY)
    state = desk.syncing.sync_now()
    title, framing = state.conflicts
    assert title == SyncConflict(path=ENTRY, field="title", mine="Mine", theirs="Theirs", base="Night train")
    assert (framing.field, framing.mine, framing.theirs) == ("framing", "My framing.", "Their framing.")
    assert state.problem == "not synchronised: changes here and at the remote contradict each other"
    assert state.ahead == 2
    assert (desk.text(ENTRY), desk.here.git("status", "--porcelain")) == (before, "")
    desk.syncing.resolve(ADA, title, Side.THEIRS)
    assert desk.syncing.state().conflicts == (framing,)
    assert desk.syncing.sync_now().conflicts == (framing,)
    desk.syncing.resolve(ADA, framing, "My framing.\n\nTheir framing.")
    assert desk.syncing.sync_now().problem == ""
    assert desk.text(ENTRY) == TEXT.replace("Night train", "Theirs").replace(
        "A framing.", "My framing.\n\nTheir framing."
    )
    assert desk.here.git("log", "-1", "--format=%an") == "Ada Marsh"
    assert desk.is_synchronised()


def test_a_choice_lapses_when_the_remote_changes_the_field_again(desk: Desk) -> None:
    desk.push(ENTRY, "title: Night train", "title: Theirs")
    desk.commit(ENTRY, "title: Night train", "title: Mine")
    (conflict,) = desk.syncing.sync_now().conflicts
    desk.push(ENTRY, "title: Theirs", "title: Theirs again")
    desk.syncing.resolve(ADA, conflict, Side.MINE)
    (newer,) = desk.syncing.sync_now().conflicts
    assert (newer.theirs, newer.mine) == ("Theirs again", "Mine")
    desk.syncing.resolve(ADA, newer, Side.MINE)
    desk.syncing.sync_now()
    assert "title: Mine" in desk.text(ENTRY)
    assert desk.is_synchronised()


@pytest.mark.parametrize(("side", "exists"), [(Side.MINE, True), (Side.THEIRS, False)])
def test_a_file_deleted_at_the_remote_and_changed_here(desk: Desk, side: Side, exists: bool) -> None:
    desk.there.git("rm", "--quiet", ENTRY)
    desk.there.git("commit", "--quiet", "--message=Remove")
    desk.there.git("push", "--quiet")
    desk.commit(ENTRY, "A framing.", "Changed.")
    (conflict,) = desk.syncing.sync_now().conflicts
    assert (conflict.field, conflict.theirs) == ("text", None)
    assert "Changed." in str(conflict.mine)
    desk.syncing.resolve(ADA, conflict, side)
    assert desk.syncing.sync_now().problem == ""
    assert (desk.root / ENTRY).exists() is exists
    assert desk.is_synchronised()


def test_entries_that_both_have_added_are_listed_once(desk: Desk) -> None:
    desk.push(ISSUE, "  - a\n", "  - new\n  - theirs\n  - a\n")
    desk.commit(ISSUE, "  - d\n", "  - d\n  - mine\n  - new\n")
    assert desk.syncing.sync_now().problem == ""
    assert desk.text(ISSUE).count("- new") == 1
    assert desk.text(ISSUE).index("- theirs") < desk.text(ISSUE).index("- mine")
    assert desk.is_synchronised()


def test_changes_that_are_not_committed_are_never_overwritten(desk: Desk) -> None:
    desk.push(ENTRY, "A framing.", "Theirs.")
    desk.here.write(ENTRY, TEXT.replace("A framing.", "Written in another program."))
    before = desk.here.git("rev-parse", "HEAD")
    state = desk.syncing.sync_now()
    assert state.problem == "not synchronised: changes that are not committed are in the way"
    assert "another program" in desk.text(ENTRY)
    assert desk.here.git("rev-parse", "HEAD") == before


def test_a_pending_sitting_is_committed_before_its_file_is_merged_and_others_go_on(desk: Desk) -> None:
    desk.push(ENTRY, "A framing.", "Theirs.")
    desk.save(ENTRY, "A quotation.", "Ours.")
    desk.syncing.sync_now()
    assert desk.text(ENTRY) == TEXT.replace("A framing.", "Theirs.").replace("A quotation.", "Ours.")
    assert desk.is_synchronised()
    desk.push(ENTRY, "Theirs.", "More.")
    desk.save(ISSUE, "Monday", "Moonday")
    desk.syncing.sync_now()
    assert desk.sittings.state().pending == 1


def test_what_is_staged_survives_a_merge(desk: Desk) -> None:
    desk.push(ENTRY, "A framing.", "Theirs.")
    desk.commit(ISSUE, "Monday", "Moonday")
    desk.here.write("newsletter.toml", "staged = 1\n")
    desk.here.git("add", "newsletter.toml")
    desk.here.write("newsletter.toml", "staged = 1\nnot = 2\n")
    staged = desk.here.git("ls-files", "--stage", "newsletter.toml")
    assert desk.syncing.sync_now().problem == ""
    assert desk.here.git("ls-files", "--stage", "newsletter.toml") == staged
    assert desk.text("newsletter.toml") == "staged = 1\nnot = 2\n"


def test_without_the_remote_the_state_says_so_and_nothing_is_lost(desk: Desk) -> None:
    desk.here.git("remote", "set-url", "origin", "https://robin:secret@127.0.0.1:1/letters.git")
    desk.commit(ENTRY, "A framing.", "Ours.")
    state = desk.syncing.sync_now()
    assert state.problem == "not synchronised: https://127.0.0.1:1/letters.git can't be reached"
    assert "secret" not in repr(state)
    desk.here.git("remote", "set-url", "origin", str(desk.remote.folder))
    assert desk.syncing.sync_now().problem == ""
    assert desk.is_synchronised()


def test_a_branch_without_counterpart_and_a_repository_without_remote(desk: Desk) -> None:
    desk.here.git("checkout", "--quiet", "-b", "side")
    assert "has no counterpart" in desk.syncing.sync_now().problem
    desk.here.git("remote", "remove", "origin")
    assert (desk.syncing.sync_now().problem, desk.syncing.state().remote) == ("", "")


def test_the_thread_pushes_what_was_committed(desk: Desk) -> None:
    desk.commit(ENTRY, "A framing.", "Ours.")
    desk.syncing.start()
    desk.syncing.stop()
    assert desk.is_synchronised()


def test_people_who_sign_in_write_no_text_of_their_own_into_settings(desk: Desk) -> None:
    desk.push("newsletter.toml", "b = 2", "b = 3")
    desk.commit("newsletter.toml", "b = 2", "b = 4")
    (conflict,) = desk.syncing.sync_now().conflicts
    admin = replace(ADA, id=7)
    with pytest.raises(SideNeededError):
        desk.syncing.resolve(admin, conflict, '[studio]\nhooks = "all"\n')
    assert desk.syncing.state().conflicts == (conflict,)
    desk.syncing.resolve(admin, conflict, Side.THEIRS)
    assert desk.syncing.sync_now().problem == ""
    assert "b = 3" in desk.text("newsletter.toml")


def test_settings_that_the_remote_may_not_change_wait_for_somebody_at_the_server(tmp_path: Path) -> None:
    def refuse(before: str, after: str) -> None:
        if ("[provider]" in before) != ("[provider]" in after):
            raise UsageError("not from there", hint="pull it")

    for prefix in ("", "letters/für/"):
        desk = Desk(tmp_path / str(len(prefix)), prefix)
        desk.syncing = desk.checked(refuse)
        desk.push("newsletter.toml", "a = 1", "a = 10")
        assert desk.syncing.sync_now().problem == ""
        desk.push("newsletter.toml", "c = 3", "c = 3\n[provider]")
        desk.push(ENTRY, "A framing.", "Theirs.")
        assert "not from there" in desk.syncing.sync_now().problem
        desk.commit(ISSUE, "A note.", "Ours.")  # it is no longer a fast-forward
        assert "not from there" in desk.syncing.sync_now().problem
        assert "[provider]" not in desk.text("newsletter.toml")
        desk.commit("newsletter.toml", "a = 10", "a = 11")  # both have changed it
        assert "not from there" in desk.syncing.sync_now().problem
        desk.here.git("pull", "--quiet", "--no-rebase", "--no-edit")
        assert desk.syncing.sync_now().problem == ""
        assert desk.is_synchronised()


def test_the_remote_makes_the_settings_no_link(desk: Desk) -> None:
    (desk.there.folder / "newsletter.toml").unlink()
    (desk.there.folder / "newsletter.toml").symlink_to("other.toml")
    (desk.there.folder / "other.toml").write_text("[provider]\n")
    desk.there.git("add", "--all")
    desk.there.git("commit", "--quiet", "--message=Theirs")
    desk.there.git("push", "--quiet")
    assert "a link" in desk.syncing.sync_now().problem
    assert desk.text("newsletter.toml") == FILES["newsletter.toml"]


def test_settings_behind_a_link_are_checked_too(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "letters/")
    folder = desk.there.folder
    (folder / "letters/newsletter.toml").rename(folder / "settings.toml")
    (folder / "letters/newsletter.toml").symlink_to("../settings.toml")
    desk.there.git("add", "--all")
    desk.there.git("commit", "--quiet", "--message=Link")
    desk.there.git("push", "--quiet")
    desk.here.git("pull", "--quiet")
    seen: list[tuple[str, str]] = []
    desk.syncing = desk.checked(lambda *texts: seen.append(texts))
    desk.push("../settings.toml", "a = 1", "a = 10")
    assert desk.syncing.sync_now().problem == ""
    assert [("a = 1\n" in before, "a = 10\n" in after) for before, after in seen] == [(True, True)]


@pytest.mark.parametrize("prefix", ["", "letters/für/"])
@pytest.mark.parametrize(
    "path",
    ["newsletter.db", "newsletter.db-journal", "new/secret.env", ".newsletter/imports/x/import.json", ".gitignore"],
)
def test_no_file_of_the_remote_takes_the_place_of_one_that_only_the_server_has(
    tmp_path: Path, prefix: str, path: str
) -> None:
    desk = Desk(tmp_path, prefix)
    (desk.root / ".gitignore").write_text(".newsletter/\nnewsletter.db\n*.env\n")
    desk.here.git("commit", "--quiet", "--all", "--message=Rules")
    assert desk.syncing.sync_now().problem == ""
    (desk.root / "newsletter.db").write_text("readers")
    desk.there.git("pull", "--quiet")
    file = desk.there.folder / prefix / path
    file.parent.mkdir(parents=True, exist_ok=True)
    file.write_text("theirs")
    desk.there.git("add", "--force", "--all", str(file))
    desk.there.git("commit", "--quiet", "--message=Theirs")
    desk.there.git("push", "--quiet")
    for change in ("", "Ours."):  # a fast-forward, and a merge
        if change:
            desk.commit(ENTRY, "A framing.", change)
        assert f"{prefix}{path}" in desk.syncing.sync_now().problem
        assert desk.text("newsletter.db") == "readers"
        assert not (desk.root / path).exists() or desk.text(path) != "theirs"


def test_rules_of_another_folder_of_the_repository_are_merged(tmp_path: Path) -> None:
    desk = Desk(tmp_path, "letters/")
    for folder, problem in (("website", ""), ("", "ignores: .gitignore")):
        file = desk.there.folder / folder / ".gitignore"
        file.parent.mkdir(exist_ok=True)
        file.write_text("*.log\n")
        desk.there.git("add", "--all")
        desk.there.git("commit", "--quiet", "--message=Rules")
        desk.there.git("push", "--quiet")
        reported = desk.syncing.sync_now().problem
        assert reported.endswith(problem)
        assert (reported == "") == (problem == "")
        assert (desk.here.folder / folder / ".gitignore").exists() == (problem == "")
