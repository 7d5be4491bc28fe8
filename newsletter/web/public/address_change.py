"""The pages behind the links in mail about an address change: confirm it at the new address, undo it from the old."""

from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from newsletter.domain.consent import Confirmation
from newsletter.store import AddressSuppressedError, AddressTakenError
from newsletter.subscriptions import PersonalLinks, change_address, masked
from newsletter.tokens import ExpiredError
from newsletter.web.public.change_writer import ChangeWriter
from newsletter.web.public.local_pages import LocalPages, VisitorPages
from newsletter.web.public.pages import Site


class Refusal(StrEnum):
    """A reason why an address stays as it is; pages explain it."""

    EXPIRED = "expired"  # the link is too old
    TAKEN = "taken"  # the address is another reader's
    SUPPRESSED = "suppressed"  # the address is never mailed


_Redeem = Callable[[str, datetime], Confirmation]


class AddressChangePages:
    """The routes, one method each."""

    def __init__(self, site: Site, writer: ChangeWriter) -> None:
        self._site, self._writer = site, writer
        self._links = PersonalLinks(site.store, site.signer)

    def router(self) -> APIRouter:
        """Return all routes."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        for path, show, change in (
            ("/move/{ticket}", self.show_change, self.change),
            ("/undo-move/{ticket}", self.show_undo, self.undo),
        ):
            router.add_api_route(path, show, methods=["GET", "HEAD"])
            router.add_api_route(path, change, methods=["POST"])
        return router

    def show_change(self, ticket: str, pages: VisitorPages) -> Response:
        """Show the button that confirms a new address."""
        return self._show(ticket, self._links.address_change, _CHANGE, pages)

    async def change(self, ticket: str, pages: VisitorPages) -> Response:
        """Change the address. Doing it twice changes nothing."""
        return await self._change(ticket, self._links.address_change, _CHANGE, pages)

    def show_undo(self, ticket: str, pages: VisitorPages) -> Response:
        """Show the button that undoes an address change, and nothing about the reader."""
        return self._show(ticket, self._links.undo, _UNDO, pages)

    async def undo(self, ticket: str, pages: VisitorPages) -> Response:
        """Give the reader their old address back."""
        return await self._change(ticket, self._links.undo, _UNDO, pages)

    def _show(self, ticket: str, redeem: _Redeem, step: "_Step", pages: LocalPages) -> Response:
        try:
            confirmation = redeem(ticket, self._site.clock())
        except ExpiredError:
            return pages.answer(step.expired, 410, again="", wrong=Refusal.EXPIRED)
        pages = self._of_reader(confirmation, pages)
        if confirmation.confirmed is not None:
            return pages.answer(step.done, wrong="")
        return pages.answer(step.page, address=masked(confirmation.address), action=f"/{step.page}/{ticket}")

    async def _change(self, ticket: str, redeem: _Redeem, step: "_Step", pages: LocalPages) -> Response:
        site = self._site
        try:
            confirmation = await run_in_threadpool(redeem, ticket, site.clock())
            pages = await run_in_threadpool(self._of_reader, confirmation, pages)
            await self._writer.admit(confirmation.key, f"/{step.page}/{ticket}")
            now = site.clock()
            reader = await self._writer.write(lambda: change_address(site.store, site.signer, confirmation, now))
        except ExpiredError:
            return pages.answer(step.expired, 410, again="", wrong=Refusal.EXPIRED)
        except AddressTakenError:
            return pages.answer(step.done, 409, wrong=Refusal.TAKEN)
        except AddressSuppressedError:
            return pages.answer(step.done, 409, wrong=Refusal.SUPPRESSED)
        if reader is None:
            return pages.answer("no-subscription")
        site.wake()
        return pages.answer(step.done, wrong="")

    def _of_reader(self, confirmation: Confirmation, pages: LocalPages) -> LocalPages:
        """Return the pages in the language of the reader whose address changes."""
        return self._site.pages.for_reader(self._site.store.subscribers.by_key(confirmation.subscriber), pages)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Step:
    """The templates of a step: with its button, once it is done, and if its link has expired."""

    page: str
    done: str
    expired: str


_CHANGE = _Step(page="move", done="moved", expired="expired")
_UNDO = _Step(page="undo-move", done="undone", expired="undone")
