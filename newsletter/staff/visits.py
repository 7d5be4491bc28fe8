"""Sessions: who makes a request, and how a session begins and ends."""

from dataclasses import dataclass
from datetime import datetime

from newsletter.domain.people import Person
from newsletter.domain.staff import StaffMember, StaffSession, StaffStep
from newsletter.errors import NotFoundError
from newsletter.staff.secret_texts import hashed, new_secret
from newsletter.store import Store


@dataclass(frozen=True, slots=True, kw_only=True)
class Visit:
    """A member who makes a request, with their session. ``is_confirmed`` is as of that moment."""

    member: StaffMember
    session: StaffSession
    secret: str
    is_confirmed: bool

    @property
    def person(self) -> Person:
        """Return the person that operations ask for permission."""
        return self.member.person(is_confirmed=self.is_confirmed)

    @property
    def may_only_register(self) -> bool:
        """Return whether this session was opened by a link alone, and may only register a passkey."""
        return self.session.by_link


def find_visit(store: Store, secret: str, now: datetime, *, is_used: bool = True) -> Visit | None:
    """Return the visit that a cookie belongs to; None if its session is over or its member was removed.

    Unless it ``is_used`` by the person, rather than by a page that refreshes itself, the session doesn't last longer.
    """
    session = store.staff_sessions.find(hashed(secret), now, is_used=is_used)
    if session is None:
        return None
    try:
        member = store.staff.get(session.member)
    except NotFoundError:
        return None
    return Visit(member=member, session=session, secret=secret, is_confirmed=session.is_confirmed(now))


def begin_session(
    store: Store,
    member: StaffMember,
    *,
    by_link: bool,
    client: str,
    now: datetime,
    replaces: str = "",
    is_confirmed: bool = False,
) -> str:
    """Begin a session and return the secret of its cookie, which is always a new one.

    ``replaces`` is the secret of the browser's earlier session, which ends.
    """
    secret = new_secret()
    store.staff_sessions.add(
        hashed(secret),
        member.id,
        by_link=by_link,
        client=client,
        now=now,
        confirmed_at=now if is_confirmed else None,
        replaces=hashed(replaces) if replaces else "",
    )
    return secret


def sign_out(store: Store, visit: Visit, now: datetime) -> None:
    """End a session."""
    store.staff_sessions.end(visit.session.id, visit.member.id)
    store.audit.add(visit.person, StaffStep.SIGNED_OUT, _thing(visit.member), now=now)


def sign_out_elsewhere(store: Store, visit: Visit, now: datetime) -> int:
    """End all other sessions of a member and return their number."""
    ended = store.staff_sessions.end_all(visit.member.id, but=visit.session.id)
    store.audit.add(visit.person, StaffStep.SESSION_ENDED, _thing(visit.member), now=now, detail={"sessions": ended})
    return ended


def _thing(member: StaffMember) -> str:
    return f"person {member.address}"
