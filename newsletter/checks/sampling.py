"""Choose which issues a check renders: rendering costs far more than reading, and most issues would show the same."""

import re
from collections.abc import Iterator, Sequence

from newsletter.domain.blocks import Block
from newsletter.domain.issue import ACCESS_FIELDS, Entry, Issue

_NEWEST = 3
# Bytes of encoded HTML around words, as the default theme has them.
_FIXED, _PER_ENTRY, _PER_SECTION, _PER_PARAGRAPH, _PER_LINK, _PER_QUOTE = 12_000, 1_300, 500, 45, 60, 150
_PER_BLOCK, _PER_LISTED = 900, 400
_PER_SIGN = {
    "*": 6,
    "_": 6,
    "`": 7,
    "&": 4,
    "<": 3,
    "=": 2,
    "|": 100,
    ". .": 55,
}  # <em>, &amp;, =3D, an ellipsis in its <span>
_ITEM = re.compile(r"^[ \t>]*(?:[-+*]|\d{1,9}[.)])[ \t]", re.MULTILINE)
_PER_ITEM = 14
_AUTOLINK = re.compile(r"<(?:https?|mailto):[^\s<>]*>", re.IGNORECASE)
_DEFINITION = re.compile(r"^[ >]*\[[^\]\n]+\]:[ \n]*<?(\S+)", re.MULTILINE)  # CommonMark 0.31 §4.7


def representatives(issues: Sequence[Issue]) -> list[Issue]:
    """Return the newest issues, the one with the most entries, and others to cover every shape of issue and entry.

    A template that fails for one entry without an author fails for all of them. ``issues`` are ordered by date.
    """
    seen: set[object] = set()
    chosen: list[Issue] = []
    most_entries = max(reversed(issues), key=lambda issue: len(issue.entries), default=None)
    for number, issue in enumerate(reversed(issues)):
        features = set(_features(issue))
        if number < _NEWEST or issue is most_entries or not features <= seen:
            seen |= features
            chosen.append(issue)
    return chosen


def weight(issue: Issue) -> int:
    """Estimate the bytes of an issue's HTML. Use it only to compare issues that have the same theme."""
    return (
        _FIXED
        + _PER_SECTION * len(issue.sections)
        + _markdown_weight(issue.note)
        + sum(_entry_weight(entry) for entry in issue.entries)
        + sum(_block_weight(block) for block in issue.blocks)
    )


def _features(issue: Issue) -> Iterator[object]:
    yield "number", issue.number is None
    yield "preheader", not issue.preheader
    yield "note", not issue.note
    yield "language", issue.language
    yield "tailored", issue.tailored.always
    yield "entries", min(len(issue.entries), 2)
    for section in issue.sections:
        yield "section", section.title is None, not section.entries
        for block in section.blocks:
            own = (block.title, block.text, block.who, block.where, block.url, block.image, block.topics)
            yield (block.kind, *map(bool, own), section.title is None)
    for entry in issue.entries:
        fields = (entry.author, entry.date, entry.image, entry.image_alt, entry.topics)
        yield from ((name, bool(getattr(entry, name))) for name in ACCESS_FIELDS)
        yield (*map(bool, fields), tuple(passage.kind for passage in entry.passages))


def _entry_weight(entry: Entry) -> int:
    words = (entry.title, entry.url, entry.url, entry.source, entry.author or "", *entry.topics)
    return _PER_ENTRY + sum(map(_bytes, words)) + sum(_markdown_weight(passage.markdown) for passage in entry.passages)


def _block_weight(block: Block) -> int:
    words = [block.title, block.who, block.where, block.url]
    words += [word for link in block.links for word in (link.title, link.url, link.source, link.kind)]
    links = _PER_LISTED * len(block.links)
    return _PER_BLOCK + links + sum(map(_bytes, words)) + _markdown_weight(block.text)


def _markdown_weight(markdown: str) -> int:
    signs = sum(cost * markdown.count(sign) for sign, cost in _PER_SIGN.items() if sign in markdown)
    links = _PER_LINK * markdown.count("](")
    if "<" in markdown:
        links += sum(_PER_LINK + len(match[0]) for match in _AUTOLINK.finditer(markdown))
    if "]:" in markdown:  # each bracket may be a reference link, and each repeats the address
        longest = max(map(len, _DEFINITION.findall(markdown)), default=0)
        links += (_PER_LINK + longest) * markdown.count("[")
    blocks = _PER_PARAGRAPH * (1 + markdown.count("\n\n")) + _PER_QUOTE * markdown.count(">")
    return _bytes(markdown) + signs + links + blocks + _PER_ITEM * len(_ITEM.findall(markdown))


def _bytes(text: str) -> int:
    """Return the bytes of a text as quoted-printable, where each non-ASCII octet takes three."""
    return len(text) if text.isascii() else 3 * len(text.encode()) - 2 * len(text.encode("ascii", "ignore"))
