"""Send service mail: render the queued messages, submit them to the provider, and retry those that it defers."""

import secrets
import threading
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime, timedelta

from newsletter import rendering
from newsletter.domain.consent import SERVICE, ServiceKind, ServiceMessage
from newsletter.domain.delivery import DeliveryStatus, retry_delay
from newsletter.domain.issue import Issue
from newsletter.domain.publication import Newsletter
from newsletter.errors import NewsletterError, ProviderError, StoreError
from newsletter.message.mime import Letter, Recipient, Wire
from newsletter.message.verp import return_path
from newsletter.providers import Provider
from newsletter.rendering import Theme
from newsletter.store import Store
from newsletter.subscriptions.languages import page_language
from newsletter.subscriptions.service_letters import ServiceLetter, service_letter
from newsletter.tokens import Signer

BATCH = 20
SETTLE_EVERY = 5.0  # seconds, well within the lease of a batch: messages that a kill leaves unsettled are sent again
POLL_EVERY = 5.0  # seconds between checks for messages that another process has queued
TIDY_EVERY = timedelta(hours=1)


@dataclass(slots=True, kw_only=True)
class ServiceMailer:
    """A sender of service mail that runs in its own thread.

    ``log`` is called with error messages, which contain no addresses. ``return_path`` is the address for bounces; if
    empty, they go to the sender's address. ``latest`` returns the latest issue in a language, which welcomes a reader;
    while there is none, nobody gets a welcome mail. ``tidy`` is called every hour.
    """

    store: Store
    provider: Provider
    signer: Signer
    newsletter: Newsletter
    theme: Theme
    log: Callable[[str], object]
    return_path: str = ""
    clock: Callable[[], datetime]
    latest: Callable[[str], Issue | None] = lambda _language: None
    tidy: Callable[[datetime], object] = lambda _now: None
    _wake: threading.Event = field(default_factory=threading.Event, init=False)
    _stopping: bool = field(default=False, init=False)
    _tidied: datetime | None = field(default=None, init=False)

    def wake(self) -> None:
        """Wake the thread because a message was queued."""
        self._wake.set()

    def stop(self) -> None:
        """Finish the current batch and stop."""
        self._stopping = True
        self._wake.set()

    def run(self) -> None:
        """Send queued messages until ``stop`` is called. Report an error only once until sending works again."""
        reported: set[str] = set()
        while not self._stopping:
            self._wake.clear()
            try:
                while not self._stopping and self.send_batch():
                    pass
                reported.clear()
            except NewsletterError as err:  # the database is busy, full or unreachable: messages stay queued
                if str(err) not in reported:
                    self.log(str(err))
                reported.add(str(err))
            except Exception as err:  # noqa: BLE001  messages stay queued
                self.log(f"service mail can't be sent: {type(err).__name__}")
            self._wake.wait(POLL_EVERY)

    def send_batch(self) -> int:
        """Submit one batch of due messages and return their number."""
        now = self.clock()
        if self._tidied is None or now >= self._tidied + TIDY_EVERY:
            self.tidy(now)
            self._tidied = now
        if self.store.unscrubbed:
            self.store.scrub(0)  # if another connection reads the database, try again next time
        if not self.store.confirmations.has_due(now):
            return 0
        messages = self.store.confirmations.next_messages(now, BATCH)
        posted: list[tuple[ServiceMessage, datetime | None]] = []
        since = time.monotonic()
        try:
            for message in messages:
                posted.append((message, self._post(message, now)))
                if time.monotonic() - since > SETTLE_EVERY:
                    self.store.confirmations.record_attempts(posted)
                    posted, since = [], time.monotonic()
        finally:
            if posted:
                self.store.confirmations.record_attempts(posted)
        return len(messages)

    def _post(self, message: ServiceMessage, now: datetime) -> datetime | None:
        """Submit a message; return when to retry it, or None if it is finished."""
        try:
            letter = service_letter(
                message, now, store=self.store, signer=self.signer, base_url=self.newsletter.base_url
            )
            status = DeliveryStatus.REFUSED if letter is None else self._submit(letter, now)
        except StoreError:
            raise
        except Exception as err:  # noqa: BLE001  a faulty message must not block those behind it
            why = str(err) if isinstance(err, NewsletterError) else type(err).__name__
            self.log(f"a service message can't be built: {why}")
            status = DeliveryStatus.DEFERRED
        delay = retry_delay(message.attempts)
        return now + timedelta(seconds=delay) if status is DeliveryStatus.DEFERRED and delay is not None else None

    def _submit(self, letter: ServiceLetter, now: datetime) -> DeliveryStatus:
        theme = self.theme.in_language(page_language(letter.language, self.newsletter))
        links = self.signer.links(self.newsletter.base_url, SERVICE)
        if letter.kind is ServiceKind.WELCOME:
            issue = self.latest(letter.language)
            if issue is None:
                return DeliveryStatus.REFUSED
            email = rendering.welcome_email(issue, links(letter.key), self.newsletter, theme)
        else:
            email = rendering.service_email(letter.kind, letter.link, self.newsletter, theme)
        key, address = secrets.token_hex(16), letter.address
        back = self.return_path and return_path(self.return_path, self.signer, issue=SERVICE, key=key, address=address)
        to = Recipient(
            subscriber=0,
            key=key,
            address=address,
            values=links(letter.key),
            mac=links.message_mac(key, address),
            return_path=back,
        )
        try:
            (receipt,) = self.provider.submit([Letter(Wire(email, now), to)])
        except ProviderError as err:
            self.log(f"a service message is deferred: {err}")
            return DeliveryStatus.DEFERRED
        if receipt.gone:
            self.store.service_bounces.add(address, now, self.signer.fingerprints)
        return receipt.status
