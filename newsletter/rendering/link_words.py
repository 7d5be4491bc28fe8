"""The words about an entry's link, in the theme's language: what its editor's label says, and what it takes to read."""

from collections.abc import Iterator, Mapping

from newsletter.domain.issue import Entry
from newsletter.domain.picks import Pick
from newsletter.rendering.clean_text import one_line, web_address
from newsletter.rendering.views import Label

_KNOWN = {"": "read_more", "read": "read_more", "listen": "listen_at", "watch": "watch_at"}


def verb(labels: Mapping[str, Label], entry: Entry) -> str:
    """Return an entry's label: a verb that the theme translates, or the editor's own words as they are."""
    known = entry.label.lower()
    return str(labels[known]) if known and known in _KNOWN else one_line(entry.label)


def link_words(labels: Mapping[str, Label], entry: Entry) -> str:
    """Return the words of an entry's link: "Listen at The Review"."""
    label, source = one_line(entry.label), one_line(entry.source)
    name = _KNOWN.get(label.lower())
    return labels["more_at"](label=label, source=source) if name is None else labels[name](source=source)


def access_notes(labels: Mapping[str, Label], entry: Entry) -> Iterator[str | Label]:
    """Yield how long it takes to read what an entry links to, and whether it costs anything."""
    if entry.minutes:
        yield labels["duration"](number=entry.minutes)
    if web_address(entry.gift):
        yield labels["gift"]
    elif entry.paywall:
        yield labels["paywall"]


def link_target(piece: Entry | Pick) -> str:
    """Return where the link to a recommended piece leads: past the paywall if it has a gift link."""
    return web_address(piece.gift) or web_address(piece.url)
