"""A collector of what Chromium reports of the studio's policy, by the header that only reports and blocks nothing.

https://www.w3.org/TR/CSP3/#cspro-header
"""

from collections.abc import MutableMapping
from queue import Queue
from typing import Any

from starlette.datastructures import Headers, MutableHeaders
from starlette.requests import Request
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from newsletter.web.http.security import STUDIO_HEADERS

_PATH = "/policy-reports"
_POLICY = STUDIO_HEADERS["Content-Security-Policy"]


class PolicyReports:
    """An ASGI middleware that asks for reports on each page with the studio's policy, and keeps them in ``reports``."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.reports: Queue[str] = Queue()

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Handle one request."""
        if scope["type"] == "http" and scope["path"] == _PATH:
            self.reports.put((await Request(scope, receive).body()).decode())
            await Response(status_code=204)(scope, receive, send)
            return

        async def with_reports(message: Message) -> None:
            if message["type"] == "http.response.start" and _is_studio_page(message):
                header = f"{_POLICY}; report-uri {_PATH}"
                MutableHeaders(scope=message)["Content-Security-Policy-Report-Only"] = header
            await send(message)

        await self._app(scope, receive, with_reports)


def _is_studio_page(message: MutableMapping[str, Any]) -> bool:
    headers = Headers(scope=message)
    is_page = headers.get("content-type", "").startswith("text/html")
    return is_page and headers.get("content-security-policy") == _POLICY
