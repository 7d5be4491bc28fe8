"""Run git for the newsletter's folder: commits of single paths, a file's history, and a remote."""

from newsletter.git.authors import authors_since
from newsletter.git.committing import STUDIO, WAITS, CommitOutcome, LeftOut, LeftOutReason, commit, tidy
from newsletter.git.errors import (
    DetachedHeadError,
    GitBusyError,
    GitError,
    GitTimeoutError,
    NoUpstreamError,
    RemoteAheadError,
    RemoteRefusedError,
    RemoteUnreachableError,
    RepositoryProgramError,
    SigningError,
    UnfinishedOperationError,
    VersionNotFoundError,
)
from newsletter.git.history import Version, file_versions, text_at
from newsletter.git.keeping import KeptFiles, keep_files, kept_files
from newsletter.git.merging import (
    Blob,
    BothChanged,
    MergePlan,
    blob_contents,
    count_commits,
    fast_forward,
    merge_lines,
    plan_merge,
    write_merge,
)
from newsletter.git.recent import RecentCommit, recent_commits
from newsletter.git.remote import PROTOCOLS, Upstream, fetch, find_upstream, push
from newsletter.git.repository import Identity, NoRepository, NoRepositoryReason, Repository, find_repository

__all__ = [
    "PROTOCOLS",
    "STUDIO",
    "WAITS",
    "Blob",
    "BothChanged",
    "CommitOutcome",
    "DetachedHeadError",
    "GitBusyError",
    "GitError",
    "GitTimeoutError",
    "Identity",
    "KeptFiles",
    "LeftOut",
    "LeftOutReason",
    "MergePlan",
    "NoRepository",
    "NoRepositoryReason",
    "NoUpstreamError",
    "RecentCommit",
    "RemoteAheadError",
    "RemoteRefusedError",
    "RemoteUnreachableError",
    "Repository",
    "RepositoryProgramError",
    "SigningError",
    "UnfinishedOperationError",
    "Upstream",
    "Version",
    "VersionNotFoundError",
    "authors_since",
    "blob_contents",
    "commit",
    "count_commits",
    "fast_forward",
    "fetch",
    "file_versions",
    "find_repository",
    "find_upstream",
    "keep_files",
    "kept_files",
    "merge_lines",
    "plan_merge",
    "push",
    "recent_commits",
    "text_at",
    "tidy",
    "write_merge",
]
