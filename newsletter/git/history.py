"""A file's history: its versions, also under earlier names, and its text in each of them."""

import re
from dataclasses import dataclass
from datetime import datetime

from newsletter.git.errors import VersionNotFoundError
from newsletter.git.repository import Identity, Repository

_LARGEST = 4 * 1024 * 1024  # bytes
_SHA = re.compile(r"[0-9a-f]{7,64}")
_FIELDS = ("%H", "%an", "%ae", "%aI", "%B")


@dataclass(frozen=True, slots=True, kw_only=True)
class Version:
    """A commit that changed a file. ``path`` is the file's name in it, relative to the newsletter's folder.

    ``at`` is the time at which the author made the change. The file doesn't exist in a version that ``deleted`` it.
    """

    sha: str
    author: Identity
    at: datetime
    message: str
    path: str
    deleted: bool = False

    @property
    def subject(self) -> str:
        """The first line of the message."""
        return self.message.partition("\n")[0]


def file_versions(repository: Repository, path: str, *, limit: int = 200) -> tuple[Version, ...]:
    """Return a file's versions, the newest first, following it through renames. Raise GitError."""
    if not repository.head:
        return ()
    output = repository.without_own_programs().git.run(
        "log", "--follow", "-M", "-z", "--name-status", "--no-ext-diff", "--no-textconv", "--ignore-submodules=all",
        "--no-show-signature", "--no-color", f"--max-count={limit}", f"--format={'%x00'.join(_FIELDS)}%x00",
        "--end-of-options", "HEAD", "--", path,
    )  # fmt: skip
    return _versions(output.out.decode("utf-8", "replace"), repository.prefix, path)


def text_at(repository: Repository, sha: str, path: str) -> str:
    """Return a file's text in a version, with its own line ends. Raise VersionNotFoundError."""
    if not _SHA.fullmatch(sha):
        raise VersionNotFoundError("there is no such version", hint="choose one of the file's history")
    name = f"{sha}:{repository.prefix}{path}"
    size = repository.git.run("cat-file", "-s", name, accept=range(256))
    if size.status:
        raise VersionNotFoundError("the file does not exist in this version", hint="choose another", detail=size.err)
    if int(size.text) > _LARGEST:
        raise VersionNotFoundError("the file is too large to show", hint="use git")
    try:
        return repository.git.run("cat-file", "blob", name).out.decode("utf-8")
    except UnicodeDecodeError:
        raise VersionNotFoundError("the file is not text in this version", hint="choose another") from None


def _versions(out: str, prefix: str, path: str) -> tuple[Version, ...]:
    """Parse the fields of each commit, which are followed by what it did to the file, except for merges."""
    parts = out.split("\0")
    versions = []
    name, at = f"{prefix}{path}", 0
    while at + len(_FIELDS) <= len(parts):
        if not parts[at]:
            at += 1
            continue
        sha, author, address, date, message = parts[at : at + len(_FIELDS)]
        at += len(_FIELDS)
        while at < len(parts) and not parts[at]:
            at += 1
        status = parts[at].strip() if at < len(parts) and parts[at].startswith("\n") else ""
        versions.append(
            Version(
                sha=sha,
                author=Identity(name=author, address=address),
                at=datetime.fromisoformat(date),
                message=message.strip(),
                path=name.removeprefix(prefix),
                deleted=status.startswith("D"),
            )
        )
        if status:
            name = parts[at + 1]  # the earlier name, if it was renamed
            at += 3 if status.startswith(("R", "C")) else 2
    return tuple(versions)
