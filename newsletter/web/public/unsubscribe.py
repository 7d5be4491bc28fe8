"""Unsubscribe with one click (RFC 8058) or on a page; undo it; or get fewer emails instead."""

from collections.abc import Sequence
from datetime import timedelta
from functools import partial

from fastapi import APIRouter, Request
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from newsletter.domain.consent import UnsubscribeRequest
from newsletter.domain.subscriber import Frequency, SubscriberStatus
from newsletter.subscriptions import (
    PersonalLinks,
    masked,
    pause,
    switch_to_digest,
    undo_ticket,
    undo_unsubscription,
    unsubscribe,
)
from newsletter.tokens import ExpiredError, Purpose
from newsletter.web.http.batching import PATIENCE, Batcher
from newsletter.web.http.forms import SubmittedForm, read_form
from newsletter.web.public.change_writer import ChangeWriter
from newsletter.web.public.pages import Site

AT_ONCE = 500  # readers that one statement can update
A_PAUSE = timedelta(days=30)
_PATH = "/unsubscribe/{issue}/{token}"


class UnsubscribePages:
    """The routes, one method each. A reader who no longer exists gets the same responses as one who unsubscribed."""

    def __init__(self, site: Site, writer: ChangeWriter) -> None:
        self._site, self._writer = site, writer
        self._links = PersonalLinks(site.store, site.signer)
        # Mailbox providers send many requests at once.
        self._batcher = Batcher(self._unsubscribe, most=AT_ONCE, patience=PATIENCE)

    def router(self) -> APIRouter:
        """Return all routes except ``unsubscribe``, which mailbox providers use."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        router.add_api_route(_PATH, self.form, methods=["GET", "HEAD"])
        router.add_api_route(f"{_PATH}/undo", self.undo, methods=["POST"])
        router.add_api_route(f"{_PATH}/fewer", self.fewer, methods=["POST"])
        return router

    def route(self) -> Route:
        """Return the route of ``unsubscribe``."""
        return Route(_PATH, self.unsubscribe, methods=["POST"])

    def form(self, issue: str, token: str) -> Response:
        """Show the button that unsubscribes. Change nothing yet: scanners open every link."""
        reader = self._links.reader_of_message(Purpose.UNSUBSCRIBE, issue, token)
        if reader is None or reader.status is not SubscriberStatus.CONFIRMED:
            return self._unsubscribed()
        return self._site.pages.own.answer(
            "unsubscribe",
            address=masked(reader.address),
            action=f"/unsubscribe/{issue}/{token}",
            weekly=self._site.newsletter.weekly_digest and reader.frequency is Frequency.EACH,
        )

    async def unsubscribe(self, request: Request) -> Response:
        """Unsubscribe at once, whatever the body: status 200, no cookie, no redirect."""
        issue, token = request.path_params["issue"], request.path_params["token"]
        form = await read_form(request)
        key = self._site.signer.verify(Purpose.UNSUBSCRIBE, issue, token)
        now = self._site.clock()
        on_page = form.text("by") == "page"
        changed = await self._batcher.write(
            UnsubscribeRequest(key=key, how="page" if on_page else "one click", issue=issue)
        )
        if not on_page:
            return PlainTextResponse(self._site.pages.own.words.gettext("You are unsubscribed.") + "\n")
        undo = undo_ticket(self._site.signer, key, now) if changed else ""
        return self._site.pages.own.answer("unsubscribed", undo=undo, action=f"/unsubscribe/{issue}/{token}")

    async def undo(self, issue: str, token: str, form: SubmittedForm) -> Response:
        """Undo a recent unsubscription; only the page that made it has the ticket."""
        site, ticket = self._site, form.text("undo")
        key = site.signer.verify(Purpose.UNSUBSCRIBE, issue, token)
        await self._writer.admit(f"message {key}", f"/unsubscribe/{issue}/{token}/undo")
        undo = partial(undo_unsubscription, site.store, site.signer, key, ticket, issue=issue, now=site.clock())
        try:
            undone = await self._writer.write(undo)
        except ExpiredError:
            return self._unsubscribed(410)
        return site.pages.own.answer("returned", undo="", action="") if undone else self._unsubscribed()

    async def fewer(self, issue: str, token: str, form: SubmittedForm) -> Response:
        """Pause, or switch to the weekly digest, instead of unsubscribing."""
        site = self._site
        key = site.signer.verify(Purpose.UNSUBSCRIBE, issue, token)
        await self._writer.admit(f"message {key}", f"/unsubscribe/{issue}/{token}/fewer")
        now = site.clock()
        if site.newsletter.weekly_digest and form.text("how") == Frequency.WEEKLY:
            switched = await self._writer.write(partial(switch_to_digest, site.store, site.newsletter, key, now))
            return site.pages.own.answer("fewer", until=None) if switched else self._unsubscribed()
        until = await self._writer.write(partial(pause, site.store, site.newsletter, key, now, lasts=A_PAUSE))
        return site.pages.own.answer("fewer", until=until) if until else self._unsubscribed()

    def _unsubscribed(self, status: int = 200) -> Response:
        return self._site.pages.own.answer("unsubscribed", status, undo="", action="")

    def _unsubscribe(self, departures: Sequence[UnsubscribeRequest]) -> Sequence[bool]:
        return unsubscribe(self._site.store, departures, self._site.clock())
