"""Unsubscribe with one click (RFC 8058) or on a page; undo it; or get fewer emails instead."""

from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime, timedelta
from functools import partial
from zoneinfo import ZoneInfo

from fastapi import APIRouter, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import HTMLResponse, PlainTextResponse, Response
from starlette.routing import Route

from newsletter.domain.consent import UNDO_WITHIN, Departure
from newsletter.domain.subscriber import Frequency, Subscriber, SubscriberStatus
from newsletter.errors import TokenError
from newsletter.subscriptions import masked
from newsletter.tokens import Errand, ExpiredError, Purpose
from newsletter.web.http.batching import PATIENCE, Together
from newsletter.web.http.forms import Sent, read_form
from newsletter.web.public.pages import Site
from newsletter.web.public.preferences_writer import Changing

_PATH = "/unsubscribe/{issue}/{token}"
A_PAUSE = timedelta(days=30)


class Unsubscribing:
    """The routes, one method each. A reader who no longer exists gets the same responses as one who unsubscribed."""

    def __init__(self, site: Site, changing: Changing) -> None:
        self._site, self._changing = site, changing
        self._zone = ZoneInfo(site.newsletter.time_zone)
        # Mailbox providers send many requests at once.
        self._together = Together(self._leave, most=_CROWD, patience=PATIENCE)

    def router(self) -> APIRouter:
        """Return all routes except ``leave``, which mailbox providers use."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        router.add_api_route(_PATH, self.ask, methods=["GET", "HEAD"])
        router.add_api_route(f"{_PATH}/undo", self.undo, methods=["POST"])
        router.add_api_route(f"{_PATH}/fewer", self.fewer, methods=["POST"])
        return router

    def route(self) -> Route:
        """Return the route of ``leave``."""
        return Route(_PATH, self.leave, methods=["POST"])

    def ask(self, issue: str, token: str) -> Response:
        """Show the button that unsubscribes. Change nothing yet: scanners open every link."""
        reader = self._reader(issue, token)
        if reader is None or reader.status is not SubscriberStatus.CONFIRMED:
            return self._site.pages.answer("unsubscribed", undo="", action="")
        return self._site.pages.answer(
            "unsubscribe",
            address=masked(reader.address),
            action=f"/unsubscribe/{issue}/{token}",
            weekly=self._site.newsletter.weekly_digest and reader.frequency is Frequency.EACH,
        )

    async def leave(self, request: Request) -> Response:
        """Unsubscribe at once, whatever the body: status 200, no cookie, no redirect."""
        issue, token = request.path_params["issue"], request.path_params["token"]
        sent = await read_form(request)
        key = self._site.signer.verify(Purpose.UNSUBSCRIBE, issue, token)
        now = self._site.clock()
        by_hand = sent.text("by") == "page"
        news = await self._together.do(Departure(key=key, how="page" if by_hand else "one click", issue=issue))
        if not by_hand:
            return PlainTextResponse("You are unsubscribed.\n")
        undo = self._site.signer.ticket(Errand.UNDO, key, now) if news else ""
        return self._site.pages.answer("unsubscribed", undo=undo, action=f"/unsubscribe/{issue}/{token}")

    async def undo(self, issue: str, token: str, sent: Sent) -> Response:
        """Undo a recent unsubscription; only the page that made it has the ticket."""
        key = self._site.signer.verify(Purpose.UNSUBSCRIBE, issue, token)
        now = self._site.clock()
        try:
            subject, _ = self._site.signer.redeem(Errand.UNDO, sent.text("undo"), now=now, lasts=UNDO_WITHIN)
        except ExpiredError:
            return self._site.pages.answer("unsubscribed", 410, undo="", action="")
        if subject != key:
            raise TokenError("this ticket belongs to another reader")
        await self._changing.admit(f"message {key}", f"/unsubscribe/{issue}/{token}/undo")
        come_back = partial(self._site.store.readers.come_back, key, now, within=UNDO_WITHIN, issue=issue)
        back = await self._changing.write(come_back)
        return self._site.pages.answer("returned" if back else "unsubscribed", undo="", action="")

    async def fewer(self, issue: str, token: str, sent: Sent) -> Response:
        """Pause, or switch to the weekly digest, instead of unsubscribing."""
        key = self._site.signer.verify(Purpose.UNSUBSCRIBE, issue, token)
        await self._changing.admit(f"message {key}", f"/unsubscribe/{issue}/{token}/fewer")
        reader = await run_in_threadpool(self._site.store.subscribers.by_key, key)
        if reader is None or reader.status is not SubscriberStatus.CONFIRMED:
            return self._site.pages.answer("unsubscribed", undo="", action="")
        now = self._site.clock()
        until = _whole_day((now + A_PAUSE).astimezone(self._zone))
        weekly = self._site.newsletter.weekly_digest and sent.text("how") == Frequency.WEEKLY
        wanted = replace(reader, frequency=Frequency.WEEKLY) if weekly else replace(reader, paused_until=until)
        await self._changing.write(partial(self._site.store.readers.choose, key, wanted, now))
        return self._site.pages.answer("fewer", until=None if weekly else until)

    def _leave(self, departures: Sequence[Departure]) -> Sequence[bool]:
        news = self._site.store.readers.leave(departures, self._site.clock())
        return [departure.key in news for departure in departures]

    def _reader(self, issue: str, token: str) -> Subscriber | None:
        key = self._site.signer.verify(Purpose.UNSUBSCRIBE, issue, token)
        return self._site.store.subscribers.by_key(key)


_CROWD = 500  # readers that one statement can update


def _whole_day(moment: datetime) -> datetime:
    return moment.replace(hour=0, minute=0, second=0, microsecond=0)
