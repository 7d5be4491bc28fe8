"""The values that a theme's templates see: plain values, authors' prose as finished pieces, readers' as slots."""

import datetime
import re
from collections.abc import Callable, Iterable, Mapping
from dataclasses import dataclass
from itertools import count, zip_longest

from markupsafe import Markup, escape

from newsletter.domain.issue import BlockKind, Entry, Issue
from newsletter.domain.publication import Newsletter
from newsletter.domain.subscriber import SUBSCRIBER_FIELDS
from newsletter.message.merge_fields import template_of
from newsletter.message.template import Slot, Template
from newsletter.rendering.bidi import isolated, marked
from newsletter.rendering.dates import written, written_out
from newsletter.rendering.markdown import direction_of_block, html_of, text_and_addresses, text_of
from newsletter.rendering.placeholders import Stitches
from newsletter.tokens import Purpose


def comment(token: str) -> str:
    """Return MJML that compiles to an HTML comment with this token."""
    return f"<mj-raw><!--{token}--></mj-raw>"


# Characters that XML and HTML forbid (XML 1.0 §2.2). MJML and the inliner would fail or cut the text there.
_FORBIDDEN = re.compile("[\x00-\x08\x0b\x0c\x0e-\x1f\x7f-\x9f\ud800-\udfff\ufdd0-\ufdef\ufffe\uffff]")


def clean(text: str) -> str:
    """Return a text without control characters and with ``\\n`` as its line ends."""
    return _FORBIDDEN.sub("", text.replace("\r\n", "\n").replace("\r", "\n"))


def one_line(text: str) -> str:
    """Return a cleaned text with each run of white space as a single space."""
    return " ".join(clean(text).split())


class Named:
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
    """A reader's value, printed as a token. ``| default("reader")`` sets the text for readers without the value."""

    __slots__ = ("_slot", "_stitches")

    def __init__(self, slot: Slot, stitches: Stitches) -> None:
        self._slot, self._stitches = slot, stitches

    def or_default(self, default: str) -> "MergeValue":
        """Return the same value with a default."""
        return MergeValue(Slot(self._slot.name, default), self._stitches)

    def __html__(self) -> str:
        return self._stitches.slot(self._slot)

    def __str__(self) -> str:
        return self._stitches.slot(self._slot)


class Label:
    """A theme's label, printed as it is or called with values for its braces."""

    __slots__ = ("_comma", "_isolate", "_pieces", "_text")

    def __init__(self, text: str, comma: str, isolate: Callable[[str], str], plain: Callable[[str], str]) -> None:
        self._text, self._comma, self._isolate = text, plain(comma), isolate
        self._pieces = [piece if index % 2 else plain(piece) for index, piece in enumerate(_PLACEHOLDER.split(text))]

    def __call__(self, **values: object) -> str:
        first, *rest = self._pieces
        return first + first[:0].join(
            self._value(values[piece]) if index % 2 == 0 else piece for index, piece in enumerate(rest)
        )

    def _value(self, value: object) -> str:
        if isinstance(value, tuple):
            return self._comma.join(self._isolate(str(item)) for item in value)
        return self._isolate(str(value))

    def __html__(self) -> str:
        return escape(self._text)

    def __str__(self) -> str:
        return self._text


_PLACEHOLDER = re.compile(r"\{(\w+)\}")


def placeholders(label: str) -> frozenset[str]:
    """Return the names in a label's braces."""
    return frozenset(_PLACEHOLDER.findall(label))


@dataclass(frozen=True, slots=True, kw_only=True)
class BlockView:
    """A quotation or framing. ``body`` is finished HTML or text, and most of it runs in ``direction``."""

    quotation: bool
    body: str
    direction: str


@dataclass(frozen=True, slots=True, kw_only=True)
class EntryView:
    """An entry. ``level`` is the heading level of its title; ``date`` is written out.

    ``number`` is its position in the reader's edition, from 1; ``positions`` is its position in the issue, from 0.
    """

    title: str
    url: str
    source: str
    author: str
    date: str
    image: str
    image_alt: str
    topics: tuple[str, ...]
    blocks: tuple[BlockView, ...]
    level: int
    number: str
    positions: tuple[int, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class SectionView:
    """A section: entries under a heading, or without one if ``title`` is empty."""

    title: str
    entries: tuple[EntryView, ...]

    @property
    def positions(self) -> tuple[int, ...]:
        """Return its entries' positions in the issue."""
        return tuple(at for entry in self.entries for at in entry.positions)


@dataclass(frozen=True, slots=True, kw_only=True)
class IssueView:
    """An issue. ``date`` is written out, ``iso_date`` is not; ``note`` is finished HTML or text."""

    slug: str
    date: str
    iso_date: str
    number: int | None
    subject: str
    preheader: str
    note: str
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


VIEWS = (BlockView, EntryView, IssueView, LogoView, NewsletterView, SectionView)


class Medium:
    """A converter of values for a part of the email: HTML, with tokens (``markup``), or plain text.

    ``marks`` keep the order of words in mail clients that drop ``<bdi>``; web browsers don't need them.
    """

    def __init__(
        self, stitches: Stitches, newsletter: Newsletter, direction: str, *, markup: bool, marks: bool = True
    ) -> None:
        self._stitches, self._newsletter = stitches, newsletter
        self._direction, self._markup, self._marks = direction, markup, marks

    def values(self, issue: Issue) -> dict[str, object]:
        """Return the template variables that depend on the issue and the reader."""
        return {"issue": self._issue(issue), "mark": self._mark, **self.reader()}

    def _mark(self, positions: tuple[int, ...], content: str) -> str:
        """Return a part between its tokens. In MJML they are comments, which may stand wherever a component may."""
        start, end = self._stitches.part(positions)
        if self._markup:
            return Markup(f"{comment(start)}{content}{comment(end)}")  # noqa: S704
        return f"{start}\n{content}{end}\n"

    def reader(self) -> dict[str, object]:
        """Return the template variables ``subscriber`` and ``links``."""
        fields = (*self._newsletter.attributes, *SUBSCRIBER_FIELDS)
        return {
            scope: Named({name: MergeValue(Slot(f"{scope}.{name}"), self._stitches) for name in names})
            for scope, names in (("subscriber", fields), ("links", Purpose))
        }

    def labels(self, labels: Mapping[str, str]) -> Named:
        """Return the theme's labels in the newsletter's language."""
        plain = escape if self._markup else str
        return Named({name: Label(text, labels["list_comma"], self.isolate, plain) for name, text in labels.items()})

    def isolate(self, text: str) -> str:
        """Return a text made safe for this medium, with runs against the newsletter's direction isolated."""
        return isolated(text, self._direction, marks=self._marks) if self._markup else marked(text, self._direction)

    def newsletter(self) -> NewsletterView:
        """Return the template variable ``newsletter``."""
        newsletter = self._newsletter
        return NewsletterView(
            name=one_line(newsletter.name),
            postal_address=clean(newsletter.postal_address).strip(),
            base_url=newsletter.base_url,
        )

    def _issue(self, issue: Issue) -> IssueView:
        return IssueView(
            slug=issue.slug,
            date=written_out(issue.date, self._newsletter.language),
            iso_date=issue.date.isoformat(),
            number=issue.number,
            subject=self._phrase(issue.subject),
            preheader=self._phrase(issue.preheader),
            note=self._note(clean(issue.note)),
            sections=tuple(self._sections(issue)),
        )

    def _sections(self, issue: Issue) -> Iterable[SectionView]:
        positions = count()
        for section in issue.sections:
            title = one_line(section.title or "")
            entries = zip(section.entries, positions, strict=False)
            yield SectionView(
                title=title, entries=tuple(self._entry(entry, at, level=3 if title else 2) for entry, at in entries)
            )

    def _entry(self, entry: Entry, at: int, *, level: int) -> EntryView:
        number = self._stitches.slot(Slot(f"edition.numbers[{at}]"))
        return EntryView(
            title=one_line(entry.title),
            url=address(entry.url),
            source=one_line(entry.source),
            author=one_line(entry.author or ""),
            date=self._date(entry.date) if entry.date else "",
            image=address(entry.image or ""),
            image_alt=one_line(entry.image_alt or ""),
            topics=tuple(self._unbroken(one_line(self._newsletter.topics.find(topic).name)) for topic in entry.topics),
            blocks=tuple(self._blocks(entry)),
            level=level,
            number=number,
            positions=(at,),
        )

    def _date(self, date: datetime.date) -> str:
        return self._unbroken(written(date, self._newsletter.language))

    def _unbroken(self, name: str) -> str:
        """Return a name or date, in HTML with no-break spaces and hyphens if it fits on a phone's line."""
        return name.translate(_NO_BREAK) if self._markup and len(name) <= _LONGEST_UNBROKEN else name

    def _blocks(self, entry: Entry) -> Iterable[BlockView]:
        waiting = ""
        for block, following in zip_longest(entry.blocks, entry.blocks[1:]):
            quotation, markdown = block.kind is BlockKind.QUOTATION, clean(block.markdown)
            own = direction_of_block(markdown, self._direction)
            if self._markup:
                yield BlockView(quotation=quotation, body=self._prose(markdown), direction=own)
                continue
            quotation_follows = following is not None and following.kind is BlockKind.QUOTATION
            body, addresses = text_and_addresses(markdown, self._direction, quotation_follows=quotation_follows)
            if quotation:
                body = "\n".join(f"> {line}" if line else ">" for line in body.split("\n"))
            yield BlockView(quotation=quotation, body=f"{body}\n\n{waiting}" if waiting else body, direction=own)
            waiting = addresses

    def _note(self, markdown: str) -> str:
        text = self._marked(template_of(markdown, self._newsletter.attributes))
        if not markdown.strip():
            return ""
        if not self._markup:
            return text_of(text, self._direction, self._stitches.pattern)
        return self._stitches.block(html_of(text, self._direction, self._stitches.pattern, marks=self._marks))

    def _prose(self, markdown: str) -> str:
        if not markdown.strip():
            return ""
        return self._stitches.block(html_of(markdown, self._direction, marks=self._marks))

    def _phrase(self, text: str) -> str:
        template = template_of(one_line(text), self._newsletter.attributes)
        if self._markup:
            return Markup("").join(self._stitches.slot(part) if isinstance(part, Slot) else part for part in template)
        return self._marked(template)

    def _marked(self, template: Template) -> str:
        return "".join(self._stitches.slot(part) if isinstance(part, Slot) else part for part in template)


_NO_BREAK = str.maketrans({" ": "\u00a0", "-": "\u2011"})
_LONGEST_UNBROKEN = 30

_WEB = re.compile(r"https?://[^\s/]", re.IGNORECASE)


def address(url: str) -> str:
    """Return a web address, or "" for any other scheme, which must never become a link or an image."""
    stripped = "".join(clean(url).split())
    return stripped if _WEB.match(stripped) else ""
