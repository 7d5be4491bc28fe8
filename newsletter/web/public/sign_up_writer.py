"""One writer for sign-ups, address changes and requests for links; nothing is written for a refused client."""

import re

from newsletter.domain.consent import MailRequest
from newsletter.subscriptions import Client, SignUpRequests, TooOftenError
from newsletter.web.http.batching import PATIENCE, Together
from newsletter.web.public.pages import Site

AT_ONCE = 500  # requests of a transaction


class Asking:
    """The desk of the public pages, which all of them share."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.desk = SignUpRequests(site.store, site.signer)
        self._together = Together(self.desk.take, most=AT_ONCE, patience=PATIENCE)

    async def ask(self, request: MailRequest) -> None:
        """Queue the service message that is asked for. Raises TooOftenError."""
        if await self._together.do(request):
            raise TooOftenError("too much was asked for from there", hint="try again in an hour")
        self._site.wake()

    def refuses(self, method: str, path: str, client: str) -> bool:
        """Return whether a request is one for a service message from a client that has used up its hour."""
        return (
            method == "POST" and bool(_PATHS.fullmatch(path)) and self.desk.refuses(Client(client), self._site.clock())
        )


_PATHS = re.compile(
    "/subscribe|/api/sign-ups|/preferences|/preferences/[^/]+/[^/]+/link|/my/[^/]+/address|/confirm/[^/]+/again"
)
