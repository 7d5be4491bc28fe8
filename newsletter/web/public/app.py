"""The public web application: wires the readers' pages and serves them, without JavaScript or cookies."""

import contextlib
import http
import signal
import socket
from collections.abc import Callable, Sequence

import uvicorn
from fastapi import FastAPI, Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route
from starlette.types import ASGIApp

from newsletter.errors import BusyError, FullError, NewsletterError, TokenError, UnreachableError, UsageError
from newsletter.files import library_errors
from newsletter.subscriptions import TooOftenError
from newsletter.tokens import ExpiredError
from newsletter.web.http.compression import PACKED, VARY, packed, takes_packed
from newsletter.web.http.gateway import Gate, Network, Rules, place_of
from newsletter.web.http.slow_clients import PromptProtocol
from newsletter.web.http.tally import Tally
from newsletter.web.public.archive import ArchivePages
from newsletter.web.public.pages import Site
from newsletter.web.public.preferences import Preferences
from newsletter.web.public.preferences_writer import Changing
from newsletter.web.public.sign_up import SigningUp
from newsletter.web.public.sign_up_api import Api
from newsletter.web.public.sign_up_writer import Asking
from newsletter.web.public.tracking import Clicks
from newsletter.web.public.unsubscribe import Unsubscribing
from newsletter.web.public.view_in_browser import InBrowser
from newsletter.web.public.webhooks import LARGEST_BODY, PATH, Hooks

HOST = "127.0.0.1"
PORT = 8026
SECONDS = 15.0  # time limit for a request's headers, and then for the rest of the request
HOLD_BACK = 1.0  # seconds: slows a flood on 64 connections down to 64 requests a second
A_DAY = "public, max-age=86400"
ONE_YEAR = "public, max-age=31536000, immutable"


def public_app(
    site: Site,
    *,
    proxies: Sequence[Network] = (),
    hooks: Hooks | None = None,
    say: Callable[[str], object] = lambda _: None,
    hold_back: float = HOLD_BACK,
) -> FastAPI:
    """Return the application with all public pages of a newsletter, below the path of its ``base_url``.

    ``proxies`` are the networks of trusted proxies; ``hooks`` receives the providers' webhooks; ``say`` logs internal
    errors. A client over its rate limit waits ``hold_back`` seconds for each response.
    """
    app = FastAPI(
        title=site.newsletter.name,
        docs_url=None,
        redoc_url=None,
        openapi_url="/api/openapi.json",
        redirect_slashes=False,
    )
    faults = _Faults(site, say)
    app.add_exception_handler(NewsletterError, faults.answer)
    app.add_exception_handler(HTTPException, faults.answer)
    app.add_exception_handler(RequestValidationError, faults.answer)
    app.add_exception_handler(ExpiredError, faults.expired)
    asking, changing = Asking(site), Changing(site)
    unsubscribing = Unsubscribing(site, changing)
    # The busiest routes come first, since they are tried in order, and are plain: FastAPI would validate each response.
    app.routes.extend((*([hooks.route()] if hooks else ()), unsubscribing.route(), *Clicks(site).routes()))
    routers = [
        SigningUp(site, asking, changing).router(),
        unsubscribing.router(),
        Preferences(site, asking, changing).router(),
        Api(site, asking).router(),
        ArchivePages(site).router(),
        InBrowser(site).router(),
    ]
    for router in routers:
        app.include_router(router)
    app.add_api_route("/help", lambda: site.pages.answer("help"), methods=["GET", "HEAD"], include_in_schema=False)
    app.add_route(site.pages.css_name, _style_sheet(site))
    for path, (icon, kind) in site.pages.icons.items():
        app.add_route(path, _lasting(Response(icon, media_type=kind, headers={"Cache-Control": A_DAY})))
    routes = [*app.routes, *(route for router in routers for route in router.routes)]
    faults.routes = [route for route in routes if isinstance(route, Route)]
    rules = Rules(
        base_url=site.newsletter.base_url,
        proxies=proxies,
        larger_bodies={PATH: LARGEST_BODY},
        seconds=SECONDS,
        hold_back=hold_back,
    )

    def refuses(method: str, path: str, client: str) -> bool:
        return asking.refuses(method, path, client) or changing.refuses(method, path)

    app.add_middleware(Gate, rules=rules, failed=faults.at, refuses=refuses, say=say)
    return app


class _Faults:
    """The error responses: a page, or JSON below ``/api/``."""

    def __init__(self, site: Site, say: Callable[[str], object]) -> None:
        self._pages, self._say = site.pages, say
        self.routes: Sequence[Route] = ()
        self._rendered: dict[int, str] = {}  # by status: a flood of refused requests must not render pages

    async def answer(self, request: Request, error: Exception) -> Response:
        """Handle the errors that routes raise on purpose."""
        status = _status(error)
        if status == 500:
            self._say(place_of(error))
        invalid = error.errors() if isinstance(error, RequestValidationError) else ()
        details = [
            ".".join(str(part) for part in fault["loc"][1:]) + ": " + library_errors.of_field(fault)
            for fault in invalid
        ]
        details += [str(error.detail)] if isinstance(error, HTTPException) else []
        answer = self.at(request.url.path, status, details)
        if status == 405:  # RFC 9110 §15.5.6
            answer.headers["Allow"] = ", ".join(sorted(self._methods(request.url.path.removeprefix(self._pages.base))))
        return answer

    def _methods(self, path: str) -> set[str]:
        """Return all methods that a path supports; each may have its own route."""
        return {method for route in self.routes if route.path_regex.match(path) for method in route.methods or ()}

    async def expired(self, _request: Request, _error: Exception) -> Response:
        """Handle an expired link to a reader's own page, or a form that was submitted from it too late."""
        return self._pages.answer("door", 410, wrong={"": "That link has expired."}, address="")

    def at(self, path: str, status: int, details: Sequence[str] = ()) -> Response:
        """Return the error response for a path."""
        headers = _RETRY.get(status)
        if path.startswith(f"{self._pages.base}/api/"):
            fault = {"error": http.HTTPStatus(status).phrase, "details": list(details)}
            return JSONResponse(fault, status, headers)
        if status not in self._rendered:
            try:
                self._rendered[status] = self._pages.render("error", status=status)
            except Exception:  # noqa: BLE001  a broken template must not hide the status
                return PlainTextResponse(f"{http.HTTPStatus(status).phrase}\n", status, headers)
        return Response(self._rendered[status], status, headers, media_type="text/html")


_RETRY = {503: {"Retry-After": "5"}, 429: {"Retry-After": "3600"}}  # seconds


def _status(error: Exception) -> int:
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, TokenError | UsageError):
        return 404
    if isinstance(error, RequestValidationError):
        return 422
    if isinstance(error, TooOftenError):
        return 429
    return 503 if isinstance(error, BusyError | FullError | UnreachableError) else 500


def _lasting(answer: Response) -> Callable[[Request], Response]:
    return lambda _request: answer


def _style_sheet(site: Site) -> Callable[[Request], Response]:
    small, headers = packed(site.pages.css.encode()), {"Cache-Control": ONE_YEAR} | VARY

    def style_sheet(request: Request) -> Response:
        if takes_packed(request.headers):
            return Response(small, media_type="text/css", headers=headers | PACKED)
        return Response(site.pages.css, media_type="text/css", headers=headers)

    return style_sheet


def serve_public(
    app: ASGIApp, listening: socket.socket, *, ready: Callable[[], object], say: Callable[[str], object]
) -> None:
    """Serve until Ctrl-C or SIGTERM; call ``ready`` once listening. ``say`` logs the number of malformed requests."""
    # uvicorn shuts down gracefully and then raises the signal again: SIGTERM would kill the process there.
    signal.signal(signal.SIGTERM, signal.default_int_handler)
    with listening, contextlib.suppress(KeyboardInterrupt):
        public_server(app, ready, say).run(sockets=[listening])


def public_server(app: ASGIApp, ready: Callable[[], object], say: Callable[[str], object]) -> uvicorn.Server:
    """Return a server of the pages. Requests are not logged: most URLs contain a token."""

    class Prompt(PromptProtocol):
        seconds = SECONDS
        malformed = Tally(say, "malformed requests were refused")

    config = uvicorn.Config(
        app,
        http=Prompt,
        ws="none",  # a request to upgrade to WebSocket is answered like any other
        log_level="warning",
        access_log=False,
        server_header=False,
        proxy_headers=False,  # uvicorn would trust X-Forwarded-For from anyone on this machine
        timeout_graceful_shutdown=10,
    )
    return _Server(config, ready)


class _Server(uvicorn.Server):
    """A uvicorn server that calls ``ready`` once it listens."""

    def __init__(self, config: uvicorn.Config, ready: Callable[[], object]) -> None:
        super().__init__(config)
        self._ready = ready

    async def startup(self, sockets: list[socket.socket] | None = None) -> None:
        """Start listening and call ``ready``."""
        await super().startup(sockets)
        self._ready()
