"""What the guards of local and hosted applications share: which requests may change something, and their bodies."""

from starlette.datastructures import Headers
from starlette.exceptions import HTTPException
from starlette.responses import PlainTextResponse, Response
from starlette.types import Message, Receive

READING = ("GET", "HEAD")
_FORM = "application/x-www-form-urlencoded"


def change_refusal(method: str, headers: Headers, *, name: str, origin: str, largest_body: int) -> Response | None:
    """Return the refusal of a request that would change something; None if a page of ours has made it.

    ``origin`` is ours. With a ``largest_body`` of 0, the application, which ``name`` calls in messages, is read-only.
    """
    if not largest_body:
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
    if headers.get("content-type", "").partition(";")[0].strip().lower() != _FORM:
        return PlainTextResponse("Send a form: nothing was changed.\n", status_code=415)
    length = headers.get("content-length", "0")
    if not (length.isascii() and length.isdigit()) or int(length) > largest_body:
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
    """A wrapper of ``receive`` that refuses a body that is larger than it may be, whatever Content-Length says."""

    def __init__(self, receive: Receive, limit: int) -> None:
        self._receive, self._left = receive, limit

    async def __call__(self) -> Message:
        message = await self._receive()
        self._left -= len(message.get("body", b""))
        if self._left < 0:
            raise HTTPException(413)
        return message
