"""Clicks and opens: a link leads where its issue said, an image is there, and both are counted if the publisher wants.

A link is looked up, and never leads where a request says. Nobody waits longer than ``Site.patience`` for being counted:
what takes longer is written down while they are on their way, and is lost only if the process is killed just then.
"""

import asyncio
import base64
from collections import OrderedDict, deque
from collections.abc import Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import datetime, timedelta
from typing import NamedTuple

from fastapi import HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import RedirectResponse, Response
from starlette.routing import Route

from newsletter.domain.tracking import AT_ONCE, LINKS, TRAP, Counting, Machine, StoredLink, machine_of
from newsletter.domain.tracking import Response as Responded
from newsletter.errors import NewsletterError, TokenError
from newsletter.message.link_tracking import CLICK, OPEN
from newsletter.web.http.batching import Together
from newsletter.web.http.path_numbers import NUMBER
from newsletter.web.public.pages import Site

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")  # one transparent pixel
HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}
CROWD = 500
CLIENTS = 10_000  # that are watched at once
CAUGHT = timedelta(minutes=10)  # for how long whoever followed the hidden link is a machine
LATEST_LINKS, LATEST_SENDS = 4096, 512  # that are remembered: what they are never changes


class _Client(NamedTuple):
    address: str
    agent: str
    issue: str


@dataclass(slots=True)
class _Seen:
    """A click of a client a moment ago, or an open where ``link`` is None; ``number`` is its row's, once written."""

    at: datetime
    link: int | None
    number: int = 0
    machine: Machine | None = None


@dataclass(slots=True)
class _Watched:
    seen: deque[_Seen] = field(default_factory=lambda: deque(maxlen=50))
    caught: datetime | None = None


class _Step(NamedTuple):
    """What is to be written: something new, and which rows were a machine's after all."""

    response: Responded | None
    machines: Mapping[int, Machine]


class Clicks:
    """The routes of links and of the image."""

    def __init__(self, site: Site) -> None:
        self._site, self._rules = site, site.newsletter.counting
        self._together = Together(self._write, most=CROWD)
        self._clients: OrderedDict[_Client, _Watched] = OrderedDict()
        self._links: OrderedDict[tuple[str, int], StoredLink] = OrderedDict()
        self._sends: OrderedDict[str, int] = OrderedDict()
        self._under_way: set[asyncio.Task[None]] = set()

    def routes(self) -> Sequence[Route]:
        """All of them."""
        return (
            Route(f"/{CLICK}/{{issue}}/{NUMBER}", self.click),
            Route(f"/{CLICK}/{{issue}}/{NUMBER}/{{token}}", self.click),
            Route(f"/{OPEN}/{{issue}}.gif", self.image),
            Route(f"/{OPEN}/{{issue}}/{{token}}.gif", self.image),
        )

    async def click(self, request: Request) -> Response:
        """To where the link leads."""
        issue, number, token = _asked(request)
        if number == TRAP:
            await self._caught(_client(request, issue))
            raise HTTPException(404)
        link = await self._link(issue, number)
        if link is None:
            raise HTTPException(404)
        if self._rules.clicks is not Counting.OFF:
            now = self._site.clock()
            reader = self._reader(issue, token, self._rules.clicks)
            responded = Responded(send=link.send, link=number, at=now, reader=reader, machine=self._machine(request))
            await self._counted(_client(request, issue), responded)
        return RedirectResponse(link.url, 302, HEADERS)

    async def image(self, request: Request) -> Response:
        """The image, whatever is asked for."""
        issue, _, token = _asked(request)
        if self._rules.opens is not Counting.OFF:
            with suppress(NewsletterError):
                send = await self._send(issue)
                if send is not None:
                    now = self._site.clock()
                    reader = self._reader(issue, token, self._rules.opens)
                    responded = Responded(send=send, link=None, at=now, reader=reader, machine=self._machine(request))
                    await self._counted(_client(request, issue), responded)
        # Webmail shows it in a page of another site.
        return Response(GIF, media_type="image/gif", headers=HEADERS | {"Cross-Origin-Resource-Policy": "cross-origin"})

    async def _link(self, issue: str, number: int) -> StoredLink | None:
        known = self._links.get((issue, number))
        if known is None:
            known = await run_in_threadpool(self._site.store.responses.link, issue, number)
            if known is not None:
                self._links[issue, number] = known
                if len(self._links) > LATEST_LINKS:
                    self._links.popitem(last=False)
        return known

    async def _send(self, issue: str) -> int | None:
        known = self._sends.get(issue)
        if known is None:
            known = await run_in_threadpool(self._site.store.responses.send_of, issue)
            if known is not None:
                self._sends[issue] = known
                if len(self._sends) > LATEST_SENDS:
                    self._sends.popitem(last=False)
        return known

    def _reader(self, issue: str, token: str, counting: Counting) -> str:
        """Whose link it is, where that is counted. A damaged one leads there too, and is nobody's."""
        if not token or counting is not Counting.INDIVIDUAL:
            return ""
        with suppress(TokenError):
            return self._site.signer.verify_reader(issue, token)
        return ""

    def _machine(self, request: Request) -> Machine | None:
        client = request.client.host if request.client else ""
        return machine_of(request.method, request.headers, client, self._rules.scanners)

    async def _counted(self, client: _Client, responded: Responded) -> None:
        """Write it down; where three links were followed within two seconds, nothing of that was a person's."""
        watched = self._watched(client)
        recent = [one for one in watched.seen if responded.at - one.at <= AT_ONCE]
        why = responded.machine
        if watched.caught is not None and responded.at - watched.caught <= CAUGHT:
            why = why or Machine.TRAP
        marked: dict[int, Machine] = {}
        links = {one.link for one in recent} | {responded.link}
        if len(links - {None}) >= LINKS:
            why = why or Machine.BURST
            marked = _mark(recent, Machine.BURST)
        seen = _Seen(at=responded.at, link=responded.link, machine=why)
        watched.seen.append(seen)
        await self._patiently(_Step(replace(responded, machine=why), marked), seen)

    async def _caught(self, client: _Client) -> None:
        """Somebody followed the link that people do not see."""
        watched = self._watched(client)
        watched.caught = self._site.clock()
        marked = _mark([one for one in watched.seen if watched.caught - one.at <= CAUGHT], Machine.TRAP)
        if marked:
            await self._patiently(_Step(None, marked))

    def _watched(self, client: _Client) -> _Watched:
        watched = self._clients.setdefault(client, _Watched())
        self._clients.move_to_end(client)
        if len(self._clients) > CLIENTS:
            self._clients.popitem(last=False)
        return watched

    async def _patiently(self, step: _Step, seen: _Seen | None = None) -> None:
        """See to it that it is written, and stay with it for a moment."""
        task = asyncio.create_task(self._written(step, seen))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        await asyncio.wait([task], timeout=self._site.patience)

    async def _written(self, step: _Step, seen: _Seen | None) -> None:
        with suppress(NewsletterError):  # such as a database that is held: the person gets there all the same
            number = await self._together.do(step)
            if seen is None:
                return
            before, seen.number = step.response and step.response.machine, number
            if seen.machine is not before and seen.machine is not None:  # found out while it was being written
                await self._together.do(_Step(None, {number: seen.machine}))

    def _write(self, steps: Sequence[_Step]) -> Sequence[int]:
        machines = {number: machine for step in steps for number, machine in step.machines.items()}
        new = [step.response for step in steps if step.response is not None]
        numbers = iter(self._site.store.responses.write(new, machines=machines))
        return [0 if step.response is None else next(numbers) for step in steps]


def _asked(request: Request) -> tuple[str, int, str]:
    """The issue, the number of the link (0 for the image), and the reader's token, if there is one."""
    asked = request.path_params
    return asked["issue"], asked.get("number", 0), asked.get("token", "")


def _client(request: Request, issue: str) -> _Client:
    return _Client(request.client.host if request.client else "", request.headers.get("user-agent", ""), issue)


def _mark(seen: Sequence[_Seen], why: Machine) -> dict[int, Machine]:
    """Say of them what they were; the numbers of those that are written."""
    marked = {}
    for one in seen:
        if one.machine is None:
            one.machine = why
            if one.number:
                marked[one.number] = why
    return marked
