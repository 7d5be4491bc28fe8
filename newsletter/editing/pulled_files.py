"""What a merge in the background must not change: files that decide what the server runs, trusts and keeps.

People who may push to the remote could otherwise put their own files in the place of those that git ignores here, such
as the database, and git would replace them without a question.
"""

import posixpath
import re
from collections.abc import Callable, Mapping
from pathlib import PurePosixPath

from newsletter.files.cache_folder import CACHE
from newsletter.files.newsletter_folder import SETTINGS_FILE
from newsletter.git import BothChanged, GitError, MergePlan, Repository, blob_contents, ignored_files

_OF_DATABASES = re.compile(r"-(journal|wal|shm)$", re.IGNORECASE)  # https://www.sqlite.org/tempfiles.html
_RULES = (".gitignore",)
_HINT = "look at the change on the server, and pull it there with git"
_DELETE = "delete it at the remote; pulling it with git would replace the file that is here"


def check_plan(
    repository: Repository,
    plan: MergePlan,
    contents: Mapping[str, bytes | None],
    check_settings: Callable[[str, str], object],
) -> None:
    """Raise GitError if a merge would change such a file, and what ``check_settings`` raises for newsletter.toml.

    ``contents`` are those of the files that both sides have changed; ``check_settings`` gets the texts before and
    after.
    """
    for path in sorted(plan.paths):
        name = PurePosixPath(path)
        if name.name.lower() in _RULES and _is_around(repository, name.parent.parts):
            raise GitError(f"the remote changes which files git ignores: {path}", hint=_HINT)
        if CACHE in map(str.lower, name.parts) or _OF_DATABASES.search(name.name):
            raise GitError(f"the remote has a file that only the server writes: {path}", hint=_DELETE)
    for path in ignored_files(repository, plan.paths):
        raise GitError(f"the remote has a file that git ignores here: {path}", hint=_DELETE)
    for path in plan.paths & _names_of_settings(repository):
        _check_settings(repository, plan, contents, path, check_settings)


def _is_around(repository: Repository, folder: tuple[str, ...]) -> bool:
    """Return whether a folder is the newsletter's, in it, or above it, and not beside it in the same repository."""
    own = PurePosixPath(repository.prefix).parts
    return all(mine == theirs for mine, theirs in zip(own, folder, strict=False))


def _check_settings(
    repository: Repository,
    plan: MergePlan,
    contents: Mapping[str, bytes | None],
    path: str,
    check_settings: Callable[[str, str], object],
) -> None:
    blob = plan.taken.get(path)
    if blob is not None and not blob.mode.startswith("100"):
        raise GitError(f"the remote makes {SETTINGS_FILE} a link", hint=_HINT)
    taken = BothChanged(path=path, base=None, ours=None, theirs=blob)
    after = contents.get(path) if path in contents else b"".join(blob_contents(repository, [taken]).values())
    file = repository.root / SETTINGS_FILE
    before = file.read_bytes() if file.is_file() else b""
    check_settings(before.decode("utf-8", "replace"), (after or b"").decode("utf-8", "replace"))


def _names_of_settings(repository: Repository) -> frozenset[str]:
    """Return the paths of newsletter.toml from the top: its own, and that of the file that it links to."""
    own = posixpath.normpath(repository.prefix + SETTINGS_FILE)
    file = repository.root / SETTINGS_FILE
    target = posixpath.relpath(file.resolve().as_posix(), file.parent.resolve().as_posix())
    return frozenset({own, posixpath.normpath(repository.prefix + target)})
