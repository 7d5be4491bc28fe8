"""Checks for the example values of a new newsletter, which no reader should get."""

import re
import tomllib
from collections.abc import Iterator
from ipaddress import ip_address
from urllib.parse import urlsplit

from newsletter.checks.places import at
from newsletter.checks.rules import make_finding
from newsletter.domain.blocks import Block
from newsletter.domain.issue import Entry, Issue
from newsletter.domain.publication import Newsletter
from newsletter.errors import Finding, Place
from newsletter.files.toml_lines import setting_place

STREET = "1 Example Street"

# RFC 2606 §3 reserves these for documentation.
_EXAMPLE = re.compile(r"(?:.*\.)?example\.(?:com|net|org)", re.IGNORECASE)


def placeholder_settings(newsletter: Newsletter, settings: str) -> Iterator[Finding]:
    """Yield settings that still have the example values of a new newsletter, or suit a trial only.

    ``settings`` is the text of newsletter.toml.
    """
    hosts = {
        "from": newsletter.sender.address.rpartition("@")[2],
        "reply_to": newsletter.reply_to.address.rpartition("@")[2] if newsletter.reply_to else "",
        "base_url": urlsplit(newsletter.base_url).hostname or "",
    }
    for key, host in hosts.items():
        if _EXAMPLE.fullmatch(host):
            yield make_finding(
                "placeholder-setting", setting_place(settings, key), f"{key} is at {host}, an example's domain"
            )
    if (provider := _provider_host(settings)) and _EXAMPLE.fullmatch(provider):
        place = setting_place(settings, "provider", "host")
        yield make_finding("placeholder-setting", place, f"the provider's host is {provider}, an example's domain")
    if STREET in newsletter.postal_address:
        place = setting_place(settings, "postal_address")
        yield make_finding("placeholder-setting", place, f'postal_address is still "{newsletter.postal_address}"')
    if is_local(hosts["base_url"]):
        yield make_finding("base-url-local", setting_place(settings, "base_url"), f"base_url is {newsletter.base_url}")


def _provider_host(settings: str) -> str:
    try:
        provider = tomllib.loads(settings).get("provider", {})
    except tomllib.TOMLDecodeError:  # changed since the settings were loaded
        return ""
    host = provider.get("host", "") if isinstance(provider, dict) else ""
    return host if isinstance(host, str) else ""


def is_local(host: str) -> bool:
    """Return whether a host name or IP address is a loopback or unspecified one."""
    name = host.lower().rstrip(".")
    if name == "localhost" or name.endswith(".localhost"):  # RFC 6761 §6.3
        return True
    try:
        address = ip_address(name)
    except ValueError:
        return False
    return address.is_loopback or address.is_unspecified


def placeholder_links(issue: Issue) -> Iterator[Finding]:
    """Yield items of an issue that link to an invented page. The bare https://example.org/ is a real one."""
    for item in issue.items:
        yield from _placeholder_link(item.url, at(item, "url"), "entry" if isinstance(item, Entry) else item.kind)
        for link in item.links if isinstance(item, Block) else ():
            yield from _placeholder_link(link.url, Place(path=item.path, line=link.line), "list")


def _placeholder_link(url: str, place: Place, name: str) -> Iterator[Finding]:
    try:
        parts = urlsplit(url)
        host, path = parts.hostname or "", parts.path
    except ValueError:  # reported by ``checks.links``
        return
    if _EXAMPLE.fullmatch(host) and path.strip("/"):
        yield make_finding("placeholder-link", place, f"the {name} links to {host}, which has no such page")
