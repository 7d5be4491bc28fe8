"""Find entries, issues and places for the palette, which ``/`` and ``Ctrl+K`` open."""

from collections.abc import Iterator
from dataclasses import asdict, dataclass

from fastapi import APIRouter
from fastapi.responses import JSONResponse

from newsletter.domain.people import Person
from newsletter.web.preview.routes import day
from newsletter.web.preview.snapshot import Snapshot
from newsletter.web.studio.context import Studio
from newsletter.web.studio.paths import entry_path, issue_path
from newsletter.web.studio.places import places_for

_MOST = 20
_MORE_PLACES = (("All entries", "/entries"), ("Bookmarklet", "/bookmarklet"))


@dataclass(frozen=True, slots=True, kw_only=True)
class PaletteItem:
    """An item that the palette offers: its kind (*Go to*, *Issue*, *Entry*), label, detail and path."""

    kind: str
    label: str
    detail: str
    path: str


def router(studio: Studio) -> APIRouter:
    """Return the route that scripts ask for what a person types."""
    router = APIRouter()

    @router.get("/find")
    def find(q: str = "") -> JSONResponse:
        """Return the places, issues and entries that have all words of ``q``."""
        return JSONResponse({"items": [asdict(item) for item in palette_items(studio.snapshot, studio.person, q)]})

    return router


def palette_items(snapshot: Snapshot, person: Person, query: str) -> tuple[PaletteItem, ...]:
    """Return at most 20 places, issues and entries with all words of a query, in that order, the newest first."""
    words = query.casefold().split()
    fitting = (item for item in _all(snapshot, person) if _has(words, f"{item.kind} {item.label} {item.detail}"))
    return tuple(item for item, _ in zip(fitting, range(_MOST), strict=False))


def _has(words: list[str], text: str) -> bool:
    folded = text.casefold()
    return all(word in folded for word in words)


def _all(snapshot: Snapshot, person: Person) -> Iterator[PaletteItem]:
    for place in places_for(person):
        yield PaletteItem(kind="Go to", label=place.label, detail="", path=place.path)
    account = (("Your account", "/account"),) if person.id else ()  # the person at this computer has none
    for label, path in (*_MORE_PLACES, *account):
        yield PaletteItem(kind="Go to", label=label, detail="", path=path)
    manuscripts = snapshot.manuscripts
    for issue in reversed(manuscripts.issues):
        path = issue_path(issue.slug)
        yield PaletteItem(kind="Issue", label=issue.subject or issue.slug, detail=day(issue.date), path=path)
    for slug, entry in sorted(manuscripts.entries.items()):
        path = entry_path(slug)
        yield PaletteItem(kind="Entry", label=entry.title or slug, detail=entry.source, path=path)
