"""Run git for the newsletter's folder: commits of single paths, a file's history, and a remote."""

from newsletter.git.committing import STUDIO, WAITS, CommitOutcome, LeftOut, LeftOutReason, commit, uncommitted
from newsletter.git.errors import (
    DetachedHeadError,
    GitBusyError,
    GitError,
    GitTimeoutError,
    RemoteRefusedError,
    RemoteUnreachableError,
    RepositoryProgramError,
    SigningError,
    UnfinishedOperationError,
    VersionNotFoundError,
)
from newsletter.git.history import Version, history, text_at
from newsletter.git.repository import Identity, NoRepository, NoRepositoryReason, Repository, find_repository

__all__ = [
    "STUDIO",
    "WAITS",
    "CommitOutcome",
    "DetachedHeadError",
    "GitBusyError",
    "GitError",
    "GitTimeoutError",
    "Identity",
    "LeftOut",
    "LeftOutReason",
    "NoRepository",
    "NoRepositoryReason",
    "RemoteRefusedError",
    "RemoteUnreachableError",
    "Repository",
    "RepositoryProgramError",
    "SigningError",
    "UnfinishedOperationError",
    "Version",
    "VersionNotFoundError",
    "commit",
    "find_repository",
    "history",
    "text_at",
    "uncommitted",
]
