"""The send page's routes: the plan, the start, and the controls of an issue's send."""

from collections.abc import Callable, Mapping
from contextlib import suppress
from datetime import datetime

from fastapi import APIRouter, Request
from fastapi.responses import HTMLResponse, RedirectResponse, Response

from newsletter import settings
from newsletter.domain.people import Act, Person, require
from newsletter.domain.plan_differences import AudienceAlarm
from newsletter.domain.send import Send
from newsletter.domain.send_errors import FarAheadError, NeverSentError, WrongDateError
from newsletter.errors import NewsletterError, UsageError
from newsletter.publishing.reviews.approvals import NotApprovedError
from newsletter.publishing.sends.plan_differences import UnusualAudienceError
from newsletter.publishing.sends.send_start import StartKind, StartRequest, move_send, start_of, start_send
from newsletter.publishing.sends.send_watch import SendWatch, watch_send
from newsletter.store import Store
from newsletter.web.http.forms import Form, SubmittedForm
from newsletter.web.studio.context import Studio
from newsletter.web.studio.paths import send_path
from newsletter.web.studio.replies import has_page_of_its_own, saved, status_of
from newsletter.web.studio.review.issue_now import commit_issue
from newsletter.web.studio.review.review_stages import issue_stages
from newsletter.web.studio.sending.pressed_controls import CONTROLS, PressedControl
from newsletter.web.studio.sending.send_checks import CheckedLinks, SendChecks
from newsletter.web.studio.sending.send_live import SendStream
from newsletter.web.studio.sending.send_plan import SendPlan, send_plan
from newsletter.web.studio.sending.send_state import SendState, distance_words, moment_words, send_state

_CONFIRMABLE = (WrongDateError, FarAheadError)


class UnknownControlError(UsageError):
    """A control of a send that the page doesn't have; ``name`` is its name in the form."""

    code = "control-unknown"

    def __init__(self, *, name: str) -> None:
        self.name = name
        super().__init__(f'there is no control "{name}"', hint="reload the page")


def router(studio: Studio) -> APIRouter:
    """Return the routes."""
    pages = SendPages(studio)
    router = APIRouter()
    router.add_api_route("/send", pages.next_issue)
    router.add_api_route("/issues/{slug}/send", pages.show, response_class=HTMLResponse)
    router.add_api_route("/issues/{slug}/send/plan", pages.plan, response_class=HTMLResponse)
    router.add_api_route("/issues/{slug}/send/time", pages.time, response_class=HTMLResponse)
    router.add_api_route("/issues/{slug}/send/checks", pages.checks, response_class=HTMLResponse)
    router.add_api_route("/issues/{slug}/send/live", pages.live)
    router.add_api_route("/issues/{slug}/send/start", pages.start, methods=["POST"])
    router.add_api_route("/issues/{slug}/send/start/move", pages.move, methods=["POST"])
    router.add_api_route("/issues/{slug}/send/{control}", pages.control, methods=["POST"])
    return router


class SendPages:
    """The routes, one method each."""

    def __init__(self, studio: Studio) -> None:
        self._studio = studio
        self._stream = SendStream(studio, self._state_part)
        self._checks = SendChecks(studio.links.checker)

    def next_issue(self) -> Response:
        """Go to the send that is under way, or else to the next issue; without one, show that there is nothing."""
        require(self._studio.person, Act.SEE_REPORTS)
        snapshot, sends = self._studio.snapshots.with_sends()
        known = {issue.slug for issue in snapshot.calendar}
        moving = [send for send in sends.values() if _is_under_way(send) and send.issue in known]
        if moving:
            return RedirectResponse(send_path(min(moving, key=_urgency).issue), status_code=303)
        coming = next(iter(self._studio.coming_issues()), None)
        if coming is not None:
            return RedirectResponse(send_path(coming.slug), status_code=303)
        return HTMLResponse(self._studio.page("send-nothing", place="send"))

    def show(self, slug: str, plan: str = "") -> str:
        """Show the state of an issue's send. With ``plan``, count it and check the links first, not afterwards."""
        planned = self._plan(slug) if plan else None
        issue = self._studio.snapshot.manuscripts.issue(slug)
        checks = self._checks.look(self._studio.person, issue, wait=True) if planned else None
        return self._page(slug, plan=planned, checks=checks)

    def plan(self, slug: str) -> str:
        """Count the readers, compare the plan with the last sends, and return that part of the page."""
        return self._studio.part("send-plan", **self._plan_values(slug, self._plan(slug)))

    def time(self, slug: str, kind: str = "at", time: str = "") -> str:
        """Return what a start that is typed means, in words, as a part of the page."""
        studio = self._studio
        require(studio.person, Act.SEE_REPORTS)
        snapshot, loaded = studio.snapshot, settings.load(studio.root)
        issue = snapshot.manuscripts.issue(slug)
        request = StartRequest(kind=_kind(kind), time=time)
        try:
            with snapshot.settings.open_store() as store:
                now = studio.now_of(store)
                start = start_of(loaded, store, issue, request, now=now)
        except NewsletterError as err:
            return studio.part("send-time", error=err)
        return studio.part(
            "send-time",
            error=None,
            moment=moment_words(start.begins, loaded.newsletter.zone),
            distance=distance_words((start.begins - now).total_seconds()),
            local_time=start.local_time,
            notices=start.notices,
            other_day=start.day != issue.date,
            dated=issue.date,
            is_far_ahead=start.is_far_ahead,
        )

    def checks(self, slug: str, again: str = "") -> str:
        """Return what is known about the issue's links by now. The first call begins to check."""
        studio = self._studio
        issue = studio.snapshot.manuscripts.issue(slug)
        return studio.part("send-checks", checks=self._checks.look(studio.person, issue, again=bool(again)))

    def live(self, slug: str) -> Response:
        """Stream the state whenever it changes in the ledger."""
        return self._stream.response(self._studio.person, slug)

    def start(self, slug: str, request: Request, form: SubmittedForm) -> Response:
        """Send in a minute, or schedule."""

        def act(person: Person, store: Store) -> str:
            require(person, Act.SEND)  # first: a refused send commits nothing
            commit_issue(self._studio, Act.SEND, slug)
            now = self._studio.now_of(store)
            send = start_send(person, settings.load(self._studio.root), store, slug, _request(form), now=now)
            return self._announced(send, now)

        return self._acted(slug, request, form, act)

    def move(self, slug: str, request: Request, form: SubmittedForm) -> Response:
        """Give a send that hasn't begun another start."""

        def act(person: Person, store: Store) -> str:
            now = self._studio.now_of(store)
            send = move_send(person, settings.load(self._studio.root), store, slug, _request(form), now=now)
            return self._announced(send, now)

        return self._acted(slug, request, form, act)

    def control(self, slug: str, control: str, request: Request, form: SubmittedForm) -> Response:
        """Undo, pause, resume or cancel the send, or decide on its refused or uncertain deliveries."""

        def act(person: Person, store: Store) -> str:
            require(person, Act.CONTROL_SEND)  # first: nobody else is told whether there is a send
            send = store.sends.of_issue(slug)
            if send is None:
                raise NeverSentError(issue=slug)
            if control not in CONTROLS:
                raise UnknownControlError(name=control)
            return CONTROLS[control](PressedControl(person=person, store=store, send=send, studio=self._studio))

        return self._acted(slug, request, form, act)

    def _acted(self, slug: str, request: Request, form: Form, act: Callable[[Person, Store], str]) -> Response:
        """Do something, and answer; a browser without scripts gets the page again, with the reason if it failed."""
        studio = self._studio
        try:
            with studio.snapshot.settings.open_store() as store:
                announce = act(studio.person, store)
        except NewsletterError as err:
            if has_page_of_its_own(request, err):
                raise
            return HTMLResponse(
                self._page(slug, plan=self._plan(slug), error=err, form=form), status_code=status_of(err)
            )
        finally:
            self._stream.changed(slug)
        return saved(request, form, at=studio.now, announce=announce, go_to=send_path(slug))

    def _page(
        self,
        slug: str,
        *,
        plan: SendPlan | None,
        checks: CheckedLinks | None = None,
        error: NewsletterError | None = None,
        form: Form | None = None,
    ) -> str:
        studio = self._studio
        snapshot, sends = studio.snapshots.with_sends()
        issue = snapshot.manuscripts.issue(slug)
        return studio.page(
            "send",
            place="send",
            issue=issue,
            stage=issue_stages(studio, snapshot, sends, [issue], compile_first=False).get(issue.slug),
            state=self._state(slug),
            checks=checks,
            error=error,
            **self._plan_values(slug, plan, error=error, form=form),
        )

    def _plan_values(
        self, slug: str, plan: SendPlan | None, *, error: NewsletterError | None = None, form: Form | None = None
    ) -> Mapping[str, object]:
        alarm: AudienceAlarm | None = plan.prepared.differences.alarm if plan and plan.prepared else None
        return {
            "slug": slug,
            "path": send_path(slug),
            "plan": plan,
            "alarm": alarm,
            "confirm_date": isinstance(error, _CONFIRMABLE),
            "confirm_audience": alarm is not None or isinstance(error, UnusualAudienceError),
            "confirm_approval": isinstance(error, NotApprovedError),
            "typed": form,
            "zone": self._studio.snapshot.settings.zone.key,
        }

    def _plan(self, slug: str) -> SendPlan | None:
        """Return the plan, or None if there is nothing to plan: the issue has a send, or there are no readers yet."""
        studio = self._studio
        snapshot = studio.snapshot
        if not snapshot.settings.has_database():
            return None
        with snapshot.settings.open_store() as store:
            watch = watch_send(studio.person, store, slug, now=studio.now_of(store))
            if watch.stage.has_send:
                return None
            return send_plan(studio.person, snapshot, slug, store, now=studio.now_of(store))

    def _state(self, slug: str) -> SendState | None:
        snapshot = self._studio.snapshot
        require(self._studio.person, Act.SEE_REPORTS)
        if not snapshot.settings.has_database():
            return None
        with snapshot.settings.open_store() as store:
            watch = watch_send(self._studio.person, store, slug, now=self._studio.now_of(store))
        return send_state(watch, snapshot.settings.zone, requires_approval=snapshot.settings.approval.required)

    def _state_part(self, watch: SendWatch) -> str:
        """Return the state as a part of the page, for its stream."""
        snapshot = self._studio.snapshots.latest or self._studio.snapshot
        state = send_state(watch, snapshot.settings.zone, requires_approval=snapshot.settings.approval.required)
        path, zone = send_path(watch.issue), snapshot.settings.zone.key
        return self._studio.part("send-state", state=state, path=path, zone=zone)

    def _announced(self, send: Send, now: datetime) -> str:
        zone = self._studio.snapshot.settings.zone
        if send.begins is None:
            return "It begins now."
        seconds = (send.begins - now).total_seconds()
        moment = moment_words(send.begins, zone)
        return f"Goes out {distance_words(seconds)}, on {moment.day} at {moment.time}."


def _request(form: Form) -> StartRequest:
    kind = _kind(form.text("kind"))
    return StartRequest(
        kind=kind,
        time=form.text("local_time" if kind is StartKind.LOCAL else "at"),
        seen=form.text("seen"),
        any_date=form.text("any_date") == "yes",
        any_audience=form.text("any_audience") == "yes",
        without_approval=form.text("without_approval"),
    )


def _kind(text: str) -> StartKind:
    with suppress(ValueError):
        return StartKind(text)
    raise UnknownControlError(name=text[:40])


def _is_under_way(send: Send) -> bool:
    return not send.status.ended and send.status != "cancelled"


def _urgency(send: Send) -> tuple[bool, object]:
    """Return the order of sends under way: those that have begun, then by their start."""
    return not send.digest, send.begins or send.created
