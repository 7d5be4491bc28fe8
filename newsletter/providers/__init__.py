"""What accepts messages: the protocol, and the registry by name."""

from collections.abc import Iterable, Mapping, Sequence
from importlib.metadata import entry_points
from pathlib import Path
from typing import Any, Protocol

from newsletter.delivery import Receipt
from newsletter.errors import SettingsError
from newsletter.message import Letter
from newsletter.pace import Limits

ENTRY_POINTS = "newsletter.providers"


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


class Factory(Protocol):
    """Makes a provider out of its table in newsletter.toml; what an entry point of ``newsletter.providers`` names."""

    def __call__(self, options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> Provider:
        """``options`` without the name, relative paths from ``root``, secrets from ``environment``.

        Raises SettingsError for options it does not take.
        """
        ...


def names() -> list[str]:
    """The names of all providers that are installed."""
    return sorted(point.name for point in entry_points(group=ENTRY_POINTS))


def open_provider(name: str, options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> Provider:
    """The provider that newsletter.toml names. Raises SettingsError where there is none or it refuses its options."""
    found = entry_points(group=ENTRY_POINTS, name=name)
    if not found:
        raise SettingsError(f"no provider {name!r}", mend=f"[provider] name is one of: {', '.join(names())}")
    factory: Factory = next(iter(found)).load()
    return factory(options, root=root, environment=environment)
