"""Changes to the team by an admin: invitations, roles, removals; and links for where mail can't go."""

import unicodedata
from dataclasses import dataclass
from datetime import datetime

from newsletter.domain.addresses import parse_address
from newsletter.domain.people import Act, Person, Role, require
from newsletter.domain.staff import AuditEntry, StaffMember, StaffSession, StaffStep
from newsletter.errors import UsageError
from newsletter.staff.secret_texts import hashed, new_secret
from newsletter.store import Store

_LONGEST_NAME = 80  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class TeamMember:
    """A member as the page of the team shows them: with the number of their passkeys, and their sessions."""

    member: StaffMember
    passkeys: int
    sessions: tuple[StaffSession, ...]


def team(store: Store, person: Person, *, now: datetime) -> list[TeamMember]:
    """Return all members, by name. Raise ForbiddenError."""
    require(person, Act.SEE_PEOPLE)
    return [
        TeamMember(
            member=member,
            passkeys=len(store.passkeys.of_member(member.id)),
            sessions=tuple(store.staff_sessions.of_member(member.id, now)),
        )
        for member in store.staff.members()
    ]


def audit_entries(
    store: Store, person: Person, *, before: int | None, limit: int, address: str = "", act: str = "", thing: str = ""
) -> list[AuditEntry]:
    """Return entries of the audit log, the latest first. Raise ForbiddenError."""
    require(person, Act.SEE_PEOPLE)
    return store.audit.entries(before=before, limit=limit, address=address, act=act, thing=thing)


def invite(store: Store, person: Person, address: str, *, name: str, role: Role, now: datetime) -> StaffMember:
    """Add a member, who signs in by a link and then joins. Raise UsageError, MemberExistsError, ForbiddenError."""
    require(person, Act.MANAGE_PEOPLE)
    try:
        parsed = parse_address(address)
    except ValueError as err:
        raise UsageError(f"“{address.strip()}” is {err}", hint="write it as name@example.org") from err
    name = unused_name(store, name) if name.strip() else parsed.partition("@")[0]
    member = store.staff.add(parsed, name=name, role=role, by=person.address, now=now)
    _note(store, person, StaffStep.INVITED, member, now, role=role.value)
    return member


def invited(store: Store, person: Person, number: int, *, now: datetime) -> StaffMember:
    """Return a member who gets their invitation again. Raise NotFoundError, ForbiddenError."""
    require(person, Act.MANAGE_PEOPLE)
    member = store.staff.get(number)
    _note(store, person, StaffStep.INVITED, member, now, again=True)
    return member


def change_role(store: Store, person: Person, number: int, role: Role, *, now: datetime) -> StaffMember:
    """Give a member another role, from their next request on. Raise LastAdminError, NotFoundError, ForbiddenError."""
    require(person, Act.MANAGE_PEOPLE)
    member = store.staff.get(number)
    if member.role is not role:
        store.staff.change_role(number, role)
        _note(store, person, StaffStep.ROLE_CHANGED, member, now, role=role.value, before=member.role.value)
    return store.staff.get(number)


def remove(store: Store, person: Person, number: int, *, now: datetime) -> StaffMember:
    """Remove a member with their passkeys, links and sessions. Raise LastAdminError, NotFoundError, ForbiddenError."""
    require(person, Act.MANAGE_PEOPLE)
    member = store.staff.get(number)
    store.staff.remove(number, now)
    _note(store, person, StaffStep.REMOVED, member, now)
    return member


def end_sessions(store: Store, person: Person, number: int, *, now: datetime) -> StaffMember:
    """End all sessions of a member. Raise NotFoundError, ForbiddenError."""
    require(person, Act.MANAGE_PEOPLE)
    member = store.staff.get(number)
    ended = store.staff_sessions.end_all(number)
    _note(store, person, StaffStep.SESSION_ENDED, member, now, sessions=ended)
    return member


def new_link(store: Store, person: Person, member: StaffMember, *, now: datetime) -> str:
    """Return the secret of a link that signs a member in, in the first browser that uses it. Raise ForbiddenError."""
    require(person, Act.MANAGE_PEOPLE)
    secret = new_secret()
    store.sign_in_links.add(hashed(secret), member.id, now)
    _note(store, person, StaffStep.LINK_PRINTED, member, now)
    return secret


def unused_name(store: Store, text: str, *, but: int = 0) -> str:
    """Return a person's name. Raise UsageError if another member than ``but`` has it: comments show only names."""
    name = valid_name(text)
    if any(_looks_like(member.name, name) for member in store.staff.members() if member.id != but):
        raise UsageError(
            "somebody else on the team has this name", hint="add something that tells the two of you apart"
        )
    return name


def _looks_like(first: str, second: str) -> bool:
    return unicodedata.normalize("NFKC", first).casefold() == unicodedata.normalize("NFKC", second).casefold()


def valid_name(text: str) -> str:
    """Return a person's name. Raise UsageError if it is empty, too long or has control characters."""
    name = " ".join(text.split())
    if not name:
        raise UsageError("the name is empty", hint="write the name that colleagues and git see")
    if len(name) > _LONGEST_NAME or not name.isprintable() or set(name) & set("<>"):
        raise UsageError(
            "this can’t be a name", hint=f"use at most {_LONGEST_NAME} characters, without < and >: git sees it as well"
        )
    return name


def _note(store: Store, person: Person, step: StaffStep, member: StaffMember, now: datetime, **detail: object) -> None:
    store.audit.add(person, step, f"person {member.address}", now=now, detail=detail)
