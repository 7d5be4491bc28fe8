"""The error responses of the public pages: a page, or JSON below ``/api/``.

The JSON has ``error`` and ``details`` in English, for programmers, and ``messages`` for readers, in their language.
"""

import http
from collections.abc import Callable, Mapping, Sequence
from types import MappingProxyType
from typing import Any

from fastapi import Request
from fastapi.exceptions import RequestValidationError
from starlette.exceptions import HTTPException
from starlette.requests import HTTPConnection
from starlette.responses import JSONResponse, PlainTextResponse, Response
from starlette.routing import Route

from newsletter.cards import CardsBusyError
from newsletter.errors import BusyError, FullError, NotFoundError, TokenError, UnreachableError
from newsletter.files import library_errors
from newsletter.store import MissingSignUpError
from newsletter.subscriptions import ENTER_SHORTER_NAME, TooOftenError
from newsletter.translation import gettext_noop
from newsletter.web.http.gateway import place_of
from newsletter.web.public.fields import ENTER_ADDRESS
from newsletter.web.public.pages import PageTemplates

_RETRY = {503: {"Retry-After": "5"}, 429: {"Retry-After": "3600"}}  # seconds


class ErrorPages:
    """The error responses: a page, or JSON below ``/api/``."""

    def __init__(self, pages: PageTemplates, log: Callable[[str], object]) -> None:
        self._pages, self._log = pages, log
        self.routes: Sequence[Route] = ()
        self._rendered: dict[
            tuple[str, int], str
        ] = {}  # by language and status: a flood of refused requests must not render pages

    async def answer(self, request: Request, error: Exception) -> Response:
        """Handle the errors that routes raise on purpose."""
        status = _status(error)
        if status == 500:
            self._log(place_of(error))
        invalid, body = (error.errors(), error.body) if isinstance(error, RequestValidationError) else ((), None)
        details = [f"{_field(fault)}: {library_errors.of_field(fault)}" for fault in invalid]
        details += [str(error.detail)] if isinstance(error, HTTPException) else []
        messages = {_field(fault): text for fault in invalid if (text := _message(fault))}
        wanted = body.get("language") if isinstance(body, dict) else None
        answer = self.at(request, status, details, messages, language=wanted)
        if status == 405:  # RFC 9110 §15.5.6
            answer.headers["Allow"] = ", ".join(sorted(self._methods(request.url.path.removeprefix(self._pages.base))))
        return answer

    def _methods(self, path: str) -> set[str]:
        """Return all methods that a path supports; each may have its own route."""
        return {method for route in self.routes if route.path_regex.match(path) for method in route.methods or ()}

    async def expired(self, request: Request, _error: Exception) -> Response:
        """Handle an expired link to a reader's own page, or a form that was submitted from it too late."""
        return self._pages.for_visitor(request).answer(
            "request-link", 410, wrong={"": gettext_noop("That link has expired.")}, address=""
        )

    def at(
        self,
        request: HTTPConnection,
        status: int,
        details: Sequence[str] = (),
        messages: Mapping[str, str] = MappingProxyType({}),
        *,
        language: object = None,
    ) -> Response:
        """Return the error response to a request, with these words if it is to the API.

        ``messages`` are those of the catalogues, by field. They are translated to the ``language`` if the newsletter
        has it, or else to the visitor's.
        """
        path, pages = request.scope["path"], self._pages.for_visitor(request, language)
        headers = _RETRY.get(status)
        if path.startswith(f"{self._pages.base}/api/"):
            shown = messages or ({"": _WHOLE[status]} if status in _WHOLE else {})
            translated = {field: pages.words.gettext(text) for field, text in shown.items()}
            fault = {"error": http.HTTPStatus(status).phrase, "details": list(details), "messages": translated}
            return JSONResponse(fault, status, headers)
        if (pages.language, status) not in self._rendered:
            try:
                self._rendered[pages.language, status] = pages.render("error", status=status)
            except Exception:  # noqa: BLE001  a broken template must not hide the status
                return PlainTextResponse(f"{http.HTTPStatus(status).phrase}\n", status, headers)
        return Response(self._rendered[pages.language, status], status, headers, media_type="text/html")


def _field(fault: Mapping[str, Any]) -> str:
    return ".".join(str(part) for part in fault["loc"][1:])


def _message(fault: Mapping[str, Any]) -> str:
    """Return the catalogues' message for the reader who typed a field of a JSON body; "" if it is a program's fault."""
    field, kind = _field(fault), fault["type"]
    if kind == "value_error":
        return library_errors.of_field(fault)
    if field == "name" and kind == "string_too_long":
        return ENTER_SHORTER_NAME
    return ENTER_ADDRESS if field == "address" else ""


_WHOLE = {  # messages about a request as a whole, by status
    429: gettext_noop("Please wait an hour and try again."),
    503: gettext_noop("Please try again in a few seconds. Trying twice does no harm."),
}


def _status(error: Exception) -> int:
    if isinstance(error, HTTPException):
        return error.status_code
    if isinstance(error, NotFoundError | TokenError | MissingSignUpError):
        return 404
    if isinstance(error, RequestValidationError):
        return 422
    if isinstance(error, TooOftenError):
        return 429
    return 503 if isinstance(error, BusyError | FullError | UnreachableError | CardsBusyError) else 500
