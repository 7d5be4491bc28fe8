"""What members do with their own account: their name, passkeys, sessions and the weekly summary."""

from datetime import datetime

from newsletter.domain.people import Act, require
from newsletter.domain.staff import StaffStep
from newsletter.staff.team import unused_name, valid_name
from newsletter.staff.visits import Visit
from newsletter.store import Store

_LONGEST_KEY_NAME = 60  # characters


def rename_self(store: Store, visit: Visit, name: str, *, now: datetime) -> None:
    """Give the visit's member another name. Raise UsageError if it isn't one, or another member has it."""
    name = unused_name(store, name, but=visit.member.id)
    if name != visit.member.name:
        store.staff.rename(visit.member.id, name)
        _note(store, visit, StaffStep.NAME_CHANGED, now, name=name, before=visit.member.name)


def rename_key(store: Store, visit: Visit, key: int, name: str, *, now: datetime) -> None:
    """Give one of the member's passkeys another name. Raise NotFoundError, UsageError."""
    name = valid_name(name)[:_LONGEST_KEY_NAME]
    store.passkeys.rename(key, visit.member.id, name)
    _note(store, visit, StaffStep.KEY_RENAMED, now, key=name)


def remove_key(store: Store, visit: Visit, key: int, *, now: datetime) -> str:
    """Remove one of the member's passkeys and return its name. Raise LastKeyError, NotFoundError.

    Raise ConfirmationNeededError if no passkey was used a short time ago.
    """
    require(visit.person, Act.MANAGE_KEYS)
    removed = store.passkeys.remove(key, visit.member.id)
    _note(store, visit, StaffStep.KEY_REMOVED, now, key=removed.name)
    return removed.name


def end_session(store: Store, visit: Visit, session: int, *, now: datetime) -> None:
    """End one of the member's sessions; one that is over already doesn't matter."""
    if store.staff_sessions.end(session, visit.member.id):
        _note(store, visit, StaffStep.SESSION_ENDED, now, sessions=1)


def choose_summary(store: Store, visit: Visit, wanted: bool) -> None:
    """Note whether the member wants the weekly summary by mail."""
    store.staff.want_summary(visit.member.id, wanted)


def _note(store: Store, visit: Visit, step: StaffStep, now: datetime, **detail: object) -> None:
    store.audit.add(visit.person, step, f"person {visit.member.address}", now=now, detail=detail)
