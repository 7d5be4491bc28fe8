"""Commit what each person has changed when their sitting ends, so that git's history reads like a day's work.

A sitting ends after five quiet minutes, when another author is about to change one of its files, when its author asks
for it, and when the studio stops. Nothing here ever fails a save: a failed commit is shown and tried again. The files
of unfinished sittings are noted in ``.newsletter/sitting.json`` before they are written, so that the next process
commits what a killed one has left.
"""

import datetime
import threading
import time
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

from newsletter.domain.people import Act, Person, require_role
from newsletter.editing.commit_messages import FileChange, commit_message
from newsletter.editing.sitting_file import read_noted, text_now, write_noted
from newsletter.editing.values import Save
from newsletter.errors import NewsletterError
from newsletter.files import library_errors
from newsletter.files.newsletter_lock import newsletter_lock
from newsletter.git import (
    STUDIO,
    WAITS,
    CommitOutcome,
    Identity,
    LeftOutReason,
    NoRepository,
    Repository,
    VersionNotFoundError,
    commit,
    find_repository,
    text_at,
    tidy,
)

QUIET = datetime.timedelta(minutes=5)
_AGAIN = 60.0  # seconds before another try after a failure


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitState:
    """What a page's header says about commits.

    ``in_git`` is False if there is no usable repository; ``problem`` and ``hint`` then say why. Otherwise they say why
    the last commit failed, and are empty if none did. ``pending`` is the number of changed files that aren't committed
    yet, and ``committed_at`` the time of this process's last commit.
    """

    in_git: bool
    pending: int = 0
    committed_at: datetime.datetime | None = None
    problem: str = ""
    hint: str = ""


@dataclass(slots=True)
class _Sitting:
    due: float
    paths: set[str] = field(default_factory=set)


def _ignore(_state: CommitState) -> None:
    """Do nothing about a change of state."""


class Sittings:
    """The unfinished sittings of a newsletter's editors. Pass ``saving`` and ``saved`` to ``Editing``.

    ``start`` runs ``tick`` in a thread whenever something is due, and ``stop`` ends it after a last commit.
    ``announce`` gets each new state, in any thread. ``monotonic`` counts seconds. With ``hooks``, the repository's
    hooks and filters run.
    """

    def __init__(
        self,
        root: Path,
        *,
        clock: Callable[[], datetime.datetime],
        monotonic: Callable[[], float] = time.monotonic,
        quiet: datetime.timedelta = QUIET,
        hooks: bool = False,
        committer: Identity = STUDIO,
        announce: Callable[[CommitState], object] = _ignore,
        find: Callable[[Path], Repository | NoRepository] = find_repository,
    ) -> None:
        self.root = root
        self._clock, self._monotonic, self._quiet = clock, monotonic, quiet.total_seconds()
        self._hooks, self._committer, self._announce, self._find = hooks, committer, announce, find
        self._guard = threading.Lock()
        self._wake, self._stopping = threading.Event(), False
        self._thread: threading.Thread | None = None
        self._sittings = {  # those of a killed process are over
            author: _Sitting(due=monotonic(), paths=paths) for author, paths in read_noted(root).items()
        }
        self._committed_at: datetime.datetime | None = None
        self._problem, self._hint = "", ""
        self.repository: Repository | NoRepository = find(root)

    def saving(self, save: Save) -> None:
        """Note that files are about to be written, and commit what others have changed in them. Never fails."""
        if isinstance(self.repository, NoRepository):
            return
        author = author_of(save.person)
        for other in self._others(author, save.paths):
            self._commit(other, waits=())
        self._note(author, save.paths)

    def saved(self, save: Save) -> None:
        """Note that files were written: their sitting goes on. Never fails."""
        if isinstance(self.repository, NoRepository):
            return
        self._note(author_of(save.person), save.paths)
        self._announce(self.state())

    def commit_now(self, person: Person | None = None) -> CommitState:
        """Commit a person's sitting, or all of them, and return the new state. Failures are in it."""
        self._look_again()
        for author in self._authors():
            if person is None or author == author_of(person):
                self._commit(author)
        return self.state()

    def commit_files(self, person: Person, act: Act, paths: Iterable[str]) -> CommitState:
        """Commit what anybody has changed in these files, for a person who is about to do an act to them.

        Other files of the sittings stay as they are. Raise ForbiddenError if their role doesn't allow it.
        """
        require_role(person, act)
        self._look_again()
        paths = frozenset(paths)
        for author in self._touching(paths):
            self._commit(author, only=paths)
        return self.state()

    def commit_touched(self, paths: Iterable[str]) -> bool:
        """Commit the sittings that have changed one of these files, and return whether there was one."""
        authors = self._touching(paths)
        for author in authors:
            self._commit(author)
        return bool(authors)

    def tick(self) -> float | None:
        """Commit the sittings that are over. Return the number of seconds until the next one may be, or None."""
        self._look_again()
        now = self._monotonic()
        for author in self._authors():
            with self._guard:
                sitting = self._sittings.get(author)
            if sitting is not None and sitting.due <= now:
                self._commit(author)
        with self._guard:
            due = min((sitting.due for sitting in self._sittings.values()), default=None)
        if isinstance(self.repository, NoRepository):
            return _AGAIN
        return None if due is None else max(due - self._monotonic(), 0)

    def state(self) -> CommitState:
        """Return what a page's header says. It runs no process."""
        if isinstance(self.repository, NoRepository):
            return CommitState(in_git=False, problem=self.repository.what, hint=self.repository.hint)
        with self._guard:
            pending = len({path for sitting in self._sittings.values() for path in sitting.paths})
            return CommitState(
                in_git=True,
                pending=pending,
                committed_at=self._committed_at,
                problem=self._problem,
                hint=self._hint,
            )

    def start(self) -> None:
        """Start the thread that commits finished sittings, beginning with those of a killed process."""
        self._thread = threading.Thread(target=self._run, name="sittings", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Stop the thread, and commit all sittings."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join()
        self.commit_now()

    def _run(self) -> None:
        if isinstance(self.repository, Repository):
            tidy(self.repository)
        while not self._stopping:
            self._wake.wait(self.tick())
            self._wake.clear()

    def _look_again(self) -> None:
        """Look for a repository again if there was none: somebody may have created one."""
        if isinstance(self.repository, NoRepository):
            self.repository = self._find(self.root)

    def _authors(self) -> list[Identity]:
        with self._guard:
            return list(self._sittings)

    def _others(self, author: Identity, paths: Iterable[str]) -> list[Identity]:
        """Return the other authors whose sittings have changed one of these files."""
        return [other for other in self._touching(paths) if other != author]

    def _touching(self, paths: Iterable[str]) -> list[Identity]:
        with self._guard:
            return [author for author, sitting in self._sittings.items() if not sitting.paths.isdisjoint(paths)]

    def _note(self, author: Identity, paths: Iterable[str]) -> None:
        with self._guard:
            sitting = self._sittings.setdefault(author, _Sitting(due=0))
            sitting.due = self._monotonic() + self._quiet
            sitting.paths.update(paths)
            self._write()
        self._wake.set()

    def _commit(self, author: Identity, *, waits: Sequence[float] = WAITS, only: frozenset[str] | None = None) -> None:
        """Commit a sitting, or ``only`` some of its files, under the newsletter's lock; keep it if that fails."""
        if isinstance(self.repository, NoRepository):
            return
        try:
            with newsletter_lock(self.root):
                self._commit_sitting(self.repository, author, waits, only)
        except Exception as err:  # noqa: BLE001  not even a mistake of ours may fail a save or end the thread
            self._fail(author, err)
        self._announce(self.state())

    def _commit_sitting(
        self, repository: Repository, author: Identity, waits: Sequence[float], only: frozenset[str] | None
    ) -> None:
        with self._guard:
            sitting = self._sittings.get(author)
            paths = sorted(path for path in sitting.paths if only is None or path in only) if sitting else []
        if not paths:
            return
        message = _with_authors(self._message(repository, paths), self._others(author, paths))
        now = self._clock()
        outcome = commit(
            repository,
            paths,
            message=message,
            author=author,
            now=now,
            committer=self._committer,
            hooks=self._hooks,
            waits=waits,
        )
        self._finish(author, paths, outcome, now)

    def _message(self, repository: Repository, paths: Sequence[str]) -> str:
        head = repository.head
        changes = [
            FileChange(path=path, before=_text_before(repository, head, path), after=text_now(self.root / path))
            for path in paths
        ]
        return commit_message([change for change in changes if change.before != change.after])

    def _finish(self, author: Identity, tried: Sequence[str], outcome: CommitOutcome, now: datetime.datetime) -> None:
        """Forget the files that were tried, except those to try again. Files saved during the commit stay noted."""
        kept = [left for left in outcome.left_out if left.reason is not LeftOutReason.IGNORED]
        with self._guard:
            if outcome.sha:
                self._committed_at = now
                for sitting in self._sittings.values():
                    sitting.paths.difference_update(outcome.paths)
            own = self._sittings[author]
            if own.paths <= set(tried):
                own.due = self._monotonic() + _AGAIN
            own.paths.difference_update(tried)
            own.paths.update(left.path for left in kept)
            self._sittings = {known: sitting for known, sitting in self._sittings.items() if sitting.paths}
            self._problem, self._hint = (f"not committed: {kept[0].words}", "") if kept else ("", "")
            self._write()

    def _fail(self, author: Identity, err: Exception) -> None:
        with self._guard:
            if author in self._sittings:
                self._sittings[author].due = self._monotonic() + _AGAIN
            what, hint = in_words(err)
            self._problem, self._hint = f"not committed: {what}", hint

    def _write(self) -> None:
        write_noted(self.root, {author: sitting.paths for author, sitting in self._sittings.items()})


def in_words(err: Exception) -> tuple[str, str]:
    """Return what went wrong and what to do about it. Messages of libraries aren't shown."""
    if isinstance(err, NewsletterError):
        return err.what, err.hint
    if isinstance(err, OSError):
        return library_errors.of_system(err), "it is tried again later"
    return f"an unexpected mistake in this program ({type(err).__name__})", "please report it"


def author_of(person: Person) -> Identity:
    """Return a person as the author of commits."""
    return Identity(name=person.name, address=person.address)


def _with_authors(message: str, others: Sequence[Identity]) -> str:
    """Return a message that names further authors, as hosts of repositories show them."""
    if not others:
        return message
    return "\n".join([message, "", *(f"Co-authored-by: {other.name} <{other.address}>" for other in others)])


def _text_before(repository: Repository, head: str, path: str) -> str | None:
    try:
        return text_at(repository, head, path) if head else None
    except VersionNotFoundError:
        return None
