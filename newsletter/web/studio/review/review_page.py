"""The review page's routes: decisions about an issue, findings that are ticked off, proofs, and comments."""

from collections.abc import Callable
from datetime import date

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from newsletter.composing import Composed
from newsletter.domain.local_times import parse_local_time
from newsletter.domain.people import Act, require_role
from newsletter.domain.reviews import ApprovedTime, CommentedKind
from newsletter.domain.schedule import parse_moment
from newsletter.errors import FindingsError, NotFoundError, UsageError
from newsletter.publishing.reviews.finding_ticks import fingerprint_of, tick_finding, untick_finding
from newsletter.publishing.reviews.review_comments import add_comment, delete_comment, resolve_comment
from newsletter.publishing.reviews.review_decisions import approve, ask_for_changes
from newsletter.publishing.reviews.review_proofs import send_proofs
from newsletter.settings import Settings
from newsletter.store import Store
from newsletter.web.http.forms import Form, SubmittedForm
from newsletter.web.http.path_numbers import NUMBER
from newsletter.web.studio.context import Studio
from newsletter.web.studio.paths import review_path
from newsletter.web.studio.replies import saved
from newsletter.web.studio.review.issue_now import commit_issue, composed_now
from newsletter.web.studio.review.review_values import review_values

_NOTHING_SEEN = "nothing"  # a form that doesn't say what its page has shown decides nothing


class UnknownTimeError(UsageError):
    """A time for an approval that is missing, or none of those that the page offers."""

    code = "approval-time"

    def __init__(self) -> None:
        super().__init__("choose when the issue may be sent", hint="any time on its date, or at a time such as 06:30")


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    pages = ReviewPages(studio)
    router = APIRouter()
    router.add_api_route("/review", pages.next_issue)
    router.add_api_route("/issues/{slug}/review", pages.show, response_class=HTMLResponse)
    router.add_api_route("/issues/{slug}/review/approve", pages.approve, methods=["POST"])
    router.add_api_route("/issues/{slug}/review/changes", pages.ask_for_changes, methods=["POST"])
    router.add_api_route("/issues/{slug}/review/tick", pages.tick, methods=["POST"])
    router.add_api_route("/issues/{slug}/review/untick", pages.untick, methods=["POST"])
    router.add_api_route("/issues/{slug}/review/proof", pages.proof, methods=["POST"])
    router.add_api_route("/comments", pages.comment, methods=["POST"])
    router.add_api_route(f"/comments/{NUMBER}/resolve", pages.resolve, methods=["POST"])
    router.add_api_route(f"/comments/{NUMBER}/delete", pages.delete, methods=["POST"])
    return router


class ReviewPages:
    """The routes, one method each."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio

    def next_issue(self) -> Response:
        """Go to the review of the next issue that hasn't begun to be sent; without one, to a new issue."""
        issue = next(iter(self._studio.coming_issues()), None)
        return RedirectResponse(review_path(issue.slug) if issue else "/issues", status_code=303)

    def show(self, slug: str) -> str:
        """Show an issue's review."""
        return self._studio.page("review/review", place="review", **review_values(self._studio, slug))

    def approve(self, slug: str, request: Request, form: SubmittedForm) -> Response:
        """Approve the issue as the page has shown it, for a time."""
        studio = self._studio

        def decide(loaded: Settings, store: Store, composed: Composed) -> str:
            time = self._time(form, loaded, composed)
            review = approve(
                studio.person,
                loaded,
                store,
                composed,
                time=time,
                seen=form.text("seen") or _NOTHING_SEEN,
                note=form.exact("note"),
                now=studio.now,
            )
            left = "; ".join(review.standing.missing)
            return "Approved." if review.is_approved else f"Your approval is noted: {left}."

        return self._decided(slug, request, form, Act.APPROVE, decide)

    def ask_for_changes(self, slug: str, request: Request, form: SubmittedForm) -> Response:
        """Ask for changes of the issue as the page has shown it."""
        studio = self._studio

        def decide(loaded: Settings, store: Store, composed: Composed) -> str:
            ask_for_changes(
                studio.person,
                loaded,
                store,
                composed,
                note=form.exact("note"),
                seen=form.text("seen") or _NOTHING_SEEN,
                now=studio.now,
            )
            return "You have asked for changes."

        return self._decided(slug, request, form, Act.REVIEW, decide)

    def proof(self, slug: str, request: Request, form: SubmittedForm) -> Response:
        """Mail a proof to the people who are ticked, and to addresses that were typed."""
        studio = self._studio
        typed = form.text("others").replace(",", " ").replace(";", " ").split()

        def decide(loaded: Settings, store: Store, composed: Composed) -> str:
            mailed = send_proofs(
                studio.person,
                loaded,
                store,
                composed,
                (*form.all("to"), *typed),
                review_url=f"{studio.hosting.origin}{review_path(slug)}" if studio.hosting else "",
                now=studio.now,
            )
            return f"The proof was mailed to {', '.join(mailed)}."

        return self._decided(slug, request, form, Act.PROOF, decide)

    def tick(self, slug: str, request: Request, form: SubmittedForm) -> Response:
        """Tick a warning off with a reason."""
        studio = self._studio
        require_role(studio.person, Act.REVIEW)
        _, findings = composed_now(studio.snapshot, slug)
        wanted = form.text("finding")
        finding = next((known for known in findings if fingerprint_of(known, studio.root) == wanted), None)
        if finding is None:
            raise NotFoundError("this finding is gone, or its text has changed", hint="reload the page")
        with studio.snapshot.settings.open_store() as store:
            tick_finding(studio.person, store, studio.root, finding, form.exact("reason"), now=studio.now)
        return self._answer(request, form, "Ticked off.")

    def untick(self, request: Request, form: SubmittedForm) -> Response:
        """Open a finding again."""
        with self._studio.snapshot.settings.open_store() as store:
            untick_finding(self._studio.person, store, form.text("finding"), now=self._studio.now)
        return self._answer(request, form, "Open again.")

    def comment(self, request: Request, form: SubmittedForm) -> Response:
        """Add a comment on an issue or an entry."""
        studio, snapshot = self._studio, self._studio.snapshot
        about = form.text("about")
        kind, slug = CommentedKind.ISSUE, form.text("slug")
        if about:
            kind, slug = CommentedKind.ENTRY, about
        known = snapshot.manuscripts.entries if about else {issue.slug for issue in snapshot.manuscripts.issues}
        if slug not in known:
            raise NotFoundError("what you comment on no longer exists", hint="copy your comment, and reload the page")
        with snapshot.settings.open_store() as store:
            add_comment(studio.person, store, kind, slug, form.exact("text"), now=studio.now)
        return self._answer(request, form, "Commented.")

    def resolve(self, number: int, request: Request, form: SubmittedForm) -> Response:
        """Mark a comment as resolved, or as open again."""
        studio, resolved = self._studio, form.text("resolved") == "yes"
        with studio.snapshot.settings.open_store() as store:
            resolve_comment(studio.person, store, number, resolved=resolved, now=studio.now)
        return self._answer(request, form, "Resolved." if resolved else "Open again.")

    def delete(self, number: int, request: Request, form: SubmittedForm) -> Response:
        """Delete a comment."""
        with self._studio.snapshot.settings.open_store() as store:
            delete_comment(self._studio.person, store, number, now=self._studio.now)
        return self._answer(request, form, "Deleted.")

    def _decided(
        self,
        slug: str,
        request: Request,
        form: Form,
        act: Act,
        decide: Callable[[Settings, Store, Composed], str],
    ) -> Response:
        """Commit what was changed, so that its authors are known, then decide and answer."""
        studio = self._studio
        commit_issue(studio, act, slug)
        snapshot = studio.snapshot
        composed, findings = composed_now(snapshot, slug)
        if composed is None:
            raise FindingsError(findings)
        loaded = studio.loaded_settings(snapshot)
        with snapshot.settings.open_store() as store:
            studio.edit_notes.flush()
            announce = decide(loaded, store, composed)
        return self._answer(request, form, announce)

    def _answer(self, request: Request, form: Form, announce: str) -> Response:
        studio, now = self._studio, self._studio.now
        # Other open pages are fetched again.
        at = now.isoformat(timespec="seconds")
        studio.watcher.publish("saved", {"paths": (), "by": studio.person.name, "at": at})
        return saved(request, form, at=now, announce=announce)

    def _time(self, form: Form, loaded: Settings, composed: Composed) -> ApprovedTime:
        """Return the time that the form says. Raise UnknownTimeError, InvalidTimeError and so on."""
        when, clock = form.text("when"), form.text("clock")
        if when in ("at", "local") and not clock:
            raise UnknownTimeError()
        if when == "at":
            day = _date(form.text("day"), composed.issue.date)
            moment = parse_moment(f"{day.isoformat()} {clock}", loaded.newsletter.zone, self._studio.now)
            return ApprovedTime(day=day, at=moment.at)
        if when == "local":
            return ApprovedTime(day=composed.issue.date, local_time=f"{parse_local_time(clock):%H:%M}")
        try:
            return ApprovedTime.parse(when)
        except ValueError as err:
            raise UnknownTimeError() from err


def _date(text: str, default: date) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        return default
