"""Receive the providers' webhooks: events are stored before the request is answered."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from fastapi import HTTPException, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from newsletter.domain.events import Event
from newsletter.errors import HookBusyError, HookError
from newsletter.feedback import EVENTS_PER_TRANSACTION, Feedback
from newsletter.providers import Hook
from newsletter.web.http.batching import PATIENCE, Batcher

PATH = "/hooks/"
LARGEST_BODY = 1024 * 1024  # bytes: SNS sends up to 256 KiB, and escaping JSON inside JSON makes that longer


class Webhooks:
    """The webhooks, one for each provider that has them, by name."""

    def __init__(self, hooks: Mapping[str, Hook], feedback: Feedback, clock: Callable[[], datetime]) -> None:
        self._hooks, self._feedback, self._clock = hooks, feedback, clock
        self._batcher = Batcher(self._store, most=EVENTS_PER_TRANSACTION, patience=PATIENCE)

    def route(self) -> Route:
        """Return the route of all webhooks."""
        return Route(PATH + "{name}", self.post, methods=["POST"])

    async def post(self, request: Request) -> Response:
        """Return 200 once all events are stored, 403 for a bad signature, or 503 if the provider should retry."""
        name = request.path_params["name"]
        if name not in self._hooks:
            raise HTTPException(404)
        refused = await self._batcher.write((name, await request.body()))
        if refused is None:
            return PlainTextResponse("Noted.\n")
        return PlainTextResponse(f"{refused}\n", 503 if isinstance(refused, HookBusyError) else 403)

    def _store(self, posted: Sequence[tuple[str, bytes]]) -> Sequence[HookError | None]:
        """Store the posted events. Return for each post None, or the error if it was refused."""
        now = self._clock()
        events: list[Event] = []
        answers: list[HookError | None] = []
        for name, body in posted:
            try:
                events += self._hooks[name].read(body, now)
            except HookError as err:
                answers.append(err)
            else:
                answers.append(None)
        self._feedback.record(events, now)
        return answers
