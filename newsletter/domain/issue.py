"""An issue's content as values: topics, entries, sections, and the newsletter that they belong to. No I/O."""

import datetime
import re
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from enum import StrEnum
from functools import lru_cache
from zoneinfo import ZoneInfo

from slugify import slugify

from newsletter.domain.tracking import CountingSettings
from newsletter.errors import Place

SLUG = re.compile(r"[a-z0-9](?:[a-z0-9-]{0,78}[a-z0-9])?")


@lru_cache(maxsize=4096)
def slug_of(text: str) -> str:
    """Return the slug of a title or topic name: ``[a-z0-9-]``, 1 to 80 characters; ``untitled`` if nothing is left."""
    return slugify(text, max_length=80, word_boundary=False).strip("-") or "untitled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """A subject of entries that readers can follow. ``declared`` is false if newsletter.toml doesn't list it."""

    slug: str
    name: str
    aliases: tuple[str, ...] = ()
    parent: str | None = None
    declared: bool = True


class Topics:
    """A forest of the declared topics; any other name is a topic with a slug of its own.

    ``clashes`` lists every name that two topics claim: (name, slug it means, slug of the other topic).
    """

    def __init__(self, declared: Iterable[Topic] = ()) -> None:
        self._by_slug = {topic.slug: topic for topic in declared}
        self._by_name: dict[str, str] = {slug: slug for slug in self._by_slug}
        self.clashes: list[tuple[str, str, str]] = []
        for topic in self._by_slug.values():
            for name in (topic.name, *topic.aliases):
                meant = self._by_name.setdefault(_folded(name), topic.slug)
                if meant != topic.slug:
                    self.clashes.append((name, meant, topic.slug))
        # Slugs that readers may still follow from before a topic was renamed, and its current slug.
        self._former: dict[str, str] = {}
        for topic in self._by_slug.values():
            for name in (*topic.aliases, topic.name):
                former = slug_of(name)
                if former not in self._by_slug:
                    self._former.setdefault(former, topic.slug)
        self._children: dict[str, list[str]] = {}
        for topic in self._by_slug.values():
            if topic.parent is not None:
                self._children.setdefault(topic.parent, []).append(topic.slug)

    def __iter__(self) -> Iterator[Topic]:
        return iter(self._by_slug.values())

    def find(self, name: str) -> Topic:
        """Return the topic with this slug, name or alias, ignoring case; an undeclared topic if there is none."""
        known = self._by_name.get(_folded(name)) or self._by_name.get(slug_of(name)) or self._former.get(slug_of(name))
        if known is not None:
            return self._by_slug[known]
        return Topic(slug=slug_of(name), name=name.strip(), declared=False)

    @property
    def former(self) -> Mapping[str, str]:
        """Return the current slug of each former slug."""
        return self._former

    def current(self, slug: str) -> str:
        """Return a topic's current slug, given its current or a former one (the slug of an alias)."""
        return self._former.get(slug, slug)

    def with_former(self, slugs: Iterable[str]) -> frozenset[str]:
        """Return these slugs and the former slugs of their topics, which readers may still follow."""
        wanted = frozenset(slugs)
        return wanted.union(former for former, slug in self._former.items() if slug in wanted)

    def ancestors(self, slug: str) -> tuple[str, ...]:
        """Return the parent, grandparent and so on, nearest first."""
        parents: list[str] = []
        topic = self._by_slug.get(slug)
        while topic is not None and topic.parent is not None and topic.parent not in parents:
            parents.append(topic.parent)
            topic = self._by_slug.get(topic.parent)
        return tuple(parents)

    def covered(self, slug: str) -> frozenset[str]:
        """Return the topic and all topics below it, which its followers follow too."""
        covered = {slug}
        waiting = [slug]
        while waiting:
            below = [child for child in self._children.get(waiting.pop(), ()) if child not in covered]
            covered.update(below)
            waiting.extend(below)
        return frozenset(covered)

    def kin(self, slug: str) -> frozenset[str]:
        """Return the slugs of topics whose followers follow this one in whole or in part, former slugs included.

        They are the topic itself, its ancestors and its descendants.
        """
        return self.with_former(self.covered(slug).union(self.ancestors(slug)))


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


class BlockKind(StrEnum):
    """A kind of block in an entry's body."""

    FRAMING = "framing"
    QUOTATION = "quotation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A run of Markdown of one kind, starting at ``line``; a quotation has no ``>`` marks."""

    kind: BlockKind
    markdown: str
    line: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A pick: a link, its source, the editor's framing, a quotation, and topics as the editor wrote them.

    ``lines`` has the line of each field in the file at ``path``.
    """

    slug: str
    title: str
    url: str
    source: str
    author: str | None = None
    date: datetime.date | None = None
    topics: tuple[str, ...] = ()
    image: str | None = None
    image_alt: str | None = None
    blocks: tuple[Block, ...] = ()
    path: str = field(default="", compare=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)

    def place(self, name: str = "") -> Place:
        """Return the place of a field, or the top of the file."""
        return Place(path=self.path, line=self.lines.get(name, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A group of entries, with or without a heading."""

    title: str | None
    entries: tuple[Entry, ...]


class Otherwise(StrEnum):
    """A rule for readers of a tailored issue whose topics match no entry."""

    SKIP = "skip"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tailored:
    """The tailoring fields of newsletter.toml or of an issue's file; a field that isn't given is None."""

    always: bool | None = None
    minimum: int | None = None
    maximum: int | None = None
    otherwise: Otherwise | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """A note, in Markdown, about a mistake in an issue that was sent; ``entry`` is the slug of the entry concerned."""

    date: datetime.date
    text: str
    entry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """A dated number of the newsletter.

    ``note`` is Markdown with merge fields. ``segments`` are slugs; empty means everyone. ``tailored`` has the fields of
    its own file. ``pinned`` are slugs of entries that every reader of a tailored issue gets. A ``digest`` is for
    readers who want one message a week. ``corrections`` were added after it was sent.
    """

    slug: str
    date: datetime.date
    subject: str
    preheader: str = ""
    number: int | None = None
    segments: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    note: str = ""
    tailored: Tailored = field(default_factory=Tailored)
    pinned: frozenset[str] = frozenset()
    digest: bool = False
    corrections: tuple[Correction, ...] = ()
    path: str = field(default="", compare=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Return all entries in the editor's order."""
        return tuple(entry for section in self.sections for entry in section.entries)

    def place(self, name: str = "") -> Place:
        """Return the place of a field, or the top of the file."""
        return Place(path=self.path, line=self.lines.get(name, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A display name and an address, as in a From header."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeSettings:
    """The theme settings of newsletter.toml: its name, and values that override the theme's own."""

    name: str = "default"
    logo: str | None = None
    logo_dark: str | None = None
    logo_alt: str | None = None
    logo_width: int = 160
    colors: Mapping[str, str] = field(default_factory=dict)
    dark_colors: Mapping[str, str] = field(default_factory=dict)
    fonts: Mapping[str, str] = field(default_factory=dict)
    labels: Mapping[str, str] = field(default_factory=dict)


@dataclass(frozen=True, slots=True, kw_only=True)
class Newsletter:
    """A publication: the settings of newsletter.toml that an issue needs.

    ``language`` is a BCP 47 tag, ``time_zone`` an IANA name; ``base_url`` has no trailing slash. ``attributes`` are
    custom fields of subscribers that a merge field may name. With ``weekly_digest`` readers can choose a digest.
    """

    name: str
    sender: Mailbox
    postal_address: str
    base_url: str
    reply_to: Mailbox | None = None
    language: str = "en"
    time_zone: str = "UTC"
    attributes: tuple[str, ...] = ()
    weekly_digest: bool = False
    topics: Topics = field(default_factory=Topics)
    tailored: Tailored = field(default_factory=Tailored)
    theme: ThemeSettings = field(default_factory=ThemeSettings)
    counting: CountingSettings = field(default_factory=CountingSettings)

    @property
    def zone(self) -> ZoneInfo:
        """Return the time zone in which all times are shown."""
        return ZoneInfo(self.time_zone)
