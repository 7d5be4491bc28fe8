"""What accepts messages, and what it reports of them later: the protocols, and the registries by name."""

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
    """Hands messages over. One is opened for one send and closed after it; ``submit`` may be called from threads.

    ``batch_size`` letters are handed over together, in ``concurrency`` threads. ``repeatable`` says that handing
    over the same (issue, recipient) twice makes one message, so a send that died in between may simply go on.
    ``reports_within`` is how many seconds later at most it reports by itself what became of a message, 0 where it does
    not: so long an uncertain delivery is left to those reports.
    """

    batch_size: int
    concurrency: int
    repeatable: bool
    reports_within: int

    def check(self, sender: str) -> Limits | None:
        """Whether mail from this address would be taken, found out without handing anything over.

        Returns how much the provider takes, if it says so, with all that it counts as ``used_elsewhere``. Raises
        ProviderError.
        """
        ...

    def submit(self, letters: Sequence[Letter]) -> Iterable[Receipt]:
        """Hand a batch over; one receipt for each recipient, in any order, as soon as it is known.

        Letters of one edition have the very same wire, and come together. A recipient whose message cannot be made is
        *refused*; one handed over without an answer is *uncertain*. Before each message goes out, its letter is asked
        (``Letter.message`` does that too), and what that raises is passed on. Raises ProviderError where the provider
        refuses altogether: recipients without a receipt were then not handed over.
        """
        ...

    def close(self) -> None:
        """Give connections back."""
        ...


class KeepsMessages(Protocol):
    """A provider that keeps messages as files of the newsletter, as the outbox does."""

    def forget(self, key: str, is_theirs: Callable[[str], bool]) -> int:
        """Delete all messages to the reader with this key, and service messages to their addresses; return how many.

        ``is_theirs`` tells whether an address is or was the reader's. Raises ProviderError.
        """
        ...


class Factory(Protocol):
    """Makes a provider out of its table in newsletter.toml; what an entry point of ``newsletter.providers`` names."""

    def __call__(self, options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> Provider:
        """``options`` without the name, relative paths from ``root``, secrets from ``environment``.

        Raises SettingsError for options it does not take.
        """
        ...


class Hook(Protocol):
    """Reads what a provider posts to ``/hooks/<its name>``; called from several threads."""

    def read(self, body: bytes, now: datetime) -> Sequence[Event]:
        """The events that a request's body has.

        Raises HookError for what is not the provider's, HookBusyError for what it may post again later.
        """
        ...


class HookFactory(Protocol):
    """Makes a hook out of a provider's table; what an entry point of ``newsletter.hooks`` names."""

    def __call__(self, options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> Hook | None:
        """None where the options name nobody who may post. Raises SettingsError."""
        ...


class SuppressionList(Protocol):
    """A provider's own list of addresses that it does not mail."""

    def each(self) -> Iterable[tuple[str, SuppressionReason, datetime]]:
        """Addresses, why, and since when. Raises ProviderError."""
        ...

    def add(self, address: str, reason: SuppressionReason) -> None:
        """Put an address on it. Raises ProviderError."""
        ...

    def remove(self, address: str) -> bool:
        """Take an address off it; whether it was on it. Raises ProviderError."""
        ...


class SuppressionListFactory(Protocol):
    """Opens a list out of a provider's table; what an entry point of ``newsletter.suppression_lists`` names."""

    def __call__(self, options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> SuppressionList:
        """Raises SettingsError, ProviderError."""
        ...


def open_hook(name: str, options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> Hook | None:
    """What reads a provider's posts; None where it has none, or newsletter.toml does not say who may post."""
    for point in _installed(HOOKS, name):
        factory: HookFactory = point.load()
        return factory(options, root=root, environment=environment)
    return None


def open_suppression_list(
    name: str, options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]
) -> SuppressionList:
    """A provider's own list. Raises SettingsError where it has none."""
    for point in _installed(SUPPRESSION_LISTS, name):
        factory: SuppressionListFactory = point.load()
        return factory(options, root=root, environment=environment)
    raise SettingsError(f"the provider {name} has no list of addresses of its own", hint="there is nothing to do")


def open_kept_messages(options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> KeepsMessages:
    """The messages in the outbox that newsletter.toml describes. Raises SettingsError."""
    from newsletter.providers.outbox import open_outbox

    return open_outbox(options, root=root, environment=environment)


def names() -> list[str]:
    """The names of all providers that are installed."""
    return sorted(point.name for point in _installed(ENTRY_POINTS))


def open_provider(name: str, options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> Provider:
    """The provider that newsletter.toml names. Raises SettingsError where there is none or it refuses its options."""
    points = _installed(ENTRY_POINTS, name)
    if not points:
        raise SettingsError(f"no provider {name!r}", hint=f"[provider] name is one of: {', '.join(names())}")
    factory: Factory = points[0].load()
    return factory(options, root=root, environment=environment)


def _installed(group: str, name: str | None = None) -> list[EntryPoint]:
    return [point for point in _entry_points(group) if name in (None, point.name)]


@cache
def _entry_points(group: str) -> tuple[EntryPoint, ...]:
    """Return what is installed in a group. Finding out reads a file of every installed package."""
    return tuple(entry_points(group=group))
