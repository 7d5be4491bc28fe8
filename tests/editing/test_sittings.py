"""Sittings: when changes are committed, under whose name, and what happens if that fails or the process is killed."""

import json
import os
import signal
import subprocess
import sys
import textwrap
from collections.abc import Callable
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path

import pytest

from newsletter.domain.people import Act, ForbiddenError, Person
from newsletter.editing import CommitState, Save, Sittings
from newsletter.files.newsletter_lock import newsletter_lock
from newsletter.git import find_repository
from tests.git.repositories import NOW, Checkout, checkout
from tests.people import WRITER

ADA = Person(name="Ada Marsh", address="ada@lantern.example.org")
BEN = Person(name="Ben Okoro", address="ben@lantern.example.org")
ENTRY = "issues/entries/night-train.md"
OTHER = "issues/entries/ferry.md"
TEXT = "---\ntitle: {title}\nurl: https://example.org/x\nsource: The Lamp\n---\nA framing.\n"
FILES = {
    "newsletter.toml": 'name = "Lantern"\n',
    ".gitignore": ".newsletter/\n",
    ENTRY: TEXT.format(title="Night train"),
    OTHER: TEXT.format(title="The ferry"),
}


class Desk:
    """A newsletter in git whose sittings run on a clock of the test's."""

    def __init__(self, folder: Path) -> None:
        self.checkout = checkout(folder, files=FILES)
        self.seconds = 1000.0
        self.states: list[CommitState] = []
        self.sittings = self.opened()

    def opened(self, clock: Callable[[], datetime] | None = None) -> Sittings:
        return Sittings(
            self.checkout.folder,
            clock=clock or (lambda: NOW + timedelta(seconds=self.seconds)),
            monotonic=lambda: self.seconds,
            announce=self.states.append,
            find=partial(find_repository, environment=self.checkout.environment),
        )

    def save(self, person: Person, path: str, old: str, new: str) -> None:
        """Change a file as ``Editing`` does: announced before and after the write, the former under the lock."""
        save = Save(person=person, paths=(path,), at=NOW)
        file = self.checkout.folder / path
        with newsletter_lock(self.checkout.folder):
            self.sittings.saving(save)
            file.write_text(file.read_text().replace(old, new))
        self.sittings.saved(save)

    @property
    def log(self) -> list[str]:
        """The commits after the first, the newest first."""
        return self.checkout.git("log", "--format=%an: %s").splitlines()[:-1]


@pytest.fixture
def desk(tmp_path: Path) -> Desk:
    return Desk(tmp_path)


def test_a_sitting_is_committed_after_five_quiet_minutes(desk: Desk) -> None:
    desk.save(ADA, ENTRY, "A framing.", "Another.")
    assert desk.sittings.tick() == 300
    desk.seconds += 200
    desk.save(ADA, OTHER, "A framing.", "New.")
    desk.seconds += 299
    assert (desk.sittings.tick(), desk.log, desk.sittings.state().pending) == (1, [], 2)
    desk.seconds += 1
    assert desk.sittings.tick() is None
    assert desk.log == ["Ada Marsh: Edit The ferry: framing; edit Night train: framing"]
    state = desk.sittings.state()
    assert (state.pending, state.committed_at, state.problem) == (0, NOW + timedelta(seconds=1500), "")
    assert desk.states[-1] == state


def test_another_author_of_the_same_file_ends_the_sitting_before_the_write(desk: Desk) -> None:
    desk.save(ADA, ENTRY, "A framing.", "Ada's framing.")
    desk.save(BEN, OTHER, "A framing.", "Ben's framing.")
    assert desk.log == []
    desk.save(BEN, ENTRY, "Night train", "Ben's train")
    assert desk.log == ["Ada Marsh: Edit Night train: framing"]
    assert "Ben" not in desk.checkout.git("show", "HEAD")
    desk.sittings.commit_now()
    assert desk.log[0].startswith("Ben Okoro: Edit ")


def test_commit_now_commits_one_persons_sitting(desk: Desk) -> None:
    desk.save(ADA, ENTRY, "A framing.", "Another.")
    desk.save(BEN, OTHER, "A framing.", "New.")
    assert desk.sittings.commit_now(ADA).pending == 1
    assert desk.log == ["Ada Marsh: Edit Night train: framing"]


def test_the_files_of_an_issue_are_committed_for_somebody_who_may_act_on_it(desk: Desk) -> None:
    desk.save(ADA, ENTRY, "A framing.", "Another.")
    desk.save(ADA, OTHER, "A framing.", "New.")
    with pytest.raises(ForbiddenError):
        desk.sittings.commit_files(WRITER, Act.APPROVE, [ENTRY])
    assert desk.log == []
    assert desk.sittings.commit_files(BEN, Act.APPROVE, [ENTRY]).pending == 1
    assert desk.log == ["Ada Marsh: Edit Night train: framing"]
    desk.sittings.commit_now()
    assert desk.log[0] == "Ada Marsh: Edit The ferry: framing"


def test_a_file_saved_while_its_author_s_sitting_is_committed_is_committed_next(tmp_path: Path) -> None:
    desk = Desk(tmp_path)
    new = "issues/entries/new.md"

    def clock() -> datetime:  # it is read while git is about to run
        path = desk.checkout.folder / new
        if not path.exists():
            path.write_text(TEXT.format(title="New"))
            desk.sittings.saved(Save(person=ADA, paths=(new,), at=NOW))
        return NOW

    desk.sittings = desk.opened(clock)
    desk.save(ADA, ENTRY, "A framing.", "Another.")
    assert desk.sittings.commit_now().pending == 1
    desk.seconds += 300
    assert desk.sittings.tick() is None
    assert desk.log == ["Ada Marsh: Add New", "Ada Marsh: Edit Night train: framing"]


def test_a_failed_commit_is_shown_and_tried_again(desk: Desk) -> None:
    lock = desk.checkout.folder / ".git/index.lock"
    desk.save(ADA, ENTRY, "A framing.", "Another.")
    lock.touch()
    desk.save(BEN, ENTRY, "Night train", "Ben's train")
    state = desk.sittings.state()
    assert (state.problem, state.pending) == ("not committed: another program is using the git repository", 1)
    lock.unlink()
    desk.seconds += 301
    desk.sittings.tick()
    assert desk.sittings.state().problem == ""
    body = desk.checkout.git("log", "--format=%an%n%B")
    assert body.startswith("Ada Marsh\nEdit Ben's train: title and framing")
    assert "Co-authored-by: Ben Okoro <ben@lantern.example.org>" in body


def test_a_staged_part_of_a_file_is_shown_and_kept(desk: Desk) -> None:
    desk.checkout.write(ENTRY, "staged\n")
    desk.checkout.git("add", ENTRY)
    desk.save(ADA, ENTRY, "staged", "changed")
    assert (
        desk.sittings.commit_now().problem == f"not committed: part of {ENTRY} is staged in git: commit or unstage it"
    )
    assert desk.checkout.git("diff", "--cached", "--name-only") == ENTRY
    desk.checkout.git("reset", "--quiet")
    assert (desk.sittings.commit_now().problem, len(desk.log)) == ("", 1)


def test_a_process_killed_between_save_and_commit_leaves_its_sitting_to_the_next(desk: Desk) -> None:
    program = """
        import os, signal, sys
        from datetime import UTC, datetime
        from pathlib import Path
        from newsletter.domain.people import Person
        from newsletter.editing import Save, Sittings
        root = Path(sys.argv[1])
        sittings = Sittings(root, clock=lambda: datetime.now(UTC))
        sittings.start()
        sittings.saving(Save(person=Person(name="Ada", address="ada@x.example"), paths=(sys.argv[2],), at=None))
        (root / sys.argv[2]).write_text("---\\ntitle: Killed\\n---\\n")
        os.kill(os.getpid(), signal.SIGKILL)
    """
    done = subprocess.run(
        [sys.executable, "-c", textwrap.dedent(program), str(desk.checkout.folder), ENTRY],
        env=desk.checkout.environment,
        cwd=Path(__file__).parents[2],
        check=False,
    )
    assert done.returncode == -signal.SIGKILL
    assert desk.log == []
    desk.opened().tick()
    assert desk.log == ["Ada: Edit Killed: title, link, source and framing"]


@pytest.mark.parametrize(
    "content", ["", "{", '{"sittings": 1}', '{"sittings": [{"paths": "x"}]}', "[]", '{"sittings": ' + "[" * 100_000]
)
def test_a_broken_note_of_sittings_is_ignored(desk: Desk, content: str) -> None:
    desk.checkout.write(".newsletter/sitting.json", content)
    assert desk.opened().state() == CommitState(in_git=True)


def test_a_pipe_in_place_of_the_note_or_of_a_file_stops_nobody(desk: Desk) -> None:
    desk.save(ADA, ENTRY, "A framing.", "Another.")
    entry, note = (desk.checkout.folder / path for path in (ENTRY, ".newsletter/sitting.json"))
    entry.unlink()
    note.unlink()
    os.mkfifo(entry)
    os.mkfifo(note)
    assert desk.opened().state().pending == 0
    desk.sittings.commit_now()  # the entry can't be committed as it is
    desk.save(ADA, OTHER, "A framing.", "New.")
    entry.unlink()
    desk.sittings.commit_now()
    assert "The ferry: framing" in desk.log[0]
    assert note.is_file()


def test_a_foreign_note_of_sittings_commits_only_manuscripts(desk: Desk) -> None:
    names = [".env", "../secret.md", "/etc/hostname", ".git/x.md", "notes.txt", "--all", "issues/.hidden.md", ENTRY]
    for name in (".env", "notes.txt", "issues/.hidden.md", ENTRY):
        desk.checkout.write(name, "changed")
    note = {"sittings": [{"name": "Eve", "address": "eve@example.org", "paths": names}]}
    desk.checkout.write(".newsletter/sitting.json", json.dumps(note))
    desk.opened().tick()
    assert desk.checkout.git("show", "--name-only", "--format=%an").split() == ["Eve", ENTRY]


def test_without_a_repository_nothing_is_committed_until_there_is_one(tmp_path: Path) -> None:
    bare = Checkout(tmp_path / "home", tmp_path / "letters")
    bare.set_global("user.name", "Robin")
    bare.set_global("user.email", "robin@x.example")
    bare.write("newsletter.toml", "")
    bare.environment["GIT_CEILING_DIRECTORIES"] = str(tmp_path)
    sittings = Sittings(bare.folder, clock=lambda: NOW, find=partial(find_repository, environment=bare.environment))
    save = Save(person=ADA, paths=("newsletter.toml",), at=NOW)
    sittings.saving(save)
    sittings.saved(save)
    state = sittings.commit_now()
    assert (state.in_git, state.problem) == (False, "this folder is not in a git repository")
    assert not (bare.folder / ".newsletter").exists()
    bare.git("init", "--quiet")
    assert sittings.commit_now().in_git
    sittings.saving(save)
    assert sittings.commit_now().committed_at == NOW


def test_the_thread_commits_when_something_is_due_and_at_the_end(desk: Desk) -> None:
    desk.sittings.start()
    desk.save(ADA, ENTRY, "A framing.", "Another.")
    desk.sittings.stop()
    assert desk.log == ["Ada Marsh: Edit Night train: framing"]
    assert json.loads((desk.checkout.folder / ".newsletter/sitting.json").read_text()) == {"sittings": []}
