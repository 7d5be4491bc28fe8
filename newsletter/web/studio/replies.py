"""Answers to forms: JSON for the studio's scripts, a redirect or a page for browsers without them.

A route parses its form, calls one operation and returns ``saved(…)``. Whatever NewsletterError the operation raises
becomes an answer in ``refused``, which the application calls: a route needs no ``except``.
"""

from collections.abc import Mapping
from datetime import datetime

from fastapi import Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from newsletter.content import UnreadableFileError
from newsletter.domain.changes import FieldValue
from newsletter.domain.people import ConfirmationNeededError, ForbiddenError, NotSignedInError, OwnWorkError
from newsletter.editing import BusyFileError, ConflictError, OwnerChangeError, UnsavedError
from newsletter.errors import BusyError, FullError, NewsletterError, NotFoundError, UnreachableError
from newsletter.files.newsletter_lock import LockedError
from newsletter.staff import TooManySignInsError
from newsletter.web.http.forms import Form
from newsletter.web.preview.issue_page import findings_in
from newsletter.web.studio.context import Studio

_JSON = "application/json"
_WITHOUT_SCRIPTS = "forms"


def wants_json(request: Request) -> bool:
    """Return whether a script has made the request, and not a form."""
    return _JSON in request.headers.get("accept", "")


def has_page_of_its_own(request: Request, error: NewsletterError) -> bool:
    """Return whether ``refused`` or the application's error pages answer an error, not the form's page again.

    They do for scripts, and for those who may not act: the form's page may show what isn't theirs to see.
    """
    return wants_json(request) or isinstance(error, (NotSignedInError, ForbiddenError, ConfirmationNeededError))


def session_of(request: Request) -> str:
    """Return the key of the browser tab that makes the request; all browsers without scripts share one."""
    return request.headers.get("x-studio-session", "")[:64] or _WITHOUT_SCRIPTS


def own_path(text: str) -> str:
    """Return a path of ours to go to next: the text if it is one, else the desk's."""
    # Browsers read a backslash as a slash, and "//elsewhere" as another host.
    safe = text.startswith("/") and not text.startswith(("//", "/\\")) and text.isprintable()
    return text if safe else "/"


def saved(
    request: Request,
    form: Form,
    *,
    at: datetime,
    announce: str = "",
    value: str = "",
    digest: str = "",
    undo: str = "",
    merged: bool = False,
    go_to: str = "",
    back: str = "",
    **more: object,
) -> Response:
    """Return the answer after a change.

    A script gets these values; ``value`` is what the file has now, and ``announce`` is read out by screen readers. With
    ``go_to``, it leaves the page for that path. A form leads on to ``go_to``, ``back``, or its hidden field ``next``.
    """
    if not wants_json(request):
        return RedirectResponse(go_to or back or own_path(form.text("next")), status_code=303)
    values: Mapping[str, object] = {
        "saved_at": at.isoformat(timespec="seconds"),
        "announce": announce,
        "value": value,
        "digest": digest,
        "undo": undo,
        "merged": merged,
        "go_to": go_to,
    }
    return JSONResponse({**values, **more})


def status_of(error: NewsletterError) -> int:
    """Return the HTTP status of an error; 503 for one that goes away by itself, so that scripts save again."""
    if isinstance(error, NotFoundError):
        return 404
    if isinstance(error, (ConfirmationNeededError, NotSignedInError)):
        return 401
    if isinstance(error, (ForbiddenError, OwnerChangeError, OwnWorkError)):
        return 403
    if isinstance(error, TooManySignInsError):
        return 429
    if isinstance(error, _PASSING):
        return 503
    return 409 if isinstance(error, ConflictError) else 422


_PASSING = (LockedError, BusyFileError, UnsavedError, BusyError, UnreachableError, FullError)


def refused(error: NewsletterError) -> Response:
    """Return the answer to a script whose change an error has prevented."""
    if isinstance(error, ConflictError):
        versions = {name: text_of(getattr(error, name)) for name in ("mine", "theirs", "base")}
        return JSONResponse({"conflict": {"field": error.field, **versions}}, status_code=status_of(error))
    what, hint = error.what or str(error), error.hint
    if isinstance(error, UnreadableFileError):  # for instance, git has just written a conflict into it
        what, hint = "the file can’t be read now", f"{error.findings[0].what}; edit it as text"
    details = {
        "code": error.code,
        "what": what,
        "hint": hint,
        "field": error.fields.get("field", ""),
    }
    return JSONResponse({"error": details}, status_code=status_of(error))


def not_saved(studio: Studio, path: str, form: Form, error: NewsletterError) -> str:
    """Return the page that a form without scripts gets when an error has prevented its change.

    It has what was typed, ready to be saved again; after a conflict, beside what the file has now.
    """
    theirs = text_of(error.theirs) if isinstance(error, ConflictError) else None
    return studio.page(
        "not-saved",
        heading=_heading(path),
        action=path,
        next=own_path(form.text("next")),
        hidden=[(name, value) for name in form.fields if name not in _TYPED for value in form.exact_all(name)],
        value=form.exact("value") if "value" in form.fields else None,
        seen=form.exact("seen") if theirs is None else theirs,
        theirs=theirs,
        findings=findings_in(error),
    )


def _heading(path: str) -> str:
    """Return what has not been done, for the heading."""
    if path.endswith("/send/start"):
        return "Not sent"
    return "Not done" if "/send/" in path else "Not saved"


def not_confirmed(studio: Studio, request: Request, form: Form) -> str:
    """Return the page that asks for a passkey again, and then repeats a form's change or goes on to a page."""
    query = f"?{request.url.query}" if request.url.query else ""
    return studio.page(
        "confirm",
        action=own_path(request.url.path) + query,
        method=request.method.lower(),
        hidden=[(name, value) for name in form.fields for value in form.exact_all(name)],
        back=own_path(form.text("next")),
    )


_TYPED = ("value", "seen")


def text_of(value: FieldValue) -> str:
    """Return a field's value as its input shows it; a missing one is empty."""
    if isinstance(value, tuple):
        return ", ".join(value)
    if isinstance(value, bool):
        return str(value).lower()
    return "" if value is None else str(value).replace("\r\n", "\n").replace("\r", "\n")  # as forms send it
