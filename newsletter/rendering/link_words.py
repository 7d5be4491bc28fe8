"""The words about an entry's link, in the theme's language: what its editor's label says, and what it takes to read."""

from collections.abc import Iterator, Mapping

from newsletter.domain.issue import Entry
from newsletter.domain.picks import Pick
from newsletter.rendering.clean_text import one_line, web_address
from newsletter.rendering.views import Label
from newsletter.translation import catalogue, gettext_noop

_KNOWN = {"": "read_more", "read": "read_more", "listen": "listen_at", "watch": "watch_at"}
_KINDS = frozenset(
    {
        gettext_noop("article"),
        gettext_noop("audio"),
        gettext_noop("book"),
        gettext_noop("event"),
        gettext_noop("film"),
        gettext_noop("interview"),
        gettext_noop("map"),
        gettext_noop("music"),
        gettext_noop("paper"),
        gettext_noop("podcast"),
        gettext_noop("report"),
        gettext_noop("study"),
        gettext_noop("tool"),
        gettext_noop("video"),
    }
)


def verb(labels: Mapping[str, Label], entry: Entry) -> str:
    """Return an entry's label: a verb that the theme translates, or the editor's own words as they are."""
    known = entry.label.lower()
    return str(labels[known]) if known and known in _KNOWN else one_line(entry.label)


def link_words(labels: Mapping[str, Label], entry: Entry) -> str:
    """Return the words of an entry's link: "Listen at The Review"."""
    label, source = one_line(entry.label), one_line(entry.source)
    name = _KNOWN.get(label.lower())
    return labels["more_at"](label=label, source=source) if name is None else labels[name](source=source)


def kind_words(labels: Mapping[str, Label], kind: str, language: str) -> str:
    """Return the kind of a listed link in a language if it's a known word, or else as its editor wrote it."""
    line = one_line(kind)
    known = line.lower()
    if known in _KNOWN and known:
        word = str(labels[known])
        word = word[:1].lower() + word[1:]
    elif known in _KINDS:
        word = catalogue(language).gettext(known)
    else:
        return line
    return word[:1].upper() + word[1:] if line[:1].isupper() else word


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
