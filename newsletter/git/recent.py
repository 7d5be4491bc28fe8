"""The latest commits that changed anything in a folder."""

import re
from dataclasses import dataclass
from datetime import datetime

from newsletter.git.repository import Identity, Repository

_FIELDS = ("%H", "%an", "%ae", "%aI", "=%s")
# Neither a subject, which follows a "=", nor a path, which begins with the folder's, can look like this.
_BEGIN = re.compile(r"(?:^|\0)\x01(?=[0-9a-f]{40,64}\0)")
_MOST_PATHS = 50


@dataclass(frozen=True, slots=True, kw_only=True)
class RecentCommit:
    """A commit with the first line of its message, and the files that it changed, relative to the newsletter's folder.

    A merge has no files. ``at`` is the time at which the author made the change.
    """

    sha: str
    author: Identity
    at: datetime
    subject: str
    paths: tuple[str, ...]


def recent_commits(repository: Repository, folder: str, *, limit: int = 10) -> tuple[RecentCommit, ...]:
    """Return the latest commits of the current branch that changed a folder, the newest first. Raise GitError."""
    if not repository.head:
        return ()
    output = repository.without_own_programs().git.run(
        "log", "-z", "--name-only", "--no-merges", "--no-renames", "--no-ext-diff", "--no-textconv", "--no-color",
        "--ignore-submodules=all", "--no-show-signature", f"--max-count={limit}",
        f"--format=%x01{'%x00'.join(_FIELDS)}%x00", "--end-of-options", "HEAD", "--", folder,
    )  # fmt: skip
    parts = _BEGIN.split(output.out.decode("utf-8", "replace"))[1:]
    return tuple(_commit(part, repository.prefix) for part in parts)


def _commit(part: str, prefix: str) -> RecentCommit:
    sha, author, address, date, subject, *paths = part.split("\0")
    names = (path.lstrip("\n").removeprefix(prefix) for path in paths if path.strip("\n"))
    return RecentCommit(
        sha=sha,
        author=Identity(name=author, address=address),
        at=datetime.fromisoformat(date),
        subject=subject.removeprefix("="),
        paths=tuple(names)[:_MOST_PATHS],
    )
