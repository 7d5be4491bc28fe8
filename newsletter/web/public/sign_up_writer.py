"""Write sign-ups, address changes and requests for links in batches. Refused clients cause no write."""

import re

from newsletter.domain.consent import MailRequest
from newsletter.subscriptions import Client, SignUpRequests, TooOftenError
from newsletter.web.http.batching import PATIENCE, Together
from newsletter.web.public.pages import Site

AT_ONCE = 500  # requests per transaction


class Asking:
    """A batching writer of requests for service mail, shared by all public pages."""

    def __init__(self, site: Site) -> None:
        self._site = site
        self.desk = SignUpRequests(site.store, site.signer)
        self._together = Together(self.desk.take, most=AT_ONCE, patience=PATIENCE)

    async def ask(self, request: MailRequest) -> None:
        """Queue a service message. Raise TooOftenError if the client is over its limit."""
        if await self._together.do(request):
            raise TooOftenError("too many requests from this client", hint="try again in an hour")
        self._site.wake()

    def refuses(self, method: str, path: str, client: str) -> bool:
        """Return whether a request would send service mail for a client that is over its hourly limit."""
        return (
            method == "POST" and bool(_PATHS.fullmatch(path)) and self.desk.refuses(Client(client), self._site.clock())
        )


_PATHS = re.compile(
    "/subscribe|/api/sign-ups|/preferences|/preferences/[^/]+/[^/]+/link|/my/[^/]+/address|/confirm/[^/]+/again"
)
