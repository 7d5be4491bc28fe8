"""The audit log: who did what to which thing, and when."""

from dataclasses import dataclass
from datetime import datetime

from fastapi import APIRouter
from fastapi.responses import HTMLResponse

from newsletter import staff
from newsletter.domain.staff import AuditEntry
from newsletter.web.studio.context import Studio, moment_in_words
from newsletter.web.studio.local_times import local_clock
from newsletter.web.studio.paths import issue_path
from newsletter.web.studio.people.audit_words import OWN_STEPS, details_of, short_name, words_for_choice, words_of
from newsletter.web.studio.people.people_page import PEOPLE

AUDIT = f"{PEOPLE}/audit"
_ON_A_PAGE = 50


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
            acts=[(name, words_for_choice(name)) for name in acts],
        )

    return router


def shown_entry(entry: AuditEntry, at: datetime) -> ShownEntry:
    """Return an entry for the page; ``at`` is its time on the newsletter's clock."""
    kind, _, name = entry.thing.partition(" ")
    if kind == "person":  # an address says that; what people do with their own account needs no name
        kind, name = "", "" if entry.act in OWN_STEPS and name == entry.address else name
    return ShownEntry(
        entry=entry,
        at=at,
        act=words_of(entry),
        kind=kind,
        name=short_name(kind, name),
        path=_path(kind, name),
        details=tuple(details_of(entry, lambda moment: moment_in_words(moment.astimezone(at.tzinfo)))),
    )


def _path(kind: str, name: str) -> str:
    if not name:
        return ""
    return {"issue": issue_path(name), "reader": f"/readers/{name}"}.get(kind, "")
