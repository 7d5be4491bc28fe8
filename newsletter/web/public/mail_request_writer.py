"""Write sign-ups, address changes and requests for links in batches. Refused clients cause no write."""

import re

from newsletter.domain.clients import Client
from newsletter.domain.consent import Confirmation, MailRequest, SignUpChoices
from newsletter.domain.subscriber import Subscriber
from newsletter.subscriptions import MailRequests, TooOftenError
from newsletter.web.http.batching import PATIENCE, Batcher
from newsletter.web.public.pages import Site

AT_ONCE = 500  # requests per transaction


class MailRequestWriter:
    """A batching writer of requests for service mail, shared by all public pages.

    Each method queues a message, and raises TooOftenError if the client is over its limit.
    """

    def __init__(self, site: Site) -> None:
        self._site = site
        self._requests = MailRequests(site.store, site.signer)
        self._batcher = Batcher(self._requests.queue, most=AT_ONCE, patience=PATIENCE)

    async def sign_up(self, address: str, choices: SignUpChoices, client: Client, *, how: str, wording: str) -> None:
        """Mail a confirmation link to an address. ``how`` and ``wording`` are recorded as the reader's consent."""
        now = self._site.clock()
        await self._write(self._requests.sign_up(address, choices, client=client, how=how, wording=wording, now=now))

    async def sign_up_again(self, expired: Confirmation, client: Client) -> None:
        """Mail another confirmation link in place of an expired one."""
        await self._write(self._requests.sign_up_again(expired, client=client, now=self._site.clock()))

    async def address_change(self, reader: Subscriber, address: str, client: Client) -> None:
        """Mail a confirmation link to a reader's new address."""
        await self._write(self._requests.address_change(reader, address, client=client, now=self._site.clock()))

    async def visit(self, address: str, client: Client) -> None:
        """Mail the link to a reader's own page, if the address is a reader's."""
        await self._write(self._requests.visit(address, client=client, now=self._site.clock()))

    def refuses(self, method: str, path: str, client: str) -> bool:
        """Return whether a request would send service mail for a client that is over its hourly limit."""
        if method != "POST" or not _PATHS.fullmatch(path):
            return False
        return self._requests.refuses(Client(client), self._site.clock())

    async def _write(self, request: MailRequest) -> None:
        if await self._batcher.write(request):
            raise TooOftenError("too many requests from this client", hint="try again in an hour")
        self._site.wake()


_PATHS = re.compile(
    "/subscribe|/api/sign-ups|/preferences|/preferences/[^/]+/[^/]+/link|/my/[^/]+/address|/confirm/[^/]+/again"
)
