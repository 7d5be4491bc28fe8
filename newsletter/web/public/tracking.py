"""Track clicks and opens: redirect links, serve the image, and count both if the publisher wants that.

A link's target is looked up in the database and never taken from the request. A redirect waits up to ``Site.patience``
for its click to be recorded; a slower write goes on in the background, and is lost only if the process dies meanwhile.
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

from newsletter.domain.tracking import (
    AT_ONCE,
    LINKS,
    TRAP,
    ClickOrOpen,
    MachineReason,
    StoredLink,
    TrackingLevel,
    machine_of,
)
from newsletter.errors import NewsletterError, TokenError
from newsletter.message.link_tracking import CLICK, OPEN
from newsletter.web.http.batching import Batcher
from newsletter.web.http.path_numbers import NUMBER
from newsletter.web.public.pages import Site

GIF = base64.b64decode("R0lGODlhAQABAIAAAAAAAP///yH5BAEAAAAALAAAAAABAAEAAAIBRAA7")  # one transparent pixel
HEADERS = {"Cache-Control": "no-store", "X-Robots-Tag": "noindex, nofollow"}
MOST_AT_ONCE = 500
MOST_CLIENTS = 10_000  # watched at once
TRAPPED_FOR = timedelta(minutes=10)  # a client that followed the hidden link counts as a machine for that long
CACHED_LINKS, CACHED_SENDS = 4096, 512  # cached: they never change


class _Client(NamedTuple):
    address: str
    agent: str
    issue: str


@dataclass(slots=True)
class _Seen:
    """A client's recent click, or open if ``link`` is None; ``number`` is its row's, once written."""

    at: datetime
    link: int | None
    number: int = 0
    machine: MachineReason | None = None


@dataclass(slots=True)
class _Watched:
    seen: deque[_Seen] = field(default_factory=lambda: deque(maxlen=50))
    trapped_at: datetime | None = None


class _Step(NamedTuple):
    """One write: a new response, and earlier rows that turned out to be a machine's."""

    response: ClickOrOpen | None
    machines: Mapping[int, MachineReason]


class TrackedLinks:
    """The routes of tracked links and of the image."""

    def __init__(self, site: Site) -> None:
        self._site, self._rules = site, site.newsletter.counting
        self._batcher = Batcher(self._write, most=MOST_AT_ONCE)
        self._clients: OrderedDict[_Client, _Watched] = OrderedDict()
        self._links: OrderedDict[tuple[str, int], StoredLink] = OrderedDict()
        self._sends: OrderedDict[str, int] = OrderedDict()
        self._under_way: set[asyncio.Task[None]] = set()

    def routes(self) -> Sequence[Route]:
        """Return all routes."""
        return (
            Route(f"/{CLICK}/{{issue}}/{NUMBER}", self.click),
            Route(f"/{CLICK}/{{issue}}/{NUMBER}/{{token}}", self.click),
            Route(f"/{OPEN}/{{issue}}.gif", self.image),
            Route(f"/{OPEN}/{{issue}}/{{token}}.gif", self.image),
        )

    async def click(self, request: Request) -> Response:
        """Redirect to the link's target and count the click."""
        issue, number, token = _parse_path(request)
        if number == TRAP:
            await self._trap(_client(request, issue))
            raise HTTPException(404)
        link = await self._link(issue, number)
        if link is None:
            raise HTTPException(404)
        if self._rules.clicks is not TrackingLevel.OFF:
            now = self._site.clock()
            reader = self._reader(issue, token, self._rules.clicks)
            responded = ClickOrOpen(send=link.send, link=number, at=now, reader=reader, machine=self._machine(request))
            await self._count(_client(request, issue), responded)
        return RedirectResponse(link.url, 302, HEADERS)

    async def image(self, request: Request) -> Response:
        """Return the image, whatever the path, and count the open."""
        issue, _, token = _parse_path(request)
        if self._rules.opens is not TrackingLevel.OFF:
            with suppress(NewsletterError):
                send = await self._send(issue)
                if send is not None:
                    now = self._site.clock()
                    reader = self._reader(issue, token, self._rules.opens)
                    responded = ClickOrOpen(send=send, link=None, at=now, reader=reader, machine=self._machine(request))
                    await self._count(_client(request, issue), responded)
        # Webmail shows the image in a page of another site.
        return Response(GIF, media_type="image/gif", headers=HEADERS | {"Cross-Origin-Resource-Policy": "cross-origin"})

    async def _link(self, issue: str, number: int) -> StoredLink | None:
        known = self._links.get((issue, number))
        if known is None:
            known = await run_in_threadpool(self._site.store.clicks_and_opens.link, issue, number)
            if known is not None:
                self._links[issue, number] = known
                if len(self._links) > CACHED_LINKS:
                    self._links.popitem(last=False)
        return known

    async def _send(self, issue: str) -> int | None:
        known = self._sends.get(issue)
        if known is None:
            known = await run_in_threadpool(self._site.store.clicks_and_opens.send_of, issue)
            if known is not None:
                self._sends[issue] = known
                if len(self._sends) > CACHED_SENDS:
                    self._sends.popitem(last=False)
        return known

    def _reader(self, issue: str, token: str, counting: TrackingLevel) -> str:
        """Return the key of the link's reader if readers are tracked; empty for a damaged token."""
        if not token or counting is not TrackingLevel.INDIVIDUAL:
            return ""
        with suppress(TokenError):
            return self._site.signer.verify_reader(issue, token)
        return ""

    def _machine(self, request: Request) -> MachineReason | None:
        client = request.client.host if request.client else ""
        return machine_of(request.method, request.headers, client, self._rules.scanners)

    async def _count(self, client: _Client, responded: ClickOrOpen) -> None:
        """Record a response. Three links followed within two seconds all count as a machine's."""
        watched = self._watched(client)
        recent = [seen for seen in watched.seen if responded.at - seen.at <= AT_ONCE]
        why = responded.machine
        if watched.trapped_at is not None and responded.at - watched.trapped_at <= TRAPPED_FOR:
            why = why or MachineReason.TRAP
        marked: dict[int, MachineReason] = {}
        links = {seen.link for seen in recent} | {responded.link}
        if len(links - {None}) >= LINKS:
            why = why or MachineReason.BURST
            marked = _mark(recent, MachineReason.BURST)
        latest = _Seen(at=responded.at, link=responded.link, machine=why)
        watched.seen.append(latest)
        await self._write_soon(_Step(replace(responded, machine=why), marked), latest)

    async def _trap(self, client: _Client) -> None:
        """Treat a client that followed the hidden link as a machine."""
        watched = self._watched(client)
        watched.trapped_at = self._site.clock()
        marked = _mark(
            [seen for seen in watched.seen if watched.trapped_at - seen.at <= TRAPPED_FOR], MachineReason.TRAP
        )
        if marked:
            await self._write_soon(_Step(None, marked))

    def _watched(self, client: _Client) -> _Watched:
        watched = self._clients.setdefault(client, _Watched())
        self._clients.move_to_end(client)
        if len(self._clients) > MOST_CLIENTS:
            self._clients.popitem(last=False)
        return watched

    async def _write_soon(self, step: _Step, seen: _Seen | None = None) -> None:
        """Start a write and wait for it for up to ``patience`` seconds."""
        task = asyncio.create_task(self._write_step(step, seen))
        self._under_way.add(task)
        task.add_done_callback(self._under_way.discard)
        await asyncio.wait([task], timeout=self._site.patience)

    async def _write_step(self, step: _Step, seen: _Seen | None) -> None:
        with suppress(NewsletterError):  # a locked database, for instance: the reader is redirected all the same
            number = await self._batcher.write(step)
            if seen is None:
                return
            before, seen.number = step.response and step.response.machine, number
            if seen.machine is not before and seen.machine is not None:  # detected during the write
                await self._batcher.write(_Step(None, {number: seen.machine}))

    def _write(self, steps: Sequence[_Step]) -> Sequence[int]:
        machines = {number: machine for step in steps for number, machine in step.machines.items()}
        new = [step.response for step in steps if step.response is not None]
        numbers = iter(self._site.store.clicks_and_opens.record(new, machines=machines))
        return [0 if step.response is None else next(numbers) for step in steps]


def _parse_path(request: Request) -> tuple[str, int, str]:
    """Return the issue, the number of the link (0 for the image), and the reader's token or an empty string."""
    values = request.path_params
    return values["issue"], values.get("number", 0), values.get("token", "")


def _client(request: Request, issue: str) -> _Client:
    return _Client(request.client.host if request.client else "", request.headers.get("user-agent", ""), issue)


def _mark(seen: Sequence[_Seen], why: MachineReason) -> dict[int, MachineReason]:
    """Mark responses as a machine's. Return the numbers of the rows to update."""
    marked = {}
    for response in seen:
        if response.machine is None:
            response.machine = why
            if response.number:
                marked[response.number] = why
    return marked
