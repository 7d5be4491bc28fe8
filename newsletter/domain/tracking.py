"""What readers follow and open, as far as a publisher counts it: links, clicks, opens, and which a machine did. No I/O.

Nothing is counted unless newsletter.toml says so. A machine's clicks and opens are kept beside the others, and never
count as a person's.
"""

import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from enum import StrEnum
from ipaddress import IPv4Network, IPv6Network, ip_address
from typing import TypeVar


class Counting(StrEnum):
    """What is counted: nothing, how often, or also by whom."""

    OFF = "off"
    AGGREGATE = "aggregate"
    INDIVIDUAL = "individual"


class Machine(StrEnum):
    """Why a click or an open is taken for a machine's."""

    HEAD = "head"
    PREFETCH = "prefetch"
    PROGRAM = "program"
    SCANNER = "scanner"
    TOO_SOON = "too soon"
    BURST = "burst"
    TRAP = "trap"


@dataclass(frozen=True, slots=True, kw_only=True)
class CountingSettings:
    """What newsletter.toml says of counting.

    ``scanners`` are networks of mail security programs, which open every link. Links to other sites get the parameters
    ``utm_source``, ``utm_medium`` and ``utm_campaign``, the issue, where ``utm_source`` is not empty.
    """

    clicks: Counting = Counting.OFF
    opens: Counting = Counting.OFF
    scanners: tuple[IPv4Network | IPv6Network, ...] = ()
    utm_source: str = ""
    utm_medium: str = "email"

    @property
    def names_readers(self) -> bool:
        """Whether anything is counted by reader."""
        return Counting.INDIVIDUAL in (self.clicks, self.opens)


TRAP = 0  # the number of a link that people do not see
AT_ONCE, LINKS = timedelta(seconds=2), 3  # nobody follows so many links in such a time
TOO_SOON = timedelta(seconds=5)  # after a message was delivered
_PURPOSES = ("sec-purpose", "purpose", "x-purpose", "x-moz")  # headers
_AHEAD = re.compile("prefetch|preview", re.IGNORECASE)
_PROGRAM = re.compile(
    r"(?<!cu)bot\b|bots\b|crawl|spider|scan|preview|monitor|check|fetch|python|curl|wget|httpclient|http-client|okhttp|java/|go-http"
    r"|libwww|headless|phantom|axios|node|ruby|perl|php|guzzle|undici|reqwest|dart:|whatsapp/|mastodon/|imgproxy",
    re.IGNORECASE,
)


def machine_of(
    method: str, headers: Mapping[str, str], client: str, scanners: Iterable[IPv4Network | IPv6Network]
) -> Machine | None:
    """Why one request by itself is taken for a machine's; None where it may be a person's.

    ``headers`` are by their names in small letters.
    """
    agent = headers.get("user-agent", "").strip()
    if method == "HEAD":
        return Machine.HEAD
    # Apple's Mail Privacy Protection fetches images of messages that nobody has opened, and says just this.
    if agent == "Mozilla/5.0" or any(_AHEAD.search(headers.get(name, "")) for name in _PURPOSES):
        return Machine.PREFETCH
    if not agent or _PROGRAM.search(agent):
        return Machine.PROGRAM
    return Machine.SCANNER if _within(client, scanners) else None


def _within(client: str, networks: Iterable[IPv4Network | IPv6Network]) -> bool:
    try:
        address = ip_address(client)
    except ValueError:
        return False
    return any(address in network for network in networks)


@dataclass(frozen=True, slots=True, kw_only=True)
class Link:
    """A link of an issue that is counted, by its number in the issue.

    ``entry`` is the slug of the entry that it is in, ``position`` where that stands in the issue, from 1, ``topics``
    the slugs of what it is about; of a link outside of every entry they are empty and 0.
    """

    number: int
    url: str
    entry: str = ""
    position: int = 0
    topics: tuple[str, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class StoredLink:
    """Where a link leads, and of which send it is."""

    send: int
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class Response:
    """A click on a link, or an open where ``link`` is None: of a person, or of a ``machine``.

    ``reader`` is the subscriber's key where it is known who it was.
    """

    send: int
    link: int | None
    at: datetime
    reader: str = ""
    machine: Machine | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Count:
    """How often: by people, by machines; and how many different ``readers`` did it, 0 where that is not known."""

    people: int = 0
    machines: int = 0
    readers: int = 0


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkCount:
    """How often a link was followed."""

    link: Link
    count: Count


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueCounts:
    """What came of the links and of the opening of an issue; ``links`` has each that is counted, by number."""

    links: tuple[LinkCount, ...] = ()
    clicks: Count = field(default_factory=Count)
    opens: Count = field(default_factory=Count)

    def by_entry(self) -> Mapping[str, int]:
        """Clicks of people by the slug of the entry, in the issue's order, those without any too."""
        return _sums((one.link.entry, one.count.people) for one in self.links if one.link.entry)

    def by_position(self) -> Mapping[int, int]:
        """Clicks of people by where the entry stands in the issue, from 1."""
        return _sums((one.link.position, one.count.people) for one in self.links if one.link.position)

    def by_topic(self) -> Mapping[str, int]:
        """Clicks of people by the slug of each topic of the entry, most first."""
        sums = _sums((topic, one.count.people) for one in self.links for topic in one.link.topics)
        return dict(sorted(sums.items(), key=lambda pair: (-pair[1], pair[0])))


_Key = TypeVar("_Key")


def _sums(pairs: Iterable[tuple[_Key, int]]) -> dict[_Key, int]:
    sums: Counter[_Key] = Counter()
    for key, number in pairs:
        sums[key] += number
    return dict(sums)
