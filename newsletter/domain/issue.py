"""An issue's content as values: entries and blocks in sections, and the rules for tailoring them. No I/O."""

import datetime
from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from newsletter.domain.blocks import Block
from newsletter.errors import Place


class PassageKind(StrEnum):
    """A kind of passage in an entry's body."""

    FRAMING = "framing"  # in the editor's words
    QUOTATION = "quotation"  # in the words of the linked page


@dataclass(frozen=True, slots=True, kw_only=True)
class Passage:
    """A run of Markdown of one kind, starting at ``line``; a quotation has no ``>`` marks."""

    kind: PassageKind
    markdown: str
    line: int = field(default=1, compare=False)

    @property
    def announces(self) -> bool:
        """Return whether it is framing that ends with a colon, so that a quotation has to follow."""
        return self.kind is PassageKind.FRAMING and self.markdown.rstrip().endswith((":", "："))


ACCESS_FIELDS = ("label", "language", "kind", "minutes", "paywall", "gift")
"""The fields of an entry that say what awaits a reader behind its link."""

TIMING_FIELDS = ("not_before", "reserve", "best_before")
"""The fields of an entry that say when it may run."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entry:
    """A pick: a link, its source, the editor's framing, a quotation, and topics as the editor wrote them.

    ``image`` is an https address, or the name of a file in the folder of pictures; ``image_size`` is its width and
    height in pixels, known once the name is replaced by an address (``newsletter.domain.pictures``).
    ``label`` is the verb of its link: ``read``, ``listen``, ``watch``, or a word of the editor's own. ``language`` is a
    BCP 47 tag, empty for the newsletter's. ``kind`` names what is linked (``video``, ``paper``), and ``minutes`` is the
    time that reading it takes. ``gift`` is a link past the paywall. Nothing of it may be published earlier than
    ``not_before``, in the newsletter's time zone. An entry in ``reserve`` waits for a day that needs one, until its
    ``best_before``. ``by`` is the address of the person whose entry it is, who may change it whatever their role; no
    reader gets it. ``lines`` has the line of each field in the file at ``path``.
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
    image_size: tuple[int, int] | None = None
    label: str = ""
    language: str = ""
    kind: str = ""
    minutes: int | None = None
    paywall: bool = False
    gift: str = ""
    not_before: datetime.datetime | None = None
    reserve: bool = False
    best_before: datetime.date | None = None
    passages: tuple[Passage, ...] = ()
    by: str = field(default="", compare=False)
    path: str = field(default="", compare=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        """Return its name in lists for the editor."""
        return self.slug

    @property
    def is_entry(self) -> bool:
        """Return True: templates ask it of entries and blocks."""
        return True

    def place(self, name: str = "") -> Place:
        """Return the place of a field, or the top of the file."""
        return Place(path=self.path, line=self.lines.get(name, 1))


Item = Entry | Block


@dataclass(frozen=True, slots=True, kw_only=True)
class Section:
    """A group of entries and blocks in the editor's order, with or without a heading."""

    title: str | None
    items: tuple[Item, ...]

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Return its entries."""
        return tuple(item for item in self.items if isinstance(item, Entry))

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Return its blocks."""
        return tuple(item for item in self.items if isinstance(item, Block))


class Otherwise(StrEnum):
    """A rule for readers of a tailored issue whose topics match no entry."""

    SKIP = "skip"  # they get no message
    FULL = "full"  # they get every entry they haven't excluded


@dataclass(frozen=True, slots=True, kw_only=True)
class TailoringFields:
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
    readers who want one message a week. ``corrections`` were added after it was sent. If ``language`` isn't empty, the
    issue is in that language and goes only to its readers.
    """

    slug: str
    date: datetime.date
    subject: str
    preheader: str = ""
    number: int | None = None
    segments: tuple[str, ...] = ()
    sections: tuple[Section, ...] = ()
    note: str = ""
    tailored: TailoringFields = field(default_factory=TailoringFields)
    pinned: frozenset[str] = frozenset()
    digest: bool = False
    language: str = ""
    corrections: tuple[Correction, ...] = ()
    path: str = field(default="", compare=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)

    @property
    def items(self) -> tuple[Item, ...]:
        """Return all entries and blocks in the editor's order."""
        return tuple(item for section in self.sections for item in section.items)

    @property
    def entries(self) -> tuple[Entry, ...]:
        """Return all entries in the editor's order."""
        return tuple(item for item in self.items if isinstance(item, Entry))

    @property
    def blocks(self) -> tuple[Block, ...]:
        """Return all blocks in the editor's order."""
        return tuple(item for item in self.items if isinstance(item, Block))

    @property
    def topical_blocks(self) -> tuple[Block, ...]:
        """Return the blocks with topics: readers' editions have them by their topics, like entries."""
        return tuple(block for block in self.blocks if block.topics)

    @property
    def by_position(self) -> tuple[Item, ...]:
        """Return the items that editions are tailored from, by position: all entries, then the blocks with topics."""
        return (*self.entries, *self.topical_blocks)

    def place(self, name: str = "") -> Place:
        """Return the place of a field, or the top of the file."""
        return Place(path=self.path, line=self.lines.get(name, 1))
