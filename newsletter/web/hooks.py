"""Where providers post what they report: read, written down, and only then answered."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from fastapi import APIRouter, HTTPException, Request
from fastapi.concurrency import run_in_threadpool
from starlette.responses import PlainTextResponse, Response

from newsletter.errors import HookBusyError, HookError
from newsletter.events import Event
from newsletter.feedback import TOGETHER, Feedback
from newsletter.providers import Hook
from newsletter.web.together import Together

PATH = "/hooks/"
LARGEST_BODY = 1024 * 1024  # octets: SNS sends 256 KiB, which JSON within JSON makes longer


class Hooks:
    """A route for each provider that posts, by its name."""

    def __init__(self, hooks: Mapping[str, Hook], feedback: Feedback, clock: Callable[[], datetime]) -> None:
        self._hooks, self._feedback, self._clock = hooks, feedback, clock
        self._together = Together(self._take, most=TOGETHER)

    def router(self) -> APIRouter:
        """The route."""
        router = APIRouter(include_in_schema=False)
        router.add_api_route(PATH + "{name}", self.post, methods=["POST"])
        return router

    async def post(self, name: str, request: Request) -> Response:
        """200 once all that was reported is on the disk; 403 for what is not the provider's; 503 to post it again."""
        if name not in self._hooks:
            raise HTTPException(404)
        body = await request.body()
        try:
            events = await run_in_threadpool(self._hooks[name].read, body, self._clock())
        except HookBusyError as err:
            return PlainTextResponse(f"{err}\n", 503)
        except HookError as err:
            return PlainTextResponse(f"{err}\n", 403)
        if events:
            await self._together.do(events)
        return PlainTextResponse("Noted.\n")

    def _take(self, posted: Sequence[Sequence[Event]]) -> Sequence[None]:
        self._feedback.take([event for events in posted for event in events])
        return [None] * len(posted)
