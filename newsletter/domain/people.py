"""People of the newsletter's staff, and what each may do. No I/O.

``may`` is the one place that decides. Operations ask it through ``require``, not routes, so that no entry point can
forget to.
"""

from dataclasses import dataclass
from enum import StrEnum

from newsletter.errors import NewsletterError


class Role(StrEnum):
    """A person's role; each may do what the one before it may, and more."""

    WRITER = "writer"  # catches links and writes entries
    EDITOR = "editor"  # edits all entries, composes issues and approves what others changed
    PUBLISHER = "publisher"  # sends, and sees reports
    ADMIN = "admin"  # looks after readers, people and settings


class Act(StrEnum):
    """An act that needs permission; ``_LOWEST`` has the lowest role for each, ``_WORDS`` its words."""

    SEE = "see"  # open pages about issues, entries and links
    CAPTURE = "capture"  # catch links, put them off and drop them
    CREATE_ENTRY = "create-entry"  # write a new entry
    EDIT_ENTRY = "edit-entry"  # change an entry; writers only their own
    COMMENT = "comment"  # comment on entries and issues
    DELETE_COMMENT = "delete-comment"  # delete a comment; others than admins only their own
    COMPOSE = "compose"  # create issues and change them
    PROOF = "proof"  # mail a proof to members of staff
    PROOF_TO_OTHERS = "proof-to-others"  # mail a proof to any other address
    REVIEW = "review"  # tick findings off, and ask for changes
    APPROVE = "approve"  # approve an issue; not one that only this person has changed
    SEE_REPORTS = "see-reports"  # see totals of readers, and results
    SEND = "send"  # send, schedule and reschedule an issue
    CONTROL_SEND = "control-send"  # undo, pause, resume and cancel a send, retry and settle its deliveries
    OVERRIDE = "override"  # send without the approval that the newsletter requires, with a reason
    SEE_READERS = "see-readers"  # find readers by name
    CHANGE_READERS = "change-readers"  # add, edit and suppress readers
    IMPORT_READERS = "import-readers"  # import a file of readers
    EXPORT_READERS = "export-readers"  # get readers as a file
    ERASE_READERS = "erase-readers"  # delete everything that is known about a reader
    MANAGE_KEYS = "manage-keys"  # add and remove one's own passkeys
    SEE_PEOPLE = "see-people"  # see members of staff, their sessions and the audit log
    MANAGE_PEOPLE = "manage-people"  # invite and remove members of staff, and change their roles
    SEE_SETTINGS = "see-settings"  # see newsletter.toml
    CHANGE_SETTINGS = "change-settings"  # change newsletter.toml, its topics and segments


_ROLES = tuple(Role)
_LOWEST: dict[Act, Role] = {
    Act.SEE: Role.WRITER,
    Act.CAPTURE: Role.WRITER,
    Act.CREATE_ENTRY: Role.WRITER,
    Act.EDIT_ENTRY: Role.EDITOR,
    Act.COMMENT: Role.WRITER,
    Act.DELETE_COMMENT: Role.ADMIN,
    Act.COMPOSE: Role.EDITOR,
    Act.PROOF: Role.EDITOR,
    Act.PROOF_TO_OTHERS: Role.PUBLISHER,
    Act.REVIEW: Role.EDITOR,
    Act.APPROVE: Role.EDITOR,
    Act.SEE_REPORTS: Role.PUBLISHER,
    Act.SEND: Role.PUBLISHER,
    Act.CONTROL_SEND: Role.PUBLISHER,
    Act.OVERRIDE: Role.PUBLISHER,
    Act.SEE_READERS: Role.ADMIN,
    Act.CHANGE_READERS: Role.ADMIN,
    Act.IMPORT_READERS: Role.ADMIN,
    Act.EXPORT_READERS: Role.ADMIN,
    Act.ERASE_READERS: Role.ADMIN,
    Act.MANAGE_KEYS: Role.WRITER,
    Act.SEE_PEOPLE: Role.ADMIN,
    Act.MANAGE_PEOPLE: Role.ADMIN,
    Act.SEE_SETTINGS: Role.ADMIN,
    Act.CHANGE_SETTINGS: Role.ADMIN,
}

_WORDS: dict[Act, str] = {  # after "your role may not"
    Act.SEE: "see issues, entries and links",
    Act.CAPTURE: "catch links, put them off or drop them",
    Act.CREATE_ENTRY: "write entries",
    Act.EDIT_ENTRY: "change other people’s entries",
    Act.COMMENT: "comment on entries and issues",
    Act.DELETE_COMMENT: "delete other people’s comments",
    Act.COMPOSE: "create or change issues",
    Act.PROOF: "mail proofs",
    Act.PROOF_TO_OTHERS: "mail proofs to people outside the team",
    Act.REVIEW: "tick findings off or ask for changes",
    Act.APPROVE: "approve issues",
    Act.SEE_REPORTS: "see reports or numbers of readers",
    Act.SEND: "send issues",
    Act.CONTROL_SEND: "undo, pause, resume or cancel a send",
    Act.OVERRIDE: "send without an approval",
    Act.SEE_READERS: "see readers",
    Act.CHANGE_READERS: "add or change readers",
    Act.IMPORT_READERS: "import readers",
    Act.EXPORT_READERS: "export readers",
    Act.ERASE_READERS: "erase readers",
    Act.MANAGE_KEYS: "add or remove passkeys",
    Act.SEE_PEOPLE: "see the team or the audit log",
    Act.MANAGE_PEOPLE: "invite or remove people, or change their roles",
    Act.SEE_SETTINGS: "see the settings",
    Act.CHANGE_SETTINGS: "change settings, topics or segments",
}

CONFIRMED_ACTS = frozenset(
    {Act.SEND, Act.OVERRIDE, Act.APPROVE, Act.MANAGE_KEYS, Act.MANAGE_PEOPLE, Act.EXPORT_READERS, Act.ERASE_READERS}
)
"""The acts that ask for a passkey again. Undoing and pausing a send don't: they are urgent and do no harm."""

_OWN_ALLOWED = frozenset({Act.EDIT_ENTRY, Act.DELETE_COMMENT})
"""The acts that everybody may do to their own work."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Person:
    """A member of staff. ``name`` and ``address`` are the author of their commits.

    ``id`` is that of their account; 0 stands for the person at this computer, who has none. ``is_confirmed`` is true if
    they have used a passkey in the last five minutes, or work at this computer.
    """

    name: str
    address: str
    role: Role = Role.ADMIN
    id: int = 0
    is_confirmed: bool = True


@dataclass(frozen=True, slots=True, kw_only=True)
class Work:
    """The work that an act is about. ``by`` has the addresses of everybody who did it.

    ``own_allowed`` says that people may approve what they have changed themselves.
    """

    by: frozenset[str]
    own_allowed: bool = False


class ForbiddenError(NewsletterError):
    """An act that a person's role doesn't allow; ``needed`` is the lowest role that does."""

    code = "forbidden"

    def __init__(self, *, act: Act, needed: Role) -> None:
        self.act, self.needed = act, needed
        super().__init__(f"your role may not {_WORDS[act]}", hint=f"ask {_anybody_from(needed)}")


class OwnWorkError(NewsletterError):
    """An approval by the only person who has changed the issue."""

    code = "own-work"

    def __init__(self) -> None:
        super().__init__("nobody approves their own changes", hint="ask somebody else to approve this issue")


class ConfirmationNeededError(NewsletterError):
    """An act that asks for a passkey again, by a person who hasn't used one in the last five minutes."""

    code = "confirmation-needed"

    def __init__(self, *, act: Act) -> None:
        self.act = act
        super().__init__("use your passkey again first", hint="sign in again and repeat what you did")


class NotSignedInError(NewsletterError):
    """A request by somebody who isn't signed in."""

    code = "not-signed-in"

    def __init__(self) -> None:
        super().__init__("you are not signed in", hint="sign in, then try again")


def _anybody_from(lowest: Role) -> str:
    """Return the roles from one on in words: ``an editor, a publisher or an admin``."""
    *others, last = (f"{'an' if role[0] in 'ae' else 'a'} {role}" for role in _ROLES[_ROLES.index(lowest) :])
    return f"{', '.join(others)} or {last}" if others else last


def may(person: Person, act: Act, thing: Work | None = None) -> bool:
    """Return whether a person may do an act to a thing; without one, whether they may do it to other people's work."""
    if act in _OWN_ALLOWED and thing is not None and thing.by == {person.address}:
        return True
    if act is Act.APPROVE and thing is not None and thing.by == {person.address} and not thing.own_allowed:
        return False
    return _ROLES.index(person.role) >= _ROLES.index(_LOWEST[act])


def require_role(person: Person, act: Act) -> None:
    """Raise ForbiddenError unless a person's role allows an act at all; the operation asks for the rest."""
    if not may(person, act):
        raise ForbiddenError(act=act, needed=_LOWEST[act])


def require(person: Person, act: Act, thing: Work | None = None) -> None:
    """Raise ForbiddenError or OwnWorkError unless a person may do an act to a thing.

    Raise ConfirmationNeededError if they may, but the act asks for their passkey again.
    """
    if not may(person, act, thing):
        raise OwnWorkError() if may(person, act) else ForbiddenError(act=act, needed=_LOWEST[act])
    if act in CONFIRMED_ACTS and not person.is_confirmed:
        raise ConfirmationNeededError(act=act)
