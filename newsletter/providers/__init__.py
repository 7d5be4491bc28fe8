"""Protocols for providers, their webhooks and their suppression lists, and functions that open them by name."""

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any, Protocol

from newsletter.domain.delivery import Receipt
from newsletter.domain.events import Event
from newsletter.domain.rate_limits import Limits
from newsletter.domain.subscriber import SuppressionReason
from newsletter.errors import SettingsError
from newsletter.message.mime import Letter

ENTRY_POINTS = "newsletter.providers"
HOOKS = "newsletter.hooks"
SUPPRESSION_LISTS = "newsletter.suppression_lists"


class Provider(Protocol):
    """A service that accepts messages. It is opened for one send and closed afterwards; ``submit`` is thread-safe.

    ``batch_size`` letters are handed over together, in ``concurrency`` threads. ``repeatable`` is true if submitting
    the same (issue, recipient) twice makes only one message, so that an interrupted send can simply continue.
    ``reports_within`` is the longest time in seconds until the provider reports a message's outcome by itself, or 0 if
    it never does; uncertain deliveries wait that long for a report.
    """

    batch_size: int
    concurrency: int
    repeatable: bool
    reports_within: int

    def check(self, sender: str) -> Limits | None:
        """Check that the provider accepts mail from this address, without submitting anything.

        Return the provider's limits if it reports them; its own count of sent messages is ``used_elsewhere``. Raise
        ProviderError if it would not accept mail.
        """
        ...

    def submit(self, letters: Sequence[Letter]) -> Iterable[Receipt]:
        """Submit a batch and yield one receipt per recipient, in any order, as soon as each is known.

        Letters of one edition share one wire object and come together. A recipient whose message cannot be built is
        *refused*; one whose message was submitted without an answer is *uncertain*. Call ``Letter.ask`` right before
        each message goes out (``Letter.message`` calls it too) and let its exceptions pass. Raise ProviderError if the
        provider refuses everything; recipients without a receipt were then not submitted.
        """
        ...

    def close(self) -> None:
        """Close all connections."""
        ...


class KeepsMessages(Protocol):
    """A provider that stores messages as files, as the outbox does."""

    def forget(self, key: str, is_theirs: Callable[[str], bool]) -> int:
        """Delete all messages to the reader with this key and service mail to their addresses; return the number.

        ``is_theirs`` returns true for addresses that are or were the reader's. Raise ProviderError.
        """
        ...


class Factory(Protocol):
    """A function that builds a provider from its table: an entry point in ``newsletter.providers``."""

    def __call__(self, options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> Provider:
        """Build a provider from ``options`` (without the name) and secrets in ``environment``.

        Relative paths start at ``root``. Raise SettingsError for unknown options.
        """
        ...


class Hook(Protocol):
    """A webhook: parses the requests that a provider posts to ``/hooks/<its name>``. It must be thread-safe."""

    def read(self, body: bytes, now: datetime) -> Sequence[Event]:
        """Return the events in a request's body.

        Raise HookError if the request is not the provider's, HookBusyError if the provider should retry later.
        """
        ...


class HookFactory(Protocol):
    """A function that builds a webhook from a provider's table: an entry point in ``newsletter.hooks``."""

    def __call__(self, options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> Hook | None:
        """Build a webhook, or return None if the options don't say who may post. Raise SettingsError."""
        ...


class SuppressionList(Protocol):
    """A provider's own suppression list: addresses it won't mail."""

    def each(self) -> Iterable[tuple[str, SuppressionReason, datetime]]:
        """Yield each address with its reason and the time it was added. Raise ProviderError."""
        ...

    def add(self, address: str, reason: SuppressionReason) -> None:
        """Add an address. Raise ProviderError."""
        ...

    def remove(self, address: str) -> bool:
        """Remove an address and return whether it was listed. Raise ProviderError."""
        ...


class SuppressionListFactory(Protocol):
    """A function that opens a provider's list from its table: an entry point in ``newsletter.suppression_lists``."""

    def __call__(self, options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> SuppressionList:
        """Open the list. Raise SettingsError or ProviderError."""
        ...


def open_hook(name: str, options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> Hook | None:
    """Return a provider's webhook, or None if it has none or newsletter.toml doesn't say who may post."""
    for point in _installed(HOOKS, name):
        factory: HookFactory = point.load()
        return factory(options, root=root, environment=environment)
    return None


def open_suppression_list(
    name: str, options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]
) -> SuppressionList:
    """Open a provider's own suppression list. Raise SettingsError if it has none."""
    for point in _installed(SUPPRESSION_LISTS, name):
        factory: SuppressionListFactory = point.load()
        return factory(options, root=root, environment=environment)
    raise SettingsError(f"the provider {name} has no suppression list of its own", hint="there is nothing to do")


def open_kept_messages(options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> KeepsMessages:
    """Open the outbox configured in newsletter.toml. Raise SettingsError."""
    from newsletter.providers.outbox import open_outbox

    return open_outbox(options, root=root, environment=environment)


def names() -> list[str]:
    """Return the names of all installed providers."""
    return sorted(point.name for point in _installed(ENTRY_POINTS))


def open_provider(name: str, options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> Provider:
    """Open the provider named in newsletter.toml. Raise SettingsError if it is unknown or rejects its options."""
    points = _installed(ENTRY_POINTS, name)
    if not points:
        raise SettingsError(f"no provider {name!r}", hint=f"set [provider] name to one of: {', '.join(names())}")
    factory: Factory = points[0].load()
    return factory(options, root=root, environment=environment)


def _installed(group: str, name: str | None = None) -> list[EntryPoint]:
    return [point for point in _entry_points(group) if name in (None, point.name)]


@cache
def _entry_points(group: str) -> tuple[EntryPoint, ...]:
    """Return the installed entry points of a group. Cached, as the lookup reads a file of every installed package."""
    return tuple(entry_points(group=group))
