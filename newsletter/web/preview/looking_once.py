"""Look at the newsletter's files once for a request, however often its page needs them: a thousand files take 5 ms."""

from collections.abc import Hashable
from contextvars import ContextVar
from typing import Any

from starlette.types import ASGIApp, Receive, Scope, Send

from newsletter.web.http.own_requests import READING

looked_at: ContextVar[dict[Hashable, Any] | None] = ContextVar("looked_at", default=None)
"""What the request in progress has found, by the cache that looked; None if it has to look each time."""


class LookOnce:
    """An ASGI middleware for requests that change nothing; the others look again after their change."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http":
            looked_at.set({} if scope["method"] in READING else None)
        await self._app(scope, receive, send)
