"""The permission that a change of a file needs. Every operation on existing files asks here. No I/O."""

from newsletter.content import FileKind, UnreadableFileError, field_value, kind_of
from newsletter.domain.authorship import work_by
from newsletter.domain.people import Act, Person, Work, may, require
from newsletter.editing.errors import OwnerChangeError

OWNER = "by"
"""The field of an entry with the address of the person whose entry it is."""

_ACTS = {FileKind.ENTRY: Act.EDIT_ENTRY, FileKind.BLOCK: Act.EDIT_ENTRY, FileKind.ISSUE: Act.COMPOSE}


def may_see(person: Person, path: str) -> bool:
    """Return whether a person may see the file at a path of the newsletter as text."""
    return may(person, _sight(path))


def require_sight(person: Person, path: str) -> None:
    """Raise ForbiddenError unless a person may see the file at a path of the newsletter as text."""
    require(person, _sight(path))


def _sight(path: str) -> Act:
    return Act.SEE_SETTINGS if kind_of(path) is None else Act.SEE


def require_edit(person: Person, kind: FileKind | None, *, owner: str = "") -> None:
    """Raise ForbiddenError unless a person may change files of a kind; None stands for any other file.

    ``owner`` is that of an entry, as its file says now.
    """
    require(person, Act.CHANGE_SETTINGS if kind is None else _ACTS[kind], work_of(person, owner))


def may_edit_entry(person: Person, owner: str) -> bool:
    """Return whether a person may change an entry of an owner, who is "" for nobody."""
    return may(person, Act.EDIT_ENTRY, work_of(person, owner))


def require_same_owner(person: Person, before: str, after: str) -> None:
    """Raise OwnerChangeError if a change gives an entry another owner and the person may not edit all entries.

    Otherwise writers could take entries over, or lose their own.
    """
    if before != after and not may(person, Act.EDIT_ENTRY):
        raise OwnerChangeError()


def owner_in(text: str, kind: FileKind | None, *, path: str) -> str:
    """Return the owner of the entry with a text; "" if it has none, can't be read, or is no entry."""
    if kind is not FileKind.ENTRY:
        return ""
    try:
        return str(field_value(text, OWNER, kind, path=path) or "")
    except UnreadableFileError:
        return ""


def work_of(person: Person, owner: str) -> Work | None:
    """Return an owner's work, under the person's own address if that is the owner's in another spelling."""
    return work_by(person, [owner]) if owner else None
