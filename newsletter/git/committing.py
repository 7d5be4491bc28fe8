"""Commit single files of the working tree, as ``git commit --only`` does, and leave everything else staged as it is."""

import time
from collections.abc import Callable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from pathlib import PurePosixPath

from newsletter.git.configuration import read_configuration
from newsletter.git.errors import GitBusyError, GitError, RepositoryProgramError
from newsletter.git.process import failure
from newsletter.git.repository import Identity, Repository

STUDIO = Identity(name="Newsletter studio", address="studio@localhost")
_COMMIT_SECONDS = 120.0  # hooks and signing take their time
WAITS = (0.1, 0.2, 0.4, 0.8)
"""The seconds before each further try while another git has the index locked."""


class LeftOutReason(StrEnum):
    """A reason why a changed file was not committed."""

    STAGED = "staged"  # the user has staged something else in it, which a commit would replace
    IGNORED = "ignored"  # git ignores the file
    FILTERED = "filtered"  # a filter of the repository's own configuration would have to run


@dataclass(frozen=True, slots=True, kw_only=True)
class LeftOut:
    """A changed file that was not committed, and why."""

    path: str
    reason: LeftOutReason

    @property
    def words(self) -> str:
        """The reason in words, with what to do."""
        return _WORDS[self.reason].format(path=self.path)


_WORDS = {
    LeftOutReason.STAGED: "part of {path} is staged in git: commit or unstage it",
    LeftOutReason.IGNORED: "git ignores {path}",
    LeftOutReason.FILTERED: "{path} goes through a filter that only this repository's own configuration names: "
    "move the filter to your personal git configuration, or set hooks = true in [studio]",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class CommitOutcome:
    """What a commit contains: its ``sha`` (None if nothing had changed), its files, and those that were left out."""

    sha: str | None
    paths: tuple[str, ...] = ()
    left_out: tuple[LeftOut, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class _Statuses:
    changed: tuple[str, ...]
    new: tuple[str, ...]
    left_out: tuple[LeftOut, ...]


def commit(
    repository: Repository,
    paths: Iterable[str],
    *,
    message: str,
    author: Identity,
    now: datetime,
    committer: Identity = STUDIO,
    hooks: bool = False,
    waits: Sequence[float] = WAITS,
    wait: Callable[[float], object] = time.sleep,
) -> CommitOutcome:
    """Commit the files' present state to the current branch: changed, new and deleted ones.

    What the user has staged stays staged byte for byte; a file in which something else is staged is left out. With
    ``hooks``, the repository's hooks and filters run. The user's settings for signing apply. While another git has
    the index locked, it tries again after each of ``waits``, in seconds.

    Raise UnfinishedOperationError during a merge or rebase, DetachedHeadError without a branch, GitBusyError,
    SigningError, RepositoryProgramError, GitTimeoutError, or GitError.
    """
    names = sorted({_relative(path) for path in paths})
    if not names:
        return CommitOutcome(sha=None)
    repository.require_finished()
    repository.branch  # noqa: B018  raises if there is none
    configuration = read_configuration(repository.git)
    if configuration.signs and configuration.own_signing_program and not hooks:
        raise RepositoryProgramError("commits are signed with", setting=configuration.own_signing_program)
    if not hooks:
        repository = repository.with_settings(configuration.without_own_programs())
    statuses = _statuses(repository, names)
    if not hooks:
        statuses = _without_filtered(repository, statuses, configuration.own_filters)
    if not (statuses.changed or statuses.new):
        return CommitOutcome(sha=None, left_out=statuses.left_out)
    run = _Commit(repository, statuses, message, commit_variables(author, committer, now), hooks)
    for seconds in waits:
        try:
            return run.commit()
        except GitBusyError:
            wait(seconds)
    return run.commit()


@dataclass(frozen=True, slots=True)
class _Commit:
    repository: Repository
    statuses: _Statuses
    message: str
    variables: dict[str, str]
    hooks: bool

    def commit(self) -> CommitOutcome:
        """Commit once. If that fails, new files are untracked again."""
        git, new = self.repository.git, self.statuses.new
        paths = tuple(sorted((*self.statuses.changed, *new)))
        before = self.repository.head
        if new:
            git.run("add", "--intent-to-add", "--", *new)
        try:
            output = git.run(
                "commit", "--only", "--quiet", "--no-status", "--cleanup=whitespace", "--file=-", "--", *paths,
                hooks=self.hooks,
                variables=self.variables,
                sent=self.message.replace("\0", " ").encode("utf-8", "replace"),
                seconds=_COMMIT_SECONDS,
                accept=(0, 1),
            )  # fmt: skip
        except BaseException:
            self._untrack(new)
            raise
        after = self.repository.head
        if after == before:
            self._untrack(new)
            if output.status and output.err.strip():
                raise failure(output)
        return CommitOutcome(
            sha=after if after != before else None,
            paths=paths if after != before else (),
            left_out=self.statuses.left_out,
        )

    def _untrack(self, new: Sequence[str]) -> None:
        if new:
            self.repository.git.run("update-index", "--force-remove", "--", *new, accept=range(256))


def tidy(repository: Repository) -> None:
    """Let git pack what many commits have left, if it is due: it does so in the background. Never fails.

    Commits made here don't, so that each is quick. The user's ``gc.auto`` applies, and nothing is done if the
    repository's own configuration names a program for it.
    """
    with suppress(GitError):
        configuration = read_configuration(repository.git)
        if not configuration.own_tidying_program:
            most = configuration.value("gc.auto") or "6700"  # git's own default
            repository.git.run("-c", f"gc.auto={most}", "gc", "--auto", "--quiet")


def _relative(path: str) -> str:
    pure = PurePosixPath(path)
    if pure.is_absolute() or ".." in pure.parts or not pure.parts:
        raise ValueError(f"{path!r} is not a path within the newsletter's folder")
    return str(pure)


def _statuses(repository: Repository, paths: Sequence[str]) -> _Statuses:
    output = repository.git.run(
        "status", "--porcelain=v2", "-z", "--no-renames", "--untracked-files=all", "--ignored=matching",
        "--ignore-submodules=all", "--", *paths,
    )  # fmt: skip
    codes: dict[str, list[str]] = {}
    for line in output.out.decode("utf-8", "surrogateescape").split("\0"):
        kind = line[:1]
        if kind in ("?", "!"):
            codes.setdefault(line[2:].removeprefix(repository.prefix), []).append(kind)
        elif kind in ("1", "u"):
            name = line.split(" ", 8 if kind == "1" else 10)[-1]
            codes.setdefault(name.removeprefix(repository.prefix), []).append(line[2:4] if kind == "1" else "u")
    staged = {path for path, known in codes.items() if any(_is_staged(code) for code in known) or len(known) > 1}
    ignored = {path for path, known in codes.items() if known == ["!"]}
    new = {path for path, known in codes.items() if known == ["?"]}
    return _Statuses(
        changed=tuple(sorted(codes.keys() - staged - ignored - new)),
        new=tuple(sorted(new)),
        left_out=(
            *(LeftOut(path=path, reason=LeftOutReason.STAGED) for path in sorted(staged)),
            *(LeftOut(path=path, reason=LeftOutReason.IGNORED) for path in sorted(ignored)),
        ),
    )


def _is_staged(code: str) -> bool:
    """Return whether the index has something that is in neither the last commit nor the working tree."""
    return code == "u" or (len(code) == 2 and "." not in code)


def _without_filtered(repository: Repository, statuses: _Statuses, names: frozenset[str]) -> _Statuses:
    paths = (*statuses.changed, *statuses.new)
    if not names or not paths:
        return statuses
    out = repository.git.run("check-attr", "-z", "filter", "--", *paths).out.decode("utf-8", "surrogateescape")
    parts = out.split("\0")
    filtered = {path for path, value in zip(parts[::3], parts[2::3], strict=False) if value in names}
    return _Statuses(
        changed=tuple(path for path in statuses.changed if path not in filtered),
        new=tuple(path for path in statuses.new if path not in filtered),
        left_out=(
            *statuses.left_out,
            *(LeftOut(path=path, reason=LeftOutReason.FILTERED) for path in sorted(filtered)),
        ),
    )


def commit_variables(author: Identity, committer: Identity, now: datetime) -> dict[str, str]:
    """Return the variables that name a commit's author and committer, and its time."""
    date = f"@{int(now.timestamp())} {now:%z}"[:18] if now.tzinfo else f"@{int(now.timestamp())} +0000"
    return {
        "GIT_AUTHOR_NAME": _name(author),
        "GIT_AUTHOR_EMAIL": author.address.strip(),
        "GIT_AUTHOR_DATE": date,
        "GIT_COMMITTER_NAME": _name(committer),
        "GIT_COMMITTER_EMAIL": committer.address.strip(),
        "GIT_COMMITTER_DATE": date,
    }


def _name(identity: Identity) -> str:
    """Return a name that git accepts: it refuses names of nothing but punctuation."""
    name = " ".join(identity.name.replace("\0", " ").split())
    return name if any(sign.isalnum() for sign in name) else identity.address.partition("@")[0] or "Editor"
