"""The protocols of providers, their webhooks and their suppression lists.

``newsletter.providers.contract`` tests a provider against this module; docs/providers.md shows how to write one.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

from newsletter.domain.delivery import Receipt
from newsletter.domain.events import Event
from newsletter.domain.rate_limits import Limits
from newsletter.domain.subscriber import SuppressionReason
from newsletter.message.mime import Letter


class Provider(Protocol):
    """A service that accepts messages for delivery.

    Its owner may use it for as long as they like: for one send, or for everything that a server sends in months. It
    connects when it has to, and reconnects when a connection is lost. It can be used after any error, but after an
    outage it may raise the same error again, without trying, until some time has passed.

    Up to ``concurrency`` threads call ``submit`` and ``check_sender`` at once, and never with the same recipient.
    ``close`` is called while no other call is running.

    ``batch_size`` is the largest number of letters in one call of ``submit``; a process that is killed leaves that many
    deliveries per thread uncertain. ``deduplicates`` is true if submitting the same (issue, recipient) twice makes only
    one message, even from another process: an interrupted send then submits its last batches again. ``reports_within``
    is the longest time in seconds until the provider reports the outcome of a message itself, or 0 if it never does;
    uncertain deliveries wait that long before they are sent again.
    """

    batch_size: int
    concurrency: int
    deduplicates: bool
    reports_within: int

    def check_sender(self, sender: str) -> Limits | None:
        """Check that the provider would accept mail from this address now, without sending anything.

        Return the limits that the provider reports, with its own count of sent messages as ``used_elsewhere``, or None
        if it reports none. Raise OutageError if the provider can't be reached, and another ProviderError if it would
        not accept mail.
        """
        ...

    def submit(self, letters: Sequence[Letter]) -> Iterable[Receipt]:
        """Submit up to ``batch_size`` letters to different recipients, and yield exactly one receipt for each.

        The caller iterates to the end, or until an exception, in its own thread. Receipts come in any order, each as
        soon as it is known. An empty batch yields nothing. Letters of one edition come together and share one wire
        object, whose constant parts may be kept for the next call.

        The status of a receipt says what happened to the message:

        - *submitted*: the provider has accepted it.
        - *refused*: the provider won't accept it for this recipient, or it can't be built (``Letter.message`` and
          ``Recipient.envelope`` raise ValueError). Set ``gone`` if the address doesn't exist and never will: it is
          suppressed.
        - *deferred*: it has certainly not been accepted, and a later attempt may succeed. Set ``throttled`` if the
          provider limits the rate, ``lost`` if the connection was lost before the message was complete.
        - *uncertain*: it may have been accepted, but there was no clear answer.

        Never submit a message again that may have been accepted; the caller decides about retries.

        Call ``Letter.ask`` right before a message goes out (``Letter.message`` calls it too). If it raises, hand over
        nothing more, yield the receipts of what was handed over, and let the exception pass.

        Raise ProviderError if every recipient would get the same answer: readers without a receipt were not handed
        over, and are queued again. Its ``again`` is the number of seconds until the send tries again; without it the
        send is paused for a person. Raise OutageError if the provider can't be reached or gives no clear answers: the
        send probes it, and then waits. After any other exception, readers without a receipt are uncertain and the send
        ends.
        """
        ...

    def close(self) -> None:
        """Close all connections. ``check_sender`` and ``submit`` may be called again and reconnect.

        Closing twice, or without having connected, is fine.
        """
        ...


class KeptMessages(Protocol):
    """A provider's messages that stay on this machine as files, as the outbox's do."""

    def forget(self, key: str, is_theirs: Callable[[str], bool]) -> int:
        """Delete all messages to the reader with this key and service mail to their addresses; return the number.

        ``is_theirs`` returns true for addresses that are or were the reader's. Raise ProviderError.
        """
        ...


class ProviderFactory(Protocol):
    """A function that builds a provider from its table: an entry point in ``newsletter.providers``."""

    def __call__(self, options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> Provider:
        """Build a provider from ``options`` (without the name) and secrets in ``environment``, without connecting.

        Relative paths start at ``root``, the newsletter's folder. Raise SettingsError for unknown or invalid options,
        SecretError if only a secret is missing.
        """
        ...


class Hook(Protocol):
    """A webhook: parses the requests that a provider posts to ``/hooks/<its name>``. It must be thread-safe."""

    def read(self, body: bytes, now: datetime) -> Sequence[Event]:
        """Return the events in a request's body, once it is proven to come from the provider.

        The same event always has the same ``Event.key``, because providers post some events twice. Raise HookError if
        the request is not the provider's, HookBusyError if that can't be verified right now and the provider should
        retry.
        """
        ...


class HookFactory(Protocol):
    """A function that builds a webhook from a provider's table: an entry point in ``newsletter.hooks``."""

    def __call__(self, options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> Hook | None:
        """Build a webhook, or return None if the options don't say who may post. Raise SettingsError."""
        ...


class SuppressionList(Protocol):
    """A provider's own suppression list: addresses it won't mail."""

    def entries(self) -> Iterable[tuple[str, SuppressionReason, datetime]]:
        """Yield each address with its reason and the time it was added. Raise ProviderError."""
        ...

    def add(self, address: str, reason: SuppressionReason) -> None:
        """Add an address, because its mail bounced or its owner complained. Raise ProviderError."""
        ...

    def remove(self, address: str) -> bool:
        """Remove an address and return whether it was listed. Raise ProviderError."""
        ...


class SuppressionListFactory(Protocol):
    """A function that opens a provider's list from its table: an entry point in ``newsletter.suppression_lists``."""

    def __call__(self, options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> SuppressionList:
        """Open the list. Raise SettingsError or ProviderError."""
        ...
