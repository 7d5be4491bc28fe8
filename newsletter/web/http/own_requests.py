"""What the guards of local and hosted applications share: which requests may change something, and their bodies."""

import asyncio
from collections.abc import Mapping
from dataclasses import dataclass, field

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive

READING = ("GET", "HEAD")
_FORM = "application/x-www-form-urlencoded"
_FILES = "multipart/form-data"


@dataclass(frozen=True, slots=True, kw_only=True)
class BodyRules:
    """The bodies that an application accepts: forms of at most ``largest`` bytes; with 0, it is read-only.

    ``uploads`` has the paths that also accept a form with a file, each with its largest size.
    """

    largest: int = 0
    uploads: Mapping[str, int] = field(default_factory=dict)

    def largest_of(self, path: str, headers: Headers) -> int | None:
        """Return the largest size of a body of this kind at a path; None if none of this kind is accepted there."""
        kind = headers.get("content-type", "").partition(";")[0].strip().lower()
        return self.largest if kind == _FORM else self.uploads.get(path) if kind == _FILES else None


def change_refusal(
    method: str, headers: Headers, *, path: str, name: str, origin: str, bodies: BodyRules
) -> Response | None:
    """Return the refusal of a request that would change something; None if a page of ours has made it.

    ``origin`` is ours; ``name`` is what messages call the application.
    """
    if not bodies.largest:
        text = f"The {name} is read-only.\n"
        return PlainTextResponse(text, status_code=405, headers={"Allow": "GET, HEAD"})
    if method != "POST":
        text = "Changes are made with POST.\n"
        return PlainTextResponse(text, status_code=405, headers={"Allow": "GET, HEAD, POST"})
    # https://www.w3.org/TR/fetch-metadata/#sec-fetch-site-header; browsers without it send Origin with every POST.
    site = headers.get("sec-fetch-site")
    ours = site == "same-origin" if site is not None else headers.get("origin", "").lower() == origin
    if not ours:
        return PlainTextResponse("Another site has made this request. Nothing was changed.\n", status_code=403)
    largest = bodies.largest_of(path, headers)
    if largest is None:
        return PlainTextResponse("Send a form: nothing was changed.\n", status_code=415)
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or int(length) > largest:
        return PlainTextResponse("This is too large. Nothing was changed.\n", status_code=413)
    return None


def cookies(headers: Headers, name: str) -> list[str]:
    """Return the values of all cookies of a name.

    Other programs on this computer may set cookies for our host too, which browsers send whatever they contain: unlike
    ``http.cookies``, we read ours beside any of theirs.
    """
    pairs = (pair.strip().partition("=") for header in headers.getlist("cookie") for pair in header.split(";"))
    return [value.strip('"') for known, _, value in pairs if known == name]


class LimitedBody:
    """A wrapper of ``receive`` that refuses a body that is larger than it may be, whatever Content-Length says.

    With ``seconds``, it also refuses one that takes longer to arrive.
    """

    def __init__(self, receive: Receive, limit: int, *, seconds: float | None = None) -> None:
        self._receive, self._left = receive, limit
        self._ends = None if seconds is None else asyncio.get_running_loop().time() + seconds

    async def __call__(self) -> Message:
        try:
            async with asyncio.timeout_at(self._ends):
                message = await self._receive()
        except TimeoutError as err:
            raise HTTPException(408) from err
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(413)
        if not message.get("more_body"):
            self._ends = None
        return message
