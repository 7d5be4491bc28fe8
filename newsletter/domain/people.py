"""People of the newsletter's staff, and what each may do. No I/O.

``may`` is the one place that decides. Operations ask it, not routes, so that no entry point can forget to.
"""

from dataclasses import dataclass
from enum import StrEnum

from newsletter.errors import NewsletterError


class Role(StrEnum):
    """A person's role; each may do what the one before it may, and more."""

    WRITER = "writer"  # catches links and writes entries
    EDITOR = "editor"  # edits all entries and composes issues
    PUBLISHER = "publisher"  # sends
    ADMIN = "admin"  # looks after readers, people and settings


class Act(StrEnum):
    """An act that needs permission; ``_LOWEST`` has the lowest role for each."""

    SEE = "see"  # open any page of the studio
    CAPTURE = "capture"  # catch links, put them off and drop them
    EDIT_OWN_ENTRY = "edit-own-entry"  # write an entry, or change one's own
    EDIT_ENTRY = "edit-entry"  # change other people's entries
    COMPOSE = "compose"  # create issues and change them
    CHANGE_SETTINGS = "change-settings"  # change newsletter.toml


_ROLES = tuple(Role)
_LOWEST: dict[Act, Role] = {
    Act.SEE: Role.WRITER,
    Act.CAPTURE: Role.WRITER,
    Act.EDIT_OWN_ENTRY: Role.WRITER,
    Act.EDIT_ENTRY: Role.EDITOR,
    Act.COMPOSE: Role.EDITOR,
    Act.CHANGE_SETTINGS: Role.ADMIN,
}


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of staff. ``name`` and ``address`` are the author of their commits."""

    name: str
    address: str
    role: Role = Role.ADMIN


class ForbiddenError(NewsletterError):
    """An act that a person's role doesn't allow; ``needed`` is the lowest role that does."""

    code = "forbidden"

    def __init__(self, *, act: Act, needed: Role) -> None:
        self.act, self.needed = act, needed
        super().__init__(f"your role may not do this ({act})", hint=f"ask somebody with the role {needed}")


def may(person: Person, act: Act) -> bool:
    """Return whether a person's role allows an act."""
    return _ROLES.index(person.role) >= _ROLES.index(_LOWEST[act])


def require(person: Person, act: Act) -> None:
    """Raise ForbiddenError if a person's role doesn't allow an act."""
    if not may(person, act):
        raise ForbiddenError(act=act, needed=_LOWEST[act])
