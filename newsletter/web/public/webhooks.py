"""Where providers post what they report: read, written down, and only then answered."""

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime

from fastapi import HTTPException, Request
from starlette.responses import PlainTextResponse, Response
from starlette.routing import Route

from newsletter.domain.events import Event
from newsletter.errors import HookBusyError, HookError
from newsletter.feedback import TOGETHER, Feedback
from newsletter.providers import Hook
from newsletter.web.http.batching import PATIENCE, Together

PATH = "/hooks/"
LARGEST_BODY = 1024 * 1024  # octets: SNS sends 256 KiB, which JSON within JSON makes longer


class Hooks:
    """A route for each provider that posts, by its name."""

    def __init__(self, hooks: Mapping[str, Hook], feedback: Feedback, clock: Callable[[], datetime]) -> None:
        self._hooks, self._feedback, self._clock = hooks, feedback, clock
        self._together = Together(self._take, most=TOGETHER, patience=PATIENCE)

    def route(self) -> Route:
        """The route."""
        return Route(PATH + "{name}", self.post, methods=["POST"])

    async def post(self, request: Request) -> Response:
        """200 once all that was reported is on the disk; 403 for what is not the provider's; 503 to post it again."""
        name = request.path_params["name"]
        if name not in self._hooks:
            raise HTTPException(404)
        refused = await self._together.do((name, await request.body()))
        if refused is None:
            return PlainTextResponse("Noted.\n")
        return PlainTextResponse(f"{refused}\n", 503 if isinstance(refused, HookBusyError) else 403)

    def _take(self, posted: Sequence[tuple[str, bytes]]) -> Sequence[HookError | None]:
        """Read and note what was posted to which hook; why not, where it was refused."""
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
        self._feedback.take(events)
        return answers
