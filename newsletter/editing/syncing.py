"""Exchange commits with the branch's remote in the background: fetch, merge, push; never a rebase, never by force.

What both sides have changed is merged field by field where that is possible. The rest is a conflict that an editor
decides in the studio; until then nothing is merged or pushed, and the files stay as they are. Failures are shown in
words and tried again later, ever more seldom.
"""

import datetime
import posixpath
import threading
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path

from newsletter.content import kind_of
from newsletter.domain.people import Person
from newsletter.editing.errors import SideNeededError
from newsletter.editing.file_merging import Choice, FileVersions, MergedFile, Side, SyncConflict, merge_file
from newsletter.editing.permissions import require_edit
from newsletter.editing.pulled_files import check_plan
from newsletter.editing.sittings import CommitState, Sittings, author_of, in_words
from newsletter.files.newsletter_lock import newsletter_lock
from newsletter.git import (
    PROTOCOLS,
    STUDIO,
    BothChanged,
    Identity,
    MergePlan,
    NoRepository,
    RemoteAheadError,
    Repository,
    Upstream,
    blob_contents,
    count_commits,
    fast_forward,
    fetch,
    find_upstream,
    merge_lines,
    plan_merge,
    push,
    write_merge,
)

_OFTEN = 5 * 60.0  # seconds between two looks at the remote
_AGAIN = (60.0, 120.0, 300.0, 900.0)  # seconds after the first failure, the second …
_LAST = 15.0  # seconds
_TRIES = 3  # at a remote that somebody else pushes to at the same moment


@dataclass(frozen=True, slots=True, kw_only=True)
class SyncState:
    """How things stand with the remote.

    ``remote`` is its URL without credentials, empty if there is none or syncing is switched off. ``ahead`` is the
    number of commits that aren't pushed yet. ``problem`` and ``hint`` say what went wrong last time. ``conflicts`` wait
    for an editor's decision; the path of one outside the newsletter's folder begins with ``../``.
    """

    remote: str = ""
    ahead: int = 0
    synced_at: datetime.datetime | None = None
    problem: str = ""
    hint: str = ""
    conflicts: tuple[SyncConflict, ...] = ()


def _ignore(*_: object) -> None:
    """Do nothing about a change of state, and allow what the remote changes."""


class Syncing:
    """The exchange of a newsletter's commits with its remote.

    ``start`` runs it in a thread, every five minutes and after each ``wake``, and ``stop`` ends it. ``announce`` gets
    each new state, in any thread. It does nothing unless ``enabled``. ``protocols`` are those that git may use.
    ``check_pulled`` gets the texts of newsletter.toml before and after a merge, and raises an error to prevent it.
    """

    def __init__(
        self,
        sittings: Sittings,
        *,
        clock: Callable[[], datetime.datetime],
        monotonic: Callable[[], float] = time.monotonic,
        enabled: bool = True,
        hooks: bool = False,
        committer: Identity = STUDIO,
        announce: Callable[[SyncState], object] = _ignore,
        protocols: Sequence[str] = PROTOCOLS,
        check_pulled: Callable[[str, str], object] = _ignore,
    ) -> None:
        self._sittings, self._clock, self._monotonic = sittings, clock, monotonic
        self._hooks, self._committer, self._announce, self._protocols = hooks, committer, announce, tuple(protocols)
        self._check_pulled = check_pulled
        self._guard, self._running = threading.Lock(), threading.Lock()
        self._wake, self._stopping = threading.Event(), False
        self._thread: threading.Thread | None = None
        self._state = SyncState()
        self._choices: dict[SyncConflict, Choice] = {}
        self._chooser: Identity | None = None
        self._failures = 0
        self.enabled = enabled
        self._committed_at: datetime.datetime | None = None

    @property
    def _root(self) -> Path:
        return self._sittings.root

    def state(self) -> SyncState:
        """Return the state after the last exchange. It runs no process."""
        with self._guard:
            return self._state

    def resolve(self, person: Person, conflict: SyncConflict, choice: Choice) -> None:
        """Note what a person has chosen for a conflict, and exchange commits again soon.

        The choice holds as long as neither side changes that field again. Raise ForbiddenError, and SideNeededError for
        a text of their own that would get around the checks of a file that is neither an entry, a block nor an issue.
        """
        kind = kind_of(conflict.path)
        require_edit(person, kind)
        if kind is None and person.id and not isinstance(choice, Side):
            raise SideNeededError(path=conflict.path)
        with self._guard:
            self._choices[conflict] = choice
            self._chooser = author_of(person)
            left = tuple(known for known in self._state.conflicts if known != conflict)
            self._state = replace(self._state, conflicts=left)
        self.wake()

    def wake(self) -> None:
        """Exchange commits soon, for example because there is a new one."""
        self._wake.set()

    def committed(self, state: CommitState) -> None:
        """Exchange commits soon if there is a new one in this state of the sittings."""
        if state.committed_at != self._committed_at:
            self._committed_at = state.committed_at
            self.wake()

    def sync_now(self) -> SyncState:
        """Fetch, merge and push, and return the new state. Failures are in it."""
        with self._running:
            try:
                state = self._synced()
                self._failures = 0
            except Exception as err:  # noqa: BLE001  not even a mistake of ours may end the thread
                self._failures += 1
                what, hint = in_words(err)
                state = replace(self.state(), problem=f"not synchronised: {what}", hint=hint)
            with self._guard:
                self._state = state
        self._announce(state)
        return state

    def start(self) -> None:
        """Start the thread that exchanges commits, unless that is switched off."""
        if not self.enabled:
            return
        self._thread = threading.Thread(target=self._run, name="syncing", daemon=True)
        self._thread.start()

    def stop(self) -> None:
        """Exchange commits for the last time, for at most 15 seconds. The next start goes on with what is left."""
        self._stopping = True
        self._wake.set()
        if self._thread is not None:
            self._thread.join(_LAST)

    def _run(self) -> None:
        while True:
            is_last = self._stopping
            self._wake.clear()
            self.sync_now()
            if is_last or (self._stopping and self._failures):
                return
            pause = _AGAIN[min(self._failures, len(_AGAIN)) - 1] if self._failures else _OFTEN
            if not self._stopping:
                self._wake.wait(pause)

    def _synced(self) -> SyncState:
        repository = self._sittings.repository
        if isinstance(repository, NoRepository):
            return SyncState()
        upstream = find_upstream(repository)
        if upstream is None or not repository.head:
            return SyncState()
        with self._guard:
            self._state = replace(self._state, remote=upstream.shown_url)
        for attempt in range(_TRIES):
            theirs = fetch(repository, upstream, protocols=self._protocols)
            conflicts = self._merged(repository, theirs) if theirs else ()
            if conflicts:
                ahead = count_commits(repository, theirs)
                problem = "not synchronised: changes here and at the remote contradict each other"
                hint = "compare them and choose"
                return replace(self.state(), ahead=ahead, problem=problem, hint=hint, conflicts=conflicts)
            try:
                self._push(repository, upstream, theirs)
                break
            except RemoteAheadError:
                if attempt == _TRIES - 1:
                    raise
        return SyncState(remote=upstream.shown_url, synced_at=self._clock())

    def _push(self, repository: Repository, upstream: Upstream, theirs: str) -> None:
        head = repository.head
        ahead = count_commits(repository, theirs)
        if ahead:
            with self._guard:
                self._state = replace(self._state, ahead=ahead)
            push(repository, upstream, head, protocols=self._protocols, hooks=self._hooks)

    def _merged(self, repository: Repository, theirs: str) -> tuple[SyncConflict, ...]:
        """Merge their commit into the working tree under the newsletter's lock, or return the conflicts."""
        with newsletter_lock(self._root):
            plan = plan_merge(repository, theirs)
            if plan is None:
                return ()
            if self._sittings.commit_touched(_own_paths(repository, plan)):
                plan = plan_merge(repository, theirs)
                if plan is None:
                    return ()
            if plan.fast_forward:
                check_plan(repository, plan, {}, self._check_pulled)
                fast_forward(repository, theirs, plan.paths)
                return ()
            blobs = blob_contents(repository, plan.both)
            files = {file.path: self._merge(repository, file, blobs) for file in plan.both}
            conflicts = tuple(conflict for file in files.values() for conflict in file.conflicts)
            if conflicts:
                return conflicts
            contents = {path: file.content for path, file in files.items()}
            check_plan(repository, plan, contents, self._check_pulled)
            self._finish(repository, plan, contents)
            return ()

    def _merge(self, repository: Repository, file: BothChanged, blobs: Mapping[str, bytes]) -> MergedFile:
        path = posixpath.relpath(file.path, repository.prefix or ".")
        base, mine, theirs = (blobs[blob.sha] if blob else None for blob in (file.base, file.ours, file.theirs))
        merge = partial(
            merge_file,
            FileVersions(path=path, base=base, mine=mine, theirs=theirs),
            merge_lines=partial(merge_lines, repository),
        )
        merged = merge(choices={})
        with self._guard:
            choices = {
                conflict.field: self._choices[conflict] for conflict in merged.conflicts if conflict in self._choices
            }
        return merge(choices=choices) if choices else merged

    def _finish(self, repository: Repository, plan: MergePlan, contents: Mapping[str, bytes | None]) -> None:
        with self._guard:
            chooser = self._chooser if self._choices else None
        sha = write_merge(
            repository,
            plan,
            contents,
            message="Merge the changes of the remote",
            author=chooser or self._committer,
            now=self._clock(),
            committer=self._committer,
        )
        fast_forward(repository, sha, plan.paths)
        with self._guard:
            self._choices, self._chooser = {}, None


def _own_paths(repository: Repository, plan: MergePlan) -> frozenset[str]:
    """Return the files of the newsletter's folder that a merge changes."""
    prefix = repository.prefix
    return frozenset(path.removeprefix(prefix) for path in plan.paths if path.startswith(prefix))
