"""Click and open tracking, and telling people from machines. No I/O.

Nothing is counted unless newsletter.toml says so. Clicks and opens by machines are kept apart and never count as a
person's.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TypeVar


class TrackingLevel(StrEnum):
    """A level of tracking: none, totals only, or by reader."""

    OFF = "off"  # links stay as the editor wrote them
    AGGREGATE = "aggregate"  # links name the issue only, so nobody can find out whose click it was
    INDIVIDUAL = "individual"  # links name the reader too, unless the reader refused tracking


class MachineReason(StrEnum):
    """A reason to attribute a click or an open to a machine."""

    HEAD = "head"  # browsers follow a link with GET
    PREFETCH = "prefetch"  # the client says that it fetches ahead, or is known to
    PROGRAM = "program"  # the User-Agent is missing or names a program
    SCANNER = "scanner"  # the client is in one of the publisher's ``scanners`` networks
    TOO_SOON = "too soon"  # just after the message arrived: a mail server checks its links before it delivers
    BURST = "burst"  # more links at once than a person can follow
    TRAP = "trap"  # the same client followed the link that people can't see


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingSettings:
    """The tracking settings of newsletter.toml.

    ``scanners`` are networks of mail security programs, which open every link. If ``utm_source`` is not empty, links to
    other sites get the parameters ``utm_source``, ``utm_medium`` and ``utm_campaign`` (the issue).
    """

    clicks: TrackingLevel = TrackingLevel.OFF
    opens: TrackingLevel = TrackingLevel.OFF
    scanners: tuple[IPv4Network | IPv6Network, ...] = ()
    utm_source: str = ""
    utm_medium: str = "email"

    @property
    def tracks_readers(self) -> bool:
        """Return whether anything is counted by reader."""
        return TrackingLevel.INDIVIDUAL in (self.clicks, self.opens)


TRAP = 0  # the number of a link that people can't see
AT_ONCE, LINKS = timedelta(seconds=2), 3  # no person follows that many links in that time
TOO_SOON = timedelta(seconds=5)  # after the message was delivered
_PURPOSES = ("sec-purpose", "purpose", "x-purpose", "x-moz")  # headers
_AHEAD = re.compile("prefetch|preview", re.IGNORECASE)
_PROGRAM = re.compile(
    r"(?<!cu)bot\b|bots\b|crawl|spider|scan|preview|monitor|check|fetch|python|curl|wget|httpclient|http-client|okhttp|java/|go-http"
    r"|libwww|headless|phantom|axios|node|ruby|perl|php|guzzle|undici|reqwest|dart:|whatsapp/|mastodon/|imgproxy",
    re.IGNORECASE,
)


def machine_of(
    method: str, headers: Mapping[str, str], client: str, scanners: Iterable[IPv4Network | IPv6Network]
) -> MachineReason | None:
    """Return why a single request is attributed to a machine, or None if it may be a person's.

    The names of ``headers`` are in lower case.
    """
    agent = headers.get("user-agent", "").strip()
    if method == "HEAD":
        return MachineReason.HEAD
    # Apple's Mail Privacy Protection fetches images of messages that nobody has opened, with this User-Agent.
    if agent == "Mozilla/5.0" or any(_AHEAD.search(headers.get(name, "")) for name in _PURPOSES):
        return MachineReason.PREFETCH
    if not agent or _PROGRAM.search(agent):
        return MachineReason.PROGRAM
    return MachineReason.SCANNER if _within(client, scanners) else None


def _within(client: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    try:
        address = ip_address(client)
    except ValueError:
        return False
    return any(address in network for network in networks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A tracked link of an issue, with its number in the issue.

    ``entry`` is the slug of its entry, and ``position`` the entry's position in the issue, from 1; outside entries they
    are empty and 0. ``topics`` are the slugs of its entry's or block's topics.
    """

    number: int
    url: str
    entry: str = ""
    position: int = 0
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLink:
    """A link's target and send."""

    send: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class ClickOrOpen:
    """A click on a link, or an open if ``link`` is None, by a person or a ``machine``.

    ``reader`` is the subscriber's key if it is known.
    """

    send: int
    link: int | None
    at: datetime
    reader: str = ""
    machine: MachineReason | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class TrackingCount:
    """A count of clicks or opens by people and by machines, and of different ``readers`` (0 if not known)."""

    people: int = 0
    machines: int = 0
    readers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCount:
    """A link and the count of its clicks."""

    link: Link
    count: TrackingCount


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueTracking:
    """The clicks and opens of an issue; ``links`` has every tracked link, by number."""

    links: tuple[LinkCount, ...] = ()
    clicks: TrackingCount = field(default_factory=TrackingCount)
    opens: TrackingCount = field(default_factory=TrackingCount)

    def by_entry(self) -> Mapping[str, int]:
        """Return people's clicks by the entry's slug, in the issue's order, including entries without clicks."""
        return _sums((row.link.entry, row.count.people) for row in self.links if row.link.entry)

    def by_position(self) -> Mapping[int, int]:
        """Return people's clicks by the entry's position in the issue, from 1."""
        return _sums((row.link.position, row.count.people) for row in self.links if row.link.position)

    def by_topic(self) -> Mapping[str, int]:
        """Return people's clicks by the slug of each topic of the entry, most clicks first."""
        sums = _sums((topic, row.count.people) for row in self.links for topic in row.link.topics)
        return dict(sorted(sums.items(), key=lambda pair: (-pair[1], pair[0])))


_Key = TypeVar("_Key")


def _sums(pairs: Iterable[tuple[_Key, int]]) -> dict[_Key, int]:
    sums: Counter[_Key] = Counter()
    for key, number in pairs:
        sums[key] += number
    return dict(sums)
