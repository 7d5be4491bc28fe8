"""Vote in an issue's poll: a link in a message opens a page, and its button votes."""

from functools import partial

from fastapi import APIRouter
from fastapi.concurrency import run_in_threadpool
from fastapi.responses import HTMLResponse, Response

from newsletter.subscriptions import Ballot, ballot_of, record_vote
from newsletter.web.http.path_numbers import NUMBER
from newsletter.web.public.change_writer import ChangeWriter
from newsletter.web.public.local_pages import LocalPages, VisitorPages
from newsletter.web.public.pages import Site


class PollPages:
    """The routes, one method each."""

    def __init__(self, site: Site, writer: ChangeWriter) -> None:
        self._site, self._writer = site, writer

    def router(self) -> APIRouter:
        """Return all routes."""
        router = APIRouter(default_response_class=HTMLResponse, include_in_schema=False)
        path = f"/vote/{{issue}}/{NUMBER}/{{token}}"
        router.add_api_route(path, self.ask, methods=["GET", "HEAD"])
        router.add_api_route(path, self.vote, methods=["POST"])
        return router

    def ask(self, issue: str, number: int, token: str, pages: VisitorPages) -> Response:
        """Show the button that votes. Change nothing yet: scanners open every link."""
        return self._page(pages, self._ballot(issue, number, token), f"/vote/{issue}/{number}/{token}")

    async def vote(self, issue: str, number: int, token: str, pages: VisitorPages) -> Response:
        """Record the vote; the reader's last one counts."""
        ballot = await run_in_threadpool(self._ballot, issue, number, token)
        path = f"/vote/{issue}/{number}/{token}"
        await self._writer.admit(f"message {ballot.key}", path)
        voted = await self._writer.write(partial(record_vote, self._site.store, ballot, self._site.clock()))
        return self._page(pages, ballot, path, voted=voted)

    def _ballot(self, issue: str, number: int, token: str) -> Ballot:
        site = self._site
        return ballot_of(
            site.store, site.signer, site.newsletter, issue=issue, number=number, token=token, now=site.clock()
        )

    def _page(self, pages: LocalPages, ballot: Ballot, action: str, *, voted: bool = False) -> Response:
        """Return the page in the reader's language, or in the visitor's without a reader."""
        status = 200 if ballot.open or ballot.answer is None else 410
        pages = self._site.pages.for_reader(ballot.reader, pages)
        return pages.answer("vote", status, ballot=ballot, voted=voted, action=action)
