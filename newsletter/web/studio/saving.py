"""Save fields of entries and issues, undo, and commit: what every page's scripts ask for."""

from functools import partial

from fastapi import APIRouter, Request
from fastapi.responses import Response

from newsletter import content
from newsletter.content import FileKind
from newsletter.domain.changes import FieldValue, SetField
from newsletter.editing import UNSEEN, ConflictError, Unseen
from newsletter.web.http.forms import Form, SubmittedForm
from newsletter.web.studio.context import Studio
from newsletter.web.studio.opening import commit_values
from newsletter.web.studio.paths import file_path
from newsletter.web.studio.replies import saved, session_of, text_of, wants_json
from newsletter.web.studio.undone import undone_in_words


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.post("/undo")
    def undo(request: Request, form: SubmittedForm) -> Response:
        """Undo the latest change of this browser tab, or the one that the field ``undo`` names."""
        now = studio.now
        changed = studio.editing.undo(studio.person, session_of(request), only=form.text("undo"), now=now)
        return saved(
            request,
            form,
            at=now,
            announce=" ".join([undone_in_words(changed.change, studio.title_of), *changed.notes]),
            value=text_of(changed.value),
            digest=changed.digest,
            path=changed.path,
            go_to="" if wants_json(request) else file_path(changed.path),
        )

    @router.post("/commit")
    def commit(request: Request, form: SubmittedForm) -> Response:
        """Commit what this person has changed, instead of at the end of the sitting."""
        state = studio.sittings.commit_now(studio.person)
        announce = "Saved and committed." if state.in_git and not state.problem else "Saved."
        return saved(request, form, at=studio.now, announce=announce, commits=commit_values(state))

    return router


def save_field(
    studio: Studio,
    request: Request,
    form: Form,
    *,
    path: str,
    name: str,
    kind: FileKind,
    empty: FieldValue = "",
    announce: str = "",
) -> Response:
    """Save the form's ``value`` in a field of the manuscript at ``path``, and return the answer.

    If nothing is in the form's field, the value is ``empty``: None removes the field from the file.
    ``seen`` is the value that the editor saw before. There may be several, the last one of which was certainly in the
    file: earlier saves whose answers haven't arrived. It counts as seen if the file has any of them.
    """
    now = studio.now
    change = partial(
        studio.editing.change,
        studio.person,
        path,
        SetField(name=name, value=form.exact("value") or empty),
        session=session_of(request),
        now=now,
    )
    texts = form.exact_all("seen")
    try:
        changed = change(seen=_seen(texts, studio, path, name, kind))
    except ConflictError as err:
        if text_of(err.theirs) not in texts:
            raise
        changed = change(seen=err.theirs)  # the page's last save has just arrived
    return saved(
        request,
        form,
        at=now,
        announce=" ".join(part for part in (announce, *changed.notes) if part),
        value=text_of(changed.value),
        digest=changed.digest,
        undo=changed.undo,
        merged=changed.merged,
    )


def _seen(texts: tuple[str, ...], studio: Studio, path: str, name: str, kind: FileKind) -> FieldValue | Unseen:
    if not texts:
        return UNSEEN
    current = content.field_value(studio.editing.read(path).text, name, kind, path=path)
    return current if text_of(current) in texts else texts[-1]
