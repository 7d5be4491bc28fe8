"""Find the git repository that a newsletter's folder is in."""

import os
import re
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from enum import StrEnum
from pathlib import Path

from newsletter.files.newsletter_folder import SETTINGS_FILE
from newsletter.git.configuration import read_configuration
from newsletter.git.errors import DetachedHeadError, GitError, UnfinishedOperationError
from newsletter.git.process import GitProcess

OLDEST = (2, 31)  # it has GIT_CONFIG_COUNT

_OPERATIONS = {
    "MERGE_HEAD": "merge",
    "CHERRY_PICK_HEAD": "cherry-pick",
    "REVERT_HEAD": "revert",
    "rebase-merge": "rebase",
    "rebase-apply": "rebase",
    "BISECT_LOG": "bisect",
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Identity:
    """The name and email address of a commit's author or committer."""

    name: str
    address: str


class NoRepositoryReason(StrEnum):
    """A reason why changes aren't committed."""

    NO_GIT = "no-git"  # the program git isn't installed
    OLD_GIT = "old-git"  # it lacks what we need
    NO_REPOSITORY = "no-repository"  # the folder is in none
    NOT_OURS = "not-ours"  # it belongs to another user, so git refuses to use it
    IGNORED = "ignored"  # the repository ignores the newsletter's folder
    BROKEN = "broken"  # git can't read it


@dataclass(frozen=True, slots=True, kw_only=True)
class NoRepository:
    """A newsletter without a usable repository: the reason, in words with what to do about it."""

    reason: NoRepositoryReason
    what: str
    hint: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Repository:
    """The repository of a newsletter. All paths are relative to ``root``, the newsletter's folder.

    ``prefix`` is that folder within the working tree, ``""`` or such as ``letters/``. ``folder`` is git's own folder of
    this working tree, usually ``.git``.
    """

    root: Path
    prefix: str
    folder: Path
    git: GitProcess

    def user(self) -> Identity | None:
        """Return the user's name and address from git's configuration, or None."""
        return configured_user(self.git)

    @property
    def branch(self) -> str:
        """The current branch. Raise DetachedHeadError if there is none."""
        output = self.git.run("symbolic-ref", "--quiet", "HEAD", accept=(0, 1))
        name = output.text.removeprefix("refs/heads/")
        if output.status or name == output.text:
            raise DetachedHeadError
        return name

    @property
    def head(self) -> str:
        """The SHA of the last commit, or "" if there is none yet."""
        return self.git.run("rev-parse", "--verify", "--quiet", "HEAD", accept=(0, 1)).text

    def with_settings(self, settings: Sequence[tuple[str, str]]) -> "Repository":
        """Return the same with more settings for git."""
        return replace(self, git=self.git.with_settings(settings))

    def without_own_programs(self) -> "Repository":
        """Return the same with the filters switched off that the repository's own configuration names now.

        Every call needs this that may read files of the working tree or write the index. Raise GitError.
        """
        return self.with_settings(read_configuration(self.git).without_own_programs())

    def require_finished(self) -> None:
        """Raise UnfinishedOperationError during a merge, rebase, cherry-pick, revert or bisect."""
        for name, operation in _OPERATIONS.items():
            if os.path.lexists(self.folder / name):
                raise UnfinishedOperationError(operation=operation)


_NONE = NoRepository(
    reason=NoRepositoryReason.NO_REPOSITORY,
    what="this folder is not in a git repository",
    hint="create one with git to keep a history",
)


def find_repository(
    root: Path, *, program: str = "git", environment: Mapping[str, str] = os.environ
) -> Repository | NoRepository:
    """Return the repository that a newsletter's folder is in, or why its changes can't be committed."""
    git = GitProcess(folder=root, program=program, environment=dict(environment))
    try:
        version = git.run("version").text
    except GitError:
        return NoRepository(reason=NoRepositoryReason.NO_GIT, what="git is not installed", hint="install git")
    numbers = re.search(r"(\d+)\.(\d+)", version)
    if numbers is None or (int(numbers[1]), int(numbers[2])) < OLDEST:
        least = ".".join(map(str, OLDEST))
        what = f"git is too old ({version.removeprefix('git version ')[:40]})"
        return NoRepository(reason=NoRepositoryReason.OLD_GIT, what=what, hint=f"install git {least} or newer")
    try:
        return _repository_around(root, git)
    except GitError as err:
        reason = NoRepositoryReason.BROKEN
        if "not a git repository" in err.detail or "cannot use bare repository" in err.detail:
            return _NONE
        if "dubious ownership" in err.detail:
            reason = NoRepositoryReason.NOT_OURS
        return NoRepository(reason=reason, what=err.what, hint=err.hint)


def configured_user(git: GitProcess) -> Identity | None:
    """Return ``user.name`` and ``user.email`` of git's configuration, or None if one is missing."""
    name, address = (git.run("config", "--get", key, accept=(0, 1)).text.strip() for key in ("user.name", "user.email"))
    return Identity(name=name, address=address) if name and address else None


def _repository_around(root: Path, git: GitProcess) -> Repository | NoRepository:
    if git.run("rev-parse", "--is-inside-work-tree").text != "true":  # within a bare repository, or within .git
        return _NONE
    prefix = git.run("rev-parse", "--show-prefix").text
    folder = Path(git.run("rev-parse", "--absolute-git-dir").text)
    if git.run("check-ignore", "--quiet", "--", SETTINGS_FILE, literal=False, accept=(0, 1)).status == 0:
        what = "the git repository around this folder ignores it"
        return NoRepository(reason=NoRepositoryReason.IGNORED, what=what, hint=_NONE.hint)
    return Repository(root=root, prefix=prefix, folder=folder, git=git)
