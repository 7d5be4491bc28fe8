"""Providers, their webhooks and their suppression lists, opened by the name of their entry point.

``base`` has the protocols. The built-in ones are registered in ``pyproject.toml``, as other packages' are in theirs.
"""

from collections.abc import Mapping
from functools import cache
from importlib.metadata import EntryPoint, entry_points
from pathlib import Path
from typing import Any

from newsletter.errors import SettingsError
from newsletter.providers.base import (
    Hook,
    HookFactory,
    KeptMessages,
    Provider,
    ProviderFactory,
    SuppressionList,
    SuppressionListFactory,
)

__all__ = [
    "ENTRY_POINTS",
    "HOOKS",
    "SUPPRESSION_LISTS",
    "Hook",
    "HookFactory",
    "KeptMessages",
    "Provider",
    "ProviderFactory",
    "SuppressionList",
    "SuppressionListFactory",
    "open_hook",
    "open_kept_messages",
    "open_provider",
    "open_suppression_list",
    "provider_names",
]

ENTRY_POINTS = "newsletter.providers"
HOOKS = "newsletter.hooks"
SUPPRESSION_LISTS = "newsletter.suppression_lists"


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


def open_kept_messages(options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> KeptMessages:
    """Open the outbox configured in newsletter.toml. Raise SettingsError."""
    from newsletter.providers.outbox import open_outbox

    return open_outbox(options, root=root, environment=environment)


def provider_names() -> list[str]:
    """Return the names of all installed providers."""
    return sorted(point.name for point in _installed(ENTRY_POINTS))


def open_provider(name: str, options: Mapping[str, Any], *, root: Path, environment: Mapping[str, str]) -> Provider:
    """Open the provider named in newsletter.toml. Raise SettingsError if it is unknown or rejects its options."""
    points = _installed(ENTRY_POINTS, name)
    if not points:
        known = ", ".join(provider_names())
        raise SettingsError(f"no provider {name!r}", hint=f"set [provider] name to one of: {known}")
    factory: ProviderFactory = points[0].load()
    return factory(options, root=root, environment=environment)


def _installed(group: str, name: str | None = None) -> list[EntryPoint]:
    return [point for point in _entry_points(group) if name in (None, point.name)]


@cache
def _entry_points(group: str) -> tuple[EntryPoint, ...]:
    """Return the installed entry points of a group. Cached, as the lookup reads a file of every installed package."""
    return tuple(entry_points(group=group))
