"""A new issue: its date, and what it begins with."""

import datetime
from pathlib import Path

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, Response

from newsletter.content import NewIssue
from newsletter.domain.skeletons import Skeleton, skeleton_of
from newsletter.errors import NewsletterError, UsageError
from newsletter.publishing.next_issue import create_issue, next_date
from newsletter.web.http.forms import Form, SubmittedForm
from newsletter.web.preview.snapshot import Snapshot
from newsletter.web.studio.context import Studio
from newsletter.web.studio.paths import file_path
from newsletter.web.studio.replies import has_page_of_its_own, saved, status_of


class InvalidDateError(UsageError):
    """A date of a new issue that isn't one."""

    code = "issue-date"

    def __init__(self, *, text: str) -> None:
        self.field, self.text = "date", text
        super().__init__(f'"{text[:40]}" is not a date', hint="write it as 2026-11-23")


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    router = APIRouter()

    @router.get("/issues")
    def new(date: str = "") -> HTMLResponse:
        """Show the form, for the next day without an issue or for a chosen one."""
        snapshot = studio.snapshot
        try:
            chosen = _date(date) if date else _next_date(studio, snapshot)
        except InvalidDateError:
            chosen = _next_date(studio, snapshot)
        return HTMLResponse(_page(studio, snapshot, date=chosen.isoformat()))

    @router.post("/issues")
    def create(request: Request, form: SubmittedForm) -> Response:
        """Create the issue and go to it."""
        snapshot = studio.snapshot
        try:
            path = _create(studio, snapshot, form)
        except NewsletterError as err:
            if has_page_of_its_own(request, err):
                raise
            values = {name: form.text(name) for name in ("date", "subject", "language")}
            return HTMLResponse(_page(studio, snapshot, error=err, **values), status_code=status_of(err))
        return saved(request, form, at=studio.now, announce="Issue created.", go_to=file_path(path))

    return router


def _create(studio: Studio, snapshot: Snapshot, form: Form) -> str:
    newsletter = snapshot.settings.newsletter
    wanted = NewIssue(subject=form.text("subject"), language=form.text("language"))
    today = studio.today(snapshot)
    date = _date(form.text("date")) if form.text("date") else None

    def write() -> Path:
        return create_issue(
            studio.root, wanted, today=today, date=date, languages=newsletter.languages, skeletons=newsletter.skeletons
        )

    return studio.editing.create_issue(studio.person, write, now=studio.now)


def _page(
    studio: Studio,
    snapshot: Snapshot,
    *,
    date: str,
    subject: str = "",
    language: str = "",
    error: NewsletterError | None = None,
) -> str:
    newsletter = snapshot.settings.newsletter
    taken = next((issue for issue in snapshot.manuscripts.issues if issue.slug == date), None)
    return studio.page(
        "new-issue",
        date=date,
        subject=subject,
        language=language,
        languages=newsletter.languages if len(newsletter.languages) > 1 else (),
        error=error,
        taken=taken if error else None,
        skeleton=_skeleton(snapshot, date),
    )


def _skeleton(snapshot: Snapshot, date: str) -> Skeleton | None:
    try:
        return skeleton_of(snapshot.settings.newsletter.skeletons, _date(date))
    except InvalidDateError:
        return None


def _next_date(studio: Studio, snapshot: Snapshot) -> datetime.date:
    today = studio.today(snapshot)
    return next_date([issue for issue in snapshot.manuscripts.issues if not issue.digest], today)


def _date(text: str) -> datetime.date:
    try:
        return datetime.date.fromisoformat(text)
    except ValueError as err:
        raise InvalidDateError(text=text) from err
