"""Unsubscribe with one click (RFC 8058) or on a page; undo it; or get fewer emails instead."""

from collections.abc import Mapping, Sequence
from datetime import timedelta
from functools import partial
from types import MappingProxyType

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from newsletter.domain.consent import UnsubscribeRequest
from newsletter.domain.leaving import REASONS
from newsletter.domain.subscriber import Frequency, SubscriberStatus
from newsletter.subscriptions import (
    PersonalLinks,
    give_reason,
    masked,
    may_give_reason,
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
from newsletter.web.public.local_pages import LocalPages, VisitorPages
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
        router.add_api_route(f"{_PATH}/reason", self.reason, methods=["POST"])
        return router

    def route(self) -> Route:
        """Return the route of ``unsubscribe``."""
        return Route(_PATH, self.unsubscribe, methods=["POST"])

    def form(self, issue: str, token: str, pages: VisitorPages) -> Response:
        """Show the button that unsubscribes. Change nothing yet: scanners open every link."""
        reader = self._links.reader_of_message(Purpose.UNSUBSCRIBE, issue, token)
        pages, action = self._site.pages.for_reader(reader, pages), f"/unsubscribe/{issue}/{token}"
        if reader is None or reader.status is not SubscriberStatus.CONFIRMED:
            key = self._site.signer.verify(Purpose.UNSUBSCRIBE, issue, token)
            return _unsubscribed(pages, action=action, reasons=self._reasons(key, pages))
        return pages.answer(
            "unsubscribe",
            address=masked(reader.address),
            action=action,
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
        pages = await self._pages_of(key, self._site.pages.for_visitor(request))
        undo = undo_ticket(self._site.signer, key, now) if changed else ""
        reasons = await run_in_threadpool(self._reasons, key, pages)
        return _unsubscribed(pages, undo=undo, action=f"/unsubscribe/{issue}/{token}", reasons=reasons)

    async def reason(self, issue: str, token: str, form: SubmittedForm, pages: VisitorPages) -> Response:
        """Record a reader's reason for leaving."""
        site, given, now = self._site, form.text("reason"), self._site.clock()
        key, action = site.signer.verify(Purpose.UNSUBSCRIBE, issue, token), f"/unsubscribe/{issue}/{token}"
        await self._writer.admit(f"message {key}", f"{action}/reason")
        give = partial(give_reason, site.store, site.signer, site.newsletter, key, given, issue=issue, now=now)
        await self._writer.write(give)
        pages = await self._pages_of(key, pages)
        return _unsubscribed(pages, undo=form.text("undo"), action=action, thanks=True)

    async def undo(self, issue: str, token: str, form: SubmittedForm, pages: VisitorPages) -> Response:
        """Undo a recent unsubscription; only the page that made it has the ticket."""
        site, ticket = self._site, form.text("undo")
        key = site.signer.verify(Purpose.UNSUBSCRIBE, issue, token)
        await self._writer.admit(f"message {key}", f"/unsubscribe/{issue}/{token}/undo")
        pages = await self._pages_of(key, pages)
        undo = partial(undo_unsubscription, site.store, site.signer, key, ticket, issue=issue, now=site.clock())
        try:
            undone = await self._writer.write(undo)
        except ExpiredError:
            return _unsubscribed(pages, status=410)
        return pages.answer("returned", undo="", action="") if undone else _unsubscribed(pages)

    async def fewer(self, issue: str, token: str, form: SubmittedForm, pages: VisitorPages) -> Response:
        """Pause, or switch to the weekly digest, instead of unsubscribing."""
        site = self._site
        key = site.signer.verify(Purpose.UNSUBSCRIBE, issue, token)
        await self._writer.admit(f"message {key}", f"/unsubscribe/{issue}/{token}/fewer")
        pages = await self._pages_of(key, pages)
        now = site.clock()
        if site.newsletter.weekly_digest and form.text("how") == Frequency.WEEKLY:
            switched = await self._writer.write(partial(switch_to_digest, site.store, site.newsletter, key, now))
            return pages.answer("fewer", until=None) if switched else _unsubscribed(pages)
        until = await self._writer.write(partial(pause, site.store, site.newsletter, key, now, lasts=A_PAUSE))
        return pages.answer("fewer", until=until) if until else _unsubscribed(pages)

    async def _pages_of(self, key: str, pages: LocalPages) -> LocalPages:
        reader = await run_in_threadpool(self._site.store.subscribers.by_key, key)
        return self._site.pages.for_reader(reader, pages)

    def _reasons(self, key: str, pages: LocalPages) -> Mapping[str, str]:
        """Return the reasons that the page offers, each with its words; none if it doesn't ask."""
        site = self._site
        if not may_give_reason(site.store, site.signer, site.newsletter, key, site.clock()):
            return {}
        translated = {reason: pages.words.gettext(words) for reason, words in REASONS.items()}
        return {reason: translated.get(reason, reason) for reason in site.newsletter.leaving_reasons}

    def _unsubscribe(self, departures: Sequence[UnsubscribeRequest]) -> Sequence[bool]:
        return unsubscribe(self._site.store, departures, self._site.clock())


def _unsubscribed(
    pages: LocalPages,
    *,
    status: int = 200,
    undo: str = "",
    action: str = "",
    reasons: Mapping[str, str] = MappingProxyType({}),
    thanks: bool = False,
) -> Response:
    return pages.answer("unsubscribed", status, undo=undo, action=action, reasons=reasons, thanks=thanks)
