"""Approvals while others work on the issue: at the same moment, in the theme, by a real `git pull`, in a shell."""

import subprocess
import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest

from newsletter import bootstrap
from newsletter.domain.people import OwnWorkError, Person, Role
from newsletter.publishing.reviews.approvals import NotApprovedError
from newsletter.publishing.reviews.issue_reviews import review_of
from newsletter.publishing.reviews.review_decisions import approve
from newsletter.publishing.reviews.reviewed_issue import reviewed_issue
from newsletter.publishing.sends.send_preparing import compose_issue
from newsletter.settings import Settings, load
from newsletter.store import Store, open_store
from tests.command_line import Run
from tests.newsletter_folder import write_issue
from tests.people import EDITOR, PUBLISHER
from tests.publishing.reviews.approving_newsletter import APPROVAL, MONDAY, NOW, changed_settings
from tests.publishing.reviews.test_approvals import (
    ANY_TIME,
    ISSUE,
    approved,
    begun,
    change_text,
    member,
    problem,
    scheduled,
)

ROUNDS = 4
CLEO = Person(name="Cleo", address="cleo@example.org", role=Role.EDITOR)


@pytest.fixture
def store(database_url: str) -> Iterator[Store]:
    """A store of each kind."""
    with open_store(database_url) as opened:
        yield opened


def write_text(root: Path, words: str) -> None:
    """Change an entry's text, as an editor does that writes a file at once."""
    file, new = root / "issues/entries/train.md", root / "train.new"
    before, _, _ = file.read_text().rpartition("\n\n")
    new.write_text(f"{before}\n\n{words}\n")
    new.replace(file)


def at_once(*acts: Callable[[], object]) -> None:
    """Begin all acts in the same moment, and wait until they have ended."""
    ready = threading.Barrier(len(acts))

    def run(act: Callable[[], object]) -> None:
        ready.wait()
        act()

    with ThreadPoolExecutor(len(acts)) as pool:
        for ended in [pool.submit(run, act) for act in acts]:
            ended.result()


def test_two_approvals_that_race_with_a_change_are_of_what_each_person_has_seen(
    approving: Settings,
    store: Store,
) -> None:
    two = changed_settings(approving, "approvals = 2\n")
    people = [member(store, person) for person in (EDITOR, PUBLISHER)]

    def approval_by(person: Person) -> Callable[[], object]:
        return lambda: approve(person, two, store, compose_issue(two, ISSUE), time=ANY_TIME, now=NOW)

    for number in range(ROUNDS):
        acts = [approval_by(person) for person in (*people, people[0])]  # one of them presses the button twice
        at_once(*acts, lambda: write_text(two.root, f"Round {number}."))  # noqa: B023  it runs in this round
        current = reviewed_issue(two, compose_issue(two, ISSUE)).content
        approvers = {event.by for event in store.reviews.of_issue(ISSUE) if current.is_of(event)}
        assert (problem(two, store) is None) == (len(approvers) == 2)
    for approval in acts[:2]:
        approval()
    assert problem(two, store) is None


def test_a_send_that_races_with_changes_freezes_what_was_approved_or_nothing(
    approving: Settings,
    store: Store,
) -> None:
    write_text(approving.root, "As approved.")
    approved(approving, store)
    content = store.reviews.of_issue(ISSUE)[-1].content
    send, stopped = scheduled(approving, store), threading.Event()

    def change_again_and_again() -> None:
        while not stopped.is_set():
            write_text(approving.root, "Something else.")
            write_text(approving.root, "As approved.")

    with ThreadPoolExecutor(1) as pool:
        changing = pool.submit(change_again_and_again)
        try:
            for _ in range(ROUNDS):
                try:
                    begun(approving, store, send)
                except NotApprovedError:
                    continue
                break
        finally:
            stopped.set()
        changing.result()
    if not store.sends.get(send.id).digest:
        begun(approving, store, send)
    assert store.sends.get(send.id).digest == content


def test_a_changed_file_of_the_theme_needs_a_new_approval(
    approving: Settings,
    store: Store,
) -> None:
    folder = approving.root / "templates/email/own"
    folder.mkdir(parents=True)
    (folder / "theme.toml").write_text('base = "default"\n')
    (folder / "ending.txt").write_text("Until tomorrow.\n")
    own = changed_settings(approving, '\n[theme]\nname = "own"\n')
    approved(own, store)
    send = scheduled(own, store)
    (folder / "ending.txt").write_text("Until next week.\n")
    with pytest.raises(NotApprovedError, match="how it looks"):
        begun(own, store, send)
    assert store.sends.get(send.id).digest == ""
    approved(own, store)
    assert begun(own, store, send).status.ended


def test_what_a_git_pull_brings_is_not_approved_and_its_author_does_not_approve_it(
    approving: Settings,
    store: Store,
    tmp_path_factory: pytest.TempPathFactory,
) -> None:
    def git(folder: Path, name: str, *arguments: str) -> None:
        who = ["-c", f"user.name={name}", "-c", f"user.email={name.lower()}@example.org"]
        subprocess.run(["git", *who, *arguments], cwd=folder, check=True, capture_output=True)

    here, remote = approving.root, tmp_path_factory.mktemp("remote")
    elsewhere = tmp_path_factory.mktemp("elsewhere") / "newsletter"
    git(remote, "Root", "init", "-q", "--bare", "-b", "main")
    git(here, "Root", "init", "-q", "-b", "main")
    git(here, "Root", "add", "issues", "newsletter.toml")
    git(here, "Root", "commit", "-qm", "The first issue")
    git(here, "Root", "remote", "add", "origin", str(remote))
    git(here, "Root", "push", "-qu", "origin", "main")
    approved(approving, store)
    send = scheduled(approving, store)
    git(here, "Root", "clone", "-q", str(remote), str(elsewhere))
    change_text(elsewhere)
    git(elsewhere, "Cleo", "commit", "-qam", "Say it better")
    git(elsewhere, "Cleo", "push", "-q")

    git(here, "Root", "pull", "-q", "--ff-only")
    with pytest.raises(NotApprovedError, match="“About train”: framing reworded"):
        begun(approving, store, send)
    review = review_of(approving, store, reviewed_issue(approving, compose_issue(approving, ISSUE)))
    assert review.authors == {CLEO.address}
    with pytest.raises(OwnWorkError):
        approved(approving, store, CLEO)
    approved(approving, store)
    assert begun(approving, store, send).status.ended


def test_changes_at_the_command_line_are_those_of_the_person_there(run: Run, root: Path) -> None:
    write_issue(root, MONDAY, "train", "glove", more="preheader: What a timetable can teach.\n")
    (root / "newsletter.toml").write_text((root / "newsletter.toml").read_text() + APPROVAL)
    assert run("subscribers", "add", "ada@example.com").status == 0
    here = bootstrap.local_person(root)
    path = "issues/entries/train.md"
    for command, file in (
        (("entry", "set", "train", "title", "Trains"), path),
        (("issue", "move", ISSUE, "glove", "--before", "train"), f"issues/{ISSUE}.md"),
        (("entry", "new", "Two clocks"), "issues/entries/two-clocks.md"),
        (("issue", "new", "2026-11-24"), "issues/2026-11-24.md"),
    ):
        assert run(*command).status == 0
        with bootstrap.open_store(load(root)) as store:
            assert [edit.address for edit in store.edits.of_files([file])] == [here.address]
