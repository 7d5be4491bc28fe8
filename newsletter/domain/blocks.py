"""Blocks: the parts of an issue that aren't entries. No I/O."""

from collections.abc import Mapping
from dataclasses import dataclass, field
from enum import StrEnum

from newsletter.errors import Place


class BlockKind(StrEnum):
    """A kind of block, and what its ``text`` is."""

    NOTE = "note"  # the editor's words
    LINKS = "links"  # a list of links; the text introduces it
    QUOTE = "quote"  # somebody's words, without a link to go with them
    SPONSOR = "sponsor"  # paid content, always labelled as such
    IMAGE = "image"  # a picture; the text is its caption


@dataclass(frozen=True, slots=True, kw_only=True)
class ListedLink:
    """A link in a list: its title, what the editor says of it (often its publication), and its kind: "video"."""

    title: str
    url: str
    source: str = ""
    kind: str = ""
    line: int = field(default=1, compare=False)


@dataclass(frozen=True, slots=True, kw_only=True)
class Block:
    """A part of an issue that isn't an entry; ``kind`` says which fields it may have.

    ``slug`` is the name of its file, empty for a block that stands in the issue's own file. ``title`` is a heading,
    for a sponsor its name, and ``url`` its link. ``text`` is Markdown; a note's and a sponsor's may have merge
    fields. ``who`` and ``where`` say whose words a quote is and where they were published. ``image`` and
    ``image_size`` are as in an entry. ``in_feeds`` is whether the archive's feeds have it. ``lines`` has the line
    of each field in the file at ``path``.
    """

    kind: BlockKind
    slug: str = ""
    title: str = ""
    text: str = ""
    who: str = ""
    where: str = ""
    url: str = ""
    links: tuple[ListedLink, ...] = ()
    image: str | None = None
    image_alt: str | None = None
    image_size: tuple[int, int] | None = None
    topics: tuple[str, ...] = ()
    in_feeds: bool = True
    path: str = field(default="", compare=False)
    lines: Mapping[str, int] = field(default_factory=dict, compare=False)

    @property
    def name(self) -> str:
        """Return its name in lists for the editor: its file's, or its title or kind if it has no file."""
        return self.slug or (f"{self.kind}: {self.title}" if self.title else self.kind.value)

    @property
    def is_entry(self) -> bool:
        """Return False: templates ask it of entries and blocks."""
        return False

    @property
    def has_merge_fields(self) -> bool:
        """Return whether its text may have merge fields."""
        return self.kind in (BlockKind.NOTE, BlockKind.SPONSOR)

    @property
    def in_every_edition(self) -> bool:
        """Return whether every edition has it: lists of links and sponsors without topics are never tailored away."""
        return not self.topics and self.kind in (BlockKind.LINKS, BlockKind.SPONSOR)

    def place(self, name: str = "") -> Place:
        """Return the place of a field, or the first line of the block."""
        return Place(path=self.path, line=self.lines.get(name, self.lines.get("", 1)))
