"""Bring back an earlier version of a file, as a new change."""

import datetime

from newsletter.domain.people import Person
from newsletter.editing.operations import Editing
from newsletter.editing.permissions import may_see
from newsletter.editing.values import Changed
from newsletter.errors import NotFoundError
from newsletter.git import Repository, Version, file_versions, text_at


def seen_versions(repository: Repository, person: Person, path: str) -> tuple[Version, ...]:
    """Return those versions of a file that a person may see: it may have been another file under an earlier name.

    Raise GitError.
    """
    return tuple(version for version in file_versions(repository, path) if may_see(person, version.path))


def bring_back(
    editing: Editing,
    repository: Repository | None,
    person: Person,
    path: str,
    sha: str,
    *,
    seen_digest: str,
    session: str = "",
    now: datetime.datetime,
) -> Changed:
    """Give a file the text that it had in a version, to the byte, unless it has another digest than ``seen_digest``.

    ``seen_digest`` is "" for a file that doesn't exist any more. Raise NotFoundError if the file has no such version,
    GitError, and the errors of ``Editing.replace_text``.
    """
    if repository is None:
        raise NotFoundError("this newsletter has no history", hint="create a git repository to keep one")
    version = next((known for known in seen_versions(repository, person, path) if known.sha == sha), None)
    if version is None or version.deleted:
        raise NotFoundError("there is no such version", hint="choose one of the file's history")
    text = text_at(repository, version.sha, version.path)
    return editing.replace_text(person, path, text, seen_digest=seen_digest, exact=True, session=session, now=now)
