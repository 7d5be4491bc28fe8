"""Members of staff, their passkeys and sessions, and the audit log. No I/O."""

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from typing import Any

from newsletter.domain.people import Act, Person, Role, may

SESSION_IDLE = timedelta(hours=12)  # a session ends after this time without a request
LINK_SESSION_LASTS = timedelta(hours=1)  # a session that a link has opened, and that may only register a passkey
CONFIRMED_FOR = timedelta(minutes=5)  # after a passkey was used
LINK_LASTS = timedelta(minutes=15)
CEREMONY_LASTS = timedelta(minutes=5)


class StaffStep(StrEnum):
    """A step in the audit log that concerns a person's own account; the others are of ``people.Act``."""

    INVITED = "invited"  # somebody was invited, or invited again
    ROLE_CHANGED = "role-changed"  # somebody got another role
    REMOVED = "removed"  # somebody was removed, with all their keys and sessions
    LINK_PRINTED = "link-printed"  # a sign-in link was printed on the command line
    SIGNED_IN = "signed-in"  # with a passkey or a link
    SIGNED_OUT = "signed-out"  # here or everywhere else
    SESSION_ENDED = "session-ended"  # a session was ended from another one
    KEY_ADDED = "key-added"  # a passkey was registered
    KEY_RENAMED = "key-renamed"  # a passkey was given another name
    KEY_REMOVED = "key-removed"  # a passkey was removed
    NAME_CHANGED = "name-changed"  # somebody changed their own name


class WorkStep(StrEnum):
    """A step in the audit log that concerns an issue or a topic, where ``people.Act`` doesn't say enough."""

    SENT = "send"  # a send began at the command line
    SCHEDULED = "schedule-send"  # a send got a start
    RESCHEDULED = "reschedule-send"  # a send got another start
    UNDONE = "undo-send"  # a send was undone before it began
    PAUSED = "pause-send"  # a send was paused
    RESUMED = "resume-send"  # a send was resumed
    CANCELLED = "cancel-send"  # a send was cancelled
    RETRIED = "retry-refused"  # refused deliveries were queued again
    SETTLED = "settle-uncertain"  # uncertain deliveries were held or queued again
    TICKED = "tick-finding"  # a finding was ticked off
    UNTICKED = "untick-finding"  # a finding was opened again
    TOPIC_RENAMED = "topic-rename"  # a topic got another slug or name
    TOPIC_MERGED = "topic-merge"  # a topic was merged into another
    TOPIC_SPLIT = "topic-split"  # a topic was split into several


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffMember:
    """A person with an account. ``joined_at`` is None until they have registered their first passkey.

    ``handle`` identifies them to their passkeys without saying who they are. With ``weekly_summary``, they get a
    summary of the newsletter's results by mail.
    """

    id: int
    handle: bytes
    address: str
    name: str
    role: Role
    invited_at: datetime
    invited_by: str = ""
    joined_at: datetime | None = None
    removed_at: datetime | None = None
    weekly_summary: bool = False

    def person(self, *, is_confirmed: bool = False) -> Person:
        """Return the person that operations ask for permission."""
        return Person(name=self.name, address=self.address, role=self.role, id=self.id, is_confirmed=is_confirmed)


def members_who_may(act: Act, members: Iterable[StaffMember]) -> tuple[StaffMember, ...]:
    """Return those of the members who have joined and whose role allows an act."""
    return tuple(member for member in members if member.joined_at is not None and may(member.person(), act))


@dataclass(frozen=True, slots=True, kw_only=True)
class Passkey:
    """A registered passkey of a member. ``credential`` is its id, ``sign_count`` the last count that it reported.

    ``synced`` says that the key is copied between a person's devices.
    """

    id: int
    member: int
    credential: bytes
    public_key: bytes
    sign_count: int
    name: str
    synced: bool
    transports: tuple[str, ...]
    created_at: datetime
    used_at: datetime | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class StaffSession:
    """A member's session in one browser, which ``client`` describes in words.

    One ``by_link`` was opened by a mailed or printed link; until a passkey is used, it may only register one.
    """

    id: int
    member: int
    by_link: bool
    created_at: datetime
    seen_at: datetime
    confirmed_at: datetime | None = None
    client: str = ""

    def is_over(self, now: datetime) -> bool:
        """Return whether the session has ended: nobody used it, or no passkey was registered in time."""
        return now >= self.seen_at + SESSION_IDLE or (self.by_link and now >= self.created_at + LINK_SESSION_LASTS)

    def is_confirmed(self, now: datetime) -> bool:
        """Return whether a passkey was used a short time ago."""
        return self.confirmed_at is not None and now < self.confirmed_at + CONFIRMED_FOR


class CeremonyKind(StrEnum):
    """A kind of passkey ceremony, which a challenge is good for."""

    REGISTER = "register"  # add a passkey to an account
    SIGN_IN = "sign-in"  # sign in with any passkey that this studio knows
    CONFIRM = "confirm"  # use a passkey again before an act that asks for it


@dataclass(frozen=True, slots=True, kw_only=True)
class AuditEntry:
    """An entry of the audit log: who did what to which thing, and when.

    ``person`` is the id of their account, 0 for the person at the computer that the newsletter is on.
    """

    id: int
    at: datetime
    person: int
    name: str
    address: str
    act: str
    thing: str
    detail: Mapping[str, Any] = field(default_factory=dict)
