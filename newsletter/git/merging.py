"""Merge another commit into the current branch without ever writing a conflict marker.

The merge is made among git's objects: files that only one side has changed are taken as they are, and the caller merges
those that both have changed. Only a finished merge reaches the working tree, as a fast-forward, which git refuses where
changes that aren't committed are in the way.
"""

import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter.git.committing import STUDIO, commit_variables
from newsletter.git.configuration import read_configuration
from newsletter.git.errors import GitError, RepositoryProgramError
from newsletter.git.repository import Identity, Repository

_NO_FILE = "000000"
_LARGEST = 4 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class Blob:
    """A file's mode and content in git: ``100644`` and a SHA."""

    mode: str
    sha: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BothChanged:
    """A file that both sides have changed, differently; None where it doesn't exist. ``path`` is from the top."""

    path: str
    base: Blob | None
    ours: Blob | None
    theirs: Blob | None


@dataclass(frozen=True, slots=True, kw_only=True)
class MergePlan:
    """What a merge has to do: ``taken`` from their side, and ``both`` to be merged. All paths are from the top."""

    base: str
    ours: str
    theirs: str
    taken: Mapping[str, Blob | None]
    both: tuple[BothChanged, ...]

    @property
    def fast_forward(self) -> bool:
        """Whether our side has no commits of its own."""
        return self.base == self.ours

    @property
    def paths(self) -> frozenset[str]:
        """The files that the merge changes."""
        return frozenset(self.taken) | {file.path for file in self.both}


def plan_merge(repository: Repository, theirs: str) -> MergePlan | None:
    """Return what merging a commit into the current branch has to do, or None if it is merged already.

    Raise GitError if the two have no commit in common.
    """
    ours = repository.head
    bases = repository.git.run("merge-base", ours, theirs, accept=(0, 1)).text.split()
    if not bases:
        raise GitError(
            "the remote branch and the local one have no commit in common",
            hint="check that the remote is the right one, and merge them once with git",
        )
    base = bases[0]
    if base == theirs:
        return None
    our_changes = dict(_changes(repository, base, ours))
    their_changes = dict(_changes(repository, base, theirs))
    both = [
        BothChanged(path=path, base=before, ours=our_changes[path][1], theirs=after)
        for path, (before, after) in their_changes.items()
        if path in our_changes and our_changes[path][1] != after
    ]
    return MergePlan(
        base=base,
        ours=ours,
        theirs=theirs,
        taken={path: after for path, (_, after) in their_changes.items() if path not in our_changes},
        both=tuple(both),
    )


def count_commits(repository: Repository, theirs: str) -> int:
    """Return the number of commits of the current branch that another commit, or "" for none, doesn't contain."""
    excluded = (f"^{theirs}",) if theirs else ()
    return int(repository.git.run("rev-list", "--count", "HEAD", *excluded).text)


def blob_contents(repository: Repository, files: Iterable[BothChanged]) -> dict[str, bytes]:
    """Return the contents of all versions of files, by SHA, with two processes for all of them.

    Raise GitError if one is no regular file, too large or missing.
    """
    blobs = [blob for file in files for blob in (file.base, file.ours, file.theirs) if blob is not None]
    if any(not blob.mode.startswith("100") for blob in blobs):
        raise GitError("a link or a submodule was changed on both sides", hint="merge it with git")
    names = "".join(f"{sha}\n" for sha in sorted({blob.sha for blob in blobs})).encode()
    for line in repository.git.run("cat-file", "--batch-check", sent=names).text.splitlines():
        size = line.rpartition(" ")[2]
        if not size.isdecimal():
            raise GitError("a version of a file is missing from the git repository", hint="fetch it with git")
        if int(size) > _LARGEST:
            raise GitError("a large file was changed on both sides", hint="merge it with git")
    out, contents, at = repository.git.run("cat-file", "--batch", sent=names).out, {}, 0
    while at < len(out):  # "<sha> blob <size>", the content, and a line break after each
        end = out.index(b"\n", at)
        sha, _, size = out[at:end].decode().split(" ")
        contents[sha] = out[end + 1 : end + 1 + int(size)]
        at = end + int(size) + 2
    return contents


def merge_lines(repository: Repository, base: bytes, ours: bytes, theirs: bytes) -> bytes | None:
    """Return a text with the changes of both sides, or None if they touch the same or neighbouring lines."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for name, content in (("ours", ours), ("base", base), ("theirs", theirs)):
            path = Path(folder, name)
            path.write_bytes(content)
            names.append(str(path))
        merged = repository.git.run("merge-file", "-p", "--quiet", "--", *names, accept=range(256))
    return merged.out if merged.status == 0 else None


def write_merge(
    repository: Repository,
    plan: MergePlan,
    merged: Mapping[str, bytes | None],
    *,
    message: str,
    author: Identity,
    now: datetime,
    committer: Identity = STUDIO,
) -> str:
    """Write the commit of a merge, which no branch has yet, and return its SHA.

    ``merged`` has the contents of the files that both sides have changed, None for those that are to be deleted. The
    user's settings for signing apply. Raise SigningError, RepositoryProgramError or GitError.
    """
    configuration = read_configuration(repository.git)
    if configuration.signs and configuration.own_signing_program:
        raise RepositoryProgramError("commits are signed with", setting=configuration.own_signing_program)
    blobs = dict(plan.taken)
    for file in plan.both:
        content = merged[file.path]
        modes = (blob.mode for blob in (file.ours, file.theirs) if blob is not None)
        blobs[file.path] = None if content is None else Blob(mode=next(modes), sha=_written(repository, content))
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
        repository.git.run("read-tree", plan.ours, variables=index)
        lines = b"".join(_index_line(path, blob, len(plan.ours)) for path, blob in _deletions_first(blobs))
        repository.git.run("update-index", "-z", "--index-info", variables=index, sent=lines)
        tree = repository.git.run("write-tree", variables=index).text
    signed = ("-S",) if configuration.signs else ()
    return repository.git.run(
        "commit-tree", *signed, "-p", plan.ours, "-p", plan.theirs, tree,
        sent=message.replace("\0", " ").encode("utf-8", "replace"),
        variables=commit_variables(author, committer, now),
    ).text  # fmt: skip


def fast_forward(repository: Repository, sha: str, paths: frozenset[str]) -> None:
    """Move the current branch and its working tree forward to a commit that changes these files.

    What the user has staged or changed elsewhere stays. Raise UnfinishedOperationError; RepositoryProgramError if a
    filter of the repository's own configuration would have to run; GitError if changes that aren't committed are in
    the way. Then nothing has changed.
    """
    repository.require_finished()
    configuration = read_configuration(repository.git)
    filters = configuration.own_filters
    if filters and paths:
        names = _names(repository, paths)
        out = repository.git.run("check-attr", "-z", "--stdin", "filter", sent="\0".join(names).encode()).text
        for value in out.split("\0")[2::3]:
            if value in filters:
                raise RepositoryProgramError("changed files go through", setting=f"filter.{value}")
    tame = repository.with_settings(configuration.without_own_programs())
    tame.git.run(
        "merge",
        "--ff-only",
        "--quiet",
        "--no-stat",
        "--no-autostash",
        "--no-verify-signatures",
        "--no-overwrite-ignore",
        "--end-of-options",
        sha,
    )


def ignored_files(repository: Repository, paths: Iterable[str]) -> tuple[str, ...]:
    """Return those of the files, from the top, that git doesn't track here and that its rules here ignore."""
    sent = "".join(f"./{name}\0" for name in _names(repository, paths)).encode("utf-8", "surrogateescape")
    output = repository.git.run("check-ignore", "-z", "--stdin", literal=False, sent=sent, accept=(0, 1))
    names = output.out.decode("utf-8", "surrogateescape").split("\0")
    top = f"./{_to_top(repository)}"
    return tuple(name.removeprefix(top) for name in names if name)


def _names(repository: Repository, paths: Iterable[str]) -> list[str]:
    """Return paths from the top as paths from the newsletter's folder."""
    return [f"{_to_top(repository)}{path}" for path in sorted(paths)]


def _to_top(repository: Repository) -> str:
    return "".join("../" for _ in Path(repository.prefix).parts)


def _changes(repository: Repository, old: str, new: str) -> Iterator[tuple[str, tuple[Blob | None, Blob | None]]]:
    """Yield the path of each file that differs between two commits, with what it was and is."""
    output = repository.git.run("diff-tree", "-r", "-z", "--raw", "--no-renames", old, new)
    parts = output.out.decode("utf-8", "surrogateescape").split("\0")
    for line, path in zip(parts[::2], parts[1::2], strict=False):
        old_mode, new_mode, old_sha, new_sha, _ = line.removeprefix(":").split(" ")
        yield path, (_blob(old_mode, old_sha), _blob(new_mode, new_sha))


def _blob(mode: str, sha: str) -> Blob | None:
    return None if mode == _NO_FILE else Blob(mode=mode, sha=sha)


def _written(repository: Repository, content: bytes) -> str:
    return repository.git.run("hash-object", "-w", "--no-filters", "--stdin", sent=content).text


def _deletions_first(blobs: Mapping[str, Blob | None]) -> list[tuple[str, Blob | None]]:
    """Return the files in an order in which a folder can take the place of a file of its name."""
    return sorted(blobs.items(), key=lambda item: (item[1] is not None, item[0]))


def _index_line(path: str, blob: Blob | None, length: int) -> bytes:
    mode, sha = (_NO_FILE, "0" * length) if blob is None else (blob.mode, blob.sha)
    return f"{mode} {sha}\t{path}\0".encode("utf-8", "surrogateescape")
