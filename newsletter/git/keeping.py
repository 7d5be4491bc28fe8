"""Keep the exact content of files in git, under a reference of its own, whether or not they are committed.

Neither the index nor the branch nor the working tree changes: the tree is put together in a temporary index, and no
filter runs. A push doesn't send the reference, unless it is asked to.
"""

import tempfile
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from pathlib import Path

from newsletter.git.committing import STUDIO, commit_variables
from newsletter.git.errors import GitError, VersionNotFoundError
from newsletter.git.repository import Repository

_PLAIN_INDEX = (("core.splitIndex", "false"), ("index.sparse", "false"))  # otherwise part of it is written to .git
_SECONDS = 15.0  # for one call: a send is waiting
_LARGEST = 64 * 1024 * 1024  # bytes


@dataclass(frozen=True, slots=True, kw_only=True)
class KeptFiles:
    """Files as git keeps them: ``kept`` is a commit whose ``tree`` has them, and ``head`` the last commit, or "".

    ``blobs`` has their SHAs by path. ``changed`` are those that the last commit doesn't have like this.
    """

    head: str
    kept: str
    tree: str
    blobs: Mapping[str, str]
    changed: tuple[str, ...]


def keep_files(
    repository: Repository, contents: Mapping[str, bytes], *, reference: str, message: str, now: datetime
) -> KeptFiles:
    """Keep the contents of files, by their paths in the newsletter's folder, under a reference such as ``refs/x/y``.

    If the last commit has all of them, the reference names it, and otherwise a new commit on top of it. A commit that
    the reference named before stays reachable. Raise GitError.
    """
    repository = repository.without_own_programs().with_settings(_PLAIN_INDEX)
    head = repository.head
    committed = _committed(repository, head)
    blobs = _written(repository, contents)
    named = {f"{repository.prefix}{path}": sha for path, sha in blobs.items()}
    differing = [path for path, sha in named.items() if committed.get(path) != ("100644", sha)]
    differing = [path for path in differing if committed.get(path) != ("100755", named[path])]
    tree = _tree(repository, head, {path: named[path] for path in differing}, committed)
    known = repository.git.run("rev-parse", "--verify", "--quiet", f"{reference}^{{commit}}", accept=range(256))
    before = known.text if known.status == 0 else ""
    if head and not differing and before in ("", head):
        kept = head
    else:
        kept = _commit(repository, tree, [parent for parent in dict.fromkeys((head, before)) if parent], message, now)
    repository.git.run("update-ref", "--no-deref", "-m", message, "--", reference, kept, seconds=_SECONDS)
    changed = tuple(_changed(repository, differing, contents, committed))
    return KeptFiles(head=head, kept=kept, tree=tree, blobs=blobs, changed=changed)


def kept_files(repository: Repository, kept: str, blobs: Mapping[str, str]) -> dict[str, bytes]:
    """Return the contents of files that a commit keeps, by path. Raise VersionNotFoundError or GitError.

    Every file must be in the commit's tree with the given SHA.
    """
    if repository.git.run("cat-file", "-e", f"{kept}^{{commit}}", accept=range(256)).status:
        raise VersionNotFoundError(
            f"the commit {kept[:12]} is not in this git repository",
            hint="fetch it from the repository that the issue was sent from",
        )
    listed = _committed(repository, kept)
    contents = {}
    for path, sha in blobs.items():
        if (known := listed.get(f"{repository.prefix}{path}")) is None or known[1] != sha:
            raise VersionNotFoundError(f"the commit {kept[:12]} has another {path}", hint="use git to look at it")
        size = repository.git.run("cat-file", "-s", sha).text
        if int(size) > _LARGEST:
            raise GitError(f"{path} is too large", hint="use git to look at it")
        contents[path] = repository.git.run("cat-file", "blob", sha).out
    return contents


def _committed(repository: Repository, commit: str) -> dict[str, tuple[str, str]]:
    """Return the mode and SHA of each file of a commit, by its path from the top; none without a commit."""
    if not commit:
        return {}
    out = repository.git.run("ls-tree", "-r", "-z", "--full-tree", commit, literal=False, seconds=_SECONDS).out
    files = {}
    for line in out.decode("utf-8", "surrogateescape").split("\0"):
        if line:
            facts, _, path = line.partition("\t")
            mode, _, sha = facts.split(" ")
            files[path] = (mode, sha)
    return files


def _written(repository: Repository, contents: Mapping[str, bytes]) -> dict[str, str]:
    """Write the contents as they are, without filters, and return their SHAs by path."""
    with tempfile.TemporaryDirectory() as folder:
        names = []
        for number, content in enumerate(contents.values()):
            file = Path(folder, str(number))
            file.write_bytes(content)
            names.append(f"{file}\n")
        out = repository.git.run(
            "hash-object", "-w", "--no-filters", "--stdin-paths", sent="".join(names).encode(), seconds=_SECONDS
        )
    return dict(zip(contents, out.text.split(), strict=True))


def _tree(repository: Repository, head: str, blobs: Mapping[str, str], committed: Mapping[str, tuple[str, str]]) -> str:
    """Write the last commit's tree with these blobs in place of what it has there, and return its SHA."""
    if head and not blobs:
        return repository.git.run("rev-parse", "--verify", f"{head}^{{tree}}").text
    # A link or a submodule in the place of a folder has to go.
    above = {str(folder) for path in blobs for folder in Path(path).parents}
    nothing = "0" * len(next(iter(blobs.values()), "0" * 40))
    lines = [f"000000 {nothing}\t{path}\0" for path in sorted(above & committed.keys())]
    lines += [f"100644 {sha}\t{path}\0" for path, sha in blobs.items()]
    with tempfile.TemporaryDirectory() as folder:
        index = {"GIT_INDEX_FILE": str(Path(folder, "index"))}
        repository.git.run("read-tree", head or "--empty", variables=index, seconds=_SECONDS)
        repository.git.run(
            "update-index", "-z", "--index-info",
            variables=index, sent="".join(lines).encode("utf-8", "surrogateescape"), seconds=_SECONDS,
        )  # fmt: skip
        return repository.git.run("write-tree", "--missing-ok", variables=index, seconds=_SECONDS).text


def _commit(repository: Repository, tree: str, parents: Sequence[str], message: str, now: datetime) -> str:
    return repository.git.run(
        "commit-tree", *(argument for parent in parents for argument in ("-p", parent)), tree,
        sent=message.encode("utf-8", "replace"), variables=commit_variables(STUDIO, STUDIO, now), seconds=_SECONDS,
    ).text  # fmt: skip


def _changed(
    repository: Repository,
    differing: Sequence[str],
    contents: Mapping[str, bytes],
    committed: Mapping[str, tuple[str, str]],
) -> Iterator[str]:
    """Yield the files that differ from the last commit in more than the line ends that git converts."""
    for path in differing:
        name = path.removeprefix(repository.prefix)
        mode, sha = committed.get(path, ("", ""))
        if not mode.startswith("100"):
            yield name
            continue
        converted = repository.git.run(
            "hash-object", "--stdin", "--path", name, sent=contents[name], seconds=_SECONDS, accept=range(256)
        )
        if converted.text != sha:
            yield name
