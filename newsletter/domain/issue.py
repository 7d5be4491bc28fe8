"""The words of an issue as values: topics, entries, sections, the newsletter they belong to. No I/O."""

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
    """The slug of a title or a topic's name: ``[a-z0-9-]``, 1 to 80 characters, ``untitled`` where nothing is left."""
    return slugify(text, max_length=80, word_boundary=False).strip("-") or "untitled"


@dataclass(frozen=True, slots=True, kw_only=True)
class Topic:
    """What an entry is about and a reader follows. ``declared`` is false where newsletter.toml does not know it."""

    slug: str
    name: str
    aliases: tuple[str, ...] = ()
    parent: str | None = None
    declared: bool = True


class Topics:
    """The declared topics, a forest; any other name is a topic by its own slug.

    ``clashes`` holds every (name, slug it means, slug that wanted it too).
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
        # Slugs that readers may follow from before a topic was renamed, and what they mean now.
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
        """The topic meant by a slug, a name or an alias, in any case; an undeclared one where none is."""
        known = self._by_name.get(_folded(name)) or self._by_name.get(slug_of(name)) or self._former.get(slug_of(name))
        if known is not None:
            return self._by_slug[known]
        return Topic(slug=slug_of(name), name=name.strip(), declared=False)

    @property
    def former(self) -> Mapping[str, str]:
        """The slugs that topics had before, and those that they have now."""
        return self._former

    def current(self, slug: str) -> str:
        """Return the slug that a topic has now, given one that it has or had: the slug of an alias."""
        return self._former.get(slug, slug)

    def with_former(self, slugs: Iterable[str]) -> frozenset[str]:
        """Return these slugs, and those that their topics had before: readers may still follow them by those."""
        wanted = frozenset(slugs)
        return wanted.union(former for former, slug in self._former.items() if slug in wanted)

    def ancestors(self, slug: str) -> tuple[str, ...]:
        """Parent, grandparent and so on, nearest first."""
        found: list[str] = []
        topic = self._by_slug.get(slug)
        while topic is not None and topic.parent is not None and topic.parent not in found:
            found.append(topic.parent)
            topic = self._by_slug.get(topic.parent)
        return tuple(found)

    def covered(self, slug: str) -> frozenset[str]:
        """The topic and everything below it: what somebody gets who follows it."""
        found = {slug}
        waiting = [slug]
        while waiting:
            below = [child for child in self._children.get(waiting.pop(), ()) if child not in found]
            found.update(below)
            waiting.extend(below)
        return frozenset(found)

    def kin(self, slug: str) -> frozenset[str]:
        """The topics whose followers follow this one too, wholly or in part: itself, those above, those below.

        By their slugs of today and of before.
        """
        return self.with_former(self.covered(slug).union(self.ancestors(slug)))


def _folded(name: str) -> str:
    return " ".join(name.split()).casefold()


class BlockKind(StrEnum):
    """What a piece of an entry's body is."""

    FRAMING = "framing"
    QUOTATION = "quotation"


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """Consecutive Markdown of one kind; a quotation comes without its ``>``. ``line`` says where it starts."""

    kind: BlockKind
    markdown: str
    line: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """One pick: a link, its source, the editor's framing, a quotation, topics as they were written.

    ``lines`` says on which line of ``path`` each field stands.
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
        """Where a field stands, or the top of the file."""
        return Place(path=self.path, line=self.lines.get(name, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """Entries under a common heading, or without one."""

    title: str | None
    entries: tuple[Entry, ...]


class Otherwise(StrEnum):
    """What a reader of a tailored issue gets whose topics match no entry."""

    SKIP = "skip"
    FULL = "full"


@dataclass(frozen=True, slots=True, kw_only=True)
class Tailored:
    """What newsletter.toml, or an issue's own file, says of tailoring; None where it says nothing."""

    always: bool | None = None
    minimum: int | None = None
    maximum: int | None = None
    otherwise: Otherwise | None = None


@dataclass(frozen=True, slots=True, kw_only=True)
class Correction:
    """What was wrong in an issue when it was sent, in Markdown; ``entry`` is the slug of that which it is about."""

    date: datetime.date
    text: str
    entry: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Issue:
    """One dated number of the newsletter.

    ``note`` is Markdown, with merge fields. ``segments`` are slugs; empty means everyone. ``tailored`` is what its own
    file says; ``pinned`` are slugs of entries that every reader of a tailored issue gets. A ``digest`` is for readers
    who want one message a week. ``corrections`` came after it was sent.
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
        """All entries, in the editor's order."""
        return tuple(entry for section in self.sections for entry in section.entries)

    def place(self, name: str = "") -> Place:
        """Where a field stands, or the top of the file."""
        return Place(path=self.path, line=self.lines.get(name, 1))


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailbox:
    """A display name and an address, as in a From header."""

    address: str
    name: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class ThemeSettings:
    """What newsletter.toml says of the theme: its name and the values that override the theme's own."""

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
    """The publication: everything that newsletter.toml says of it to an issue.

    ``language`` is a BCP 47 tag, ``time_zone`` an IANA name, ``base_url`` has no trailing slash. ``attributes`` are the
    further columns of subscribers that a merge field may name. ``weekly_digest`` says that there is one to choose.
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
        """Return the time zone by which people read all times."""
        return ZoneInfo(self.time_zone)
