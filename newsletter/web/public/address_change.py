"""The pages behind the links in mail about an address change: confirm it at the new address, undo it from the old."""

from collections.abc import Callable
from datetime import datetime

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from newsletter.domain.consent import Confirmation
from newsletter.store import AddressSuppressedError, AddressTakenError
from newsletter.subscriptions import PersonalLinks, change_address, masked
from newsletter.tokens import ExpiredError
from newsletter.web.public.change_writer import ChangeWriter
from newsletter.web.public.pages import Site


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

    def show_change(self, ticket: str) -> Response:
        """Show the button that confirms a new address."""
        return self._show(ticket, self._links.address_change, "move", self._change_expired, "moved")

    async def change(self, ticket: str) -> Response:
        """Change the address. Doing it twice changes nothing."""
        return await self._change(f"/move/{ticket}", ticket, self._links.address_change, self._change_expired, "moved")

    def show_undo(self, ticket: str) -> Response:
        """Show the button that undoes an address change, and nothing about the reader."""
        return self._show(ticket, self._links.undo, "undo-move", self._undo_expired, "undone")

    async def undo(self, ticket: str) -> Response:
        """Give the reader their old address back."""
        return await self._change(f"/undo-move/{ticket}", ticket, self._links.undo, self._undo_expired, "undone")

    def _change_expired(self) -> Response:
        return self._site.pages.own.answer("expired", 410, again="")

    def _undo_expired(self) -> Response:
        return self._site.pages.own.answer("undone", 410, wrong="expired")

    def _show(
        self,
        ticket: str,
        redeem: Callable[[str, datetime], Confirmation],
        page: str,
        expired: Callable[[], Response],
        done_page: str,
    ) -> Response:
        try:
            confirmation = redeem(ticket, self._site.clock())
        except ExpiredError:
            return expired()
        if confirmation.confirmed is not None:
            return self._site.pages.own.answer(done_page, wrong="")
        return self._site.pages.own.answer(page, address=masked(confirmation.address), action=f"/{page}/{ticket}")

    async def _change(
        self,
        path: str,
        ticket: str,
        redeem: Callable[[str, datetime], Confirmation],
        expired: Callable[[], Response],
        done_page: str,
    ) -> Response:
        site = self._site
        try:
            confirmation = await run_in_threadpool(redeem, ticket, site.clock())
            await self._writer.admit(confirmation.key, path)
            now = site.clock()
            reader = await self._writer.write(lambda: change_address(site.store, site.signer, confirmation, now))
        except ExpiredError:
            return expired()
        except AddressTakenError:
            return site.pages.own.answer(done_page, 409, wrong="taken")
        except AddressSuppressedError:
            return site.pages.own.answer(done_page, 409, wrong="never mailed")
        if reader is None:
            return site.pages.own.answer("no-subscription")
        site.wake()
        return site.pages.own.answer(done_page, wrong="")
