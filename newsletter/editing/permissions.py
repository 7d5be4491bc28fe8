"""The permission that a change of a file needs. Every operation on existing files asks here. No I/O."""

from newsletter.content import FileKind, kind_of
from newsletter.domain.people import Act, Person, require

_ACTS = {FileKind.ENTRY: Act.EDIT_ENTRY, FileKind.BLOCK: Act.EDIT_ENTRY, FileKind.ISSUE: Act.COMPOSE}


def require_sight(person: Person, path: str) -> None:
    """Raise ForbiddenError unless a person may see the file at a path of the newsletter as text."""
    require(person, Act.SEE_SETTINGS if kind_of(path) is None else Act.SEE)


def require_edit(person: Person, kind: FileKind | None) -> None:
    """Raise ForbiddenError unless a person may change files of a kind; None stands for any other file."""
    require(person, Act.CHANGE_SETTINGS if kind is None else _ACTS[kind])
