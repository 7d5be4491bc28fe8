"""The values that templates see: plain values of an issue, readers' values as placeholders, labels, namespaces."""

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from markupsafe import Markup, escape

from newsletter.message.template import Slot
from newsletter.rendering.placeholders import Placeholders


class Namespace:
    """A namespace that gives templates access to its values only: ``colors.accent``."""

    __slots__ = ("_values",)

    def __init__(self, values: Mapping[str, object]) -> None:
        self._values = values

    def __getitem__(self, name: str) -> object:
        return self._values[name]

    @property
    def names(self) -> tuple[str, ...]:
        """Return the names of all values."""
        return tuple(self._values)


class MergeValue:
    """A reader's value, printed as a placeholder. ``| default("reader")`` sets the text for readers without one."""

    __slots__ = ("_placeholders", "_slot")

    def __init__(self, slot: Slot, placeholders: Placeholders) -> None:
        self._slot, self._placeholders = slot, placeholders

    def or_default(self, default: str) -> "MergeValue":
        """Return the same value with a default."""
        return MergeValue(Slot(self._slot.name, default), self._placeholders)

    def __html__(self) -> str:
        return self._placeholders.slot(self._slot)

    def __str__(self) -> str:
        return self._placeholders.slot(self._slot)


class Label:
    """A theme's label, printed as it is or called with values for its braces."""

    __slots__ = ("_comma", "_isolate", "_pieces", "_text")

    def __init__(self, text: str, comma: str, isolate: Callable[[str], str], plain: Callable[[str], str]) -> None:
        self._text, self._comma, self._isolate = text, plain(comma), isolate
        self._pieces = [piece if index % 2 else plain(piece) for index, piece in enumerate(_FIELD.split(text))]

    def __call__(self, **values: object) -> str:
        first, *rest = self._pieces
        return first + first[:0].join(
            self._value(values[piece]) if index % 2 == 0 else piece for index, piece in enumerate(rest)
        )

    def _value(self, value: object) -> str:
        if isinstance(value, Markup):  # the output of a template
            return value
        if isinstance(value, tuple):
            return self._comma.join(self._isolate(str(item)) for item in value)
        return self._isolate(str(value))

    def __html__(self) -> str:
        return escape(self._text)

    def __str__(self) -> str:
        return self._text


_FIELD = re.compile(r"\{(\w+)\}")


def label_fields(label: str) -> frozenset[str]:
    """Return the names in a label's braces."""
    return frozenset(_FIELD.findall(label))


@dataclass(frozen=True, slots=True, kw_only=True)
class PassageView:
    """A quotation or framing. ``body`` is finished HTML or text, and most of it runs in ``direction``.

    ``language`` is a BCP 47 tag if a quotation's is known, else "". A quotation is ``announced`` if the framing before
    it ends with a colon.
    """

    quotation: bool
    body: str
    direction: str
    language: str = ""
    announced: bool = False


@dataclass(frozen=True, slots=True, kw_only=True)
class TopicView:
    """A topic, printed as its name, with the URL of its page in the archive."""

    name: str
    url: str

    def __str__(self) -> str:
        return self.name


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """An entry. ``level`` is the heading level of its title; ``date`` is written out.

    ``language`` is a BCP 47 tag if the file states one, else ""; ``direction`` is that of its title. ``url`` is the
    gift link if there is one. ``label`` is the verb of the link as a word of its own, and ``more`` a phrase with the
    source. ``facts`` are for a line below the title: the author unless it's the source, the date, the reading time and
    whether it costs anything. ``number`` is its position in the reader's edition, from 1; ``positions`` has that in the
    issue, from 0. ``index`` counts the issue's entries and blocks, from 0.
    """

    title: str
    url: str
    source: str
    author: str
    date: str
    facts: tuple[str | Label, ...]
    undated_facts: tuple[str | Label, ...]
    image: str
    image_alt: str
    image_size: tuple[int, int] | None
    topics: tuple[TopicView, ...]
    passages: tuple[PassageView, ...]
    language: str
    direction: str
    kind: str
    label: str
    more: str
    minutes: int | None
    paywall: bool
    gift: bool
    level: int
    number: str
    index: int
    positions: tuple[int, ...]

    @property
    def is_entry(self) -> bool:
        """Return True: a section's items are entries and blocks."""
        return True


@dataclass(frozen=True, slots=True, kw_only=True)
class LinkView:
    """A link in a list of links; ``source`` and ``kind`` ("video") may be empty."""

    title: str
    url: str
    source: str
    kind: str
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockView:
    """A block: a ``kind`` of ``note``, ``links``, ``quote``, ``sponsor`` or ``image``, and the fields it may have.

    ``body`` is finished HTML or text: the words of a note, quote or sponsor, the introduction of a list, the caption of
    an image. Most of it runs in ``direction``. ``level`` is the heading level of its title. ``positions`` are those of
    the entries that it goes with; a block without any is in every edition. ``index`` is as in an entry.
    """

    kind: str
    title: str
    body: str
    direction: str
    who: str
    where: str
    url: str
    links: tuple[LinkView, ...]
    image: str
    image_alt: str
    image_size: tuple[int, int] | None
    level: int
    index: int
    positions: tuple[int, ...]

    @property
    def is_entry(self) -> bool:
        """Return False: a section's items are entries and blocks."""
        return False


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """A section: entries and blocks under a heading, or without one if ``title`` is empty.

    ``positions`` are those of all it has, or none if something in it is in every edition.
    """

    title: str
    items: tuple[EntryView | BlockView, ...]
    positions: tuple[int, ...]

    @property
    def entries(self) -> tuple[EntryView, ...]:
        """Return its entries."""
        return tuple(item for item in self.items if isinstance(item, EntryView))


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentsRow:
    """A row of the table of contents: an entry's title, and its ``number`` in the reader's edition, from 1."""

    number: str
    title: str
    url: str
    source: str
    index: int
    positions: tuple[int, ...]
    least: int


@dataclass(frozen=True, slots=True, kw_only=True)
class ContentsView:
    """A table of contents, which editions with fewer than ``least`` entries don't have."""

    rows: tuple[ContentsRow, ...]
    positions: tuple[int, ...]
    least: int


Part = BlockView | ContentsRow | ContentsView | EntryView | SectionView


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueView:
    """An issue. ``date`` is written out, ``iso_date`` is not; ``note`` is finished HTML or text.

    ``picks`` and ``minutes`` are the number of entries and listed links in the reader's edition, and the time it takes
    to read, in words.
    """

    slug: str
    date: str
    iso_date: str
    number: int | None
    subject: str
    preheader: str
    note: str
    picks: str
    minutes: str
    contents: ContentsView | None
    sections: tuple[SectionView, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class NewsletterView:
    """A newsletter with its settings from newsletter.toml."""

    name: str
    postal_address: str
    base_url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class LogoView:
    """An image in place of the newsletter's name: ``width`` in CSS pixels, ``dark`` the address for dark mode or ""."""

    url: str
    alt: str
    width: int
    dark: str = ""


VIEWS = (
    PassageView,
    TopicView,
    EntryView,
    LinkView,
    BlockView,
    ContentsRow,
    ContentsView,
    IssueView,
    LogoView,
    NewsletterView,
    SectionView,
)
