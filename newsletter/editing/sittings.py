"""Commit what each person has changed when their sitting ends, so that git's history reads like a day's work.

A sitting ends after five quiet minutes, when another author is about to change one of its files, when its author asks
for it, and when the studio stops. Nothing here ever fails a save: a failed commit is shown and tried again. The files
of unfinished sittings are noted in ``.newsletter/sitting.json`` before they are written, so that the next process
commits what a killed one has left.
"""

import datetime
import json
import threading
import time
from collections.abc import Callable, Iterable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from pathlib import Path

from newsletter.domain.people import Person
from newsletter.editing.commit_messages import FileChange, commit_message
from newsletter.editing.values import Save
from newsletter.errors import NewsletterError
from newsletter.files import library_errors
from newsletter.files.atomic_write import write_file
from newsletter.files.cache_folder import CACHE, make_cache_folder
from newsletter.files.newsletter_lock import newsletter_lock
from newsletter.git import (
    STUDIO,
    WAITS,
    CommitOutcome,
    Identity,
    LeftOutReason,
    NoRepository,
    NoRepositoryReason,
    Repository,
    VersionNotFoundError,
    commit,
    find_repository,
    text_at,
    tidy,
)

QUIET = datetime.timedelta(minutes=5)
_FILE = "sitting.json"
_AGAIN = 60.0  # seconds before another try after a failure
_NOT_YET = NoRepository(reason=NoRepositoryReason.NO_REPOSITORY, what="git was not looked for", hint="")


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
        self._sittings: dict[Identity, _Sitting] = _read(root, due=monotonic())
        self._committed_at: datetime.datetime | None = None
        self._problem, self._hint = "", ""
        self.repository: Repository | NoRepository = find(root)

    def saving(self, save: Save) -> None:
        """Note that files are about to be written, and commit what others have changed in them. Never fails."""
        if isinstance(self.repository, NoRepository):
            return
        author = author_of(save.person)
        with self._guard:
            others = [
                other
                for other, sitting in self._sittings.items()
                if other != author and not sitting.paths.isdisjoint(save.paths)
            ]
        for other in others:
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

    def commit_touched(self, paths: Iterable[str]) -> bool:
        """Commit the sittings that have changed one of these files, and return whether there was one."""
        with self._guard:
            authors = [author for author, sitting in self._sittings.items() if not sitting.paths.isdisjoint(paths)]
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

    def _note(self, author: Identity, paths: Iterable[str]) -> None:
        with self._guard:
            sitting = self._sittings.setdefault(author, _Sitting(due=0))
            sitting.due = self._monotonic() + self._quiet
            sitting.paths.update(paths)
            self._write()
        self._wake.set()

    def _commit(self, author: Identity, *, waits: Sequence[float] = WAITS) -> None:
        """Commit a sitting under the newsletter's lock, and keep it if that fails."""
        repository = self.repository
        if isinstance(repository, NoRepository):
            return
        try:
            with newsletter_lock(self.root):
                with self._guard:
                    sitting = self._sittings.get(author)
                    paths = sorted(sitting.paths) if sitting else []
                    others = [
                        other
                        for other, known in self._sittings.items()
                        if other != author and not known.paths.isdisjoint(paths)
                    ]
                if paths:
                    message = _with_authors(self._message(repository, paths), others)
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
                    self._finish(author, outcome, now)
        except Exception as err:  # noqa: BLE001  not even a mistake of ours may fail a save or end the thread
            self._fail(author, err)
        self._announce(self.state())

    def _message(self, repository: Repository, paths: Sequence[str]) -> str:
        head = repository.head
        changes = [
            FileChange(path=path, before=_text_before(repository, head, path), after=_text_now(self.root / path))
            for path in paths
        ]
        return commit_message([change for change in changes if change.before != change.after])

    def _finish(self, author: Identity, outcome: CommitOutcome, now: datetime.datetime) -> None:
        kept = [left for left in outcome.left_out if left.reason is not LeftOutReason.IGNORED]
        with self._guard:
            if outcome.sha:
                self._committed_at = now
                for sitting in self._sittings.values():
                    sitting.paths.difference_update(outcome.paths)
            self._sittings[author] = _Sitting(due=self._monotonic() + _AGAIN, paths={left.path for left in kept})
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
        """Note the sittings in their file. Without it only the authors of a killed process's changes would be lost."""
        noted = [
            {"name": author.name, "address": author.address, "paths": sorted(sitting.paths)}
            for author, sitting in self._sittings.items()
        ]
        with suppress(OSError):
            make_cache_folder(self.root / CACHE)
            content = json.dumps({"sittings": noted}, ensure_ascii=False, indent=1)
            write_file(self.root / CACHE / _FILE, content.encode(), private=True, sync=False)


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


def _text_now(path: Path) -> str | None:
    try:
        return path.read_bytes().decode("utf-8", "replace")
    except OSError:
        return None


def _read(root: Path, *, due: float) -> dict[Identity, _Sitting]:
    """Return the sittings that a killed process has noted; they are over."""
    try:
        noted = json.loads((root / CACHE / _FILE).read_bytes())["sittings"]
        return dict(_parsed(sitting, due) for sitting in noted if sitting["paths"])
    except (OSError, ValueError, LookupError, TypeError, AttributeError):
        return {}


def _parsed(noted: Mapping[str, object], due: float) -> tuple[Identity, _Sitting]:
    paths = noted["paths"]
    if not isinstance(paths, list) or not all(isinstance(path, str) for path in paths):
        raise TypeError("paths are a list of texts")
    author = Identity(name=str(noted["name"]), address=str(noted["address"]))
    return author, _Sitting(due=due, paths=set(paths))
