"""The remote repository: how the exchange of commits goes, and what an editor has to decide."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from newsletter.content import kind_of
from newsletter.editing import Choice, Comparison, Side, Span, SyncConflict, compare_texts, may_see
from newsletter.errors import NotFoundError
from newsletter.web.http.forms import SubmittedForm
from newsletter.web.studio.context import Studio
from newsletter.web.studio.local_times import local_clock
from newsletter.web.studio.paths import file_path
from newsletter.web.studio.replies import saved, text_of

_WHOLE = "text"


@dataclass(frozen=True, slots=True, kw_only=True)
class ShownConflict:
    """A conflict on the page. ``key`` names it in the form; ``both`` is a text to begin with that has both versions.

    ``comparison`` is None if a side has no text. ``field`` is empty for a whole file.
    """

    key: str
    conflict: SyncConflict
    page: str
    field: str
    comparison: Comparison | None
    mine: str
    theirs: str
    both: str

    @property
    def is_manuscript(self) -> bool:
        """Return whether it is in an entry, a block or an issue."""
        return kind_of(self.conflict.path) is not None

    def spans(self, side: str) -> Iterator[Span]:
        """Yield the parts of a side's text, with line breaks, and whether the other side lacks them."""
        if self.comparison is None:
            yield Span(text=self.mine if side == Side.MINE else self.theirs)
            return
        lines = [row.old if side == Side.MINE else row.new for row in self.comparison.rows]
        for at, line in enumerate(line for line in lines if line is not None):
            if at:
                yield Span(text="\n")
            yield from line.spans


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    router = APIRouter(default_response_class=HTMLResponse)

    @router.get("/remote")
    def show() -> str:
        """Show the state of the exchange, and side by side each conflict in a file that the person may see."""
        conflicts = studio.syncing.state().conflicts
        shown = [shown_conflict(conflict) for conflict in conflicts if may_see(studio.person, conflict.path)]
        hidden = len(conflicts) - len(shown)
        return studio.page(
            "remote",
            place="remote",
            shown=shown,
            hidden=hidden,
            enabled=studio.syncing.enabled,
            local=local_clock(studio),
        )

    @router.post("/remote")
    def exchange(request: Request, form: SubmittedForm) -> Response:
        """Exchange commits soon."""
        studio.syncing.wake()
        return saved(request, form, at=studio.now, announce="Syncing with the remote.", go_to="/remote")

    @router.post("/remote/choices")
    def choose(request: Request, form: SubmittedForm) -> Response:
        """Note what the editor has chosen for a conflict: a side, or the text in ``value``."""
        key = form.text("conflict")
        known = studio.syncing.state().conflicts
        conflict = next((conflict for conflict in known if key_of(conflict) == key), None)
        if conflict is None:
            raise NotFoundError("this conflict is no longer there", hint="look at the page again")
        studio.syncing.resolve(studio.person, conflict, _choice(form.text("choice"), form.exact("value")))
        return saved(request, form, at=studio.now, announce="Chosen.", go_to="/remote")

    return router


def key_of(conflict: SyncConflict) -> str:
    """Return a name for a conflict that changes when one of its values does."""
    return hashlib.sha256(repr(conflict).encode("utf-8", "replace")).hexdigest()[:24]


def shown_conflict(conflict: SyncConflict) -> ShownConflict:
    """Return a conflict with its two sides compared."""
    mine, theirs = text_of(conflict.mine), text_of(conflict.theirs)
    has_texts = conflict.is_text and conflict.mine is not None and conflict.theirs is not None
    return ShownConflict(
        key=key_of(conflict),
        conflict=conflict,
        page="" if conflict.path.startswith("../") else file_path(conflict.path),
        field="" if conflict.field == _WHOLE else conflict.field.replace("_", " "),
        comparison=compare_texts(mine, theirs, around=3 if conflict.field == _WHOLE else None) if has_texts else None,
        mine=mine,
        theirs=theirs,
        both=_both(conflict, mine, theirs),
    )


def _choice(choice: str, text: str) -> Choice:
    return Side(choice) if choice in set(Side) else text


def _both(conflict: SyncConflict, mine: str, theirs: str) -> str:
    """Return a text to begin with: both texts if they are paragraphs, else the one here."""
    paragraphs = conflict.field.startswith(("framing", "quotation")) or conflict.field == "note"
    return f"{mine}\n\n{theirs}" if paragraphs and mine and theirs else mine
