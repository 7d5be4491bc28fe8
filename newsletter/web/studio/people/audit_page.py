"""The audit log: who did what to which thing, and when."""

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from newsletter import staff
from newsletter.domain.people import Act
from newsletter.domain.staff import AuditEntry, StaffStep
from newsletter.web.studio.context import Studio
from newsletter.web.studio.paths import issue_path
from newsletter.web.studio.people.people_page import PEOPLE
from newsletter.web.studio.people.times import local_clock

AUDIT = f"{PEOPLE}/audit"
_ON_A_PAGE = 50
_LONGEST_DETAIL = 200  # characters


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownEntry:
    """An entry as the page shows it, with its act and its details in words and the path of its thing's page."""

    entry: AuditEntry
    at: datetime
    act: str
    kind: str
    name: str
    path: str
    details: tuple[tuple[str, str], ...]


def router(studio: Studio) -> APIRouter:
    """Return the route."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get(AUDIT)
    def show(before: str = "", address: str = "", act: str = "", thing: str = "") -> str:
        """Show entries, the latest first; the query chooses those of a person, of an act or about a thing."""
        at_most = int(before) if before.isdecimal() and len(before) < 16 else None
        chosen = {"address": address.strip(), "act": act.strip(), "thing": thing.strip()}
        local = local_clock(studio)
        with studio.open_store() as store:
            entries = staff.audit_entries(store, studio.person, before=at_most, limit=_ON_A_PAGE + 1, **chosen)
            people = [member.member for member in staff.team(store, studio.person, now=studio.now)]
            acts = store.audit.acts()
        shown = [shown_entry(entry, local(entry.at)) for entry in entries[:_ON_A_PAGE]]
        return studio.page(
            "people/audit",
            place="people",
            entries=shown,
            chosen=chosen,
            is_first=at_most is None,
            more=entries[_ON_A_PAGE - 1].id if len(entries) > _ON_A_PAGE else None,
            people=people,
            acts=[(name, act_words(name)) for name in acts],
        )

    return router


_WORDS: Mapping[str, str] = {
    StaffStep.INVITED: "Invited",
    StaffStep.ROLE_CHANGED: "Changed the role of",
    StaffStep.REMOVED: "Removed",
    StaffStep.LINK_PRINTED: "Printed a link for",
    StaffStep.SIGNED_IN: "Signed in",
    StaffStep.SIGNED_OUT: "Signed out",
    StaffStep.SESSION_ENDED: "Ended sessions of",
    StaffStep.KEY_ADDED: "Added a passkey",
    StaffStep.KEY_RENAMED: "Renamed a passkey",
    StaffStep.KEY_REMOVED: "Removed a passkey",
    StaffStep.NAME_CHANGED: "Changed their name",
    Act.SEND: "Sent",
    Act.APPROVE: "Approved",
    Act.OVERRIDE: "Sent without an approval",
    Act.EXPORT_READERS: "Exported",
    Act.IMPORT_READERS: "Imported",
    Act.ERASE_READERS: "Erased",
    Act.CHANGE_SETTINGS: "Changed",
}


def act_words(act: str) -> str:
    """Return an act in words: *Changed the role of* for ``role-changed``; others are only written without hyphens."""
    words = _WORDS.get(act) or act.replace("-", " ")
    return words[:1].upper() + words[1:]


def shown_entry(entry: AuditEntry, at: datetime) -> ShownEntry:
    """Return an entry for the page; ``at`` is its time on the newsletter's clock."""
    kind, _, name = entry.thing.partition(" ")
    if kind == "person":  # an address says that; one's own says nothing
        kind, name = "", "" if name == entry.address else name
    return ShownEntry(
        entry=entry,
        at=at,
        act=act_words(entry.act),
        kind=kind,
        name=name,
        path=_path(kind, name),
        details=tuple(_details(entry.detail)),
    )


def _path(kind: str, name: str) -> str:
    if not name:
        return ""
    return {"issue": issue_path(name), "reader": f"/readers/{name}"}.get(kind, "")


def _details(detail: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the details as pairs of texts; those without a value are left out."""
    pairs = [(name.replace("_", " "), _words(value)) for name, value in detail.items()]
    return [(name, words) for name, words in pairs if words]


def _words(value: object) -> str:
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, Mapping):
        text = ", ".join(f"{name}: {_words(inner)}" for name, inner in value.items())
    elif isinstance(value, (list, tuple)):
        text = ", ".join(map(_words, value))
    else:
        text = "" if value is None else str(value)
    return text if len(text) <= _LONGEST_DETAIL else f"{text[: _LONGEST_DETAIL - 1]}…"
